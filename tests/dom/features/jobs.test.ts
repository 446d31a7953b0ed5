import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { coinbaseParts } from '@/features/jobs/coinbase-parts.ts'
import { axisAges, jobMarks, stepMark, usualPlace } from '@/features/jobs/timeline-shapes.ts'
import { countBits, formatHex32, formatLag, transactionsText } from '@/format/jobs.ts'
import { warningTitle } from '@/format/warnings.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendJob, pretendPool } from '../../support/pretend-farm.ts'
import { pretendTimeline, pretendTimelineJob, pretendWarning } from '../../support/pretend-traffic.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const ridge = pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready', lineCount: 1 })
const lode = pretendPool({
  id: 'lode',
  name: 'Northern Lode',
  priority: 1,
  state: 'ready',
  listens: true,
  lineCount: 1,
})
const spare = pretendPool({ id: 'spare', name: 'Spare vein', priority: 2 })

function farm(options: ConstructorParameters<typeof PretendCore>[0] = {}): PretendCore {
  const pools = options.pools ?? [ridge, lode, spare]
  const compared = pools.filter((pool) => pool.state === 'ready')
  const core = new PretendCore({
    pools,
    timeline: pretendTimeline(compared, START),
    job: pretendJob({ poolId: 'ridge', receivedAt: START - 9000 }),
    ...options,
  })
  core.jobs.set('lode', pretendJob({ poolId: 'lode', tag: '/Northern Lode/', upstreamJobId: '77c' }))
  return core
}

const buttonWith = (text: string): HTMLElement => {
  const found = [...document.querySelectorAll('button')].find((each) => each.textContent?.includes(text))
  if (found === undefined) throw new Error(`No button says ${text}`)
  return found
}

describe('the job inspector', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  it('shows what is hashed in plain words, the precise terms beside', async () => {
    app = await mountApp(farm(), '/jobs')
    expect(app.text('inspector-height')).toBe('Block 924,518')
    expect(app.text('job-network')).toBe('Bitcoin')
    expect(app.text('job-reward')).toBe('3.15482177 BTC')
    expect(app.text('job-fees')).toBe('0.02982177 BTC')
    expect(app.text('job-tag')).toBe('/Example Pool/')
    expect(app.text('job-transactions')).toBe('2,049 to 4,096depth 12')
    expect(app.text('job-pool-difficulty')).toBe('16.4 k')
    expect(app.text('job-network-difficulty')).toBe('150 T0x1701f0cc')
    expect(app.text('job-mask')).toBe('16 bits0x1fffe000')
    expect(app.text('job-id')).toBe('1a7f')
    expect(app.get('job-previous').dataset.hash).toMatch(/^0{19}1b2f6a1e/)
    expect(app.find('job-empty')).toBeNull()
    expect(document.title).toBe('0 H/s · Jobs · Headframe')
  })

  it('lets the age of the job tick, and takes the next one as soon as it is there', async () => {
    const core = farm()
    app = await mountApp(core, '/jobs')
    expect(app.text('job-age')).toBe('9 s')
    core.tick()
    await pass(2000)
    expect(app.text('job-age')).toBe('11 s')

    core.job = pretendJob({ poolId: 'ridge', height: 924_519, emptyBlock: true, receivedAt: Date.now() })
    const timeline = core.timeline.value
    core.timeline.set({
      ...timeline,
      pools: timeline.pools.map((pool) => ({
        ...pool,
        jobs: [pretendTimelineJob({ upstreamJobId: 'new', at: Date.now() }), ...pool.jobs],
      })),
    })
    await pass()
    expect(app.text('inspector-height')).toBe('Block 924,519')
    expect(app.text('job-empty')).toBe('empty')
    expect(app.text('job-age')).toBe('0 s')
  })

  it('offers the job of every connected pool, and says when no rig works on it', async () => {
    const core = farm()
    app = await mountApp(core, '/jobs')
    expect(app.text('job-pool')).toBe('Copper Ridge (in use)Northern Lode')
    await app.click(buttonWith('Northern Lode'))
    expect(app.text('job-tag')).toBe('/Northern Lode/')
    expect(app.pageText()).toContain('Only listened to: no rig works on this job.')
    expect(core.callsOf('jobs.ofPool')).toContainEqual({ id: 'lode' })
  })

  it('says why fees are unknown instead of showing a zero', async () => {
    app = await mountApp(
      farm({ job: pretendJob({ poolId: 'ridge', feesSats: null, feesUnknownBecause: 'height-unknown' }) }),
      '/jobs',
    )
    expect(app.text('job-fees')).toBe('unknown')
    app.get('job-fees').querySelector<HTMLElement>('[tabindex]')!.focus()
    await pass(500)
    expect(app.pageText()).toContain('The coinbase does not tell the height')
  })

  it('lists whom a block would pay, the largest first, with its part', async () => {
    const job = pretendJob({
      poolId: 'ridge',
      outputs: [
        { valueSats: 100, address: 'bc1qsmall', scriptHex: '00', kind: 'payout' },
        { valueSats: 300, address: 'bc1qlarge', scriptHex: '01', kind: 'payout' },
        { valueSats: 0, address: null, scriptHex: '6a'.repeat(30), kind: 'data' },
      ],
    })
    app = await mountApp(farm({ job }), '/jobs')
    const rows = [...document.querySelectorAll('[data-testid^="job-output-"]')].map((row) => row.textContent)
    expect(rows[0]).toContain('bc1qlarge')
    expect(rows[0]).toContain('75 %')
    expect(rows[1]).toContain('25 %')
    expect(rows[2]).toContain('nothing')
    expect(rows[2]).toContain('Data')
  })

  it('draws where the extranonce stands in the coinbase, also for those who cannot see it', async () => {
    app = await mountApp(farm(), '/jobs')
    const drawn = [...app.get('job-coinbase').querySelectorAll<HTMLElement>('[data-part]')]
    expect(drawn.map((part) => [part.dataset.part, Number(part.dataset.size)])).toEqual([
      ['before', 44],
      ['prefix', 8],
      ['rollable', 8],
      ['after', 173],
    ])
    expect(app.get('job-coinbase').querySelector('[role="img"]')!.getAttribute('aria-label')).toContain(
      'Rollable extranonce 8 bytes from byte 52',
    )
  })

  it('says that there is no job yet, and why one cannot be loaded', async () => {
    const core = farm({ job: null })
    app = await mountApp(core, '/jobs')
    expect(app.pageText()).toContain('Copper Ridge has sent no work yet')
    core.answerNext('jobs.ofPool', () => new Error('The proxy has stopped.'))
    core.tick()
    await pass(3100)
    expect(app.pageText()).toContain('The proxy has stopped.')
  })
})

