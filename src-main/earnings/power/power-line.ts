/** A figure of power over a stretch of slots: energy, and how much of each slot it stands for. */

export interface PowerLine {
  /** Whole joules by slot. */
  readonly energyJ: Float64Array
  /** ms by slot, 0 to the slot's width. 0: a gap, whatever the energy says. */
  readonly coveredMs: Float64Array
}

/** The slots that lines are laid over. */
export interface SlotRange {
  readonly firstMs: number
  readonly slotMs: number
  readonly count: number
}

export function emptyLine({ count }: SlotRange): PowerLine {
  return { energyJ: new Float64Array(count), coveredMs: new Float64Array(count) }
}

/**
 * Adds what was recorded to a line. What lies outside the range is left out, as is what cannot be: energy that is
 * negative or no number, time that is not above 0. Time beyond a slot's width is cut.
 */
export function addColumns(
  line: PowerLine,
  range: SlotRange,
  columns: { atMs: ArrayLike<number>; energyJ: ArrayLike<number>; coveredMs: ArrayLike<number> },
): void {
  for (let i = 0; i < columns.atMs.length; i++) {
    const slot = Math.floor((columns.atMs[i]! - range.firstMs) / range.slotMs)
    if (slot < 0 || slot >= range.count) continue
    const energyJ = columns.energyJ[i]!
    const coveredMs = columns.coveredMs[i]!
    if (!(energyJ >= 0) || energyJ > Number.MAX_SAFE_INTEGER || !(coveredMs > 0)) continue
    line.energyJ[slot]! += Math.round(energyJ)
    line.coveredMs[slot] = Math.min(range.slotMs, line.coveredMs[slot]! + coveredMs)
  }
}
