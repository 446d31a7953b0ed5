/** The routing board by keyboard and menus, and a pool that fails: on the practice farm, in a real browser. */
import { type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Downstream, type Overview, type Pool, type Routing } from '../../src-preload/contract/index.ts'
import { hasBrowser, launchBrowser } from '../support/browser.ts'
import { type DashboardPage, openDashboard } from '../support/dashboard-page.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

describe.skipIf(!hasBrowser())('routing and failover in a browser', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let host: HeadlessProcess
  let browser: Browser
  let dashboard: DashboardPage
  let page: Page
  /** The one in use, and the other one. */
  let inUse: Pool
  let other: Pool
  /** Ids of the connections of all rigs at the start: none may end in all this. */
  let sockets: string[]

  const rigs = (): Promise<Downstream[]> => host.get<Downstream[]>('/api/downstreams')
  const overview = (): Promise<Overview> => host.get<Overview>('/api/overview')
  const routing = (): Promise<Routing> => host.get<Routing>('/api/routing')
  const acknowledgedBy = async (pool: Pool): Promise<number> => {
    const found = (await host.get<Pool[]>('/api/pools')).find(({ id }) => id === pool.id)
    return found?.shares.acknowledged ?? 0
  }
  /** Rigs of each pool as the core has them, by name. */
  const placesOf = async (): Promise<Record<string, string | null>> =>
    Object.fromEntries((await rigs()).map(({ name, poolId }) => [name, poolId]))
  const allAt = (pool: Pool, what: string): Promise<Downstream[]> =>
    eventually(what, rigs, (list) => list.length >= 4 && list.every(({ poolId }) => poolId === pool.id))
  const boardRig = (name: string): ReturnType<Page['locator']> =>
    page.locator('[data-testid^="board-rig-"]').filter({ hasText: name })
  const count = (place: string): ReturnType<Page['locator']> => page.getByTestId(`board-column-${place}`)
  const columnHas = (place: string, rigCount: number): Promise<void> =>
    count(place)
      .and(page.locator(`[data-count="${rigCount}"]`))
      .waitFor()

  beforeAll(async () => {
    folder = await temporaryFolder()
    host = await startHeadless(folder.path, ['--practice'])
    browser = await launchBrowser()
    dashboard = await openDashboard(browser, host)
    page = dashboard.page
    const list = await host.get<Pool[]>('/api/pools')
    inUse = list.find(({ active }) => active)!
    other = list.find(({ active }) => !active)!
    sockets = (await allAt(inUse, 'the rigs to work for the pool in use')).map(({ id }) => id).sort()
  })

  afterAll(async () => {
    await browser.close()
    await host.end()
    await folder.remove()
  })

  it('sends one rig to another pool by keyboard alone, and it works there', async () => {
    const before = await acknowledgedBy(other)
    await dashboard.go('/routing')
    await columnHas('follow', sockets.length)
    await page.getByTestId('board-list-follow').focus()
    // The cursor stands on the first rig: choose it, open the menu, go to the other pool.
    await page.keyboard.press('Space')
    expect(await page.getByTestId('board-chosen').getAttribute('data-count')).toBe('1')
    await page.keyboard.press('Enter')
    const item = page.getByTestId(`board-send-${other.id}`)
    await item.waitFor()
    for (let presses = 0; presses < 10; presses += 1) {
      if ((await item.and(page.locator(':focus')).count()) === 1) break
      await page.keyboard.press('ArrowDown')
    }
    await page.keyboard.press('Enter')
    await columnHas(other.id, 1)
    await columnHas('follow', sockets.length - 1)
    const sent = await eventually('one rig at the other pool', rigs, (list) =>
      list.some(({ poolId }) => poolId === other.id),
    )
    expect(sent.filter(({ poolId }) => poolId === other.id)).toHaveLength(1)
    expect(sent.filter(({ poolId }) => poolId === inUse.id)).toHaveLength(sockets.length - 1)
    await eventually(
      'a share of it that the other pool acknowledged',
      () => acknowledgedBy(other),
      (now) => now > before,
    )
  })

  it('lets a rig that has a rule follow again by the menu', async () => {
    await page.getByTestId(`board-list-${other.id}`).getByRole('row').click()
    await page.getByTestId('board-send').click()
    await page.getByTestId('board-send-follow').click()
    await columnHas('follow', sockets.length)
    await allAt(inUse, 'the rig to come back')
    await eventually('no rule to be kept', routing, (now) => now.rigs.length === 0)
  })

  it('takes a change back with Undo', async () => {
    // Those of the changes before, which are not to be taken back, go by themselves.
    const undo = page.getByRole('button', { name: 'Undo' })
    await eventually(
      'older messages to go',
      () => undo.count(),
      (count) => count === 0,
    )
    await page.getByTestId('board-list-follow').getByRole('row').last().click()
    await page.getByTestId('board-send').click()
    await page.getByTestId(`board-send-${other.id}`).click()
    await columnHas(other.id, 1)
    await undo.click()
    await columnHas('follow', sockets.length)
    await allAt(inUse, 'the rig to come back')
    await eventually('no rule to be kept', routing, (now) => now.rigs.length === 0)
  })

  it('makes a group of two rigs and sends it to another pool', async () => {
    const [first, second] = Object.keys(await placesOf()).sort()
    await boardRig(first!).click()
    await boardRig(second!).click()
    await page.getByTestId('board-group').click()
    await page.getByLabel('Name', { exact: true }).fill('Attic')
    await page.getByTestId('group-save').click()
    const [group] = (await eventually('the group to be kept', routing, ({ groups }) => groups.length === 1))
      .groups
    expect(group).toMatchObject({ name: 'Attic', poolId: null })
    const row = page.getByTestId(`board-group-${group?.id}`)
    await row.waitFor()
    expect(await row.innerText()).toContain('2')
    await row.getByRole('button').click()
    await page.getByTestId(`group-send-${group?.id}-${other.id}`).click()
    await columnHas(other.id, 2)
    await eventually(
      'both rigs of the group at the other pool, and no other',
      placesOf,
      (places) =>
        Object.values(places).filter((id) => id === other.id).length === 2 &&
        places[first!] === other.id &&
        places[second!] === other.id,
    )
    await page.getByTestId(`board-group-${group?.id}`).getByRole('button').click()
    await page.getByTestId(`group-remove-${group?.id}`).click()
    await columnHas('follow', sockets.length)
    await allAt(inUse, 'the rigs of the group to come back')
  })

  it('splits the hashrate in halves, keeps that, shows it, and ends it', async () => {
    await page.getByTestId('split-edit').click()
    await page.getByTestId(`split-percent-${other.id}`).fill('50')
    await page.getByTestId(`split-percent-${other.id}`).press('Tab')
    expect(await page.getByTestId('split-total').innerText()).toContain('100 %')
    await page.getByTestId('split-save').click()
    for (const pool of [inUse, other])
      expect(await page.getByTestId(`split-part-${pool.id}`).locator('[data-wanted]').innerText()).toBe(
        '50 %',
      )
    // The page shows it at once; the core has it a moment later.
    await eventually('the split to be kept', routing, ({ split }) =>
      [inUse, other].every(({ id }) => split.some((part) => part.poolId === id && part.percent === 50)),
    )
    await eventually('rigs at both pools', placesOf, (places) => {
      const ids = new Set(Object.values(places))
      return ids.has(inUse.id) && ids.has(other.id)
    })
    // It is there also after the page is loaded anew.
    await page.reload()
    await page.getByTestId(`split-part-${other.id}`).waitFor()
    await page.getByTestId('split-end').click()
    await page.getByTestId('split-card').getByText('All work for the pool in use').waitFor()
    await allAt(inUse, 'all rigs back at the pool in use')
    await eventually('no split to be kept', routing, ({ split }) => split.length === 0)
  })

  it('tells in the frame that another pool stands in when one is lost, why, and what happens next', async () => {
    await page.getByTestId('practice-badge').click()
    await page.getByTestId('practice-lose-pool').click()
    const bar = page.getByTestId('stand-in')
    await bar.waitFor({ timeout: 60_000 })
    const told = await bar.innerText()
    expect(told).toContain(`${other.name} stands in for ${inUse.name}`)
    expect(told).toMatch(/Rigs return by themselves once .* has served well for \d+ minutes?\./)
    expect((await overview()).standIn).not.toBeNull()
    expect(await page.getByTestId('pool-stands-in').innerText()).toContain(inUse.name)
    await allAt(other, 'all rigs at the stand-in')
    // On every screen.
    await dashboard.go('/rigs')
    await bar.waitFor()
    const before = await acknowledgedBy(other)
    await eventually(
      'the stand-in to pay for shares',
      () => acknowledgedBy(other),
      (now) => now > before,
    )
  })

  it('goes on saying that rigs return after good service once the pool is back, and returns at once when told to', async () => {
    await page.getByTestId('practice-badge').click()
    await page.getByTestId('practice-restore-pool').click()
    await eventually(
      'the pool to be ready again',
      () => host.get<Pool[]>('/api/pools'),
      (list) => list.find(({ id }) => id === inUse.id)?.state === 'ready',
      60_000,
    )
    expect(await page.getByTestId('stand-in').innerText()).toMatch(/Rigs return by themselves/)
    await page.getByTestId('stand-in-return').click()
    await page.getByTestId('stand-in').waitFor({ state: 'detached' })
    await allAt(inUse, 'all rigs back at the chosen pool')
  })

  it('has lost no connection of a rig in all this', async () => {
    expect((await rigs()).map(({ id }) => id).sort()).toEqual(sockets)
  })

  it('keeps the books', async () => {
    const { shares } = await overview()
    expect(shares.submitted).toBe(shares.valid + shares.stale + shares.duplicate + shares.invalid)
    expect(shares.valid).toBe(shares.acknowledged + shares.rejected + shares.pending + shares.lost)
  })

  it('logs no error in the browser, and asks nothing of anybody else', () => {
    expect(dashboard.problems).toEqual([])
    expect(dashboard.strangers).toEqual([])
  })
})
