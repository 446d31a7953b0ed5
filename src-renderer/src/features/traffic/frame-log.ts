/**
 * The messages of one connection that a screen keeps: bounded, in order, with a mark where some were left out.
 * Plain data, nothing reactive: hundreds of messages a second are taken in at once and shown a few times a second.
 */
import type { TrafficFrame } from '@contract'

/** Of which the oldest go first. */
export const FRAMES_KEPT = 3000

export type FrameRow =
  | { kind: 'frame'; id: number; frame: TrafficFrame }
  /** Messages that were not seen, and how many. */
  | { kind: 'gap'; id: number; count: number; at: number }

export class FrameLog {
  #rows: FrameRow[] = []
  #nextId = 1
  /** Sequence of the newest; null at the start of a stream, when none is known to be missing. */
  #lastSequence: number | null = null
  #frameCount = 0
  readonly #limit: number

  constructor(limit = FRAMES_KEPT) {
    this.#limit = limit
  }

  /** Oldest first. Another array after each change. */
  get rows(): readonly FrameRow[] {
    return this.#rows
  }

  /** Messages taken in since the start or the last `clear`, also those that are no longer kept. */
  get frameCount(): number {
    return this.#frameCount
  }

  /** A stream begins: its sequence need not go on from the one before. */
  begin(): void {
    this.#lastSequence = null
  }

  /** Takes in what came, in order; what was seen already (a stream that begins again) is passed over. */
  append(frames: readonly TrafficFrame[]): void {
    if (frames.length === 0) return
    const rows = [...this.#rows]
    for (const frame of frames) {
      const last = this.#lastSequence
      if (last !== null && frame.sequence <= last) continue
      if (last !== null && frame.sequence > last + 1)
        rows.push({ kind: 'gap', id: this.#nextId++, count: frame.sequence - last - 1, at: frame.at })
      rows.push({ kind: 'frame', id: this.#nextId++, frame })
      this.#lastSequence = frame.sequence
      this.#frameCount += 1
    }
    this.#rows = rows.length > this.#limit ? rows.slice(rows.length - this.#limit) : rows
  }

  clear(): void {
    this.#rows = []
    this.#frameCount = 0
  }
}

export interface FrameFilter {
  /** In the name or the summary, any case. */
  text: string
  direction: 'all' | 'in' | 'out'
}

/** Rows that suit. Gaps stay: what was left out may have suited too. */
export function filterFrames(rows: readonly FrameRow[], filter: FrameFilter): readonly FrameRow[] {
  const text = filter.text.trim().toLowerCase()
  if (text === '' && filter.direction === 'all') return rows
  return rows.filter(
    (row) =>
      row.kind === 'gap' ||
      ((filter.direction === 'all' || row.frame.direction === filter.direction) &&
        (text === '' ||
          row.frame.name.toLowerCase().includes(text) ||
          row.frame.summary.toLowerCase().includes(text))),
  )
}
