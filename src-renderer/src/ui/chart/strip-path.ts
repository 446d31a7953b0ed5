/** The outline of a line from the ground up, as an SVG path; gaps stay open. Pure. */
import type { Column } from './chart-data.ts'
import { spanMs, type Span } from './chart-window.ts'

export function areaPath(
  at: readonly number[],
  values: Column,
  bounds: Span,
  width: number,
  height: number,
): string {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (value == null) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (high === -Infinity || width <= 0) return ''
  // From nothing where that leaves a shape to be seen; else the shape is what matters.
  const floor = low >= 0 && low < high * 0.7 ? 0 : low - (high - low || Math.abs(high) || 1) * 0.5
  const x = (moment: number): string =>
    (((moment - bounds.from) / Math.max(1, spanMs(bounds))) * width).toFixed(1)
  const y = (value: number): string =>
    (height - ((value - floor) / (high - floor || 1)) * (height - 4)).toFixed(1)
  const parts: string[] = []
  let startX: string | null = null
  let lastX = '0'
  for (const [index, moment] of at.entries()) {
    const value = values[index]
    if (value == null) {
      if (startX !== null) parts.push(`L${lastX},${height}Z`)
      startX = null
      continue
    }
    lastX = x(moment)
    if (startX === null) {
      startX = lastX
      parts.push(`M${lastX},${height}`)
    }
    parts.push(`L${lastX},${y(value)}`)
  }
  if (startX !== null) parts.push(`L${lastX},${height}Z`)
  return parts.join('')
}
