import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { joinHashrate, shownRange } from '@/features/overview/hashrate-points.ts'
import { gridTracks, leastWidth, RIG_COLUMNS, visibleColumns } from '@/features/rigs/rig-columns.ts'
import SparkLine from '@/ui/SparkLine.vue'
import StackedBar from '@/ui/StackedBar.vue'
import { niceCeiling } from '@/ui/time-chart-options.ts'

const ids = (widthPx: number, choices = {}): string[] =>
  visibleColumns(widthPx, choices).map((column) => column.id)

describe('the columns of the rig table', () => {
  it('give way by rank when the window is narrow, and never overlap', () => {
    for (let width = 320; width <= 2400; width += 40) {
      const columns = visibleColumns(width, {})
      expect(columns[0]?.id).toBe('name')
      expect(columns.length === 1 || leastWidth(columns) <= width, `${width}`).toBe(true)
    }
    expect(ids(900)).toContain('hashrate')
    expect(ids(900)).not.toContain('address')
    expect(ids(2400)).toContain('address')
  })

  it('obey a choice before the width', () => {
    expect(ids(600, { duplicate: true })).toContain('duplicate')
    expect(ids(2400, { hashrate: false })).not.toContain('hashrate')
    expect(ids(2400, { name: false })).toContain('name')
  })

  it('stay in one order whatever is shown', () => {
    const all = RIG_COLUMNS.map((column) => column.id as string)
    for (const shown of [ids(900), ids(2400), ids(600, { duplicate: true, best: true })])
      expect(shown).toEqual(all.filter((id) => shown.includes(id)))
    expect(gridTracks(visibleColumns(100, {}))).toBe('16px minmax(150px, 1.6fr)')
  })
})

describe('joining stored and live hashrate', () => {
  const at = (seconds: number): number => seconds * 1000

  it('takes stored points up to the first live sample, and live ones from there', () => {
    const stored = [0, 60, 120].map((seconds) => ({ at: at(seconds), value: seconds }))
    const live = [100, 101, 102].map((seconds) => ({ at: at(seconds), hashrateHs: 7 }))
    expect(joinHashrate(stored, live, 0)).toEqual({ times: [0, 60, 100, 101, 102], values: [0, 60, 7, 7, 7] })
  })

  it('shows only the range asked for', () => {
    const stored = [0, 60].map((seconds) => ({ at: at(seconds), value: 1 }))
    const live = [90, 100].map((seconds) => ({ at: at(seconds), hashrateHs: 7 }))
    expect(joinHashrate(stored, live, at(95)).times).toEqual([100])
  })

  it('leaves a gap a gap', () => {
    const live = [0, 1, 60].map((seconds) => ({ at: at(seconds), hashrateHs: 7 }))
    expect(joinHashrate([{ at: -1000, value: null }], live, -2000).values).toEqual([null, 7, 7, null, 7])
  })

  it('thins out live samples but keeps the newest', () => {
    const live = Array.from({ length: 3600 }, (_, second) => ({ at: at(second), hashrateHs: second }))
    const { times, values } = joinHashrate([], live, 0, 900)
    expect(times.length).toBeLessThanOrEqual(901)
    expect(values.at(-1)).toBe(3599)
    expect([...times].sort((a, b) => a - b)).toEqual(times)
  })
})

describe('the range of the chart', () => {
  const from = 0
  const to = 3_600_000

  it('is the one asked for when all of it is known', () => {
    expect(shownRange({ times: [0, 60], values: [5, 5] }, from, to)).toEqual([0, 3600])
  })

  it('begins where anything is known, so that a young farm fills its chart', () => {
    expect(shownRange({ times: [0, 1800, 3600], values: [null, 5, 5] }, from, to)).toEqual([1800, 3600])
  })

  it('is never shorter than two minutes', () => {
    expect(shownRange({ times: [3590], values: [5] }, from, to)).toEqual([3480, 3600])
    expect(shownRange({ times: [], values: [] }, from, to)).toEqual([3480, 3600])
  })
})

describe('drawing', () => {
  it('has an axis that ends just above the values', () => {
    expect([0, 1, 1.01, 281, 999, 1.4e12].map(niceCeiling)).toEqual([1, 1, 1.2, 300, 1000, 1.5e12])
  })

  it('has no line for fewer than two values, and a level one for zeros', () => {
    expect(
      mount(SparkLine, { props: { values: [5] } })
        .find('polyline')
        .exists(),
    ).toBe(false)
    const flat = mount(SparkLine, { props: { values: [0, 0, 0], width: 10, height: 20 } })
    expect(flat.find('polyline').attributes('points')).toBe('0.0,19.0 5.0,19.0 10.0,19.0')
  })

  it('draws a bar of what there is, and says the rest in words', () => {
    const bar = mount(StackedBar, {
      props: {
        label: 'good 5, bad 0',
        parts: [
          { key: 'good', count: 5, fill: 'a' },
          { key: 'bad', count: 0, fill: 'b' },
        ],
      },
    })
    expect(bar.findAll('[role="img"] > div')).toHaveLength(1)
    expect(bar.attributes('aria-label')).toBe('good 5, bad 0')
  })
})
