/**
 * `npm run screenshots`: the practice farm in a real browser, each screen in both themes. The README shows
 * what this writes to resources/screenshots; it is never made by hand.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Browser, type Page } from 'playwright-core'
import {
  type Downstream,
  type EarningsReport,
  type Pool,
  type Rig,
  type Routing,
  type Run,
} from '../../src-preload/contract/index.ts'
import { launchBrowser } from '../support/browser.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

const target = process.env['SCREENSHOT_DIR'] ?? resolve(import.meta.dirname, '../../resources/screenshots')
/** `1440x900` unless told otherwise. */
const [width = 1440, height = 900] = (process.env['SCREENSHOT_SIZE'] ?? '')
  .split('x')
  .filter(Boolean)
  .map(Number)
const VIEWPORT = { width, height }
/** Long enough for vardiff to settle and for the chart to have something to show. */
const WARM_UP_MS = Number(process.env['SCREENSHOT_WARM_UP_MS'] ?? 150_000)
/** For live values to come and for what moves to stand still. */
const SETTLE_MS = 2500
/** Restarts of rigs, and the shares that prove that they came. */
const RUN_LIMIT_MS = 240_000
/** A year of all rigs, written beside everything else that runs. */
const YEAR_LIMIT_MS = 900_000
const DAY_MS = 86_400_000

interface Screen {
  readonly name: string
  readonly path: string | ((host: HeadlessProcess) => Promise<string>)
  /** Done once, before the first picture of this screen and of all that follow. */
  readonly prepare?: (host: HeadlessProcess) => Promise<void>
  /** Done on the page before each picture. */
  readonly pose?: (page: Page) => Promise<void>
}

/** A board of the practice farm on USB: vendor, product and serial number. */
const SHOWN_DEVICE = '1209:f1e1:PRACTICE-GAMMA'

const SCREENS: readonly Screen[] = [
  { name: 'overview', path: '/#/', pose: (page) => page.getByText('10 min').first().click() },
  { name: 'pools', path: '/#/pools' },
  { name: 'jobs', path: '/#/jobs' },
  { name: 'connections', path: '/#/connections' },
  { name: 'find', path: '/#/find', pose: findAll },
  { name: 'rigs', path: '/#/rigs', prepare: sendMostHere },
  { name: 'rig', path: pageOfOne },
  { name: 'devices', path: '/#/devices', pose: drawn('device-link') },
  { name: 'device', path: `/#/devices/${encodeURIComponent(SHOWN_DEVICE)}`, pose: drawn('device-chips') },
  { name: 'wall', path: '/#/wall' },
  { name: 'routing', path: '/#/routing', prepare: sendSomeElsewhere },
  { name: 'earnings', path: '/#/earnings', prepare: giveYear, pose: drawn('earnings-chart') },
  { name: 'history', path: '/#/history?range=30d', pose: drawn('event-list') },
  { name: 'costs', path: '/#/earnings/costs', pose: drawn('week-grid') },
  { name: 'odds', path: '/#/earnings/odds', pose: drawn('luck') },
  { name: 'data', path: '/#/history/data', pose: drawn('backups') },
]
/** Whose page is shown, and what its maker set as its login. */
const SHOWN_RIG = 's21-vnish'

/** So that there is something to add up. Takes longer than a request may: its last day tells that it is there. */
async function giveYear(host: HeadlessProcess): Promise<void> {
  host.send('POST', '/api/practice/events/add-year').catch(() => undefined)
  const now = Date.now()
  await eventually(
    'the year to be there',
    () => host.get<EarningsReport>(`/api/earnings?from=${now - DAY_MS}&to=${now}`),
    ({ totals }) => totals.coverageRatio > 0.9,
    YEAR_LIMIT_MS,
  )
}

/** Waits for what a screen shows once it has its figures. */
function drawn(testId: string): (page: Page) => Promise<void> {
  return (page) => page.getByTestId(testId).first().waitFor()
}

async function findAll(page: Page): Promise<void> {
  await page.getByTestId('find-mdns').click()
  await page.getByTestId('find-start').click()
  await page.locator('[data-testid="find-progress"][data-state="done"]').waitFor()
}

