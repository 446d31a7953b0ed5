/** From a rig to the values its views show. */
import { toHex } from '../../base/index.ts'
import { expectedHashes } from '../../mining/index.ts'
import { type Downstream } from './downstream.ts'
import { HASHRATE_WINDOW_MS } from './rig.ts'
import { type DownstreamStatus, type RigState } from '../engine-views.ts'

/** At the aimed rate of 6 shares a minute, one rig in 8,000 is silent this long by chance. */
const QUIET_AFTER_MS = 90_000
const MINUTE_S = 60

/** @param nowMs wall clock, @param monotonicMs the same moment on the monotonic one */
export function rigState({ rig, ready }: Downstream, nowMs: number, monotonicMs: number): RigState {
  if (!ready) return 'subscribing'
  if (rig.lastShareMonotonicMs !== null) {
    return monotonicMs - rig.lastShareMonotonicMs < QUIET_AFTER_MS ? 'hashing' : 'quiet'
  }
  return nowMs - rig.connectedAtMs < QUIET_AFTER_MS ? 'subscribing' : 'quiet'
}

/** @param poolId the pool it works for; null while it has no job */
export function rigStatus(
  downstream: Downstream,
  poolId: string | null,
  nowMs: number,
  monotonicMs: number,
): DownstreamStatus {
  const { rig } = downstream
  const estimate = rig.hashrate.estimate(HASHRATE_WINDOW_MS, monotonicMs)
  return {
    id: rig.id,
    rigKey: rig.rigKey,
    name: rig.name,
    address: rig.address,
    protocol: downstream.protocol,
    transport: downstream.transport,
    channelKind: downstream.channelKind,
    poolId,
    userAgent: rig.userAgent,
    state: rigState(downstream, nowMs, monotonicMs),
    connectedAtMs: rig.connectedAtMs,
    lastShareAtMs:
      rig.lastShareMonotonicMs === null ? null : Math.round(nowMs - (monotonicMs - rig.lastShareMonotonicMs)),
    hashrateHs: estimate?.hashrateHs ?? 0,
    hashrateRatioError: estimate?.errorRatio ?? null,
    difficulty: rig.steps.latest?.difficulty ?? rig.vardiff.difficulty,
    bestDifficulty: rig.book.bestDifficulty,
    counts: { ...rig.book.counts },
    invalidReasons: { ...rig.book.invalidReasons },
    rejectReasons: { ...rig.book.rejectReasons },
    lostReasons: { ...rig.book.lostReasons },
    versionRolling: rig.rollsVersions,
    extranoncePrefixHex: rig.extranonce1 ? toHex(rig.extranonce1) : '',
    rollableBytes: downstream.channelKind === 'standard' ? 0 : (rig.layout?.extranonce2Size ?? 0),
    sparklineHs: rig.minuteWork(monotonicMs).map((work) => expectedHashes(work) / MINUTE_S),
  }
}
