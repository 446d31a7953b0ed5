/**
 * The foreign programs our interop tests talk to: published packages, pinned exactly and built once into a cache
 * outside the checkout. Nothing of ours links to them and nothing of them is shipped.
 *
 * | Peer | From | Plays |
 * |---|---|---|
 * | `pool_sv2` | crates, the Stratum Reference Implementation (SRI) | an SV2 pool |
 * | `translator_sv2` | crates, SRI | an SV1 server for rigs, and a client of an SV2 pool |
 * | `mining_device` | crates, SRI: its `integration_tests_sv2` | an SV2 rig on a standard channel |
 * | `para` | crates, what Parasite Pool runs | an SV1 rig, and an SV1 pool |
 * | `pyasic` | the Python package index; see pyasic/ | a reader of rigs |
 *
 * Where one cannot be had (no cargo, an old one, Cap'n Proto's schema compiler absent) the caller gets `undefined`
 * and the reason is printed. With `CI=true` the same is a failure: there the peers are required.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { errorText } from '../../src-main/base/index.ts'
import { buildCrate, targetDir, withBuildLock } from './peer-build.ts'

interface Peer {
  /** The crate that holds the program. */
  readonly crate: string
  readonly version: string
  readonly needsCapnp: boolean
  /** The `y` of the Rust version 1.y that the crate declares. */
  readonly minimumCargoMinor: number
}

/** The versions our tests were written against. A change of version is a change of its own. */
export const PEERS = {
  /** Needs a template provider, which is ours (template-provider.ts). */
  pool_sv2: { crate: 'pool_sv2', version: '0.7.0', needsCapnp: true, minimumCargoMinor: 88 },
  translator_sv2: { crate: 'translator_sv2', version: '0.6.0', needsCapnp: false, minimumCargoMinor: 88 },
  mining_device: {
    crate: 'integration_tests_sv2',
    version: '0.6.0',
    needsCapnp: true,
    minimumCargoMinor: 88,
  },
  /** Its pool needs a node, which is ours (bitcoin-node.ts). */
  para: { crate: 'para', version: '0.6.0', needsCapnp: false, minimumCargoMinor: 95 },
} as const satisfies Record<string, Peer>

export type PeerName = keyof typeof PEERS

export const PEER_NAMES = Object.keys(PEERS) as PeerName[]

/** Debian packages a build needs besides cargo: Cap'n Proto's compiler and its own schemas, and a C compiler. */
export const SYSTEM_PACKAGES = ['capnproto', 'libcapnp-dev', 'gcc', 'libc6-dev'] as const

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
  const { crate, version } = PEERS[name]
  try {
    await withBuildLock(peersDir(), async () => {
      if (!existsSync(path)) await buildCrate({ peersDir: peersDir(), program: name, crate, version })
    })
  } catch (error) {
    return unavailable(name, errorText(error))
  }
  return path
}

/** Frees what only a build needs. The programs stay. */
export async function dropBuildFiles(): Promise<void> {
  await withBuildLock(peersDir(), () => rm(targetDir(peersDir()), { recursive: true, force: true }))
}

function unavailable(name: PeerName, reason: string): undefined {
  const text = `${name} ${PEERS[name].version} cannot be had here: ${reason}`
  if (process.env['CI'] === 'true') throw new Error(text)
  process.stderr.write(`interop peers: ${text}\n  The tests with this peer are skipped.\n`)
  return undefined
}

/** What this machine lacks for a build, with the remedy; undefined if nothing. */
function lackingTool(name: PeerName): string | undefined {
  const { minimumCargoMinor, needsCapnp } = PEERS[name]
  const cargo = spawnSync('cargo', ['--version'], { encoding: 'utf8' })
  if (cargo.status !== 0) return 'cargo is not installed; get Rust from https://rustup.rs'
  const [, major = '0', minor = '0'] = /^cargo (\d+)\.(\d+)/.exec(cargo.stdout) ?? []
  if (Number(major) === 1 && Number(minor) < minimumCargoMinor)
    return `${cargo.stdout.trim()} is too old, 1.${minimumCargoMinor} or newer is needed; run "rustup update"`
  if (needsCapnp && !hasCapnp())
    return `Cap'n Proto's compiler or schemas are absent; run "apt-get install -y ${SYSTEM_PACKAGES.join(' ')}"`
  return undefined
}

function hasCapnp(): boolean {
  if (spawnSync('capnp', ['--version']).status !== 0) return false
  const includes = ['/usr/include', '/usr/local/include', '/opt/homebrew/include']
  return includes.some((folder) => existsSync(join(folder, 'capnp', 'c++.capnp')))
}
