/** How pools pay, for somebody who has never read about it. Words only. */
import type { EarningsReport } from '@contract'

export type Scheme = EarningsReport['formula'][number]['scheme']

export const SCHEMES: readonly { value: Scheme; label: string; meaning: string }[] = [
  {
    value: 'FPPS',
    label: 'FPPS',
    meaning: 'A fixed pay for each share, fees of blocks included, whether the pool finds a block or not.',
  },
  {
    value: 'PPS',
    label: 'PPS',
    meaning: 'A fixed pay for each share, without the fees of blocks, whether the pool finds a block or not.',
  },
  {
    value: 'PPS+',
    label: 'PPS+',
    meaning: 'A fixed pay for each share; the fees of blocks as they are found.',
  },
  {
    value: 'PPLNS',
    label: 'PPLNS',
    meaning:
      'Paid when the pool finds a block, by your part of the last shares. Luck moves it both ways; on average it is the same.',
  },
  {
    value: 'TIDES',
    label: 'TIDES',
    meaning:
      'Paid with each block that the pool finds, by your part of the last shares, straight from the block.',
  },
  {
    value: 'SOLO',
    label: 'Solo',
    meaning: 'Nothing, until you find a block yourself; then nearly all of it.',
  },
]
export function schemeWords(scheme: Scheme): { label: string; meaning: string } {
  return SCHEMES.find(({ value }) => value === scheme) ?? { label: scheme, meaning: '' }
}

/** Millionths as a percentage: 20000 is `2 %`. */
export function formatFee(feePpm: number): string {
  return `${String(Number((feePpm / 10_000).toFixed(4)))} %`
}
