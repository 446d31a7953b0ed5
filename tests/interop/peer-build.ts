/**
 * Builds a foreign program from its published crate, and keeps builds of several processes apart. Which programs
 * there are and where they live is the caller's to say (peers.ts).
 */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { systemErrorCode } from '../../src-main/base/index.ts'

export interface CrateBuild {
  /** An existing folder; the program ends up in `<peersDir>/<program>-<version>/bin`. */
  readonly peersDir: string
  readonly program: string
  readonly crate: string
  readonly version: string
}

/**
 * Unoptimised, without debug symbols and with release semantics: built in minutes on two cores, and fast enough
 * for tests. The crates' default features, monitoring servers for the most part, are left out.
 */
const BUILD_ENV = {
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_DEBUG: '0',
  CARGO_PROFILE_RELEASE_STRIP: 'symbols',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
} as const

/** Crates that hash, optimised after all: a rig that hashes a thousand times a second tests nothing. */
const HASHING_CRATES = ['bitcoin_hashes', 'sha2'] as const

const BUILD_LIMIT_MS = 40 * 60_000
const PROGRESS_PERIOD_MS = 15_000
/** Lines of cargo's output that an error message repeats. */
const TAIL_LINES = 30

/** Where cargo keeps what it compiled, shared by all builds. */
export const targetDir = (peersDir: string): string => join(peersDir, 'target')

function say(text: string): void {
  process.stderr.write(`interop peers: ${text}\n`)
}

/** @throws Error with the end of cargo's output */
export async function buildCrate(options: CrateBuild): Promise<void> {
  const { peersDir, program, crate, version } = options
  const finished = join(peersDir, `${program}-${version}`)
  const partial = `${finished}.partial`
  await rm(partial, { recursive: true, force: true })
  await runCargo(options, [
    'install',
    crate,
    '--version',
    `=${version}`,
    '--bin',
    program,
    '--locked',
    '--no-default-features',
    '--root',
    partial,
    ...HASHING_CRATES.flatMap((name) => ['--config', `profile.release.package.${name}.opt-level=3`]),
  ])
  await rm(finished, { recursive: true, force: true })
  await rename(partial, finished)
}

/** Runs cargo beside everything else at low priority, its output in a log file and a sign of life on stderr. */
async function runCargo({ peersDir, program, version }: CrateBuild, args: readonly string[]): Promise<void> {
  const label = `${program} ${version}`
  const logPath = join(peersDir, `${program}-${version}.log`)
  const log = createWriteStream(logPath)
  const startedAt = performance.now()
  const elapsedS = (): number => Math.round((performance.now() - startedAt) / 1000)
  say(`building ${label} (log: ${logPath})`)

  const child = spawn('cargo', args, {
    cwd: tmpdir(),
    env: { ...process.env, ...BUILD_ENV, CARGO_TARGET_DIR: targetDir(peersDir), CARGO_TERM_COLOR: 'never' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (child.pid !== undefined) setPriority(child.pid, 10)
  const tail: string[] = []
  let compiled = 0
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.write(`${line}\n`)
    if (/^\s*Compiling /.test(line)) compiled++
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
  })
  const progress = setInterval(
    () => say(`${label}: ${compiled} crates after ${elapsedS()} s`),
    PROGRESS_PERIOD_MS,
  )
  const limit = setTimeout(() => child.kill('SIGKILL'), BUILD_LIMIT_MS)
  try {
    const outcome = await new Promise<string | number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(signal ?? code))
    })
    if (outcome !== 0)
      throw new Error(
        `cargo ended with ${outcome} after ${elapsedS()} s; log in ${logPath}\n${tail.join('\n')}`,
      )
    say(`${label}: built in ${elapsedS()} s (${compiled} crates)`)
  } finally {
    clearInterval(progress)
    clearTimeout(limit)
    log.end()
  }
}

/**
 * One build at a time on this machine. A lock left by a process that is gone is taken over; should two
 * processes take it over at the same instant, cargo's own lock on the target folder still keeps them apart.
 * Creates `peersDir`.
 */
export async function withBuildLock(peersDir: string, run: () => Promise<void>): Promise<void> {
  await mkdir(peersDir, { recursive: true })
  const path = join(peersDir, 'build.lock')
  const endsAt = performance.now() + BUILD_LIMIT_MS
  for (let told = false; !(await takeLock(path));) {
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'))
    if (holder > 0 && !isRunning(holder)) {
      await rm(path, { force: true })
      continue
    }
    if (performance.now() > endsAt)
      throw new Error(
        `waited ${BUILD_LIMIT_MS / 60_000} minutes for the build of process ${holder}; remove ${path}`,
      )
    if (!told) say(`waiting for the build of process ${holder}`)
    told = true
    await delay(1000)
  }
  try {
    await run()
  } finally {
    await rm(path, { force: true })
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    throw error
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemErrorCode(error) !== 'ESRCH'
  }
}