describe('the timeline', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  it('has a lane for each pool, with new blocks and empty ones told apart', async () => {
    app = await mountApp(farm(), '/jobs/timeline')
    const marks = (lane: string): string[] =>
      [...app.get(`timeline-lane-${lane}`).querySelectorAll('[data-mark]')].map(
        (mark) => mark.getAttribute('data-mark') ?? '',
      )
    expect(marks('ridge').filter((mark) => mark === 'block')).toHaveLength(2)
    expect(marks('ridge').filter((mark) => mark === 'empty-block')).toHaveLength(2)
    expect(marks('lode').filter((mark) => mark === 'fresh').length).toBeGreaterThan(10)
    expect(app.text('timeline-lane-lode')).toContain('listening')
  })

  it('is read with the keyboard: arrow keys go from job to job', async () => {
    app = await mountApp(farm(), '/jobs/timeline')
    const lane = app.get('timeline-lane-ridge').querySelector<SVGElement>('svg')!
    expect(lane.getAttribute('aria-label')).toContain('Copper Ridge: 60 jobs')
    const press = async (key: string): Promise<void> => {
      lane.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
      await pass()
    }
    await press('End')
    expect(app.text('timeline-detail')).toContain('fresh work')
    expect(app.text('timeline-detail')).toContain('Copper Ridge')
    // Six templates since the last block, three minutes ago.
    for (let step = 0; step < 6; step++) await press('ArrowLeft')
    expect(app.text('timeline-detail')).toContain('new block')
    expect(app.text('timeline-detail')).toContain('empty')
    await press('Escape')
    expect(app.text('timeline-detail')).toContain('Point at a mark')
  })

  it('shows work that came since its clock ticked last, and keeps it chosen when the mouse goes elsewhere', async () => {
    const timeline = pretendTimeline([ridge, lode], START)
    timeline.pools = timeline.pools.map((pool) =>
      pool.poolId === 'lode'
        ? { ...pool, jobs: [pretendTimelineJob({ upstreamJobId: 'just-came', at: START + 900 })] }
        : pool,
    )
    app = await mountApp(farm({ timeline }), '/jobs/timeline')
    const lane = app.get('timeline-lane-lode').querySelector<SVGElement>('svg')!
    lane.focus()
    lane.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }))
    await pass()
    expect(app.text('timeline-detail')).toContain('just-came')
    lane.dispatchEvent(new MouseEvent('mouseleave'))
    await pass()
    expect(app.text('timeline-detail')).toContain('just-came')
  })

  it('tells for each block who knew first and how far behind the others were', async () => {
    app = await mountApp(farm(), '/jobs/timeline')
    const cells = [...document.querySelectorAll<HTMLElement>('[data-tip]')].map((row) => [
      row.dataset.height,
      ...[...row.querySelectorAll('[data-pool]')].map((cell) => cell.textContent?.trim()),
    ])
    expect(cells[0]).toEqual(['924518', 'first', '+214 ms'])
    expect(cells[1]).toEqual(['924517', '+245 ms', 'first'])
    expect(app.text('lag-ridge')).toContain('usually first')
    expect(app.text('lag-ridge')).toContain('first for 3 of 5')
    expect(app.text('lag-lode')).toContain('usually 214 ms behind the first')
  })

  it('claims nothing about a block that was there when the pool was connected', async () => {
    const timeline = pretendTimeline([ridge, lode], START)
    timeline.tips = timeline.tips.slice(0, 1).map((tip) => ({ ...tip, pools: [] }))
    timeline.pools = timeline.pools.map((pool) => (pool.poolId === 'lode' ? { ...pool, jobs: [] } : pool))
    app = await mountApp(farm({ timeline }), '/jobs/timeline')
    const cells = [...document.querySelectorAll('[data-tip] [data-pool]')].map((cell) =>
      cell.textContent?.trim(),
    )
    expect(cells).toEqual(['at connecting', 'not seen'])
    expect(app.text('timeline-lane-lode')).toContain('listening, no job yet')
  })

  it('has no lane for a pool that is only set up', async () => {
    const timeline = pretendTimeline([ridge, spare], START)
    timeline.pools = timeline.pools.map((pool) => (pool.poolId === 'spare' ? { ...pool, jobs: [] } : pool))
    app = await mountApp(farm({ timeline }), '/jobs/timeline')
    expect(app.find('timeline-lane-ridge')).not.toBeNull()
    expect(app.find('timeline-lane-spare')).toBeNull()
  })

  it('tells how to compare while there is only one pool connected, and not otherwise', async () => {
    const core = farm({ pools: [ridge, spare] })
    app = await mountApp(core, '/jobs/timeline')
    expect(app.text('timeline-hint')).toContain('Listen to compare')
    expect(app.text('lag-ridge')).toContain('nothing to compare it with yet')
    expect(document.querySelector('[data-tip] [data-pool]')!.textContent.trim()).toBe('alone')
    core.pools.change([lode])
    await pass()
    expect(app.find('timeline-hint')).toBeNull()
  })
})

