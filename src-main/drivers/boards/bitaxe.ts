/**
 * Bitaxe boards behind a USB bridge, as data (asic-serial 6.3). The bridge firmware does not say which Bitaxe it sits
 * on: USB names the family, the parts on the I2C bus narrow it, the model bytes of the chip settle it. Boards whose
 * power stage was not established beyond doubt are known and stay without voltage.
 */
import {
  type BoardFamily,
  type BoardModel,
  type BridgeHardware,
  type FamilyMember,
  type RecognisedBoard,
} from '../model/board.ts'
import { diodeLimits, range, SILICON_ZERO_BITS } from './ranges.ts'

const A_TO_C_CABLE =
  'Use a cable with a USB-A plug on the computer’s side: many of these boards are invisible on a cable from USB-C to USB-C.'
const KEEPS_HASHING =
  'Its bridge keeps the chip powered when the program ends unexpectedly. Headframe switches it off when it finds it again; until then, unplug the power supply.'
const NO_OFF_SWITCH =
  'Its regulator can be lowered but not switched off over USB: when stopped, the chip is held in reset at the lowest voltage. To remove all power, unplug it.'

const TPS546: Pick<BridgeHardware, 'replies' | 'resetPin' | 'regulator' | 'powerMeter' | 'fan'> = {
  replies: 'v0',
  resetPin: 0,
  regulator: 'tps546',
  powerMeter: null,
  fan: 'emc2101',
}
const DS4432U: typeof TPS546 = { ...TPS546, regulator: 'ds4432u', powerMeter: 'ina260' }

/** The chip's diode with the constants that the fan controller has by itself. */
const PLAIN_DIODE: BridgeHardware['chipSensor'] = { kind: 'emc2101-external', ideality: null, beta: null }
/** BM1370: ideality 24, beta 00 (hexadecimal). */
const BM1370_DIODE: BridgeHardware['chipSensor'] = { kind: 'emc2101-external', ideality: 0x24, beta: 0x00 }
/** The fan controller sits close to the chip, which is about 5 C hotter. */
const BESIDE_CHIP: BridgeHardware['chipSensor'] = { kind: 'emc2101-internal', offsetC: 5 }

const common = {
  maker: 'Open Source Miners United',
  patterns: [],
  chipCount: 1,
  control: 'usb-bridge',
  ports: 'control+data',
  gekko: null,
  // 25 % is the least duty of the firmware's own fan law.
  fan: { minPermille: 250 },
  fixedZeroBits: SILICON_ZERO_BITS,
  rateRatio: 1,
} as const

export const bitaxeMax: BoardModel = {
  ...common,
  id: 'bitaxe-max',
  name: 'Bitaxe Max',
  chip: 'BM1397',
  bridge: { ...DS4432U, chipSensor: PLAIN_DIODE },
  frequencyMhz: range(400, 600, 5, 425),
  coreVoltageMv: range(1100, 1500, 1, 1400),
  limits: diodeLimits(25, null),
  notes: [A_TO_C_CABLE, KEEPS_HASHING, NO_OFF_SWITCH],
}

export const bitaxeUltra: BoardModel = {
  ...common,
  id: 'bitaxe-ultra',
  name: 'Bitaxe Ultra (201 to 205)',
  chip: 'BM1366',
  bridge: { ...DS4432U, chipSensor: BESIDE_CHIP },
  frequencyMhz: range(400, 575, 5, 485),
  coreVoltageMv: range(1100, 1300, 1, 1200),
  limits: diodeLimits(25, null),
  notes: [A_TO_C_CABLE, KEEPS_HASHING, NO_OFF_SWITCH],
}

export const bitaxeUltra207: BoardModel = {
  ...bitaxeUltra,
  id: 'bitaxe-ultra-207',
  name: 'Bitaxe Ultra (207)',
  bridge: { ...TPS546, chipSensor: PLAIN_DIODE },
  limits: diodeLimits(25, 100),
  notes: [A_TO_C_CABLE, KEEPS_HASHING],
}

export const bitaxeSupra: BoardModel = {
  ...common,
  id: 'bitaxe-supra',
  name: 'Bitaxe Supra (400, 401)',
  chip: 'BM1368',
  bridge: { ...DS4432U, chipSensor: BESIDE_CHIP },
  frequencyMhz: range(400, 575, 5, 490),
  coreVoltageMv: range(1100, 1300, 1, 1166),
  limits: diodeLimits(40, null),
  notes: [A_TO_C_CABLE, KEEPS_HASHING, NO_OFF_SWITCH],
}

export const bitaxeSupra402: BoardModel = {
  ...bitaxeSupra,
  id: 'bitaxe-supra-402',
  name: 'Bitaxe Supra (402, 403)',
  bridge: { ...TPS546, chipSensor: PLAIN_DIODE },
  limits: diodeLimits(40, 100),
  notes: [A_TO_C_CABLE, KEEPS_HASHING],
}

