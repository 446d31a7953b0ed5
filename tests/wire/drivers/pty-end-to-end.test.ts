/**
 * From a pool to boards on real ttys and back: the registry recognises what is listed, the safety desk holds the
 * control port, sessions hold the data ports, the proxy gives jobs, and simulated boards hash behind ptys.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { DeviceChains } from '../../../src-main/app/device-chains.ts'
import { silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { createHeaderHasher } from '../../../src-main/checker/index.ts'
import {
  type BoardModel,
  ChannelPorts,
  createOpenPort,
  knownBoards,
  matchBoard,
  SafetyDesk,
} from '../../../src-main/drivers/index.ts'
import { createPtyBoard, type PtyBoard, rateOf } from '../../support/pty-boards.ts'
import { hasPtys } from '../../support/pty-pair.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'

/** Ramps are made of pauses that chips need; a busy machine makes them longer. */
const BRING_UP_MS = 60_000
const LONG_MS = 180_000

let farm: PtyFarm | undefined
afterEach(async () => {
  await farm?.stop()
  farm = undefined
})

/** Everything of the program that concerns boards, in this thread, and the boards. */
class PtyFarm {
  readonly pool: FakeSv2Pool
  readonly harness: ProxyHarness
  readonly safety: SafetyDesk
  readonly chains: DeviceChains
  readonly boards: PtyBoard[] = []
  /** What starts of boards had to wait for. */
  readonly waits: string[] = []

  static async start(): Promise<PtyFarm> {
    const pool = await FakeSv2Pool.start({ name: 'a', difficulty: 4e-6 })
    const harness = await ProxyHarness.start([pool], { clock: systemClock })
    farm = new PtyFarm(pool, harness)
    await harness.untilReady(pool)
    return farm
  }

  private constructor(pool: FakeSv2Pool, harness: ProxyHarness) {
    this.pool = pool
    this.harness = harness
    const clock = systemClock
    const log = silentLogger
    const openPort = createOpenPort(new ChannelPorts(), { clock, platform: process.platform })
    this.safety = new SafetyDesk({
      clock,
      log,
      openPort,
      openUsbControl: () => Promise.reject(new Error('none of these boards has any')),
    })
    this.chains = new DeviceChains({
      clock,
      log,
      openPort,
      entropy: systemEntropy,
      hash: createHeaderHasher(),
      connectDevice: (introduction) => harness.engine.connectDevice(introduction),
      authority: (id) => this.safety.authority(id),
      onWait: (_id, message) => void this.waits.push(message),
    })
  }

  /** Plugs a board in and lets it mine at the lowest clock that its table has. @returns its key */
  async plugIn(kind: 'bitaxe-gamma' | 'compac-f', serialNumber: string): Promise<PtyBoard> {
    const board = await createPtyBoard(kind, serialNumber)
    this.boards.push(board)
    const { device } = board
    const model = recognised(board)
    const outcome = await this.safety.attach({ device, boardId: model.id, settings: null })
    expect(outcome).toEqual({ kind: 'ready', boardId: model.id })
    await this.chains.attach({
      id: device.key,
      model,
      dataPort: device.ports.at(-1)!,
      introduction: { key: device.key, name: model.name, model: model.name },
      nominalHashrateHs: 1,
      settings: {
        frequencyMhz: model.frequencyMhz.min,
        coreVoltageMv: model.coreVoltageMv?.default ?? null,
      },
    })
    return board
  }

  state({ device }: PtyBoard): string | undefined {
    return this.chains.status().find(({ id }) => id === device.key)?.chain.state
  }

  acceptedOf({ device }: PtyBoard): number {
    return this.chains.status().find(({ id }) => id === device.key)?.shares.accepted ?? 0
  }

  async stop(): Promise<void> {
    await this.chains.stop()
    await this.safety.close()
    for (const board of this.boards) await board.stop()
    await this.harness.stop()
  }
}

