/** Adding a pool as a person does, with the test that explains itself, and switching to it with proof. */
import { type Browser, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Downstream, type Pool, type PoolPreset } from '../../src-preload/contract/index.ts'
import { hasBrowser, launchBrowser } from '../support/browser.ts'
import { type DashboardPage, openDashboard, socketsOf } from '../support/dashboard-page.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

const STEPS = ['address', 'dns', 'tcp', 'noise', 'setup', 'channel', 'job'] as const

describe.skipIf(!hasBrowser())('pools in a browser', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let host: HeadlessProcess
  let browser: Browser
  let dashboard: DashboardPage
  let page: Page
  let practicePools: Pool[]

  const pools = (): Promise<Pool[]> => host.get<Pool[]>('/api/pools')
  const rigs = (): Promise<Downstream[]> => host.get<Downstream[]>('/api/downstreams')
  const field = (name: string): Locator => page.getByTestId('pool-form').getByLabel(name, { exact: false })
  const practice = (protocol: Pool['protocol']): Pool => {
    const found = practicePools.find((pool) => pool.protocol === protocol)
    if (found === undefined) throw new Error(`no practice pool speaks ${protocol}`)
    return found
  }
  /** Presses the button of the test and waits for its end. */
  async function runTest(): Promise<void> {
    await page.getByTestId('pool-test').click()
    await page.locator('[data-testid="pool-test-result"][data-state="done"]').waitFor()
  }
  async function stepStates(): Promise<Record<string, string | null>> {
    const states: Record<string, string | null> = {}
    for (const step of STEPS)
      states[step] = await page.getByTestId(`pool-test-step-${step}`).getAttribute('data-state')
    return states
  }

  async function expectOnlyThisMachine(): Promise<void> {
    const sockets = await socketsOf(host.ready.pid)
    if (sockets === null) return
    expect(sockets.here).toBeGreaterThan(0)
    expect(sockets.elsewhere).toEqual([])
  }

  beforeAll(async () => {
    folder = await temporaryFolder()
    host = await startHeadless(folder.path, ['--practice'])
    browser = await launchBrowser()
    dashboard = await openDashboard(browser, host)
    page = dashboard.page
    practicePools = await pools()
    await eventually('the rigs to connect', rigs, (list) => list.length >= 4)
  })

  afterAll(async () => {
    await browser.close()
    await host.end()
    await folder.remove()
  })

  it('fills the form from a public pool that was looked for by name, and contacts nobody', async () => {
    const presets = await host.get<PoolPreset[]>('/api/pools/presets')
    const wanted = presets.find(({ url }) => url.startsWith('stratum2+tcp://'))
    if (wanted === undefined) throw new Error('no preset speaks Stratum V2')
    await dashboard.go('/pools')
    await page.getByTestId('pool-add').click()
    await page.getByTestId('preset-search').fill(wanted.name)
    await page.getByTestId(`preset-${wanted.id}`).click()
    expect(await field('Pool URL').inputValue()).toBe(wanted.url)
    const notes = await page.getByTestId('pool-form-notes').innerText()
    for (const note of wanted.notes) expect(notes).toContain(note)
    expect(await page.getByTestId('pool-form').innerText()).toContain(wanted.identityHint)
    await expectOnlyThisMachine()
    expect(await pools()).toHaveLength(practicePools.length)
  })

  it('goes on from the public pool to a URL of one’s own without its notes', async () => {
    await field('Pool URL').fill(practice('stratum-v2').url)
    await page.getByTestId('pool-form-notes').waitFor({ state: 'detached' })
  })

  it('fails the connection test where the pool shows another key, and says what that means', async () => {
    const { url } = practice('stratum-v2')
    // A key that is one, but of somebody else: our own.
    await field('Pool URL').fill(url.replace(/\/[^/]*$/, `/${host.ready.authorityKey}`))
    await field('Account or payout address').fill('practice')
    await runTest()
    expect(await page.getByTestId('pool-test-result').getAttribute('data-ok')).toBe('false')
    expect(await stepStates()).toEqual({
      address: 'ok',
      // A number needs no looking up.
      dns: 'skipped',
      tcp: 'ok',
      noise: 'failed',
      setup: 'unreached',
      channel: 'unreached',
      job: 'unreached',
    })
    const told = await page.getByTestId('pool-test-step-noise').getByRole('alert').innerText()
    expect(told).toContain('is not signed by the authority key')
    expect(told).toContain('Compare the key with the one it publishes')
  })

  it('passes every step with the right key, and tells what came of each', async () => {
    // By name, so that it is looked up as well.
    await field('Pool URL').fill(practice('stratum-v2').url.replace('127.0.0.1', 'localhost'))
    await runTest()
    expect(await stepStates()).toEqual(Object.fromEntries(STEPS.map((step) => [step, 'ok'])))
    const result = page.getByTestId('pool-test-result')
    expect(await result.getAttribute('data-ok')).toBe('true')
    expect(await result.getByRole('status').innerText()).toMatch(/it works: first job after/i)
    expect(await pools()).toHaveLength(practicePools.length)
  })

  it('saves it at the end of the list, and rigs stay where they are', async () => {
    await field('Name here').fill('Second door')
    await page.getByTestId('pool-save').click()
    await page.getByTestId('pool-form').waitFor({ state: 'detached' })
    const added = (await pools()).at(-1)
    expect(added).toMatchObject({ name: 'Second door', active: false, rigCount: 0 })
    await page.getByTestId(`pool-row-${added?.id}`).waitFor()
    expect(await page.locator('[data-testid^="pool-row-"]').last().innerText()).toContain('Second door')
  })

  it.each(['stratum-v1', 'stratum-v2'] as const)(
    'switches to the %s pool from the header: no rig notices, and the first acknowledged share appears',
    async (protocol) => {
      const before = await rigs()
      // The one in use at first is Stratum V2; back to it means the one that was added.
      const target = protocol === 'stratum-v1' ? practice(protocol) : (await pools()).at(-1)
      await page.getByTestId('pool-active').click()
      await page.getByTestId(`switcher-pool-${target?.id}`).click()
      await page
        .locator('[data-testid="switch-proof"][data-phase="done"]')
        .filter({ hasText: `Switched to ${target?.name}` })
        .waitFor()
      const shown = async (id: string): Promise<number> =>
        Number(await page.getByTestId(`switch-proof-${id}`).getAttribute('data-value'))
      expect(await shown('seamless')).toBe(before.length)
      expect(await shown('setExtranonce')).toBe(0)
      expect(await shown('reconnected')).toBe(0)
      expect(await shown('took')).toBeGreaterThan(0)
      await page.locator('[data-testid="switch-proof-acknowledged"][data-state="yes"]').waitFor()
      // The sockets that were there are those that are there, and all of them work for the new pool.
      const after = await rigs()
      expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort())
      expect(new Set(after.map(({ poolId }) => poolId))).toEqual(new Set([target?.id]))
    },
  )

  it('keeps the rigs where they are when the pool cannot be reached, and says why', async () => {
    const { body: unreachable } = await host.send<Pool>('POST', '/api/pools', {
      name: 'Nobody there',
      // Port 1 of this machine: nothing listens there.
      url: 'stratum+tcp://127.0.0.1:1',
      userIdentity: 'practice',
    })
    const before = await rigs()
    await page.getByTestId(`pool-activate-${unreachable.id}`).click()
    await page.locator('[data-testid="switch-proof"][data-phase="failed"]').waitFor()
    expect(await page.getByTestId('switch-proof').innerText()).toContain('rigs stay with Second door')
    expect(await page.getByTestId('switch-proof-problem').innerText()).toMatch(/127\.0\.0\.1:1/)
    expect((await rigs()).map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort())
    await page.getByTestId('switch-proof-dismiss').click()
    await page.getByTestId('switch-proof').waitFor({ state: 'detached' })
  })

  it('logs no error in the browser, and asks nothing of anybody else', async () => {
    expect(dashboard.problems).toEqual([])
    expect(dashboard.strangers).toEqual([])
    await expectOnlyThisMachine()
  })
})
