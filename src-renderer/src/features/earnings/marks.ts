/** What is to be known about a bucket before its figures are believed. Pure words. */
import type { EarningsRow } from '@contract'
import { formatPercent } from '../../format/number.ts'

export type Mark = EarningsRow['marks'][number]

interface MarkWords {
  label: string
  meaning: string
  /** Something is missing, rather than merely to be known. */
  missing: boolean
}
const WORDS: Record<Mark, MarkWords> = {
  running: {
    label: 'Still running',
    meaning: 'This stretch is not over, so its figures still grow.',
    missing: false,
  },
  'no-facts': {
    label: 'Network not known',
    meaning: 'How hard the network was then is not known, so what the work was worth cannot be said.',
    missing: true,
  },
  'later-facts': {
    label: 'Network known from later',
    meaning: 'Counted with the first difficulty known after it. Close, but not exact.',
    missing: false,
  },
  'no-price': {
    label: 'No price',
    meaning: 'There is no price of that day, so it is in sats alone.',
    missing: true,
  },
  'old-price': {
    label: 'Old price',
    meaning: 'Counted with the last price known before it, because there is none of that day.',
    missing: false,
  },
  'no-tariff': { label: 'No tariff', meaning: 'What power cost then is not known.', missing: true },
  'no-power': {
    label: 'No power figure',
    meaning: 'What some rigs drew is not known, so the cost is too low.',
    missing: true,
  },
  'partly-covered': {
    label: 'Partly covered',
    meaning: 'Headframe was not running all of the time. Only what it saw is counted; nothing is filled in.',
    missing: false,
  },
}

export const markWords = (mark: Mark): MarkWords => WORDS[mark]

/** The marks of a bucket in words, the most important first, with how much was covered. */
export function marksOf(
  row: Pick<EarningsRow, 'marks' | 'coverageRatio'>,
): readonly (MarkWords & { mark: Mark })[] {
  return row.marks
    .map((mark) => {
      const words = WORDS[mark]
      return mark === 'partly-covered'
        ? { mark, ...words, label: `${formatPercent(row.coverageRatio)} covered` }
        : { mark, ...words }
    })
    .sort((a, b) => Number(b.missing) - Number(a.missing))
}
