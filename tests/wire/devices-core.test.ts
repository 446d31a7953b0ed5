/**
 * USB boards in the whole program: simulated ones behind the real discovery, drivers and threads, mining for the
 * practice pool. What people see and tell them, what must never be told, and what a crash leaves.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { type RunningCore, startCore } from '../../src-main/app/index.ts'
import { silentLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { openHistory } from '../../src-main/history/index.ts'
import { openFileSecrets } from '../../src-main/settings/index.ts'
import {
  type Device,
  device,
  deviceDetail,
  type DevicePatch,
  type Downstream,
  type Overview,
  rig,
  rigDetail,
} from '../../src-preload/contract/index.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

const FREE = { host: '127.0.0.1', port: 0 }
const GAMMA = '1209:f1e1:PRACTICE-GAMMA'
const COMPAC_F = '1209:f1e1:PRACTICE-COMPAC-F'
/** Ramps of the clock, and what a busy machine adds to them. */
const WAIT = { timeout: 60_000, interval: 100 }
/** A rest of thirty seconds, and the start after it. */
const REST_WAIT = { timeout: 120_000, interval: 200 }
const LIMIT_MS = 200_000

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const rejections: unknown[] = []
const onRejection = (reason: unknown): void => void rejections.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', onRejection)
  folder = await temporaryFolder()
})

afterAll(async () => {
  process.off('unhandledRejection', onRejection)
  await folder.remove()
})

/** Every share is in one place, and in one only. */
function expectIdentity({ shares }: Pick<Overview, 'shares'>): void {
  const { submitted, valid, stale, duplicate, invalid, acknowledged, rejected, pending, lost } = shares
  expect(submitted).toBe(valid + stale + duplicate + invalid)
  expect(valid).toBe(acknowledged + rejected + pending + lost)
}

async function expectIdentityKept(dataDir: string): Promise<void> {
  const { history } = await openHistory({ database: { kind: 'sqlite', dataDir }, nowMs: Date.now() })
  expect((await history.shares.checkIdentity()).problems).toEqual([])
  expect((await history.shares.totals()).acknowledged).toBeGreaterThan(0)
  await history.close()
}

