/**
 * What the mining thread runs: the proxy with its checker, steered by calls, telling once a second what
 * happened. Reports are numbered and kept until the host has them in the history, so that none is lost.
 */
import { networkInterfaces } from 'node:os'
import {
  createLogger,
  HeadframeError,
  type LogFields,
  type LogLevel,
  systemClock,
  systemEntropy,
} from '../base/index.ts'
import { interfaceAddresses, WakeWatch } from '../net/index.ts'
import { createShareChecker, warmUp } from '../checker/index.ts'
import {
  type ActivationResult,
  type AuditBatch,
  type AuditOptions,
  type BandwidthView,
  type CurrentJobStatus,
  type EngineReport,
  type LinkStatus,
  type AuthorityKeyPair,
  type PoolConfig,
  type ProbeResult,
  type ProbeStep,
  ProxyEngine,
  type RoutingConfig,
  type TimelineView,
  type WatchdogWarning,
  type WatchedFrames,
} from '../proxy/index.ts'
import { type ChainStatus } from './device-chains.ts'
import { type DeviceProcedures, MiningDevices } from './mining-devices.ts'
import { type RigListeners } from './rig-listeners.ts'
import { serveThread, type ThreadPort } from './thread-link.ts'

export interface MiningStart extends RigListeners {
  readonly userAgent: string
  readonly authority: AuthorityKeyPair
  readonly tls: { readonly certificatePem: string; readonly privateKeyPem: string } | null
  readonly allowedRanges: readonly string[]
  readonly sharesPerMinute: number
  /** As in `EngineOptions`. */
  readonly floodSharesPerSecond?: number
  readonly pools: readonly PoolConfig[]
  readonly activePoolId: string | null
  readonly routing: RoutingConfig
}

export interface MiningProcedures extends DeviceProcedures {
  /** @returns where rigs connect */
  start(options: MiningStart): Promise<RigListeners>
  /** `activePoolId` is adopted if no pool is active yet. */
  setPools(change: { pools: readonly PoolConfig[]; activePoolId: string | null }): void
  activate(poolId: string): Promise<ActivationResult>
  setRouting(routing: RoutingConfig): void
  /** Tests a pool; each step is told by a `probe-step` with the same id. */
  probe(test: { id: number; config: PoolConfig }): Promise<ProbeResult>
  /** Nobody waits for this test any more. */
  endProbe(id: number): void
  /** Of a pool; of the one in use for null. */
  currentJob(poolId: string | null): CurrentJobStatus | null
  timeline(argument: null): TimelineView
  links(argument: null): readonly LinkStatus[]
  bandwidth(argument: null): BandwidthView
  /** Decodes the messages of exactly these links from now on, for `takeFrames`. */
  watch(linkIds: readonly string[]): void
  takeFrames(argument: null): readonly WatchedFrames[]
  /** Records messages from now on, told by `audit` events; null ends it. */
  setAudit(options: AuditOptions | null): void
  /** Stops, and gives the last report. */
  stop(argument: null): Promise<EngineReport | null>
}

export type MiningEvent =
  | { readonly kind: 'report'; readonly report: EngineReport }
  | { readonly kind: 'devices'; readonly status: readonly ChainStatus[] }
  /** What a device's start waits for. */
  | { readonly kind: 'device-waits'; readonly id: string; readonly message: string }
  | { readonly kind: 'warnings'; readonly warnings: readonly WatchdogWarning[] }
  | { readonly kind: 'audit'; readonly batch: AuditBatch }
  | { readonly kind: 'probe-step'; readonly id: number; readonly step: ProbeStep }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly scope: string
      readonly message: string
      readonly fields: LogFields
    }

const REPORT_PERIOD_MS = 1000
/** Of audit records: more wait, so that handing them over never holds up shares for long. */
const BATCHES_PER_REPORT = 3

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets pool connections prove that they live when the machine slept or changed its network. */
function watchWake(engine: ProxyEngine): WakeWatch {
  const watch = new WakeWatch({
    clock: systemClock,
    listAddresses: () => interfaceAddresses(networkInterfaces()),
    onWake: () => engine.nudge(),
    onNetworkChange: () => engine.nudge(),
  })
  watch.start()
  return watch
}

