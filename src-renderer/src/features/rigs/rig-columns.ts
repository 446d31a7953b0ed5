/**
 * The columns of the rig table: what each is called, sorts by and needs in width, and how soon it gives way when the
 * window is narrow. Pure; what stands in a cell is `rig-cell-text`.
 */
import { shortLinkLabel } from '../../format/links.ts'
import { firmwareText, modelText, placeText, type RigStanding } from '../../format/rig-words.ts'
import { rowHashrate, rowLastShare, type FleetRow } from './rig-rows.ts'

export type RigColumnId =
  | 'name'
  | 'state'
  | 'problem'
  | 'hashrate'
  | 'effective'
  | 'chip'
  | 'board'
  | 'fan'
  | 'power'
  | 'efficiency'
  | 'lastShare'
  | 'minesAt'
  | 'model'
  | 'firmware'
  | 'group'
  | 'place'
  | 'accepted'
  | 'best'
  | 'uptime'
  | 'address'
  | 'mac'
  | 'valid'
  | 'rejected'
  | 'invalid'
  | 'stale'
  | 'duplicate'
  | 'difficulty'
  | 'pool'
  | 'protocol'
  | 'connected'

type SortValue = string | number | undefined

export interface RigColumn {
  id: RigColumnId
  label: string
  meaning?: string
  /** Least width in pixels; `grow` shares what is left over. */
  width: number
  grow: number
  align: 'start' | 'end'
  /** Shown without being asked for when it fits and there is something in it, lowest rank first. Infinity: only when asked for. */
  rank: number
  /** Undefined sorts last in both directions. */
  sortValue: (row: FleetRow) => SortValue
  firstSort: 'asc' | 'desc'
  /** Measured by the rig: not shown once its reading is too old. */
  measured: boolean
}

/** Those that need somebody first. */
const STATE_ORDER: Record<RigStanding, number> = {
  overheated: 0,
  error: 1,
  'miner-down': 2,
  unreachable: 3,
  stopped: 4,
  quiet: 5,
  unknown: 6,
  starting: 7,
  tuning: 8,
  paused: 9,
  mining: 10,
}

const text = (
  id: RigColumnId,
  label: string,
  [width, grow, rank]: readonly [number, number, number],
  sortValue: (row: FleetRow) => SortValue,
  more: Partial<RigColumn> = {},
): RigColumn => ({
  id,
  label,
  width,
  grow,
  align: 'start',
  rank,
  firstSort: 'asc',
  sortValue,
  measured: false,
  ...more,
})

const number = (
  id: RigColumnId,
  label: string,
  [width, rank]: readonly [number, number],
  sortValue: (row: FleetRow) => SortValue,
  more: Partial<RigColumn> = {},
): RigColumn => ({
  id,
  label,
  width,
  grow: 0,
  align: 'end',
  rank,
  firstSort: 'desc',
  sortValue,
  measured: false,
  ...more,
})

const measured =
  (read: (rig: NonNullable<FleetRow['rig']>) => number | null) =>
  (row: FleetRow): number | undefined =>
    row.rig === null || !row.hasValues ? undefined : (read(row.rig) ?? undefined)
const MEASURED = { measured: true } as const

