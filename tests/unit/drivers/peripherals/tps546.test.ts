import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, HeadframeError, ManualClock } from '../../../../src-main/base/index.ts'
import { BridgeClient } from '../../../../src-main/drivers/control/bridge-client.ts'
import { Tps546 } from '../../../../src-main/drivers/peripherals/tps546.ts'
import {
  TPS546_GAMMA_TURBO,
  TPS546_HEX,
  TPS546_SINGLE_CHIP,
  type Tps546Config,
} from '../../../../src-main/drivers/peripherals/tps546-config.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'
import { BridgePeer } from '../../../support/bridge-peer.ts'
import { noAnswer, RegisterBus, type Registers } from '../../../support/register-bus.ts'
import { turn, within } from '../../../support/settled-time.ts'

const ADDRESS = 0x24
const OPERATION = 0x01
const READ_VOUT = 0x8b
const D24A = [6, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x41]

/** A part fresh from power-on; what it measures follows what it is told while `follows`. */
function freshPart(): Registers {
  return {
    [OPERATION]: [0x00],
    0x20: [0x97],
    0x21: [0x00, 0x00],
    0x79: [0x40, 0x08],
    0x88: [0x05, 0xca],
    0x8b: [0x00, 0x00],
    0x8c: [0x00, 0x00],
    0x8d: [0x2d, 0x00],
    0xad: D24A,
  }
}

function setUp(config: Tps546Config = TPS546_SINGLE_CHIP, minMv = 1000, maxMv = 1250) {
  const clock = new ManualClock()
  const bus = new RegisterBus({ [ADDRESS]: freshPart() })
  // What is measured is what was set, once it is switched on.
  const follow = { ratio: 1 }
  bus.before = (_address, register, isWrite) => {
    if (isWrite || register !== READ_VOUT) return
    const [low = 0, high = 0] = bus.get(ADDRESS, 0x21) ?? []
    const isOn = bus.get(ADDRESS, OPERATION)?.[0] === 0x80
    const word = isOn ? Math.round((low + 256 * high) * follow.ratio) : 0
    bus.set(ADDRESS, READ_VOUT, word & 0xff, word >> 8)
  }
  const regulator = new Tps546(bus, clock, { config, limits: { minMv, maxMv } })
  return { clock, bus, regulator, follow }
}

async function configured(config?: Tps546Config, minMv?: number, maxMv?: number) {
  const parts = setUp(config, minMv, maxMv)
  await within(parts.clock, parts.regulator.identify())
  await within(parts.clock, parts.regulator.configure())
  parts.bus.writes.length = 0
  return parts
}

function outcome(work: Promise<unknown>): Promise<ErrorCode | 'done'> {
  return work.then(
    () => 'done' as const,
    (error: unknown) => {
      if (error instanceof HeadframeError) return error.code
      throw error
    },
  )
}

describe('finding a TPS546', () => {
  it('takes both kinds with 40 A, and no other', async () => {
    for (const [last, expected] of [
      [[0x6d, 0x24, 0x41], 'done'],
      [[0x6d, 0x24, 0x62], 'done'],
      [[0x6b, 0x24, 0x41], 'i2c/wrong-part'],
      [[0xff, 0xff, 0xff], 'i2c/wrong-part'],
    ] as const) {
      const { clock, bus, regulator } = setUp()
      bus.set(ADDRESS, 0xad, 6, 0x54, 0x49, 0x54, ...last)
      expect(await within(clock, outcome(regulator.identify()))).toBe(expected)
      expect(bus.writes).toEqual([])
    }
  })

  it('tries six times: a cold part refuses, or answers all ones', async () => {
    const { clock, bus, regulator } = setUp()
    let asked = 0
    bus.before = () => {
      asked++
      if (asked < 4) throw noAnswer(ADDRESS)
      bus.set(ADDRESS, 0xad, ...(asked < 6 ? Array<number>(7).fill(0xff) : D24A))
    }
    await within(clock, regulator.identify())
    expect(asked).toBe(6)
    bus.removePart(ADDRESS)
    bus.before = () => undefined
    expect(await within(clock, outcome(regulator.identify()))).toBe('i2c/wrong-part')
  })
})

