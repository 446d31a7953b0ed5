import { describe, expect, it } from 'vitest'
import { type ErrorCode, HeadframeError, ManualClock } from '../../../../src-main/base/index.ts'
import { Ds4432u } from '../../../../src-main/drivers/peripherals/ds4432u.ts'
import { Emc2101 } from '../../../../src-main/drivers/peripherals/emc2101.ts'
import { Emc2103 } from '../../../../src-main/drivers/peripherals/emc2103.ts'
import { Emc2302 } from '../../../../src-main/drivers/peripherals/emc2302.ts'
import { Ina260 } from '../../../../src-main/drivers/peripherals/ina260.ts'
import { scanBus, tps546ConfigOf } from '../../../../src-main/drivers/peripherals/scan.ts'
import { Tmp1075 } from '../../../../src-main/drivers/peripherals/tmp1075.ts'
import { Tmp451 } from '../../../../src-main/drivers/peripherals/tmp451.ts'
import { TPS546_HEX, TPS546_SINGLE_CHIP } from '../../../../src-main/drivers/peripherals/tps546-config.ts'
import { noAnswer, RegisterBus, type Registers } from '../../../support/register-bus.ts'
import { turn, within } from '../../../support/settled-time.ts'

const EMC2101: Registers = { 0xfe: [0x5d], 0xfd: [0x16], 0x03: [0x00], 0x4a: [0x20] }
const EMC2103: Registers = { 0xfe: [0x5d], 0xfd: [0x26], 0x20: [0x40], 0x2a: [0x10] }
const EMC2302: Registers = { 0xfe: [0x5d], 0xfd: [0x36], 0x32: [0xab], 0x42: [0x2b] }
const INA260: Registers = {
  0xfe: [0x54, 0x49],
  0xff: [0x22, 0x70],
  0x01: [0x0a, 0x28],
  0x02: [0x0f, 0xa0],
  0x03: [0x06, 0x59],
}
const TMP1075: Registers = { 0x0f: [0x75, 0x00], 0x00: [0x32, 0x00] }
const TPS546: Registers = { 0xad: [6, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x41] }

function outcome(work: Promise<unknown>): Promise<ErrorCode | 'done'> {
  return work.then(
    () => 'done' as const,
    (error: unknown) => {
      if (error instanceof HeadframeError) return error.code
      throw error
    },
  )
}

const diode = { sensor: 'diode', offsetC: 0, ideality: null, beta: null } as const

describe('an EMC2101', () => {
  it('is told how the fan is wired and what diode it has, and the duty is left alone', async () => {
    const bus = new RegisterBus({ 0x4c: EMC2101 })
    await new Emc2101(bus, { ...diode, ideality: 0x24, beta: 0x00 }).init()
    expect(bus.writes).toEqual(['4c:03 04', '4c:4a 23', '4c:17 24', '4c:18 00'])
  })

  it('that says it is something else is told nothing', async () => {
    for (const [register, id] of [
      [0xfe, 0x5c],
      [0xfd, 0x21],
    ] as const) {
      const bus = new RegisterBus({ 0x4c: { ...EMC2101, [register]: [id] } })
      expect(await outcome(new Emc2101(bus, diode).init())).toBe('i2c/wrong-part')
      expect(bus.writes).toEqual([])
    }
  })

  it('must keep what it is told of the fan', async () => {
    const bus = new RegisterBus({ 0x4c: EMC2101 })
    bus.before = (_address, register, isWrite) => {
      if (!isWrite && register === 0x4a) bus.set(0x4c, 0x4a, 0x20)
    }
    expect(await outcome(new Emc2101(bus, diode).init())).toBe('i2c/not-taken')
  })

  it('reads the diode in the chip, or itself with what the chip is hotter by', async () => {
    const bus = new RegisterBus({ 0x4c: { ...EMC2101, 0x00: [0x28], 0x01: [0x3c], 0x10: [0x40] } })
    expect(await new Emc2101(bus, diode).readChipTemperatures()).toEqual([60.25])
    const beside = new Emc2101(bus, { ...diode, sensor: 'internal', offsetC: 5 })
    expect(await beside.readChipTemperatures()).toEqual([45])
    bus.set(0x4c, 0x01, 0x7f)
    bus.set(0x4c, 0x10, 0x00)
    expect(await new Emc2101(bus, diode).readChipTemperatures()).toEqual([null])
    bus.set(0x4c, 0x00, 0xff)
    expect(await beside.readChipTemperatures()).toEqual([null])
    bus.removePart(0x4c)
    expect(await beside.readChipTemperatures()).toEqual([null])
  })

  it('sets the duty and reads the speed', async () => {
    const bus = new RegisterBus({ 0x4c: { ...EMC2101, 0x46: [0xb0], 0x47: [0x04] } })
    const fan = new Emc2101(bus, diode)
    await fan.setDuty(1000)
    expect(bus.writes).toEqual(['4c:4c 3f'])
    expect(await fan.readRpm()).toEqual([4500])
    expect(bus.reads.slice(-2)).toEqual(['4c:46', '4c:47'])
    bus.removePart(0x4c)
    expect(await fan.readRpm()).toEqual([null])
    expect(await outcome(fan.setDuty(500))).toBe('i2c/no-answer')
  })

  it('does not pass a channel that is lost for a sensor that does not answer', async () => {
    const bus = new RegisterBus({ 0x4c: EMC2101 })
    bus.before = () => {
      throw new HeadframeError('control/lost', 'The board does not answer.')
    }
    expect(await outcome(new Emc2101(bus, diode).readChipTemperatures())).toBe('control/lost')
    expect(await outcome(new Emc2101(bus, diode).readRpm())).toBe('control/lost')
  })
})

