/** The data directory: where it is, that it can be written, and that one program alone uses it. */
import { chmod, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, HeadframeError, systemClock, systemErrorCode } from '../base/index.ts'
import { fileFailure } from './failures.ts'
import { createFile, readText } from './private-file.ts'

export interface PlatformFolders {
  /** As in `process.platform`. */
  platform: string
  env: Readonly<Record<string, string | undefined>>
  homeDir: string
}

/**
 * The platform's folder for application data: XDG_DATA_HOME (or ~/.local/share), Library/Application
 * Support, or %APPDATA%.
 * @param isPractice the practice farm has a directory of its own
 */
export function defaultDataDir({ platform, env, homeDir }: PlatformFolders, isPractice: boolean): string {
  if (platform === 'win32') {
    const roaming = env['APPDATA'] || join(homeDir, 'AppData', 'Roaming')
    return join(roaming, isPractice ? 'Headframe Practice' : 'Headframe')
  }
  if (platform === 'darwin') {
    return join(homeDir, 'Library', 'Application Support', isPractice ? 'Headframe Practice' : 'Headframe')
  }
  // The XDG specification has relative paths ignored.
  const xdg = env['XDG_DATA_HOME']
  const share = xdg?.startsWith('/') ? xdg : join(homeDir, '.local', 'share')
  return join(share, isPractice ? 'headframe-practice' : 'headframe')
}

/**
 * Creates the directory, readable by this user only, and proves that a file can be written in it. The mode
 * of one that exists is not changed.
 * @throws HeadframeError `data-dir/not-writable`
 */
export async function prepareDataDir(dir: string): Promise<void> {
  const probe = join(dir, '.write-test')
  try {
    // Not by the mode of mkdir, which parents would get too.
    const isCreated = (await mkdir(dir, { recursive: true })) !== undefined
    if (isCreated) await chmod(dir, 0o700)
    await rm(probe, { force: true })
    await createFile(probe, 'Headframe checks that it can write here.\n')
    await rm(probe)
  } catch (error) {
    throw fileFailure('data-dir/not-writable', 'Headframe cannot write to its data directory', probe, error)
  }
}

export interface DataDirLock {
  /** Gives the directory up. Harmless when repeated. */
  release(): Promise<void>
}

export const LOCK_FILE = 'headframe.lock'

/** A lock file without readable content is another program's that is just being written, for this long. */
const WRITING_MS = 5000

interface Owner {
  pid: number
  /** When that process started, in the system's own units; null where the system does not tell. */
  processStart: string | null
}

/**
 * Takes the directory for this process. The lock of a process that no longer runs is taken over: a killed
 * program must not stop the next start.
 * @throws HeadframeError `data-dir/in-use` naming the process that holds it, `data-dir/not-writable`
 */
export async function lockDataDir(dir: string, clock: Clock = systemClock): Promise<DataDirLock> {
  const path = join(dir, LOCK_FILE)
  const own: Owner = { pid: process.pid, processStart: await processStart(process.pid) }
  const text = `${JSON.stringify(own)}\n`
  try {
    if (!(await createFile(path, text))) await takeOver(dir, path, text, clock.nowMs())
  } catch (error) {
    if (error instanceof HeadframeError) throw error
    throw fileFailure('data-dir/not-writable', 'Headframe cannot lock its data directory', path, error)
  }
  let isHeld = true
  return {
    async release() {
      if (!isHeld) return
      isHeld = false
      // If somebody removed our lock by hand and another program took its place, it is not ours to remove.
      if ((await readText(path).catch(() => undefined)) === text) await rm(path, { force: true })
    },
  }
}

/**
 * Replaces the lock of a dead process. A second file makes sure that of two programs that find the same
 * dead lock only one replaces it, and not the other's new one.
 */
async function takeOver(dir: string, path: string, text: string, nowMs: number): Promise<void> {
  const guard = `${path}.takeover`
  if (await isAbandoned(guard, nowMs)) await rm(guard, { force: true })
  if (!(await createFile(guard, text))) throw inUse(dir, null)
  try {
    await refuseIfHeld(dir, path, nowMs)
    await rm(path, { force: true })
    if (!(await createFile(path, text))) throw inUse(dir, null)
  } finally {
    await rm(guard, { force: true })
  }
}

/** @throws HeadframeError `data-dir/in-use` */
async function refuseIfHeld(dir: string, path: string, nowMs: number): Promise<void> {
  const text = await readText(path)
  if (text === undefined) return
  const owner = parseOwner(text)
  if (owner === undefined) {
    if (!(await isAbandoned(path, nowMs))) throw inUse(dir, null)
    return
  }
  if (await isRunning(owner)) throw inUse(dir, owner.pid)
}

function inUse(dir: string, pid: number | null): HeadframeError {
  const who = pid === null ? 'that is just starting' : `(process ${pid})`
  return new HeadframeError(
    'data-dir/in-use',
    `Another Headframe ${who} uses the data directory ${dir}. Use that one, stop it first, or start this one with another --data-dir.`,
    { context: { dir, pid } },
  )
}

function parseOwner(text: string): Owner | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('pid' in value)) return undefined
  const { pid } = value
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  const start = 'processStart' in value ? value.processStart : null
  return { pid, processStart: typeof start === 'string' ? start : null }
}

/** Whether the very process that wrote the lock still runs: its number may belong to another one by now. */
async function isRunning({ pid, processStart: startThen }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    if (systemErrorCode(error) !== 'EPERM') return false
  }
  const startNow = await processStart(pid)
  return startThen === null || startNow === null || startThen === startNow
}

/**
 * On Linux, boot id and start time of a process: the pair tells it from a later one with the same number,
 * after a reboot or in a container, where we are often process 1 every time. `ended` for a dead process
 * that is still listed; null where the system does not tell.
 */
async function processStart(pid: number): Promise<string | null> {
  try {
    const [bootId, status] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    // proc(5): fields 3 and 22, counted after the name in parentheses, which may itself hold blanks.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    const startTicks = fields[19]
    // Ended, but nobody has asked for its exit code yet, as happens in containers.
    if (state === 'Z' || state === 'X') return 'ended'
    return startTicks === undefined ? null : `${bootId.trim()} ${startTicks}`
  } catch {
    return null
  }
}

/** Whether a file was last written too long ago for its writer to be still at it; false if there is none. */
async function isAbandoned(path: string, nowMs: number): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path)
    return nowMs - mtimeMs > WRITING_MS
  } catch {
    return false
  }
}
