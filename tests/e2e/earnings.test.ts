/**
 * History and earnings in the whole program: the practice farm is given a year, which is looked at, added up, printed,
 * copied and put back in a real browser, while its rigs go on mining.
 */
import { readFile } from 'node:fs/promises'
import { type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Downstream,
  type EarningsReport,
  type HistorySource,
  type KeepingState,
  type Payout,
  type Rig,
  type Scan,
  type ScanSuggestion,
} from '../../src-preload/contract/index.ts'
import { hasBrowser, launchBrowser } from '../support/browser.ts'
import { type DashboardPage, openDashboard } from '../support/dashboard-page.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'
import { readCsv } from '../support/read-csv.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A year of all rigs, written beside everything else that runs. */
const YEAR_LIMIT_MS = 400_000
/** Reading a year whole, twice, beside everything else that runs. */
const BACKUP_LIMIT_MS = 180_000
/** Rigs of the farm that mine here from the start and answer at the first ports. Those that answer later stay unknown: a smaller year. */
const FIRST_RIGS = ['gamma', 'nerdqaxe']
const MANUAL_SATS = 54_321
/** Sums of these columns are the totals of the report, by the name that it has there. */
const SUMMED = {
  expected_sats: 'expectedSats',
  reported_sats: 'reportedSats',
  received_sats: 'receivedSats',
  energy_wh: 'energyWh',
  cost_minor: 'costMinor',
  revenue_minor: 'revenueMinor',
} as const satisfies Record<string, keyof EarningsReport['totals']>

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let host: HeadlessProcess

async function table(path: string): Promise<string> {
  const response = await fetch(`${host.ready.dashboard}${path}`, {
    headers: { authorization: `Bearer ${host.ready.token}`, accept: 'text/csv' },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/csv')
  return response.text()
}

/** @returns the rows below the header, by column */
function rowsOf(csv: string): Record<string, string>[] {
  const [columns = [], ...rows] = readCsv(csv)
  return rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [columns[index], cell])))
}

/** As a spreadsheet sums: empty cells are left out. @returns null for a column of empty cells */
function sumOf(rows: readonly Record<string, string>[], column: string): number | null {
  const cells = rows.map((row) => row[column]).filter((cell) => cell !== '')
  return cells.length === 0 ? null : cells.reduce((sum, cell) => sum + Number(cell), 0)
}
const sums = (rows: readonly Record<string, string>[]) =>
  Object.fromEntries(Object.keys(SUMMED).map((column) => [column, sumOf(rows, column)]))
const totals = ({ totals: all }: EarningsReport) =>
  Object.fromEntries(Object.entries(SUMMED).map(([column, name]) => [column, all[name]]))

beforeAll(async () => {
  folder = await temporaryFolder()
  host = await startHeadless(folder.path, ['--practice'])
})

afterAll(async () => {
  await host.end()
  await folder.remove()
})

