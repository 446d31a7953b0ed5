/**
 * USB boards in the whole program: two simulated ones are looked at, told another clock, stopped, started, overheated and
 * acknowledged in a real browser, as a person would.
 */
import { type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Device, type DeviceAccess } from '../../src-preload/contract/index.ts'
import { hasBrowser, launchBrowser } from '../support/browser.ts'
import { type DashboardPage, openDashboard } from '../support/dashboard-page.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

const GAMMA = '1209:f1e1:PRACTICE-GAMMA'
const COMPAC_F = '1209:f1e1:PRACTICE-COMPAC-F'
/** A ramp of the clock on a busy machine. */
const RAMP_MS = 60_000
/** A rest of thirty seconds, and what comes before and after. */
const REST_MS = 120_000

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let host: HeadlessProcess

beforeAll(async () => {
  folder = await temporaryFolder()
  host = await startHeadless(folder.path, ['--practice'])
})

afterAll(async () => {
  await host.end()
  await folder.remove()
})

async function known(id: string): Promise<Device> {
  const found = (await host.get<Device[]>('/api/devices')).find((device) => device.id === id)
  if (!found) throw new Error(`${id} is not listed`)
  return found
}

describe.skipIf(!hasBrowser())('USB devices in a browser', () => {
  let browser: Browser
  let dashboard: DashboardPage
  let page: Page

  const row = (id: string) => page.getByTestId(`device-${id}`)
  const until = (id: string, state: Device['state'], timeout = RAMP_MS) =>
    page.locator(`[data-testid="device-${id}"][data-state="${state}"]`).waitFor({ timeout })
  const open = (id: string) => row(id).getByTestId('device-link').click()
  const back = () => dashboard.go('/devices')

  beforeAll(async () => {
    browser = await launchBrowser()
    dashboard = await openDashboard(browser, host)
    page = dashboard.page
  })

  afterAll(async () => {
    await browser.close()
  })

  it('shows both boards as they start, and then hash for the pool', async () => {
    await back()
    await page.getByTestId('devices-screen').waitFor()
    for (const id of [GAMMA, COMPAC_F]) {
      await until(id, 'hashing')
      expect(await row(id).getByTestId('device-doing').textContent()).toMatch(/Hashing at \d+ MHz/)
      await eventually(
        `shares of ${id} to be shown`,
        async () => Number(await row(id).getByTestId('device-shares').textContent()),
        (shares) => shares > 0,
      )
    }
    expect(await page.getByTestId('devices-summary').textContent()).toMatch(/2/)
  })

  it('has a page with the heat of a board, its chips and its work', async () => {
    await open(GAMMA)
    await page.getByTestId('device-page').waitFor()
    expect(await page.getByTestId('device-name').textContent()).toContain('Practice Bitaxe Gamma')
    await page
      .getByTestId('device-gauge-chip')
      .getByText(/\d+.*°C/)
      .first()
      .waitFor()
    expect(await page.getByTestId('device-gauge-chip').textContent()).toContain('stops at 75 °C')
    await page.getByTestId('device-chips').locator('[data-chip="0"]').waitFor()
    await page.getByTestId('device-rate').getByText(/kH/).waitFor()
  })

  it('takes a clock within the range of the board, and runs at it', async () => {
    const field = page.getByTestId('device-frequency')
    await field.fill('400')
    await page.getByTestId('device-save').click()
    await page.getByTestId('device-settings').getByText('Saved').waitFor()
    await page.getByText('Hashing at 400 MHz').waitFor({ timeout: RAMP_MS })
    expect(await known(GAMMA)).toMatchObject({ settings: { frequencyMhz: 400 } })
  })

  it('says why a board lost its power, while the other is stopped and started', async () => {
    await page.getByTestId('device-misbehave').click()
    await page.getByTestId('device-fault-overheat').click()
    await page
      .getByTestId('device-cut')
      .getByText(/at 75 °C it is stopped/)
      .waitFor({ timeout: RAMP_MS })
    // Nothing to acknowledge: it starts again by itself.
    expect(await page.getByTestId('device-acknowledge').count()).toBe(0)
    await back()
    await until(GAMMA, 'cut')
    await open(COMPAC_F)
    await page.getByTestId('device-stop').click()
    await page
      .getByTestId('device-doing')
      .getByText(/Stopped/)
      .waitFor()
    expect(await known(COMPAC_F)).toMatchObject({ state: 'stopped', settings: { enabled: false } })
    await page.getByTestId('device-start').click()
    await page
      .getByTestId('device-doing')
      .getByText(/Hashing at/)
      .waitFor({ timeout: RAMP_MS })
  })

  it('shows how to get access to the ports of this machine', async () => {
    await back()
    await page.getByTestId('devices-access').click()
    const dialog = page.getByTestId('device-access')
    const { rule } = await host.get<DeviceAccess>('/api/devices/access')
    if (rule !== null) {
      await dialog.getByText(rule.fileName).first().waitFor()
      expect(await page.getByTestId('device-rule').textContent()).toContain('SUBSYSTEM')
    }
    await page.getByRole('button', { name: 'Done' }).click()
    await dialog.waitFor({ state: 'detached' })
  })

  it('keeps a board off that was too hot twice, until a person has seen it', async () => {
    await open(GAMMA)
    const seen = page.getByTestId('device-acknowledge')
    await seen.waitFor({ timeout: REST_MS })
    expect(await known(GAMMA)).toMatchObject({
      state: 'cut',
      cut: { cause: 'too-hot', mustAcknowledge: true },
    })
    await page.getByTestId('device-misbehave').click()
    await page.getByTestId('device-fault-heal').click()
    await seen.click()
    await seen.waitFor({ state: 'detached' })
    expect((await known(GAMMA)).cut?.mustAcknowledge ?? false).toBe(false)
  }, 180_000)

  it('switches all boards off with one button', async () => {
    await back()
    await page.getByTestId('devices-stop-all').click()
    await page.getByRole('button', { name: 'Stop all boards', exact: true }).click()
    await until(COMPAC_F, 'stopped')
    expect(await known(GAMMA)).toMatchObject({ settings: { enabled: false } })
  })

  it('did all that without an error, and without asking anybody outside', () => {
    expect(dashboard.problems).toEqual([])
    expect(dashboard.strangers).toEqual([])
  })
})