describe('an EMC2103', () => {
  it('has two diodes, which one board has the other way round', async () => {
    const registers = {
      ...EMC2103,
      0x02: [0x32],
      0x03: [0x00],
      0x04: [0x3c],
      0x05: [0x20],
      0x4e: [0x3e],
      0x4f: [0x80],
    }
    const bus = new RegisterBus({ 0x2e: registers })
    const part = new Emc2103(bus, { offsetC: 0, swapped: true })
    await part.init()
    expect(bus.writes).toEqual(['2e:20 00', '2e:2a 00'])
    expect(await part.readChipTemperatures()).toEqual([60.125, 50])
    expect(await new Emc2103(bus, { offsetC: 0, swapped: false }).readChipTemperatures()).toEqual([
      50, 60.125,
    ])
    expect(await part.readRpm()).toEqual([3932])
    bus.set(0x2e, 0x02, 0x80)
    expect(await part.readChipTemperatures()).toEqual([60.125, null])
    await part.setDuty(500)
    expect(bus.writes.at(-1)).toBe('2e:40 7f')
  })
})

describe('an EMC2302', () => {
  it('is told to count once and to leave the speed to us', async () => {
    const bus = new RegisterBus({ 0x2f: { ...EMC2302, 0x3e: [0x3d, 0x50], 0x4e: [0xff, 0xf8] } })
    const fan = new Emc2302(bus)
    await fan.init()
    expect(bus.writes).toEqual(['2f:32 0b', '2f:42 0b'])
    await fan.setDuty(1000)
    expect(bus.writes.slice(2)).toEqual(['2f:30 ff', '2f:40 ff'])
    expect(await fan.readRpm()).toEqual([2004, 0])
  })

  it('has its second fan turned up even if the first cannot be told', async () => {
    const bus = new RegisterBus({ 0x2f: EMC2302 })
    bus.before = (address, register) => {
      if (register === 0x30) throw noAnswer(address)
    }
    expect(await outcome(new Emc2302(bus).setDuty(1000))).toBe('i2c/no-answer')
    expect(bus.writes).toEqual(['2f:40 ff'])
  })
})

describe('thermometers on the board', () => {
  it('read each place, and null where one is broken', async () => {
    const bus = new RegisterBus({ 0x4a: TMP1075, 0x4b: { ...TMP1075, 0x00: [0xff, 0xff] } })
    const part = new Tmp1075(bus, { addresses: [0x4a, 0x4b], offsetC: 10 })
    await part.init()
    expect(await part.readChipTemperatures()).toEqual([60, null])
    bus.set(0x4a, 0x0f, 0x00, 0x00)
    expect(await outcome(part.init())).toBe('i2c/wrong-part')
    bus.removePart(0x4a)
    expect(await part.readChipTemperatures()).toEqual([null, null])
  })

  it('with a diode say when it is open', async () => {
    const bus = new RegisterBus({ 0x49: { 0xfe: [0x55], 0x02: [0x00], 0x01: [0x41], 0x10: [0x80] } })
    const part = new Tmp451(bus, -7)
    await part.init()
    expect(await part.readChipTemperatures()).toEqual([58.5])
    bus.set(0x49, 0x02, 0x04)
    expect(await part.readChipTemperatures()).toEqual([null])
    bus.set(0x49, 0xfe, 0x41)
    expect(await outcome(part.init())).toBe('i2c/wrong-part')
  })
})

