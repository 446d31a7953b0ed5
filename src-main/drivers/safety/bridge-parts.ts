/** The parts of a board behind a USB bridge, put together from its data. */
import { type Clock } from '../../base/index.ts'
import { type I2cBus } from '../control/buses.ts'
import { type BoardModel } from '../model/board.ts'
import { Ds4432u } from '../peripherals/ds4432u.ts'
import { Emc2101 } from '../peripherals/emc2101.ts'
import { Ina260 } from '../peripherals/ina260.ts'
import { type FanController, type Regulator, type Thermometer } from '../peripherals/kinds.ts'
import { Tps546 } from '../peripherals/tps546.ts'
import { TPS546_SINGLE_CHIP } from '../peripherals/tps546-config.ts'

export interface BridgeParts {
  readonly regulator: Regulator
  readonly fan: FanController
  readonly thermometer: Thermometer
}

/**
 * @returns null for a board whose data do not describe such parts: it must get no power
 */
export function bridgeParts(model: BoardModel, bus: I2cBus, clock: Clock): BridgeParts | null {
  const { bridge, coreVoltageMv } = model
  if (bridge === null || coreVoltageMv === null) return null
  const limits = { minMv: coreVoltageMv.min, maxMv: coreVoltageMv.max }
  const sensor = bridge.chipSensor
  const emc2101 = new Emc2101(
    bus,
    sensor.kind === 'emc2101-internal'
      ? { sensor: 'internal', offsetC: sensor.offsetC, ideality: null, beta: null }
      : { sensor: 'diode', offsetC: 0, ideality: sensor.ideality, beta: sensor.beta },
  )
  const regulator =
    bridge.regulator === 'tps546'
      ? new Tps546(bus, clock, { config: TPS546_SINGLE_CHIP, limits })
      : new Ds4432u(bus, clock, { limits, meter: new Ina260(bus) })
  return { regulator, fan: emc2101, thermometer: emc2101 }
}
