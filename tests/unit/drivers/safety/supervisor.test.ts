import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeadframeError, ManualClock, silentLogger } from '../../../../src-main/base/index.ts'
import { bitaxeGamma } from '../../../../src-main/drivers/boards/bitaxe.ts'
import { defaultSettings } from '../../../../src-main/drivers/boards/check-settings.ts'
import { BridgeClient } from '../../../../src-main/drivers/control/bridge-client.ts'
import { type PowerCut } from '../../../../src-main/drivers/model/power.ts'
import { BridgeBoard } from '../../../../src-main/drivers/safety/bridge-board.ts'
import { bridgeParts } from '../../../../src-main/drivers/safety/bridge-parts.ts'
import { PlainBoard } from '../../../../src-main/drivers/safety/plain-board.ts'
import { type SafetyNotice } from '../../../../src-main/drivers/safety/safety-views.ts'
import { BoardSupervisor } from '../../../../src-main/drivers/safety/supervisor.ts'
import { TripRecord } from '../../../../src-main/drivers/safety/trip-record.ts'
import { BenchBoard, pass } from '../../../support/bench-board.ts'
import { within } from '../../../support/settled-time.ts'

function bench(options: { trips?: TripRecord; isProvisional?: boolean } = {}) {
  const clock = new ManualClock()
  const board = new BenchBoard(clock)
  const bridge = new BridgeClient(board.host, clock, 'v1')
  const parts = bridgeParts(bitaxeGamma, bridge.i2c, clock)
  if (!parts) throw new Error('no parts')
  const trips = options.trips ?? new TripRecord()
  const supervisor = new BoardSupervisor({
    key: 'bench',
    model: bitaxeGamma,
    power: new BridgeBoard(bitaxeGamma, bridge, parts, clock),
    clock,
    log: silentLogger,
    trips,
    fan: defaultSettings(bitaxeGamma).fan,
    isProvisional: options.isProvisional ?? false,
  })
  const cuts: PowerCut[] = []
  const notices: SafetyNotice[] = []
  supervisor.onCut((cut) => cuts.push(cut))
  supervisor.onNotice((notice) => notices.push(notice))
  // A hashing side that lives: it signs twice a second until told to be silent.
  let signs = true
  clock.every(500, () => {
    if (signs) supervisor.sign({ hashing: true, sinceNonceMs: 100 })
  })
  const silence = (): void => void (signs = false)
  return { clock, board, bridge, supervisor, cuts, notices, trips, silence }
}

type Bench = ReturnType<typeof bench>

async function running(options: { trips?: TripRecord; isProvisional?: boolean } = {}): Promise<Bench> {
  const it = bench(options)
  await within(it.clock, it.supervisor.start())
  await within(it.clock, it.supervisor.powerUp(1150))
  expect(it.supervisor.view.state).toBe('on')
  expect(it.board.resetLevel).toBe(1)
  expect(it.board.operation).toBe(0x80)
  await pass(it.clock, 2_000)
  expect(it.cuts).toEqual([])
  return it
}

function expectOff({ board }: Bench): void {
  expect(board.lastToldOff).toEqual({ reset: true, regulator: true })
  expect(board.resetLevel).toBe(0)
  expect(board.operation).toBe(0x00)
}

/** When, after `fromMs`, the chips went into reset and the regulator off, by the board's own record. */
function offAfterMs({ board }: Bench, fromMs: number): number {
  const told = board.record.filter(
    ({ atMs, what }) => atMs >= fromMs && (what === 'reset 0' || what === '24:01 00'),
  )
  const reset = told.find(({ what }) => what === 'reset 0')
  const regulator = told.find(({ what }) => what === '24:01 00')
  if (!reset || !regulator) throw new Error('it was never told to go off')
  expect(reset.atMs).toBeLessThanOrEqual(regulator.atMs)
  return regulator.atMs - fromMs
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'none'
  } catch (error) {
    return error instanceof HeadframeError ? error.code : String(error)
  }
}

