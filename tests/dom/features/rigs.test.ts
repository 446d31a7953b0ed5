import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPool, pretendRig, pretendShares } from '../../support/pretend-farm.ts'
import { pretendRigs } from '../../support/pretend-life.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const threeRigs = [
  pretendRig({
    id: 'a',
    name: 'shed-10',
    hashrateHs: 1.18e12,
    connectedAt: START - 7_200_000,
    lastShareAt: START - 12_000,
    shares: pretendShares({ acknowledged: 900, invalid: 3 }),
    invalidReasons: { 'high-hash': 3 },
  }),
  pretendRig({
    id: 'b',
    name: 'shed-2',
    hashrateHs: 96e12,
    state: 'quiet',
    userAgent: 'cgminer/4.12.1',
    connectedAt: START - 60_000,
    lastShareAt: START - 200_000,
  }),
  pretendRig({
    id: 'c',
    name: 'attic-1',
    hashrateHs: 0,
    hashrateRatioError: null,
    state: 'subscribing',
    address: '192.0.2.77:1234',
    connectedAt: START - 2000,
  }),
]

/** Rows as they stand on the screen: by their place, not by their element's. */
const rows = (): string[] =>
  [...document.querySelectorAll<HTMLElement>('[data-rig]')]
    .sort((x, y) => Number(x.getAttribute('aria-rowindex')) - Number(y.getAttribute('aria-rowindex')))
    .map((row) => (row.dataset.rig ?? '').replace('connection:', ''))

/** What its name does. */
const nameOf = (id: string): HTMLElement =>
  document.querySelector<HTMLElement>(`[data-rig="connection:${id}"] [data-open]`)!

const key = async (name: string): Promise<void> => {
  document
    .querySelector('[data-testid="rig-table"]')!
    .dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }))
  await pass()
}