/** A farm in use: most rigs here, named as people do, a few still elsewhere or without their login. */
async function sendMostHere(host: HeadlessProcess): Promise<void> {
  const rigs = await host.get<Rig[]>('/api/rigs')
  for (const { id, family, login } of rigs)
    if (login === 'missing' && family !== 'proto' && family !== 'futurebit')
      await host.send('POST', `/api/rigs/${encodeURIComponent(id)}/factory-login`)
  const places = ['Attic', 'Cellar', 'Garage']
  for (const [index, { id }] of rigs.entries())
    await host.send('PATCH', `/api/rigs/${encodeURIComponent(id)}`, {
      place: { room: places[index % places.length], shelf: String(1 + (index % 4)) },
    })
  const sendable = (await host.get<Rig[]>('/api/rigs')).filter(
    ({ minesHere, capabilities }) => minesHere === false && capabilities['send-to-headframe'].offered,
  )
  const { body } = await host.send<Run>('POST', '/api/runs', {
    action: 'send-to-headframe',
    rigIds: sendable.map(({ id }) => id).slice(0, -3),
    batchSize: 10,
    pauseMs: 0,
  })
  await eventually(
    'the rigs to mine here',
    () => host.get<Run>(`/api/runs/${body.id}`),
    ({ state }) => state !== 'running',
    RUN_LIMIT_MS,
  )
}

async function pageOfOne(host: HeadlessProcess): Promise<string> {
  const rig = (await host.get<Rig[]>('/api/rigs')).find(({ name }) => name === SHOWN_RIG)
  return `/#/rigs/${encodeURIComponent(rig?.id ?? '')}`
}

/** So that jobs of two pools can be compared. */
async function listenToBoth(host: HeadlessProcess): Promise<void> {
  const other = (await host.get<Pool[]>('/api/pools')).find(({ active }) => !active)
  await host.send('PATCH', `/api/pools/${other?.id}`, { listens: true })
}

/** A board with something on it: a group of two at the other pool, the rest at the one in use. */
async function sendSomeElsewhere(host: HeadlessProcess): Promise<void> {
  const other = (await host.get<Pool[]>('/api/pools')).find(({ active }) => !active)
  const rigs = await host.get<Downstream[]>('/api/downstreams')
  const routing = await host.get<Routing>('/api/routing')
  const rigKeys = rigs.slice(0, 2).map(({ rigKey }) => rigKey)
  await host.send('PUT', '/api/routing', {
    ...routing,
    groups: [{ id: 'attic', name: 'Attic', rigKeys, poolId: other?.id ?? null }],
  })
  await eventually(
    'the group to work for the other pool',
    () => host.get<Downstream[]>('/api/downstreams'),
    (now) => now.filter(({ poolId }) => poolId === other?.id).length === rigKeys.length,
  )
}

async function take(browser: Browser, host: HeadlessProcess, screen: Screen): Promise<void> {
  const { name, path, pose } = screen
  const shownPath = typeof path === 'string' ? path : await path(host)
  for (const colorScheme of ['dark', 'light'] as const) {
    const context = await browser.newContext({ colorScheme, viewport: VIEWPORT })
    const page = await context.newPage()
    await page.goto(`${host.ready.dashboard}/?token=${host.ready.token}`)
    await page.goto(`${host.ready.dashboard}${shownPath}`)
    await pose?.(page)
    await new Promise((next) => setTimeout(next, SETTLE_MS))
    await page.screenshot({ path: join(target, `${name}-${colorScheme}.png`) })
    process.stderr.write(`${name}-${colorScheme}.png\n`)
    await context.close()
  }
}

const folder = await temporaryFolder()
const host = await startHeadless(folder.path, ['--practice'])
const browser = await launchBrowser()
try {
  await mkdir(target, { recursive: true })
  await listenToBoth(host)
  await new Promise((next) => setTimeout(next, WARM_UP_MS))
  for (const screen of SCREENS) {
    await screen.prepare?.(host)
    await take(browser, host, screen)
  }
} finally {
  await browser.close()
  await host.end()
  await folder.remove()
}
