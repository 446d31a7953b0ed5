/** Our proxy engine in this process, with its parts for real, as interop tests drive and observe it. */
import { systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { createShareChecker } from '../../src-main/checker/index.ts'
import { BIP320_MASK } from '../../src-main/mining/index.ts'
import {
  type EngineOptions,
  type EngineReport,
  type PoolConfig,
  type PoolEndpoint,
  type PoolStatus,
  ProxyEngine,
} from '../../src-main/proxy/index.ts'
import { waitUntil } from './peer-process.ts'

/** Of a rig to the proxy: ten a second. What the proxy hands on is the pool's to say. */
const SHARES_PER_MINUTE = 600

export function interopPool(
  id: string,
  endpoint: PoolEndpoint,
  changes: Partial<PoolConfig> = {},
): PoolConfig {
  return {
    id,
    name: `pool ${id}`,
    endpoint,
    userIdentity: `interop.${id}`,
    password: 'x',
    enabled: true,
    versionRollingMask: BIP320_MASK,
    knownRollableSize: null,
    lines: 'shared',
    namesRigs: false,
    fallback: null,
    mayMoveTo: 'same-host',
    listens: false,
    payoutAddress: null,
    ...changes,
  }
}

export const overSv1 = (port: number): PoolEndpoint => ({
  protocol: 'stratum-v1',
  transport: 'tcp',
  path: '',
  host: '127.0.0.1',
  port,
})

/** @param authorityKey x-only, 32 bytes */
export const overSv2 = (port: number, authorityKey: Uint8Array): PoolEndpoint => ({
  protocol: 'stratum-v2',
  transport: 'tcp',
  path: '',
  host: '127.0.0.1',
  port,
  authorityKey,
})

export class InteropProxy {
  readonly engine: ProxyEngine
  /** The last one taken. */
  report: EngineReport

  private constructor(engine: ProxyEngine) {
    this.engine = engine
    this.report = engine.report()
  }

  /** Starts it at the first pool, with a listener for SV1 rigs. */
  static async start(
    pools: readonly PoolConfig[],
    options: Partial<EngineOptions> = {},
  ): Promise<InteropProxy> {
    const engine = new ProxyEngine({
      clock: systemClock,
      entropy: systemEntropy,
      createChecker: createShareChecker,
      userAgent: 'headframe/interop',
      stratum: { host: '127.0.0.1', port: 0 },
      sharesPerMinute: SHARES_PER_MINUTE,
      ...options,
    })
    await engine.start(pools, pools[0]!.id)
    return new InteropProxy(engine)
  }

  /** Where SV1 rigs connect. */
  get sv1Port(): number {
    return this.engine.stratumAddress!.port
  }

  pool(id: string): PoolStatus | undefined {
    return this.report.pools.find(({ poolId }) => poolId === id)
  }

  /** Waits until pool `id` acknowledged `count` more shares than it had. @param check may throw to give up */
  async waitForAcknowledged(id: string, count: number, check = (): void => {}): Promise<void> {
    this.report = this.engine.report()
    const before = this.pool(id)?.counts.acknowledged ?? 0
    await waitUntil(
      () => {
        this.report = this.engine.report()
        check()
        return (this.pool(id)?.counts.acknowledged ?? 0) >= before + count
      },
      `pool ${id} to acknowledge ${count} shares of our rigs`,
      120_000,
    )
  }

  async waitFor(what: string, condition: (report: EngineReport) => boolean): Promise<void> {
    await waitUntil(() => condition((this.report = this.engine.report())), what)
  }

  stop(): Promise<void> {
    return this.engine.stop()
  }
}
