/**
 * The drawing of earnings over time as SVG paths: bars by source, solo apart, the cost as a stepped line, profit below on a scale of
 * its own. One path for each kind of mark, however many bars there are: a year of days is as cheap as a week. Pure.
 */
import type { EarningsRow } from '@contract'
import { niceCeiling } from '../../ui/time-chart-options.ts'
import { costValue, profitValue, seriesValue, type MoneyOf, type SeriesKey } from './figures.ts'
import { markWords } from './marks.ts'

export type BarLayout = 'side' | 'stacked'
export interface ChartOptions {
  width: number
  height: number
  layout: BarLayout
  /** In the order drawn. */
  series: readonly SeriesKey[]
  showCost: boolean
  money: MoneyOf
  /** Epoch milliseconds: what lies after it is empty, not unknown. */
  now: number
}
export interface ChartShapes {
  left: number
  slotWidth: number
  bars: { key: SeriesKey; path: string; runningPath: string }[]
  costPath: string
  /** A dash at the foot where a value is not known. */
  unknownPath: string
  gainPath: string
  lossPath: string
  /** Where each bucket has something to be known. */
  dots: { x: number; y: number; missing: boolean; index: number }[]
  axis: { y: number; value: number }[]
  profitAxis: { y: number; value: number }[]
  foot: number
  /** null where no profit is known at all. */
  profit: { top: number; zero: number; bottom: number } | null
}

export const AXIS_PX = 64
const TOP_PX = 8
const DOTS_PX = 14
export const LABELS_PX = 20
const PROFIT_PART = 0.26
const MIN_COLUMN_PX = 1.6
const SLIM: Record<SeriesKey, number> = { expected: 1, reported: 0.6, received: 0.45, solo: 0.2 }

const n = (value: number): string => String(Math.round(value * 10) / 10)

/** A bar from `y` to `foot`, its free end rounded where there is room. */
function bar(x: number, width: number, y: number, foot: number): string {
  if (Math.abs(foot - y) < 0.05) return ''
  const radius = Math.min(2.5, width / 3, Math.abs(foot - y) / 2)
  const inwards = y < foot ? radius : -radius
  return `M${n(x)} ${n(foot)}V${n(y + inwards)}Q${n(x)} ${n(y)} ${n(x + radius)} ${n(y)}H${n(x + width - radius)}Q${n(x + width)} ${n(y)} ${n(x + width)} ${n(y + inwards)}V${n(foot)}Z`
}

/** A section of a stack, square. */
const block = (x: number, width: number, y: number, foot: number): string =>
  foot - y < 0.05 ? '' : `M${n(x)} ${n(foot)}V${n(y)}H${n(x + width)}V${n(foot)}Z`

/** Into how many round parts each nice ceiling falls, by its first two digits. */
const PARTS: Readonly<Record<number, number>> = { 12: 4, 15: 3, 20: 4, 30: 3, 40: 4, 60: 3, 80: 4 }
function levels(top: number): number[] {
  const firstDigits = Math.round((top / 10 ** Math.floor(Math.log10(top) + 1e-9)) * 10)
  const parts = PARTS[firstDigits] ?? 5
  return Array.from({ length: parts + 1 }, (_, index) => (top * index) / parts)
}

