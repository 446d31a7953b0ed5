import { afterEach, describe, expect, it } from 'vitest'
import { type ErrorCode, HeadframeError, ManualClock } from '../../../../src-main/base/index.ts'
import { openBridge } from '../../../../src-main/drivers/control/open-bridge.ts'
import { Ds4432u } from '../../../../src-main/drivers/peripherals/ds4432u.ts'
import { Emc2101 } from '../../../../src-main/drivers/peripherals/emc2101.ts'
import { Ina260 } from '../../../../src-main/drivers/peripherals/ina260.ts'
import { scanBus } from '../../../../src-main/drivers/peripherals/scan.ts'
import { Tps546 } from '../../../../src-main/drivers/peripherals/tps546.ts'
import { TPS546_SINGLE_CHIP } from '../../../../src-main/drivers/peripherals/tps546-config.ts'
import { plainFinder } from '../../../../src-main/drivers/simulated/nonce-finder.ts'
import {
  VirtualBitaxe,
  type VirtualBitaxeOptions,
} from '../../../../src-main/drivers/simulated/virtual-bitaxe.ts'
import { within } from '../../../support/settled-time.ts'

const DIODE = { sensor: 'diode', offsetC: 0, ideality: 0x24, beta: 0x00 } as const
const boards: VirtualBitaxe[] = []

afterEach(() => {
  for (const board of boards.splice(0)) board.stop()
})

async function open(kind: VirtualBitaxeOptions['kind'], format: 'v0' | 'v1') {
  const clock = new ManualClock()
  const board = new VirtualBitaxe({
    kind,
    format,
    clock,
    finder: plainFinder,
    serialNumber: 'T1',
    fixedZeroBits: 0,
  })
  boards.push(board)
  const link = await board.ports[0]!.open({ baudRate: 115_200, stopBits: 1 })
  const bridge = await within(clock, openBridge(link, clock))
  const does = <T>(work: Promise<T>): Promise<T> => within(clock, work, 20_000, 1)
  return { clock, board, bridge, does }
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

describe.each(['v0', 'v1'] as const)(
  'parts of a simulated board behind a bridge that answers in %s',
  (format) => {
    it('are found, configured, set, read and switched off on a Gamma', async () => {
      const { clock, board, bridge, does } = await open('bitaxe-gamma', format)
      expect((await does(scanBus(bridge.i2c, clock))).boardClass).toBe('tps546-emc2101')
      const fan = new Emc2101(bridge.i2c, DIODE)
      await does(fan.init())
      await does(fan.setDuty(1000))
      expect(board.view.power?.fanDutyRatio).toBe(1)
      const regulator = new Tps546(bridge.i2c, clock, {
        config: TPS546_SINGLE_CHIP,
        limits: { minMv: 1000, maxMv: 1250 },
      })
      await does(regulator.identify())
      await does(regulator.configure())
      expect(board.view.power?.regulatorOn).toBe(false)
      await does(regulator.setCoreVoltage(1150))
      expect(board.view.power?.coreMv).toBeCloseTo(1148.4, 0)
      const readings = await does(regulator.read())
      expect(readings.coreVoltageMv).toBeCloseTo(1148.4, 0)
      expect(readings.inputVoltageMv).toBeGreaterThan(4500)
      expect(readings.regulatorC).toBeGreaterThan(10)
      expect(readings.faults).toEqual([])
      clock.advance(10_000)
      expect((await does(fan.readRpm()))[0]).toBeGreaterThan(1000)
      await does(regulator.off())
      expect(board.view.power?.regulatorOn).toBe(false)
    })

    it('are lowered, set and lowered on an Ultra', async () => {
      const { clock, board, bridge, does } = await open('bitaxe-ultra', format)
      expect((await does(scanBus(bridge.i2c, clock))).boardClass).toBe('ds4432u-emc2101')
      const regulator = new Ds4432u(bridge.i2c, clock, {
        limits: { minMv: 1100, maxMv: 1300 },
        meter: new Ina260(bridge.i2c),
      })
      await does(regulator.identify())
      await does(regulator.configure())
      await does(regulator.setCoreVoltage(1200))
      expect(Math.abs((board.view.power?.coreMv ?? 0) - 1200)).toBeLessThan(10)
      const { inputVoltageMv, powerW } = await does(regulator.read())
      expect(inputVoltageMv).toBeGreaterThan(4500)
      expect(powerW).not.toBeNull()
      await does(regulator.off())
      expect(Math.abs((board.view.power?.coreMv ?? 0) - 1100)).toBeLessThan(10)
    })

    it('that are cold, absent or broken are retried, refused, or read as nothing', async () => {
      const { clock, board, bridge, does } = await open('bitaxe-gamma', format)
      const options = { config: TPS546_SINGLE_CHIP, limits: { minMv: 1000, maxMv: 1250 } }
      const regulator = new Tps546(bridge.i2c, clock, options)
      board.inject({ kind: 'cold-regulator', reads: 3 })
      await does(regulator.identify())
      await does(regulator.configure())
      board.inject({ kind: 'regulator-fault' })
      expect(await does(outcome(regulator.setCoreVoltage(1150)))).toBe('safety/voltage-not-reached')
      expect(board.view.power?.regulatorOn).toBe(false)
      board.clear()
      board.inject({ kind: 'i2c-nack', address: 0x24 })
      expect(await does(outcome(regulator.off()))).toBe('safety/off-failed')
      expect((await does(regulator.read())).faults).toEqual(['status cannot be read'])
      expect(bridge.loss).toBeNull()
      const fan = new Emc2101(bridge.i2c, DIODE)
      for (const as of ['zero', 'diode-open', 'all-ones'] as const) {
        board.inject({ kind: 'sensor-reads', as })
        const [celsius] = await does(fan.readChipTemperatures())
        expect(celsius, as).toBe(as === 'zero' ? 0 : null)
      }
      board.clear()
      board.inject({ kind: 'control-mute' })
      expect(await does(outcome(fan.readRpm()))).toBe('control/timeout')
    })
  },
)