/** In the order they stand in the table. */
export const RIG_COLUMNS: readonly RigColumn[] = [
  text('name', 'Rig', [150, 1.6, 0], (row) => row.name),
  text('state', 'State', [106, 0, 0], (row) => STATE_ORDER[row.standing]),
  number('hashrate', 'Hashrate', [118, 0], (row) => rowHashrate(row) ?? undefined, {
    meaning:
      'What the rig says itself. Where it has no interface of its own: from its shares here in the last five minutes, with the likely error.',
    grow: 0.5,
    measured: true,
  }),
  number('effective', 'From shares', [92, 8], (row) => row.rig?.effectiveHs ?? row.connection?.hashrateHs, {
    meaning: 'From the shares that arrive here. Far below its own figure: it does not earn what it says.',
  }),
  number(
    'chip',
    'Chip',
    [60, 1],
    measured((rig) => rig.chipMaxC),
    {
      meaning: 'The hottest chip.',
      ...MEASURED,
    },
  ),
  number(
    'board',
    'Board',
    [60, 14],
    measured((rig) => rig.boardMaxC),
    {
      meaning: 'The hottest board.',
      ...MEASURED,
    },
  ),
  number(
    'fan',
    'Fan',
    [82, 9],
    measured((rig) => rig.fanRpm),
    {
      meaning: 'The fastest fan.',
      ...MEASURED,
    },
  ),
  number(
    'power',
    'Power',
    [78, 2],
    measured((rig) => rig.powerW),
    {
      meaning: 'What it draws. In grey: estimated, or from its nameplate.',
      ...MEASURED,
    },
  ),
  number(
    'efficiency',
    'Efficiency',
    [84, 6],
    measured((rig) => rig.efficiencyJTh),
    {
      meaning: 'Joules for each terahash: less is better.',
      firstSort: 'asc',
      ...MEASURED,
    },
  ),
  number('lastShare', 'Last share', [80, 3], (row) => rowLastShare(row) ?? undefined),
  text('problem', 'What is wrong', [140, 1.6, 2.5], () => undefined, {
    meaning: 'The first thing to know about it. Its page lists everything.',
  }),
  text('minesAt', 'Mines at', [112, 1, 4], (row) =>
    row.rig?.minesHere === true || row.rig === null ? ' here' : (row.rig.pool?.url ?? undefined),
  ),
  text('model', 'Model', [120, 0.8, 5], (row) =>
    row.rig === null ? undefined : (modelText(row.rig) ?? undefined),
  ),
  text('firmware', 'Firmware', [130, 0.8, 7], (row) =>
    row.rig === null ? (row.connection?.userAgent ?? undefined) : (firmwareText(row.rig) ?? undefined),
  ),
  text('group', 'Group', [96, 0.4, 10], (row) => row.rig?.group?.name),
  text('place', 'Place', [110, 0.4, 11], (row) =>
    row.rig === null ? undefined : (placeText(row.rig.place) ?? undefined),
  ),
  number('accepted', 'Accepted', [80, 16], (row) => row.rig?.accepted ?? undefined, {
    meaning: 'Shares that its pools took, as the rig counts them.',
  }),
  number(
    'best',
    'Best',
    [76, 12],
    (row) => row.rig?.bestShare ?? (row.connection?.bestDifficulty || undefined),
    {
      meaning: 'The hardest share it ever found, as far as it or we know.',
    },
  ),
  number(
    'uptime',
    'Up',
    [72, 13],
    measured((rig) => rig.uptimeS),
    {
      meaning: 'Since its last start.',
      ...MEASURED,
    },
  ),
  text('address', 'Address', [130, 0, 12.5], (row) => row.rig?.address ?? row.connection?.address),
  text('mac', 'MAC address', [140, 0, Infinity], (row) => row.rig?.mac ?? undefined),
  number('valid', 'Valid', [76, 10.5], (row) => row.connection?.shares.valid, {
    meaning: 'Good by our own check, and sent to the pool.',
  }),
  number('rejected', 'Rejected', [76, 15], (row) => row.connection?.shares.rejected, {
    meaning: 'Good by our check, refused by the pool.',
  }),
  number('invalid', 'Invalid', [68, 15.5], (row) => row.connection?.shares.invalid, {
    meaning: 'Did not pass our check.',
  }),
  number('stale', 'Stale', [62, 20], (row) => row.connection?.shares.stale, {
    meaning: 'Found too late, for work already replaced.',
  }),
  number('duplicate', 'Duplicate', [78, Infinity], (row) => row.connection?.shares.duplicate, {
    meaning: 'Sent twice.',
  }),
  number('difficulty', 'Difficulty', [82, 18], (row) => row.connection?.difficulty, {
    meaning: 'How hard a share must be before the rig sends it. Set so that a few come each minute.',
  }),
  text('pool', 'Works for', [120, 0.6, 19], (row) => row.connection?.poolId ?? undefined, {
    meaning:
      'The pool it works for through Headframe. Where that is not the pool in use, it has a rule, or a part of a split.',
  }),
  text(
    'protocol',
    'Speaks',
    [84, 0, 17],
    (row) =>
      row.connection === null ? undefined : shortLinkLabel(row.connection.protocol, row.connection.transport),
    {
      meaning:
        'Its mining protocol, Stratum V1 or V2, and what carries it; USB for a device on the ports of this computer.',
    },
  ),
  number('connected', 'Connected', [86, 21], (row) => row.connection?.connectedAt, { firstSort: 'asc' }),
]

