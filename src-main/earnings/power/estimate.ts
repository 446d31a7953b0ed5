/**
 * Power that nobody measured: from hashrate and an efficiency a person entered, from the nameplate, from a fixed power a
 * person entered. All hold only while a rig is known to hash; at other times there is no figure, which is not 0 W.
 */
import { type ActivitySeries, type WorkSeries } from '../report/inputs.ts'
import { emptyLine, type PowerLine, type SlotRange } from './power-line.ts'

const HASHES_PER_TERAHASH = 1e12
/** Hashes to one unit of difficulty, as the whole field counts them. */
const HASHES_PER_DIFFICULTY = 2 ** 32

/** How long a rig hashed in each slot, and how much. */
export interface Hashing {
  readonly hashingMs: Float64Array
  readonly hashes: Float64Array
}

/**
 * From what the rig said of itself; in slots where it said nothing, from its shares at the proxy: a slot with work counts
 * as hashed through, because a rig's shares come several a minute.
 */
export function hashingOf(
  range: SlotRange,
  activity: readonly ActivitySeries[],
  work: readonly WorkSeries[],
): Hashing {
  const hashingMs = new Float64Array(range.count)
  const hashes = new Float64Array(range.count)
  const said = new Uint8Array(range.count)
  const slotOf = (atMs: number) => {
    const slot = Math.floor((atMs - range.firstMs) / range.slotMs)
    return slot >= 0 && slot < range.count ? slot : -1
  }
  for (const series of activity) {
    for (let i = 0; i < series.atMs.length; i++) {
      const slot = slotOf(series.atMs[i]!)
      const ms = Math.min(range.slotMs, series.hashingMs[i]!)
      if (slot < 0 || !(ms >= 0)) continue
      said[slot] = 1
      hashingMs[slot] = Math.min(range.slotMs, hashingMs[slot]! + ms)
      const rate = series.hashrateHs[i]!
      if (rate > 0 && Number.isFinite(rate)) hashes[slot]! += rate * (ms / 1000)
    }
  }
  for (const series of work) {
    for (let i = 0; i < series.atMs.length; i++) {
      const slot = slotOf(series.atMs[i]!)
      const done = series.workDifficulty[i]!
      if (slot < 0 || said[slot] === 1 || !(done > 0)) continue
      hashingMs[slot] = range.slotMs
      hashes[slot]! += done * HASHES_PER_DIFFICULTY
    }
  }
  return { hashingMs, hashes }
}

/** Hashes times J/TH, to the joule. */
export function byEfficiency(
  range: SlotRange,
  { hashingMs, hashes }: Hashing,
  joulesPerTh: number,
): PowerLine {
  const line = emptyLine(range)
  for (let slot = 0; slot < range.count; slot++) {
    if (hashes[slot]! <= 0) continue
    line.energyJ[slot] = Math.round((hashes[slot]! / HASHES_PER_TERAHASH) * joulesPerTh)
    line.coveredMs[slot] = hashingMs[slot]!
  }
  return line
}

/** A fixed power for the time it hashes, to the joule. */
export function byWatts(range: SlotRange, { hashingMs }: Hashing, watts: number): PowerLine {
  const line = emptyLine(range)
  for (let slot = 0; slot < range.count; slot++) {
    line.energyJ[slot] = Math.round((hashingMs[slot]! / 1000) * watts)
    line.coveredMs[slot] = hashingMs[slot]!
  }
  return line
}
