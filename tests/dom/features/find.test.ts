import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sortFinds, splitTargets } from '@/features/find/find-targets.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendCapabilities, pretendFleetRig, pretendFleetRigs } from '../../support/pretend-fleet-rigs.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

describe('places to look at', () => {
  it('are parted by spaces, commas and lines, each once', () => {
    expect(splitTargets(' 10.0.0.0/24, rig.local:8080\n10.0.0.0/24;  10.0.0.5 ')).toEqual([
      '10.0.0.0/24',
      'rig.local:8080',
      '10.0.0.5',
    ])
    expect(splitTargets(' \n')).toEqual([])
  })
})

describe('the find screen', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })
  const start = async (): Promise<void> => {
    app.get('find-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
  }
  const newFarm = (count = 14): PretendCore =>
    new PretendCore({ fleet: { hidden: pretendFleetRigs(count, START) } })

  it('proposes the networks of the machine, and looks there', async () => {
    const core = newFarm()
    app = await mountApp(core, '/find')
    expect(app.text('find-form')).toContain('192.0.2.0/24')
    expect(app.text('find-form')).toContain('Ethernet, 192.0.2.10 · 254 addresses')
    await start()
    expect(core.callsOf('scans.start')).toEqual([
      { targets: ['192.0.2.0/24'], mdns: true, reports: false, listenSeconds: 10 },
    ])
  })

  it('shows rigs as they are found, and what is no rig for Bitcoin apart', async () => {
    const core = newFarm()
    app = await mountApp(core, '/find')
    await start()
    expect(app.text('find-headline')).toBe('Looking …')
    await pass(300)
    const early = document.querySelectorAll('[data-testid^="found-"]').length
    expect(early).toBeGreaterThan(0)
    expect(early).toBeLessThan(14)
    expect(app.text('find-headline')).toBe(`${early} rigs so far`)
    expect(app.get('find-progress').dataset.state).toBe('running')
    await pass(12_000)
    expect(app.text('find-headline')).toBe('Done: 14 rigs')
    expect(document.querySelectorAll('[data-testid^="found-"]')).toHaveLength(14)
    expect(app.text('find-declined')).toContain('Goldshell Mini-DOGE')
    expect(app.text('find-declined')).toContain('leaves it alone')
    expect(app.text('find-others')).toContain('Show what else answered (1)')
    expect(app.text('find-rigs')).toContain('New')
  })

  it('says beside the field which place is wrong, and keeps what was written', async () => {
    const core = newFarm()
    app = await mountApp(core, '/find')
    await app.type('find-targets', '10.0.0.0/24 hello!')
    await start()
    expect(app.text('find-targets')).toContain('“hello!” is no address, range or name.')
    expect(app.get('find-targets').querySelector('input')!.getAttribute('aria-invalid')).toBe('true')
    expect(app.get('find-targets').querySelector('input')!.value).toBe('10.0.0.0/24 hello!')
    expect(app.find('find-progress')).toBeNull()
    await app.type('find-targets', '10.0.0.0/24')
    expect(app.text('find-targets')).not.toContain('is no address')
  })

  it('listens for report buttons when asked, and counts down', async () => {
    const core = newFarm(2)
    app = await mountApp(core, '/find')
    await app.click(app.get('find-reports'))
    await start()
    expect(core.callsOf('scans.start')).toEqual([
      { targets: ['192.0.2.0/24'], mdns: true, reports: true, listenSeconds: 120 },
    ])
    await pass(3000)
    expect(app.text('find-listening')).toMatch(/listening for 1 min 5\d s more/)
  })

  it('stops when asked and keeps what was found', async () => {
    const core = newFarm()
    app = await mountApp(core, '/find')
    await start()
    await pass(400)
    const found = document.querySelectorAll('[data-testid^="found-"]').length
    await app.click(app.get('find-stop'))
    expect(app.get('find-progress').dataset.state).toBe('stopped')
    await pass(3000)
    expect(document.querySelectorAll('[data-testid^="found-"]')).toHaveLength(found)
  })

  it('is still there after a visit elsewhere', async () => {
    const core = newFarm()
    app = await mountApp(core, '/find')
    await start()
    await pass(300)
    const go = (label: string): Promise<void> =>
      app.click(
        [...document.querySelectorAll<HTMLElement>('nav a')].find((each) =>
          each.textContent?.trim().startsWith(label),
        )!,
      )
    await go('Pools')
    await pass(15_000)
    await go('Find')
    expect(app.text('find-headline')).toBe('Done: 14 rigs')
  })

  it('offers to send all that can be sent, with a dry run first', async () => {
    const rig = (id: string, given = {}) => pretendFleetRig({ id, name: id, ...given })
    const core = new PretendCore({
      fleet: {
        hidden: [
          rig('a'),
          rig('b'),
          rig('here', { minesHere: true }),
          rig('locked', {
            capabilities: pretendCapabilities({ 'send-to-headframe': 'Its API switch is off.' }),
          }),
        ],
      },
    })
    app = await mountApp(core, '/find')
    await start()
    await pass(12_000)
    expect(app.text('find-send')).toBe('Send 2 rigs to Headframe')
    expect(app.text('find-section-sendable')).toContain('Mine elsewhere')
    expect(app.get('find-section-here').contains(app.get('found-here'))).toBe(true)
    expect(app.get('find-section-not').contains(app.get('found-locked'))).toBe(true)
    expect(app.text('found-locked')).toContain('Its API switch is off.')
    await app.click(app.get('find-choose-b'))
    expect(app.text('find-send')).toBe('Send 1 rig to Headframe')
    await app.click(app.get('find-send'))
    await pass(500)
    expect(app.text('run-rehearsal')).toContain('Would set stratum+tcp://192.0.2.10:3333')
    expect(core.callsOf('runs.start')).toEqual([
      expect.objectContaining({ action: 'send-to-headframe', rigIds: ['a'], dryRun: true }),
    ])
    await app.click(app.get('run-start'))
    await pass(4000)
    expect(app.text('run-summary')).toBe(': 1 done')
    expect(app.get('find-section-here').contains(app.get('found-a'))).toBe(true)
  })

  it('asks for the logins that are needed first, of one rig or of all of its family', async () => {
    const closed = { offered: false, because: 'Enter its login first.', needsLogin: true }
    const locked = (id: string, family: string) =>
      pretendFleetRig({
        id,
        name: id,
        family,
        familyName: family.toUpperCase(),
        login: 'missing',
        capabilities: { ...pretendCapabilities({}), 'send-to-headframe': closed },
      })
    const core = new PretendCore({
      fleet: { hidden: [locked('a', 'vnish'), locked('b', 'avalon'), locked('c', 'vnish')] },
    })
    app = await mountApp(core, '/find')
    await start()
    await pass(12_000)
    expect(app.text('find-footer')).toContain('3 rigs need a login first.')
    // Those of one family stand together.
    const order = [...app.get('find-section-login').querySelectorAll<HTMLElement>('[data-testid^="found-"]')]
    expect(order.map((each) => each.dataset.testid)).toEqual(['found-a', 'found-c', 'found-b'])
    expect(app.find('find-login-family-avalon')).toBeNull()
    await app.click(app.get('find-login-family-vnish'))
    expect(document.body.textContent).toContain('Login for all VNISH rigs')
    await app.type('login-password', 'secret')
    app.get('login-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(core.callsOf('rigs.setCredentials')).toEqual([
      expect.objectContaining({ scope: 'family', id: 'vnish' }),
    ])
  })

  it('marks a rig that has moved to another address', () => {
    const found = sortFinds([
      {
        address: '192.0.2.9',
        outcome: 'rig',
        rigId: 'a',
        isNew: false,
        moved: true,
        make: null,
        model: null,
        firmware: null,
        firmwareVersion: null,
        mac: null,
        note: '',
        at: 0,
      },
    ])
    expect(found.rigs).toHaveLength(1)
  })
})
