/**
 * The reference implementation's translator (`translator_sv2`) as a proxy under test, with its pool and its
 * rigs: what `Testbed` is for ours. It is taken from the cache of the interop tests and never built here.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { formatAuthorityKey } from '../../../src-main/sv2/index.ts'
import { freePort } from '../../interop/peer-process.ts'
import { peerBinary } from '../../interop/peers.ts'
import { translatorConfig } from '../../interop/sri-translator.ts'
import { threadsCpuMs } from './process-figures.ts'
import { type ForeignProcess, type ServingProcess, startForeign } from './processes.ts'
import { type PoolProcedures } from './pool-process.ts'
import { RigFarm } from './rigs.ts'
import {
  EASIEST_DIFFICULTY,
  type ComparedProxy,
  startPoolProcess,
  UNREACHABLE_SHARES_PER_MINUTE,
} from './testbed.ts'

export interface TranslatorProgram {
  readonly path: string
  /** Version and how it was built, for tables. */
  readonly name: string
  /** Whether its processor time may be judged. */
  readonly optimised: boolean
}

/** Names an optimised build to use instead of the cached one. */
const PROGRAM_VARIABLE = 'HEADFRAME_BENCH_TRANSLATOR'

/** What stands in the way of measuring it; the interop tests' cache holds a build made for speed of building. */
export function findTranslator(env: NodeJS.ProcessEnv = process.env): TranslatorProgram | string {
  const given = env[PROGRAM_VARIABLE]
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) return `${PROGRAM_VARIABLE} names ${given}, which does not exist`
    return { path: given, name: `translator_sv2 (${PROGRAM_VARIABLE})`, optimised: true }
  }
  const path = peerBinary('translator_sv2')
  // The cache's folders are named after program and version.
  const name = basename(dirname(dirname(path)))
  if (!existsSync(path)) return `${name} is not in the cache: run "node tests/interop/build-peers.ts" once`
  return { path, name: `${name}, unoptimised build`, optimised: false }
}

/** A rig so slow that any hash is a share of it. */
const SLOWEST_RIG_HS = 1
const START_LIMIT_MS = 20_000

export class Translator implements ComparedProxy {
  readonly rigs = new RigFarm()
  readonly pool: ServingProcess<PoolProcedures>['client']
  readonly poolPort: number
  readonly pid: number
  readonly #process: ForeignProcess
  readonly #pool: ServingProcess<PoolProcedures>
  readonly #folder: string
  readonly #port: number

  private constructor(
    process: ForeignProcess,
    pool: ServingProcess<PoolProcedures>,
    poolPort: number,
    folder: string,
    port: number,
  ) {
    this.#process = process
    this.pid = process.pid
    this.#pool = pool
    this.pool = pool.client
    this.poolPort = poolPort
    this.#folder = folder
    this.#port = port
  }

  /** Starts pool and translator; rigs connect with `connectRigs`. */
  static async start({ path }: TranslatorProgram): Promise<Translator> {
    const pool = startPoolProcess()
    const { port: poolPort, authorityKey } = await pool.client.call('listen', EASIEST_DIFFICULTY)
    const folder = mkdtempSync(join(tmpdir(), 'headframe-bench-translator-'))
    const configPath = join(folder, 'config.toml')
    const port = await freePort()
    const options = {
      poolPort,
      poolAuthorityKeyText: formatAuthorityKey(authorityKey),
      userIdentity: 'bench',
      aggregateChannels: true,
      minRigHashrateHs: SLOWEST_RIG_HS,
      sharesPerMinute: UNREACHABLE_SHARES_PER_MINUTE,
    }
    writeFileSync(configPath, translatorConfig(options, port))
    // By default it writes a line for each share; with warnings only it is at its best.
    const process = startForeign(path, ['-c', configPath], { HOME: folder, RUST_LOG: 'warn' }, 'measured')
    const translator = new Translator(process, pool, poolPort, folder, port)
    try {
      await translator.#listening()
    } catch (error) {
      await translator.stop()
      throw error
    }
    return translator
  }

  connectRigs(count: number): Promise<unknown> {
    return this.rigs.connect(this.#port, count)
  }

  cpuMs(): Promise<number> {
    return Promise.resolve(threadsCpuMs(this.pid))
  }

  async newTip(): Promise<number> {
    await this.rigs.expectJob()
    const startNs = await this.pool.call('newTip', this.poolPort)
    const { lastNs } = await this.rigs.jobArrival()
    return (lastNs - startNs) / 1e6
  }

  async stop(): Promise<void> {
    await this.rigs.stop()
    await this.#process.stop()
    await this.#pool.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** It listens once its pool has answered the setup. */
  async #listening(): Promise<void> {
    const endMs = performance.now() + START_LIMIT_MS
    while (!(await accepts(this.#port))) {
      const { outcome, output } = this.#process
      if (outcome !== null) throw new Error(`translator_sv2 ${outcome} before it took rigs\n${output}`)
      if (performance.now() > endMs)
        throw new Error(`waited ${START_LIMIT_MS / 1000} s for translator_sv2 to listen\n${output}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => socket.destroy())
    socket.once('error', () => {})
    socket.once('close', (hadError) => resolve(!hadError))
  })
}
