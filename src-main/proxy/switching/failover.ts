/**
 * Which pool works for the rigs without a rule: the one the person prefers as long as it can be relied on, else the
 * first in order that can stand in. Pure: a state and a transition; `pool-keeper.ts` performs what it says. Moments
 * are monotonic milliseconds. When a lost connection is dialled again is the upstream's affair.
 *
 * It never flaps: what counts as reliable has hysteresis (`standing.ts`), and the pause between two moves grows
 * with the moves of the last hour, so that whatever pools do there are at most `MOST_MOVES_PER_HOUR`.
 */
import { type FailoverSettings } from './routing.ts'
import { advanceStanding, newStanding, type Service, type Standing } from './standing.ts'

/** What is known of a pool now. */
export interface PoolView {
  readonly id: string
  /** null while it is not connected. */
  readonly service: Service | null
  /** Why it does not serve well; empty if it does. */
  readonly because: string
}

export interface FailoverView {
  readonly nowMs: number
  readonly preferredId: string | null
  /** In order of priority; only those that may be used. The preferred one is among them, if it exists. */
  readonly pools: readonly PoolView[]
  readonly settings: FailoverSettings
}

export interface FailoverState {
  readonly inUseId: string | null
  readonly standings: ReadonlyMap<string, Standing>
  /** Moves of the last hour, oldest first. A person's own are none. */
  readonly movesMs: readonly number[]
  /** Since when a pool is sought that can stand in; null while none is. */
  readonly seekingSinceMs: number | null
}

export interface FailoverMove {
  readonly kind: 'failed-over' | 'returned'
  readonly fromId: string
  readonly toId: string
  readonly because: string
}

export interface FailoverDecision {
  readonly state: FailoverState
  /** What changed; null for nothing. */
  readonly move: FailoverMove | null
  /** Pools to be connected because they may stand in, or because the rigs are to return to them. */
  readonly contacts: readonly string[]
}

const HOUR_MS = 60 * 60_000
/** The first moves of an hour are free; then the pause doubles. */
const FREE_MOVES = 3
const FIRST_PAUSE_MS = 4_000
const LONGEST_PAUSE_MS = 5 * 60_000
/** 3 free, 7 while the pause doubles to its longest, then 12 an hour. */
export const MOST_MOVES_PER_HOUR = 22
/** How long each candidate is given for a first job before the next is tried as well. */
const CANDIDATE_MS = 3_000

export const NO_FAILOVER: FailoverState = {
  inUseId: null,
  standings: new Map(),
  movesMs: [],
  seekingSinceMs: null,
}

/** The person chose this pool: whatever was held against it is forgotten. */
export function choosePool(state: FailoverState, poolId: string | null, nowMs: number): FailoverState {
  const standings = new Map(state.standings)
  if (poolId !== null) standings.set(poolId, { ...newStanding(nowMs), hasServed: true })
  return { ...state, standings, inUseId: poolId, seekingSinceMs: null }
}

export function decideFailover(before: FailoverState, view: FailoverView): FailoverDecision {
  const { nowMs, preferredId, pools, settings } = view
  const standings = new Map<string, Standing>()
  for (const { id, service } of pools) {
    if (service === null) continue
    const standing = before.standings.get(id) ?? newStanding(nowMs)
    standings.set(id, advanceStanding(standing, service, nowMs, settings.returnAfterMs))
  }
  const movesMs = before.movesMs.filter((atMs) => nowMs - atMs < HOUR_MS)
  const inUseId = before.inUseId ?? preferredId
  const state: FailoverState = { ...before, standings, movesMs, inUseId }
  if (inUseId === null || preferredId === null || !settings.enabled) {
    return stay({ ...state, inUseId: settings.enabled ? inUseId : preferredId, seekingSinceMs: null }, view)
  }
  const wantedId = wantedPool(state, view, inUseId, preferredId)
  const mayMove = nowMs - (movesMs.at(-1) ?? -Infinity) >= pauseMs(movesMs.length)
  if (wantedId === inUseId || !mayMove) return stay(withSearch(state, view), view)
  const kind = wantedId === preferredId ? 'returned' : 'failed-over'
  const because =
    kind === 'returned' ? 'it serves well again' : becauseOf(pools, inUseId) || becauseOf(pools, preferredId)
  const moved = { ...state, inUseId: wantedId, movesMs: [...movesMs, nowMs] }
  return {
    ...stay(withSearch(moved, view), view),
    move: { kind, fromId: inUseId, toId: wantedId, because },
  }
}

function wantedPool(
  { standings }: FailoverState,
  { pools }: FailoverView,
  inUseId: string,
  preferredId: string,
): string {
  const isUsable = (id: string): boolean => standings.get(id)?.usable ?? true
  if (isUsable(preferredId)) return preferredId
  const isKnown = pools.some(({ id }) => id === inUseId)
  if (isKnown && isUsable(inUseId) && inUseId !== preferredId) return inUseId
  // Nothing is gained by a move to a pool that is no better, or that has nothing to hash either.
  const inUse = pools.find(({ id }) => id === inUseId)
  const least = inUse ? rankOf(inUse) : RANKS.nothing
  let bestId: string | null = null
  let best = 0
  for (const pool of pools) {
    // Of two that serve alike the one that can be relied on, and then the first in order.
    const rank = rankOf(pool) + (isUsable(pool.id) ? 0.5 : 0)
    if (rankOf(pool) > least && rank > best) [bestId, best] = [pool.id, rank]
  }
  return bestId ?? inUse?.id ?? preferredId
}

function rankOf({ service }: PoolView): number {
  return RANKS[service ?? 'nothing']
}

const RANKS: Readonly<Record<Service, number>> = { well: 3, doubtful: 2, bad: 1, nothing: 0 }

/** Whether someone is sought who can stand in. */
function withSearch(state: FailoverState, { nowMs, preferredId }: FailoverView): FailoverState {
  const { standings, inUseId, seekingSinceMs } = state
  const served = [inUseId, preferredId].some((id) => id !== null && (standings.get(id)?.usable ?? true))
  return { ...state, seekingSinceMs: served ? null : (seekingSinceMs ?? nowMs) }
}

function stay(state: FailoverState, { nowMs, pools, preferredId, settings }: FailoverView): FailoverDecision {
  const contacts = new Set<string>()
  if (settings.enabled && preferredId !== null) contacts.add(preferredId)
  if (state.inUseId !== null) contacts.add(state.inUseId)
  if (state.seekingSinceMs !== null) {
    const count = 1 + Math.floor((nowMs - state.seekingSinceMs) / CANDIDATE_MS)
    const others = pools.filter(({ id }) => !contacts.has(id))
    for (const { id } of others.slice(0, count)) contacts.add(id)
  }
  return { state, move: null, contacts: [...contacts] }
}

function becauseOf(pools: readonly PoolView[], id: string): string {
  return pools.find((pool) => pool.id === id)?.because ?? ''
}

/** The least pause before the next move, after so many in the last hour. */
function pauseMs(moves: number): number {
  if (moves < FREE_MOVES) return FIRST_PAUSE_MS
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (moves - FREE_MOVES + 1))
}
