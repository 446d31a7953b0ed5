/** From the engine's reports, the settings and what the history knew at the start, to the contract's views. */
import {
  type Downstream,
  type Overview,
  type Pool,
  type PoolState,
  type ShareCounts,
} from '../../src-preload/contract/index.ts'
import { type ShareTotals } from '../history/index.ts'
import {
  type DownstreamStatus,
  type EngineReport,
  type PoolStatus,
  type UpstreamProblem,
  type UpstreamState,
} from '../proxy/index.ts'
import { type PoolSettings } from '../settings/index.ts'
import { poolWire } from './pool-config.ts'

type EngineCounts = EngineReport['counts']

/** What was counted before this start; nothing of it is pending. */
export type BaseCounts = Pick<ShareTotals, Exclude<keyof ShareCounts, 'pending'>>

export const NO_BASE: BaseCounts = {
  submitted: 0,
  valid: 0,
  stale: 0,
  duplicate: 0,
  invalid: 0,
  acknowledged: 0,
  rejected: 0,
  lost: 0,
  weak: 0,
}

/** Counts since ever: those of the history plus those of this run. */
export function addCounts(base: BaseCounts, run: EngineCounts): ShareCounts {
  return {
    submitted: base.submitted + run.submitted,
    valid: base.valid + run.valid,
    stale: base.stale + run.stale,
    duplicate: base.duplicate + run.duplicate,
    invalid: base.invalid + run.invalid,
    acknowledged: base.acknowledged + run.acknowledged,
    rejected: base.rejected + run.rejected,
    pending: run.pending,
    lost: base.lost + run.lost,
    weak: base.weak + run.weak,
  }
}

export interface OverviewInput {
  readonly practice: boolean
  readonly report: EngineReport
  readonly base: BaseCounts
  readonly bestDifficultyBefore: number
  readonly blocksFound: number
  readonly rigsSeen: number
  readonly activePool: PoolSettings | undefined
  readonly preferredPool: PoolSettings | undefined
  readonly lastSwitch: Overview['lastSwitch']
  readonly warningCount: number
}

export function overviewView(input: OverviewInput): Overview {
  const { report, activePool, preferredPool } = input
  const status = report.pools.find(({ poolId }) => poolId === report.activePoolId)
  return {
    practice: input.practice,
    hashrateHs: report.hashrateHs,
    rigs: {
      total: Math.max(input.rigsSeen, report.onlineCount),
      online: report.onlineCount,
      hashing: report.hashingCount,
    },
    shares: addCounts(input.base, report.counts),
    activePool: activePool
      ? {
          id: activePool.id,
          name: activePool.name,
          url: activePool.url,
          protocol: poolWire(activePool.url).protocol,
          state: status ? poolState(status.state) : 'idle',
          switchedAt: report.switchedAtMs,
        }
      : null,
    preferredPool: preferredPool ? { id: preferredPool.id, name: preferredPool.name } : null,
    standIn: report.standIn
      ? { since: Math.round(report.standIn.sinceMs), because: report.standIn.because }
      : null,
    lastSwitch: input.lastSwitch,
    warningCount: input.warningCount,
    bestDifficulty: Math.max(input.bestDifficultyBefore, report.bestDifficulty),
    blocksFound: input.blocksFound,
    networkDifficulty: report.networkDifficulty,
    updatedAt: report.atMs,
  }
}

function poolState(state: UpstreamState): PoolState {
  return state.phase
}

const problemView = ({ code, message, atMs }: UpstreamProblem): Pool['problem'] => ({
  code,
  message,
  at: atMs,
})

export function poolView(
  pool: PoolSettings,
  priority: number,
  chosen: { readonly activePoolId: string | null; readonly preferredPoolId: string | null },
  status: PoolStatus | undefined,
  base: BaseCounts,
): Pool {
  const state = status?.state ?? { phase: 'idle' }
  const { protocol, transport } = poolWire(pool.url)
  return {
    id: pool.id,
    name: pool.name,
    url: pool.url,
    fallbackUrl: pool.fallbackUrl,
    userIdentity: pool.userIdentity,
    hasPassword: pool.secretRef !== null,
    enabled: pool.enabled,
    priority,
    active: pool.id === chosen.activePoolId,
    preferred: pool.id === chosen.preferredPoolId,
    protocol,
    transport,
    encrypted: protocol === 'stratum-v2' || transport === 'tls' || transport === 'wss',
    lines: pool.lines,
    namesRigs: pool.namesRigs,
    mayMoveTo: pool.mayMoveTo,
    listens: pool.listens,
    solo: pool.solo,
    versionRolling: pool.versionRolling,
    health: status?.health ?? { verdict: 'unknown', because: '' },
    endpoint: status?.endpoint ?? null,
    rigCount: status?.rigCount ?? 0,
    lineCount: status?.lineCount ?? 0,
    hashrateHs: status?.hashrateHs ?? 0,
    workDifficulty: status?.workDifficulty ?? 0,
    state: poolState(state),
    problem: 'problem' in state ? problemView(state.problem) : null,
    retryAt: state.phase === 'waiting' ? Math.round(state.retryAtMs) : null,
    connectedAt: state.phase === 'ready' || state.phase === 'silent' ? state.connectedAtMs : null,
    latencyMs: status?.latencyMs ?? null,
    extranonceBytes: status?.extranonce ?? null,
    poolDifficulty: finiteOrNull(status?.poolDifficulty),
    shares: status ? addCounts(base, status.counts) : { ...base, pending: 0 },
    rejectReasons: status?.rejectReasons ?? {},
    invalidReasons: status?.invalidReasons ?? {},
    lostReasons: status?.lostReasons ?? {},
    bytesIn: status?.bytesIn ?? 0,
    bytesOut: status?.bytesOut ?? 0,
  }
}

const finiteOrNull = (value: number | null | undefined): number | null =>
  value !== null && value !== undefined && Number.isFinite(value) ? value : null

export function downstreamView(status: DownstreamStatus): Downstream {
  return {
    id: status.id,
    rigKey: status.rigKey,
    name: status.name,
    address: status.address,
    protocol: status.protocol,
    transport: status.transport,
    channelKind: status.channelKind,
    userAgent: status.userAgent,
    state: status.state,
    connectedAt: status.connectedAtMs,
    lastShareAt: status.lastShareAtMs,
    hashrateHs: status.hashrateHs,
    hashrateRatioError: status.hashrateRatioError,
    difficulty: status.difficulty,
    bestDifficulty: status.bestDifficulty,
    shares: { ...status.counts },
    invalidReasons: status.invalidReasons,
    rejectReasons: status.rejectReasons,
    lostReasons: status.lostReasons,
    poolId: status.poolId,
    versionRolling: status.versionRolling,
    extranonce: { prefixHex: status.extranoncePrefixHex, rollableBytes: status.rollableBytes },
    sparklineHs: status.sparklineHs,
  }
}