describe('the warnings', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  const late = pretendWarning({
    id: 'late',
    code: 'watchdog/stale-tip',
    poolId: 'lode',
    since: START - 60_000,
    message: 'Northern Lode still builds on an old block. Switch to Copper Ridge.',
  })
  const payout = pretendWarning({
    id: 'payout',
    code: 'watchdog/payout-missing',
    severity: 'error',
    since: START - 3_720_000,
  })

  it('are listed by urgency with what is wrong, since when and what to do', async () => {
    const core = farm({ warnings: [late, payout] })
    app = await mountApp(core, '/jobs/warnings')
    const ids = [...document.querySelectorAll('[data-testid^="warning-"]')].map((each) =>
      each.getAttribute('data-testid'),
    )
    expect(ids).toEqual(['warning-payout', 'warning-late'])
    expect(app.text('warning-late')).toContain('Works on an old block')
    expect(app.text('warning-late')).toContain('Worth a look')
    expect(app.text('warning-late')).toContain('Northern Lode')
    expect(app.text('warning-late')).toContain('for 1 min')
    expect(app.text('warning-late')).toContain('Switch to Copper Ridge.')
    expect(app.text('jobs-tab-warnings')).toBe('Warnings 2')

    core.warnings.change([], ['late', 'payout'])
    await pass()
    expect(app.pageText()).toContain('Nothing is odd')
  })

  it('show in the navigation and on the overview while there are any, on every screen', async () => {
    const core = farm({ overview: { warningCount: 2, rigs: { total: 1, online: 1, hashing: 1 } } })
    app = await mountApp(core, '/')
    expect(app.text('nav-warnings')).toContain('2 warnings')
    expect(app.text('warnings-notice')).toContain('2 things about your pools are odd')
    await app.click(app.get('warnings-notice'))
    expect(app.get('screen-jobs').textContent).toContain('Warnings')
    core.tick({ warningCount: 0 })
    await pass()
    expect(app.find('nav-warnings')).toBeNull()
  })

  it('lead to the job they are about', async () => {
    app = await mountApp(farm({ warnings: [late] }), '/jobs/warnings')
    const link = app.get('warning-late').querySelector<HTMLElement>('a')!
    await app.click(link)
    expect(app.get('job-head').dataset.pool).toBe('lode')
  })
})

