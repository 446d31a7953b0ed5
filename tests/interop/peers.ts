/**
 * The foreign Stratum V2 programs our interop tests talk to: published crates of the Stratum Reference
 * Implementation, pinned exactly and built once into a cache outside the checkout. Nothing of ours links to them
 * and nothing of them is shipped.
 *
 * Where they cannot be built (no cargo, an old one, Cap'n Proto's schema compiler absent) the caller gets
 * `undefined` and the reason is printed. With `CI=true` the same is a failure: there the peers are required.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { errorText, systemErrorCode } from '../../src-main/base/index.ts'

/** Crates and the versions our tests were written against. A change of version is a change of its own. */
export const PEERS = {
  /** A pool; needs a template provider, which is ours (template-provider.ts). */
  pool_sv2: { version: '0.7.0', needsCapnp: true },
  /** An SV1 to SV2 translator: to our SV2 server side it is a client. */
  translator_sv2: { version: '0.6.0', needsCapnp: false },
} as const

export type PeerName = keyof typeof PEERS

/** Debian packages a build needs besides cargo: Cap'n Proto's compiler and its own schemas, and a C compiler. */
export const SYSTEM_PACKAGES = ['capnproto', 'libcapnp-dev', 'gcc', 'libc6-dev'] as const

/** The crates use edition 2024 and declare this Rust version. */
const MINIMUM_CARGO_MINOR = 88

/**
 * Unoptimised, without debug symbols and with release semantics: built in two minutes on two cores, and fast
 * enough for tests. The crates' monitoring servers are left out: they are half of the dependencies.
 */
const BUILD_ENV = {
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_DEBUG: '0',
  CARGO_PROFILE_RELEASE_STRIP: 'symbols',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
} as const

const BUILD_LIMIT_MS = 40 * 60_000
const PROGRESS_PERIOD_MS = 15_000
/** Lines of cargo's output that an error message repeats. */
const TAIL_LINES = 30

/** Where peers are kept: `<cache>/peers`, by default below the user's cache folder. */
export function peersDir(env: NodeJS.ProcessEnv = process.env): string {
  const cache =
    env['HEADFRAME_CACHE_DIR'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'headframe')
  return join(cache, 'peers')
}

/** Where the program of a peer is, or will be once built. */
export function peerBinary(name: PeerName): string {
  const program = process.platform === 'win32' ? `${name}.exe` : name
  return join(peersDir(), `${name}-${PEERS[name].version}`, 'bin', program)
}

/**
 * The path of a peer's program, built first if the cache does not hold it (minutes).
 * @returns undefined if it cannot be built here; the reason was printed to stderr.
 * @throws Error with that reason if `CI` is `true`.
 */
export async function findPeer(name: PeerName): Promise<string | undefined> {
  const path = peerBinary(name)
  if (existsSync(path)) return path
  const lacking = lackingTool(name)
  if (lacking !== undefined) return unavailable(name, lacking)
  try {
    await withBuildLock(async () => {
      if (!existsSync(path)) await build(name)
    })
  } catch (error) {
    return unavailable(name, errorText(error))
  }
  return path
}

/** Frees what only a build needs. The programs stay. */
export async function dropBuildFiles(): Promise<void> {
  await withBuildLock(() => rm(targetDir(), { recursive: true, force: true }))
}

const targetDir = (): string => join(peersDir(), 'target')

function say(text: string): void {
  process.stderr.write(`interop peers: ${text}\n`)
}

function unavailable(name: PeerName, reason: string): undefined {
  const text = `${name} ${PEERS[name].version} cannot be had here: ${reason}`
  if (process.env['CI'] === 'true') throw new Error(text)
  say(`${text}\n  The tests with this peer are skipped.`)
  return undefined
}

/** What this machine lacks for a build, with the remedy; undefined if nothing. */
function lackingTool(name: PeerName): string | undefined {
  const cargo = spawnSync('cargo', ['--version'], { encoding: 'utf8' })
  if (cargo.status !== 0) return 'cargo is not installed; get Rust from https://rustup.rs'
  const [, major = '0', minor = '0'] = /^cargo (\d+)\.(\d+)/.exec(cargo.stdout) ?? []
  if (Number(major) === 1 && Number(minor) < MINIMUM_CARGO_MINOR)
    return `${cargo.stdout.trim()} is too old, 1.${MINIMUM_CARGO_MINOR} or newer is needed; run "rustup update"`
  if (PEERS[name].needsCapnp && !hasCapnp())
    return `Cap'n Proto's compiler or schemas are absent; run "apt-get install -y ${SYSTEM_PACKAGES.join(' ')}"`
  return undefined
}

function hasCapnp(): boolean {
  if (spawnSync('capnp', ['--version']).status !== 0) return false
  const includes = ['/usr/include', '/usr/local/include', '/opt/homebrew/include']
  return includes.some((folder) => existsSync(join(folder, 'capnp', 'c++.capnp')))
}

async function build(name: PeerName): Promise<void> {
  const { version } = PEERS[name]
  const finished = join(peersDir(), `${name}-${version}`)
  const partial = `${finished}.partial`
  await rm(partial, { recursive: true, force: true })
  await runCargo(name, [
    'install',
    name,
    '--version',
    `=${version}`,
    '--locked',
    '--no-default-features',
    '--root',
    partial,
  ])
  await rm(finished, { recursive: true, force: true })
  await rename(partial, finished)
}

/** Runs cargo beside everything else at low priority, its output in a log file and a sign of life on stderr. */
async function runCargo(name: PeerName, args: readonly string[]): Promise<void> {
  const label = `${name} ${PEERS[name].version}`
  const logPath = join(peersDir(), `${name}-${PEERS[name].version}.log`)
  const log = createWriteStream(logPath)
  const startedAt = performance.now()
  const elapsedS = (): number => Math.round((performance.now() - startedAt) / 1000)
  say(`building ${label} (log: ${logPath})`)

  const child = spawn('cargo', args, {
    cwd: tmpdir(),
    env: { ...process.env, ...BUILD_ENV, CARGO_TARGET_DIR: targetDir(), CARGO_TERM_COLOR: 'never' },
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
 */
async function withBuildLock(run: () => Promise<void>): Promise<void> {
  await mkdir(peersDir(), { recursive: true })
  const path = join(peersDir(), 'build.lock')
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
