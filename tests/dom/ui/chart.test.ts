import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  axisRange,
  joinAround,
  lonelyPoints,
  summariseLine,
  type ChartData,
  type ChartLine,
} from '@/ui/chart/chart-data.ts'
import { clusterMarks } from '@/ui/chart/chart-marks.ts'
import {
  actionOfKey,
  LEAST_SPAN_MS,
  openWindow,
  spanMs,
  windowAfter,
  type ChartWindow,
  type WindowAction,
} from '@/ui/chart/chart-window.ts'
import { only, toggled } from '@/ui/chart/hidden-lines.ts'
import { areaPath } from '@/ui/chart/strip-path.ts'
import { bucketLabel, bucketWords, timeLabels } from '@/ui/chart/time-axis.ts'
import { wheelFactor } from '@/ui/chart/use-chart-gestures.ts'

const YEAR = 365 * 86_400_000
const bounds = { from: 0, to: 3 * YEAR }
const after = (state: ChartWindow, ...actions: WindowAction[]): ChartWindow =>
  actions.reduce(windowAfter, state)

describe('the window of a chart', () => {
  it('keeps the moment under the cursor where it is while it zooms', () => {
    const at = YEAR
    const zoomed = after(openWindow(bounds), { kind: 'zoom', factor: 0.25, at }).shown
    expect(spanMs(zoomed)).toBeCloseTo(0.75 * YEAR)
    expect((at - zoomed.from) / spanMs(zoomed)).toBeCloseTo(1 / 3)
  })

  it('reaches from three years to one second and no closer', () => {
    let state = openWindow(bounds)
    for (let step = 0; step < 80; step++) state = after(state, { kind: 'zoom', factor: 0.6, at: 2 * YEAR })
    expect(spanMs(state.shown)).toBe(LEAST_SPAN_MS)
    expect(state.shown.from).toBeLessThanOrEqual(2 * YEAR)
    expect(state.shown.to).toBeGreaterThanOrEqual(2 * YEAR)
  })

  it('stays within its bounds and keeps its length when it is panned beyond', () => {
    const state = after(openWindow(bounds, { from: YEAR, to: 2 * YEAR }), { kind: 'pan', byMs: 5 * YEAR })
    expect(state.shown).toEqual({ from: 2 * YEAR, to: 3 * YEAR })
  })

  it('takes a stretch that was drawn backwards', () => {
    const state = after(openWindow(bounds), { kind: 'select', span: { from: 900_000, to: 300_000 } })
    expect(state.shown).toEqual({ from: 300_000, to: 900_000 })
  })

  it('goes back a gesture at a time: all turns of one wheel are one step', () => {
    const start = openWindow(bounds)
    const wheel = after(
      start,
      { kind: 'zoom', factor: 0.5, at: YEAR },
      { kind: 'zoom', factor: 0.5, at: YEAR, continues: true },
      { kind: 'zoom', factor: 0.5, at: YEAR, continues: true },
    )
    const selected = after(wheel, { kind: 'select', span: { from: YEAR, to: YEAR + 60_000 } })
    expect(after(selected, { kind: 'back' }).shown).toEqual(wheel.shown)
    expect(after(selected, { kind: 'back' }, { kind: 'back' }).shown).toEqual(bounds)
  })

  it('shows all when there is nothing to go back to', () => {
    const state = openWindow(bounds, { from: YEAR, to: 2 * YEAR })
    expect(after(state, { kind: 'back' }).shown).toEqual(bounds)
  })

  it('goes along with the present only if it ended there', () => {
    const later = { from: 0, to: 3 * YEAR + 5000 }
    const follow: WindowAction = { kind: 'bounds', bounds: later, follow: true }
    const live = after(openWindow(bounds, { from: 2 * YEAR, to: 3 * YEAR }), follow)
    expect(live.shown).toEqual({ from: 2 * YEAR + 5000, to: 3 * YEAR + 5000 })
    const past = after(openWindow(bounds, { from: 0, to: YEAR }), follow)
    expect(past.shown).toEqual({ from: 0, to: YEAR })
  })

  it('is within its bounds and never too short, whatever is done to it', () => {
    const moment = fc.integer({ min: -YEAR, max: 5 * YEAR })
    const action: fc.Arbitrary<WindowAction> = fc.oneof(
      fc.record({
        kind: fc.constant('zoom' as const),
        factor: fc.double({ min: 0.001, max: 1000, noNaN: true }),
        at: moment,
      }),
      fc.record({ kind: fc.constant('pan' as const), byMs: moment }),
      fc.record({ kind: fc.constant('select' as const), span: fc.record({ from: moment, to: moment }) }),
      fc.constantFrom<WindowAction>({ kind: 'back' }, { kind: 'whole' }),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { shown } = after(openWindow(bounds), ...actions)
        expect(shown.from).toBeGreaterThanOrEqual(bounds.from)
        expect(shown.to).toBeLessThanOrEqual(bounds.to + 0.01)
        expect(spanMs(shown)).toBeGreaterThanOrEqual(LEAST_SPAN_MS - 0.01)
      }),
    )
  })

  it('answers the keys of a chart and leaves the others alone', () => {
    const shown = { from: 1000, to: 2000 }
    expect(actionOfKey('ArrowLeft', shown)).toEqual({ kind: 'pan', byMs: -150 })
    expect(actionOfKey('ArrowRight', shown)).toEqual({ kind: 'pan', byMs: 150 })
    expect(actionOfKey('+', shown)).toMatchObject({ kind: 'zoom', at: 1500 })
    expect(actionOfKey('-', shown)).toMatchObject({ kind: 'zoom', at: 1500 })
    expect(actionOfKey('Backspace', shown)).toEqual({ kind: 'back' })
    expect(actionOfKey('Home', shown)).toEqual({ kind: 'whole' })
    expect(actionOfKey('Tab', shown)).toBeNull()
  })

  it('zooms in and out by the same measure, and not wildly on a coarse wheel', () => {
    expect(wheelFactor(100, 0) * wheelFactor(-100, 0)).toBeCloseTo(1)
    expect(wheelFactor(-100, 0)).toBeLessThan(1)
    expect(wheelFactor(5000, 2)).toBeLessThan(2)
  })
})