/** Serves the proxy over `port`. */
export function runMiningService(port: ThreadPort): void {
  let engine: ProxyEngine | null = null
  let reports: { cancel(): void } | null = null
  let wakeWatch: WakeWatch | null = null
  const probes = new Map<number, AbortController>()
  const requireEngine = (): ProxyEngine => {
    if (!engine) throw new HeadframeError('mining/not-started', 'The proxy is not running yet.')
    return engine
  }
  const devices = new MiningDevices({
    clock: systemClock,
    entropy: systemEntropy,
    // Read at call time: the way to tell is made below.
    log: createLogger((...line) => tellLog(...line), 'drivers'),
    engine: requireEngine,
    tell: (status) => post({ kind: 'devices', status }),
    tellWait: (id, message) => post({ kind: 'device-waits', id, message }),
  })
  const procedures: MiningProcedures = {
    ...devices.procedures,
    async start({ pools, activePoolId, routing, ...options }) {
      warmUp()
      const started = new ProxyEngine({
        ...options,
        clock: systemClock,
        entropy: systemEntropy,
        log,
        createChecker: createShareChecker,
      })
      await started.start(pools, activePoolId, routing)
      engine = started
      wakeWatch = watchWake(started)
      reports = systemClock.every(REPORT_PERIOD_MS, () => {
        post({ kind: 'report', report: started.report() })
        tellInsight(started)
      })
      const { stratumAddress, stratumV2Address, stratumWsAddress } = started
      return { stratum: stratumAddress, stratumV2: stratumV2Address, stratumWs: stratumWsAddress }
    },
    setPools: ({ pools, activePoolId }) => requireEngine().setPools(pools, activePoolId),
    async activate(poolId) {
      const active = requireEngine()
      const result = await active.activate(poolId)
      // In a turn of its own: the one that switched has begun to hand the job out.
      await nextTurn()
      // So that whoever reads the overview after the answer sees the new pool.
      post({ kind: 'report', report: active.report() })
      return result
    },
    setRouting: (routing) => requireEngine().setRouting(routing),
    async probe({ id, config }) {
      const abort = new AbortController()
      probes.set(id, abort)
      try {
        return await requireEngine().probe(config, {
          onStep: (step) => post({ kind: 'probe-step', id, step }),
          signal: abort.signal,
        })
      } finally {
        probes.delete(id)
      }
    },
    endProbe: (id) => probes.get(id)?.abort(),
    currentJob: (poolId) => requireEngine().currentJob(poolId),
    timeline: () => requireEngine().insight.timeline(),
    links: () => requireEngine().insight.links(),
    bandwidth: () => requireEngine().insight.bandwidth(),
    watch: (linkIds) => requireEngine().insight.watch(linkIds),
    takeFrames: () => requireEngine().insight.takeFrames(),
    setAudit(options) {
      const { insight } = requireEngine()
      // What waits goes with the switch.
      tellAudit(insight, Infinity)
      insight.setAudit(options)
    },
    async stop() {
      reports?.cancel()
      wakeWatch?.stop()
      await devices.stop()
      if (!engine) return null
      const stopping = engine
      engine = null
      await stopping.stop()
      tellAudit(stopping.insight, Infinity)
      return stopping.report()
    },
  }
  const tellAudit = (insight: ProxyEngine['insight'], maxBatches: number): void => {
    for (let i = 0; i < maxBatches; i++) {
      const batch = insight.takeAudit()
      if (batch.lines.length > 0) post({ kind: 'audit', batch })
      if (!batch.more) return
    }
  }
  const tellInsight = ({ insight }: ProxyEngine): void => {
    post({ kind: 'warnings', warnings: insight.warnings() })
    tellAudit(insight, BATCHES_PER_REPORT)
  }
  const post = serveThread<MiningEvent>(port, procedures)
  const log = createLogger((...line) => tellLog(...line), 'proxy')

  function tellLog(level: LogLevel, scope: string, message: string, fields: LogFields): void {
    if (level !== 'trace' && level !== 'debug') post({ kind: 'log', level, scope, message, fields })
  }
}
