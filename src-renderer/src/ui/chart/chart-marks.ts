/** Marks on a time axis, gathered where they would lie on each other. Pure. */
import type { ChartMark } from './chart-data.ts'
import { spanMs, type Span } from './chart-window.ts'

export interface MarkCluster {
  /** Of its first mark: stays while the window moves by little. */
  id: string
  /** Middle, in pixels from the left edge of the plot. */
  left: number
  marks: readonly ChartMark[]
  /** The most urgent of them. */
  tone: ChartMark['tone']
}

const URGENCY: Record<ChartMark['tone'], number> = { neutral: 0, info: 1, good: 2, warn: 3, bad: 4 }

/** @param marks in order of time */
export function clusterMarks(
  marks: readonly ChartMark[],
  shown: Span,
  width: number,
  apart = 18,
): MarkCluster[] {
  const clusters: { left: number; last: number; marks: ChartMark[] }[] = []
  if (width <= 0 || spanMs(shown) <= 0) return []
  for (const mark of marks) {
    if (mark.at < shown.from || mark.at > shown.to) continue
    const left = ((mark.at - shown.from) / spanMs(shown)) * width
    const open = clusters.at(-1)
    if (open !== undefined && left - open.left < apart) {
      open.marks.push(mark)
      open.last = left
    } else clusters.push({ left, last: left, marks: [mark] })
  }
  return clusters.map(({ left, last, marks: own }) => ({
    id: own[0]!.id,
    left: (left + last) / 2,
    marks: own,
    tone: own.reduce<ChartMark['tone']>(
      (worst, { tone }) => (URGENCY[tone] > URGENCY[worst] ? tone : worst),
      'neutral',
    ),
  }))
}
