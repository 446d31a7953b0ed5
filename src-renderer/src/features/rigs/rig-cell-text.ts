/** What stands in the cells that are one piece of text. */
import type { Downstream } from '@contract'
import { formatDifficulty } from '../../format/difficulty.ts'
import { formatRelative, formatShortDuration } from '../../format/duration.ts'
import { shortLinkLabel } from '../../format/links.ts'
import { formatCount } from '../../format/number.ts'
import type { RigColumnId } from './rig-columns.ts'

/** Nothing to show yet. */
const NONE = '–'

/** `now` is the core's clock, epoch milliseconds; `poolNames` the pools by id. */
export function rigCellText(
  rig: Downstream,
  column: RigColumnId,
  now: number,
  poolNames: ReadonlyMap<string, string>,
): string {
  switch (column) {
    case 'name':
      return rig.name
    case 'lastShare':
      return rig.lastShareAt === null ? NONE : formatRelative(rig.lastShareAt, now)
    case 'connected':
      return formatShortDuration(now - rig.connectedAt)
    case 'difficulty':
      return formatDifficulty(rig.difficulty)
    case 'best':
      return rig.bestDifficulty === 0 ? NONE : formatDifficulty(rig.bestDifficulty)
    case 'pool':
      return rig.poolId === null ? NONE : (poolNames.get(rig.poolId) ?? NONE)
    case 'protocol':
      return shortLinkLabel(rig.protocol, rig.transport)
    case 'firmware':
      return rig.userAgent ?? NONE
    case 'address':
      return rig.address
    case 'valid':
    case 'rejected':
    case 'invalid':
    case 'stale':
    case 'duplicate':
      return formatCount(rig.shares[column])
    // State and hashrate are drawn, not written.
    case 'state':
    case 'hashrate':
      return ''
  }
}

/** Numbers that ask for no attention step back. */
export function isFaint(text: string): boolean {
  return text === '0' || text === NONE
}
