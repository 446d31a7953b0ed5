/**
 * The fleet, from nothing to proof: the practice farm's rigs are found in a real browser, get their logins, are sent here
 * and back, are looked at one by one and all together; and scripts find the same.
 */
import { type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Rig,
  type RigDetail,
  type Run,
  type RunItem,
  type Scan,
  type ScanSuggestion,
} from '../../src-preload/contract/index.ts'
import { FIRMWARE_OF_RIGS, NEIGHBOURS } from '../../src-main/practice/rigs/neighbours.ts'
import { type RigBlueprint } from '../../src-main/practice/firmware/rig-body.ts'
import { hasBrowser, launchBrowser } from '../support/browser.ts'
import { type DashboardPage, openDashboard } from '../support/dashboard-page.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

/** The farm's own table: every machine that has firmware. */
const FARM: readonly RigBlueprint[] = [
  ...Object.values(FIRMWARE_OF_RIGS).map((firmwareOf) => firmwareOf(1).blueprint),
  ...NEIGHBOURS.map(({ blueprint }) => blueprint),
]
/** What each firmware is called, by the names of the farm's rigs; stock where it is none of these. */
const FIRMWARE: readonly (readonly [RegExp, string])[] = [
  [/^(gamma|gamma-turbo|supra)$/, 'AxeOS'],
  [/^nerd/, 'NerdQ'],
  [/^proto/, 'ProtoOS'],
  [/hiveon/, 'Hiveon'],
  [/msk/, 'MSKminer'],
  [/mara/, 'Marathon'],
  [/vnish/, 'VNish'],
  [/braiins/, 'Braiins OS'],
  [/luxos/, 'LuxOS'],
  [/epic/, 'ePIC'],
  [/teraflux/, 'FluxOS'],
  [/apollo/, 'Apollo OS'],
]
/** Firmware whose makers set no login that could be tried, by family: what the practice rigs have. */
const PASSWORDS: Readonly<Record<string, string>> = { proto: 'proto', futurebit: 'apollo' }
/** Takes no password for the others' and locks after some wrong ones. */
const LOCKING_RIG = 's21-vnish'
/** Restarts of rigs, and the shares that prove it, on a slow machine. */
const RUN_LIMIT_MS = 240_000
const SCAN_LIMIT_MS = 60_000
/** The browser's own word for an answer that says no. */
const REFUSED_REQUEST = /Failed to load resource/

const plain = (model: string | null): string => (model ?? '').replace(/[^a-z0-9+]/gi, '').toLowerCase()
/** As the farm's table has it, or its make before it; the last digit of a Whatsminer's code is its batch. */
function isModel(found: string | null, { make, model }: RigBlueprint): boolean {
  const [seen, own] = [plain(found), plain(model)]
  if (make === 'Whatsminer') return seen.slice(0, -1) === own.slice(0, -1)
  return seen === own || seen === plain(make + model)
}

const firmwareOf = ({ name }: RigBlueprint): string =>
  FIRMWARE.find(([names]) => names.test(name))?.[1] ?? 'Stock'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let host: HeadlessProcess

const rigs = (): Promise<Rig[]> => host.get<Rig[]>('/api/rigs')
const rigNamed = async (name: string): Promise<Rig> => (await rigs()).find((rig) => rig.name === name)!
/** Boards on the farm's own ports are rigs too, and found by being plugged in. */
const isOnUsb = ({ family }: Rig): boolean => family === 'usb'
const canBeSent = ({ minesHere, capabilities }: Rig): boolean =>
  minesHere === false && capabilities['send-to-headframe'].offered
const told = ({ items }: Run): string[] =>
  items.map(({ rigName, state, message, problem }) => `${rigName}: ${state}, ${problem?.message ?? message}`)

/** Once all listen: they are switched on one after another. */
function farmTargets(): Promise<string[]> {
  return eventually(
    'all practice rigs to listen',
    () => host.get<ScanSuggestion[]>('/api/scans/suggestions'),
    (list) =>
      list.filter(({ preferred }) => preferred).reduce((sum, { addresses }) => sum + addresses, 0) ===
      FARM.length,
  ).then((list) => list.filter(({ preferred }) => preferred).map(({ target }) => target))
}

async function scanned(targets: readonly string[]): Promise<Scan> {
  const { status, body } = await host.send<Scan>('POST', '/api/scans', { targets })
  expect(status).toBe(201)
  return eventually(
    'the search to end',
    () => host.get<Scan>(`/api/scans/${body.id}`),
    ({ state }) => state !== 'running',
    SCAN_LIMIT_MS,
  )
}