describe('the words of a job', () => {
  it('say what a merkle depth allows', () => {
    expect(transactionsText({ least: 1, most: 1 })).toBe('none but the coinbase')
    expect(transactionsText({ least: 2, most: 2 })).toBe('2')
    expect(transactionsText({ least: 1025, most: 2048 })).toBe('1,025 to 2,048')
  })

  it('print bits as the protocols do, the highest one too', () => {
    expect(formatHex32(0x20000000)).toBe('0x20000000')
    expect(formatHex32(0xffffffff)).toBe('0xffffffff')
    expect([0, 0x1fffe000, 0xffffffff].map(countBits)).toEqual([0, 16, 32])
  })

  it('name the first, and how long the others took', () => {
    expect([0, 214, 1410].map(formatLag)).toEqual(['first', '+214 ms', '+1.4 s'])
  })

  it('make a title of a finding that is not known here', () => {
    expect(warningTitle('watchdog/our-clock')).toBe('The clock of this machine is wrong')
    expect(warningTitle('watchdog/new-thing')).toBe('New thing')
  })
})

describe('the shapes of a timeline', () => {
  const window = { from: 0, to: 1000 }
  const job = (at: number, given = {}): ReturnType<typeof pretendTimelineJob> =>
    pretendTimelineJob({ at, upstreamJobId: `${at}`, ...given })

  it('place jobs from left to right, and leave out what is outside', () => {
    const marks = jobMarks([job(1001), job(750, { newTip: true, emptyBlock: true }), job(250)], window)
    expect(marks.map(({ at, kind, empty }) => [at, kind, empty])).toEqual([
      [0.25, 'fresh', false],
      [0.75, 'block', true],
    ])
  })

  it('label the axis in whole steps, never more than there is room for', () => {
    expect(axisAges(600_000, 5)).toEqual([0, 120_000, 240_000, 360_000, 480_000, 600_000])
    for (const spanMs of [600_000, 1_800_000, 3_600_000])
      for (let most = 1; most < 20; most++)
        expect(axisAges(spanMs, most).length).toBeLessThanOrEqual(most + 1)
  })

  it('go from job to job and stop at the ends', () => {
    const marks = jobMarks([job(100), job(200), job(300)], window)
    expect(stepMark(marks, null, -1)?.at).toBe(300)
    expect(stepMark(marks, marks[1]!.job, -1)?.at).toBe(100)
    expect(stepMark(marks, marks[2]!.job, 1)?.at).toBe(300)
    expect(stepMark([], null, 1)).toBeNull()
  })

  it('say how a pool usually stands, only where there was something to compare', () => {
    const pool = { poolId: 'a', listening: false, jobs: [], firstCount: 0 }
    const place = (comparedCount: number, medianLagMs: number | null): string =>
      usualPlace({ ...pool, comparedCount, medianLagMs }, (ms) => `${ms} ms`)
    expect(place(0, 0)).toBe('nothing to compare it with yet')
    expect(place(4, 0)).toBe('usually first')
    expect(place(4, 120)).toBe('usually 120 ms behind the first')
  })

  it('never draw a negative stretch of a coinbase that does not add up', () => {
    expect(
      coinbaseParts({ coinbaseBytes: 50, extranonce: { offset: 44, prefixSize: 0, rollableSize: 8 } }),
    ).toEqual([
      { id: 'before', from: 0, size: 44 },
      { id: 'rollable', from: 44, size: 8 },
    ])
  })
})