const axis = { unit: 'W', format: String, formatTick: String, floor: 'zero' as const }
const line = (values: (number | null)[], given: Partial<ChartLine> = {}): ChartLine => ({
  id: 'a',
  name: 'a',
  axis,
  colour: '--series-1',
  dashed: false,
  values,
  low: null,
  high: null,
  rigCounts: null,
  ...given,
})
const data = (
  at: number[],
  values: (number | null)[],
  bucketMs: number,
  span = { from: at[0] ?? 0, to: (at.at(-1) ?? 0) + bucketMs },
): ChartData => ({
  span,
  bucketMs,
  at,
  lines: [line(values)],
})

describe('what a chart draws', () => {
  it('lays coarse points around the fine ones, in order of time and without doubles', () => {
    const coarse = data([0, 100, 200, 300, 400], [1, 2, 3, 4, 5], 100)
    const joined = joinAround(data([200, 210, 220], [30, null, 32], 10, { from: 200, to: 230 }), coarse)
    expect(joined.at).toEqual([0, 100, 200, 210, 220, 300, 400])
    expect(joined.lines[0]!.values).toEqual([1, 2, 30, null, 32, 4, 5])
  })

  it('keeps the fine points alone when they cover everything', () => {
    const fine = data([0, 50], [1, 2], 50, { from: 0, to: 100 })
    expect(joinAround(fine, data([0], [9], 100))).toBe(fine)
  })

  it('never has times that fall, whatever buckets meet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 900 }),
        fc.integer({ min: 1, max: 300 }),
        (fineBucket, coarseBucket, from, length) => {
          const grid = (start: number, end: number, step: number): number[] => {
            const at: number[] = []
            for (let t = Math.floor(start / step) * step; t < end; t += step) at.push(t)
            return at
          }
          const fineAt = grid(from, from + length, fineBucket)
          const coarseAt = grid(0, 1000, coarseBucket)
          const joined = joinAround(
            data(
              fineAt,
              fineAt.map(() => 1),
              fineBucket,
              { from, to: from + length },
            ),
            data(
              coarseAt,
              coarseAt.map(() => 2),
              coarseBucket,
            ),
          )
          for (let index = 1; index < joined.at.length; index++)
            expect(joined.at[index]!).toBeGreaterThan(joined.at[index - 1]!)
          expect(joined.lines[0]!.values).toHaveLength(joined.at.length)
        },
      ),
    )
  })

  it('finds values between two gaps, which no line would show', () => {
    expect(lonelyPoints([1, null, 2, null, 3, 4], 0, 5)).toEqual([0, 2])
    expect(lonelyPoints([1, null, 2, null, 3, 4], 3, 5)).toEqual([])
  })

  it('begins at zero where that is meant, and close to the values where not', () => {
    expect(axisRange(180, 182, 'zero')).toEqual([0, 200])
    const [low, high] = axisRange(55, 65, 'free')
    expect(low).toBeGreaterThan(40)
    expect(high).toBeLessThan(80)
    expect(axisRange(0.4, 0.6, 'ratio')).toEqual([0, 1])
    expect(axisRange(0.1, 16, 'free')[0]).toBe(0)
    expect(axisRange(null, null, 'zero')).toEqual([0, 1])
  })

  it('is summed up over what is shown, by its lows and highs', () => {
    const given = data([0, 10, 20, 30], [1, 5, null, 9], 10)
    const ranged = line([1, 5, null, 9], { low: [0, 2, null, 8], high: [2, 7, null, 40] })
    expect(summariseLine(given, ranged, { from: 10, to: 30 })).toEqual({ known: 1, mean: 5, low: 2, high: 7 })
    expect(summariseLine(given, ranged, { from: 0, to: 40 })).toMatchObject({ known: 3, mean: 5, high: 40 })
  })

  it('gathers marks that would lie on each other, the most urgent giving the colour', () => {
    const mark = (id: string, at: number, tone: 'info' | 'bad') => ({ id, at, tone, label: '', text: '' })
    const marks = [
      mark('a', 100, 'info'),
      mark('b', 110, 'bad'),
      mark('c', 800, 'info'),
      mark('d', 2000, 'bad'),
    ]
    const clusters = clusterMarks(marks, { from: 0, to: 1000 }, 500)
    expect(clusters.map(({ id, tone, marks: own }) => [id, tone, own.length])).toEqual([
      ['a', 'bad', 2],
      ['c', 'info', 1],
    ])
    expect(clusters[1]!.left).toBe(400)
  })

  it('leaves gaps open in the strip below', () => {
    const path = areaPath([0, 10, 20, 30], [5, null, 5, 5], { from: 0, to: 40 }, 100, 20)
    expect(path.match(/M/g)).toHaveLength(2)
    expect(path).not.toMatch(/NaN|Infinity/)
  })

  it('shows and hides lines, and one alone and all again', () => {
    expect([...toggled(new Set(['a']), 'a')]).toEqual([])
    const alone = only(new Set(['x']), ['a', 'b', 'c'], 'b')
    expect([...alone].sort()).toEqual(['a', 'c', 'x'])
    expect([...only(alone, ['a', 'b', 'c'], 'b')]).toEqual(['x'])
  })
})

