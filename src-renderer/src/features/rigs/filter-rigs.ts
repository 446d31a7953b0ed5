/** Which rigs a person asked to see. Pure. */
import { modelText, placeText } from '../../format/rig-words.ts'
import { bucketOf, type FleetRow, type RowBucket } from './rig-rows.ts'

export type BucketFilter = 'all' | RowBucket

export interface RigFilter {
  text: string
  bucket: BucketFilter
  /** Family id; '' for all, `-` for connections alone. */
  family: string
  /** Group id; '' for all, `-` for those without. */
  group: string
  /** Room; '' for all, `-` for those without. */
  room: string
}

/** Stands for those that have none. */
export const NONE = '-'
export const NO_FILTER: RigFilter = { text: '', bucket: 'all', family: '', group: '', room: '' }

/** How many of the choices in the filter menu are made. */
export function menuChoices(filter: RigFilter): number {
  return [filter.family, filter.group, filter.room].filter((each) => each !== '').length
}

function textOf({ name, rig, connection }: FleetRow): string {
  const own =
    rig === null
      ? ''
      : `${rig.address}\n${rig.mac ?? ''}\n${rig.hostname ?? ''}\n${modelText(rig) ?? ''}\n${rig.firmware ?? ''} ${rig.firmwareVersion ?? ''}\n${rig.familyName}\n${rig.group?.name ?? ''}\n${placeText(rig.place) ?? ''}\n${rig.pool?.url ?? ''}\n${rig.pool?.user ?? ''}\n${rig.notes}`
  const connected =
    connection === null ? '' : `${connection.name}\n${connection.address}\n${connection.userAgent ?? ''}`
  return `${name}\n${own}\n${connected}`.toLowerCase()
}

const fits = (wanted: string, value: string | null | undefined): boolean =>
  wanted === '' || (wanted === NONE ? (value ?? '') === '' : value === wanted)

/** Every word must be found somewhere in what is known of the rig, in any order and case. */
export function filterRows(rows: readonly FleetRow[], filter: RigFilter, now: number): readonly FleetRow[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0 && filter.bucket === 'all' && menuChoices(filter) === 0) return rows
  return rows.filter((row) => {
    if (filter.bucket !== 'all' && bucketOf(row, now) !== filter.bucket) return false
    if (!fits(filter.family, row.rig?.family)) return false
    if (!fits(filter.group, row.rig?.group?.id)) return false
    if (!fits(filter.room, row.rig?.place.room)) return false
    if (words.length === 0) return true
    const text = textOf(row)
    return words.every((word) => text.includes(word))
  })
}

export function countBuckets(rows: readonly FleetRow[], now: number): Record<BucketFilter, number> {
  const counts = { all: rows.length, mining: 0, trouble: 0, idle: 0, unreachable: 0 }
  for (const row of rows) counts[bucketOf(row, now)] += 1
  return counts
}

export interface FilterOption {
  value: string
  label: string
}

/** What there is to choose from, by name; those without come last. */
export function filterOptions(
  rows: readonly FleetRow[],
): Record<'family' | 'group' | 'room', FilterOption[]> {
  const found = {
    family: new Map<string, string>(),
    group: new Map<string, string>(),
    room: new Map<string, string>(),
  }
  const without = { family: false, group: false, room: false }
  for (const { rig } of rows) {
    if (rig === null) {
      without.family = true
      continue
    }
    found.family.set(rig.family, rig.familyName)
    if (rig.group === null) without.group = true
    else found.group.set(rig.group.id, rig.group.name)
    if (rig.place.room === '') without.room = true
    else found.room.set(rig.place.room, rig.place.room)
  }
  const list = (key: keyof typeof found, none: string): FilterOption[] => [
    ...[...found[key]]
      .map(([value, label]) => ({ value, label }))
      .sort((a, b) => a.label.localeCompare(b.label, undefined, { numeric: true })),
    ...(without[key] && found[key].size > 0 ? [{ value: NONE, label: none }] : []),
  ]
  return {
    family: list('family', 'Without an interface'),
    group: list('group', 'In no group'),
    room: list('room', 'Without a room'),
  }
}
