/**
 * Which source of power counts, slot by slot: a smart plug before the rig's own measurement, that before an estimate,
 * that before the nameplate. A gap of one is not filled: a slot is one source's, with the time it covers, and what
 * it does not cover is shown as not covered.
 */
import { type PowerSource } from '../report/inputs.ts'
import { type PowerLine, type SlotRange } from './power-line.ts'

/** One that may count; the list is in order of rank. */
export interface PowerCandidate {
  readonly source: PowerSource
  readonly line: PowerLine
}

/**
 * A better source that covers less than this part of what another covers loses the slot: a plug that was heard for a
 * minute says nothing of the hour that the rig measured whole.
 */
const LEAST_PART = 0.5

/** By slot the index of the candidate that counts; -1 where none covers anything. */
export function chooseSources({ count }: SlotRange, candidates: readonly PowerCandidate[]): Int8Array {
  const chosen = new Int8Array(count).fill(-1)
  for (let slot = 0; slot < count; slot++) {
    let mostMs = 0
    for (const { line } of candidates) mostMs = Math.max(mostMs, line.coveredMs[slot]!)
    if (mostMs === 0) continue
    chosen[slot] = candidates.findIndex(({ line }) => {
      const ms = line.coveredMs[slot]!
      return ms > 0 && ms >= mostMs * LEAST_PART
    })
  }
  return chosen
}

/** In words, for statements. */
export const POWER_SOURCE_WORDS: Readonly<Record<PowerSource, string>> = {
  metered: 'metered by a smart plug',
  measured: 'measured by the rig itself',
  estimated: 'estimated by the rig, or from its hashrate and the J/TH that was entered',
  nameplate: 'taken from the nameplate while it hashed',
  entered: 'the fixed power that was entered, while it hashed',
}
