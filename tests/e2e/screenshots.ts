/**
 * `npm run screenshots`: the practice farm in a real browser, each screen in both themes. The README shows
 * what this writes to resources/screenshots; it is never made by hand.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Browser } from 'playwright-core'
import { type Downstream, type Pool, type Routing } from '../../src-preload/contract/index.ts'
import { launchBrowser } from '../support/browser.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

const target = resolve(import.meta.dirname, '../../resources/screenshots')
/** Long enough for vardiff to settle and for the chart to have something to show. */
const WARM_UP_MS = Number(process.env['SCREENSHOT_WARM_UP_MS'] ?? 150_000)
/** For live values to come and for what moves to stand still. */
const SETTLE_MS = 2500

interface Screen {
  readonly name: string
  readonly path: string
  /** Done once, before the first picture of this screen and of all that follow. */
  readonly prepare?: (host: HeadlessProcess) => Promise<void>
}

const SCREENS: readonly Screen[] = [
  { name: 'overview', path: '/#/' },
  { name: 'pools', path: '/#/pools' },
  { name: 'rigs', path: '/#/rigs' },
  { name: 'jobs', path: '/#/jobs' },
  { name: 'connections', path: '/#/connections' },
  { name: 'routing', path: '/#/routing', prepare: sendSomeElsewhere },
]

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

async function take(browser: Browser, host: HeadlessProcess, { name, path }: Screen): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    await page.goto(`${host.ready.dashboard}/?token=${host.ready.token}`)
    await page.goto(`${host.ready.dashboard}${path}`)
    if (name === 'overview') await page.getByText('10 min').first().click()
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