describe('the rigs screen, for rigs that are known by their connection alone', () => {
  let app: MountedApp
  beforeEach(() => {
    useFakeClock()
    // The document has no layout here: without a height the table would draw no row.
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1200)
  })
  afterEach(async () => {
    await app.unmount()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('shows each rig with state, hashrate and error, shares and ages', async () => {
    app = await mountApp(new PretendCore({ rigs: threeRigs }), '/rigs')
    expect(app.text('rig-row-connection:a')).toContain('shed-10')
    expect(app.text('rig-row-connection:a')).toContain('Mining')
    expect(app.text('rig-row-connection:a')).toContain('1.18 TH/s')
    expect(app.text('rig-row-connection:a')).toContain('±8 %')
    expect(app.text('rig-row-connection:a')).toContain('12 s ago')
    expect(app.text('rig-row-connection:a')).toContain('900')
    expect(app.get('rig-row-connection:c').dataset.state).toBe('starting')
    await pass(5000)
    expect(app.text('rig-row-connection:a')).toContain('17 s ago')
  })

  it('names the pool of a rig that works elsewhere, and only of that', async () => {
    const core = new PretendCore({
      pools: [
        pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready' }),
        pretendPool({ id: 'lode', name: 'Northern Lode', priority: 1 }),
      ],
      rigs: [
        pretendRig({ id: 'a', poolId: 'ridge' }),
        pretendRig({
          id: 'b',
          poolId: 'lode',
          protocol: 'stratum-v2',
          transport: 'ws',
          channelKind: 'standard',
          invalidReasons: { 'new-block': 3, 'difficulty-too-low': 2 },
          rejectReasons: { 'job-not-found': 1 },
        }),
      ],
    })
    app = await mountApp(core, '/rigs')
    expect(app.text('rig-row-connection:a')).not.toContain('Copper Ridge')
    expect(app.text('rig-row-connection:b')).toContain('for Northern Lode')

    await app.click(nameOf('b'))
    expect(app.text('rig-works-for')).toBe('Northern Lode, by routing')
    expect(app.text('rig-protocol')).toBe('Stratum V2 · WebSocket')
    expect(app.text('rig-channel')).toBe('standard')
    expect(app.text('rig-reasons-stale')).toContain('A new block had come3')
    expect(app.text('rig-reasons-invalid')).toContain('Not hard enough2')
    expect(app.text('rig-reasons-rejected')).toContain('For work the pool had dropped1')
    await app.click(nameOf('a'))
    expect(app.text('rig-works-for')).toBe('Copper Ridge')
    expect(app.find('rig-channel')).toBeNull()
    expect(app.find('rig-reasons-stale')).toBeNull()
  })

  it('has a column for the protocol and one for the pool, for those who want them', async () => {
    localStorage.setItem('headframe.rigs.columns', JSON.stringify({ protocol: true, pool: true }))
    const core = new PretendCore({
      pools: [pretendPool({ id: 'lode', name: 'Northern Lode' })],
      rigs: [pretendRig({ id: 'b', poolId: 'lode', transport: 'tls' })],
    })
    app = await mountApp(core, '/rigs')
    expect(app.text('rig-row-connection:b')).toContain('V1 · TLS')
    expect(app.text('rig-row-connection:b')).toContain('Northern Lode')
    expect(app.text('rig-row-connection:b')).not.toContain('for Northern Lode')
  })

  it('sorts by name the way people count, and by number from the largest', async () => {
    app = await mountApp(new PretendCore({ rigs: threeRigs }), '/rigs')
    expect(rows()).toEqual(['c', 'b', 'a'])
    await app.click(app.get('rig-sort-hashrate'))
    expect(rows()).toEqual(['b', 'a', 'c'])
    await app.click(app.get('rig-sort-hashrate'))
    expect(rows()).toEqual(['c', 'a', 'b'])
  })

  it('keeps rigs without a share at the end, whichever way it sorts', async () => {
    app = await mountApp(new PretendCore({ rigs: threeRigs }), '/rigs')
    await app.click(app.get('rig-sort-lastShare'))
    expect(rows()).toEqual(['a', 'b', 'c'])
    await app.click(app.get('rig-sort-lastShare'))
    expect(rows()).toEqual(['b', 'a', 'c'])
  })

  it('filters by text and by state, and says so when nothing is left', async () => {
    app = await mountApp(new PretendCore({ rigs: threeRigs }), '/rigs')
    await app.type('rig-search', 'CGMINER shed')
    expect(rows()).toEqual(['b'])
    await app.type('rig-search', 'nowhere')
    expect(app.pageText()).toContain('Nothing with “nowhere”')
    const showAll = [...document.querySelectorAll('button')].find((each) =>
      each.textContent?.includes('Show all rigs'),
    )!
    await app.click(showAll)
    expect(rows()).toEqual(['c', 'b', 'a'])
    const quiet = [...document.querySelectorAll('button')].find(
      (each) => each.textContent?.trim() === 'Trouble 1',
    )!
    await app.click(quiet)
    expect(rows()).toEqual(['b'])
  })

  it('opens the details with a click and closes them again', async () => {
    app = await mountApp(new PretendCore({ rigs: threeRigs }), '/rigs')
    await app.click(nameOf('a'))
    expect(app.text('rig-drawer')).toContain('High hash3')
    expect(app.text('rig-drawer')).toContain('5f3a0001 + 4 B')
    expect(app.text('rig-drawer')).toContain('2 h')
    await app.click(app.get('rig-drawer').querySelector<HTMLElement>('[aria-label="Close the details"]')!)
    expect(app.find('rig-drawer')).toBeNull()
  })

  it('can be used with the keyboard alone', async () => {
    app = await mountApp(new PretendCore({ rigs: threeRigs }), '/rigs')
    app.get('rig-table').focus()
    await key('Home')
    await key('ArrowDown')
    await key('Enter')
    expect(app.text('rig-drawer')).toContain('shed-2')
    await key('ArrowDown')
    await key('Enter')
    expect(app.text('rig-drawer')).toContain('shed-10')
    expect(app.get('rig-table').getAttribute('aria-activedescendant')).toBe(
      app.get('rig-row-connection:a').id,
    )
    await key('Escape')
    expect(app.find('rig-drawer')).toBeNull()
  })

  it('follows changes, and starts from a new snapshot when one is missing', async () => {
    const core = new PretendCore({ rigs: threeRigs })
    app = await mountApp(core, '/rigs')
    core.changeRig('a', { hashrateHs: 2e12 })
    await pass()
    expect(app.text('rig-row-connection:a')).toContain('2.00 TH/s')

    core.rigs.change([], ['b'], true)
    core.changeRig('a', { hashrateHs: 3e12 })
    await pass()
    expect(app.text('rig-row-connection:a')).toContain('2.00 TH/s')
    await pass(300)
    expect(app.text('rig-row-connection:a')).toContain('3.00 TH/s')
    expect(app.find('rig-row-connection:b')).toBeNull()
    expect(core.callsOf('downstreams.live')).toHaveLength(2)
  })

  it('keeps looking at a rig that reconnects under another id', async () => {
    const core = new PretendCore({ rigs: threeRigs })
    app = await mountApp(core, '/rigs')
    await app.click(nameOf('a'))
    core.rigs.change([{ ...threeRigs[0]!, id: 'a2', rigKey: 'a', hashrateHs: 7e12 }], ['a'])
    await pass()
    expect(app.text('rig-drawer')).toContain('7.00')
  })

  it('says that the stream failed, and loads again when asked', async () => {
    const core = new PretendCore({ rigs: threeRigs })
    core.answerNext('downstreams.live', () => new Error('The proxy has stopped.'))
    app = await mountApp(core, '/rigs')
    expect(app.pageText()).toContain('The rigs could not be loaded')
    await app.click(
      [...document.querySelectorAll('button')].find((each) => each.textContent?.includes('Try again'))!,
    )
    expect(rows()).toEqual(['c', 'b', 'a'])
  })

  it('tells where to point the first rig', async () => {
    app = await mountApp(new PretendCore(), '/rigs')
    expect(app.text('rigs-empty-address')).toBe('stratum+tcp://192.0.2.10:3333')
  })

  it('draws no more rows for ten thousand rigs than fit, and still updates what is in view', async () => {
    const core = new PretendCore({ rigs: pretendRigs(10_000, START) })
    app = await mountApp(core, '/rigs')
    expect(rows().length).toBeGreaterThan(10)
    expect(rows().length).toBeLessThan(40)
    const first = rows()[0]!
    core.changeRig(first, { hashrateHs: 5.55e12 })
    await pass()
    expect(app.text(`rig-row-connection:${first}`)).toContain('5.55 TH/s')
  })

  it('stops following when nobody looks any more', async () => {
    const core = new PretendCore({ rigs: threeRigs })
    app = await mountApp(core, '/rigs')
    expect(core.rigs.readers.readers).toBe(1)
    await app.click(
      [...document.querySelectorAll<HTMLElement>('nav a')].find((each) =>
        each.textContent?.includes('Pools'),
      )!,
    )
    expect(app.find('screen-pools')).not.toBeNull()
    await pass(50)
    expect(core.rigs.readers.readers).toBe(0)
  })
})
