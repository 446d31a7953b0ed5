import { describe, expect, it } from 'vitest'
import { type Entropy, ManualClock, silentLogger } from '../../../../src-main/base/index.ts'
import { findBoardModel } from '../../../../src-main/drivers/boards/models.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { ChainSession } from '../../../../src-main/drivers/hashing/chain-session.ts'
import { type BoardModel, type FanSetting } from '../../../../src-main/drivers/model/board.ts'
import { type OpenPort } from '../../../../src-main/drivers/model/byte-link.ts'
import { type PowerCut } from '../../../../src-main/drivers/model/power.ts'
import { openModel } from '../../../../src-main/drivers/safety/open-board.ts'
import { BoardSupervisor } from '../../../../src-main/drivers/safety/supervisor.ts'
import { TripRecord } from '../../../../src-main/drivers/safety/trip-record.ts'
import { type Fault } from '../../../../src-main/drivers/simulated/faults.ts'
import { plainFinder } from '../../../../src-main/drivers/simulated/nonce-finder.ts'
import {
  VirtualBitaxe,
  type VirtualBitaxeOptions,
} from '../../../../src-main/drivers/simulated/virtual-bitaxe.ts'
import { encodeHeader, hashHeader, meetsTarget } from '../../../../src-main/mining/index.ts'
import { deviceJob, KeptWork, targetOfZeroBits } from '../../../support/hashing/device-jobs.ts'
import { turn, within } from '../../../support/settled-time.ts'

/** Cheap: 1 kH/s, and a share each second. */
const ZERO_BITS = 2
const SHARE_BITS = 10

const sameLuck: Entropy = (length) => new Uint8Array(length).fill(0x5a)

/** Everything that drives a board, with no hardware but the virtual board behind its ports. */
class Rig {
  readonly clock: ManualClock
  readonly board: VirtualBitaxe
  readonly model: BoardModel
  readonly work = new KeptWork(deviceJob({ target: targetOfZeroBits(SHARE_BITS) }))
  readonly cuts: PowerCut[] = []
  readonly #openPort: OpenPort
  supervisor!: BoardSupervisor
  session!: ChainSession

  constructor(options: Partial<VirtualBitaxeOptions> = {}, board?: VirtualBitaxe, clock?: ManualClock) {
    this.clock = clock ?? new ManualClock()
    this.model = { ...findBoardModel('practice-bitaxe-gamma')!, fixedZeroBits: ZERO_BITS }
    this.board =
      board ??
      new VirtualBitaxe({
        kind: 'bitaxe-gamma',
        clock: this.clock,
        finder: plainFinder,
        serialNumber: 'T1',
        fixedZeroBits: ZERO_BITS,
        ...options,
      })
    this.#openPort = (address, line) => {
      const name = address.kind === 'channel' ? address.name : address.path
      return this.board.ports.find((port) => port.name === name)!.open(line)
    }
  }

  /** Safety opens the control port and leaves the board off. */
  async supervise(): Promise<void> {
    const { clock, board, model } = this
    const opening = openModel(
      {
        clock,
        log: silentLogger,
        openPort: this.#openPort,
        openUsbControl: () => Promise.reject(new Error('not asked for')),
      },
      board.device,
      model,
    )
    const { power } = await within(clock, opening)
    const fan: FanSetting = { mode: 'target', chipC: 60, minPermille: 300 }
    this.supervisor = new BoardSupervisor({
      key: board.device.key,
      model,
      power: power!,
      clock,
      log: silentLogger,
      trips: new TripRecord(),
      fan,
      isProvisional: false,
    })
    this.supervisor.onCut((cut) => this.cuts.push(cut))
    await within(clock, this.supervisor.start())
  }

  /** Mining opens the data port. */
  async mine(): Promise<void> {
    const { clock, board, model } = this
    const profile = chipProfile(model.chip)
    const link = await this.#openPort(board.device.ports[1]!, profile.line)
    this.session = new ChainSession({
      board: model,
      profile,
      link,
      power: this.supervisor,
      work: this.work,
      hash: hashHeader,
      clock,
      entropy: sameLuck,
      log: silentLogger,
      settings: { frequencyMhz: 525, coreVoltageMv: 1150 },
    })
    this.session.start()
  }

  async pass(seconds: number): Promise<void> {
    for (let ms = 0; ms < 1000 * seconds; ms += 20) {
      this.clock.advance(20)
      await turn()
    }
  }

  async untilHashing(): Promise<void> {
    for (let i = 0; this.session.state.name !== 'hashing'; i++) {
      if (i > 60) throw new Error(this.session.view().doing)
      await this.pass(1)
    }
  }

  async end(): Promise<void> {
    const ended = this.session.dispose('The test is over.')
    await within(this.clock, ended)
    this.board.stop()
  }

  get powerOrder(): string[] {
    return this.board.powerHistory.map(({ what, value }) => (what === 'fan' ? `fan ${value}` : what))
  }
}

async function hashing(options: Partial<VirtualBitaxeOptions> = {}): Promise<Rig> {
  const rig = new Rig(options)
  await rig.supervise()
  await rig.mine()
  await rig.untilHashing()
  return rig
}