describe.skipIf(!hasBrowser())('history and earnings in a browser', () => {
  let browser: Browser
  let dashboard: DashboardPage
  let page: Page
  /** Midnight: what lies before it does not change any more. */
  const todayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS
  const range = `from=${todayMs - 364 * DAY_MS}&to=${todayMs}`

  const input = (id: string) => page.getByTestId(id).locator('input')
  /** The charts of the explorer whose label, which is read aloud, tells of values. */
  const chartsWithValues = () =>
    page.locator('[data-testid^="explorer-chart-"] [role="img"][aria-label*="on average"]')
  const shownSpanMs = (): number => {
    const query = new URLSearchParams(page.url().split('?')[1])
    return Number(query.get('to')) - Number(query.get('from'))
  }
  /** The explorer, once it has drawn what the address asks for. */
  async function drawn(): Promise<void> {
    await page.locator('[data-testid="explorer"][data-busy="false"]').waitFor()
    await chartsWithValues().first().waitFor()
  }

  beforeAll(async () => {
    browser = await launchBrowser()
    dashboard = await openDashboard(browser, host)
    page = dashboard.page
    const [nearest] = await eventually(
      'the first rigs to be on the network',
      async () =>
        (await host.get<ScanSuggestion[]>('/api/scans/suggestions')).filter(({ preferred }) => preferred),
      ([first]) => (first?.addresses ?? 0) >= FIRST_RIGS.length,
    )
    const [, address, port] = /^(.+):(\d+)/.exec(nearest?.target ?? '') ?? []
    const targets = FIRST_RIGS.map((_, index) => `${address}:${Number(port) + index}`)
    const { body } = await host.send<Scan>('POST', '/api/scans', { targets })
    await eventually(
      'the search to end',
      () => host.get<Scan>(`/api/scans/${body.id}`),
      ({ state }) => state !== 'running',
      60_000,
    )
    await eventually(
      'the first rigs to mine here and to say how',
      () => host.get<Rig[]>('/api/rigs'),
      (rigs) =>
        FIRST_RIGS.every((name) =>
          rigs.some((rig) => rig.name === name && rig.minesHere === true && (rig.powerW ?? 0) > 0),
        ),
    )
  }, 120_000)

  afterAll(async () => {
    await browser.close()
  })

  it(
    'gives the practice farm a year, and shows what it earned by day, week, month and year',
    async () => {
      await page.getByTestId('practice-badge').click()
      await page.getByTestId('practice-add-year').click()
      await page.getByText('The practice farm now has a year behind it').waitFor({ timeout: YEAR_LIMIT_MS })
      await dashboard.go('/earnings')
      for (const name of ['Day', 'Week', 'Month', 'Year']) {
        await page.getByTestId('earnings-period').getByText(name, { exact: true }).click()
        await page.locator('[aria-busy="false"] [data-testid="earnings-chart"]').waitFor()
        await page
          .getByTestId('total-expected')
          .getByText(/\$[1-9\d]/)
          .waitFor()
        await page.getByTestId('earnings-shape').getByText('Table').click()
        await page.getByTestId('earnings-table').locator('tbody tr').first().waitFor()
        await page.getByTestId('earnings-shape').getByText('Chart').click()
      }
      await page.getByTestId('earnings-back').click()
      await page
        .getByTestId('earnings-title')
        .getByText(String(new Date().getUTCFullYear() - 1))
        .waitFor()
      const report = await host.get<EarningsReport>(`/api/earnings?${range}&bucket=month`)
      expect(report.rows.length).toBeGreaterThanOrEqual(12)
      expect(report.rows.every(({ expectedSats }) => (expectedSats ?? 0) > 0)).toBe(true)
      expect(report.totals.energyWh).toBeGreaterThan(0)
      expect(report.totals.coverageRatio).toBeGreaterThan(0.9)
    },
    YEAR_LIMIT_MS + 60_000,
  )

  it('saves tables whose columns add up to what the screens and the API say', async () => {
    const report = await host.get<EarningsReport>(`/api/earnings?${range}&bucket=week`)
    const days = rowsOf(await table(`/api/earnings?${range}`))
    expect(days).toHaveLength(364)
    expect(sums(days)).toEqual(totals(report))
    // Taken from its own line: on days on which income is not known there is cost, but no profit.
    expect(report.totals.profitMinor).toBe(sumOf(days, 'revenue_minor')! - sumOf(days, 'cost_minor')!)
    const payouts = rowsOf(await table(`/api/payouts?${range}`))
    expect(sumOf(payouts, 'sats')).toBe(report.totals.receivedSats)

    await page.getByTestId('earnings-csv').click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByTestId('earnings-csv-days').click(),
    ])
    expect(download.suggestedFilename()).toMatch(/\.csv$/)
    const saved = rowsOf(await readFile(await download.path(), 'utf8'))
    const lastYear = new Date().getUTCFullYear() - 1
    const own = await host.get<EarningsReport>(
      `/api/earnings?from=${Date.UTC(lastYear, 0)}&to=${Date.UTC(lastYear + 1, 0)}&bucket=year`,
    )
    expect(own.totals.expectedSats).toBeGreaterThan(0)
    expect(sums(saved)).toEqual(totals(own))
  })

  it('takes a payment by hand, and names the hours of a tariff that have no price', async () => {
    await dashboard.go('/earnings/payouts')
    await page.getByTestId('payout-add').click()
    await input('payout-amount').fill(String(MANUAL_SATS))
    await input('payout-note').fill('Over Lightning')
    await page.getByTestId('payout-save').click()
    const row = page.locator('tr', { hasText: 'Over Lightning' })
    await row.getByText('54,321').waitFor()
    await row.getByText('by hand').waitFor()
    const kept = await host.get<Payout[]>('/api/payouts')
    expect(kept.find(({ note }) => note === 'Over Lightning')).toMatchObject({
      sats: MANUAL_SATS,
      kind: 'manual',
    })

    await dashboard.go('/earnings/costs')
    await page.getByTestId('tariff-add').click()
    await page.getByText('By hour and day').click()
    for (const [id, value] of [
      ['period-1-price', '0.32'],
      ['period-2-price', '0.21'],
      ['period-2-from', '23:00'],
    ] as const)
      await page.getByTestId(id).fill(value)
    const problems = page.getByTestId('tariff-problems')
    await problems.getByText(/22:00/).first().waitFor()
    await page.getByTestId('period-2-from').fill('22:00')
    await problems.waitFor({ state: 'detached' })
  })

  it('puts a month on paper, without the window around it', async () => {
    await dashboard.go('/earnings/statement')
    const sheet = page.getByTestId('statement-sheet')
    await sheet.waitFor()
    const month = await page.getByTestId('statement-title').innerText()
    await page.emulateMedia({ media: 'print' })
    expect(await sheet.isVisible()).toBe(true)
    expect(await sheet.innerText()).toContain(month)
    for (const role of ['navigation', 'tablist', 'banner', 'button'] as const)
      expect(
        await page.getByRole(role).evaluateAll((all) => all.filter((each) => each.checkVisibility()).length),
        role,
      ).toBe(0)
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1')
    expect(pdf.startsWith('%PDF-')).toBe(true)
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeLessThanOrEqual(2)
    await page.emulateMedia({ media: 'screen' })
  })

  it('zooms from a year to an hour and back, for all rigs and for one', async () => {
    await dashboard.go('/history?range=365d')
    await drawn()
    await eventually(
      'the year to be drawn in full',
      () => page.getByTestId('explorer-status').innerText(),
      (text) => text.startsWith('each point is'),
    )
    expect(await chartsWithValues().count()).toBeGreaterThanOrEqual(3)
    const yearStatus = await page.getByTestId('explorer-status').innerText()
    // By hand first: a tenth of the year is dragged over.
    const plot = page.locator('[data-testid^="explorer-chart-"] .u-over').first()
    const box = (await plot.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, { steps: 4 })
    await page.mouse.up()
    await eventually(
      'the drag to be the view',
      () => Promise.resolve(shownSpanMs()),
      (ms) => ms < 40 * DAY_MS,
    )
    let steps = 1
    for (let ms = shownSpanMs(); ms > HOUR_MS; steps += 1) {
      const before = ms
      await page.getByTestId('explorer-closer').click()
      ms = await eventually(
        'a closer view',
        () => Promise.resolve(shownSpanMs()),
        (now) => now < before,
      )
      await drawn()
    }
    expect(await page.getByTestId('explorer-status').innerText()).not.toBe(yearStatus)
    for (; steps > 0; steps -= 1) await page.getByTestId('explorer-back').click()
    await eventually(
      'the year again',
      () => Promise.resolve(shownSpanMs()),
      (ms) => ms > 360 * DAY_MS,
    )
    await drawn()
    await page.getByTestId('explorer-status').getByText(yearStatus).waitFor()
    expect(await page.getByTestId('explorer-back').isDisabled()).toBe(true)

    expect(await page.getByTestId('event-list').locator('li').count()).toBeGreaterThan(0)
    const rig = (await host.get<HistorySource[]>('/api/history/sources')).find(({ name }) => name === 'gamma')
    await page.getByTestId('rig-picker').click()
    await page.getByTestId(`source-${rig?.id}`).click()
    await page.keyboard.press('Escape')
    await page.getByTestId('rig-picker').getByText('gamma').waitFor()
    await drawn()
    await dashboard.go(`/rigs/${encodeURIComponent(rig?.id ?? '')}/history`)
    await page.locator('[data-testid="rig-history"] [role="img"][aria-label*="on average"]').first().waitFor()
  })

  it(
    'backs the history up, verifies it and puts it back, while rigs go on mining',
    async () => {
      await dashboard.go('/history/data')
      const before = await host.get<Downstream[]>('/api/downstreams')
      await page.getByTestId('backup-make').click()
      const state = await eventually(
        'a backup by hand',
        () => host.get<KeepingState>('/api/keeping'),
        ({ backups, task }) => task === null && backups.some(({ kind }) => kind === 'by-hand'),
        BACKUP_LIMIT_MS,
      )
      const { name } = state.backups.find(({ kind }) => kind === 'by-hand')!
      await page.getByTestId(`backup-verify-${name}`).click()
      await page.getByTestId('verify-report').getByText('is sound').waitFor({ timeout: BACKUP_LIMIT_MS })
      await host.send('POST', '/api/payouts', {
        at: Date.now(),
        sats: 77,
        note: 'After the backup',
        poolId: null,
      })

      await page.getByTestId(`backup-restore-${name}`).click()
      await page.getByTestId('confirm-action').click()
      const told = page.getByTestId('backups').getByText('is in place')
      await told.waitFor({ timeout: BACKUP_LIMIT_MS })
      expect(await told.innerText()).toMatch(/is not in it: .* kept as /)
      const payouts = (await host.get<Payout[]>('/api/payouts')).map(({ note }) => note)
      expect(payouts).toContain('Over Lightning')
      expect(payouts).not.toContain('After the backup')
      // Nobody was sent away: the same connections, and new shares of them are written again.
      const after = await host.get<Downstream[]>('/api/downstreams')
      const connections = (all: Downstream[]) => all.map(({ id }) => id).sort()
      expect(connections(after)).toEqual(connections(before))
      // What could not be written while the database was changed is written at the next try, seconds later.
      await eventually(
        'the history to be written again',
        () => host.get<KeepingState>('/api/keeping'),
        ({ writing, problem }) => writing && problem === null,
        BACKUP_LIMIT_MS,
      )
      const today = async (): Promise<number> =>
        (await host.get<EarningsReport>(`/api/earnings?from=${todayMs}&bucket=day`)).totals.work
      const workNow = await today()
      await eventually('new work to be counted', today, (work) => work > workNow)
    },
    4 * BACKUP_LIMIT_MS,
  )

  it('logs no error in the browser, and asks nothing of anybody else', () => {
    expect(dashboard.problems).toEqual([])
    expect(dashboard.strangers).toEqual([])
  })
})
