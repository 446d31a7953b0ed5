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
        transport: 'tls',
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

/** What a new pool is sent with when nobody touched its advanced settings. */
const USUAL = {
  fallbackUrl: null,
  lines: 'shared',
  namesRigs: true,
  mayMoveTo: 'same-host',
  listens: false,
  solo: false,
  versionRolling: 'bip320',
}

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
    expect(app.text('pool-acknowledged-ridge')).toBe('48,211')
    expect(app.text('pool-row-lode')).toContain('Stratum V1 · TLS')
    expect(app.text('pool-row-solo')).toContain('Waiting to retry')
    expect(app.text('pool-row-solo')).toContain('again in 24 s')
    expect(app.text('pool-problem-solo')).toContain('Check the port.')
    await pass(10_000)
    expect(app.text('pool-row-solo')).toContain('again in 14 s')
  })

  it('switches with one click', async () => {
    const core = threePools()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-activate-lode'))
    expect(core.callsOf('pools.activate')).toEqual([{ id: 'lode' }])
    expect(app.get('pool-row-lode').dataset.active).toBe('true')
    expect(app.get('pool-active').dataset.poolId).toBe('lode')
    expect(app.find('pool-activate-ridge')).not.toBeNull()
  })

  it('says how well a pool serves and why, where it is reached, and what works for it', async () => {
    const core = threePools()
    core.changePool('lode', {
      state: 'ready',
      transport: 'tls',
      health: { verdict: 'doubtful', because: 'It hears of new blocks 0.9 s after Copper Ridge.' },
      endpoint: {
        protocol: 'stratum-v1',
        transport: 'tls',
        host: 'backup.example.org',
        port: 443,
        fallback: true,
      },
      listens: true,
      lineCount: 1,
    })
    core.changePool('ridge', { rigCount: 8, lineCount: 1, hashrateHs: 4.1e13 })
    app = await mountApp(core, '/pools')
    expect(app.text('pool-health-lode')).toContain('hears of new blocks 0.9 s after')
    expect(app.text('pool-row-lode')).toContain('Worth a look')
    expect(app.text('pool-host-lode')).toBe('backup.example.org:443')
    expect(app.text('pool-fallback-lode')).toBe('second way in')
    expect(app.text('pool-listens-lode')).toBe('Listening')
    expect(app.text('pool-rigs-ridge')).toBe('41.0 TH/s8 rigs, 1 line')
    expect(app.find('pool-health-ridge')).toBeNull()
    expect(app.find('pool-listens-ridge')).toBeNull()
    expect(app.find('pool-fallback-ridge')).toBeNull()
  })

  it('tells apart the pool that was chosen and the one that stands in for it', async () => {
    const core = threePools()
    core.changePool('ridge', { active: false, preferred: true, state: 'silent' })
    core.changePool('lode', { active: true, preferred: false, state: 'ready' })
    core.tick({
      preferredPool: { id: 'ridge', name: 'Copper Ridge' },
      standIn: { since: START - 60_000, because: 'Copper Ridge has sent no work for 3 min.' },
    })
    app = await mountApp(core, '/pools')
    expect(app.text('pool-preferred-ridge')).toBe('Chosen')
    expect(app.text('pool-stand-in-lode')).toBe('Stands in')
    expect(app.find('pool-stand-in-ridge')).toBeNull()
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

  it("says in the pool's own words why a switch failed, and that the rigs stay where they were", async () => {
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
    expect(app.get('switch-proof').dataset.phase).toBe('failed')
    expect(app.text('switch-proof')).toContain(
      'Could not switch to Solo at home: rigs stay with Copper Ridge.',
    )
    expect(app.text('switch-proof-problem')).toBe('solo.example.net refuses port 3333. Check the port.')
    expect(app.get('pool-active').dataset.poolId).toBe('ridge')
    await app.click(app.get('switch-proof-retry'))
    expect(app.get('switch-proof').dataset.phase).toBe('done')
    expect(app.get('pool-active').dataset.poolId).toBe('solo')
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
    expect(app.text('pool-row-ridge')).toContain('Too late31')
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
        ...USUAL,
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

  it("offers the core's suggestion as one click, and names the part that is wrong", async () => {
    app = await mountApp(new PretendCore(), '/pools')
    await app.click(app.get('pool-add'))
    await app.type('pool-form-url', 'pool.example.com:3333')
    await app.type('pool-form-identity', 'me')
    await app.type('pool-form-name', 'Mine')
    await app.click(app.get('pool-save'))
    expect(app.text('pool-form-url')).toContain('Start of the URL: The pool URL has no scheme')
    await app.click(app.get('pool-form-suggestion'))
    expect(app.get('pool-form-url').querySelector('input')?.value).toBe('stratum+tcp://pool.example.com:3333')
    expect(app.find('pool-form-suggestion')).toBeNull()
  })

  it('starts from a public pool: its URL with key, second way in, lines and notes', async () => {
    const core = new PretendCore()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-add'))
    expect(app.find('preset-open-seam')).not.toBeNull()
    await app.type('preset-search', 'solo 2 %')
    expect(app.find('preset-open-seam')).toBeNull()
    await app.click(app.get('preset-lone-pick'))
    expect(app.text('pool-form-notes')).toContain('nothing until you find a block')
    expect(app.text('pool-form-identity')).toContain('Your Bitcoin address. A block that you find')
    await app.type('pool-form-identity', 'bc1qexample')
    await app.click(app.get('pool-save'))
    expect(core.callsOf('pools.create')).toEqual([
      {
        ...USUAL,
        enabled: true,
        name: 'Lone Pick',
        url: `stratum2+tcp://solo.lone-pick.example.net:3336/${KEY}`,
        userIdentity: 'bc1qexample',
        fallbackUrl: 'stratum+tcp://solo.lone-pick.example.net:3333',
        lines: 'per-rig',
        solo: true,
      },
    ])
  })

  it('says when no public pool matches, and why when there is no list', async () => {
    const core = new PretendCore()
    core.answerNext('pools.presets', () => new Error('The list is being read.'))
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-add'))
    expect(app.text('pool-form').length).toBeGreaterThan(0)
    expect(app.pageText()).toContain('The list could not be loaded. The list is being read.')
    await app.click(
      [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === 'Try again')!,
    )
    await app.type('preset-search', 'no such pool')
    expect(app.pageText()).toContain('No public pool here matches “no such pool”.')
  })

  it('keeps what most people never touch folded away, and sends only what was changed there', async () => {
    const core = threePools()
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-lode'))
    await app.click(menuItem('Edit or test'))
    expect(app.find('pool-form-fallback')).toBeNull()
    expect(app.text('pool-advanced')).toContain('as usual')
    await app.click(app.get('pool-advanced'))
    await app.type('pool-form-fallback', 'stratum+tcp://lode.example.org:3333')
    await app.click(app.get('pool-form-lines').querySelectorAll<HTMLElement>('[role="radio"]')[1]!)
    expect(app.find('pool-form-names-rigs')).toBeNull()
    for (const toggle of ['may-move', 'solo', 'listens'])
      await app.click(app.get(`pool-form-${toggle}`).querySelector<HTMLElement>('[role="switch"]')!)
    await app.click(app.get('pool-form-version-rolling').querySelectorAll<HTMLElement>('[role="radio"]')[1]!)
    expect(app.text('pool-advanced')).toContain('6 settings not as usual')
    await app.click(app.get('pool-save'))
    expect(core.callsOf('pools.update')).toEqual([
      {
        id: 'lode',
        fallbackUrl: 'stratum+tcp://lode.example.org:3333',
        lines: 'per-rig',
        mayMoveTo: 'any-host',
        listens: true,
        solo: true,
        versionRolling: 'bip323',
      },
    ])
  })

  it('opens the folded part when the core objects to something in it', async () => {
    const core = threePools()
    core.answerNext(
      'pools.update',
      () =>
        new ORPCError('BAD_REQUEST', {
          message: 'The port is missing.',
          data: {
            code: 'pool/invalid-url',
            context: { field: 'fallbackUrl', part: 'port', suggestion: null },
          },
        }),
    )
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-lode'))
    await app.click(menuItem('Edit or test'))
    await app.click(app.get('pool-advanced'))
    await app.type('pool-form-fallback', 'stratum+tcp://lode.example.org')
    await app.click(app.get('pool-advanced'))
    await app.click(app.get('pool-save'))
    expect(app.text('pool-form-fallback')).toContain('Port: The port is missing.')
  })

  const testLode = async (core: PretendCore): Promise<void> => {
    app = await mountApp(core, '/pools')
    await app.click(app.get('pool-menu-lode'))
    await app.click(menuItem('Edit or test'))
    await app.click(app.get('pool-test'))
  }
  const stepState = (step: string): string | undefined => app.get(`pool-test-step-${step}`).dataset.state

  it('tests a connection step by step as it happens, without saving anything', async () => {
    const core = threePools()
    core.poolTest = {
      ok: true,
      done: true,
      problem: null,
      steps: [
        { step: 'address', ok: true, tookMs: 1, detail: 'Stratum V1 over TLS, port 443' },
        { step: 'dns', ok: true, tookMs: 20, detail: '192.0.2.55' },
        { step: 'tcp', ok: true, tookMs: 20, detail: 'Connected' },
        { step: 'tls', ok: true, tookMs: 20, detail: 'The certificate is good until May' },
        { step: 'setup', ok: true, tookMs: 20, detail: 'Stratum V1' },
        { step: 'channel', ok: true, tookMs: 20, detail: 'Signed in' },
        { step: 'job', ok: true, tookMs: 20, detail: 'Height 924,518' },
      ],
    }
    core.testStepMs = 100
    await testLode(core)
    expect(core.callsOf('pools.testLive')).toEqual([
      { url: 'stratum+ssl://lode.example.org:443', userIdentity: 'farm.headframe', id: 'lode' },
    ])
    expect(stepState('address')).toBe('running')
    expect(stepState('tls')).toBe('waiting')
    expect(app.find('pool-test-step-noise')).toBeNull()
    await pass(300)
    expect(stepState('tcp')).toBe('ok')
    expect(stepState('tls')).toBe('running')
    expect(app.text('pool-test-step-tls')).toContain('Agrees on encryption and checks the certificate.')
    await pass(1000)
    expect(app.get('pool-test-result').dataset.ok).toBe('true')
    expect(app.text('pool-test-result')).toContain('It works: first job after 121 ms')
    expect(app.text('pool-test-step-job')).toContain('Receive work')
    expect(app.text('pool-test-step-job')).toContain('Height 924,518')
    expect(core.callsOf('pools.update')).toEqual([])
  })

  it('can be stopped, and keeps what it found until then', async () => {
    const core = threePools()
    core.testStepMs = 1000
    await testLode(core)
    await pass(1100)
    await app.click(app.get('pool-test-cancel'))
    expect(app.get('pool-test-result').dataset.state).toBe('cancelled')
    expect(stepState('address')).toBe('ok')
    expect(stepState('dns')).toBe('unreached')
    await pass(20_000)
    expect(stepState('dns')).toBe('unreached')
    await app.click(app.get('pool-test-close'))
    expect(app.find('pool-test-result')).toBeNull()
  })

  it('shows at which step a failing test ended and what to do, once', async () => {
    const core = threePools()
    const message = 'The pool did not answer within 5 s. Check the port.'
    core.poolTest = {
      ok: false,
      done: true,
      steps: [
        { step: 'address', ok: true, tookMs: 2, detail: 'Stratum V1 over TLS' },
        { step: 'dns', ok: true, tookMs: 2, detail: '192.0.2.55' },
        { step: 'tcp', ok: false, tookMs: 5000, detail: message },
      ],
      problem: { code: 'connect/timeout', message, at: START },
    }
    await testLode(core)
    expect(app.get('pool-test-result').dataset.ok).toBe('false')
    expect(app.text('pool-test-result')).toContain('It did not get to the first job: “Reach the pool” failed')
    expect(stepState('tcp')).toBe('failed')
    expect(stepState('setup')).toBe('unreached')
    expect(app.text('pool-test-step-tcp')).toContain('5.0 s')
    expect(app.text('pool-test-step-tcp').split(message)).toHaveLength(2)
  })

  it('says that a test could not even begin', async () => {
    const core = threePools()
    core.answerNext('pools.testLive', () => new Error('Headframe is stopping.'))
    await testLode(core)
    expect(app.text('pool-test-result')).toContain('The test could not be made')
    expect(app.text('pool-test-result')).toContain('Headframe is stopping.')
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
