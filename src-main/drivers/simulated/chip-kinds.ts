/** What tells the BM13xx chips apart that `virtual-chain.ts` can be (asic-serial 5.2 to 5.9). */

export type VirtualChipKind = 'BM1362' | 'BM1366' | 'BM1368' | 'BM1370' | 'BM1397'

export interface ChipKind {
  readonly model: number
  /** Third byte of the identity register. */
  readonly coreByte: number
  /** Hashes a clock: small cores. */
  readonly smallCores: number
  /** Values that the top seven bits of a nonce take. */
  readonly cores: number
  /** Small cores that share a nonce with different versions; 1 where the host supplies midstates. */
  readonly smallPerCore: 1 | 8 | 16
  readonly rolls: boolean
  /** Share of all nonces that cores cover: their number is no power of two. */
  readonly spaceRatio: number
  /** The id byte of a nonce reply. @param small number of the small core, or of the midstate */
  readonly idByte: (jobId: number, small: number) => number
  /** Register that holds the divider of the line's rate. */
  readonly baudRegister: number
  /** Whether post dividers of the PLL are stored minus one. */
  readonly postMinusOne: boolean
  /** Register values after reset. */
  readonly reset: readonly (readonly [number, number])[]
}

const fiveBitJob = (jobId: number, small: number): number => (jobId & 0xf8) | (small & 7)
const fourBitJob = (jobId: number, small: number): number => ((jobId << 1) & 0xf0) | (small & 0xf)

const ROLLING = {
  coreByte: 0,
  rolls: true,
  spaceRatio: 1,
  baudRegister: 0x28,
  postMinusOne: true,
  reset: [
    [0x18, 0x0000c100],
    [0x28, 0x01301a00],
  ],
} as const

export const CHIP_KINDS: Readonly<Record<VirtualChipKind, ChipKind>> = {
  BM1362: {
    ...ROLLING,
    model: 0x1362,
    coreByte: 3,
    smallCores: 512,
    cores: 65,
    smallPerCore: 8,
    idByte: fiveBitJob,
  },
  BM1366: { ...ROLLING, model: 0x1366, smallCores: 894, cores: 112, smallPerCore: 8, idByte: fiveBitJob },
  BM1368: { ...ROLLING, model: 0x1368, smallCores: 1276, cores: 80, smallPerCore: 16, idByte: fourBitJob },
  BM1370: { ...ROLLING, model: 0x1370, smallCores: 2040, cores: 128, smallPerCore: 16, idByte: fourBitJob },
  BM1397: {
    model: 0x1397,
    coreByte: 0x18,
    smallCores: 672,
    cores: 128,
    smallPerCore: 1,
    rolls: false,
    spaceRatio: 168 / 256,
    idByte: (jobId, midstate) => (jobId & 0xfc) | (midstate & 3),
    baudRegister: 0x18,
    postMinusOne: false,
    reset: [
      [0x18, 0x00007a31],
      [0x28, 0x01301a00],
    ],
  },
}

/** 25 MHz / (8 (d + 1)); d is in bits 12..8 of register 18 of BM1397, in bits 15..8 of register 28 elsewhere. */
export function baudRateOf(kind: ChipKind, value: number): number {
  const divider = (value >> 8) & (kind.rolls ? 0xff : 0x1f)
  return 25_000_000 / (8 * (divider + 1))
}

/** Clock that a PLL word makes, MHz; 0 if it makes none. */
export function clockOf(kind: ChipKind, value: number): number {
  const feedback = (value >>> 16) & 0xff
  const reference = (value >>> 8) & 0x3f
  const more = kind.postMinusOne ? 1 : 0
  const post1 = ((value >> 4) & 0x7) + more
  const post2 = (value & 0x7) + more
  if (feedback === 0 || reference === 0 || post1 === 0 || post2 === 0) return 0
  return (25 * feedback) / (reference * post1 * post2)
}

/** The mask that is stored with the bits of each byte reversed. */
export function ticketMaskOf(value: number): number {
  let mask = 0
  for (let bit = 0; bit < 32; bit++) {
    if ((value >>> bit) & 1) mask |= 1 << ((bit & ~7) + 7 - (bit & 7))
  }
  return mask >>> 0
}
