/** A person's way through the dashboard, in a real browser, on the practice farm. */
import { type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, launchBrowser } from '../support/browser.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

const number = (text: string | null): number => Number((text ?? '').replace(/[^\d.]/g, ''))

describe.skipIf(!hasBrowser())('the dashboard in a browser', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let host: HeadlessProcess
  let browser: Browser
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    host = await startHeadless(folder.path, ['--practice'])
    browser = await launchBrowser()
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(`${host.ready.dashboard}/?token=${host.ready.token}`)
  })

  afterAll(async () => {
    await browser.close()
    await host.end()
    await folder.remove()
  })

  it('takes the token out of the address bar', () => {
    expect(page.url()).not.toContain('token')
  })

  it('shows live hashrate, acknowledged shares and that this is practice', async () => {
    await page.getByTestId('practice-badge').waitFor()
    const acknowledged = async (): Promise<number> =>
      number(await page.getByTestId('overview-acknowledged').textContent())
    const first = await eventually('an acknowledged share on the screen', acknowledged, (count) => count > 0)
    await eventually('the number to grow by itself', acknowledged, (count) => count > first, 60_000)
    expect(await page.getByTestId('overview-hashrate').textContent()).toMatch(/[1-9].*H\/s/)
    expect(number(await page.getByTestId('overview-rigs-online').textContent())).toBeGreaterThanOrEqual(4)
  })

  it('switches the pool with one click and says how it went', async () => {
    await page.goto(`${host.ready.dashboard}/#/pools`)
    const inactive = page.locator('[data-testid^="pool-activate-"]:not([disabled])').first()
    await inactive.click()
    await page
      .getByText(/switched/i)
      .first()
      .waitFor()
    const rows = page.locator('[data-testid="pool-active"]')
    await rows.first().waitFor()
    const active = await host.get<{ activePool: { protocol: string } }>('/api/overview')
    expect(active.activePool.protocol).toBe('stratum-v1')
  })

  it('lists every rig as the proxy sees it', async () => {
    await page.goto(`${host.ready.dashboard}/#/rigs`)
    await page.locator('[data-testid^="rig-row-"]').first().waitFor()
    expect(await page.locator('[data-testid^="rig-row-"]').count()).toBeGreaterThanOrEqual(4)
  })

  it('refuses a pool URL that is wrong, naming what is wrong', async () => {
    await page.goto(`${host.ready.dashboard}/#/pools`)
    await page
      .getByRole('button', { name: /add a pool/i })
      .first()
      .click()
    await page.getByLabel(/name/i).first().fill('Somewhere')
    await page.getByLabel(/url/i).first().fill('pool.example.com:3333')
    await page
      .getByText(/stratum2?\+tcp:\/\//)
      .first()
      .waitFor()
    await page.keyboard.press('Escape')
  })

  it('asks for the token where there is none', async () => {
    const stranger = await browser.newContext()
    const other = await stranger.newPage()
    await other.goto(host.ready.dashboard)
    await other
      .getByText(/open the link/i)
      .first()
      .waitFor()
    await stranger.close()
  })

  it('logs no error in the browser on the way', () => {
    expect(problems).toEqual([])
  })
})
