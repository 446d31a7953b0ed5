/** The real core and the practice farm's rigs on the network: found, moved here with proof, and moved back. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RunningCore, startCore } from '../../src-main/app/index.ts'
import { silentLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { openFileSecrets } from '../../src-main/settings/index.ts'
import { type Run, type Scan } from '../../src-preload/contract/index.ts'
import { temporaryFolder } from '../support/headless-process.ts'

/** Three of the four that mine here, and a neighbour of each firmware. */
const PRACTICE_RIGS = 30
/** Of firmware that comes without one. */
const PASSWORDS: Record<string, string> = { proto: 'proto', futurebit: 'apollo' }
const FREE = { host: '127.0.0.1', port: 0 }
const WAIT = { timeout: 60_000, interval: 100 }
/** A run over all rigs: their restarts, and the shares that prove it. */
const RUN_WAIT = { timeout: 240_000, interval: 200 }

let core: RunningCore
let dataDir: string
let folder: Awaited<ReturnType<typeof temporaryFolder>>

function start(): Promise<RunningCore> {
  return startCore({
    version: '0.0.0',
    host: 'headless',
    dataDir,
    practice: true,
    stratum: FREE,
    stratumV2: FREE,
    stratumWs: null,
    hasTray: false,
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLogger,
    openSecrets: (path) => openFileSecrets(path, systemEntropy),
    onFatal: (error) => {
      throw error
    },
  })
}

async function scanned(): Promise<Scan> {
  // They come to listen one after another.
  const targets = await vi.waitFor(() => {
    const preferred = core.scans.suggestions().filter((suggestion) => suggestion.preferred)
    expect(preferred.reduce((sum, { addresses }) => sum + addresses, 0)).toBeGreaterThanOrEqual(PRACTICE_RIGS)
    return preferred
  }, WAIT)
  const { id } = await core.scans.start({
    targets: targets.map(({ target }) => target),
    mdns: false,
    reports: false,
    listenSeconds: 1,
  })
  await vi.waitFor(() => expect(core.scans.get(id).state).toBe('done'), WAIT)
  return core.scans.get(id)
}

async function ended(run: Run): Promise<Run> {
  await vi.waitFor(() => expect(core.runs.get(run.id).state).not.toBe('running'), RUN_WAIT)
  return core.runs.get(run.id)
}

beforeAll(async () => {
  folder = await temporaryFolder()
  dataDir = join(folder.path, 'data')
  core = await start()
}, 60_000)

afterAll(async () => {
  await core.stop()
  await folder.remove()
})

describe('rigs of the practice farm', () => {
  it('are all found by one search, each as what it is', async () => {
    const scan = await scanned()
    const rigs = scan.finds.filter(({ outcome }) => outcome === 'rig')
    expect(scan.problem).toBeNull()
    expect(new Set(rigs.map(({ firmware }) => firmware)).size).toBeGreaterThan(12)
    for (const find of rigs) {
      expect(find, find.address).toMatchObject({ isNew: true, moved: false, note: '' })
      expect(find.make, find.address).not.toBeNull()
      // Innosilicon's firmware tells its model only to those who log in.
      if (find.make !== 'Innosilicon') expect(find.model, find.address).not.toBeNull()
      expect(core.rigs.rigs.find(find.rigId!)?.address).toBe(find.address)
    }
    expect(scan.firstRigMs).not.toBeNull()
  })

  it('are not found twice', async () => {
    const before = core.rigs.rigs.items.map(({ id }) => id)
    const again = await scanned()
    expect(again.finds.filter(({ isNew, moved }) => isNew || moved)).toEqual([])
    expect(core.rigs.rigs.items.map(({ id }) => id)).toEqual(before)
  })

  it('say what they do, those with a login once it is entered', async () => {
    for (const { id, login, family } of core.rigs.rigs.items) {
      if (login !== 'missing') continue
      const own = PASSWORDS[family]
      if (own === undefined) await core.rigs.useFactoryLogin(id)
      else await core.rigs.setCredentials({ scope: 'rig', id }, '', own)
    }
    await vi.waitFor(() => {
      for (const rig of core.rigs.rigs.items) {
        expect(rig, rig.name).toMatchObject({ freshness: 'live', state: 'mining' })
        expect(rig.hashrateHs, rig.name).toBeGreaterThan(0)
        expect(rig.pool, rig.name).not.toBeNull()
      }
    }, WAIT)
    const here = core.rigs.rigs.items.filter(({ minesHere }) => minesHere)
    expect(here.length).toBeGreaterThanOrEqual(2)
    expect(core.rigs.rigs.items.length - here.length).toBeGreaterThan(10)
  })

  it('are moved here with the shares as proof, and back with one undo', async () => {
    const elsewhere = core.rigs.rigs.items.filter(
      ({ minesHere, capabilities }) => minesHere === false && capabilities['send-to-headframe'].offered,
    )
    expect(elsewhere.length).toBeGreaterThan(10)
    const before = new Map(elsewhere.map(({ id, pool }) => [id, pool?.url]))
    const run = await ended(
      await core.runs.start({
        action: 'send-to-headframe',
        rigIds: elsewhere.map(({ id }) => id),
        dryRun: false,
        batchSize: 30,
        pauseMs: 0,
        stopAfterFailures: 100,
      }),
    )
    const told = run.items.map(({ rigName, state, message }) => `${rigName}: ${state} ${message}`)
    expect(
      run.items
        .filter(({ state }) => state !== 'done')
        .map(({ rigName, state, message }) => [rigName, state, message]),
      told.join('\n'),
    ).toEqual([])
    for (const { rigId, rigName, proof } of run.items) {
      expect(proof, rigName).toMatch(/share/)
      expect(core.rigs.rigs.find(rigId), rigName).toMatchObject({ minesHere: true })
    }
    const undo = await ended(await core.runs.undo(run.id))
    // The third generation of Whatsminer tells nothing of its shares: away from here nothing can prove them.
    const isMute = (rigId: string): boolean => core.rigs.rigs.find(rigId)?.accepted === null
    expect(
      undo.items
        .filter(({ rigId, state }) => state !== (isMute(rigId) ? 'unproven' : 'done'))
        .map(({ rigName, state, message }) => [rigName, state, message]),
    ).toEqual([])
    for (const [id, url] of before) expect(core.rigs.rigs.find(id)?.pool?.url).toBe(url)
  }, 500_000)

  it('are known after a restart, without a search', async () => {
    // Boards on USB are known by being plugged in.
    const onNetwork = (): { id: string; name: string }[] =>
      core.rigs.rigs.items.filter(({ family }) => family !== 'usb').map(({ id, name }) => ({ id, name }))
    const known = onNetwork()
    await core.stop()
    core = await start()
    expect(onNetwork()).toEqual(known)
  })

  it('have charts of what they said', async () => {
    const [rig] = core.rigs.rigs.items
    await vi.waitFor(async () => {
      const { points } = await core.history.series({
        metric: 'rig-chip-temperature',
        rig: rig!.id,
        points: 60,
      })
      expect(points.some(({ value }) => value !== null && value > 20)).toBe(true)
    }, WAIT)
  })
})
