import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ORPCError } from '@orpc/client'
import { PretendCore } from '../../support/pretend-core.ts'
import { KEY, pretendPool, pretendShares } from '../../support/pretend-farm.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

function threePools(): PretendCore {
  return new PretendCore({
    pools: [
      pretendPool({
        id: 'ridge',
        name: 'Copper Ridge',
        active: true,
        state: 'ready',
        latencyMs: 23,
        extranonceBytes: { prefix: 8, rollable: 8 },
        shares: pretendShares({ acknowledged: 48_211, rejected: 37 }),
        rejectReasons: { 'stale-share': 31 },
      }),
      pretendPool({
        id: 'lode',
        name: 'Northern Lode',
        priority: 1,
        hasPassword: true,
        protocol: 'stratum-v1',
        url: 'stratum+ssl://lode.example.org:443',
      }),
      pretendPool({
        id: 'solo',
        name: 'Solo at home',
        priority: 2,
        protocol: 'stratum-v1',
        encrypted: false,
        state: 'waiting',
        retryAt: START + 24_000,
        problem: {
          code: 'pool/refused',
          message: 'solo.example.net refuses port 3333. Check the port.',
          at: START - 5000,
        },
      }),
    ],
  })
}

const order = (): (string | undefined)[] =>
  [...document.querySelectorAll<HTMLElement>('[data-testid^="pool-row-"]')].map((row) =>
    row.dataset.testid?.slice('pool-row-'.length),
  )

const menuItem = (label: string): HTMLElement => {
  const item = [...document.querySelectorAll<HTMLElement>('[role="menuitem"]')].find(
    (each) => each.textContent?.trim() === label,
  )
  if (item === undefined) throw new Error(`No menu item ${label}`)
  return item
}

describe('the pools screen', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  it('lists pools by priority with state in words, problem, remedy and countdown', async () => {
    app = await mountApp(threePools(), '/pools')
    expect(order()).toEqual(['ridge', 'lode', 'solo'])
    expect(app.text('pool-row-ridge')).toContain('Mining')
    expect(app.text('pool-row-ridge')).toContain('8 + 8 B')
    expect(app.text('pool-acknowledged-ridge')).toBe('48,211')
    expect(app.text('pool-row-lode')).toContain('Stratum V1 · TLS')
    expect(app.text('pool-row-solo')).toContain('Waiting to retry')
    expect(app.text('pool-row-solo')).toContain('again in 24 s')
    expect(app.text('pool-problem-solo')).toContain('Check the port.')
    await pass(10_000)
    expect(app.text('pool-row-solo')).toContain('again in 14 s')
  })

  it('switches with one click, and shows what it took beside the pool and as a message', async () => {
    const core = threePools()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-activate-lode'))
    expect(core.callsOf('pools.activate')).toEqual([{ id: 'lode' }])
    expect(app.get('pool-row-lode').dataset.active).toBe('true')
    expect(app.text('pool-switched-lode')).toBe('Switched in 84 ms · no rigs connected')
    expect(app.get('pool-active').dataset.poolId).toBe('lode')
    expect(app.find('pool-activate-ridge')).not.toBeNull()
    expect(document.querySelector('[data-sonner-toast]')?.textContent).toContain('Switched in 84 ms')
  })

  it('shows progress while a switch is under way and lets no second one start', async () => {
    const core = threePools()
    let answer = (): void => {}
    core.answerNext(
      'pools.activate',
      () => new Promise((resolve) => (answer = () => resolve(core.activate('lode')))),
    )
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-activate-lode'))
    expect(app.text('pool-activate-lode')).toContain('Switching')
    expect((app.get('pool-activate-solo') as HTMLButtonElement).disabled).toBe(true)
    expect(app.text('pool-active')).toContain('Switching to Northern Lode')
    answer()
    await pass()
    expect(app.text('pool-active')).toContain('Northern Lode')
  })

  it("says in the pool's own words why a switch failed, and leaves the old pool active", async () => {
    const core = threePools()
    core.answerNext(
      'pools.activate',
      () =>
        new ORPCError('BAD_GATEWAY', {
          message: 'solo.example.net refuses port 3333. Check the port.',
          data: { code: 'pool/refused', context: {} },
        }),
    )
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-activate-solo'))
    const toast = document.querySelector('[data-sonner-toast]')?.textContent
    expect(toast).toContain('Could not switch to Solo at home')
    expect(toast).toContain('refuses port 3333. Check the port.')
    expect(app.get('pool-active').dataset.poolId).toBe('ridge')
  })

  it('switches from the header too', async () => {
    const core = threePools()
    app = await mountApp(core, '/')
    await app.click(app.get('pool-active'))
    await app.click(app.get('switcher-pool-lode'))
    expect(core.callsOf('pools.activate')).toEqual([{ id: 'lode' }])
  })

  it('moves a pool with the arrow keys and keeps the focus on it', async () => {
    const core = threePools()
    app = await mountApp(core, '/pools')
    const handle = document.querySelector<HTMLElement>('[data-handle="solo"]')!
    handle.focus()
    handle.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }))
    await pass()
    expect(core.callsOf('pools.update')).toEqual([{ id: 'solo', priority: 1 }])
    expect(order()).toEqual(['ridge', 'solo', 'lode'])
    expect((document.activeElement as HTMLElement).dataset.handle).toBe('solo')
    expect(app.pageText()).toContain('Solo at home is now 2 of 3')
  })

  it('puts the order back when the core refuses it', async () => {
    const core = threePools()
    core.answerNext('pools.update', () => new Error('The settings file cannot be written.'))
    app = await mountApp(core, '/pools')
    const handle = document.querySelector<HTMLElement>('[data-handle="solo"]')!
    handle.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }))
    await pass()
    expect(order()).toEqual(['ridge', 'lode', 'solo'])
    expect(document.querySelector('[data-sonner-toast]')?.textContent).toContain('cannot be written')
  })

  it('opens the details of a pool with its reasons for rejecting', async () => {
    app = await mountApp(threePools(), '/pools')
    await app.click(document.querySelector<HTMLElement>('[aria-controls="pool-details-ridge"]')!)
    expect(app.text('pool-row-ridge')).toContain('Stale share31')
    expect(app.text('pool-row-ridge')).toContain('farm.headframe')
  })

  it('removes a pool only after asking, and shows why when it may not', async () => {
    const core = threePools()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-solo'))
    await app.click(menuItem('Remove'))
    expect(core.callsOf('pools.remove')).toEqual([])
    await app.click(app.get('confirm-action'))
    expect(core.callsOf('pools.remove')).toEqual([{ id: 'solo' }])
    expect(order()).toEqual(['ridge', 'lode'])

    await app.click(app.get('pool-menu-ridge'))
    await app.click(menuItem('Remove'))
    await app.click(app.get('confirm-action'))
    expect(app.pageText()).toContain('Switch to another pool first')
    expect(order()).toEqual(['ridge', 'lode'])
  })
})

