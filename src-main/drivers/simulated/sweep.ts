/**
 * Where in its search space a virtual chip is: which small core tries which nonces with which version, as a function of
 * the work done since the job began. Pure. Real chips sweep far more nonces than software can, so each visit stands for
 * many: it lies where a real core would be at that time, and once an epoch is over everything comes round again, with
 * the very same nonces (asic-serial 5.9: duplicates).
 */

/** Counter bits below the core's number in a nonce. */
export const COUNTER_BITS = 25

export interface SweepPlan {
  readonly chips: number
  /** Small cores, or midstates, that work on different headers at a time. */
  readonly lanes: number
  /** Version batches of an epoch. */
  readonly batches: number
  /** Counters that one sweep covers in each core. */
  readonly slice: number
  /** Cores that one visit reaches. */
  readonly hashesPerVisit: number
  readonly visitsPerEpoch: number
  /** Values of a nonce's part for cores, in groups of `hashesPerVisit`. */
  readonly coreGroups: number
}

export interface Visit {
  readonly chip: number
  readonly lane: number
  readonly batch: number
  /** Offset from where the chip's counters begin. */
  readonly counter: number
  /** First of the cores. */
  readonly core: number
}

/** Slow chips move on before all their cores had a turn, so that an epoch has visits enough. */
const VISITS_WANTED = 256

/**
 * @param epochHashes hashes until everything repeats
 * @param cores of one chip
 */
export function planSweep(options: {
  chips: number
  lanes: number
  batches: number
  slice: number
  epochHashes: number
  cores: number
}): SweepPlan {
  const { epochHashes, cores, ...plan } = options
  const hashesPerVisit = Math.max(1, Math.min(cores, Math.floor(epochHashes / VISITS_WANTED)))
  return {
    ...plan,
    hashesPerVisit,
    visitsPerEpoch: Math.max(1, Math.floor(epochHashes / hashesPerVisit)),
    coreGroups: Math.floor(cores / hashesPerVisit),
  }
}

/** @param number counts visits since the job began */
export function visitOf(plan: SweepPlan, number: number): Visit {
  const { chips, lanes, batches, slice, visitsPerEpoch, hashesPerVisit, coreGroups } = plan
  const index = number % visitsPerEpoch
  const perBatch = visitsPerEpoch / batches
  const batch = Math.floor(index / perBatch)
  const round = Math.floor((index - Math.ceil(batch * perBatch)) / (chips * lanes))
  const rounds = Math.max(1, Math.ceil(perBatch / (chips * lanes)))
  return {
    chip: index % chips,
    lane: Math.floor(index / chips) % lanes,
    batch,
    counter: Math.floor((Math.max(0, round) / rounds) * slice),
    // All visits of one round have different chips or headers: they may share cores.
    core: (Math.floor(index / (chips * lanes)) % coreGroups) * hashesPerVisit,
  }
}

/** Spreads the low bits of a number over the set bits of a mask, lowest first. */
export function deposit(value: number, mask: number): number {
  let result = 0
  let rest = value
  for (let bit = 1; bit <= mask; bit <<= 1) {
    if ((mask & bit) === 0) continue
    if (rest & 1) result |= bit
    rest >>= 1
  }
  return result
}

export function countBits(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++
  return count
}
