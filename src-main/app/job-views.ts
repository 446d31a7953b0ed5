/** Jobs, their timeline and the watchdog's warnings, as the contract shows them. */
import { type CurrentJob, type JobTimeline, type Warning } from '../../src-preload/contract/index.ts'
import { type CurrentJobStatus, type TimelineView, type WatchdogWarning } from '../proxy/index.ts'

export function currentJobView(status: CurrentJobStatus): CurrentJob {
  const { poolId, upstreamJobId, receivedAtMs, description } = status
  return {
    poolId,
    upstreamJobId,
    receivedAt: receivedAtMs,
    network: description.network,
    height: description.height,
    tag: description.tag,
    previousBlockHash: description.prevHashDisplay,
    version: description.version,
    versionRollingMask: description.versionRollingMask,
    nBits: description.nBits,
    networkDifficulty: description.networkDifficulty,
    poolDifficulty: description.shareDifficulty,
    ntime: description.ntime,
    merkleDepth: description.merkleDepth,
    emptyBlock: description.emptyBlock,
    coinbaseBytes: description.coinbaseBytes,
    rewardSats: description.rewardSats,
    feesSats: description.feesSats,
    feesUnknownBecause: description.feesUnknownBecause,
    transactions: { ...description.transactions },
    extranonce: { ...description.extranonce },
    outputs: description.outputs.map((output) => ({ ...output })),
  }
}

export function timelineView({ pools, tips }: TimelineView): JobTimeline {
  return {
    pools: pools.map(({ poolId, listening, jobs, medianLagMs, comparedCount, firstCount }) => ({
      poolId,
      listening,
      jobs: jobs.map(({ receivedAtMs, prevHash, ...job }) => ({
        ...job,
        at: Math.round(receivedAtMs),
        previousBlockHash: prevHash,
      })),
      medianLagMs,
      comparedCount,
      firstCount,
    })),
    tips: tips.map(({ prevHash, height, firstAtMs, pools: announced }) => ({
      previousBlockHash: prevHash,
      height,
      firstAt: Math.round(firstAtMs),
      pools: announced.map(({ poolId, atMs, lagMs }) => ({ poolId, at: Math.round(atMs), lagMs })),
    })),
  }
}

export function warningView({ sinceMs, ...warning }: WatchdogWarning): Warning {
  return { ...warning, since: Math.round(sinceMs) }
}
