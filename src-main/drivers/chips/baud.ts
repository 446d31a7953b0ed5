/** Rates of the chips' own side of the line (asic-serial 5.6, 5.10). */

/** Rate that a divider of the register UART makes: 25 MHz / (8 (divider + 1)). */
export function baudOfDivider(divider: number): number {
  return 25_000_000 / (8 * (divider + 1))
}

/** Register values with the rate that the host takes for them; it may be 4 % off. */
export const FAST_LINE = {
  /** BM1366, BM1368, BM1370: 1041667 in truth. */
  oneMegabaud: { register: 0x11300200, hostBaud: 1_000_000 },
  /** BM1397, register misc control. */
  bm1397OneAndAHalf: { register: 0x00006131, hostBaud: 1_500_000 },
  bm1397Three: { register: 0x00006031, hostBaud: 3_125_000 },
} as const

/** BM1397: what it begins with, 115740. */
export const BM1397_FIRST_RATE = 0x00007a31
