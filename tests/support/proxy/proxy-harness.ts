/**
 * The real engine on real sockets, with time moved by hand, and the books that must balance after every test:
 * what it reported piece by piece against what it says of the whole, and against what the pools counted.
 */
import { expect } from 'vitest'
import { createShareChecker } from '../../../src-main/checker/index.ts'
import { createLogger, ManualClock, systemEntropy } from '../../../src-main/base/index.ts'
import {
  emptyCounts,
  type EngineOptions,
  type EngineReport,
  identityHolds,
  type PoolConfig,
  type PoolStatus,
  ProxyEngine,
  type ShareCounts,
} from '../../../src-main/proxy/index.ts'
import { type FakePool } from './fake-pool.ts'
import { FakeRig, type FakeRigOptions } from './fake-rig.ts'
import {
  type FakeChannelOptions,
  type FakeSv2Channel,
  FakeSv2Rig,
  type FakeSv2RigOptions,
} from './fake-sv2-rig.ts'
import { FakeSv2Pool } from './fake-sv2-pool.ts'
import { type AuthorityKeyPair, generateAuthorityKeyPair } from '../../../src-main/sv2/index.ts'
import { until } from './until.ts'

/** Columns that deltas carry. */
const DELTA_COLUMNS = [
  'submitted',
  'valid',
  'stale',
  'duplicate',
  'invalid',
  'acknowledged',
  'rejected',
  'lost',
  'weak',
] as const

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface HarnessOptions extends Partial<EngineOptions> {
  /** Pool to work for from the start; the first unless given. Null for none. */
  readonly active?: FakePool | null
  /** Changes to the configuration of a pool. */
  readonly configOf?: (pool: FakePool) => Partial<PoolConfig>
}

/** The configuration with which a pool is reached. Its id is its name. */
export function configOf(pool: FakePool, changes: Partial<PoolConfig> = {}): PoolConfig {
  const place = { host: '127.0.0.1', port: pool.port, path: '' }
  return {
    id: pool.name,
    name: `The ${pool.name}`,
    endpoint:
      pool instanceof FakeSv2Pool
        ? { protocol: 'stratum-v2', transport: 'tcp', ...place, authorityKey: pool.authority.publicKey }
        : { protocol: 'stratum-v1', transport: pool.usesTls ? 'tls' : 'tcp', ...place },
    userIdentity: 'farm.worker',
    password: '',
    enabled: true,
    versionRollingMask: 0x1fffe000,
    knownRollableSize: pool.rollableSize,
    lines: 'shared',
    namesRigs: false,
    fallback: null,
    mayMoveTo: 'same-host',
    listens: false,
    payoutAddress: null,
    ...changes,
  }
}

export class ProxyHarness {
  readonly clock: ManualClock
  readonly engine: ProxyEngine
  readonly pools: readonly FakePool[]
  readonly rigs: FakeRig[] = []
  readonly sv2Rigs: FakeSv2Rig[] = []
  readonly authority: AuthorityKeyPair
  /** All reports so far, oldest first. */
  readonly reports: EngineReport[] = []
  readonly logs: LogLine[]
  /** Deltas of all reports, by pool. */
  readonly #deltas = new Map<string, ShareCounts>()
  readonly #rigDeltas = new Map<string, ShareCounts>()
  #stopped = false

  private constructor(
    clock: ManualClock,
    engine: ProxyEngine,
    pools: readonly FakePool[],
    logs: LogLine[],
    authority: AuthorityKeyPair,
  ) {
    this.authority = authority
    this.clock = clock
    this.engine = engine
    this.pools = pools
    this.logs = logs
  }

