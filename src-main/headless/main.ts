/**
 * The headless host from command line to exit: logs, core, dashboard, ready line, signals. Everything for
 * people goes to stderr; with --json, stdout holds nothing but JSON lines.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createRouter } from '../api/index.ts'
import {
  createFileLogger,
  emitStates,
  parseCommandLine,
  rigAddressLines,
  startCore,
  USAGE,
} from '../app/index.ts'
import { errorText, HeadframeError, systemClock, systemEntropy } from '../base/index.ts'
import { defaultDataDir, loadOrCreateToken, openFileSecrets, prepareDataDir } from '../settings/index.ts'
import { startDashboard } from './dashboard-server.ts'

/** Stopping takes at most this long; then the process ends anyway. */
const STOP_LIMIT_MS = 5000

export interface HeadlessHost {
  readonly version: string
  /** Folder of the built renderer. */
  readonly rendererDir: string
  readonly args: readonly string[]
}

/** Runs until a signal. Sets the exit code: 0 after a signal, 1 when it could not start, 2 for a wrong option. */
export async function runHeadless({ version, rendererDir, args }: HeadlessHost): Promise<void> {
  const parsed = parseCommandLine(args)
  if (!parsed.ok) return fail(parsed.error, 2)
  const { practice, json, help, dataDir: chosenDir, dashboard: chosenDashboard } = parsed.value
  const { stratum, stratumV2, stratumWs } = parsed.value
  if (help) return void process.stdout.write(USAGE)
  if (parsed.value.version) return void process.stdout.write(`${version}\n`)

  const folders = { platform: process.platform, env: process.env, homeDir: homedir() }
  const dataDir = chosenDir ?? defaultDataDir(folders, practice)
  const emit = (line: Record<string, unknown>): void => {
    if (json) process.stdout.write(`${JSON.stringify(line)}\n`)
  }
  let stop: (code: number) => Promise<void> = () => Promise.resolve()
  try {
    await prepareDataDir(dataDir)
    const log = createFileLogger(dataDir, { toStderr: true })
    const core = await startCore({
      version,
      host: 'headless',
      dataDir,
      practice,
      stratum,
      stratumV2,
      stratumWs,
      hasTray: false,
      clock: systemClock,
      entropy: systemEntropy,
      log: log.logger,
      openSecrets: (dir) => openFileSecrets(dir, systemEntropy),
      onFatal: (error) => {
        say(error.message)
        void stop(1)
      },
    })
    stop = stopOnce(async () => {
      await core.stop()
      log.close()
    })
    const token = await loadOrCreateToken(dataDir, systemEntropy)
    const { host, port } = chosenDashboard ?? core.settings.current.dashboard
    const dashboard = await startDashboard({
      host,
      port,
      token,
      version,
      rendererDir: existsSync(join(rendererDir, 'index.html')) ? rendererDir : null,
      router: createRouter(core),
      log: log.logger.child('dashboard'),
    })
    stop = stopOnce(async () => {
      await dashboard.stop()
      await core.stop()
      log.close()
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(0))
    emitStates(core, { dashboard: dashboard.url, token, dataDir, pid: process.pid }, emit)
    say(`Dashboard: ${dashboard.url}/?token=${token}`)
    for (const line of rigAddressLines(core.info())) say(line)
    if (!isLoopback(host)) {
      say(
        `The dashboard listens on ${host}, so other machines can reach it. They need the token; it travels unencrypted.`,
      )
    }
  } catch (error) {
    if (!(error instanceof HeadframeError)) throw error
    fail(error.message, 1)
    await stop(1)
  }
}

/** Stops once, whoever asks, within the limit, and ends the process with the code. */
function stopOnce(dispose: () => Promise<void>): (code: number) => Promise<void> {
  let stopping = false
  return async (code) => {
    if (stopping) return
    stopping = true
    process.exitCode = code
    const limit = setTimeout(() => {
      say('Stopping took too long; ending now.')
      process.exit(code === 0 ? 1 : code)
    }, STOP_LIMIT_MS)
    await dispose()
    clearTimeout(limit)
    process.exit(code)
  }
}

function fail(message: string, code: number): void {
  say(message)
  process.exitCode = code
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** What to say when something unexpected ends the program. */
export function explainCrash(error: unknown): string {
  return `Headframe stopped because of a fault of its own: ${errorText(error)}`
}
