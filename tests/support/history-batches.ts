import { type HistoryBatch, type ShareDelta } from '../../src-main/history/index.ts'

/** A delta of zeros with some fields set. */
export function shareDelta(fields: Partial<ShareDelta> = {}): ShareDelta {
  return {
    rigKey: 'garage',
    poolId: 'pool-a',
    submitted: 0,
    valid: 0,
    stale: 0,
    duplicate: 0,
    invalid: 0,
    weak: 0,
    acknowledged: 0,
    rejected: 0,
    lost: 0,
    workDifficulty: 0,
    bestDifficulty: 0,
    rejectReasons: {},
    ...fields,
  }
}

/** An empty batch of five seconds with some fields set. */
export function historyBatch(fields: Partial<HistoryBatch> = {}): HistoryBatch {
  return {
    sequence: 1,
    atMs: 1_790_000_000_000,
    coveredMs: 5000,
    shares: [],
    pools: [],
    rigs: [],
    blocks: [],
    poolEvents: [],
    ...fields,
  }
}
