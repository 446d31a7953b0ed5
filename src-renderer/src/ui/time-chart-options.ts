/** How a time chart looks: uPlot's options from the page's own tokens. No data, no state. */
import type uPlot from 'uplot'
import { formatClockShort, formatDayShort } from '../format/duration.ts'

export interface TimeChartLook {
  width: number
  height: number
  /** Shown range in epoch seconds, read at every draw. */
  range: () => [number, number]
  formatAxis: (value: number) => string
  /** Epoch seconds at which something happened, read at every draw. */
  moments?: () => readonly number[]
  onCursor: (index: number | null, left: number, top: number) => void
}

/** Where the plot lies within the chart, for what is laid over it. */
export const PLOT_LEFT = 72
export const PLOT_RIGHT = 18

/** From here on the axis shows days, and a moment needs its day. */
const DAYS_FROM_S = 36 * 3600
export const isDaysLong = ([from, to]: readonly [number, number]): boolean => to - from > DAYS_FROM_S

const FONT = "11px 'Inter Variable', system-ui, sans-serif"

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** A round number at or a little above `value`, so that the top grid line is labelled. */
export function niceCeiling(value: number): number {
  if (value <= 0) return 1
  const magnitude = 10 ** Math.floor(Math.log10(value))
  const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]
  return magnitude * (steps.find((step) => step * magnitude >= value) ?? 10)
}

/** Days as days; between them, where there is room for it, the hour. */
function splitText(seconds: number, splits: readonly number[], range: readonly [number, number]): string {
  const at = seconds * 1000
  if (!isDaysLong(range)) return formatClockShort(at)
  const step = (splits[1] ?? 0) - (splits[0] ?? 0)
  return step < 86_400 && formatClockShort(at) !== '00:00' ? formatClockShort(at) : formatDayShort(at)
}

function drawMoments(chart: uPlot, look: TimeChartLook): void {
  const [from, to] = look.range()
  const { ctx, bbox } = chart
  ctx.save()
  ctx.strokeStyle = token('--faint')
  ctx.setLineDash([3, 4])
  ctx.lineWidth = 1
  for (const moment of look.moments?.() ?? []) {
    if (moment < from || moment > to) continue
    const x = Math.round(chart.valToPos(moment, 'x', true)) + 0.5
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}

export function timeChartOptions(look: TimeChartLook): uPlot.Options {
  const accent = token('--accent')
  const axis = { stroke: token('--faint'), font: FONT, ticks: { show: false } }
  const grid = { stroke: token('--line'), width: 1 }
  return {
    width: look.width,
    height: look.height,
    padding: [8, PLOT_RIGHT, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7, fill: accent, stroke: token('--surface'), width: 2 },
    },
    scales: {
      x: { time: true, range: () => look.range() },
      y: { range: (_chart, _min, max) => [0, niceCeiling((max ?? 0) * 1.08)] },
    },
    axes: [
      {
        ...axis,
        space: 80,
        size: 26,
        gap: 6,
        grid: { show: false },
        // Whole minutes: the labels show no seconds, and two alike would look like a fault.
        incrs: [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 7200, 10080].map(
          (minutes) => 60 * minutes,
        ),
        values: (_chart, splits) => splits.map((seconds) => splitText(seconds, splits, look.range())),
      },
      {
        ...axis,
        space: 44,
        size: PLOT_LEFT,
        gap: 8,
        grid,
        values: (_chart, splits) => splits.map((value) => look.formatAxis(value)),
      },
    ],
    series: [
      {},
      {
        stroke: accent,
        width: 1.5,
        spanGaps: false,
        points: { show: false },
        fill: (chart) => {
          const gradient = chart.ctx.createLinearGradient(
            0,
            chart.bbox.top,
            0,
            chart.bbox.top + chart.bbox.height,
          )
          gradient.addColorStop(0, token('--accent-fill'))
          gradient.addColorStop(1, token('--accent-fade'))
          return gradient
        },
      },
    ],
    hooks: {
      draw: [(chart) => drawMoments(chart, look)],
      setCursor: [
        (chart) => {
          const { idx, left, top } = chart.cursor
          look.onCursor(idx ?? null, left ?? -1, top ?? -1)
        },
      ],
    },
  }
}