describe('starting a board', () => {
  it('holds reset, turns the fan up, sets a verified voltage, and releases last', async () => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    it.board.record.length = 0
    await within(it.clock, it.supervisor.powerUp(1150))
    const order = it.board.record.map(({ what }) => what)
    const at = (what: string): number => order.indexOf(what)
    expect(order[0]).toBe('reset 0')
    expect(at('4c:4c 3f')).toBeGreaterThan(at('reset 0'))
    expect(at('24:21 4c 02')).toBeGreaterThan(at('4c:4c 3f'))
    expect(at('24:01 80')).toBeGreaterThan(at('24:21 4c 02'))
    expect(at('reset 1')).toBeGreaterThan(at('24:01 80'))
    expect(order.filter((what) => what === 'reset 1')).toHaveLength(1)
  })

  it.each([0.8, 0.94, 1.06, 1.3])('never releases chips at %f of the voltage that was set', async (ratio) => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    it.board.voltageRatio = ratio
    const code = await codeOf(within(it.clock, it.supervisor.powerUp(1150)))
    expect(code).toBe('safety/voltage-not-reached')
    expect(it.board.record.some(({ what }) => what === 'reset 1')).toBe(false)
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['regulator-fault'])
    expectOff(it)
  })

  it('gives no voltage to a board whose regulator is another part', async () => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    it.board.addPart(0x24, { 0x01: [0], 0x20: [0x97], 0xad: [6, 1, 2, 3, 4, 5, 6] })
    expect(await codeOf(within(it.clock, it.supervisor.powerUp(1150)))).toBe('i2c/wrong-part')
    expect(it.board.voltagesMv).toEqual([])
    expect(it.board.record.some(({ what }) => what === 'reset 1' || what === '24:01 80')).toBe(false)
  })

  it('gives no voltage to a board whose fan controller does not answer', async () => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    it.board.deaf.add(0x4c)
    expect(await codeOf(within(it.clock, it.supervisor.powerUp(1150)))).toBe('i2c/no-answer')
    expect(it.board.record.some(({ what }) => what === 'reset 1' || what === '24:01 80')).toBe(false)
  })

  it('lets no voltage outside the table reach the bus, whatever is asked', async () => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    const asked = fc.oneof(
      fc.double(),
      fc.integer({ min: -5000, max: 100_000 }),
      fc.constantFrom(NaN, Infinity, -Infinity, 999, 1251, 0),
    )
    await fc.assert(
      fc.asyncProperty(asked, fc.boolean(), async (millivolts, isRunning) => {
        if (isRunning && it.supervisor.view.state !== 'on') {
          await within(it.clock, it.supervisor.powerUp(1150)).catch(() => undefined)
        }
        const ask = isRunning ? it.supervisor.setCoreVoltage(millivolts) : it.supervisor.powerUp(millivolts)
        await within(it.clock, ask).catch(() => undefined)
        for (const told of it.board.voltagesMv) {
          // One step of the regulator below; 1200 is what it is configured with before it is on.
          expect(told === 1199.21875 || (told > 998 && told <= 1250)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('goes off if it is released while it starts, and releases nothing afterwards', async () => {
    for (const afterMs of [0, 20, 60, 120, 200, 350, 500, 650]) {
      const it = bench()
      await within(it.clock, it.supervisor.start())
      const starting = codeOf(it.supervisor.powerUp(1150))
      await pass(it.clock, afterMs)
      await within(it.clock, it.supervisor.release())
      await within(it.clock, starting)
      await pass(it.clock, 3_000)
      expectOff(it)
    }
  })
})

describe('cutting the power', () => {
  it('is off within one second of a chip that is too hot', async () => {
    const it = await running()
    const fromMs = it.clock.monotonicMs()
    it.board.chipC = 76
    await pass(it.clock, 1_000)
    expect(it.cuts).toHaveLength(1)
    expect(it.cuts[0]).toMatchObject({ cause: 'too-hot', latched: false })
    expect(it.cuts[0]!.message).toContain('76 °C; at 75 °C')
    expect(offAfterMs(it, fromMs)).toBeLessThanOrEqual(1_000)
    await pass(it.clock, 200)
    expectOff(it)
    expect(it.board.fanPermille).toBe(1000)
  })

  it('is off within one second of a diode that tells nothing', async () => {
    const it = await running()
    const fromMs = it.clock.monotonicMs()
    it.board.diodeOpen = true
    await pass(it.clock, 1_000)
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['sensors-silent'])
    expect(offAfterMs(it, fromMs)).toBeLessThanOrEqual(1_000)
    expectOff(it)
  })

  it.each([0, -20, 121])('does not take %d °C for the temperature of a chip', async (chipC) => {
    const it = await running()
    it.board.chipC = chipC
    await pass(it.clock, 1_000)
    expect(it.cuts).toHaveLength(1)
    expectOff(it)
  })

  it('is off within one second of a thermometer that does not acknowledge', async () => {
    const it = await running()
    const fromMs = it.clock.monotonicMs()
    it.board.deaf.add(0x4c)
    await pass(it.clock, 1_000)
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['sensors-silent'])
    expect(offAfterMs(it, fromMs)).toBeLessThanOrEqual(1_000)
    expectOff(it)
  })

  it('forgives a single reading that fails', async () => {
    const it = await running()
    it.board.diodeOpen = true
    await pass(it.clock, 250)
    it.board.diodeOpen = false
    await pass(it.clock, 5_000)
    expect(it.cuts).toEqual([])
    expect(it.supervisor.view.state).toBe('on')
  })

  it('waits for the chip to connect its diode after a reset, and no longer', async () => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    it.board.diodeOpen = true
    await within(it.clock, it.supervisor.powerUp(1150))
    await pass(it.clock, 4_000)
    expect(it.cuts).toEqual([])
    await pass(it.clock, 2_500)
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['sensors-silent'])
    expectOff(it)
  })

  it('does not let itself be kept blind by resetting chips over and over', async () => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    it.board.diodeOpen = true
    await within(it.clock, it.supervisor.powerUp(1150))
    for (let i = 0; i < 20 && it.cuts.length === 0; i++) {
      await within(it.clock, it.supervisor.resetChips(100, 100)).catch(() => undefined)
      await pass(it.clock, 2_000)
    }
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['sensors-silent'])
    expectOff(it)
  })

  it('stops a board whose regulator is too hot, draws too much, or drifts', async () => {
    const faults: [PowerCut['cause'], (board: BenchBoard) => void][] = [
      ['regulator-too-hot', (board) => void (board.regulatorC = 101)],
      ['too-much-power', (board) => void (board.currentA = 36)],
      ['regulator-fault', (board) => void (board.voltageRatio = 1.2)],
      ['sensors-silent', (board) => void board.deaf.add(0x24)],
    ]
    for (const [cause, spoil] of faults) {
      const it = await running()
      spoil(it.board)
      await pass(it.clock, 3_000)
      expect(it.cuts.map((cut) => cut.cause)).toEqual([cause])
      it.board.deaf.clear()
      await pass(it.clock, 4_000)
      expectOff(it)
    }
  })

  it('stops a board whose fan stands still for ten seconds', async () => {
    const it = await running()
    it.board.chipC = 66
    it.board.rpm = 0
    await pass(it.clock, 9_000)
    expect(it.cuts).toEqual([])
    await pass(it.clock, 5_000)
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['fan-stalled'])
    expectOff(it)
  })

  it('stops a board whose hashing side is silent for three seconds', async () => {
    const it = await running()
    it.silence()
    await pass(it.clock, 2_500)
    expect(it.cuts).toEqual([])
    await pass(it.clock, 1_500)
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['hashing-silent'])
    expect(it.cuts[0]!.latched).toBe(false)
    expectOff(it)
    // It is the other side's fault, not the board's: it may start again at once.
    expect(it.supervisor.view.state).toBe('off')
  })

  it('tells the hashing side in the turn in which it cuts', async () => {
    const it = await running()
    let toldAt: number | null = null
    it.supervisor.onCut(() => (toldAt = it.clock.monotonicMs()))
    it.board.chipC = 80
    await pass(it.clock, 1_000)
    expect(toldAt).not.toBeNull()
    const reset = it.board.record.findLast(({ what }) => what === 'reset 0')
    expect(reset!.atMs - toldAt!).toBeLessThanOrEqual(20)
  })

  it('switches off even if who listens fails', async () => {
    const it = await running()
    it.supervisor.onCut(() => {
      throw new Error('listener')
    })
    it.supervisor.onView(() => {
      throw new Error('listener')
    })
    it.board.chipC = 80
    await pass(it.clock, 1_500)
    expectOff(it)
  })

  it('switches the regulator off though the reset line does not follow, and says what failed', async () => {
    const it = await running()
    it.board.stuckPins.add(0)
    it.board.chipC = 80
    await pass(it.clock, 1_500)
    expect(it.board.operation).toBe(0x00)
    expect(it.supervisor.view.state).toBe('unsafe')
    expect(it.supervisor.view.stillOn[0]).toContain('hold the chips in reset')
    expect(it.notices.map(({ tone }) => tone)).toEqual(['error'])
    expect(await codeOf(within(it.clock, it.supervisor.powerUp(1150)))).toBe('safety/not-off')
    // It is tried again, and believed once it is seen.
    it.board.stuckPins.clear()
    await pass(it.clock, 3_000)
    expect(it.supervisor.view.state).toBe('cooling')
    expectOff(it)
    expect(it.notices).toHaveLength(1)
  })

  it('holds the chips in reset though the regulator does not answer, and tries on', async () => {
    const it = await running()
    it.board.deaf.add(0x24)
    await within(it.clock, it.supervisor.release())
    expect(it.board.resetLevel).toBe(0)
    expect(it.supervisor.view.state).toBe('unsafe')
    it.board.deaf.clear()
    await pass(it.clock, 3_000)
    expectOff(it)
  })

  it('cuts when the control port falls silent, and goes on trying to switch off', async () => {
    const it = await running()
    it.board.isSilent = true
    await pass(it.clock, 3_000)
    expect(it.cuts).toHaveLength(1)
    await pass(it.clock, 20_000, 50)
    it.board.isSilent = false
    await pass(it.clock, 15_000, 50)
    expectOff(it)
  })

  it('is off for good after the second trip, until somebody acknowledges', async () => {
    const it = await running()
    it.board.chipC = 80
    await pass(it.clock, 1_500)
    expect(it.supervisor.view.state).toBe('cooling')
    expect(await codeOf(within(it.clock, it.supervisor.powerUp(1150)))).toBe('safety/cooling')
    it.board.chipC = 45
    await pass(it.clock, 32_000, 50)
    expect(it.supervisor.view.state).toBe('off')
    await within(it.clock, it.supervisor.powerUp(1150))
    it.board.chipC = 80
    await pass(it.clock, 2_000)
    expect(it.cuts.map(({ latched }) => latched)).toEqual([false, true])
    await pass(it.clock, 60_000, 50)
    expect(it.supervisor.view.state).toBe('latched')
    expect(await codeOf(within(it.clock, it.supervisor.powerUp(1150)))).toBe('safety/latched')
    it.board.chipC = 45
    it.supervisor.acknowledge()
    expect(it.supervisor.view).toMatchObject({ state: 'off', trips: 0, cut: null })
    await within(it.clock, it.supervisor.powerUp(1150))
    expect(it.supervisor.view.state).toBe('on')
  })

  it('counts trips over an unplugging', async () => {
    const trips = new TripRecord()
    const first = await running({ trips })
    first.board.chipC = 80
    await pass(first.clock, 1_500)
    await within(first.clock, first.supervisor.leave('unplugged'))
    expect(trips.count).toBe(1)
    expect(trips.trippedAtMs).not.toBeNull()
  })

  it('cuts a voltage that it could not verify', async () => {
    const it = await running()
    it.board.voltageRatio = 0.9
    const code = await codeOf(within(it.clock, it.supervisor.setCoreVoltage(1200)))
    expect(code).toBe('safety/voltage-not-reached')
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['regulator-fault'])
    await pass(it.clock, 500)
    expectOff(it)
  })

  it('powers a board of which it is not known which it is only for a while', async () => {
    const it = await running({ isProvisional: true })
    await pass(it.clock, 31_000, 50)
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['stopped'])
    expectOff(it)
  })

  it('ends every trouble with reset low and the regulator off, whatever the order of readings', async () => {
    const moment = fc.record({
      chipC: fc.oneof(fc.integer({ min: 40, max: 74 }), fc.integer({ min: 75, max: 130 })),
      diodeOpen: fc.boolean(),
      forMs: fc.integer({ min: 100, max: 1_200 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 6 }), async (moments) => {
        const it = await running()
        for (const { chipC, diodeOpen, forMs } of moments) {
          it.board.chipC = chipC
          it.board.diodeOpen = diodeOpen
          await pass(it.clock, forMs, 50)
        }
        // From here on it is hot for good.
        it.board.diodeOpen = false
        it.board.chipC = 90
        await pass(it.clock, 1_250, 25)
        expect(it.cuts).toHaveLength(1)
        expectOff(it)
      }),
      { numRuns: 25 },
    )
  })
})