describe('configuring a TPS546', () => {
  it('writes everything in order with the output off, and never switches on', async () => {
    const { clock, bus, regulator } = setUp()
    bus.set(ADDRESS, OPERATION, 0x80)
    await within(clock, regulator.configure())
    expect(bus.writes).toEqual([
      '24:01 00',
      '24:02 1f',
      '24:ec 0000',
      '24:e4 10',
      '24:04 00',
      '24:33 8a02',
      '24:35 66ca',
      '24:36 40ca',
      '24:55 40cb',
      '24:56 b7',
      '24:29 00aa',
      '24:21 6602',
      '24:24 0004',
      '24:2b 0002',
      '24:40 8002',
      '24:42 5102',
      '24:25 3302',
      '24:26 cc01',
      '24:43 cc01',
      '24:44 8001',
      '24:4a 20db',
      '24:46 c0db',
      '24:47 c0',
      '24:51 6900',
      '24:4f 9100',
      '24:50 ff',
      '24:60 0000',
      '24:61 0300',
      '24:62 0000',
      '24:63 3b',
      '24:64 0000',
      '24:65 0000',
      '24:ee ffff',
      '24:01 00',
      '24:02 1b',
    ])
  })

  it('gives two-phase and three-domain boards their own limits', async () => {
    const turbo = setUp(TPS546_GAMMA_TURBO)
    await within(turbo.clock, turbo.regulator.configure())
    for (const write of [
      '24:ec 0100',
      '24:e4 d0',
      '24:04 ff',
      '24:b1 051234422104',
      '24:24 0006',
      '24:46 70e3',
    ]) {
      expect(turbo.bus.writes, write).toContain(write)
    }
    const hex = setUp(TPS546_HEX)
    await within(hex.clock, hex.regulator.configure())
    for (const write of ['24:29 00a2', '24:21 3307', '24:24 0009', '24:2b 0005', '24:04 00']) {
      expect(hex.bus.writes, write).toContain(write)
    }
  })

  it('stores nothing in the part, on any board, whatever is done with it', async () => {
    // STORE and RESTORE of defaults and user settings, page writes that could hide them, and write protection.
    const forbidden = [0x00, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]
    for (const config of [TPS546_SINGLE_CHIP, TPS546_GAMMA_TURBO, TPS546_HEX]) {
      const { clock, bus, regulator } = setUp(config)
      await within(clock, regulator.identify())
      await within(clock, regulator.configure())
      await within(clock, regulator.setCoreVoltage(1200))
      await within(clock, regulator.read())
      await within(clock, regulator.clearFaults())
      await within(clock, regulator.off())
      const registers = bus.writes.map((write) => parseInt(write.slice(3, 5), 16))
      expect(registers.filter((register) => forbidden.includes(register))).toEqual([])
    }
  })

  it('ends when a limit that chips depend on was not kept, and then switches nothing on', async () => {
    for (const register of [0x29, 0x24, 0x40, 0x46]) {
      const { clock, bus, regulator } = setUp()
      bus.before = (_address, read, isWrite) => {
        if (!isWrite && read === register) bus.set(ADDRESS, register, 0x00, 0x10)
      }
      expect(await within(clock, outcome(regulator.configure()))).toBe('i2c/not-taken')
      expect(await within(clock, outcome(regulator.setCoreVoltage(1150)))).toBe('safety/not-configured')
      expect(bus.get(ADDRESS, OPERATION)).toEqual([0x00])
    }
  })

  it('refuses a part that would take ratios for volts', async () => {
    for (const mode of [0x17, 0xb7, 0xff, 0x00]) {
      const { clock, bus, regulator } = setUp()
      bus.set(ADDRESS, 0x20, mode)
      expect(await within(clock, outcome(regulator.configure()))).toBe('i2c/wrong-part')
      expect(bus.writes).toEqual(['24:01 00', '24:02 1f'])
    }
  })
})

