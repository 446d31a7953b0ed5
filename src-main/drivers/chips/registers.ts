/** Registers of BM13xx chips and the values that bring-up writes, by meaning (asic-serial 5.6 and 5.11). */

export const REGISTER = {
  /** Model (2 bytes), a byte about cores, address. */
  chipId: 0x00,
  /** Flag, feedback divider, reference divider, post dividers. */
  pll0: 0x08,
  /** Length of a sweep in ticks of 25 MHz; 0 stops hashing. */
  hashCountingNumber: 0x10,
  ticketMask: 0x14,
  /** Which quarters of the cores report nonces; on BM1397 also the baud divider. */
  miscControl: 0x18,
  clockOrderControl: 0x20,
  uartBaud: 0x28,
  uartRelay: 0x2c,
  coreMailbox: 0x3c,
  errorCounter: 0x4c,
  analogMux: 0x54,
  ioDriverStrength: 0x58,
  /** PLL3 on BM1397, disables pads of the ring oscillator elsewhere. */
  pll3: 0x68,
  pll0Divider: 0x70,
  orderedClock: 0x80,
  orderedClock2: 0x84,
  /** Hashes of the whole chip, in units of 2^32. */
  totalCounter: 0x8c,
  midstateConfig: 0xa4,
  softReset: 0xa8,
  adcControl: 0xb9,
} as const

/** Words of the core mailbox: bit 31 all cores, bit 15 write, bits 12 to 8 the core's register, low byte its value. */
export const CORE = {
  clockSelect0: 0x80008b00,
  /** BM1370. */
  clockDelay0c: 0x8000800c,
  /** BM1368. */
  clockDelay18: 0x80008018,
  /** BM1366. */
  clockDelay20: 0x80008020,
  /** BM1362. */
  clockDelay08: 0x80008008,
  register5: 0x80008540,
  enable: 0x800082aa,
  overflowControl: 0x80008dee,
  /** BM1397. */
  clockDelay74: 0x80008074,
} as const

/** Normal, all chips. */
export const SOFT_RESET_NORMAL = 0x00070000
/** Per chip, before its cores are set up. */
export const SOFT_RESET_CORES = 0x000701f0

/** Bits of a header's version that chips can roll: 13 to 28. */
export const CHIP_ROLLABLE_BITS = 0x1fffe000

/**
 * Value of `midstateConfig`: rolling on, eight midstates, bits 15 to 0 the mask shifted down. Bits outside
 * `CHIP_ROLLABLE_BITS` are left out.
 */
export function midstateConfig(versionMask: number): number {
  return (0x90000000 | ((versionMask & CHIP_ROLLABLE_BITS) >>> 13)) >>> 0
}