/** Gives every rig that wants one the login that its maker set, or that the farm's rigs have. */
async function enterLogins(): Promise<void> {
  for (const { id, login, family } of await rigs()) {
    if (login !== 'missing') continue
    const password = PASSWORDS[family]
    const { status } = await (password === undefined
      ? host.send('POST', `/api/rigs/${encodeURIComponent(id)}/factory-login`)
      : host.send('PUT', `/api/rig-credentials/rig/${encodeURIComponent(id)}`, { username: '', password }))
    expect(status).toBe(200)
  }
  await eventually(
    'every rig to be read',
    rigs,
    (all) => all.every(({ freshness, pool }) => freshness === 'live' && pool !== null),
    SCAN_LIMIT_MS,
  )
}

beforeAll(async () => {
  folder = await temporaryFolder()
  host = await startHeadless(folder.path, ['--practice'])
})

afterAll(async () => {
  await host.end()
  await folder.remove()
})

describe.skipIf(!hasBrowser())('the fleet in a browser', () => {
  let browser: Browser
  let dashboard: DashboardPage
  let page: Page
  /** Where each mined before anything was changed. */
  let poolsBefore: Map<string, string | undefined>

  const input = (id: string) => page.getByTestId(id).locator('input')
  const runInPanel = async (): Promise<Run> =>
    (await host.get<Run[]>('/api/runs')).find(({ dryRun }) => !dryRun)!
  /** @returns the run, once it and the panel say that it is over */
  async function ended(action: Run['action']): Promise<Run> {
    const run = await eventually(
      `the run to end: ${action}`,
      runInPanel,
      (now) => now.action === action && now.state !== 'running',
      RUN_LIMIT_MS,
    )
    await page.locator('[data-testid="run-panel"][data-state="done"]').waitFor()
    return run
  }
  const notDone = ({ items }: Run): RunItem[] => items.filter(({ state }) => state !== 'done')

  beforeAll(async () => {
    await farmTargets()
    browser = await launchBrowser()
    dashboard = await openDashboard(browser, host)
    page = dashboard.page
  })

  afterAll(async () => {
    await browser.close()
  })

  it('says beside the field which place cannot be looked at, and looks nowhere', async () => {
    await dashboard.go('/find')
    await input('find-targets').fill('10.0.0.0/24 8.8.8.8/24')
    await page.getByTestId('find-start').click()
    await page.getByTestId('find-targets').getByText('8.8.8.8').waitFor()
    expect(await input('find-targets').getAttribute('aria-invalid')).toBe('true')
    expect(await page.getByTestId('find-progress').count()).toBe(0)
    await input('find-targets').fill('')
  })

  it('finds every rig of the farm, with progress, and says what each is', async () => {
    await page.getByTestId('find-mdns').click()
    await page.getByTestId('find-start').click()
    await page.getByTestId('find-progress').getByRole('progressbar').waitFor()
    await page.locator('[data-testid="find-progress"][data-state="done"]').waitFor({ timeout: SCAN_LIMIT_MS })
    expect(await page.getByTestId('find-headline').innerText()).toBe(`Done: ${FARM.length} rigs`)
    expect(await page.getByTestId('find-progress').innerText()).toContain(`${FARM.length} new`)
    await eventually(
      'every find to be a rig',
      () => page.locator('[data-testid="find-rigs"] li').count(),
      (count) => count === FARM.length,
    )
    const list = await page.getByTestId('find-rigs').innerText()
    for (const word of ['Bitaxe Supra', 'Antminer S19k Pro', 'VNish 1.3.4', 'Avalon Q', 'Whatsminer M50'])
      expect(list).toContain(word)
    await page.getByTestId('find-section-login').waitFor()
    await page.getByTestId('find-section-here').getByText('gamma', { exact: true }).waitFor()
  })

  it('asks a rig for its login, says that a wrong password is wrong, and tries it no second time', async () => {
    const { id } = await rigNamed(LOCKING_RIG)
    const path = `/api/rigs/${encodeURIComponent(id)}`
    await page.getByTestId(`find-login-${id}`).click()
    await page.getByTestId('login-form').waitFor()
    await input('login-username').fill('admin')
    await input('login-password').fill('not-this-one')
    await page.getByTestId('login-save').click()
    await page
      .getByTestId('login-verdict')
      .getByText(/refused/)
      .waitFor()
    expect(await host.get<RigDetail>(path)).toMatchObject({
      rig: { login: 'wrong' },
      credentials: { refused: true },
    })
    // It locks itself after a few wrong ones, and would then refuse the right one as well.
    for (let times = 0; times < 8; times += 1) await host.send('POST', `${path}/refresh`)
    await input('login-password').fill('admin')
    await page.getByTestId('login-save').click()
    await page.getByTestId('login-verdict').getByText('The rig took it.').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId(`find-choose-${id}`).waitFor()
  })

  it('offers to send all that mine elsewhere, and shows in a dry run what would happen', async () => {
    await enterLogins()
    const sendable = (await rigs()).filter(canBeSent)
    expect(sendable.length).toBeGreaterThan(20)
    poolsBefore = new Map(sendable.map(({ id, pool }) => [id, pool?.url]))
    await page.getByTestId('find-send').getByText(`Send ${sendable.length} rigs to Headframe`).waitFor()
    // None, and all again.
    await page.getByTestId('find-choose-all').click()
    expect(await page.getByTestId('find-send').isDisabled()).toBe(true)
    await page.getByTestId('find-choose-all').click()
    await page.getByTestId('find-send').click()
    await eventually(
      'the dry run',
      () => page.getByTestId('run-rehearsal').locator('li').count(),
      (count) => count === sendable.length,
    )
    expect(await page.getByTestId('run-rehearsal').innerText()).toContain(
      `Would set its pools to stratum+tcp://${host.ready.stratum}`,
    )
    expect((await rigs()).filter(canBeSent)).toHaveLength(sendable.length)
  })

  it('moves them here, each with shares as proof', async () => {
    await page.getByTestId('run-carefully').click()
    await page.getByTestId('run-batch').fill('10')
    await page.getByTestId('run-start').click()
    await page.getByTestId('run-panel').waitFor()
    const run = await ended('send-to-headframe')
    expect(notDone(run), told(run).join('\n')).toEqual([])
    expect(run.items).toHaveLength(poolsBefore.size)
    for (const { rigId, rigName } of run.items) {
      const text = await page.getByTestId(`run-item-${rigId}`).innerText()
      expect(text, rigName).toMatch(/shares? arrived here since/)
    }
    const here = (await rigs()).filter(({ minesHere }) => minesHere === true)
    for (const id of poolsBefore.keys()) expect(here.map((rig) => rig.id)).toContain(id)
    const overview = await host.get<{ rigs: { online: number } }>('/api/overview')
    expect(overview.rigs.online).toBeGreaterThanOrEqual(poolsBefore.size + 4)
  }, 300_000)

  it('says so in the table of rigs', async () => {
    await page.getByTestId('run-close').click()
    await dashboard.go('/rigs')
    await page.getByTestId('rig-table').waitFor()
    await page.getByTestId('rig-columns').click()
    if ((await page.getByTestId('rig-column-minesAt').getAttribute('aria-checked')) !== 'true')
      await page.getByTestId('rig-column-minesAt').click()
    await page.keyboard.press('Escape')
    for (const name of ['apollo', 'm50']) {
      const { id } = await rigNamed(name)
      const row = page.getByTestId(`rig-row-${id}`)
      expect(await row.locator('[data-cell="minesAt"]').innerText(), name).toBe('Headframe')
      expect(await row.locator('[data-cell="state"]').innerText(), name).toBe('Mining')
    }
  })

  it('lets rigs be chosen by the keyboard alone', async () => {
    const total = FARM.length + 1 + (await rigs()).filter(isOnUsb).length
    const count = (): Promise<string> => page.getByTestId('bulk-count').innerText()
    await page.getByTestId('rig-table').focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('Space')
    expect(await count()).toMatch(/^1 rig\b/)
    await page.keyboard.press('Shift+ArrowDown')
    await page.keyboard.press('Shift+ArrowDown')
    expect(await count()).toMatch(/^3 rigs\b/)
    await page.keyboard.press('Control+a')
    expect(await count()).toMatch(new RegExp(`^${total} rigs\\b`))
    await page.keyboard.press('Escape')
    await page.getByTestId('bulk-bar').waitFor({ state: 'detached' })
  })

  it('opens the page of a rig from the table', async () => {
    const { id, model } = await rigNamed('m50')
    await page.getByTestId(`rig-row-${id}`).locator('[data-open]').click()
    await page.getByTestId('screen-rig').waitFor()
    await page
      .getByTestId('rig-kind')
      .getByText(model ?? 'M50')
      .waitFor()
    await page.getByTestId('rig-state').getByText('Mining').waitFor()
    await page.getByTestId('rig-boards').waitFor()
    await page.getByTestId('rig-tab-raw').click()
    await page.getByTestId('rig-raw').waitFor()
  })

  it('shows all of them on the wall', async () => {
    await dashboard.go('/wall')
    const all = await rigs()
    for (const { id } of all) await page.getByTestId(`wall-${id}`).waitFor()
    expect(await page.locator('.wall-tile').count()).toBe(all.length + 1)
  })

  it('takes the move back with one undo, with proof again', async () => {
    await dashboard.go('/find')
    await page.getByTestId('run-chip').click()
    await page.getByTestId('run-undo').click()
    const undo = await ended('restore-pools')
    // One firmware counts its shares nowhere: what it cannot prove is not called done.
    const proofless = notDone(undo).filter(
      ({ state, message }) => state === 'unproven' && message.includes('does not tell of its shares'),
    )
    expect(notDone(undo), told(undo).join('\n')).toEqual(proofless)
    expect(proofless.length).toBeLessThanOrEqual(1)
    expect(await page.getByTestId('run-title').innerText()).toMatch(/^Undo: /)
    for (const { id, name, pool, minesHere } of await rigs()) {
      if (!poolsBefore.has(id)) continue
      expect(pool?.url, name).toBe(poolsBefore.get(id))
      expect(minesHere, name).toBe(false)
    }
    await page.getByTestId('find-send').getByText(`Send ${poolsBefore.size} rigs to Headframe`).waitFor()
  }, 300_000)

  it('logs no error in the browser, and asks nothing of anybody else', () => {
    expect(dashboard.problems.filter((problem) => !REFUSED_REQUEST.test(problem))).toEqual([])
    expect(dashboard.strangers).toEqual([])
  })
})