describe('the core voltage of a TPS546', () => {
  it('is written, switched on, and measured', async () => {
    const { clock, bus, regulator } = await configured()
    await within(clock, regulator.setCoreVoltage(1150))
    expect(bus.writes).toEqual(['24:21 4c02', '24:01 80'])
    expect(bus.get(ADDRESS, OPERATION)).toEqual([0x80])
  })

  it('is what the domains add up to', async () => {
    const { clock, bus, regulator } = await configured(TPS546_HEX)
    await within(clock, regulator.setCoreVoltage(1200))
    expect(bus.writes).toEqual(['24:21 3307', '24:01 80'])
    expect((await regulator.read()).coreVoltageMv).toBeCloseTo(1199.87, 1)
  })

  it('outside what board and part take is never sent', async () => {
    const { bus, regulator } = await configured()
    for (const mv of [999, 1251, 0, -1150, 1.15, Number.NaN, Infinity, -Infinity]) {
      expect(await outcome(regulator.setCoreVoltage(mv))).toBe('safety/out-of-range')
    }
    expect(bus.writes).toEqual([])
    // Board data that allow more than the part is limited to do not help.
    const careless = await configured(TPS546_SINGLE_CHIP, 0, 9999)
    expect(await outcome(careless.regulator.setCoreVoltage(2100))).toBe('safety/out-of-range')
    expect(await outcome(careless.regulator.setCoreVoltage(900))).toBe('safety/out-of-range')
    expect(careless.bus.writes).toEqual([])
  })

  it('is never written above what was asked for, whatever is asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.double(), fc.double({ min: 900, max: 1400, noNaN: true })), async (mv) => {
        const { clock, bus, regulator } = await configured()
        const result = await within(clock, outcome(regulator.setCoreVoltage(mv)))
        const isAllowed = mv >= 1000 && mv <= 1250
        expect(result).toBe(isAllowed ? 'done' : 'safety/out-of-range')
        const [low = 0, high = 0] = bus.get(ADDRESS, 0x21) ?? []
        if (isAllowed) expect(((low + 256 * high) / 512) * 1000).toBeLessThanOrEqual(mv)
        else expect(bus.writes).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  it('that does not come within 5 % switches off again', async () => {
    for (const ratio of [0, 0.9, 1.1]) {
      const { clock, bus, regulator, follow } = await configured()
      follow.ratio = ratio
      expect(await within(clock, outcome(regulator.setCoreVoltage(1150)))).toBe('safety/voltage-not-reached')
      expect(bus.get(ADDRESS, OPERATION)).toEqual([0x00])
    }
    const { clock, regulator, follow } = await configured()
    follow.ratio = 0.96
    await within(clock, regulator.setCoreVoltage(1150))
  })

  it('is taken away again when switching on is not confirmed', async () => {
    const { clock, bus, regulator } = await configured()
    bus.before = (_address, register, isWrite) => {
      // It keeps saying that it is off until it is told to be.
      if (!isWrite && register === OPERATION) bus.set(ADDRESS, OPERATION, 0x00)
    }
    expect(await within(clock, outcome(regulator.setCoreVoltage(1150)))).toBe('i2c/not-taken')
    expect(bus.writes.at(-1)).toBe('24:01 00')
  })

  it('is not switched on before it was configured', async () => {
    const { bus, regulator } = setUp()
    expect(await outcome(regulator.setCoreVoltage(1150))).toBe('safety/not-configured')
    expect(bus.writes).toEqual([])
  })
})

describe('switching a TPS546 off', () => {
  it('is tried three times, and says to take the supply away when it is not confirmed', async () => {
    const { clock, bus, regulator } = await configured()
    await within(clock, regulator.setCoreVoltage(1150))
    let refusals = 2
    bus.before = (address, register, isWrite) => {
      if (isWrite && register === OPERATION && refusals-- > 0) throw noAnswer(address)
    }
    await regulator.off()
    expect(bus.get(ADDRESS, OPERATION)).toEqual([0x00])
    refusals = Infinity
    expect(await outcome(regulator.off())).toBe('safety/off-failed')
  })

  it('goes before everything that waits, and nothing that would switch on follows it', async () => {
    // Over the real client, and at every request of the way.
    for (let offAfter = 0; offAfter < 12; offAfter++) {
      const clock = new ManualClock()
      const { host, board } = memoryLinkPair()
      const registers = new Map(Object.entries(freshPart()).map(([key, bytes]) => [Number(key), bytes]))
      const waiting: (() => void)[] = []
      const peer = new BridgePeer(board, 'v1', ({ id, command, data }) => {
        const [, register = 0, ...rest] = data
        if (command === 0x20) {
          if (rest.length > 0) registers.set(register, rest)
          waiting.push(() => peer.send(peer.packet(id, { data: [data.length - 1] })))
          return null
        }
        const count = rest.at(-1) ?? 0
        const isOn = registers.get(OPERATION)?.[0] === 0x80
        const source = register === READ_VOUT && isOn ? 0x21 : register
        const values = registers.get(source) ?? []
        const answer = Array.from({ length: count }, (_, index) => values[index] ?? 0)
        waiting.push(() => peer.send(peer.packet(id, { data: answer })))
        return null
      })
      let answers = true
      const answerAll = (async () => {
        while (answers) {
          await turn()
          waiting.shift()?.()
        }
      })()
      const bridge = new BridgeClient(host, clock, 'v1')
      const regulator = new Tps546(bridge.i2c, clock, {
        config: TPS546_SINGLE_CHIP,
        limits: { minMv: 1000, maxMv: 1250 },
      })
      await within(clock, regulator.configure(), 60_000, 1)
      answers = false
      await answerAll
      const from = peer.seen.length
      const on = outcome(regulator.setCoreVoltage(1150))
      for (let step = 0; step < offAfter; step++) {
        await turn()
        waiting.shift()?.()
        if (step % 3 === 2) clock.advance(100)
      }
      await turn()
      const off = regulator.off()
      const poll = regulator.read()
      let isDone = false
      const done = Promise.all([on, off, poll]).then(() => void (isDone = true))
      for (let step = 0; !isDone && step < 400; step++) {
        await turn()
        waiting.shift()?.()
        clock.advance(1)
      }
      await done
      const operations = peer.seen
        .slice(from)
        .filter(({ command, data }) => command === 0x20 && data[1] === OPERATION)
        .map(({ data }) => data[2])
      expect(operations.at(-1), `off after ${offAfter} steps`).toBe(0x00)
      expect(registers.get(OPERATION)).toEqual([0x00])
      await bridge.close()
    }
  })
})

describe('what a TPS546 measures', () => {
  it('comes in millivolts, milliamperes, watts and degrees', async () => {
    const { clock, bus, regulator } = await configured()
    await within(clock, regulator.setCoreVoltage(1150))
    bus.set(ADDRESS, 0x79, 0x00, 0x00)
    bus.set(ADDRESS, 0x8c, 0x20, 0xd2)
    const readings = await regulator.read()
    expect(readings).toEqual({
      inputVoltageMv: 4039.0625,
      coreVoltageMv: 1148.4375,
      currentMa: 8500,
      regulatorC: 45,
      powerW: 9.76171875,
      faults: [],
    })
    expect(bus.urgencies.slice(-5)).toEqual(Array<string>(5).fill('poll'))
  })

  it('is null where nobody answers or all lines float, and a status that cannot be read is a fault', async () => {
    const { clock, bus, regulator } = await configured()
    await within(clock, regulator.setCoreVoltage(1150))
    bus.before = () => undefined
    for (const register of [0x79, 0x88, 0x8b, 0x8c, 0x8d]) bus.set(ADDRESS, register, 0xff, 0xff)
    const nothing = {
      inputVoltageMv: null,
      coreVoltageMv: null,
      currentMa: null,
      regulatorC: null,
      powerW: null,
      faults: ['status cannot be read'],
    }
    expect(await regulator.read()).toEqual(nothing)
    bus.removePart(ADDRESS)
    expect(await regulator.read()).toEqual(nothing)
  })

  it('reads a regulator that is far too hot as that, not as a broken sensor', async () => {
    const { bus, regulator } = await configured()
    bus.set(ADDRESS, 0x8d, 140, 0)
    expect((await regulator.read()).regulatorC).toBe(140)
  })

  it('names faults in words, clears none by reading, and clears only after it has read', async () => {
    const { clock, bus, regulator } = await configured()
    await within(clock, regulator.setCoreVoltage(1150))
    bus.set(ADDRESS, 0x79, 0x54, 0x48)
    bus.writes.length = 0
    const faults = [
      'switched itself off',
      'output current too high',
      'regulator temperature',
      'output current',
      'power not good',
    ]
    expect((await regulator.read()).faults).toEqual(faults)
    expect(bus.writes).toEqual([])
    bus.reads.length = 0
    expect(await regulator.clearFaults()).toEqual(faults)
    expect(bus.reads).toEqual(['24:79'])
    expect(bus.writes).toEqual(['24:03'])
    bus.before = (address, register, isWrite) => {
      if (!isWrite && register === 0x79) throw noAnswer(address)
    }
    expect(await outcome(regulator.clearFaults())).toBe('i2c/no-answer')
    expect(bus.writes).toEqual(['24:03'])
  })
})
