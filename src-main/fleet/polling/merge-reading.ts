/**
 * One poll is several requests, and one of them may fail while others answer: its fields are then taken from the reading
 * before, for three polls at most. Where nothing failed, absent means absent. Pure. Governing document: rig API digest,
 * section 7 (rules).
 */
import { type ReadResult } from '../families/family.ts'
import { type BoardReading, type PoolReading, type RigReading } from '../model/reading.ts'

/** How often a field is taken from before. */
export const KEPT_FOR_POLLS = 3

export interface MergedReading {
  readonly reading: RigReading
  /** Polls in a row that a field was taken from before, by its path, for instance `hashrates.nowHs`. */
  readonly kept: ReadonlyMap<string, number>
  /** Requests that failed at the last poll. */
  readonly failed: readonly string[]
}

/** Of the moment, or of the poll itself: never taken from before. */
const OF_THE_MOMENT: ReadonlySet<string> = new Set(['atMs', 'family', 'firmware', 'state'])

/** @param before what the poll before gave; null at the first */
export function mergeReading(before: MergedReading | null, { reading, failed }: ReadResult): MergedReading {
  if (before === null || failed.length === 0 || before.reading.family !== reading.family) {
    return { reading, kept: new Map(), failed }
  }
  const kept = new Map<string, number>()
  /** The value from before if there is one and it was not kept too often. */
  const keep = (path: string, old: unknown, now: unknown): unknown => {
    if (!isAbsent(now) || isAbsent(old)) return now
    const times = (before.kept.get(path) ?? 0) + 1
    if (times > KEPT_FOR_POLLS) return now
    kept.set(path, times)
    return old
  }
  const merged: Record<string, unknown> = {}
  for (const [key, now] of Object.entries(reading)) {
    const old: unknown = before.reading[key as keyof RigReading]
    if (OF_THE_MOMENT.has(key)) merged[key] = now
    else if (isGroup(now) && isGroup(old)) merged[key] = mergeGroup(key, old, now, keep)
    else merged[key] = keep(key, old, now)
  }
  // Every member was copied under its own name.
  const whole = merged as unknown as RigReading
  return {
    reading: {
      ...whole,
      boards: mergeBoards(before.reading.boards, whole.boards, keep),
      pools: mergePools(before.reading.pools, whole.pools, keep),
    },
    kept,
    failed,
  }
}

type Keep = (path: string, old: unknown, now: unknown) => unknown
type Group = Readonly<Record<string, unknown>>

function mergeGroup(path: string, old: Group, now: Group, keep: Keep): Group {
  return Object.fromEntries(
    Object.entries(now).map(([key, value]) => [key, keep(`${path}.${key}`, old[key], value)]),
  )
}

function mergeBoards(
  old: readonly BoardReading[],
  now: readonly BoardReading[],
  keep: Keep,
): readonly BoardReading[] {
  return now.map((board) => {
    const same = old.find(({ slot }) => slot === board.slot)
    if (!same || same === board || board.missing) return board
    return mergeGroup(
      `boards.${String(board.slot)}`,
      { ...same },
      { ...board },
      keep,
    ) as unknown as BoardReading
  })
}

/** Entries with the same place and the same pool; another pool's counts are not this one's. */
function mergePools(
  old: readonly PoolReading[],
  now: readonly PoolReading[],
  keep: Keep,
): readonly PoolReading[] {
  return now.map((pool) => {
    const same = old.find(
      ({ index, url, user }) => index === pool.index && url === pool.url && user === pool.user,
    )
    if (!same || same === pool) return pool
    return mergeGroup(`pools.${String(pool.index)}`, { ...same }, { ...pool }, keep) as unknown as PoolReading
  })
}

function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
}
