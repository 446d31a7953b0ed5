import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PretendCore } from '../../support/pretend-core.ts'
import { OWN_KEY, pretendBlock, pretendJob, pretendPool, pretendShares } from '../../support/pretend-farm.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const activePool = {
  id: 'ridge',
  name: 'Copper Ridge',
  url: 'stratum2+tcp://ridge.example.com:3333/9x',
  protocol: 'stratum-v2',
  state: 'ready',
  switchedAt: START - 125_000,
} as const

function farm(options: ConstructorParameters<typeof PretendCore>[0] = {}): PretendCore {
  return new PretendCore({
    pools: [pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready', latencyMs: 23 })],
    ...options,
    overview: {
      hashrateHs: 4.82e12,
      rigs: { total: 5, online: 4, hashing: 3 },
      shares: pretendShares({ acknowledged: 9995, pending: 1, rejected: 2, stale: 1, invalid: 1, weak: 40 }),
      activePool,
      bestDifficulty: 1e6,
      networkDifficulty: 4e7,
      ...options.overview,
    },
  })
}

describe('the overview', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  it('shows hashrate, rigs, shares by verdict and what the best share means', async () => {
    app = await mountApp(farm())
    expect(app.text('overview-hashrate')).toBe('4.82TH/s')
    expect(app.text('overview-rigs-hashing')).toBe('3')
    expect(app.text('overview-rigs-online')).toBe('4')
    expect(app.text('overview-rigs-total')).toBe('5')
    expect(app.text('overview-acknowledged')).toBe('9,995')
    expect(app.text('overview-submitted')).toBe('10,000')
    expect(app.pageText()).toContain('99.95 % of those submitted')
    for (const [verdict, count] of Object.entries({
      acknowledged: '9,995',
      pending: '1',
      rejected: '2',
      lost: '0',
      stale: '1',
      duplicate: '0',
      invalid: '1',
      weak: '40',
    }))
      expect(app.text(`shares-${verdict}`), verdict).toBe(count)
    expect(app.pageText()).toContain('1 in 40 of a block')
    expect(app.text('overview-pool-since')).toBe('2 min 5 s')
    expect(document.title).toBe('4.82 TH/s · Overview · Headframe')
  })

  it('follows the core without being asked', async () => {
    const core = farm()
    app = await mountApp(core)
    core.tick({ hashrateHs: 5.1e12, rigs: { total: 5, online: 5, hashing: 5 } })
    await pass()
    expect(app.text('overview-hashrate')).toBe('5.10TH/s')
    expect(app.text('overview-rigs-online')).toBe('5')
  })

  it('never shows a frozen number as live', async () => {
    const core = farm()
    app = await mountApp(core)
    expect(app.get('overview-hashrate').className).not.toContain('stale')
    expect(app.get('connection-state').dataset.state).toBe('live')

    await pass(7000)
    expect(app.get('overview-hashrate').className).toContain('stale')
    expect(app.get('connection-state').dataset.state).toBe('stale')
    expect(app.text('connection-banner')).toContain('Last update 7 s ago')
    expect(document.title).toBe('Overview · Headframe')

    core.tick()
    await pass()
    expect(app.get('overview-hashrate').className).not.toContain('stale')
    expect(app.find('connection-banner')).toBeNull()
  })

  it('takes reports that repeat the same moment for what they are: no news', async () => {
    const core = farm()
    app = await mountApp(core)
    for (let second = 0; second < 8; second++) {
      core.tick({ updatedAt: START })
      await pass(1000)
    }
    expect(app.get('connection-state').dataset.state).toBe('stale')
  })

  it('is not fooled by a clock that is minutes off', async () => {
    const core = farm({ now: () => Date.now() - 300_000 })
    app = await mountApp(core)
    core.tick()
    await pass()
    expect(app.get('connection-state').dataset.state).toBe('live')
  })

  it('shows what is being worked on, and says when the block is empty', async () => {
    app = await mountApp(farm({ job: pretendJob({ receivedAt: START - 9000, emptyBlock: true }) }))
    expect(app.text('job-height')).toBe('Block 924,518')
    expect(app.pageText()).toContain('3.15482177 BTC')
    expect(app.pageText()).toContain('/Example Pool/')
    expect(app.pageText()).toContain('empty')
    expect(app.pageText()).toContain('new work 9 s ago')
  })

  it('leads a newcomer through the first two steps and steps aside for the first rig', async () => {
    const core = new PretendCore({
      info: { stratum: { address: '192.0.2.10:3333', lanAddresses: ['192.0.2.10', '198.51.100.7'] } },
    })
    app = await mountApp(core)
    expect(app.find('getting-started-add-pool')).not.toBeNull()
    const addresses = [...document.querySelectorAll('[data-testid="getting-started-address"]')].map(
      (each) => each.textContent,
    )
    expect(addresses).toEqual(['stratum+tcp://192.0.2.10:3333', 'stratum+tcp://198.51.100.7:3333'])

    core.pools.change([pretendPool({ id: 'ridge', name: 'Copper Ridge' })])
    await pass()
    expect(app.pageText()).toContain('Copper Ridge is set up')
    expect(app.find('getting-started-add-pool')).toBeNull()

    core.tick({ rigs: { total: 1, online: 1, hashing: 0 } })
    await pass()
    expect(app.find('getting-started')).toBeNull()
    expect(app.text('overview-rigs-online')).toBe('1')
  })

  it('shows every way in for rigs, with our key and certificate', async () => {
    const core = new PretendCore({
      info: { stratumWs: { address: '192.0.2.10:3340', lanAddresses: ['192.0.2.10'] } },
    })
    app = await mountApp(core)
    expect(app.find('rig-entrances')).toBeNull()
    await app.click(app.get('getting-started-more'))
    expect(app.text('entrance-stratum-v1')).toContain('stratum+tcp://192.0.2.10:3333')
    expect(app.text('entrance-stratum-v1-tls')).toContain('stratum+ssl://192.0.2.10:3333')
    expect(app.text('entrance-stratum-v2')).toContain(`stratum2+tcp://192.0.2.10:3336/${OWN_KEY}`)
    expect(app.text('entrance-websocket')).toContain('stratum+ws://192.0.2.10:3340')
    expect(app.text('entrance-certificate')).toContain('3F:A1:0C')
    expect(app.text('entrance-certificate')).toContain('Jul 2036')
  })

  it('has them at hand on every screen', async () => {
    const core = farm()
    app = await mountApp(core, '/pools')
    await app.click(app.get('rig-entrances-open'))
    expect(app.text('entrance-stratum-v2')).toContain(OWN_KEY)
    expect(app.find('entrance-websocket')).toBeNull()
  })

  it('says that the pool in use stands in for another, how it is reached, and how many rigs are elsewhere', async () => {
    const core = farm()
    core.pools.change([
      pretendPool({
        id: 'lode',
        name: 'Northern Lode',
        active: true,
        preferred: false,
        state: 'ready',
        health: { verdict: 'doubtful', because: 'It hears of new blocks late.' },
        endpoint: {
          protocol: 'stratum-v1',
          transport: 'tls',
          host: 'backup.example.org',
          port: 443,
          fallback: true,
        },
      }),
      pretendPool({ id: 'ridge', name: 'Copper Ridge', preferred: true, rigCount: 3 }),
    ])
    core.tick({
      preferredPool: { id: 'ridge', name: 'Copper Ridge' },
      standIn: { since: START - 60_000, because: 'Copper Ridge is silent.' },
    })
    app = await mountApp(core)
    expect(app.text('overview-stands-in')).toBe('stands in for Copper Ridge')
    expect(app.text('overview-pool-fallback')).toBe('second way in')
    expect(app.pageText()).toContain('backup.example.org:443')
    expect(app.text('overview-pool-health')).toBe('It hears of new blocks late.')
    expect(app.pageText()).toMatch(/Rigs elsewhere ?3/)
  })

  it('marks a found block, and lets it be dismissed', async () => {
    const core = farm()
    app = await mountApp(core)
    expect(app.find('block-found')).toBeNull()
    core.blocks = [pretendBlock({ foundAt: START + 3000, rigName: 'shed-gamma-2', poolId: 'ridge' })]
    core.tick({ blocksFound: 1 })
    await pass()
    expect(app.text('block-found')).toContain('Your rigs found block 924,518')
    expect(app.text('block-found')).toContain('shed-gamma-2, working for Copper Ridge')

    await app.click(app.get('block-found').querySelector<HTMLElement>('[aria-label="Dismiss"]')!)
    expect(app.find('block-found')).toBeNull()
    core.tick()
    await pass()
    expect(app.find('block-found')).toBeNull()
  })

  it('offers to try again when the core cannot give an overview', async () => {
    const core = farm()
    core.answerNext('overview.live', () => new Error('The proxy has stopped.'))
    app = await mountApp(core)
    expect(app.pageText()).toContain('The proxy has stopped.')
    const retry = [...document.querySelectorAll('button')].find((button) =>
      button.textContent?.includes('Try again'),
    )
    await app.click(retry!)
    expect(app.text('overview-hashrate')).toBe('4.82TH/s')
  })

  it('asks for the history of the range that is chosen', async () => {
    const core = farm()
    app = await mountApp(core)
    const asked = (): { from: number; to: number }[] =>
      core.callsOf('history.series') as { from: number; to: number }[]
    expect(asked().at(-1)!.to - asked().at(-1)!.from).toBe(3_600_000)
    const day = [...document.querySelectorAll('button')].find(
      (button) => button.textContent?.trim() === '24 h',
    )
    await app.click(day!)
    expect(asked().at(-1)!.to - asked().at(-1)!.from).toBe(86_400_000)
  })
})
