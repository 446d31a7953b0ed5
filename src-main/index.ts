/** Desktop entry: the Electron host. */
import { registerPageScheme, runDesktop } from './electron/index.ts'

registerPageScheme()
runDesktop({
  argv: process.argv,
  platform: process.platform,
  env: process.env,
  onCrash: (listener) => process.on('uncaughtException', listener),
}).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
})
