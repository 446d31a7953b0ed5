/** How a chart of several lines looks and reacts: uPlot's options from the page's own tokens. No state. */
import type uPlot from 'uplot'
import { axisRange, lonelyPoints, type ChartAxis, type ChartLine, type ChartMark } from './chart-data.ts'
import type { Span } from './chart-window.ts'
import { timeLabels } from './time-axis.ts'

export interface LineChartLook {
  width: number
  height: number
  lines: readonly ChartLine[]
  hidden: ReadonlySet<string>
  /** Room on the right for a second scale, so that charts above each other line up. */
  reserveRight: boolean
  bands: boolean
  syncKey: string | null
  /** Read at every draw. */
  window: () => Span
  marks: () => readonly ChartMark[]
  highlighted: () => string | null
  onCursor: (index: number | null, left: number) => void
}

export const AXIS_LEFT = 76
export const AXIS_RIGHT = 72
const EDGE_RIGHT = 16
/** How far from the right edge of the chart the plot ends. */
export const plotRight = (reserveRight: boolean): number => (reserveRight ? AXIS_RIGHT : EDGE_RIGHT)

const FONT = "11px 'Inter Variable', system-ui, sans-serif"
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** The scales in order of appearance: the first on the left, the second on the right; a third shares the right edge unseen. */
export function axesOf(lines: readonly ChartLine[]): ChartAxis[] {
  const axes: ChartAxis[] = []
  for (const { axis } of lines) if (!axes.some(({ unit }) => unit === axis.unit)) axes.push(axis)
  return axes
}

const hasBand = (line: ChartLine, bands: boolean): boolean => bands && line.low !== null && line.high !== null

/** Columns in the order of the series below: time, then for each line its values and, with a band, its lowest and highest. */
export function columnsOf(
  at: readonly number[],
  lines: readonly ChartLine[],
  bands: boolean,
): uPlot.AlignedData {
  const columns: unknown[] = [at]
  for (const line of lines) {
    columns.push(line.values)
    if (hasBand(line, bands)) columns.push(line.low, line.high)
  }
  return columns as uPlot.AlignedData
}

/** Series numbers of a line: its own, then those of its band. */
export function seriesOf(lines: readonly ChartLine[], bands: boolean): Map<string, number[]> {
  const found = new Map<string, number[]>()
  let next = 1
  for (const line of lines) {
    const count = hasBand(line, bands) ? 3 : 1
    found.set(
      line.id,
      Array.from({ length: count }, (_, index) => next + index),
    )
    next += count
  }
  return found
}

function withAlpha(colour: string, alpha: number): string {
  return `color-mix(in oklch, ${colour} ${Math.round(alpha * 100)}%, transparent)`
}

function lineSeries(line: ChartLine, show: boolean, bands: boolean): uPlot.Series[] {
  const colour = token(line.colour)
  const own: uPlot.Series = {
    label: line.name,
    scale: line.axis.unit,
    show,
    stroke: colour,
    width: line.dashed ? 1.25 : 1.5,
    ...(line.dashed ? { dash: [5, 4] } : {}),
    spanGaps: false,
    points: {
      show: false,
      size: 4,
      filter: (chart, series) => {
        const [start, end] = chart.series[0]?.idxs ?? [0, -1]
        return lonelyPoints(chart.data[series] as (number | null)[], start, end)
      },
    },
  }
  if (!hasBand(line, bands)) return [own]
  // Neither a line nor a dot under the cursor: only what lies between the two is drawn.
  const edge: uPlot.Series = {
    scale: line.axis.unit,
    show,
    stroke: 'transparent',
    width: 0,
    spanGaps: false,
    points: { show: false, stroke: 'transparent', fill: 'transparent' },
  }
  return [own, edge, { ...edge }]
}

const PIXELS_PER_MARK = 28

function drawMarks(chart: uPlot, look: LineChartLook): void {
  const { from, to } = look.window()
  const { ctx, bbox } = chart
  const highlighted = look.highlighted()
  const within = look.marks().filter(({ at }) => at >= from && at <= to)
  // Lines closer than this would hide what they are drawn over; the lane of events still has them all.
  const isCrowded = within.length > chart.width / PIXELS_PER_MARK
  ctx.save()
  for (const mark of within) {
    const isHighlighted = mark.id === highlighted
    if (isCrowded && !isHighlighted) continue
    const x = Math.round(chart.valToPos(mark.at, 'x', true)) + 0.5
    ctx.strokeStyle = token(isHighlighted ? '--accent' : mark.tone === 'bad' ? '--bad' : '--line-strong')
    ctx.lineWidth = isHighlighted ? 2 : 1
    ctx.setLineDash(isHighlighted ? [] : [3, 4])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}

export function lineChartOptions(look: LineChartLook): uPlot.Options {
  const axes = axesOf(look.lines)
  const common = { stroke: token('--faint'), font: FONT, ticks: { show: false } }
  const series: uPlot.Series[] = [{}]
  const bands: uPlot.Band[] = []
  for (const line of look.lines) {
    const [, low, high] = seriesOf(look.lines, look.bands).get(line.id) ?? []
    series.push(...lineSeries(line, !look.hidden.has(line.id), look.bands))
    if (low !== undefined && high !== undefined)
      bands.push({ series: [high, low], fill: withAlpha(token(line.colour), 0.16) })
  }
  const scales: Record<string, uPlot.Scale> = {
    x: { time: true, auto: false, range: () => [look.window().from, look.window().to] },
  }
  for (const axis of axes)
    scales[axis.unit] = { range: (_chart, low, high) => axisRange(low, high, axis.floor) }
  return {
    width: look.width,
    height: look.height,
    ms: 1,
    padding: [8, look.reserveRight && axes.length < 2 ? AXIS_RIGHT : axes.length > 1 ? 0 : EDGE_RIGHT, 0, 0],
    legend: { show: false },
    focus: { alpha: 0.35 },
    cursor: {
      y: false,
      drag: { x: false, y: false, setScale: false },
      // Clicks and double clicks are gestures of ours.
      bind: { mousedown: () => null, mouseup: () => null, click: () => null, dblclick: () => null },
      points: { size: 6, width: 2 },
      ...(look.syncKey === null ? {} : { sync: { key: look.syncKey, setSeries: false } }),
    },
    scales,
    axes: [
      {
        ...common,
        space: 84,
        size: 26,
        gap: 6,
        grid: { show: false },
        values: (_chart, splits, _axis, _space, step) => timeLabels(splits, step),
      },
      ...axes.slice(0, 2).map((axis, index): uPlot.Axis => ({
        ...common,
        scale: axis.unit,
        side: index === 0 ? 3 : 1,
        space: 36,
        size: index === 0 ? AXIS_LEFT : AXIS_RIGHT,
        gap: 8,
        grid: index === 0 ? { stroke: token('--line'), width: 1 } : { show: false },
        values: (_chart, splits) => splits.map((value) => axis.formatTick(value)),
      })),
    ],
    series,
    bands,
    hooks: {
      draw: [(chart) => drawMarks(chart, look)],
      setCursor: [
        (chart) => {
          const { idx, left } = chart.cursor
          look.onCursor(idx ?? null, left ?? -1)
        },
      ],
    },
  }
}
