import { ORPCError } from '@orpc/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ExploreResult, HistoryEvent, HistorySource, RigAnalysis } from '@contract'
import { sortAfter, sortRigs } from '@/features/history/analysis-columns.ts'
import { farmSentence, findings, findingText, hashingOfReachable } from '@/features/history/analysis-words.ts'
import { csvCell, exploredCsv } from '@/features/history/explorer-csv.ts'
import { linesOf } from '@/features/history/explorer-lines.ts'
import { readQuery, START_STATE, writeQuery, type ExplorerState } from '@/features/history/explorer-state.ts'
import { groupChoices, searchRows, sourceRows } from '@/features/history/rig-choice.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPool } from '../../support/pretend-farm.ts'
import { pretendFleetRig } from '../../support/pretend-fleet-rigs.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const source = (id: string, given: Partial<HistorySource> = {}): HistorySource => ({
  id,
  kind: 'rig',
  name: `rig ${id}`,
  rigKey: null,
  present: true,
  firstAt: 0,
  lastAt: START,
  ...given,
})

describe('the address of a view', () => {
  const states: Partial<ExplorerState>[] = [
    {},
    { metrics: ['hashrate', 'rig-fan'], range: '7d' },
    { rigs: ['02:00:5e:00:00:01', 'a,b c'], each: true },
    { offsetMs: 7 * DAY, range: 'custom', span: { from: START - 5000, to: START } },
  ]
  it('gives back the view it was made from', () => {
    for (const given of states) {
      const state = { ...START_STATE, ...given }
      expect(readQuery(writeQuery(state))).toEqual(state)
    }
  })

  it('is empty for the view everybody begins with', () => {
    expect(writeQuery(START_STATE)).toEqual({})
  })

  it('is read with care: what makes no sense is as if it were not there', () => {
    const read = readQuery({
      metrics: 'nonsense,rig-power',
      rigs: '%E0%A4%A',
      from: '90',
      to: '20',
      range: 'x',
      before: '-5',
    })
    expect(read).toEqual({ ...START_STATE, metrics: ['rig-power'] })
    expect(readQuery({ from: 'NaN', to: '1e99', metrics: ['a', 'b'] })).toEqual(START_STATE)
  })
})

describe('the lines that are asked for', () => {
  const sources = [source('a', { rigKey: 'key-a' }), source('b'), source('key-c', { kind: 'proxy-rig' })]

  it('are of all rigs together when none is chosen', () => {
    expect(linesOf({ ...START_STATE, metrics: ['rig-power'] }, sources)).toEqual([
      { metric: 'rig-power', rigs: null, together: true, offsetMs: 0 },
    ])
  })

  it('name rigs by the keys of the proxy where shares are counted', () => {
    const state: ExplorerState = {
      ...START_STATE,
      metrics: ['hashrate', 'rig-power'],
      rigs: ['a', 'b', 'key-c'],
    }
    expect(linesOf(state, sources).map(({ rigs }) => rigs)).toEqual([
      ['key-a', 'key-c'],
      ['a', 'b', 'key-c'],
    ])
  })

  it('never ask for all rigs when those that were chosen have no shares', () => {
    expect(linesOf({ ...START_STATE, metrics: ['hashrate'], rigs: ['b'] }, sources)).toEqual([])
  })

  it('have each a second one for the period beside it', () => {
    const lines = linesOf({ ...START_STATE, metrics: ['rig-power'], offsetMs: DAY }, sources)
    expect(lines.map(({ offsetMs }) => offsetMs)).toEqual([0, DAY])
  })
})

describe('what is shown as CSV', () => {
  const result: ExploreResult = {
    bucketMs: 60_000,
    at: [0, 60_000],
    damaged: 0,
    series: [
      {
        line: 0,
        rig: 'a',
        name: '=shed, "1"',
        metric: 'rig-power',
        unit: 'W',
        mean: [18.5, null],
        min: [18, null],
        max: [19, null],
        rigCount: null,
      },
    ],
  }
  it('has a column for each line with its lowest and highest, and an empty cell for a gap', () => {
    const csv = exploredCsv({ result, lines: [{ metric: 'rig-power' }], window: { from: 0, to: 120_000 } })
    expect(csv.split('\r\n')).toEqual([
      'time,bucket_s,"Power (W) =shed, ""1""","Power (W) =shed, ""1"" lowest","Power (W) =shed, ""1"" highest"',
      '1970-01-01T00:00:00.000Z,60,18.5,18,19',
      '1970-01-01T00:01:00.000Z,60,,,',
      '',
    ])
  })

  it('holds no formulas', () => {
    expect(csvCell('=HYPERLINK(1)')).toBe("'=HYPERLINK(1)")
    expect(csvCell(-5)).toBe('-5')
  })
})

