/**
 * Sticks that speak the Icarus protocol, as data (asic-serial section 3). Most hide behind an anonymous bridge chip that
 * countless other gadgets carry too: those are a family that a person must agree to before a byte is written; the
 * golden work then tells which it is. None has a sensor or a power switch.
 */
import { type BoardFamily, type BoardModel, type RecognisedBoard } from '../model/board.ts'
import { range, SILICON_ZERO_BITS, UNREAD_LIMITS } from './ranges.ts'

const NO_SWITCH =
  'It has no power switch and no thermometer that a program can reach: what Headframe can do is stop giving it work. Unplug it to remove its power.'
const HOT_CLOCK =
  'Above 250 MHz it needs a heatsink and a fan that a program cannot look after, so that is where Headframe ends.'

const ANONYMOUS =
  'This is an adapter that many kinds of gadget use. Agree only if it is a mining stick: Headframe then sends it 64 bytes to find out.'

const common = {
  chipCount: 1,
  control: 'none',
  ports: 'data',
  bridge: null,
  gekko: null,
  coreVoltageMv: null,
  fan: null,
  limits: UNREAD_LIMITS,
  fixedZeroBits: SILICON_ZERO_BITS,
  rateRatio: 1,
} as const

/** A clock that cannot be changed. Its MHz are nonces tried each microsecond: 1e6 over the seconds per hash. */
function fixedClock(mhz: number): BoardModel['frequencyMhz'] {
  return range(mhz, mhz, 1, mhz)
}

export const icarus: BoardModel = {
  ...common,
  id: 'icarus',
  name: 'Icarus',
  maker: 'Xiangfu and others',
  patterns: [
    { vendorId: 0x067b, productId: 0x2303, needsConsent: true },
    { vendorId: 0x1fc9, productId: 0x0083, needsConsent: true },
  ],
  chip: 'icarus',
  frequencyMhz: fixedClock(380),
  notes: [ANONYMOUS, NO_SWITCH],
}

export const lancelot: BoardModel = {
  ...common,
  id: 'lancelot',
  name: 'Lancelot',
  maker: 'Xiangfu and others',
  patterns: [{ vendorId: 0x0403, productId: 0x6001, product: 'FT232R USB UART', needsConsent: true }],
  chip: 'icarus',
  frequencyMhz: fixedClock(400),
  notes: [ANONYMOUS, NO_SWITCH],
}

export const blockErupter: BoardModel = {
  ...common,
  id: 'block-erupter',
  name: 'Block Erupter',
  maker: 'ASICMiner',
  patterns: [{ vendorId: 0x10c4, productId: 0xea60, product: 'Block Erupter*' }],
  chip: 'icarus',
  frequencyMhz: fixedClock(336),
  notes: [NO_SWITCH],
}

/** U1 and U2 are the same to a program; a U2 is cooled better. */
export const antminerU: BoardModel = {
  ...common,
  id: 'antminer-u1-u2',
  name: 'AntMiner U1/U2',
  maker: 'Bitmain',
  patterns: [{ vendorId: 0x10c4, productId: 0xea60, product: 'Antminer*' }],
  chip: 'antminer-u',
  frequencyMhz: range(100, 250, 25, 200),
  notes: [NO_SWITCH, HOT_CLOCK],
}

export const antminerU3: RecognisedBoard = {
  id: 'antminer-u3',
  name: 'AntMiner U3',
  maker: 'Bitmain',
  patterns: [],
  notes: [NO_SWITCH],
  because:
    'It takes about 60 W and its core voltage can be set over USB but never read back, with no thermometer beside it: Headframe gives it none.',
}

export const rockminer: RecognisedBoard = {
  id: 'rockminer',
  name: 'Rockminer R-Box or T1',
  maker: 'Rockminer',
  patterns: [],
  notes: [],
  because: 'It speaks an own dialect of the Icarus protocol that this version does not mine with.',
}

export const cairnsmore1: RecognisedBoard = {
  id: 'cairnsmore1',
  name: 'Cairnsmore1',
  maker: 'Enterpoint',
  patterns: [
    { vendorId: 0x0403, productId: 0x6014, product: 'Cairnsmore1' },
    { vendorId: 0x0403, productId: 0x8350, product: 'Cairnsmore1' },
    { vendorId: 0x067b, productId: 0x0230 },
  ],
  notes: [],
  because: 'Its bitstreams differ in rate and clock commands; none has been tried with this version.',
}

/** What an adapter without a name of its own may be. */
export const anonymousStick: BoardFamily = {
  id: 'anonymous-stick',
  name: 'USB stick without a name',
  maker: 'unknown',
  patterns: [{ vendorId: 0x10c4, productId: 0xea60, needsConsent: true }],
  control: 'none',
  ports: 'data',
  notes: [ANONYMOUS],
  members: [
    { kind: 'model', model: blockErupter, signs: { kind: 'golden', extraBytes: 0 } },
    { kind: 'model', model: antminerU, signs: { kind: 'golden', extraBytes: 1 } },
    { kind: 'recognised', board: rockminer, signs: { kind: 'golden', extraBytes: 4 } },
  ],
}
