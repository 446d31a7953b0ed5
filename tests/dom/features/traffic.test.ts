import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exportFileName, NO_FILTER, toQuery } from '@/features/traffic/audit-query.ts'
import {
  compareBytes,
  costsOf,
  costSentence,
  hourText,
  protocolVerdict,
} from '@/features/traffic/bandwidth-words.ts'
import { filterLinks } from '@/features/traffic/filter-links.ts'
import { filterFrames, FrameLog } from '@/features/traffic/frame-log.ts'
import { hexLines } from '@/format/traffic.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPool } from '../../support/pretend-farm.ts'
import {
  pretendAuditRecord,
  pretendAuditRecords,
  pretendBandwidth,
  pretendBandwidthRow,
  pretendFrame,
  pretendLink,
} from '../../support/pretend-traffic.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const ridge = pretendPool({
  id: 'ridge',
  name: 'Copper Ridge',
  active: true,
  state: 'ready',
  bytesIn: 3_000_000,
  bytesOut: 1_200_000,
})
const up = pretendLink({ id: 'up-1', name: 'Copper Ridge', poolId: 'ridge', since: START - 60_000 })
const rig = pretendLink({
  id: 'down-1',
  side: 'downstream',
  name: 'shed-gamma-2',
  rigKey: 'key-2',
  protocol: 'stratum-v1',
  address: '192.0.2.20:49000',
  since: START - 7_200_000,
  bytesIn: 412_000,
  bytesOut: 1_530_000,
})
const rig10 = pretendLink({
  ...rig,
  id: 'down-2',
  name: 'shed-gamma-10',
  rigKey: 'key-10',
  transport: 'tls',
  bytesIn: 9_000_000,
})

function farm(options: ConstructorParameters<typeof PretendCore>[0] = {}): PretendCore {
  return new PretendCore({ pools: [ridge], links: [rig10, rig, up], ...options })
}

const frames = (from: number, count: number, given = {}): ReturnType<typeof pretendFrame>[] =>
  Array.from({ length: count }, (_, index) =>
    pretendFrame({ sequence: from + index, at: START, summary: `Share ${from + index}.`, ...given }),
  )

