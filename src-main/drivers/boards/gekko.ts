/**
 * GekkoScience sticks and pods as data (asic-serial 4.1, 4.2). None has a sensor that plain serial reaches but Compac
 * and Terminus A1 and A2, which have a telemetry port of their own. Matched by their strings before anything is probed.
 */
import { type BoardModel, type BoardPattern } from '../model/board.ts'
import { range, SILICON_ZERO_BITS, UNREAD_LIMITS } from './ranges.ts'

const NO_SENSOR =
  'It has no thermometer that a program can read, and its core voltage is set by hand on the board: blow air at it, and raise its clock in small steps.'
const RESET_DRIVER =
  'Its reset needs direct USB access besides the serial port: on Linux install the udev rule that Headframe offers. Without it (Windows and macOS keep the serial driver) it mines too, but a stuck chip must be replugged.'
const LATCH_DRIVER =
  'Its chips have no power until a USB request is sent that a serial port cannot carry: on Linux install the udev rule that Headframe offers. Windows and macOS do not let a program send it beside an open port: there it cannot mine.'
const HUB_POWER = 'Sticks that vanish in pairs lack power: use a powered hub.'

const common = {
  maker: 'GekkoScience',
  bridge: null,
  gekko: null,
  coreVoltageMv: null,
  fan: null,
  limits: UNREAD_LIMITS,
  fixedZeroBits: SILICON_ZERO_BITS,
  rateRatio: 1,
} as const

/** BM1384 boards were sold under two manufacturer strings. */
function cp2102(product: string): readonly BoardPattern[] {
  return ['GekkoScience', 'bitshopperde'].map((manufacturer) => ({
    vendorId: 0x10c4,
    productId: 0xea60,
    manufacturer,
    product,
  }))
}

function ftdi(product: string): readonly BoardPattern[] {
  return [{ vendorId: 0x0403, productId: 0x6015, manufacturer: 'GekkoScience', product }]
}

function bm1384(id: string, name: string, product: string, chipCount: number, presetMhz: number): BoardModel {
  return {
    ...common,
    id,
    name,
    patterns: cp2102(`${product} BM1384 Bitcoin Miner`),
    chip: 'BM1384',
    chipCount,
    control: 'none',
    ports: 'data',
    // The driver's range reaches down to 6 MHz; below 50 a stick only warms its port.
    frequencyMhz: range(50, 500, 6.25, presetMhz),
    notes: [NO_SENSOR, HUB_POWER],
  }
}

export const compac = bm1384('gekko-compac', 'Compac', 'Compac', 1, 150)
export const twoPac = bm1384('gekko-2pac', '2Pac', '2Pac', 2, 100)
export const terminusR808 = bm1384('gekko-terminus-r808', 'Terminus R808', 'Terminus', 8, 150)

function ftdiBoard(
  board: Pick<BoardModel, 'id' | 'name' | 'chip' | 'chipCount' | 'frequencyMhz'> & { product: string },
  rateRatio = 1,
): BoardModel {
  const { product, ...model } = board
  return {
    ...common,
    ...model,
    patterns: ftdi(`${product} Bitcoin Miner`),
    control: 'ftdi-reset',
    ports: 'data',
    rateRatio,
    notes: [RESET_DRIVER, NO_SENSOR, HUB_POWER],
  }
}

export const newPac = ftdiBoard({
  id: 'gekko-newpac',
  name: 'NewPac',
  product: 'NewPac',
  chip: 'BM1387',
  chipCount: 2,
  frequencyMhz: range(50, 1200, 6.25, 100),
})

export const r606 = ftdiBoard({
  id: 'gekko-r606',
  name: 'Terminus R606',
  product: 'R606',
  chip: 'BM1387',
  chipCount: 12,
  frequencyMhz: range(50, 1200, 6.25, 550),
})

/** What one Compac F was measured to deliver of what its clock and cores promise (asic-serial 4.2). */
export const COMPAC_F_RATE_RATIO = 52.5 / 67.2

export const compacF = ftdiBoard(
  {
    id: 'gekko-compac-f',
    name: 'Compac F',
    product: 'CompacF',
    chip: 'gekko-bm1397',
    chipCount: 1,
    frequencyMhz: range(100, 800, 5, 200),
  },
  COMPAC_F_RATE_RATIO,
)

export const r909 = ftdiBoard({
  id: 'gekko-r909',
  name: 'R909',
  product: 'R909',
  chip: 'gekko-bm1397',
  chipCount: 6,
  frequencyMhz: range(100, 800, 5, 450),
})

function withTelemetry(
  id: string,
  name: string,
  chip: 'gekko-a1' | 'gekko-a2',
  coreOffsetMv: number,
): BoardModel {
  return {
    ...common,
    id,
    name,
    patterns: [
      {
        vendorId: 0x10c4,
        productId: 0xea70,
        manufacturer: 'Silicon Labs',
        product: `GekkoScience ${name}`,
      },
      { vendorId: 0x10c4, productId: 0xea70, product: `GekkoScience ${name}` },
    ],
    chip,
    chipCount: 1,
    // Not established how many each variant carries: as many as answer are used.
    chipCountMax: 12,
    control: 'gekko-telemetry',
    ports: 'data+telemetry',
    gekko: { coreOffsetMv },
    frequencyMhz: range(100, 800, 6.25, 300),
    fan: { minPermille: 300 },
    limits: {
      // The maker's own program stops at 110 C; what its sensors touch is not established, so stop before.
      chipWarnC: 90,
      chipTripC: 100,
      regulatorTripC: null,
      maxPowerW: null,
      // Whether a fan with a tachometer is fitted differs from board to board.
      fanMustTurnPermille: null,
      fanStallMs: 10_000,
      sensorSilenceMs: 3_000,
      sensorSettleMs: 3_000,
    },
    notes: [
      LATCH_DRIVER,
      'It has not been established that these chips mine over a serial port without mark parity.',
    ],
  }
}

export const compacA1 = withTelemetry('gekko-compac-a1', 'Compac A1', 'gekko-a1', 300)
export const terminusA1 = withTelemetry('gekko-terminus-a1', 'Terminus A1', 'gekko-a1', 300)
export const compacA2 = withTelemetry('gekko-compac-a2', 'Compac A2', 'gekko-a2', 270)
export const terminusA2 = withTelemetry('gekko-terminus-a2', 'Terminus A2', 'gekko-a2', 270)

export const gekkoBoards: readonly BoardModel[] = [
  compac,
  twoPac,
  terminusR808,
  newPac,
  r606,
  compacF,
  r909,
  compacA1,
  terminusA1,
  compacA2,
  terminusA2,
]
