/** Where a figure for power can come from, best first, and what each is worth. Words only. */
import type { EarningsReport } from '@contract'

export type PowerSource = NonNullable<EarningsReport['rigs'][number]['powerSource']>

export const POWER_SOURCES: Record<PowerSource, { label: string; meaning: string; rank: number }> = {
  entered: {
    label: 'Entered',
    meaning: 'A number of watts that you entered, used whenever it hashes. It wins over all others.',
    rank: 0,
  },
  metered: {
    label: 'By a plug',
    meaning: 'A smart plug measures what comes out of the wall: the same as the meter you pay by.',
    rank: 1,
  },
  measured: {
    label: 'Measured by the rig',
    meaning:
      'Its own sensor. Often only the boards, without the losses of its power supply: 5 to 10 % too low.',
    rank: 2,
  },
  estimated: {
    label: 'Estimated',
    meaning: 'Worked out from its hashrate and its efficiency, or by the rig from its settings.',
    rank: 3,
  },
  nameplate: {
    label: 'From its data sheet',
    meaning: 'What its maker says that such a rig draws, whenever it hashes. Real ones differ.',
    rank: 4,
  },
}

const RIG_SAYS: Record<'measured' | 'estimated' | 'nameplate', string> = {
  measured: 'measured',
  estimated: 'estimated',
  nameplate: 'data sheet',
}
/** What a rig's own figure is, in a word; empty where it does not say. */
export function rigPowerSourceWords(source: keyof typeof RIG_SAYS | null): string {
  return source === null ? '' : RIG_SAYS[source]
}