/** What rows are drawn, by their place. */
const drawn = (attribute: string): HTMLElement[] =>
  [...document.querySelectorAll<HTMLElement>(`[${attribute}]`)].sort(
    (a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')),
  )
const textOf = (element: Element | null): string => (element?.textContent ?? '').replace(/\s+/g, ' ').trim()
const press = async (target: HTMLElement, key: string): Promise<void> => {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  await pass()
}
const choose = async (app: MountedApp, testId: string, value: string): Promise<void> => {
  const select = app.get(testId) as HTMLSelectElement
  select.value = value
  select.dispatchEvent(new Event('change', { bubbles: true }))
  await pass(400)
}
const buttonWith = (text: string): HTMLElement => {
  const found = [...document.querySelectorAll('button')].find((each) => each.textContent?.includes(text))
  if (found === undefined) throw new Error(`No button says ${text}`)
  return found
}

let app: MountedApp
function withScreen(): void {
  beforeEach(() => {
    useFakeClock()
    // The document has no layout here: without a height the lists would draw no row.
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1200)
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(600)
    vi.spyOn(HTMLElement.prototype, 'offsetWidth', 'get').mockReturnValue(1200)
  })
  afterEach(async () => {
    await app.unmount()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
}

describe('the list of connections', () => {
  withScreen()

  it('shows pools first, then rigs as people count, with bytes, protocol and age', async () => {
    app = await mountApp(farm(), '/connections')
    expect(drawn('data-link').map((row) => row.dataset.link)).toEqual(['up-1', 'down-1', 'down-2'])
    const text = textOf(app.get('link-down-1'))
    expect(text).toContain('shed-gamma-2')
    expect(text).toContain('Stratum V1')
    expect(text).toContain('plain')
    expect(text).toContain('192.0.2.20:49000')
    expect(text).toContain('412 kB')
    expect(text).toContain('1.53 MB')
    expect(text).toContain('2 h')
  })

  it('narrows by side and text, and says when nothing suits', async () => {
    app = await mountApp(farm(), '/connections')
    await app.click(buttonWith('From rigs 2'))
    expect(drawn('data-link').map((row) => row.dataset.link)).toEqual(['down-1', 'down-2'])
    await app.type('links-search', 'tls')
    expect(drawn('data-link').map((row) => row.dataset.link)).toEqual(['down-2'])
    await app.type('links-search', 'nothing like it')
    expect(app.pageText()).toContain('No connection matches')
    await app.click(buttonWith('Show all connections'))
    expect(drawn('data-link')).toHaveLength(3)
  })

  it('follows connections that come and go', async () => {
    const core = farm()
    app = await mountApp(core, '/connections')
    core.links.change([{ ...up, bytesIn: 5_000_000 }], ['down-1'])
    await pass()
    expect(drawn('data-link').map((row) => row.dataset.link)).toEqual(['up-1', 'down-2'])
    expect(textOf(app.get('link-up-1'))).toContain('5.00 MB')
    core.links.change([], ['up-1', 'down-2'])
    await pass()
    expect(app.pageText()).toContain('Neither a pool nor a rig is connected')
  })

  it('opens what goes over one, by click and by keyboard', async () => {
    const core = farm()
    app = await mountApp(core, '/connections')
    const table = app.get('links-table')
    await press(table, 'ArrowDown')
    await press(table, 'ArrowDown')
    await press(table, 'Enter')
    expect(core.watchedLinks()).toEqual(['down-1'])
    expect(app.text('protocol-name')).toBe('shed-gamma-2')
    await app.click(app.get('protocol-back'))
    expect(core.watchedLinks()).toEqual([])
    await app.click(app.get('link-up-1'))
    expect(app.text('protocol-name')).toBe('Copper Ridge')
  })
})

describe('the protocol view', () => {
  withScreen()

  const shown = (): string[] =>
    drawn('data-row').map((row) =>
      row.dataset.kind === 'gap' ? textOf(row) : (/(Share \d+)\./.exec(textOf(row))?.[1] ?? textOf(row)),
    )

  it('shows messages as they come, with what was there before', async () => {
    const core = farm()
    core.sendFrames('up-1', frames(1, 2))
    app = await mountApp(core, '/connections/view/up-1')
    await pass(300)
    expect(app.get('screen-protocol-view').dataset.phase).toBe('live')
    expect(shown()).toEqual(['Share 1', 'Share 2'])
    core.sendFrames('up-1', frames(3, 1))
    await pass(300)
    expect(shown()).toEqual(['Share 1', 'Share 2', 'Share 3'])
    expect(app.text('frames-count')).toBe('3 messages')
  })

  it('says how many messages were left out, where they were', async () => {
    const core = farm()
    app = await mountApp(core, '/connections/view/up-1')
    core.sendFrames('up-1', [...frames(1, 1), ...frames(40, 1)])
    await pass(300)
    expect(shown()).toEqual([
      'Share 1',
      '38 messages left out: they came faster than they can be shown',
      'Share 40',
    ])
  })

  it('opens a message: its fields, its bytes plain and on the wire', async () => {
    const core = farm()
    core.sendFrames('up-1', frames(1, 1))
    app = await mountApp(core, '/connections/view/up-1')
    await pass(300)
    await app.click(drawn('data-row')[0]!)
    expect(app.text('frame-bytes')).toBe('39 bytes')
    expect(app.text('frame-wire-bytes')).toBe('71 bytes (+32 encryption)')
    expect(textOf(document.querySelector('[data-field="nonce"]'))).toContain('2,914,330,621')
    expect(app.text('frame-hex')).toContain('0000')
    await press(app.get('frames'), 'Escape')
    expect(app.find('frame-detail')).toBeNull()
  })

  it('calls what a line of Stratum V1 has beside its text what it is', async () => {
    const core = farm()
    core.sendFrames('down-1', frames(1, 1, { bytes: 37, wireBytes: 38 }))
    app = await mountApp(core, '/connections/view/down-1')
    await pass(300)
    await app.click(drawn('data-row')[0]!)
    expect(app.text('frame-wire-bytes')).toBe('38 bytes (+1 line end)')
  })

  it('is gone through with the keyboard, past gaps', async () => {
    const core = farm()
    core.sendFrames('up-1', [...frames(1, 2), ...frames(9, 1)])
    app = await mountApp(core, '/connections/view/up-1')
    await pass(300)
    const list = app.get('frames')
    await press(list, 'ArrowUp')
    expect(app.text('frame-detail')).toContain('Share 9')
    await press(list, 'ArrowUp')
    expect(app.text('frame-detail')).toContain('Share 2')
    await press(list, 'Home')
    expect(app.text('frame-detail')).toContain('Share 1')
    expect(app.find('frames-to-end')).not.toBeNull()
    await app.click(app.get('frames-to-end'))
    expect(app.find('frame-detail')).toBeNull()
    expect(app.find('frames-to-end')).toBeNull()
  })

  it('stands still while paused, counts what comes, and goes on with all of it', async () => {
    const core = farm()
    core.sendFrames('up-1', frames(1, 1))
    app = await mountApp(core, '/connections/view/up-1')
    await pass(300)
    await app.click(app.get('frames-pause'))
    expect(app.text('protocol-state')).toBe('Paused')
    core.sendFrames('up-1', frames(2, 5))
    await pass(300)
    expect(shown()).toEqual(['Share 1'])
    expect(app.text('frames-pause')).toBe('Continue (5 new)')
    await app.click(app.get('frames-pause'))
    expect(shown()).toHaveLength(6)
  })

  it('narrows by name, content and direction; clears', async () => {
    const core = farm()
    core.sendFrames('up-1', [
      ...frames(1, 2),
      pretendFrame({ sequence: 3, direction: 'in', name: 'SetTarget', summary: 'Shares at 16.4 k' }),
    ])
    app = await mountApp(core, '/connections/view/up-1')
    await pass(300)
    await app.click(buttonWith('From the pool'))
    expect(drawn('data-row').map(textOf).join()).toContain('SetTarget')
    expect(app.text('frames-count')).toBe('1 of 3 messages')
    await app.click(buttonWith('Both ways'))
    await app.type('frames-search', 'share 2')
    expect(shown()).toEqual(['Share 2'])
    await app.type('frames-search', 'nothing')
    expect(app.pageText()).toContain('No message matches')
    await app.type('frames-search', '')
    await app.click(app.get('frames-clear'))
    expect(app.pageText()).toContain('Nothing yet')
    core.sendFrames('up-1', frames(4, 1))
    await pass(300)
    expect(shown()).toEqual(['Share 4'])
  })

  it('shows only messages of one name, from the message itself', async () => {
    const core = farm()
    core.sendFrames('up-1', [pretendFrame({ sequence: 1, name: 'SetTarget', summary: 'x' }), ...frames(2, 1)])
    app = await mountApp(core, '/connections/view/up-1')
    await pass(300)
    await app.click(drawn('data-row')[0]!)
    await app.click(app.get('frame-only'))
    expect(drawn('data-row')).toHaveLength(1)
    expect(textOf(drawn('data-row')[0]!)).toContain('SetTarget')
  })

  it('keeps what was seen when the connection ends, says so, and leads to the new one', async () => {
    const core = farm()
    core.sendFrames('down-1', frames(1, 2))
    app = await mountApp(core, '/connections/view/down-1')
    await pass(300)
    core.links.change([], ['down-1'])
    core.sendFrames('down-1', [])
    await pass(300)
    expect(app.get('screen-protocol-view').dataset.phase).toBe('ended')
    expect(app.text('protocol-ended')).toContain('This connection has ended just now.')
    expect(app.text('protocol-name')).toBe('shed-gamma-2')
    expect(shown()).toEqual(['Share 1', 'Share 2'])
    expect(core.watchedLinks()).toEqual([])
    expect(app.find('frames-pause')).toBeNull()

    core.links.change([{ ...rig, id: 'down-9', since: Date.now() }])
    await pass()
    await app.click(app.get('protocol-successor'))
    expect(core.watchedLinks()).toEqual(['down-9'])
    expect(app.get('screen-protocol-view').dataset.phase).toBe('live')
  })

  it('says at once that a connection is not there any more, and does not ask again', async () => {
    const core = farm()
    app = await mountApp(core, '/connections/view/down-77')
    expect(app.text('protocol-ended')).toContain('Nothing of it was seen here.')
    await pass(10_000)
    expect(core.callsOf('traffic.framesLive')).toHaveLength(1)
  })

  it('offers to try again when the core cannot show it', async () => {
    const core = farm()
    core.answerNext('traffic.framesLive', () => new Error('The proxy has stopped.'))
    app = await mountApp(core, '/connections/view/up-1')
    expect(app.pageText()).toContain('The proxy has stopped.')
    await app.click(buttonWith('Try again'))
    expect(app.get('screen-protocol-view').dataset.phase).toBe('live')
  })

  it('draws no more than is in view, however many messages come', async () => {
    const core = farm()
    app = await mountApp(core, '/connections/view/up-1')
    for (let batch = 0; batch < 30; batch++) {
      core.sendFrames('up-1', frames(1 + batch * 200, 200))
      await pass(100)
    }
    expect(app.text('frames-count')).toBe('3,000 messages')
    expect(drawn('data-row').length).toBeLessThan(60)
  })
})

describe('the log of frames', () => {
  it('keeps the newest, in order, and counts all', () => {
    const log = new FrameLog(10)
    log.append(frames(1, 25))
    expect(log.rows.map((row) => row.kind === 'frame' && row.frame.sequence)).toEqual([
      16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    ])
    expect(log.frameCount).toBe(25)
  })

  it('passes over what it has seen, and takes a new stream from wherever it begins', () => {
    const log = new FrameLog()
    log.append(frames(5, 2))
    log.append(frames(5, 3))
    expect(log.rows).toHaveLength(3)
    log.begin()
    log.append(frames(1, 1))
    log.append(frames(90, 1))
    expect(log.rows.map((row) => (row.kind === 'gap' ? -row.count : row.frame.sequence))).toEqual([
      5, 6, 7, 1, -88, 90,
    ])
  })

  it('leaves gaps in what is filtered: what is missing may have suited', () => {
    const log = new FrameLog()
    log.append([...frames(1, 1), ...frames(4, 1, { name: 'SetTarget', direction: 'in' })])
    const rows = filterFrames(log.rows, { text: 'settarget', direction: 'in' })
    expect(rows.map((row) => row.kind)).toEqual(['gap', 'frame'])
  })
})

describe('the bandwidth meter', () => {
  withScreen()

  it('says what moved and what the other protocol would have, with TLS as well', async () => {
    app = await mountApp(farm({ bandwidth: pretendBandwidth([ridge], START) }), '/connections/bandwidth')
    const row = app.text('bandwidth-pool-ridge')
    expect(row).toContain('Your link to Copper Ridge moved 4.20 MB in 2 h 3 min.')
    expect(row).toContain('over Stratum V1 would have moved')
    expect(row).toContain('with TLS')
    const costs = [...app.get('bandwidth-pool-ridge').querySelectorAll<HTMLElement>('[data-cost]')]
    expect(costs.map((cost) => cost.dataset.cost)).toEqual(['stratum-v2', 'stratum-v1', 'stratum-v1+tls'])
    expect(app.text('bandwidth-rigs-stratum-v1-tcp')).toContain(
      'Stratum V2 would have moved 52.0 MB (37 % less)',
    )
    expect(app.text('bandwidth-verdict-downstream')).toContain('Stratum V2 takes 37 % less')
    expect(app.text('bandwidth-hour-upstream')).toContain('792 kB')
  })

  it('explains how it is computed, when asked', async () => {
    app = await mountApp(farm({ bandwidth: pretendBandwidth([ridge], START) }), '/connections/bandwidth')
    expect(app.find('bandwidth-method')).toBeNull()
    await app.click(app.get('bandwidth-method-toggle'))
    expect(app.text('bandwidth-method')).toContain('Bytes are counted as they were sent')
  })

  it('says plainly when there is too little to compare, and compares nothing', async () => {
    const bandwidth = pretendBandwidth([ridge], START)
    bandwidth.upstream = [{ poolId: 'ridge', ...pretendBandwidthRow({ jobs: 3, shares: 1 }) }]
    bandwidth.lastHour.upstream.coveredMs = 40_000
    app = await mountApp(farm({ bandwidth }), '/connections/bandwidth')
    expect(app.text('bandwidth-pool-ridge')).toContain(
      'Too little has gone by to compare: 3 jobs and 1 share. The comparison appears after 30 of them together.',
    )
    expect(app.text('bandwidth-pool-ridge')).not.toContain('would have moved')
    expect(app.text('bandwidth-verdict-upstream')).toContain('Too early to say')
    expect(app.text('bandwidth-hour-upstream')).toContain('too little of an hour to compare')
  })

  it('has something to say before anything went by', async () => {
    app = await mountApp(farm(), '/connections/bandwidth')
    expect(app.pageText()).toContain('Nothing has gone by yet')
  })
})

describe('the words of bandwidth', () => {
  it('compare in percent of what really moved', () => {
    expect(compareBytes(100, 145)).toBe('45 % more')
    expect(compareBytes(100, 66)).toBe('34 % less')
    expect(compareBytes(1000, 1001)).toBe('as much')
    expect(compareBytes(0, 5)).toBe('no comparison')
  })

  it('name the second figure with TLS only where the other protocol is Stratum V1', () => {
    const v1 = pretendBandwidthRow({ protocol: 'stratum-v1', transport: 'tls' })
    expect(costsOf(v1).map(({ protocol, tls }) => [protocol, tls])).toEqual([
      ['stratum-v1', false],
      ['stratum-v2', false],
    ])
    expect(costSentence('It', v1, 3_600_000)).not.toContain('TLS')
  })

  it('weigh both protocols over the same work, whichever each link really spoke', () => {
    const verdict = protocolVerdict([
      pretendBandwidthRow({ bytesIn: 60, bytesOut: 0, otherBytesIn: 100, otherBytesOut: 0 }),
      pretendBandwidthRow({
        protocol: 'stratum-v1',
        bytesIn: 100,
        bytesOut: 0,
        otherBytesIn: 80,
        otherBytesOut: 0,
      }),
    ])
    expect(verdict).toMatchObject({ v1Bytes: 200, v2Bytes: 140 })
    expect(verdict?.savedRatio).toBeCloseTo(0.3)
    expect(protocolVerdict([pretendBandwidthRow({ jobs: 2, shares: 20 })])).toBeNull()
  })

  it('never call less than an hour an hour', () => {
    const rate = pretendBandwidth([], START).lastHour.upstream
    expect(hourText(rate)).toBe('the last hour')
    expect(hourText({ ...rate, coveredMs: 1_400_000 })).toBe('the last 23 min')
    expect(hourText({ ...rate, coveredMs: 60_000 })).toBeNull()
  })
})

describe('the audit log', () => {
  withScreen()

  const on = {
    state: { settings: settings({ enabled: true }), fileCount: 3, bytes: 48_200_000, oldestAt: START - 9e8 },
    records: pretendAuditRecords(250, START),
  }
  function settings(given = {}) {
    return {
      enabled: false,
      kinds: ['share', 'job', 'session', 'other'] as ('share' | 'job' | 'session' | 'other')[],
      maskIdentities: false,
      keepDays: 90,
      keepMegabytes: 2000,
      ...given,
    }
  }

  it('is off until somebody wants it, and says what it is for and where it would be', async () => {
    const core = farm({ info: { dataDir: '/var/lib/headframe' } })
    app = await mountApp(core, '/connections/audit')
    expect(app.get('audit-card').dataset.enabled).toBe('false')
    expect(app.text('audit-off')).toContain('secrets masked')
    expect(app.text('audit-folder')).toBe('/var/lib/headframe/audit')
    expect(core.callsOf('audit.query')).toEqual([])
    await app.click(app.get('audit-enabled').querySelector<HTMLElement>('button') ?? app.get('audit-enabled'))
    expect(core.auditState.settings.enabled).toBe(true)
    expect(app.get('audit-card').dataset.enabled).toBe('true')
    expect(app.find('audit-filter')).not.toBeNull()
  })

  it('is set up: kinds, names, days and megabytes, saved together', async () => {
    const core = farm({ audit: on })
    app = await mountApp(core, '/connections/audit')
    await app.click(app.get('audit-settings-toggle'))
    expect(app.text('audit-why')).toContain('Passwords and other secrets are masked')
    await app.click(app.get('audit-kind-other'))
    await app.click(app.get('audit-mask').querySelector<HTMLElement>('button') ?? app.get('audit-mask'))
    await app.type('audit-keep-days', '30')
    await app.click(app.get('audit-save'))
    expect(core.auditState.settings).toEqual(
      settings({ enabled: true, kinds: ['share', 'job', 'session'], maskIdentities: true, keepDays: 30 }),
    )
  })

  it('refuses settings that make no sense before the core has to', async () => {
    const core = farm({ audit: on })
    app = await mountApp(core, '/connections/audit')
    await app.click(app.get('audit-settings-toggle'))
    await app.type('audit-keep-days', '0')
    for (const kind of ['share', 'job', 'session', 'other']) await app.click(app.get(`audit-kind-${kind}`))
    expect(app.text('audit-settings')).toContain('Enter 1 to 3,650 days')
    expect(app.text('audit-settings')).toContain('Choose at least one kind of message')
    expect((app.get('audit-save') as HTMLButtonElement).disabled).toBe(true)
  })

  it('does not undo what is being typed when the state is asked for again', async () => {
    const core = farm({ audit: on })
    app = await mountApp(core, '/connections/audit')
    await app.click(app.get('audit-settings-toggle'))
    await app.type('audit-keep-days', '12')
    core.auditState = { ...core.auditState, bytes: 60_000_000 }
    await pass(5100)
    expect(app.text('audit-summary')).toContain('60.0 MB in 3 files')
    expect((app.get('audit-keep-days') as HTMLInputElement).value).toBe('12')
  })

  it('says why it is not being written', async () => {
    const problem = 'The disk is full. Free some space.'
    app = await mountApp(farm({ audit: { ...on, state: { ...on.state, problem } } }), '/connections/audit')
    expect(app.text('audit-problem')).toBe(problem)
  })

  it('pages through records, oldest first, and opens one', async () => {
    const core = farm({ audit: on })
    app = await mountApp(core, '/connections/audit')
    expect(app.text('audit-count')).toBe('100 records so far, oldest first')
    await app.click(app.get('audit-more'))
    expect(app.text('audit-count')).toBe('200 records so far, oldest first')
    await app.click(app.get('audit-more'))
    expect(app.text('audit-count')).toBe('250 records, oldest first')
    expect(app.find('audit-more')).toBeNull()
    await press(app.get('audit-records'), 'Home')
    await press(app.get('audit-records'), 'ArrowDown')
    await press(app.get('audit-records'), 'ArrowDown')
    expect(app.text('audit-detail')).toContain('mining.submit')
    expect(app.text('audit-detail-text')).toContain('"method": "mining.submit"')
  })

  it('looks for what is asked: time, side, direction, kind, connection, text', async () => {
    const core = farm({ audit: on })
    app = await mountApp(core, '/connections/audit')
    await choose(app, 'audit-filter-span', 'day')
    await choose(app, 'audit-filter-side', 'downstream')
    await choose(app, 'audit-filter-direction', 'in')
    await choose(app, 'audit-filter-kind', 'session')
    await app.type('audit-filter-link', 'shed-s19-3')
    await app.type('audit-filter-text', 'authorize')
    await pass(400)
    const asked = core.callsOf('audit.query').at(-1) as Record<string, unknown>
    expect(asked).toMatchObject({
      side: 'downstream',
      direction: 'in',
      kind: 'session',
      link: 'shed-s19-3',
      text: 'authorize',
      limit: 100,
    })
    expect(START - Number(asked.from)).toBeGreaterThan(86_000_000)
    expect(app.text('audit-count')).toBe('3 records, oldest first')
    await app.type('audit-filter-text', 'no such thing')
    await pass(400)
    expect(app.pageText()).toContain('No record matches')
    await app.click(buttonWith('Clear the filter'))
    await pass(400)
    expect(app.text('audit-count')).toBe('100 records so far, oldest first')
  })

  it('goes on by itself through a part of the log where nothing is found', async () => {
    const core = farm({ audit: { ...on, records: [pretendAuditRecord({ at: START })] } })
    core.answerNext('audit.query', () => ({ records: [], nextCursor: '0' }))
    app = await mountApp(core, '/connections/audit')
    expect(app.text('audit-count')).toBe('1 record, oldest first')
    expect(core.callsOf('audit.query')).toHaveLength(2)
  })

  it('says why records cannot be read', async () => {
    const core = farm({ audit: on })
    core.answerNext('audit.query', () => new Error('The folder cannot be read.'))
    app = await mountApp(core, '/connections/audit')
    expect(app.pageText()).toContain('The folder cannot be read.')
    await app.click(buttonWith('Try again'))
    expect(app.text('audit-count')).toBe('100 records so far, oldest first')
  })
})

describe('the export of the audit log', () => {
  withScreen()

  let saved: { name: string; blob: Blob }[] = []
  beforeEach(() => {
    saved = []
    let latest: Blob | null = null
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      latest = blob as Blob
      return 'blob:made-up'
    })
    vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => {})
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      if (latest !== null) saved.push({ name: this.download, blob: latest })
    })
  })
  const recorded = (count: number): PretendCore =>
    farm({
      audit: { state: { fileCount: 1 }, records: pretendAuditRecords(count, START) },
    })
  async function begin(format: 'csv' | 'ndjson'): Promise<void> {
    await app.click(app.get('audit-export'))
    await app.click(app.get(`audit-export-${format}`))
  }

  it('puts the pieces of everything the filter finds into one file', async () => {
    const core = recorded(450)
    app = await mountApp(core, '/connections/audit')
    await choose(app, 'audit-filter-kind', 'share')
    await begin('ndjson')
    expect(app.get('audit-export-state').dataset.phase).toBe('done')
    expect(saved).toHaveLength(1)
    expect(saved[0]!.name).toMatch(/^headframe-audit-2026-11-22-\d{6}\.ndjson$/)
    vi.useRealTimers()
    const lines = (await saved[0]!.blob.text()).trim().split('\n')
    const records = lines.map((line) => JSON.parse(line) as { kind: string })
    expect(records.length).toBeGreaterThan(400)
    expect(new Set(records.map(({ kind }) => kind))).toEqual(new Set(['share']))
    const calls = core.callsOf('audit.export') as Record<string, unknown>[]
    expect(calls.map(({ cursor }) => cursor)).toEqual([undefined, '200', '400'])
    expect(calls.every(({ format, kind }) => format === 'ndjson' && kind === 'share')).toBe(true)
    useFakeClock()
  })

  it('tells how far it is, and stops when asked without leaving a file', async () => {
    const core = recorded(450)
    app = await mountApp(core, '/connections/audit')
    let answer = (): void => {}
    core.answerNext(
      'audit.export',
      () => new Promise((resolve) => (answer = () => resolve({ text: 'a\nb\n', nextCursor: '2' }))),
    )
    await begin('ndjson')
    expect(app.get('audit-export-state').dataset.phase).toBe('running')
    core.answerNext('audit.export', () => new Promise(() => {}))
    answer()
    // Set for the second call only.
    await pass()
    expect(app.text('audit-export-state')).toContain('so far')
    await app.click(app.get('audit-export-cancel'))
    expect(app.get('audit-export-state').dataset.phase).toBe('idle')
    await pass(1000)
    expect(saved).toEqual([])
  })

  it('says why it failed', async () => {
    const core = recorded(5)
    app = await mountApp(core, '/connections/audit')
    core.answerNext('audit.export', () => new Error('A file was removed meanwhile.'))
    await begin('csv')
    expect(app.text('audit-export-state')).toContain('A file was removed meanwhile.')
    expect(saved).toEqual([])
  })
})

