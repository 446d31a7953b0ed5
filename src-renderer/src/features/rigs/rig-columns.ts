/**
 * The columns of the rig table: what each is called, sorts by and needs in width, and how soon it gives way
 * when the window is narrow. Pure; how a cell is drawn is `RigCell`.
 */
import type { Downstream } from '@contract'
import { shortLinkLabel } from '../../format/links.ts'

export type RigColumnId =
  | 'name'
  | 'state'
  | 'hashrate'
  | 'lastShare'
  | 'valid'
  | 'rejected'
  | 'invalid'
  | 'best'
  | 'difficulty'
  | 'address'
  | 'firmware'
  | 'connected'
  | 'stale'
  | 'duplicate'
  | 'protocol'
  | 'pool'

export interface RigColumn {
  id: RigColumnId
  label: string
  meaning?: string
  /** Least width in pixels; `grow` shares what is left over. */
  width: number
  grow: number
  align: 'start' | 'end'
  /** Shown without being asked for when it fits, lowest rank first. Infinity: only when asked for. */
  rank: number
  /** Undefined sorts last in both directions. */
  sortValue: (rig: Downstream) => string | number | undefined
  firstSort: 'asc' | 'desc'
}

const STATE_ORDER: Record<Downstream['state'], number> = { quiet: 0, subscribing: 1, hashing: 2 }

/** In the order they stand in the table. */
export const RIG_COLUMNS: readonly RigColumn[] = [
  {
    id: 'name',
    label: 'Rig',
    width: 150,
    grow: 2,
    align: 'start',
    rank: 0,
    firstSort: 'asc',
    sortValue: (rig) => rig.name,
  },
  {
    id: 'state',
    label: 'State',
    width: 92,
    grow: 0,
    align: 'start',
    rank: 1,
    firstSort: 'asc',
    sortValue: (rig) => STATE_ORDER[rig.state],
  },
  {
    id: 'hashrate',
    label: 'Hashrate',
    meaning:
      'Measured from its shares over about five minutes, with the likely error. The line is the last half hour.',
    width: 214,
    grow: 0.6,
    align: 'end',
    rank: 0,
    firstSort: 'desc',
    sortValue: (rig) => rig.hashrateHs,
  },
  {
    id: 'lastShare',
    label: 'Last share',
    width: 86,
    grow: 0,
    align: 'end',
    rank: 3,
    firstSort: 'desc',
    sortValue: (rig) => rig.lastShareAt ?? undefined,
  },
  {
    id: 'valid',
    label: 'Valid',
    meaning: 'Good by our own check, and sent to the pool.',
    width: 76,
    grow: 0,
    align: 'end',
    rank: 2,
    firstSort: 'desc',
    sortValue: (rig) => rig.shares.valid,
  },
  {
    id: 'rejected',
    label: 'Rejected',
    meaning: 'Good by our check, refused by the pool.',
    width: 76,
    grow: 0,
    align: 'end',
    rank: 4,
    firstSort: 'desc',
    sortValue: (rig) => rig.shares.rejected,
  },
  {
    id: 'invalid',
    label: 'Invalid',
    meaning: 'Did not pass our check.',
    width: 68,
    grow: 0,
    align: 'end',
    rank: 5,
    firstSort: 'desc',
    sortValue: (rig) => rig.shares.invalid,
  },
  {
    id: 'stale',
    label: 'Stale',
    meaning: 'Found too late, for work already replaced.',
    width: 62,
    grow: 0,
    align: 'end',
    rank: 10,
    firstSort: 'desc',
    sortValue: (rig) => rig.shares.stale,
  },
  {
    id: 'duplicate',
    label: 'Duplicate',
    meaning: 'Sent twice.',
    width: 78,
    grow: 0,
    align: 'end',
    rank: Infinity,
    firstSort: 'desc',
    sortValue: (rig) => rig.shares.duplicate,
  },
  {
    id: 'best',
    label: 'Best',
    meaning: 'The hardest share it ever found here.',
    width: 76,
    grow: 0,
    align: 'end',
    rank: 6,
    firstSort: 'desc',
    sortValue: (rig) => rig.bestDifficulty,
  },
  {
    id: 'difficulty',
    label: 'Difficulty',
    meaning: 'How hard a share must be before the rig sends it. Set so that a few come each minute.',
    width: 82,
    grow: 0,
    align: 'end',
    rank: 8,
    firstSort: 'desc',
    sortValue: (rig) => rig.difficulty,
  },
  {
    id: 'pool',
    label: 'Works for',
    meaning:
      'The pool it works for now. Where that is not the pool in use, it has a rule, or a part of a split.',
    width: 120,
    grow: 0.6,
    align: 'start',
    rank: 8.5,
    firstSort: 'asc',
    sortValue: (rig) => rig.poolId ?? undefined,
  },
  {
    id: 'protocol',
    label: 'Speaks',
    meaning: 'Its mining protocol, Stratum V1 or V2, and what carries it.',
    width: 84,
    grow: 0,
    align: 'start',
    rank: 5.5,
    firstSort: 'asc',
    sortValue: (rig) => shortLinkLabel(rig.protocol, rig.transport),
  },
  {
    id: 'firmware',
    label: 'Firmware',
    width: 150,
    grow: 1,
    align: 'start',
    rank: 7,
    firstSort: 'asc',
    sortValue: (rig) => rig.userAgent ?? undefined,
  },
  {
    id: 'address',
    label: 'Address',
    width: 152,
    grow: 0,
    align: 'start',
    rank: 9,
    firstSort: 'asc',
    sortValue: (rig) => rig.address,
  },
  {
    id: 'connected',
    label: 'Connected',
    width: 86,
    grow: 0,
    align: 'end',
    rank: 11,
    firstSort: 'asc',
    sortValue: (rig) => rig.connectedAt,
  },
]

/** What a person chose in the columns menu; absent means that the width decides. */
export type ColumnChoices = Partial<Record<RigColumnId, boolean>>

const GAP_PX = 12
const EDGES_PX = 32

/** The columns to show in `widthPx`: everything chosen, then by rank what still fits. */
export function visibleColumns(widthPx: number, choices: ColumnChoices): RigColumn[] {
  const chosen = RIG_COLUMNS.filter((column) => column.id === 'name' || choices[column.id] === true)
  const shown = new Set(chosen)
  let leftPx = widthPx - EDGES_PX - chosen.reduce((sum, column) => sum + column.width + GAP_PX, 0)
  const candidates = RIG_COLUMNS.filter(
    (column) => !shown.has(column) && choices[column.id] === undefined && column.rank !== Infinity,
  ).sort((a, b) => a.rank - b.rank)
  for (const column of candidates) {
    leftPx -= column.width + GAP_PX
    if (leftPx < 0) break
    shown.add(column)
  }
  return RIG_COLUMNS.filter((column) => shown.has(column))
}

/** The CSS grid tracks of these columns. */
export function gridTracks(columns: readonly RigColumn[]): string {
  return columns
    .map(({ width, grow }) => (grow === 0 ? `${width}px` : `minmax(${width}px, ${grow}fr)`))
    .join(' ')
}

/** Least width in which these columns do not overlap. */
export function leastWidth(columns: readonly RigColumn[]): number {
  return EDGES_PX - GAP_PX + columns.reduce((sum, column) => sum + column.width + GAP_PX, 0)
}