describe('the fleet for scripts', () => {
  it('finds every practice rig with the right make, model and firmware', async () => {
    const scan = await scanned(await farmTargets())
    expect(scan).toMatchObject({ state: 'done', total: FARM.length, answered: FARM.length, problem: null })
    expect(scan.finds.filter(({ outcome }) => outcome === 'rig')).toHaveLength(FARM.length)
    await enterLogins()
    const found = (await rigs()).filter((rig) => !isOnUsb(rig))
    const wrong: string[] = []
    for (const own of FARM) {
      // One firmware shows no address of its network card.
      const rig =
        found.find(({ mac }) => mac?.toLowerCase() === own.mac) ??
        found.find(({ mac, firmware }) => mac === null && firmware === firmwareOf(own))
      const find = scan.finds.find(({ rigId }) => rigId === rig?.id)
      const firmware = firmwareOf(own)
      const isRight =
        rig !== undefined &&
        find?.make === own.make &&
        rig.make === own.make &&
        isModel(find.model, own) &&
        isModel(rig.model, own) &&
        find.firmware === firmware &&
        rig.firmware === firmware
      if (!isRight) {
        const seen = [find?.make, find?.model, find?.firmware, '/', rig?.make, rig?.model, rig?.firmware]
        wrong.push(`${own.name}: ${own.make}, ${own.model}, ${firmware}, found as ${seen.join(' ')}`)
      }
    }
    expect(wrong).toEqual([])
    expect(found).toHaveLength(FARM.length)
  })

  it('makes a rig flash, and answers when it is seen to', async () => {
    const rig = (await rigs()).find(({ capabilities }) => capabilities.locate.offered)
    const path = `/api/rigs/${encodeURIComponent(rig?.id ?? '')}`
    const { status, body } = await host.send<RunItem>('POST', `${path}/actions/locate`, { on: true })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toMatchObject({ rigId: rig?.id, state: 'done' })
    expect(body.proof).not.toBeNull()
    expect((await host.get<RigDetail>(path)).rig.locating).toBe(true)
    await host.send('POST', `${path}/actions/locate`, { on: false })
    expect((await host.get<RigDetail>(path)).rig.locating).toBe(false)
  })

  it('refuses a place that cannot be looked at, and an action that is none', async () => {
    const scan = await host.send<{ message: string }>('POST', '/api/scans', { targets: ['8.8.8.8/24'] })
    expect(scan.status).toBe(400)
    expect(scan.body.message).toContain('8.8.8.8')
    const [rig] = await rigs()
    const { status } = await host.send(
      'POST',
      `/api/rigs/${encodeURIComponent(rig?.id ?? '')}/actions/explode`,
      {},
    )
    expect(status).toBe(400)
  })
})
