/** From the explorer's answers to what charts draw. Pure; the names and colours are the caller's. */
import type { ExploreQuery, ExploreResult, ExploreSeries } from '@contract'
import { unitFormat } from '../../format/units.ts'
import type { ChartAxis, ChartData, ChartLine } from './chart-data.ts'
import type { Span } from './chart-window.ts'

export interface ExploredAnswer {
  result: ExploreResult
  lines: ExploreQuery['lines']
  window: Span
}

/** Stays the same from one answer to the next. */
export function seriesId(series: ExploreSeries, line: ExploreQuery['lines'][number] | undefined): string {
  const offset = line?.offsetMs ?? 0
  return `${series.metric}|${series.rig ?? '*'}${offset === 0 ? '' : `|${offset}`}`
}

export function axisOf(unit: ExploreSeries['unit']): ChartAxis {
  return { unit, ...unitFormat(unit) }
}

export interface SeriesLook {
  name: string
  colour: string
  dashed: boolean
}

/** @param look null leaves a series out of this chart */
export function exploredChart(
  { result, lines, window }: ExploredAnswer,
  look: (series: ExploreSeries, line: ExploreQuery['lines'][number] | undefined) => SeriesLook | null,
): ChartData {
  const drawn: ChartLine[] = []
  for (const series of result.series) {
    const line = lines[series.line]
    const given = look(series, line)
    if (given === null) continue
    drawn.push({
      id: seriesId(series, line),
      ...given,
      axis: axisOf(series.unit),
      values: series.mean,
      low: series.min,
      high: series.max,
      rigCounts: series.rigCount,
    })
  }
  return { span: window, bucketMs: result.bucketMs, at: result.at, lines: drawn }
}

const SERIES_COLOURS = 8
/** The token of the n-th line. */
export const seriesColour = (index: number): string => `--series-${(index % SERIES_COLOURS) + 1}`