  static async start(pools: readonly FakePool[], options: HarnessOptions = {}): Promise<ProxyHarness> {
    const clock = new ManualClock(Date.now())
    const logs: LogLine[] = []
    const authority = generateAuthorityKeyPair(systemEntropy)
    const engine = new ProxyEngine({
      clock,
      entropy: systemEntropy,
      createChecker: createShareChecker,
      userAgent: 'headframe/0.0.0',
      stratum: { host: '127.0.0.1', port: 0 },
      stratumV2: { host: '127.0.0.1', port: 0 },
      authority,
      // These pools mean their trivial difficulty: it is what lets the rigs find shares at once.
      floodSharesPerSecond: Number.POSITIVE_INFINITY,
      log: createLogger((level, _scope, message, fields) => void logs.push({ level, message, fields })),
      ...options,
    })
    const harness = new ProxyHarness(clock, engine, pools, logs, authority)
    const active = options.active === undefined ? pools[0] : options.active
    const configs = pools.map((pool) => configOf(pool, options.configOf?.(pool)))
    await engine.start(configs, active?.name ?? null)
    return harness
  }

  get port(): number {
    const { stratumAddress } = this.engine
    if (stratumAddress === null) throw new Error('the proxy listens nowhere')
    return stratumAddress.port
  }

  /** A rig that went through its start. */
  async rig(options: Omit<FakeRigOptions, 'port'> = {}): Promise<FakeRig> {
    const rig = await FakeRig.start({ port: this.port, ...options })
    this.rigs.push(rig)
    return rig
  }

  /** A rig with a first job. */
  async rigAtWork(options: Omit<FakeRigOptions, 'port'> = {}): Promise<FakeRig> {
    const rig = await this.rig(options)
    await rig.firstJob()
    return rig
  }

  get sv2Port(): number {
    const { stratumV2Address } = this.engine
    if (stratumV2Address === null) throw new Error('the proxy listens nowhere for SV2')
    return stratumV2Address.port
  }

  /** What an SV2 rig needs to reach the proxy. */
  get sv2Place(): Pick<FakeSv2RigOptions, 'port' | 'authorityKey' | 'nowMs'> {
    return { port: this.sv2Port, authorityKey: this.authority.publicKey, nowMs: () => this.clock.nowMs() }
  }

  /** An SV2 connection that is set up. */
  async sv2Rig(options: Partial<FakeSv2RigOptions> = {}): Promise<FakeSv2Rig> {
    const rig = await FakeSv2Rig.start({ ...this.sv2Place, ...options })
    this.sv2Rigs.push(rig)
    return rig
  }

  /** A channel with a first job, on an SV2 connection of its own. */
  async sv2RigAtWork(
    options: FakeChannelOptions & { readonly connection?: Partial<FakeSv2RigOptions> } = {},
  ): Promise<FakeSv2Channel> {
    const rig = await this.sv2Rig(options.connection)
    const channel = await rig.channel(options)
    await channel.firstJob()
    return channel
  }

  /** Takes a report and adds it to the books. */
  report(): EngineReport {
    const report = this.engine.report()
    this.reports.push(report)
    for (const delta of report.deltas) {
      for (const [books, key] of [
        [this.#deltas, delta.poolId],
        [this.#rigDeltas, delta.rigKey],
      ] as const) {
        const sums = books.get(key) ?? emptyCounts()
        for (const column of DELTA_COLUMNS) sums[column] += delta[column]
        books.set(key, sums)
      }
    }
    return report
  }

  poolStatus(pool: FakePool): PoolStatus {
    const status = this.report().pools.find(({ poolId }) => poolId === pool.name)
    if (!status) throw new Error(`no status of ${pool.name}`)
    return status
  }

  counts(pool: FakePool): ShareCounts {
    return this.poolStatus(pool).counts
  }

  /** Sums of the deltas of a rig. */
  rigDeltas(rigKey: string): ShareCounts | undefined {
    return this.#rigDeltas.get(rigKey)
  }

  async untilPhase(pool: FakePool, phase: PoolStatus['state']['phase']): Promise<PoolStatus> {
    let status = this.poolStatus(pool)
    await until(`${pool.name} to be ${phase}`, () => {
      status = this.poolStatus(pool)
      return status.state.phase === phase
    })
    return status
  }

  /** Waits until a pool gives jobs, and lets just as much time pass as its next attempts are away. */
  async untilReady(pool: FakePool): Promise<void> {
    await until(`${pool.name} to be ready`, () => {
      const { state } = this.poolStatus(pool)
      if (state.phase === 'waiting') this.clock.advance(Math.max(0, state.retryAtMs - this.clock.nowMs()) + 1)
      return state.phase === 'ready'
    })
  }

  /** Waits until no share waits for an answer. */
  async untilSettled(): Promise<void> {
    await until('every share to be answered', () => {
      // SV2 shares are acknowledged in batches: for the last ones time must pass.
      if (this.sv2Rigs.some((rig) => !rig.closed && rig.unanswered > 0)) this.clock.advance(1000)
      const { pending } = this.report().counts
      return (
        pending === 0 && [...this.rigs, ...this.sv2Rigs].every((rig) => rig.closed || rig.unanswered === 0)
      )
    })
  }

  /** Lets time pass in steps, with turns of the loop between them. */
  async pass(totalMs: number, stepMs = totalMs): Promise<void> {
    for (let passed = 0; passed < totalMs; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, totalMs - passed))
      await new Promise((done) => setTimeout(done, 1))
    }
  }

