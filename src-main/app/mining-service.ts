/**
 * What the mining thread runs: the proxy with its checker, steered by calls, telling once a second what
 * happened. Reports are numbered and kept until the host has them in the history, so that none is lost.
 */
import {
  createLogger,
  HeadframeError,
  type LogFields,
  type LogLevel,
  systemClock,
  systemEntropy,
} from '../base/index.ts'
import { createShareChecker, warmUp } from '../checker/index.ts'
import { type HostPort } from '../net/index.ts'
import {
  type ActivationResult,
  type CurrentJobStatus,
  type EngineReport,
  type PoolConfig,
  type ProbeResult,
  ProxyEngine,
} from '../proxy/index.ts'
import { serveThread, type ThreadPort } from './thread-link.ts'

export interface MiningStart {
  readonly userAgent: string
  readonly stratum: HostPort | null
  readonly allowedRanges: readonly string[]
  readonly sharesPerMinute: number
  /** As in `EngineOptions`. */
  readonly floodSharesPerSecond?: number
  readonly pools: readonly PoolConfig[]
  readonly activePoolId: string | null
}

export interface MiningProcedures extends Record<string, (argument: never) => unknown> {
  /** @returns where rigs connect */
  start(options: MiningStart): Promise<{ stratum: HostPort | null }>
  /** `activePoolId` is adopted if no pool is active yet. */
  setPools(change: { pools: readonly PoolConfig[]; activePoolId: string | null }): void
  activate(poolId: string): Promise<ActivationResult>
  probe(config: PoolConfig): Promise<ProbeResult>
  currentJob(argument: null): CurrentJobStatus | null
  /** Stops, and gives the last report. */
  stop(argument: null): Promise<EngineReport | null>
}

export type MiningEvent =
  | { readonly kind: 'report'; readonly report: EngineReport }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly scope: string
      readonly message: string
      readonly fields: LogFields
    }

const REPORT_PERIOD_MS = 1000

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Serves the proxy over `port`. */
export function runMiningService(port: ThreadPort): void {
  let engine: ProxyEngine | null = null
  let reports: { cancel(): void } | null = null
  const requireEngine = (): ProxyEngine => {
    if (!engine) throw new HeadframeError('mining/not-started', 'The proxy is not running yet.')
    return engine
  }
  const procedures: MiningProcedures = {
    async start({ pools, activePoolId, ...options }) {
      warmUp()
      const started = new ProxyEngine({
        ...options,
        clock: systemClock,
        entropy: systemEntropy,
        log,
        createChecker: createShareChecker,
      })
      await started.start(pools, activePoolId)
      engine = started
      reports = systemClock.every(REPORT_PERIOD_MS, () => post({ kind: 'report', report: started.report() }))
      return { stratum: started.stratumAddress }
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
    probe: (config) => requireEngine().probe(config),
    currentJob: () => requireEngine().currentJob(),
    async stop() {
      reports?.cancel()
      if (!engine) return null
      const stopping = engine
      engine = null
      await stopping.stop()
      return stopping.report()
    },
  }
  const post = serveThread<MiningEvent>(port, procedures)
  const log = createLogger((level, scope, message, fields) => {
    if (level !== 'trace' && level !== 'debug') post({ kind: 'log', level, scope, message, fields })
  }, 'proxy')
}
