/** What a chart draws: columns over a common time axis, and what has to be worked out about them. Pure; knows no library. */
import type { Span } from './chart-window.ts'

export type Column = readonly (number | null)[]

/** One scale of values. Lines of the same unit share one. */
export interface ChartAxis {
  unit: string
  /** `61.2 °C`, for one value. */
  format: (value: number) => string
  /** The same for round numbers on the axis. */
  formatTick: (value: number) => string
  /** zero: begins at 0. free: as close as the values are. ratio: always 0 to 1. */
  floor: 'zero' | 'free' | 'ratio'
}

export interface ChartLine {
  id: string
  name: string
  axis: ChartAxis
  /** A colour of the page, by the name of its token: `--series-1`. */
  colour: string
  /** For what lies beside the thing itself: another period, what was expected. */
  dashed: boolean
  values: Column
  /** Lowest and highest in each bucket; null where they are not known. */
  low: Column | null
  high: Column | null
  /** How many rigs each value stands for; null where it is one. */
  rigCounts: Column | null
}

export interface ChartData {
  /** Which stretch was asked for: outside it nothing is known, inside it what is missing is a gap. */
  span: Span
  bucketMs: number
  /** Start of each bucket, epoch milliseconds, rising. */
  at: readonly number[]
  lines: readonly ChartLine[]
}

/** A moment on the time axis that something happened at. */
export interface ChartMark {
  id: string
  /** Epoch milliseconds. */
  at: number
  tone: 'neutral' | 'good' | 'info' | 'warn' | 'bad'
  /** `Pool switch`. */
  label: string
  /** A sentence. */
  text: string
}

/**
 * Fine data where there is some, coarse data around it: zooming out or panning finds something at once, until what
 * belongs there has been loaded. Lines are those of `fine`.
 */
export function joinAround(fine: ChartData, coarse: ChartData | null): ChartData {
  if (coarse === null || coarse.at.length === 0) return fine
  const { at } = coarse
  // Times must rise also where buckets of the two overlap at the edges.
  const begin = Math.min(fine.span.from - coarse.bucketMs, (fine.at[0] ?? Infinity) - 1)
  const end = Math.max(fine.span.to, (fine.at.at(-1) ?? -Infinity) + 1)
  let before = 0
  while (before < at.length && at[before]! <= begin) before += 1
  let after = at.length
  while (after > before && at[after - 1]! >= end) after -= 1
  if (before === 0 && after === at.length) return fine
  const around = (inner: Column | null, outer: Column | null | undefined): Column | null => {
    if (inner === null && outer == null) return null
    const blank = (length: number): null[] => new Array<null>(length).fill(null)
    return [
      ...(outer?.slice(0, before) ?? blank(before)),
      ...(inner ?? blank(fine.at.length)),
      ...(outer?.slice(after) ?? blank(at.length - after)),
    ]
  }
  const others = new Map(coarse.lines.map((line) => [line.id, line]))
  return {
    ...fine,
    at: [...at.slice(0, before), ...fine.at, ...at.slice(after)],
    lines: fine.lines.map((line) => {
      const other = others.get(line.id)
      return {
        ...line,
        values: around(line.values, other?.values ?? null) ?? [],
        low: around(line.low, other?.low),
        high: around(line.high, other?.high),
        rigCounts: around(line.rigCounts, other?.rigCounts),
      }
    }),
  }
}

/** Values with a gap on both sides: no line reaches them, so they are drawn as points. Indices from `start` to `end`. */
export function lonelyPoints(values: Column, start: number, end: number): number[] {
  const found: number[] = []
  for (let index = start; index <= end; index++)
    if (values[index] != null && values[index - 1] == null && values[index + 1] == null) found.push(index)
  return found
}

const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]
function roundUp(value: number): number {
  if (value <= 0) return 0
  const magnitude = 10 ** Math.floor(Math.log10(value))
  return magnitude * (STEPS.find((step) => step * magnitude >= value * 0.9999) ?? 10)
}

/** The range of a scale around values from `low` to `high`; any are null while nothing is in sight. */
export function axisRange(
  low: number | null,
  high: number | null,
  floor: ChartAxis['floor'],
): [number, number] {
  if (floor === 'ratio') return [0, 1]
  if (low === null || high === null) return [0, 1]
  if (floor === 'zero' && low >= 0) return [0, roundUp(high * 1.06) || 1]
  const room = Math.max((high - low) * 0.12, Math.abs(high) * 0.01, 1e-9)
  const step = roundUp((high - low + 2 * room) / 5)
  const bottom = Math.floor((low - room) / step) * step
  return [low >= 0 ? Math.max(0, bottom) : bottom, Math.ceil((high + room) / step) * step]
}

export interface Summary {
  /** How many buckets have a value. */
  known: number
  mean: number | null
  low: number | null
  high: number | null
}

/** A line within a stretch of time. Its lows and highs count where they are known. */
export function summariseLine(data: ChartData, line: ChartLine, shown: Span): Summary {
  let known = 0
  let sum = 0
  let low: number | null = null
  let high: number | null = null
  for (const [index, at] of data.at.entries()) {
    const value = line.values[index]
    if (value == null || at + data.bucketMs <= shown.from || at >= shown.to) continue
    const least = line.low?.[index] ?? value
    const most = line.high?.[index] ?? value
    known += 1
    sum += value
    low = low === null ? least : Math.min(low, least)
    high = high === null ? most : Math.max(high, most)
  }
  return { known, mean: known === 0 ? null : sum / known, low, high }
}

/** The first and last index of buckets that touch a stretch; `end` is below `start` where none does. */
export function indicesWithin(data: ChartData, { from, to }: Span): { start: number; end: number } {
  let start = 0
  while (start < data.at.length && data.at[start]! + data.bucketMs <= from) start += 1
  let end = data.at.length - 1
  while (end >= start && data.at[end]! >= to) end -= 1
  return { start, end }
}
