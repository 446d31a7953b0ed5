/** Looking for oneself, in a real browser: the job, the timeline, the messages of a connection, bytes, the audit log. */
import { readFile } from 'node:fs/promises'
import { type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AuditState,
  type Bandwidth,
  type CurrentJob,
  type Link,
  type Pool,
} from '../../src-preload/contract/index.ts'
import { hasBrowser, launchBrowser } from '../support/browser.ts'
import { type DashboardPage, openDashboard, socketsOf } from '../support/dashboard-page.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

/** Over this long no error may come up on any screen. */
const WATCHED_MS = 60_000
const POOL_PASSWORD = 'not-to-be-written-down'

const number = (text: string | null): number => Number((text ?? '').replace(/[^\d.]/g, ''))

describe.skipIf(!hasBrowser())('jobs and traffic in a browser', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let host: HeadlessProcess
  let browser: Browser
  let dashboard: DashboardPage
  let page: Page
  let inUse: Pool
  let other: Pool
  let openedAt: number

  const pools = (): Promise<Pool[]> => host.get<Pool[]>('/api/pools')
  const job = (): Promise<CurrentJob> => host.get<CurrentJob>('/api/jobs/current')
  const text = (id: string): Promise<string> => page.getByTestId(id).innerText()
  /** Somebody else finds a block: every pool sends new work at once. */
  const newBlock = async (): Promise<void> => {
    const { status } = await host.send('POST', '/api/practice/events/change-tip')
    expect(status).toBe(200)
  }
  const practiceLever = async (event: string): Promise<void> => {
    await page.getByTestId('practice-badge').click()
    await page.getByTestId(`practice-${event}`).click()
  }

  beforeAll(async () => {
    folder = await temporaryFolder()
    host = await startHeadless(folder.path, ['--practice'])
    browser = await launchBrowser()
    dashboard = await openDashboard(browser, host)
    openedAt = Date.now()
    page = dashboard.page
    const list = await pools()
    inUse = list.find(({ active }) => active)!
    other = list.find(({ active }) => !active)!
    await eventually('a share', pools, (now) => now.some(({ shares }) => shares.acknowledged > 0))
  })

  afterAll(async () => {
    await browser.close()
    await host.end()
    await folder.remove()
  })

  it('shows the job being hashed, decoded, and the next one by itself', async () => {
    await dashboard.go('/jobs')
    await page.getByTestId('job-head').waitFor()
    const decoded = await job()
    const height = async (): Promise<number> => number(await text('inspector-height'))
    expect(await height()).toBe(decoded.height)
    expect(await page.getByTestId('job-head').getAttribute('data-pool')).toBe(inUse.id)
    expect(await text('job-network')).toMatch(/test|practice|regtest/i)
    expect(await text('job-tag')).toBe(decoded.tag)
    expect(await text('job-reward')).toMatch(/[1-9].*(BTC|sat)/)
    const paid = decoded.outputs.find(({ kind }) => kind === 'payout')
    expect(await page.locator('[data-testid^="job-output-"]').first().innerText()).toContain(paid?.address)
    expect(await page.locator('[data-testid^="job-output-"]').count()).toBe(decoded.outputs.length)
    await page.getByTestId('job-coinbase').waitFor()
    expect(await page.getByTestId('job-previous').getAttribute('data-hash')).toMatch(/^[0-9a-f]{64}$/)
    await practiceLever('change-tip')
    await eventually('the next block on the screen', height, (now) => now > (decoded.height ?? 0))
  })

  it('listens to another pool when asked, shows its job too, and who of the two knew of a block first', async () => {
    await dashboard.go('/pools')
    await page.getByTestId(`pool-menu-${other.id}`).click()
    await page.getByRole('menuitem', { name: 'Listen to compare' }).click()
    await page.getByTestId(`pool-listens-${other.id}`).waitFor()
    await eventually(
      'the other pool to be connected',
      pools,
      (list) => list.find(({ id }) => id === other.id)?.state === 'ready',
    )
    await dashboard.go('/jobs')
    await page.getByTestId('job-pool').getByText(other.name, { exact: true }).click()
    await page.locator(`[data-testid="job-head"][data-pool="${other.id}"]`).waitFor()
    await page.getByText('Only listened to: no rig works on this job.').waitFor()

    await page.getByTestId('jobs-tab-timeline').click()
    await page.getByTestId(`timeline-lane-${inUse.id}`).waitFor()
    await page.getByTestId(`timeline-lane-${other.id}`).waitFor()
    await newBlock()
    const rows = page.getByTestId('tip-table').locator('tbody tr')
    await rows.first().waitFor()
    await page
      .getByTestId(`lag-${other.id}`)
      .getByText(/first|later|behind|ms/i)
      .first()
      .waitFor()
    // The newest job of a lane, by keyboard.
    await page.getByTestId(`timeline-lane-${other.id}`).getByRole('group').focus()
    await page.keyboard.press('End')
    expect(await text('timeline-detail')).toMatch(/(new block|fresh work)\s*for block [\d,.\s]+/)
    expect(await text('timeline-detail')).toContain(other.name)

    await page.getByTestId('jobs-tab-warnings').click()
    await page.getByTestId('screen-jobs').getByRole('heading', { level: 1 }).waitFor()
    expect(page.url()).toContain('/jobs/warnings')
  })

  it('lists every connection of the core, to pools and from rigs', async () => {
    await dashboard.go('/connections')
    await page.getByTestId('links-table').waitFor()
    const links = await host.get<Link[]>('/api/links')
    expect(links.filter(({ side }) => side === 'downstream').length).toBeGreaterThanOrEqual(4)
    for (const { id, name } of links) expect(await page.getByTestId(`link-${id}`).innerText()).toContain(name)
    await page
      .getByTestId('links-side')
      .getByText(/^To pools/)
      .click()
    expect(await page.locator('[data-testid^="link-"]').count()).toBe(
      links.filter(({ side }) => side === 'upstream').length,
    )
  })

  it('shows the messages of the pool’s connection decoded as they come, stands still, and goes on', async () => {
    const link = (await host.get<Link[]>('/api/links')).find(({ poolId }) => poolId === inUse.id)
    await page.getByTestId(`link-${link?.id}`).click()
    await page.locator('[data-testid="screen-protocol-view"][data-phase="live"]').waitFor()
    expect(await text('protocol-name')).toBe(inUse.name)
    await practiceLever('change-tip')
    const shown = page.getByTestId('frames').locator('[data-kind="frame"]')
    await shown.filter({ hasText: 'SetNewPrevHash' }).first().waitFor()
    await shown.filter({ hasText: 'NewExtendedMiningJob' }).first().waitFor()

    await shown.filter({ hasText: 'SetNewPrevHash' }).first().click()
    await page.getByTestId('frame-detail').waitFor()
    expect(await text('frame-detail')).toMatch(/prev.?hash/i)
    expect(number(await text('frame-bytes'))).toBeGreaterThan(0)
    expect(await text('frame-hex')).toMatch(/[0-9a-f]{2}/)

    await page.getByTestId('frames-pause').click()
    expect(await text('protocol-state')).toBe('Paused')
    const count = async (): Promise<number> => number(await text('frames-count'))
    const still = await count()
    await newBlock()
    await page
      .getByTestId('frames-pause')
      .getByText(/Continue \(\d+ new\)/)
      .waitFor()
    expect(await count()).toBe(still)
    await page.getByTestId('frames-pause').click()
    await eventually('what came meanwhile', count, (now) => now > still)
    expect(await text('protocol-state')).toBe('Live')
  })

  it('finds shares among the messages', async () => {
    await page.getByTestId('frames-search').fill('SubmitShares')
    await page.getByTestId('frames').locator('[data-kind="frame"]').first().waitFor({ timeout: 60_000 })
    const names = await page.getByTestId('frames').locator('[data-kind="frame"]').allInnerTexts()
    for (const name of names) expect(name).toContain('SubmitShares')
    await page.getByTestId('protocol-back').click()
    await page.getByTestId('links-table').waitFor()
  })

  it('tells what Stratum V2 saves of this person’s own bytes, and how that is computed', async () => {
    // Too early to say with less than ten jobs.
    for (let blocks = 0; blocks < 10; blocks += 1) await newBlock()
    await page.getByTestId('traffic-tab-bandwidth').click()
    const verdict = page.locator('[data-testid^="bandwidth-verdict-"]')
    await verdict
      .getByText(/Stratum V2\s+takes \d+(\.\d+)?\s?% (less|more)/)
      .first()
      .waitFor({ timeout: 60_000 })
    const { upstream, method } = await host.get<Bandwidth>('/api/bandwidth')
    const row = upstream.find(({ poolId }) => poolId === inUse.id)
    expect(row?.bytesIn).toBeGreaterThan(0)
    expect(row?.otherBytesIn).toBeGreaterThan(0)
    await page.getByTestId('bandwidth-method-toggle').click()
    expect(await page.getByTestId('bandwidth-method').locator('li').allInnerTexts()).toEqual(method)
  })

  it('records traffic once it is switched on, with secrets masked', async () => {
    await page.getByTestId('traffic-tab-audit').click()
    await page.getByTestId('audit-off').waitFor()
    await page.getByTestId('audit-enabled').click()
    await page.locator('[data-testid="audit-card"][data-enabled="true"]').waitFor()
    expect((await host.get<AuditState>('/api/audit/state')).settings.enabled).toBe(true)
    // A password goes over the wire when a Stratum V1 pool is signed in to.
    await host.send('PATCH', `/api/pools/${other.id}`, { password: POOL_PASSWORD, listens: false })
    await host.send('POST', `/api/pools/${other.id}/activate`)
    await page.getByTestId('audit-filter-text').fill('mining.authorize')
    const records = page.getByTestId('audit-records').locator('[data-record]')
    await eventually(
      'the record of the sign-in',
      async () => {
        await page.getByTestId('audit-refresh').click()
        return records.count()
      },
      (count) => count > 0,
    )
    await records.first().click()
    expect(await text('audit-detail-text')).toMatch(/mining\.authorize.*\*\*\*/s)
    await page.getByTestId('audit-filter-text').fill('')
  })

  it.each(['csv', 'ndjson'] as const)(
    'exports the records as %s, into a file without the password',
    async (format) => {
      await page.getByTestId('audit-export').click()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByTestId(`audit-export-${format}`).click(),
      ])
      expect(download.suggestedFilename()).toMatch(new RegExp(`\\.${format}$`))
      const written = await readFile(await download.path(), 'utf8')
      const lines = written.trimEnd().split('\n')
      expect(lines.length).toBeGreaterThan(3)
      if (format === 'csv') expect(lines[0]).toMatch(/at.*direction.*name/i)
      else for (const line of lines) expect(Object.keys(JSON.parse(line) as object)).toContain('direction')
      expect(written).toContain('mining.authorize')
      expect(written).not.toContain(POOL_PASSWORD)
      await page.locator('[data-testid="audit-export-state"][data-phase="done"]').waitFor()
    },
  )

  it('stops recording when it is switched off, and what was recorded stays', async () => {
    await page.getByTestId('audit-enabled').click()
    await page.locator('[data-testid="audit-card"][data-enabled="false"]').waitFor()
    expect(await page.getByTestId('audit-records').locator('[data-record]').count()).toBeGreaterThan(0)
  })

  it('shows every screen for a minute without an error, and asks nothing of anybody else', async () => {
    const insight = ['/jobs', '/jobs/timeline', '/jobs/warnings', '/connections', '/connections/bandwidth']
    const screens = ['/', '/pools', '/routing', '/rigs', ...insight, '/connections/audit']
    for (const [index, screen] of screens.entries()) {
      await dashboard.go(screen)
      await page.getByRole('heading').first().waitFor()
      // The rest of the minute, an equal part on each.
      const part = openedAt + (WATCHED_MS * (index + 1)) / screens.length
      await eventually(
        'the time on this screen to pass',
        () => Promise.resolve(Date.now()),
        (now) => now > part,
      )
    }
    expect(dashboard.problems).toEqual([])
    expect(dashboard.strangers).toEqual([])
    expect((await socketsOf(host.ready.pid))?.elsewhere ?? []).toEqual([])
  })
})
