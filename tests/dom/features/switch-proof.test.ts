import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPool, pretendRig } from '../../support/pretend-farm.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

function farm(): PretendCore {
  const pools = [
    pretendPool({ id: 'ridge', name: 'Copper Ridge', active: true, state: 'ready' }),
    pretendPool({ id: 'lode', name: 'Northern Lode', priority: 1 }),
  ]
  return new PretendCore({
    pools,
    rigs: ['a', 'b', 'c'].map((id) => pretendRig({ id, poolId: 'ridge' })),
    overview: {
      preferredPool: { id: 'ridge', name: 'Copper Ridge' },
      activePool: {
        id: 'ridge',
        name: 'Copper Ridge',
        url: pools[0]!.url,
        protocol: 'stratum-v2',
        state: 'ready',
        switchedAt: null,
      },
      rigs: { total: 3, online: 3, hashing: 3 },
    },
  })
}

describe('the proof of a switch', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  it('says how many rigs noticed, how long it took, and waits calmly for the first yes', async () => {
    const core = farm()
    app = await mountApp(core, '/rigs')
    expect(app.find('switch-proof')).toBeNull()
    await app.click(app.get('pool-active'))
    await app.click(app.get('switcher-pool-lode'))
    expect(app.get('switch-proof').dataset.phase).toBe('done')
    expect(app.text('switch-proof')).toContain('Switched to Northern Lode')
    expect(app.text('switch-proof-took')).toBe('84 ms')
    expect(app.text('switch-proof-seamless')).toBe('3 of 3 rigs')
    expect(app.get('switch-proof-setExtranonce').dataset.value).toBe('0')
    expect(app.get('switch-proof-reconnected').dataset.value).toBe('0')
    expect(app.get('switch-proof-acknowledged').dataset.state).toBe('waiting')
    expect(app.text('switch-proof-acknowledged')).toContain('pools confirm shares in batches')

    core.tick({ lastSwitch: { ...core.overview.lastSwitch!, firstAcknowledgedAt: Date.now() + 12_000 } })
    await pass()
    expect(app.get('switch-proof-acknowledged').dataset.state).toBe('yes')
    expect(app.text('switch-proof-acknowledged')).toMatch(/First share acknowledged ?12 s after the switch/)
  })

  it('shows that it is under way, and stays until it is over', async () => {
    const core = farm()
    let answer = (): void => {}
    core.answerNext(
      'pools.activate',
      () => new Promise((resolve) => (answer = () => resolve(core.activate('lode')))),
    )
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-activate-lode'))
    expect(app.get('switch-proof').dataset.phase).toBe('switching')
    expect(app.text('switch-proof')).toContain('Switching to Northern Lode')
    answer()
    await pass()
    expect(app.get('switch-proof').dataset.phase).toBe('done')
  })

  it('tells of a switch that was made elsewhere, and not of one before this page', async () => {
    const core = farm()
    core.activate('lode')
    core.tick({ lastSwitch: { ...core.overview.lastSwitch!, at: START - 60_000 } })
    app = await mountApp(core)
    expect(app.find('switch-proof')).toBeNull()
    await pass(5000)
    core.activate('ridge')
    await pass()
    expect(app.text('switch-proof')).toContain('Switched to Copper Ridge')
  })

  it('goes when its pool fails and another stands in: two bars would say two things', async () => {
    const core = farm()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-active'))
    await app.click(app.get('switcher-pool-lode'))
    expect(app.find('switch-proof')).not.toBeNull()
    core.tick({
      preferredPool: { id: 'lode', name: 'Northern Lode' },
      activePool: { ...core.overview.activePool!, id: 'ridge', name: 'Copper Ridge' },
      standIn: { since: Date.now(), because: 'Northern Lode refused the connection.' },
    })
    await pass()
    expect(app.find('stand-in')).not.toBeNull()
    expect(app.find('switch-proof')).toBeNull()
  })

  it('can be dismissed, and goes by itself a minute after the first yes', async () => {
    const core = farm()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-activate-lode'))
    await app.click(app.get('switch-proof-dismiss'))
    expect(app.find('switch-proof')).toBeNull()
    core.tick()
    await pass(3000)
    expect(app.find('switch-proof')).toBeNull()

    await app.click(app.get('pool-activate-ridge'))
    core.tick({ lastSwitch: { ...core.overview.lastSwitch!, firstAcknowledgedAt: Date.now() } })
    await pass(1000)
    expect(app.find('switch-proof')).not.toBeNull()
    await pass(70_000)
    expect(app.find('switch-proof')).toBeNull()
  })
})

describe('a pool that stands in for another', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  it('is named on every screen, with the reason, since when, and what happens next', async () => {
    const core = farm()
    core.changePool('ridge', { active: false, preferred: true, state: 'silent' })
    core.changePool('lode', { active: true, preferred: false, state: 'ready' })
    core.setRouting({ ...core.routing.value, failover: { enabled: true, returnAfterMinutes: 12 } })
    core.tick({
      activePool: { ...core.overview.activePool!, id: 'lode', name: 'Northern Lode' },
      standIn: { since: START - 754_000, because: 'Copper Ridge has sent no work for 3 min.' },
    })
    app = await mountApp(core, '/rigs')
    expect(app.text('stand-in')).toContain('Northern Lode stands in for Copper Ridge since')
    expect(app.text('stand-in')).toContain('12 min 34 s')
    expect(app.text('stand-in')).toContain('has sent no work for 3 min.')
    expect(app.text('stand-in')).toContain('once Copper Ridge has served well for 12 minutes')
    expect(app.text('pool-stands-in')).toBe('for Copper Ridge')
    await app.click(app.get('stand-in-return'))
    expect(core.callsOf('pools.activate')).toEqual([{ id: 'ridge' }])
    expect(app.find('stand-in')).toBeNull()
  })
})
