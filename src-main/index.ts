/** Desktop entry: the Electron host. */
import { startCore } from './app/index.ts'
import { registerPageScheme, runDesktop } from './electron/index.ts'

registerPageScheme()
runDesktop({
  argv: process.argv,
  platform: process.platform,
  env: process.env,
  onCrash: (listener) => process.on('uncaughtException', listener),
  startCore,
}).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
})