describe('a board that was left running', () => {
  it('is switched off before anything else, and a person is told', async () => {
    const it = bench()
    it.board.resetLevel = 1
    it.board.operation = 0x80
    await within(it.clock, it.supervisor.start())
    expectOff(it)
    expect(it.supervisor.view.state).toBe('off')
    expect(it.notices).toHaveLength(1)
    expect(it.notices[0]!.message).toContain('found running')
    expect(it.board.record[0]!.what).toBe('reset 0')
  })

  it('is not mentioned when it was off', async () => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    expect(it.notices).toEqual([])
    expectOff(it)
  })

  it('is switched off again when something else switches it on', async () => {
    const it = bench()
    await within(it.clock, it.supervisor.start())
    it.board.resetLevel = 1
    it.board.operation = 0x80
    await pass(it.clock, 8_000, 50)
    expectOff(it)
    expect(it.notices.map(({ tone }) => tone)).toEqual(['warning'])
  })
})

describe('leaving a board', () => {
  it('switches it off, slows its fan and closes the port', async () => {
    const it = await running()
    await within(it.clock, it.supervisor.leave('stopped'))
    expectOff(it)
    expect(it.board.fanPermille).toBeGreaterThanOrEqual(230)
    expect(it.board.fanPermille).toBeLessThan(300)
    expect(it.board.host.end?.kind).toBe('closed')
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['stopped'])
    expect(it.supervisor.view.state).toBe('gone')
  })

  it('says that a board which was unplugged while it ran may go on', async () => {
    const it = await running()
    it.board.host.unplug()
    await within(it.clock, it.supervisor.leave('unplugged'))
    expect(it.cuts).toHaveLength(1)
    expect(it.notices.map(({ message }) => message).join(' ')).toContain('supply')
  })

  it('lets the fan slow down some time after an ordinary stop', async () => {
    const it = await running()
    await within(it.clock, it.supervisor.release())
    expect(it.board.fanPermille).toBeGreaterThan(500)
    await pass(it.clock, 20_000, 50)
    expect(it.board.fanPermille).toBeLessThan(300)
  })
})

describe('a board without anything to switch', () => {
  it('keeps the agreement with the hashing side all the same', async () => {
    const clock = new ManualClock()
    const model = { ...bitaxeGamma, coreVoltageMv: null, fan: null, bridge: null, control: 'none' as const }
    const supervisor = new BoardSupervisor({
      key: 'plain',
      model,
      power: new PlainBoard(),
      clock,
      log: silentLogger,
      trips: new TripRecord(),
      fan: defaultSettings(model).fan,
      isProvisional: false,
    })
    const cuts: PowerCut[] = []
    supervisor.onCut((cut) => cuts.push(cut))
    await within(clock, supervisor.start())
    await within(clock, supervisor.powerUp(null))
    expect(supervisor.view).toMatchObject({ state: 'on', canCutPower: false, measuresHeat: false })
    await pass(clock, 4_000)
    expect(cuts.map(({ cause }) => cause)).toEqual(['hashing-silent'])
  })
})
