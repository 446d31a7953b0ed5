/** The desk with simulated boards that really warm: whatever goes wrong, no chip is cooked and all ends off. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from '../../../../src-main/base/index.ts'
import { findBoardModel } from '../../../../src-main/drivers/boards/models.ts'
import { type PowerCut } from '../../../../src-main/drivers/model/power.ts'
import { SafetyDesk } from '../../../../src-main/drivers/safety/safety-desk.ts'
import { type Fault } from '../../../../src-main/drivers/simulated/faults.ts'
import { plainFinder } from '../../../../src-main/drivers/simulated/nonce-finder.ts'
import {
  VirtualBitaxe,
  type VirtualBitaxeOptions,
} from '../../../../src-main/drivers/simulated/virtual-bitaxe.ts'
import { ChannelPorts } from '../../../../src-main/drivers/transport/channel-ports.ts'
import { pass } from '../../../support/bench-board.ts'
import { within } from '../../../support/settled-time.ts'

const REAL = { vendorId: 0xc0de, productId: 0xcafe, manufacturer: 'OSMU', product: 'Bitaxe' }

function farm(options: Partial<VirtualBitaxeOptions> = {}) {
  const clock = new ManualClock()
  const board = new VirtualBitaxe({
    kind: 'bitaxe-gamma',
    clock,
    finder: plainFinder,
    serialNumber: 'V1',
    rateRatio: 0.001,
    ...options,
  })
  const ports = new ChannelPorts()
  for (const port of board.ports) ports.add(port.name, port)
  const safety = new SafetyDesk({
    clock,
    log: silentLogger,
    openPort: (address, line) => ports.open(address.kind === 'channel' ? address.name : address.path, line),
    openUsbControl: () => Promise.reject(new Error('it has none')),
  })
  const notices: string[] = []
  safety.onEvent((event) => {
    if (event.kind === 'notice') notices.push(event.notice.message)
  })
  return { clock, board, safety, notices }
}

async function running(boardId: string, options: Partial<VirtualBitaxeOptions> = {}) {
  const it = farm(options)
  const { key } = it.board.device
  await within(it.clock, it.safety.attach({ device: it.board.device, boardId, settings: null }))
  const power = it.safety.authority(key)
  const cuts: PowerCut[] = []
  power.onCut((cut) => cuts.push(cut))
  await within(it.clock, power.powerUp(null))
  it.clock.every(500, () => power.sign({ hashing: true, sinceNonceMs: null }))
  await pass(it.clock, 1_000)
  expect(cuts).toEqual([])
  expect(it.board.view.power).toMatchObject({ regulatorOn: true, resetHigh: true })
  return { ...it, power, cuts, key }
}

const troubles: [PowerCut['cause'], Fault, number][] = [
  ['too-hot', { kind: 'overheat', addedW: 60 }, 60_000],
  ['fan-stalled', { kind: 'stuck-fan' }, 30_000],
  ['sensors-silent', { kind: 'sensor-reads', as: 'zero' }, 8_000],
  ['sensors-silent', { kind: 'sensor-reads', as: 'diode-open' }, 8_000],
  ['sensors-silent', { kind: 'sensor-reads', as: 'all-ones' }, 8_000],
  ['sensors-silent', { kind: 'i2c-nack', address: 0x4c }, 8_000],
  // Without voltage the chip's diode tells nothing: that shows first.
  ['sensors-silent', { kind: 'regulator-fault' }, 8_000],
]

describe('a simulated Gamma', () => {
  it.each(troubles)('is cut for %s when told to misbehave: %o', async (cause, fault, withinMs) => {
    const it = await running('practice-bitaxe-gamma')
    // An idle chip needs so little air that its fan may stand.
    await it.power.setFan({ mode: 'fixed', permille: 500 })
    await pass(it.clock, 2_000, 25)
    it.board.inject(fault)
    await pass(it.clock, withinMs, 25)
    expect(it.cuts[0]?.cause).toBe(cause)
    await pass(it.clock, 3_000, 25)
    expect(it.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false, cooked: false })
  })

  it('is off within one second of its thermometer showing too much', async () => {
    const it = await running('practice-bitaxe-gamma')
    it.board.inject({ kind: 'overheat', addedW: 200 })
    let hotAtMs: number | null = null
    let offAtMs: number | null = null
    for (let i = 0; i < 6_000 && offAtMs === null; i++) {
      await pass(it.clock, 10)
      const { power } = it.board.view
      if (hotAtMs === null && power!.chipC >= 75.2) hotAtMs = it.clock.monotonicMs()
      if (!power!.regulatorOn && !power!.resetHigh) offAtMs = it.clock.monotonicMs()
    }
    expect(hotAtMs).not.toBeNull()
    expect(offAtMs! - hotAtMs!).toBeLessThanOrEqual(1_000)
    const order = it.board.powerHistory.filter(({ what }) => what === 'reset-low' || what === 'core-off')
    expect(order.slice(-2).map(({ what }) => what)).toEqual(['reset-low', 'core-off'])
  })

  it('starts again after it was cut twice, unplugged, acknowledged and plugged in again', async () => {
    const it = await running('practice-bitaxe-gamma')
    const attachment = { device: it.board.device, boardId: 'practice-bitaxe-gamma', settings: null }
    it.board.inject({ kind: 'sensor-reads', as: 'zero' })
    await pass(it.clock, 8_000, 25)
    await pass(it.clock, 40_000, 100)
    await within(it.clock, it.power.powerUp(null))
    await pass(it.clock, 10_000, 25)
    expect(it.cuts.map(({ latched }) => latched)).toEqual([false, true])
    it.board.clear()
    it.board.unplug()
    await within(it.clock, it.safety.detach(it.key, 'unplugged'))
    it.safety.acknowledge(it.key)
    await pass(it.clock, 60_000, 100)
    it.board.replug()
    await within(it.clock, it.safety.attach(attachment))
    await pass(it.clock, 5_000, 25)
    expect(it.safety.views[0]).toMatchObject({ state: 'off', cut: null })
  })

  it('goes on when one single answer of its control port is lost', async () => {
    const it = await running('practice-bitaxe-gamma')
    await pass(it.clock, 10_000, 25)
    for (let i = 0; i < 3; i++) {
      it.board.inject({ kind: 'control-mute' })
      await pass(it.clock, 100, 5)
      it.board.clear()
      await pass(it.clock, 10_000, 25)
    }
    expect(it.cuts).toEqual([])
    expect(it.board.view.power).toMatchObject({ regulatorOn: true, resetHigh: true })
  })

  it('is off within one second of being too hot while the main loop that would be told is blocked, or fails', async () => {
    const it = await running('practice-bitaxe-gamma')
    const { port1: told, port2: blocked } = new MessageChannel()
    it.safety.onEvent((event) => told.postMessage(event))
    it.safety.onEvent(() => {
      throw new Error('the host cannot hear')
    })
    const { chipTripC } = findBoardModel('practice-bitaxe-gamma')!.limits
    it.board.inject({ kind: 'overheat', addedW: 200 })
    let hotAtMs: number | null = null
    for (let i = 0; i < 6_000 && it.board.view.power!.regulatorOn; i++) {
      await pass(it.clock, 5, 5)
      if (hotAtMs === null && it.board.view.power!.chipC >= chipTripC) hotAtMs = it.clock.monotonicMs()
    }
    expect(hotAtMs).not.toBeNull()
    const offAtMs = it.board.powerHistory.findLast(({ what }) => what === 'core-off')!.atMs
    expect(offAtMs - hotAtMs!).toBeLessThanOrEqual(1_000)
    expect(it.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false, cooked: false })
    // Everything that it was to be told waits for it.
    expect(receiveMessageOnPort(blocked)).toBeDefined()
    told.close()
  })

  it('is cut, and switched off as soon as it can be heard again, when its control falls silent', async () => {
    const it = await running('practice-bitaxe-gamma')
    it.board.inject({ kind: 'control-mute' })
    await pass(it.clock, 3_000)
    expect(it.cuts).toHaveLength(1)
    await pass(it.clock, 20_000, 50)
    it.board.clear()
    await pass(it.clock, 40_000, 50)
    expect(it.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false })
  })

  it('that goes on after its ports were torn away is stopped when it comes back, and said to have run', async () => {
    const it = await running('practice-bitaxe-gamma')
    it.board.unplug()
    await within(it.clock, it.safety.detach(it.key, 'unplugged'))
    expect(it.cuts).toHaveLength(1)
    expect(it.board.view.power).toMatchObject({ regulatorOn: true, resetHigh: true })
    await pass(it.clock, 5_000, 50)
    it.board.replug()
    await within(
      it.clock,
      it.safety.attach({ device: it.board.device, boardId: 'practice-bitaxe-gamma', settings: null }),
    )
    expect(it.board.view.power).toMatchObject({ regulatorOn: false, resetHigh: false })
    expect(it.notices.join(' ')).toContain('found running')
  })

  it('says what its regulator reports once it was cut for a sensor that fell silent with it', async () => {
    const it = await running('practice-bitaxe-gamma')
    it.board.inject({ kind: 'regulator-fault' })
    await pass(it.clock, 5_000, 25)
    expect(it.notices.filter((message) => message.includes('its regulator reports'))).toHaveLength(1)
  })

  it('starts with a regulator that answers late', async () => {
    const it = farm()
    const { key } = it.board.device
    await within(
      it.clock,
      it.safety.attach({ device: it.board.device, boardId: 'practice-bitaxe-gamma', settings: null }),
    )
    it.board.inject({ kind: 'cold-regulator', reads: 3 })
    await within(it.clock, it.safety.authority(key).powerUp(1150))
    expect(it.board.view.power).toMatchObject({ regulatorOn: true, resetHigh: true })
  })
})

describe('a simulated Bitaxe with a DS4432U', () => {
  it.each([
    ['bitaxe-ultra', 0x1366],
    ['bitaxe-supra', 0x1368],
  ] as const)('is told by its chip: %s', async (kind, model) => {
    const it = await running('bitaxe', { kind, usb: REAL })
    expect(it.board.view.power!.coreMv).toBeGreaterThan(1_150)
    expect(it.board.view.power!.coreMv).toBeLessThan(1_180)
    await within(it.clock, it.power.release())
    expect(it.board.view.power!.resetHigh).toBe(false)
    expect(await within(it.clock, it.safety.settle(it.key, { model, count: 1 }))).toEqual({
      kind: 'ready',
      boardId: kind,
    })
    await within(it.clock, it.power.powerUp(1200))
    await pass(it.clock, 2_000)
    const view = it.safety.views[0]!
    expect(view).toMatchObject({ boardId: kind, state: 'on', canCutPower: false })
    expect(view.readings!.chipC).not.toBeNull()
    expect(view.readings!.powerW).not.toBeNull()
  })

  it('is held in reset at its least voltage when it is too hot', async () => {
    const it = await running('bitaxe', { kind: 'bitaxe-ultra', usb: REAL })
    it.board.inject({ kind: 'overheat', addedW: 60 })
    await pass(it.clock, 25_000, 25)
    expect(it.cuts[0]?.cause).toBe('too-hot')
    expect(it.board.view.power!.resetHigh).toBe(false)
    // One step of the current source above the least of the table.
    expect(it.board.view.power!.coreMv).toBeLessThan(1_175)
  })
})
