/** A pool switch told in one line: `Switched in 84 ms · 4 rigs, none reconnected`. */
import type { Activation } from '@contract'
import { formatDuration } from './duration.ts'
import { formatCount, formatPlural } from './number.ts'

export function describeActivation({ tookMs, downstreams }: Activation): string {
  const { total, setExtranonce, reconnected } = downstreams
  const parts = [`Switched in ${formatDuration(tookMs)}`]
  if (total === 0) parts.push('no rigs connected')
  else if (reconnected === 0) parts.push(`${formatPlural(total, 'rig', 'rigs')}, none reconnected`)
  else parts.push(`${formatCount(reconnected)} of ${formatPlural(total, 'rig', 'rigs')} had to reconnect`)
  if (setExtranonce > 0) parts.push(`${formatCount(setExtranonce)} took a new extranonce`)
  return parts.join(' · ')
}