describe('an INA260', () => {
  it('measures the supply, and nothing where the lines float', async () => {
    const bus = new RegisterBus({ 0x40: INA260 })
    const meter = new Ina260(bus)
    await meter.init()
    expect(await meter.read()).toEqual({ voltageMv: 5000, currentMa: 3250, powerW: 16.25 })
    bus.set(0x40, 0x01, 0xff, 0xff)
    expect(await meter.read()).toEqual({ voltageMv: 5000, currentMa: null, powerW: null })
    bus.removePart(0x40)
    expect(await meter.read()).toEqual({ voltageMv: null, currentMa: null, powerW: null })
  })

  it('that says it is something else is not believed', async () => {
    const bus = new RegisterBus({ 0x40: { ...INA260, 0xff: [0x23, 0x90] } })
    expect(await outcome(new Ina260(bus).init())).toBe('i2c/wrong-part')
  })
})

describe('a DS4432U', () => {
  function setUp(code = 0x00) {
    const clock = new ManualClock()
    const bus = new RegisterBus({ 0x48: { 0xf8: [code] }, 0x40: INA260 })
    const limits = { minMv: 1100, maxMv: 1300 }
    return { clock, bus, regulator: new Ds4432u(bus, clock, { limits, meter: new Ina260(bus) }) }
  }

  it('is lowered from what it has after power-on before anything else, then set and read back', async () => {
    const { clock, bus, regulator } = setUp()
    await regulator.identify()
    expect(bus.writes).toEqual([])
    await regulator.configure()
    await within(clock, regulator.setCoreVoltage(1200))
    await regulator.off()
    expect(bus.writes).toEqual(['48:f8 e1', '48:f8 c6', '48:f8 e1'])
    expect(regulator.canTurnOff).toBe(false)
  })

  it('is known again after a program that ended, and not believed if its output cannot be a Bitaxe’s', async () => {
    expect(await outcome(setUp(0xc6).regulator.identify())).toBe('done')
    expect(await outcome(setUp(0x0c).regulator.identify())).toBe('done')
    for (const code of [0x7f, 0xff, 0x40]) {
      const { bus, regulator } = setUp(code)
      expect(await outcome(regulator.identify())).toBe('i2c/wrong-part')
      expect(await outcome(regulator.setCoreVoltage(1200))).toBe('safety/not-configured')
      expect(bus.writes).toEqual([])
    }
  })

  it('without its meter is another board', async () => {
    const { bus, regulator } = setUp()
    bus.removePart(0x40)
    expect(await outcome(regulator.identify())).toBe('i2c/no-answer')
    expect(await outcome(regulator.configure())).toBe('safety/not-configured')
    expect(bus.writes).toEqual([])
  })

  it('is never told a voltage outside what the board takes', async () => {
    const { bus, regulator } = setUp()
    await regulator.identify()
    for (const mv of [1099, 1301, 0, -1200, Number.NaN, Infinity]) {
      expect(await outcome(regulator.setCoreVoltage(mv))).toBe('safety/out-of-range')
    }
    expect(bus.writes).toEqual([])
  })

  it('is lowered again when it does not keep what it was told', async () => {
    const { clock, bus, regulator } = setUp()
    await regulator.identify()
    let isDeaf = true
    bus.before = (_address, register, isWrite) => {
      if (!isWrite && register === 0xf8 && isDeaf) {
        bus.set(0x48, 0xf8, 0x00)
        isDeaf = false
      }
    }
    expect(await within(clock, outcome(regulator.setCoreVoltage(1200)))).toBe('i2c/not-taken')
    expect(bus.get(0x48, 0xf8)).toEqual([0xe1])
  })

  it('that was lowered while it was being set stays so', async () => {
    const { clock, bus, regulator } = setUp()
    await regulator.identify()
    const set = outcome(regulator.setCoreVoltage(1200))
    await turn()
    await regulator.off()
    expect(await within(clock, set)).toBe('control/cancelled')
    expect(bus.get(0x48, 0xf8)).toEqual([0xe1])
  })

  it('reads what its meter reads, and knows no core voltage', async () => {
    const { regulator } = setUp()
    expect(await regulator.read()).toEqual({
      inputVoltageMv: 5000,
      coreVoltageMv: null,
      currentMa: 3250,
      regulatorC: null,
      powerW: 16.25,
      faults: [],
    })
  })
})