describe('the pool form', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  it('adds a pool, named after its host when no name is given', async () => {
    const core = new PretendCore()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-add'))
    await app.type('pool-form-url', `stratum2+tcp://v2.example.com:3336/${KEY}`)
    expect(app.text('pool-form-url')).toContain('Stratum V2, encrypted')
    await app.type('pool-form-identity', 'farm.headframe')
    await app.click(app.get('pool-save'))
    expect(core.callsOf('pools.create')).toEqual([
      {
        url: `stratum2+tcp://v2.example.com:3336/${KEY}`,
        userIdentity: 'farm.headframe',
        name: 'v2.example.com',
        enabled: true,
      },
    ])
    expect(app.find('pool-form')).toBeNull()
    expect(app.text('pool-row-pool-1')).toContain('v2.example.com')
  })

  it('hints while typing, and corrects with one click', async () => {
    app = await mountApp(new PretendCore(), '/pools')
    await app.click(app.get('pool-add'))
    await app.type('pool-form-url', 'pool.example.com:3333')
    expect(app.text('pool-form-url')).toContain('start with stratum+tcp://')
    await app.click(
      [...app.get('pool-form-url').querySelectorAll('button')].find(
        (each) => each.textContent?.trim() === 'Do that',
      )!,
    )
    expect(app.get('pool-form-url').querySelector('input')?.value).toBe('stratum+tcp://pool.example.com:3333')
    await app.type('pool-form-url', 'stratum2+tcp://pool.example.com:3333')
    expect(app.text('pool-form-url')).toContain('authority key')
  })

  it('sends nothing while something needed is missing', async () => {
    const core = new PretendCore()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-add'))
    await app.click(app.get('pool-save'))
    expect(core.callsOf('pools.create')).toEqual([])
    expect(app.text('pool-form-url')).toContain('Enter the pool URL')
    expect(app.text('pool-form-identity')).toContain('Enter the account')
  })

  it("shows the core's objection at the field it is about, until that field changes", async () => {
    app = await mountApp(new PretendCore(), '/pools')
    await app.click(app.get('pool-add'))
    await app.type('pool-form-url', 'nonsense')
    await app.type('pool-form-identity', 'me')
    await app.type('pool-form-name', 'Mine')
    await app.click(app.get('pool-save'))
    expect(app.text('pool-form-url')).toContain('The pool URL has no scheme')
    expect(app.get('pool-form-url').querySelector('input')?.getAttribute('aria-invalid')).toBe('true')
    await app.type('pool-form-url', 'stratum+tcp://a.example:3333')
    expect(app.text('pool-form-url')).not.toContain('no scheme')
  })

  it('shows an objection that is about no field above the buttons', async () => {
    const core = threePools()
    core.answerNext(
      'pools.create',
      () =>
        new ORPCError('SERVICE_UNAVAILABLE', {
          message: 'The settings file cannot be written. Free some space.',
          data: { code: 'settings/not-written', context: {} },
        }),
    )
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-add'))
    await app.type('pool-form-url', 'stratum+tcp://a.example:3333')
    await app.type('pool-form-identity', 'me')
    await app.click(app.get('pool-save'))
    expect(app.text('pool-form-problem')).toContain('Free some space.')
  })

  it('tests a connection step by step without saving anything', async () => {
    const core = threePools()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-lode'))
    await app.click(menuItem('Edit or test'))
    await app.click(app.get('pool-test'))
    expect(core.callsOf('pools.test')).toEqual([
      { url: 'stratum+ssl://lode.example.org:443', userIdentity: 'farm.headframe', id: 'lode' },
    ])
    expect(app.get('pool-test-result').dataset.ok).toBe('true')
    expect(app.text('pool-test-result')).toContain('It works: first job after 121 ms')
    expect(app.text('pool-test-result')).toContain('Receive work')
    expect(core.callsOf('pools.update')).toEqual([])
  })

  it('shows how far a failing test came and what to do', async () => {
    const core = threePools()
    core.answerNext('pools.test', () => ({
      ok: false,
      steps: [
        { step: 'address', ok: true, tookMs: 2, detail: '192.0.2.55' },
        { step: 'connect', ok: false, tookMs: 5000, detail: 'No answer within 5 s' },
      ],
      problem: {
        code: 'pool/timeout',
        message: 'The pool did not answer within 5 s. Check the port.',
        at: START,
      },
    }))
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-lode'))
    await app.click(menuItem('Edit or test'))
    await app.click(app.get('pool-test'))
    expect(app.get('pool-test-result').dataset.ok).toBe('false')
    expect(app.text('pool-test-result')).toContain('It did not get to the first job')
    expect(app.text('pool-test-result')).toContain('Check the port.')
  })

  it('does not say twice what the failed step says already', async () => {
    const core = threePools()
    const message = '127.0.0.1:1 refused the connection. Check the port.'
    core.answerNext('pools.test', () => ({
      ok: false,
      steps: [{ step: 'connect', ok: false, tookMs: 3, detail: message }],
      problem: { code: 'connect/refused', message, at: START },
    }))
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-lode'))
    await app.click(menuItem('Edit or test'))
    await app.click(app.get('pool-test'))
    expect(app.text('pool-test-result').split(message)).toHaveLength(2)
  })

  it('sends only what changed, and never a stored password', async () => {
    const core = threePools()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-lode'))
    await app.click(menuItem('Edit or test'))
    expect(app.get('pool-form-password').querySelector('input')?.value).toBe('')
    await app.type('pool-form-name', 'North')
    await app.click(app.get('pool-save'))
    expect(core.callsOf('pools.update')).toEqual([{ id: 'lode', name: 'North' }])
  })

  it('forgets a stored password when told to', async () => {
    const core = threePools()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-lode'))
    await app.click(menuItem('Edit or test'))
    await app.click(
      [...app.get('pool-form-password').querySelectorAll('button')].find(
        (each) => each.textContent?.trim() === 'Forget it',
      )!,
    )
    await app.click(app.get('pool-save'))
    expect(core.callsOf('pools.update')).toEqual([{ id: 'lode', password: '' }])
  })
})
