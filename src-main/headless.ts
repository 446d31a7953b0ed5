/** Node entry: the headless host. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { explainCrash, runHeadless } from './headless/index.ts'

const root = resolve(import.meta.dirname, import.meta.url.endsWith('.ts') ? '..' : '../..')
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string }

runHeadless({
  version,
  rendererDir: resolve(root, 'out/renderer'),
  args: process.argv.slice(2),
}).catch((error: unknown) => {
  process.stderr.write(`${explainCrash(error)}\n${error instanceof Error ? (error.stack ?? '') : ''}\n`)
  process.exit(1)
})