/** What a person chose in the columns menu; absent means that the width decides. */
export type ColumnChoices = Partial<Record<RigColumnId, boolean>>

const GAP_PX = 12
const EDGES_PX = 32
/** The tick before the first column. */
export const TICK_PX = 16

/** Columns in which some row says something: the others are not worth their width. */
export function filledColumns(rows: readonly FleetRow[], hasProblems: boolean): Set<RigColumnId> {
  // Rows of a kind say much the same: the first few hundred tell.
  const sample = rows.slice(0, 400)
  const filled = RIG_COLUMNS.filter((column) => sample.some((row) => column.sortValue(row) !== undefined))
  const ids = new Set(filled.map((column) => column.id))
  if (hasProblems) ids.add('problem')
  // A farm of connections alone mines here, all of it, and its states say what is wrong.
  if (!sample.some((row) => row.rig !== null))
    for (const id of ['minesAt', 'effective', 'problem'] as const) ids.delete(id)
  return ids
}

/** The same with room for the line and the likely error, which every row has where all are known by their connection. */
const CONNECTION_COLUMNS: readonly RigColumn[] = RIG_COLUMNS.map((column) =>
  column.id === 'hashrate' ? { ...column, width: 206, grow: 0.6 } : column,
)

/**
 * The columns to show in `widthPx`: everything chosen, then by rank what still fits. `mixed`: some rigs have an interface
 * of their own.
 */
export function visibleColumns(
  widthPx: number,
  choices: ColumnChoices,
  filled?: ReadonlySet<RigColumnId>,
  mixed = true,
): RigColumn[] {
  const all = mixed ? RIG_COLUMNS : CONNECTION_COLUMNS
  const chosen = all.filter((column) => column.id === 'name' || choices[column.id] === true)
  const shown = new Set(chosen)
  let leftPx =
    widthPx - EDGES_PX - TICK_PX - GAP_PX - chosen.reduce((sum, column) => sum + column.width + GAP_PX, 0)
  const candidates = all
    .filter(
      (column) =>
        !shown.has(column) &&
        choices[column.id] === undefined &&
        column.rank !== Infinity &&
        (column.rank === 0 || filled === undefined || filled.has(column.id)),
    )
    .sort((a, b) => a.rank - b.rank)
  for (const column of candidates) {
    leftPx -= column.width + GAP_PX
    if (leftPx < 0) break
    shown.add(column)
  }
  return all.filter((column) => shown.has(column))
}

/** The CSS grid tracks of these columns, the tick first. */
export function gridTracks(columns: readonly RigColumn[]): string {
  const own = columns.map(({ width, grow }) => (grow === 0 ? `${width}px` : `minmax(${width}px, ${grow}fr)`))
  return [`${TICK_PX}px`, ...own].join(' ')
}

/** Least width in which these columns do not overlap. */
export function leastWidth(columns: readonly RigColumn[]): number {
  return EDGES_PX + TICK_PX + columns.reduce((sum, column) => sum + column.width + GAP_PX, 0)
}