export function drawEarnings(rows: readonly EarningsRow[], options: ChartOptions): ChartShapes {
  const { width, height, layout, series, showCost, money, now } = options
  const plotWidth = Math.max(1, width - AXIS_PX - 8)
  const slotWidth = plotWidth / Math.max(1, rows.length)
  const profits = rows.map((row) => profitValue(row, money.unit))
  const known = profits.filter((value) => value !== null)
  const inner = height - TOP_PX - LABELS_PX
  const profitHeight = known.length === 0 || !showCost ? 0 : Math.round(inner * PROFIT_PART)
  const foot = TOP_PX + inner - profitHeight - DOTS_PX

  const values = rows.map((row) => series.map((key) => seriesValue(row, key, money)))
  const costs = rows.map((row) => (showCost ? costValue(row, money.unit) : null))
  const stackable = series.map((key) => key !== 'solo')
  let highest = 0
  values.forEach((each, index) => {
    const stack = each.reduce<number>((sum, value, at) => sum + (stackable[at] ? (value ?? 0) : 0), 0)
    const alone = Math.max(0, ...each.map((value) => value ?? 0))
    highest = Math.max(highest, layout === 'stacked' ? stack : alone, costs[index] ?? 0)
    each.forEach((value, at) => (highest = Math.max(highest, stackable[at] ? 0 : (value ?? 0))))
  })
  const top = niceCeiling(highest * 1.04)
  const yOf = (value: number): number => foot - (value / top) * (foot - TOP_PX)

  const wanted =
    layout === 'side'
      ? series.length
      : (stackable.some(Boolean) ? 1 : 0) + (stackable.includes(false) ? 1 : 0)
  const gap = slotWidth > 14 ? slotWidth * 0.26 : slotWidth * 0.12
  /** Too narrow to stand beside each other: they share the place, the later ones slimmer and in front. */
  const dense = (slotWidth - gap) / Math.max(1, wanted) < MIN_COLUMN_PX
  const columns = dense ? 1 : wanted
  const columnWidth = Math.min(46, Math.max(0.4, (slotWidth - gap) / Math.max(1, columns)))
  const air = columnWidth > 6 ? 1 : 0
  const indent = (slotWidth - columnWidth * columns) / 2

  const paths = series.map(() => ({ settled: '', running: '' }))
  let unknownPath = ''
  const dots: ChartShapes['dots'] = []
  rows.forEach((row, index) => {
    if (row.at > now) return
    const x0 = AXIS_PX + index * slotWidth + indent
    const running = row.marks.includes('running')
    let level = 0
    series.forEach((key, at) => {
      const column = dense ? 0 : layout === 'side' ? at : key === 'solo' ? columns - 1 : 0
      const slim = dense && layout === 'side' ? SLIM[key] : 1
      const barWidth = (columnWidth - air) * slim
      const x = x0 + column * columnWidth + air / 2 + ((columnWidth - air) * (1 - slim)) / 2
      const value = values[index]![at]!
      if (value === null) {
        // In a stack the other sources stand where the dash would be.
        if (layout === 'side' && columnWidth > 3)
          unknownPath += `M${n(x + 1)} ${n(foot - 2)}h${n(columnWidth - air - 2)}`
        return
      }
      const stacked = layout === 'stacked' && key !== 'solo'
      const drawn = stacked
        ? block(x, barWidth, yOf(level + value), yOf(level))
        : bar(x, barWidth, yOf(value), foot)
      if (stacked) level += value
      paths[at]![running ? 'running' : 'settled'] += drawn
    })
    const notable = row.marks.filter((mark) => mark !== 'running')
    if (notable.length > 0)
      dots.push({
        index,
        x: AXIS_PX + (index + 0.5) * slotWidth,
        y: foot + DOTS_PX / 2,
        missing: notable.some((mark) => markWords(mark).missing),
      })
  })

  return {
    left: AXIS_PX,
    slotWidth,
    foot,
    bars: series.map((key, at) => ({ key, path: paths[at]!.settled, runningPath: paths[at]!.running })),
    costPath: stepped(costs, slotWidth, yOf),
    unknownPath,
    dots,
    axis: (highest === 0 ? [0] : levels(top)).map((value) => ({ value, y: yOf(value) })),
    ...drawProfit(profits, slotWidth, { top: foot + DOTS_PX, bottom: foot + DOTS_PX + profitHeight }),
  }
}

/** A line that stays level over each bucket, and breaks where nothing is known. */
function stepped(
  values: readonly (number | null)[],
  slotWidth: number,
  yOf: (value: number) => number,
): string {
  let path = ''
  let joined = false
  values.forEach((value, index) => {
    if (value === null) {
      joined = false
      return
    }
    const x = AXIS_PX + index * slotWidth
    path += `${joined ? 'V' : `M${n(x)} `}${n(yOf(value))}H${n(x + slotWidth)}`
    joined = true
  })
  return path
}

function drawProfit(
  profits: readonly (number | null)[],
  slotWidth: number,
  box: { top: number; bottom: number },
): Pick<ChartShapes, 'gainPath' | 'lossPath' | 'profit' | 'profitAxis'> {
  const known = profits.filter((value) => value !== null)
  if (known.length === 0 || box.bottom - box.top < 8)
    return { gainPath: '', lossPath: '', profit: null, profitAxis: [] }
  const most = known.reduce((high, value) => Math.max(high, value), 0)
  const least = known.reduce((low, value) => Math.min(low, value), 0)
  const up = most > 0 ? niceCeiling(most) : 0
  const down = least < 0 ? niceCeiling(-least) : 0
  const span = up + down || 1
  const height = box.bottom - box.top - 6
  const zero = box.top + 3 + (up / span) * height
  const width = Math.min(46, slotWidth * (slotWidth > 14 ? 0.62 : 0.86))
  let gainPath = ''
  let lossPath = ''
  profits.forEach((value, index) => {
    if (value === null || value === 0) return
    const x = AXIS_PX + index * slotWidth + (slotWidth - width) / 2
    const drawn = bar(x, width, zero - (value / span) * height, zero)
    if (value > 0) gainPath += drawn
    else lossPath += drawn
  })
  // Two labels closer than a line of text would lie on each other.
  const axis = [
    { value: up, y: box.top + 3 },
    { value: 0, y: zero },
    { value: -down, y: box.top + 3 + height },
  ].filter(({ value, y }, at) => value !== 0 || (at === 1 && Math.abs(y - zero) < 0.1))
  const profitAxis = axis.filter(({ value, y }) => value === 0 || Math.abs(y - zero) > 13)
  return { gainPath, lossPath, profit: { top: box.top, zero, bottom: box.bottom }, profitAxis }
}

/** Which buckets have their name below, so that names do not touch. */
export function labelled(count: number, slotWidth: number, labelPx = 58): number[] {
  const each = Math.max(1, Math.ceil(labelPx / Math.max(0.1, slotWidth)))
  const steps = [1, 2, 3, 4, 6, 7, 12, 14, 28, 30, 60, 90]
  const by = steps.find((candidate) => candidate >= each) ?? each
  return Array.from({ length: Math.ceil(count / by) }, (_, index) => index * by)
}