function recognised({ device }: PtyBoard): BoardModel {
  const match = matchBoard(device, knownBoards, { platform: process.platform })
  if (match.kind !== 'board') throw new Error(`it was taken for ${match.kind}`)
  return match.model
}

/** Of the line of its chips. */
function pathOf({ device }: PtyBoard): string {
  const port = device.ports.at(-1)
  return port?.kind === 'tty' ? port.path : ''
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const startedMs = performance.now()
  while (!condition()) {
    if (performance.now() - startedMs > BRING_UP_MS) throw new Error(`waited in vain for ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

describe.skipIf(!hasPtys)('boards on real ports', () => {
  it(
    'mine side by side, and one that is unplugged takes nothing with it',
    async () => {
      const { pool, harness, chains, safety } = await PtyFarm.start()
      const gamma = await farm!.plugIn('bitaxe-gamma', 'PTY-GAMMA')
      const stick = await farm!.plugIn('compac-f', 'PTY-COMPAC-F')
      await until('the Gamma to hash', () => farm!.state(gamma) === 'hashing')
      await until('the Compac F to hash', () => farm!.state(stick) === 'hashing')
      // Told at the fast rate to come back, in case it was left there; then counted, and made fast again.
      expect(stick.dataRates).toEqual([1_500_000, 115_200, 1_500_000])
      expect(rateOf(pathOf(stick))).toBe(1_500_000)
      await until('shares of both', () => farm!.acceptedOf(gamma) > 5 && farm!.acceptedOf(stick) > 2)
      await until('the pool to acknowledge some', () => pool.acknowledged > 5)
      expect(gamma.board.view.power).toMatchObject({ regulatorOn: true, resetHigh: true })

      await stick.unplug()
      await until('the Compac F to be gone', () => farm!.state(stick) === 'gone')
      await chains.detach(stick.device.key, 'It was unplugged.')
      await safety.detach(stick.device.key, 'unplugged')
      expect(harness.report().onlineCount).toBe(1)
      const before = farm!.acceptedOf(gamma)
      await until('more shares of the Gamma', () => farm!.acceptedOf(gamma) > before + 5)
      expect(farm!.state(gamma)).toBe('hashing')

      await chains.detach(gamma.device.key, 'The test is over.')
      expect(gamma.board.view).toMatchObject({
        hashing: false,
        power: { regulatorOn: false, resetHigh: false, cooked: false },
      })
      const ends = gamma.board.powerHistory.filter(({ what }) => what !== 'fan').slice(-2)
      expect(ends.map(({ what }) => what)).toEqual(['reset-low', 'core-off'])
      await harness.untilSettled()
      harness.expectBalanced()
      harness.expectPoolsAgree()
      expect(pool.rejected).toBe(0)
    },
    LONG_MS,
  )

  it(
    'that are unplugged while they start are let go, and switched off when they are back',
    async () => {
      const { chains, safety } = await PtyFarm.start()
      const notices: string[] = []
      safety.onEvent((event) => {
        if (event.kind === 'notice') notices.push(event.notice.message)
      })
      const gamma = await farm!.plugIn('bitaxe-gamma', 'PTY-GAMMA')
      await until('the Gamma to ramp', () => farm!.state(gamma) === 'ramping')
      await gamma.unplug()
      await until('the Gamma to be gone', () => farm!.state(gamma) === 'gone')
      await chains.detach(gamma.device.key, 'It was unplugged.')
      await safety.detach(gamma.device.key, 'unplugged')
      expect({ views: safety.views, chains: chains.status() }).toEqual({ views: [], chains: [] })
      // It has a supply of its own, and nobody could tell it anything.
      expect(gamma.board.view.power).toMatchObject({ regulatorOn: true, resetHigh: true })
      await gamma.replug()
      const { device } = gamma
      await safety.attach({ device, boardId: recognised(gamma).id, settings: null })
      expect(gamma.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false })
      expect(notices.join(' ')).toContain('found running')
    },
    LONG_MS,
  )
})