describe('rigs to choose from', () => {
  it('are found by name and group, and say when they are gone', () => {
    const rows = sourceRows(
      [
        source('b', { name: 'rig 10' }),
        source('a', { name: 'rig 2' }),
        source('c', { name: 'old', present: false }),
      ],
      [pretendFleetRig({ id: 'a', group: { id: 'g', name: 'Attic' } })],
    )
    expect(rows.map(({ name }) => name)).toEqual(['old', 'rig 2', 'rig 10'])
    expect(searchRows(rows, 'attic').map(({ id }) => id)).toEqual(['a'])
    expect(searchRows(rows, 'removed').map(({ id }) => id)).toEqual(['c'])
    expect(groupChoices(rows)).toEqual([{ name: 'Attic', ids: ['a'] }])
  })
})

const judged = (given: Partial<RigAnalysis> = {}): RigAnalysis => ({
  rigId: 'a',
  name: 'shed-1',
  coveredMs: 7 * DAY,
  coveredRatio: 1,
  reachableRatio: 1,
  hashingRatio: 0.99,
  hashrateHs: 1.18e12,
  expectedHs: 1.2e12,
  ofExpectedRatio: 0.983,
  shareHashrateHs: null,
  energyKwh: 3,
  powerW: 18,
  efficiencyJTh: 15.3,
  chipMaxC: 61,
  restarts: 0,
  shares: { valid: 1000, acknowledged: 999, rejected: 1, stale: 2, lost: 0 },
  rejects: [],
  ...given,
})

describe('how a rig did, in words', () => {
  it('says nothing of a rig that does what it should', () => {
    expect(findings(judged())).toEqual([])
    expect(findingText(judged())).toBe('Nothing stands out.')
  })

  it('keeps reachable and hashing apart', () => {
    const rig = judged({ reachableRatio: 0.9, hashingRatio: 0.738 })
    expect(hashingOfReachable(rig)).toBeCloseTo(0.82)
    expect(findings(rig).map(({ text }) => text)).toEqual([
      'reachable 90 % of the time',
      'hashing 82 % of the time it was reachable',
    ])
  })

  it('names the cause of most rejects', () => {
    const rig = judged({
      shares: { valid: 1000, acknowledged: 969, rejected: 31, stale: 0, lost: 0 },
      rejects: [{ reason: 'stale-share', count: 25 }],
    })
    expect(findings(rig)[0]!.text).toBe('3.1 % of its shares were rejected, most of them: too late')
  })

  it('does not judge what nobody watched', () => {
    const unseen = judged({ coveredMs: 0, reachableRatio: null, hashingRatio: null, ofExpectedRatio: null })
    expect(findings(unseen)).toEqual([{ tone: 'neutral', text: 'Nobody looked in this time.' }])
  })

  it('sums the farm up', () => {
    expect(farmSentence(judged({ hashingRatio: 0.97 }), 1, 40)).toBe(
      'The farm hashed 97 % of the time at 98 % of the rate to be expected. 1 rig wants a look, out of 40.',
    )
  })

  it('is sorted by its telling end first, and what is not known goes last either way', () => {
    const rigs = [
      judged({ rigId: 'a', name: 'a', efficiencyJTh: 20 }),
      judged({ rigId: 'b', name: 'b', efficiencyJTh: null }),
      judged({ rigId: 'c', name: 'c', efficiencyJTh: 30 }),
    ]
    const first = sortAfter({ key: 'name', direction: 'up' }, 'efficiency')
    expect(sortRigs(rigs, first).map(({ rigId }) => rigId)).toEqual(['c', 'a', 'b'])
    expect(sortRigs(rigs, sortAfter(first, 'efficiency')).map(({ rigId }) => rigId)).toEqual(['a', 'c', 'b'])
  })
})