describe('the pieces of the traffic screens', () => {
  it('sort connections by bytes and by age within pools and rigs', () => {
    const all = { text: '', side: 'all' } as const
    const ids = (order: 'bytes' | 'since'): string[] =>
      filterLinks([rig, rig10, up], all, order).map(({ id }) => id)
    expect(ids('bytes')).toEqual(['up-1', 'down-2', 'down-1'])
    expect(filterLinks([rig, { ...rig10, since: START }, up], all, 'since').map(({ id }) => id)).toEqual([
      'up-1',
      'down-2',
      'down-1',
    ])
  })

  it('show bytes with their offset and what is readable of them', () => {
    expect(hexLines('7b2269642200ff', 4)).toEqual([
      { offset: '0000', bytes: '7b 22 69 64', text: '{"id' },
      { offset: '0004', bytes: '22 00 ff', text: '"··' },
    ])
    expect(hexLines('')).toEqual([])
  })

  it('ask the core only for what was chosen', () => {
    expect(toQuery({ ...NO_FILTER, span: 'all' }, START)).toEqual({})
    expect(toQuery({ ...NO_FILTER, text: '  x ' }, START)).toEqual({ from: START - 3_600_000, text: 'x' })
    const custom = { ...NO_FILTER, span: 'custom' as const, from: '2026-11-22T12:00', to: 'nonsense' }
    expect(toQuery(custom, START)).toEqual({ from: new Date('2026-11-22T12:00').getTime() })
  })

  it('name an export by its moment', () => {
    expect(exportFileName(new Date(2026, 10, 2, 3, 4, 5).getTime(), 'csv')).toBe(
      'headframe-audit-2026-11-02-030405.csv',
    )
  })
})