  /** Every book must balance, and agree with every other. */
  expectBalanced(): EngineReport {
    const report = this.report()
    const { counts } = report
    expect(identityHolds(counts), `identity of the total: ${JSON.stringify(counts)}`).toBe(true)
    for (const { rigKey, counts: ofRig } of report.downstreams.upserts) {
      expect(identityHolds(ofRig), `identity of ${rigKey}: ${JSON.stringify(ofRig)}`).toBe(true)
    }
    const sum = emptyCounts()
    for (const { poolId, counts: ofPool } of report.pools) {
      expect(identityHolds(ofPool), `identity of ${poolId}: ${JSON.stringify(ofPool)}`).toBe(true)
      const deltas = this.#deltas.get(poolId) ?? emptyCounts()
      for (const column of DELTA_COLUMNS) {
        expect(deltas[column], `${column} of ${poolId}, deltas against the whole`).toBe(ofPool[column])
      }
      for (const column of Object.keys(sum) as (keyof ShareCounts)[]) sum[column] += ofPool[column]
    }
    const elsewhere = [...this.#deltas].filter(([id]) => !report.pools.some(({ poolId }) => poolId === id))
    for (const [, deltas] of elsewhere) for (const column of DELTA_COLUMNS) sum[column] += deltas[column]
    if (elsewhere.length === 0) expect(sum, 'sum over the pools').toEqual(counts)
    for (const column of DELTA_COLUMNS) {
      expect(sum[column], `${column}: pools against the total`).toBe(counts[column])
      const byRig = [...this.#rigDeltas.values()].reduce((total, deltas) => total + deltas[column], 0)
      expect(byRig, `${column}: rigs against the total`).toBe(counts[column])
    }
    return report
  }

  /** What the pools answered is what the proxy booked; for pools that lost no answer on the way. */
  expectPoolsAgree(pools: readonly FakePool[] = this.pools): void {
    const known = new Map(this.report().pools.map(({ poolId, counts }) => [poolId, counts]))
    for (const pool of pools) {
      const counts = known.get(pool.name) ?? emptyCounts()
      expect(counts.acknowledged, `acknowledged by ${pool.name}`).toBe(pool.acknowledged)
      expect(counts.rejected, `rejected by ${pool.name}`).toBe(pool.rejected)
    }
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    const faults = this.sv2Rigs.flatMap((rig) => rig.faults)
    for (const rig of [...this.rigs, ...this.sv2Rigs]) rig.close()
    let done = false
    const stopping = this.engine.stop().then(() => (done = true))
    // Peers that do not read are given time, and the time must pass.
    while (!done) await this.pass(3000)
    await stopping
    for (const pool of this.pools) await pool.stop()
    // Whatever the test was about, in the end every share has come to something.
    expect(this.expectBalanced().counts.pending).toBe(0)
    expect(faults, 'rules of SV2 that the proxy broke').toEqual([])
  }
}