describe('a scan of a board’s bus', () => {
  const boards: readonly [string, Record<number, Registers>, string | null][] = [
    ['Gamma, later Supra and Ultra', { 0x24: TPS546, 0x4c: EMC2101 }, 'tps546-emc2101'],
    ['Max, early Ultra and Supra', { 0x48: { 0xf8: [0] }, 0x40: INA260, 0x4c: EMC2101 }, 'ds4432u-emc2101'],
    ['Gamma Turbo', { 0x24: TPS546, 0x2e: EMC2103 }, 'tps546-emc2103'],
    ['Hex', { 0x24: TPS546, 0x2f: EMC2302, 0x4a: TMP1075, 0x4b: TMP1075 }, 'tps546-emc2302'],
    ['nothing', {}, null],
    ['a regulator alone', { 0x24: TPS546 }, null],
    ['a fan alone', { 0x4c: EMC2101 }, null],
    ['two regulators', { 0x24: TPS546, 0x48: { 0xf8: [0] }, 0x40: INA260, 0x4c: EMC2101 }, null],
    [
      'a regulator that is another',
      { 0x24: { 0xad: [6, 0x54, 0x49, 0x54, 0x6b, 0x24, 0x41] }, 0x4c: EMC2101 },
      null,
    ],
    ['a stranger at the address of a fan', { 0x24: TPS546, 0x4c: EMC2101, 0x2f: { 0xfe: [0x41] } }, null],
    ['emberOne, whose power is not established', { 0x4a: TMP1075, 0x49: { 0xfe: [0x55] } }, null],
  ]

  it.each(boards)('knows %s, and writes nothing', async (_name, parts, expected) => {
    const clock = new ManualClock()
    const bus = new RegisterBus(parts)
    const inventory = await within(clock, scanBus(bus, clock))
    expect(inventory.boardClass).toBe(expected)
    expect(bus.writes).toEqual([])
  })

  it('says what it found, in order', async () => {
    const clock = new ManualClock()
    const bus = new RegisterBus({ 0x4c: EMC2101, 0x24: TPS546, 0x2e: { 0xfe: [0x41] } })
    const inventory = await within(clock, scanBus(bus, clock))
    expect(inventory.parts).toEqual([
      { address: 0x24, part: 'TPS546' },
      { address: 0x4c, part: 'EMC2101' },
    ])
    expect(inventory.strangers).toEqual([0x2e])
    expect(inventory.summary).toBe('Found TPS546 at 24, EMC2101 at 4c, something unknown at 2e.')
  })

  it('asks again where a cold part refused or answered all ones', async () => {
    const clock = new ManualClock()
    const bus = new RegisterBus({ 0x24: TPS546, 0x4c: EMC2101 })
    let asked = 0
    bus.before = (address, register) => {
      if (address !== 0x24 || register !== 0xad) return
      asked++
      if (asked === 1) throw noAnswer(address)
      bus.set(0x24, 0xad, ...(asked === 2 ? Array<number>(7).fill(0xff) : (TPS546[0xad] ?? [])))
    }
    expect((await within(clock, scanBus(bus, clock))).boardClass).toBe('tps546-emc2101')
    expect(asked).toBe(3)
  })

  it('gives each class its own regulator data, or none', () => {
    expect(tps546ConfigOf('tps546-emc2101')).toBe(TPS546_SINGLE_CHIP)
    expect(tps546ConfigOf('tps546-emc2302')).toBe(TPS546_HEX)
    expect(tps546ConfigOf('ds4432u-emc2101')).toBeNull()
  })
})