export const bitaxeGamma: BoardModel = {
  ...common,
  id: 'bitaxe-gamma',
  name: 'Bitaxe Gamma',
  chip: 'BM1370',
  bridge: { ...TPS546, chipSensor: BM1370_DIODE },
  frequencyMhz: range(400, 625, 5, 525),
  coreVoltageMv: range(1000, 1250, 1, 1150),
  limits: diodeLimits(40, 100),
  notes: [A_TO_C_CABLE, KEEPS_HASHING],
}

/** The successor of the bridge firmware names the board, and answers in its own format. */
export const bitaxeGammaRhapD: BoardModel = {
  ...bitaxeGamma,
  id: 'bitaxe-gamma-rhap-d',
  name: 'Bitaxe Gamma (RHAP-D)',
  patterns: [
    { vendorId: 0x1209, productId: 0x6102, product: 'Bitaxe Gamma RHAP-D' },
    { vendorId: 0x1209, productId: 0x6102 },
  ],
  bridge: { ...TPS546, replies: 'v1', chipSensor: BM1370_DIODE },
}

function notDriven(id: string, name: string, because: string): RecognisedBoard {
  return { id, name, maker: common.maker, patterns: [], notes: [], because }
}

const OWN_FIRMWARE = 'Let it mine with its own firmware over the network: Headframe looks after it there too.'
export const bitaxeGammaDuo = notDriven(
  'bitaxe-gamma-duo',
  'Bitaxe Gamma Duo',
  `Which limits its power stage needs is not established, so it is given no voltage over USB. ${OWN_FIRMWARE}`,
)
export const bitaxeGammaTurbo = notDriven(
  'bitaxe-gamma-turbo',
  'Bitaxe Gamma Turbo',
  `Its two-phase power stage has not been tried behind a USB bridge, so it is given no voltage over USB. ${OWN_FIRMWARE}`,
)
export const bitaxeUltraHex = notDriven(
  'bitaxe-ultra-hex',
  'Bitaxe Ultra Hex',
  `Its three voltage domains in series have not been tried behind a USB bridge, so it is given no voltage over USB. ${OWN_FIRMWARE}`,
)
export const bitaxeSupraHex = notDriven(
  'bitaxe-supra-hex',
  'Bitaxe Supra Hex',
  `Its three voltage domains in series have not been tried behind a USB bridge, so it is given no voltage over USB. ${OWN_FIRMWARE}`,
)

/** Seven-bit addresses of the parts that tell boards apart. */
export const BUS_ADDRESSES = {
  tps546: 0x24,
  emc2103: 0x2e,
  emc2302: 0x2f,
  ina260: 0x40,
  ds4432u: 0x48,
  tmp1075First: 0x4a,
  tmp1075Second: 0x4b,
  emc2101: 0x4c,
} as const

const { tps546, emc2103, emc2302, ina260, ds4432u, tmp1075First, tmp1075Second, emc2101 } = BUS_ADDRESSES

const withDs4432u = {
  present: [emc2101, ds4432u, ina260],
  absent: [tps546, emc2103, emc2302],
} as const
const withTps546 = {
  present: [emc2101, tps546],
  absent: [ds4432u, emc2103, emc2302, tmp1075First, tmp1075Second],
} as const
const turbo = { present: [tps546, emc2103], absent: [ds4432u, emc2302] } as const
const hex = { present: [tps546, emc2302], absent: [ds4432u, emc2103] } as const

interface BusSigns {
  readonly present: readonly number[]
  readonly absent: readonly number[]
}

function driven(parts: BusSigns, chipModel: number, model: BoardModel): FamilyMember {
  return { kind: 'model', model, signs: { kind: 'bridge', ...parts, chipModel, chipCount: model.chipCount } }
}

function known(parts: BusSigns, chipModel: number, chipCount: number, board: RecognisedBoard): FamilyMember {
  return { kind: 'recognised', board, signs: { kind: 'bridge', ...parts, chipModel, chipCount } }
}

export const bitaxeFamily: BoardFamily = {
  id: 'bitaxe',
  name: 'Bitaxe',
  maker: common.maker,
  patterns: [
    { vendorId: 0xc0de, productId: 0xcafe, manufacturer: 'OSMU', product: 'Bitaxe' },
    // Other boards share these numbers; without a name somebody must say that it is a Bitaxe.
    { vendorId: 0xc0de, productId: 0xcafe, needsConsent: true },
  ],
  control: 'usb-bridge',
  ports: 'control+data',
  notes: [A_TO_C_CABLE, KEEPS_HASHING],
  members: [
    driven(withTps546, 0x1370, bitaxeGamma),
    driven(withTps546, 0x1368, bitaxeSupra402),
    driven(withTps546, 0x1366, bitaxeUltra207),
    driven(withDs4432u, 0x1368, bitaxeSupra),
    driven(withDs4432u, 0x1366, bitaxeUltra),
    driven(withDs4432u, 0x1397, bitaxeMax),
    known(withTps546, 0x1370, 2, bitaxeGammaDuo),
    known(turbo, 0x1370, 2, bitaxeGammaTurbo),
    known(hex, 0x1366, 6, bitaxeUltraHex),
    known(hex, 0x1368, 6, bitaxeSupraHex),
  ],
}
