/**
 * Clock words of AntMiner U1 to U3 and of the BM1380 to BM1384 generation. Two languages share the same register: words
 * that name a step of 25 MHz / 2^k (BM1382, BM1384, U3), and words that name the dividers of the loop (U1, U2). (Serial
 * ASIC digest 3.6; both searches were executed upstream, the vectors are in `icarus.json`.)
 */

const CRYSTAL_MHZ = 25

/** Step in MHz that the low seven bits of a word choose. */
const STEP_MHZ: ReadonlyMap<number, number> = new Map([
  [0x01, 25],
  [0x05, 12.5],
  [0x02, 12.5],
  [0x06, 6.25],
  [0x03, 6.25],
  [0x07, 3.125],
])

/** Largest multiplier, less one, that fits the word's upper bits in the drivers' tables. */
const MOST_STEPS_LESS_ONE = 0x3e

/** MHz that a step word makes: (upper bits + 1) steps; null for low bits that name no step. */
export function mhzOfStepWord(word: number): number | null {
  const step = STEP_MHZ.get(word & 0x7f)
  return step === undefined ? null : ((word >> 7) + 1) * step
}

/** Words of the clocks an AntMiner U3 is known to run at: 100 to 250 MHz, in rising order. */
export const U3_CLOCK_WORDS: readonly number[] = [
  0x0783, 0x0983, 0x0b83, 0x0d83, 0x0f03, 0x1f07, 0x0782, 0x1006, 0x1086, 0x1106, 0x0882, 0x1286, 0x1306,
  0x0982,
]

/** The word of the fastest U3 clock that is not above `mhz`; null below 100 and above 250 MHz. */
export function u3ClockWord(mhz: number): number | null {
  if (!(mhz <= 250)) return null
  return U3_CLOCK_WORDS.findLast((word) => (mhzOfStepWord(word) ?? Infinity) <= mhz) ?? null
}

/**
 * The step word nearest below `mhz` as BM1382 drivers choose it: 1 MHz is added so that fractions round to the clock that
 * is meant, then the step with the smallest remainder wins, the first of equals.
 * @returns null below 99 MHz
 */
export function bm1382ClockWord(mhz: number): number | null {
  const target = mhz + 1
  if (!(target >= 100) || !Number.isFinite(target)) return null
  let best: { word: number; remainder: number } | null = null
  for (const low of stepsForBand(target)) {
    const step = STEP_MHZ.get(low) ?? CRYSTAL_MHZ
    const steps = Math.min(Math.floor(target / step), MOST_STEPS_LESS_ONE + 1)
    const remainder = target - steps * step
    if (best === null || remainder < best.remainder) best = { word: ((steps - 1) << 7) | low, remainder }
  }
  return best?.word ?? null
}

function stepsForBand(mhz: number): readonly number[] {
  if (mhz < 200) return [0x03, 0x07]
  if (mhz < 403.125) return [0x02, 0x06, 0x07]
  return [0x01, 0x05, 0x06, 0x07]
}

/** A word that names dividers, and what they make. */
export interface DividerWord {
  readonly word: number
  /** Feedback divider, 1 to 64. */
  readonly nf: number
  /** Reference divider, 1 to 16. */
  readonly nr: number
  /** Output divider: 1, 2, 4 or 8. */
  readonly no: number
  /** Band select: 1 when the oscillator itself runs at 500 to 1000 MHz. */
  readonly bs: 0 | 1
  readonly mhz: number
}

/**
 * Dividers for AntMiner U1 and U2: 25 nf / (nr no) as near to `mhz` as they get; of equals the first exact one, else the
 * last.
 */
export function u1ClockWord(mhz: number): DividerWord {
  let best = dividerWord(1, 1, 0)
  let smallest = Infinity
  for (let logNo = 0; logNo < 4; logNo++) {
    for (let nr = 1; nr <= 16; nr++) {
      for (let nf = 1; nf <= 64; nf++) {
        const error = Math.abs((CRYSTAL_MHZ * nf) / (nr * 2 ** logNo) - mhz)
        if (!(error <= smallest)) continue
        smallest = error
        best = dividerWord(nf, nr, logNo)
        if (error === 0) return best
      }
    }
  }
  return best
}

function dividerWord(nf: number, nr: number, logNo: number): DividerWord {
  const no = 2 ** logNo
  const mhz = (CRYSTAL_MHZ * nf) / (nr * no)
  const bs = mhz * no >= 500 && mhz * no <= 1000 ? 1 : 0
  return { word: (bs << 14) | ((nf - 1) << 7) | ((nr - 1) << 2) | logNo, nf, nr, no, bs, mhz }
}