describe('the words of a time axis', () => {
  const at = (text: string): number => new Date(text).getTime()
  it('go from tenths of a second to years', () => {
    expect(timeLabels([at('2026-11-22T12:00:00.200')], 200)).toEqual(['12:00:00.2'])
    expect(timeLabels([at('2026-11-22T12:00:05')], 5000)).toEqual(['12:00:05'])
    expect(timeLabels([at('2026-11-21T23:00'), at('2026-11-22T00:00')], 3_600_000)).toEqual([
      '23:00',
      '22 Nov',
    ])
    expect(timeLabels([at('2025-12-31T00:00'), at('2026-01-01T00:00')], 86_400_000)).toEqual([
      '31 Dec',
      '1 Jan 2026',
    ])
    expect(timeLabels([at('2025-11-01'), at('2025-12-01'), at('2026-01-01')], 30 * 86_400_000)).toEqual([
      'Nov 2025',
      'Dec',
      'Jan 2026',
    ])
    expect(timeLabels([at('2026-01-01')], YEAR)).toEqual(['2026'])
  })

  it('say what a point stands for', () => {
    expect(bucketWords(5000)).toBe('5 s')
    expect(bucketWords(300_000)).toBe('5 min')
    expect(bucketWords(3_600_000)).toBe('1 h')
    expect(bucketWords(86_400_000)).toBe('1 day')
    expect(bucketWords(14 * 86_400_000)).toBe('2 weeks')
    expect(bucketLabel(at('2026-11-22T14:00'), 3_600_000)).toBe('22 Nov 2026, 14:00–15:00')
  })
})