describe('the drivers and a simulated Bitaxe Gamma', () => {
  it.each(['v0', 'v1'] as const)(
    'mine with a bridge that answers in %s, and end with everything off',
    async (format) => {
      const rig = await hashing({ format })
      const order = rig.powerOrder
      expect(order.indexOf('fan 1000')).toBeGreaterThanOrEqual(0)
      expect(order.indexOf('fan 1000')).toBeLessThan(order.indexOf('core-on'))
      expect(order.indexOf('core-on')).toBeLessThan(order.lastIndexOf('reset-high'))
      await rig.pass(30)
      const view = rig.session.view()
      expect(view.counts).toMatchObject({ hardwareErrors: 0, duplicates: 0, outsideMask: 0, belowTicket: 0 })
      expect(view.frequency.actualMhz).toBe(525)
      expect(rig.board.view).toMatchObject({ hashing: true, clockMhz: 525 })
      expect(rig.board.view.hashrateHs).toBeCloseTo(view.expectedHs, 0)
      expect(rig.board.view.power!.coreMv).toBeGreaterThan(1145)
      expect(rig.board.view.power!.coreMv).toBeLessThanOrEqual(1150)
      expect(rig.board.chain.view.largestClockStepMhz).toBeLessThanOrEqual(6.5)
      expect(rig.work.shares.length).toBeGreaterThan(5)
      const job = rig.work.job!
      for (const share of rig.work.shares) {
        const merkleRoot = job.merkleRoot(share.extranonce2)
        expect(meetsTarget(hashHeader(encodeHeader({ ...job, ...share, merkleRoot })), job.target)).toBe(true)
      }
      const readings = rig.supervisor.view.readings!
      expect(readings.chipC).toBeGreaterThan(35)
      expect(readings.chipC).toBeLessThan(70)
      expect(readings.fanRpm).toBeGreaterThan(1000)
      const before = rig.board.powerHistory.length
      await rig.end()
      const after = rig.board.powerHistory.slice(before).map(({ what }) => what)
      expect(after.indexOf('reset-low')).toBeGreaterThanOrEqual(0)
      expect(after.indexOf('reset-low')).toBeLessThan(after.indexOf('core-off'))
      expect(rig.board.view).toMatchObject({
        hashing: false,
        power: { regulatorOn: false, resetHigh: false, cooked: false },
      })
    },
  )

  it.each<[Fault, readonly PowerCut['cause'][], number]>([
    [{ kind: 'overheat', addedW: 150 }, ['too-hot'], 10],
    [{ kind: 'stuck-fan' }, ['fan-stalled'], 20],
    [{ kind: 'sensor-reads', as: 'diode-open' }, ['sensors-silent'], 20],
    [{ kind: 'sensor-reads', as: 'zero' }, ['sensors-silent'], 20],
    [{ kind: 'regulator-fault' }, ['regulator-fault', 'sensors-silent'], 5],
    [{ kind: 'control-mute' }, ['control-lost', 'sensors-silent'], 30],
  ])('lose power in time through %o', async (fault, causes, withinS) => {
    const rig = await hashing()
    await rig.pass(5)
    rig.board.inject(fault)
    for (let i = 0; rig.cuts.length === 0 && i < withinS; i++) await rig.pass(1)
    // A chip without power has no diode to read: which of both is noticed first is the supervisor's affair.
    expect(causes).toContain(rig.cuts[0]?.cause)
    await rig.pass(10)
    expect(rig.session.state.name).not.toBe('hashing')
    // A bridge that hears nothing cannot switch anything; whatever else, the chip is off and was never cooked.
    if (fault.kind !== 'control-mute') {
      expect(rig.board.view).toMatchObject({ hashing: false, power: { resetHigh: false } })
      expect(rig.board.view.power!.regulatorOn).toBe(false)
    }
    expect(rig.board.view.power!.cooked).toBe(false)
    rig.board.stop()
  })

  it('find a board that was left running when a program ended, and switch it off', async () => {
    const crashed = await hashing()
    // What the system does when a process is killed: its ports are closed, and nothing is said to the board.
    for (const port of crashed.board.ports) port.unplug()
    crashed.board.replug()
    await turn()
    crashed.clock.advance(1_000)
    expect(crashed.board.view.hashing).toBe(true)
    const next = new Rig({}, crashed.board, crashed.clock)
    await next.supervise()
    expect(next.board.view).toMatchObject({ hashing: false, power: { regulatorOn: false, resetHigh: false } })
    next.board.stop()
  })

  it('let a board go that is unplugged, know that it may still run, and switch it off when it is back', async () => {
    const rig = await hashing()
    rig.board.unplug()
    await rig.pass(2)
    expect(rig.session.state.name).toBe('gone')
    // It has a supply of its own.
    expect(rig.supervisor.view.state).toBe('unsafe')
    expect(rig.board.view.hashing).toBe(true)
    rig.board.replug()
    const back = new Rig({}, rig.board, rig.clock)
    await back.supervise()
    expect(back.board.view).toMatchObject({ hashing: false, power: { regulatorOn: false, resetHigh: false } })
    await back.mine()
    await back.untilHashing()
    await back.end()
  })
})