describe('the boards of the practice farm', () => {
  let core: RunningCore
  let dataDir: string

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

  const seen = (id: string): Device => {
    const found = core.devices.devices.find(id)
    if (!found) throw new Error(`${id} is not listed`)
    return found
  }
  const place = (id: string): Downstream | undefined =>
    core.downstreams.items.find((downstream) => downstream.id === seen(id).downstreamId)
  const until = (id: string, state: Device['state'], wait = WAIT): Promise<void> =>
    vi.waitFor(() => expect(seen(id)).toMatchObject({ state }), wait)
  /** It finds more nonces than it had, and some of them were shares. */
  async function findsMore(id: string): Promise<void> {
    const before = seen(id)
    await vi.waitFor(() => {
      expect(seen(id).nonces).toBeGreaterThan(before.nonces)
      expect(seen(id).shares.accepted).toBeGreaterThan(0)
    }, WAIT)
  }

  beforeAll(async () => {
    dataDir = join(folder.path, 'core')
    core = await start()
  }, 60_000)

  afterAll(async () => {
    await core.stop()
  })

  it(
    'are there soon after the start, hash, and have their shares acknowledged by the pool',
    async () => {
      await vi.waitFor(() => {
        expect(core.devices.devices.items.map(({ id }) => id)).toEqual([COMPAC_F, GAMMA])
      }, WAIT)
      expect(seen(GAMMA)).toMatchObject({ name: 'Practice Bitaxe Gamma', model: { chip: 'BM1370' } })
      expect(seen(COMPAC_F)).toMatchObject({ model: { name: 'Practice Compac F' } })
      for (const id of [GAMMA, COMPAC_F]) {
        await until(id, 'hashing')
        await vi.waitFor(() => {
          expect(place(id), id).toMatchObject({
            protocol: 'device',
            state: 'hashing',
            poolId: 'practice-sv2',
          })
          expect(place(id)!.shares.acknowledged, id).toBeGreaterThan(0)
          expect(seen(id).shares.accepted, id).toBeGreaterThan(0)
          expect(seen(id).hashrateHs, id).toBeGreaterThan(0)
        }, WAIT)
        expect(seen(id), id).toMatchObject({ shares: { refused: 0 }, hardwareErrors: 0, problem: null })
      }
      expect(seen(GAMMA).readings).toMatchObject({ chipC: expect.any(Number), powerW: expect.any(Number) })
      expect(seen(COMPAC_F).readings?.chipC ?? null).toBeNull()
      expect(core.overview.value.shares.acknowledged).toBeGreaterThan(0)
    },
    LIMIT_MS,
  )

  it('are shown as the contract says, also when they have found something', () => {
    const [gamma, compac] = [seen(GAMMA), seen(COMPAC_F)]
    expect(z.array(device).parse([gamma, compac])).toEqual([gamma, compac])
    for (const id of [GAMMA, COMPAC_F]) {
      const detail = core.devices.detail(id)
      expect(deviceDetail.parse(detail)).toEqual(detail)
      expect(detail.work).toMatchObject({ poolName: 'Practice pool', lastNonceAt: expect.any(Number) })
      const listed = core.rigs.rigs.find(id)
      // A moment in fractions of a millisecond made the list of all rigs unreadable.
      expect(rig.parse(listed)).toEqual(listed)
      expect(rigDetail.safeParse(core.rigs.detail(id)).error?.issues ?? []).toEqual([])
    }
  })

  it(
    'are rigs among the others, with power and with a history',
    async () => {
      expect(core.rigs.rigs.find(GAMMA)).toMatchObject({
        family: 'usb',
        state: 'mining',
        minesHere: true,
        downstreamId: seen(GAMMA).downstreamId,
        powerSource: 'measured',
      })
      expect(core.rigs.rigs.find(GAMMA)!.powerW).toBeGreaterThan(0.5)
      expect(core.rigs.rigs.find(COMPAC_F)).toMatchObject({ family: 'usb', powerW: null })
      for (const metric of ['rig-power', 'rig-chip-temperature', 'rig-hashrate'] as const) {
        await vi.waitFor(async () => {
          const { points } = await core.history.series({ metric, rig: GAMMA, points: 60 })
          expect(
            points.some(({ value }) => value !== null && value > 0),
            metric,
          ).toBe(true)
        }, WAIT)
      }
    },
    LIMIT_MS,
  )

  it(
    'follow a pool switch without losing a share',
    async () => {
      const before = seen(GAMMA)
      const lost = core.overview.value.shares.lost
      const { downstreams } = await core.poolDesk.activate('practice-sv1')
      expect(downstreams.reconnected).toBe(0)
      await vi.waitFor(() => {
        for (const id of [GAMMA, COMPAC_F]) expect(place(id)).toMatchObject({ poolId: 'practice-sv1' })
        expect(seen(GAMMA).shares.accepted).toBeGreaterThan(before.shares.accepted)
      }, WAIT)
      expect(seen(GAMMA)).toMatchObject({ state: 'hashing', shares: { refused: 0 } })
      expect(place(GAMMA)!.shares).toMatchObject({ rejected: 0, lost: 0, invalid: 0, duplicate: 0 })
      expect(core.overview.value.shares.lost).toBe(lost)
      for (const id of [GAMMA, COMPAC_F]) expectIdentity(place(id)!)
      await core.poolDesk.activate('practice-sv2')
    },
    LIMIT_MS,
  )

  const refused: readonly (readonly [string, DevicePatch, RegExp])[] = [
    [GAMMA, { frequencyMhz: 99_999 }, /400 to 625 MHz/],
    [GAMMA, { frequencyMhz: 0 }, /400 to 625 MHz/],
    [GAMMA, { frequencyMhz: -525 }, /400 to 625 MHz/],
    [GAMMA, { frequencyMhz: 526 }, /in steps of 5/],
    [GAMMA, { frequencyMhz: NaN }, /400 to 625 MHz/],
    [GAMMA, { frequencyMhz: Infinity }, /400 to 625 MHz/],
    [GAMMA, { frequencyMhz: Number.MAX_VALUE }, /400 to 625 MHz/],
    [GAMMA, { coreVoltageMv: 1251 }, /1000 to 1250 mV/],
    [GAMMA, { coreVoltageMv: 999 }, /1000 to 1250 mV/],
    [GAMMA, { coreVoltageMv: 1100.5 }, /1000 to 1250 mV/],
    [GAMMA, { coreVoltageMv: NaN }, /1000 to 1250 mV/],
    [GAMMA, { frequencyMhz: 500, coreVoltageMv: 5_000 }, /1000 to 1250 mV/],
    [GAMMA, { fan: { mode: 'fixed', percent: 0 } }, /25 to 100 %/],
    [GAMMA, { fan: { mode: 'target', chipC: 90, minPercent: 25 } }, /35 to 70 °C/],
    [GAMMA, { enabled: false, frequencyMhz: 1 }, /400 to 625 MHz/],
    [COMPAC_F, { coreVoltageMv: 1_200 }, /cannot be set/],
    [COMPAC_F, { frequencyMhz: 10_000 }, /MHz/],
  ]
  it('refuse what their table does not hold, in words that name the range, and change nothing', async () => {
    const before = [seen(GAMMA), seen(COMPAC_F)].map(({ settings }) => settings)
    for (const [id, patch, words] of refused) {
      const refusal = await core.devices.update(id, patch).then(
        () => null,
        (error: unknown) => error as { code: string; message: string },
      )
      expect(refusal?.code, JSON.stringify(patch)).toMatch(/^board\//)
      expect(refusal?.message, JSON.stringify(patch)).toMatch(words)
    }
    expect([seen(GAMMA), seen(COMPAC_F)].map(({ settings }) => settings)).toEqual(before)
    expect(seen(GAMMA)).toMatchObject({ state: 'hashing', frequencyMhz: 525 })
  })

  it(
    'run at another clock when they are told',
    async () => {
      await core.devices.update(GAMMA, { frequencyMhz: 550, name: 'Shelf' })
      await vi.waitFor(() => expect(seen(GAMMA)).toMatchObject({ state: 'hashing', frequencyMhz: 550 }), WAIT)
      expect(seen(GAMMA)).toMatchObject({ name: 'Shelf', settings: { frequencyMhz: 550 }, problem: null })
      await findsMore(GAMMA)
    },
    LIMIT_MS,
  )

  it(
    'on a bad line lose nonces, and never have a share refused',
    async () => {
      const before = { gamma: seen(GAMMA).nonces, bad: core.devices.detail(GAMMA).counts.badFrames }
      await core.devices.fault(GAMMA, 'lost-bytes')
      await core.devices.fault(COMPAC_F, 'bad-crc')
      await vi.waitFor(() => {
        const { badFrames } = core.devices.detail(GAMMA).counts
        expect(badFrames).toBeGreaterThan(before.bad)
        expect(seen(GAMMA).nonces).toBeGreaterThan(before.gamma + 10)
      }, WAIT)
      await core.devices.fault(GAMMA, 'bad-crc')
      await vi.waitFor(() => expect(seen(GAMMA).nonces).toBeGreaterThan(before.gamma + 20), WAIT)
      for (const id of [GAMMA, COMPAC_F]) {
        await core.devices.fault(id, 'heal')
        expect(seen(id).shares.refused, id).toBe(0)
        expect(place(id)!.shares, id).toMatchObject({ rejected: 0, invalid: 0, lost: 0 })
      }
    },
    LIMIT_MS,
  )

  it(
    'that are unplugged while they hash are gone at once, and resume as they were when plugged in',
    async () => {
      const { settings } = seen(GAMMA)
      await core.devices.fault(GAMMA, 'unplug')
      await until(GAMMA, 'gone')
      await vi.waitFor(() => {
        expect(core.downstreams.items.some(({ rigKey }) => rigKey.includes('PRACTICE-GAMMA'))).toBe(false)
      }, WAIT)
      expect(seen(GAMMA)).toMatchObject({ name: 'Shelf', problem: null, readings: null, hashrateHs: null })
      expect(core.rigs.rigs.find(GAMMA)).toMatchObject({ state: 'unreachable' })
      expect(seen(COMPAC_F).state).toBe('hashing')
      await core.devices.fault(GAMMA, 'plug-in')
      await until(GAMMA, 'hashing')
      expect(seen(GAMMA)).toMatchObject({ name: 'Shelf', settings, frequencyMhz: 550 })
      await findsMore(GAMMA)
    },
    LIMIT_MS,
  )

  it(
    'lose power when they are too hot, start again when they have rested, and stay off after the second time',
    async () => {
      await core.devices.fault(GAMMA, 'overheat')
      await until(GAMMA, 'cut')
      const { cut, readings } = seen(GAMMA)
      expect(cut).toMatchObject({ cause: 'too-hot', mustAcknowledge: false })
      expect(cut!.message).toMatch(/at 75 °C it is stopped/)
      expect(readings?.powerW ?? 0).toBeLessThan(40)
      expect(core.rigs.rigs.find(GAMMA)).toMatchObject({ state: 'overheated', errors: { count: 1 } })
      // What the neighbour does is none of its affair.
      await core.devices.act(COMPAC_F, 'stop')
      await until(COMPAC_F, 'stopped')
      expect(place(COMPAC_F)).toBeUndefined()
      await core.devices.act(COMPAC_F, 'start')
      await until(COMPAC_F, 'hashing')

      await vi.waitFor(() => expect(['starting', 'hashing']).toContain(seen(GAMMA).state), REST_WAIT)
      await vi.waitFor(() => expect(seen(GAMMA).cut).toMatchObject({ mustAcknowledge: true }), REST_WAIT)
      expect(seen(GAMMA)).toMatchObject({ state: 'cut', cut: { cause: 'too-hot' } })
      await expect(core.devices.act(GAMMA, 'start')).rejects.toMatchObject({
        code: 'device/must-acknowledge',
      })
    },
    LIMIT_MS,
  )

  it(
    'stay off over a restart of the program until somebody has seen why',
    async () => {
      await core.stop()
      core = await start()
      await until(COMPAC_F, 'hashing')
      expect(seen(GAMMA)).toMatchObject({
        name: 'Shelf',
        state: 'cut',
        cut: { cause: 'too-hot', mustAcknowledge: true },
        nonces: 0,
        frequencyMhz: null,
      })
      await expect(core.devices.act(GAMMA, 'start')).rejects.toMatchObject({
        code: 'device/must-acknowledge',
      })
      await core.devices.act(GAMMA, 'acknowledge')
      await until(GAMMA, 'hashing')
      expect(seen(GAMMA)).toMatchObject({ cut: null, frequencyMhz: 550 })
      await findsMore(GAMMA)
    },
    LIMIT_MS,
  )

  it(
    'are all off with one word, stay off, and every share of theirs is accounted for',
    async () => {
      await core.devices.stopAll()
      for (const id of [GAMMA, COMPAC_F]) {
        await until(id, 'stopped')
        expect(seen(id), id).toMatchObject({ settings: { enabled: false }, hashrateHs: null })
      }
      await vi.waitFor(() => expect(seen(GAMMA).readings?.powerW ?? 0).toBeLessThan(1), WAIT)
      await core.devices.fault(COMPAC_F, 'unplug')
      await until(COMPAC_F, 'gone')
      await core.devices.fault(COMPAC_F, 'plug-in')
      await until(COMPAC_F, 'stopped')
      await vi.waitFor(() => expectIdentity(core.overview.value), WAIT)
      await core.stop()
      await expectIdentityKept(dataDir)
      core = await start()
      await until(GAMMA, 'stopped')
      expect(rejections).toEqual([])
    },
    LIMIT_MS,
  )
})

describe('a program that ends while boards hash', () => {
  let host: HeadlessProcess
  let dataDir: string

  const devices = (): Promise<Device[]> => host.get<Device[]>('/api/devices')
  const compac = (all: readonly Device[]): Device | undefined => all.find(({ id }) => id === COMPAC_F)
  const hashing = (): Promise<Device[]> =>
    eventually(
      'the Compac F to have a share acknowledged',
      devices,
      (all) => compac(all)?.state === 'hashing' && compac(all)!.shares.accepted > 0,
      60_000,
    )
  const atWork = async (): Promise<void> => {
    await hashing()
    await eventually('the Gamma to start', devices, (all) =>
      all.some(({ id, state }) => id === GAMMA && (state === 'starting' || state === 'hashing')),
    )
  }

  beforeAll(async () => {
    dataDir = join(folder.path, 'killed')
    host = await startHeadless(dataDir, ['--practice'])
  }, 60_000)

  afterAll(async () => {
    await host.end('SIGKILL')
  })

  it(
    'has told over HTTP, with the range, what it does not do',
    async () => {
      await atWork()
      for (const [body, words] of [
        ['{"frequencyMhz":1e400}', /frequencyMhz/],
        ['{"frequencyMhz":99999}', /400 to 625 MHz/],
        ['{"frequencyMhz":"525"}', /frequencyMhz/],
        ['{"frequencyMhz":null}', /frequencyMhz/],
      ] as const) {
        const response = await fetch(`${host.ready.dashboard}/api/devices/${encodeURIComponent(GAMMA)}`, {
          method: 'PATCH',
          headers: { authorization: `Bearer ${host.ready.token}`, 'content-type': 'application/json' },
          body,
        })
        expect(response.status, body).toBe(400)
        expect(((await response.json()) as { message: string }).message, body).toMatch(words)
      }
      const told = await host.send<Device>('PATCH', `/api/devices/${encodeURIComponent(COMPAC_F)}`, {
        frequencyMhz: 250,
      })
      expect(told).toMatchObject({ status: 200, body: { settings: { frequencyMhz: 250 } } })
    },
    LIMIT_MS,
  )

  it(
    'has its settings and its history after a kill, and hashes again',
    async () => {
      await host.end('SIGKILL')
      const { devices: kept } = JSON.parse(readFileSync(join(dataDir, 'devices.json'), 'utf8')) as {
        devices: { key: string; settings: { frequencyMhz: number } }[]
      }
      expect(kept.find(({ key }) => key === COMPAC_F)).toMatchObject({ settings: { frequencyMhz: 250 } })
      await expectIdentityKept(dataDir)
      host = await startHeadless(dataDir, ['--practice'])
      await hashing()
      await eventually('its clock to be the chosen one', devices, (all) => compac(all)?.frequencyMhz === 250)
      expectIdentity(await host.get<Overview>('/api/overview'))
    },
    LIMIT_MS,
  )

  it(
    'ends within five seconds of SIGTERM with all boards at work',
    async () => {
      await atWork()
      const startedMs = performance.now()
      expect(await host.end('SIGTERM')).toBe(0)
      expect(performance.now() - startedMs).toBeLessThan(5_000)
      await expectIdentityKept(dataDir)
    },
    LIMIT_MS,
  )
})