interface Asked {
  lines: { metric: string; rigs: string[] | null; together: boolean; offsetMs: number }[]
  from: number
  to: number
  points: number
}

const events: HistoryEvent[] = [
  {
    id: 'e1',
    at: START - 3 * HOUR,
    kind: 'pool-switch',
    rigId: null,
    subject: 'Copper Ridge',
    text: 'All rigs went.',
  },
  { id: 'e2', at: START - HOUR, kind: 'rig-restarted', rigId: 'a', subject: 'shed-1', text: 'It restarted.' },
]

describe('the history screens', () => {
  let app: MountedApp
  let core: PretendCore
  beforeEach(() => {
    useFakeClock()
    core = new PretendCore({
      pools: [pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready' })],
      fleet: {
        rigs: [pretendFleetRig({ id: 'a', name: 'shed-1' }), pretendFleetRig({ id: 'b', name: 'shed-2' })],
      },
    })
    core.explored.givenEvents = events
  })
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })
  async function open(path = '/history'): Promise<void> {
    app = await mountApp(core, path)
    await pass(400)
  }
  const asked = (): Asked[] => core.callsOf('history.explore') as Asked[]
  const lastOf = (spanMs: number): Asked =>
    asked().findLast(({ from, to }) => Math.abs(to - from - spanMs) < 10)!
  const key = async (element: HTMLElement, name: string): Promise<void> => {
    element.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }))
    await pass(300)
  }
  const button = (text: string): HTMLElement =>
    [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === text)!

  it('asks for a day of the farm with no more points than pixels, and the whole range once, coarse', async () => {
    await open()
    const day = lastOf(DAY)
    expect(day.lines.map(({ metric }) => metric)).toEqual([
      'rig-hashrate',
      'rig-chip-temperature',
      'rig-power',
    ])
    expect(day.points).toBeLessThanOrEqual(window.innerWidth)
    expect(asked().some(({ from, to }) => to - from > 365 * DAY)).toBe(true)
    expect(app.find('explorer-chart-H/s')).not.toBeNull()
    expect(app.find('explorer-chart-C')).not.toBeNull()
  })

  it('draws another range when it is chosen, and says so in the address', async () => {
    await open()
    await app.click(button('Week'))
    await pass(600)
    expect(lastOf(7 * DAY)).toBeDefined()
    expect(location.hash).toContain('range=7d')
  })

  it('zooms and pans by keyboard, asks once the window stands still, and goes back', async () => {
    await open()
    const chart = app.get('explorer-chart-H/s').querySelector<HTMLElement>('[role="application"]')!
    const before = asked().length
    for (const name of ['+', '+', 'ArrowLeft'])
      chart.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }))
    await pass(50)
    expect(asked()).toHaveLength(before)
    await pass(400)
    expect(asked()).toHaveLength(before + 1)
    expect(asked().at(-1)!.to - asked().at(-1)!.from).toBeCloseTo(DAY * 0.36, -3)
    await pass(400)
    expect(location.hash).toMatch(/from=\d+&to=\d+/)
    for (let step = 0; step < 3; step++) await key(chart, 'Backspace')
    expect(asked().at(-1)!.to - asked().at(-1)!.from).toBeCloseTo(DAY, -3)
  })

  it('opens the view that an address describes', async () => {
    const [from, to] = [START - 2 * HOUR, START - HOUR]
    await open(`/history?metrics=rig-fan&rigs=a,b&each=1&from=${from}&to=${to}&before=${7 * DAY}`)
    const query = lastOf(HOUR)
    expect(query.lines).toEqual([
      { metric: 'rig-fan', rigs: ['a', 'b'], together: false, offsetMs: 0 },
      { metric: 'rig-fan', rigs: ['a', 'b'], together: false, offsetMs: 7 * DAY },
    ])
    expect(query).toMatchObject({ from, to })
    expect(app.text('explorer-chart-rpm')).toContain('shed-1, a week before')
  })

  it('lets the later answer win, and keeps what is drawn until it comes', async () => {
    await open()
    let release: (value: unknown) => void = () => undefined
    core.answerNext('history.explore', () => new Promise((resolve) => (release = resolve)))
    await app.click(button('6 h'))
    await pass(400)
    expect(app.get('explorer').dataset.busy).toBe('true')
    expect(app.find('explorer-chart-H/s')).not.toBeNull()
    await app.click(button('1 h'))
    await pass(400)
    expect(app.get('explorer').dataset.busy).toBe('false')
    const shown = app.text('explorer-status')
    release(core.explored.explore({ lines: [], from: 0, to: 365 * DAY, points: 10 }))
    await pass(100)
    expect(app.text('explorer-status')).toBe(shown)
    expect(app.find('explorer-chart-H/s')).not.toBeNull()
  })

  it('hides a line from the legend, and shows all of them as a table', async () => {
    await open('/history?metrics=rig-hashrate,rig-expected-hashrate')
    const legend = app.get('legend-rig-expected-hashrate|*')
    expect(legend.getAttribute('aria-pressed')).toBe('true')
    await app.click(legend)
    expect(app.get('legend-rig-expected-hashrate|*').getAttribute('aria-pressed')).toBe('false')
    await app.click(app.get('chart-as-table'))
    expect(app.text('chart-table')).toMatch(/Time ?Hashrate/)
    expect(app.get('chart-table').querySelectorAll('tbody tr').length).toBeGreaterThan(50)
    expect(app.text('chart-table')).not.toContain('Expected')
  })

  it('lists what happened, filters it, and joins list and marks', async () => {
    await open()
    await app.click(app.get('explorer-events-toggle'))
    if (app.find('event-list') === null) await app.click(app.get('explorer-events-toggle'))
    expect(app.text('event-list')).toContain('It restarted.')
    app.get('event-e1').dispatchEvent(new PointerEvent('pointerenter'))
    await pass()
    expect(app.get('event-e1').dataset.highlighted).toBe('true')
    await app.click(app.get('event-subject-rigs'))
    expect(app.find('event-e1')).toBeNull()
    expect(app.find('event-e2')).not.toBeNull()
    await app.click(app.get('event-e2'))
    await pass(400)
    expect((asked().at(-1)!.from + asked().at(-1)!.to) / 2).toBeCloseTo(START - HOUR - HOUR, -7)
  })

  it('says that nothing is stored yet', async () => {
    core = new PretendCore()
    await open()
    expect(app.pageText()).toContain('Nothing is stored yet')
    expect(asked()).toEqual([])
  })

  it('says what went wrong, and tries again', async () => {
    const explore = core.explored.explore.bind(core.explored)
    core.explored.explore = () => {
      throw new ORPCError('SERVICE_UNAVAILABLE', {
        message: 'The history has stopped.',
        data: { code: 'history/stopped', context: {} },
      })
    }
    await open()
    expect(app.pageText()).toContain('The history has stopped.')
    core.explored.explore = explore
    await app.click(button('Try again'))
    await pass(300)
    expect(app.find('explorer-chart-H/s')).not.toBeNull()
  })

  it('tells of stretches that could not be read', async () => {
    core.explored.damaged = 2
    await open()
    expect(app.pageText()).toContain('2 stretches of the history could not be read')
  })

  it('judges rigs over a week, opens their rejects, and lays two beside each other', async () => {
    await open('/history/analysis')
    const [query] = core.callsOf('history.analysis') as { from: number; to: number }[]
    expect(query!.to - query!.from).toBeCloseTo(7 * DAY, -3)
    expect(app.text('analysis-summary')).toMatch(/^The farm hashed/)
    expect(app.text('analysis-farm')).toContain('All of them')
    await app.click(app.get('analysis-sort-name'))
    expect(app.get('analysis-sort-name').closest('th')?.getAttribute('aria-sort')).toBe('ascending')
    await app.click(app.get('analysis-open-a'))
    expect(app.pageText()).toContain('Watched for')
    await app.click(app.get('analysis-pick-a'))
    await app.click(app.get('analysis-pick-b'))
    await app.click(app.get('analysis-compare'))
    await pass(600)
    const compared = lastOf(7 * DAY)
    expect(compared.lines[0]).toMatchObject({ rigs: ['a', 'b'], together: false })
  })

  it('says when rigs could not be judged', async () => {
    core.answerNext('history.analysis', () => new Error('The history has stopped.'))
    await open('/history/analysis')
    expect(app.pageText()).toContain('The rigs could not be judged')
    await app.click(button('Try again'))
    await pass(100)
    expect(app.find('analysis-table')).not.toBeNull()
  })
})
