/**
 * Two ends of a real pseudo-terminal pair, joined by socat: what a test opens as a port, and what stands for the
 * device. A pty keeps baud rates but
 * does not act on them, and forgets at a change of rate what its other end has not read yet; socat itself counts as a
 * holder of both ends. Suites that need one are skipped where socat is missing,
 * except in CI, where that is a failure.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDir } from './temporary-dir.ts'

const hasSocat = spawnSync('socat', ['-V']).status === 0

/** Whether suites over ptys run; in CI always, so that they fail without socat. */
export const hasPtys: boolean = hasSocat || process.env['CI'] === 'true'

if (!hasPtys) process.stderr.write('Skipped: suites over ptys, because socat is not installed.\n')

export interface PtyPair {
  /** What the driver opens. */
  readonly path: string
  /** The device's end. */
  readonly boardPath: string
  /** Takes both ends away, as pulling the cable does. */
  unplug(): Promise<void>
}

/** @throws if socat is missing or does not make the pair within five seconds */
export async function createPtyPair(): Promise<PtyPair> {
  if (!hasSocat) throw new Error('socat is not installed: apt-get install socat')
  const directory = temporaryDir()
  const path = join(directory, 'ttyBOARD')
  const boardPath = join(directory, 'board')
  const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, `pty,raw,echo=0,link=${boardPath}`], {
    stdio: 'ignore',
  })
  try {
    await appears([path, boardPath], socat)
  } catch (error) {
    await end(socat)
    throw error
  }
  return { path, boardPath, unplug: () => end(socat) }
}

async function appears(paths: readonly string[], socat: ChildProcess): Promise<void> {
  const giveUpAtMs = performance.now() + 5_000
  while (!paths.every((path) => existsSync(path))) {
    if (socat.exitCode !== null || performance.now() > giveUpAtMs) throw new Error('socat made no pty pair')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}
