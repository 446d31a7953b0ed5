/** One proxy under test with its pool and its rigs, each in a process of its own. */
import { join } from 'node:path'
import { BIP320_MASK } from '../../../src-main/mining/index.ts'
import { type PoolConfig, type ShareCounts } from '../../../src-main/proxy/index.ts'
import { type PoolProcedures } from './pool-process.ts'
import { type ProxyProcedures, type ProxyStart } from './proxy-process.ts'
import { type Place, type ServingProcess, startServing } from './processes.ts'
import { RigFarm } from './rigs.ts'

/** Every hash meets it. */
export const EASIEST_DIFFICULTY = 1e-10
/** One hash in 4,295 meets it: the others measure their rig and are not forwarded. */
export const HARD_DIFFICULTY = 1e-6
/** An aim that no rig reaches, so that vardiff leaves every rig at the lowest difficulty there is. */
export const UNREACHABLE_SHARES_PER_MINUTE = 1e15

export interface TestbedOptions {
  readonly rigs: number
  readonly on?: ProxyStart['on']
  readonly poolDifficulty?: number
  /** Pools of the same kind beside the first. */
  readonly pools?: number
  readonly place?: Place
  readonly nodeFlags?: readonly string[]
}

/** A server with rigs at work, whatever it does with their shares. */
export interface LoadedServer {
  readonly rigs: RigFarm
  /** Processor time of the server so far, milliseconds. */
  cpuMs(): Promise<number>
  /** A new block, with its job for every rig, so that what was remembered of the last one is gone. */
  newTip(): Promise<unknown>
  stop(): Promise<void>
}

/** A proxy that is held against another: between a pool and rigs of ours. */
export interface ComparedProxy extends LoadedServer {
  readonly pid: number
  readonly pool: ServingProcess<PoolProcedures>['client']
  readonly poolPort: number
  connectRigs(count: number): Promise<unknown>
  /** @returns milliseconds from the new block at the pool to the job at the last rig */
  newTip(): Promise<number>
}

export function startPoolProcess(): ServingProcess<PoolProcedures> {
  return startServing<PoolProcedures>(join(import.meta.dirname, 'pool-process.ts'), 'other')
}

/** From the call of `activate`, milliseconds. */
export interface SwitchTiming {
  /** To the pool sending its job; below 0 if it had sent it before. */
  readonly clickToPoolsJobMs: number
  readonly clickToFirstRigMs: number
  readonly clickToLastRigMs: number
}

export class Testbed implements ComparedProxy {
  readonly rigs = new RigFarm()
  readonly pid: number
  readonly poolIds: readonly string[]
  readonly pool: ServingProcess<PoolProcedures>['client']
  readonly proxy: ServingProcess<ProxyProcedures>['client']
  readonly #poolPorts: readonly number[]
  readonly #stratumPort: number
  readonly #processes: readonly { stop(): Promise<void> }[]

  private constructor(
    pool: ServingProcess<PoolProcedures>,
    proxy: ServingProcess<ProxyProcedures>,
    configs: readonly PoolConfig[],
    stratumPort: number,
  ) {
    this.pool = pool.client
    this.proxy = proxy.client
    this.pid = proxy.pid
    this.poolIds = configs.map(({ id }) => id)
    this.#poolPorts = configs.map(({ endpoint }) => endpoint.port)
    this.#stratumPort = stratumPort
    this.#processes = [this.rigs, proxy, pool]
  }

  /** Starts pool and proxy; rigs connect with `connectRigs`. */
  static async start(options: Omit<TestbedOptions, 'rigs'>): Promise<Testbed> {
    const { on = 'mining-thread', poolDifficulty = EASIEST_DIFFICULTY, pools = 1 } = options
    const pool = startPoolProcess()
    const configs: PoolConfig[] = []
    for (let i = 0; i < pools; i++) {
      const { port, authorityKey } = await pool.client.call('listen', poolDifficulty)
      configs.push({
        id: `pool-${i}`,
        name: `Pool ${i}`,
        endpoint: {
          protocol: 'stratum-v2',
          transport: 'tcp',
          path: '',
          host: '127.0.0.1',
          port,
          authorityKey,
        },
        userIdentity: 'bench',
        password: '',
        enabled: true,
        versionRollingMask: BIP320_MASK,
        knownRollableSize: null,
        lines: 'shared',
        namesRigs: false,
        fallback: null,
        mayMoveTo: 'same-host',
        listens: false,
        payoutAddress: null,
      })
    }
    const proxy = startServing<ProxyProcedures>(
      join(import.meta.dirname, 'proxy-process.ts'),
      options.place ?? 'measured',
      options.nodeFlags,
    )
    const stratumPort = await proxy.client.call('start', {
      on,
      pools: configs,
      activePoolId: 'pool-0',
      sharesPerMinute: UNREACHABLE_SHARES_PER_MINUTE,
    })
    return new Testbed(pool, proxy, configs, stratumPort)
  }

  static async startWithRigs(options: TestbedOptions): Promise<Testbed> {
    const testbed = await Testbed.start(options)
    await testbed.connectRigs(options.rigs)
    return testbed
  }

  connectRigs(count: number): Promise<unknown> {
    return this.rigs.connect(this.#stratumPort, count)
  }

  /** Switches all rigs to a pool. @throws Error unless each got its job without noticing */
  async switchTo(poolId: string): Promise<SwitchTiming> {
    const poolPort = this.#poolPorts[this.poolIds.indexOf(poolId)]!
    await this.rigs.expectJob()
    const { startNs, result } = await this.proxy.call('activate', poolId)
    const { seamless, total } = result.downstreams
    if (seamless !== total) throw new Error(`${seamless} of ${total} rigs switched seamlessly`)
    const { notified, firstNs, lastNs } = await this.rigs.jobArrival()
    if (notified !== total) throw new Error(`${notified} of ${total} rigs got the job`)
    const jobNs = await this.pool.call('lastJobNs', poolPort)
    return {
      clickToPoolsJobMs: (jobNs - startNs) / 1e6,
      clickToFirstRigMs: (firstNs - startNs) / 1e6,
      clickToLastRigMs: (lastNs - startNs) / 1e6,
    }
  }

  get poolPort(): number {
    return this.#poolPorts[0]!
  }

  async newTip(): Promise<number> {
    await this.rigs.expectJob()
    const startNs = await this.pool.call('newTip', this.poolPort)
    const { lastNs } = await this.rigs.jobArrival()
    return (lastNs - startNs) / 1e6
  }

  cpuMs(): Promise<number> {
    return this.proxy.call('cpuMs', null)
  }

  /** Shares as the proxy counts them, once its next report is in and no answer of the pool is due. */
  async settledCounts(): Promise<ShareCounts> {
    for (let attempt = 0; attempt < 50; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      const before = await this.proxy.call('counts', null)
      await new Promise((resolve) => setTimeout(resolve, 1100))
      const counts = await this.proxy.call('counts', null)
      if (counts && counts.submitted === before?.submitted && counts.pending === 0) return counts
    }
    throw new Error('the pool left shares without an answer')
  }

  /** Shares that reached the pool. */
  forwarded(): Promise<number> {
    return this.pool.call('shares', this.poolPort)
  }

  async stop(): Promise<void> {
    for (const part of this.#processes) await part.stop()
  }
}
