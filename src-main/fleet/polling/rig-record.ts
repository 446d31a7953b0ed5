/** What is known of one rig while the program runs: its last reading, how fresh that is, what is being done with it. */
import { type ReadResult } from '../families/family.ts'
import { type RigReading } from '../model/reading.ts'
import { type ProblemView } from '../views/view-types.ts'
import { usersOf } from '../views/mines-here.ts'
import { type TrackedError } from './error-log.ts'
import { type MergedReading, mergeReading } from './merge-reading.ts'
import { type PollRhythm } from './poll-rhythm.ts'
import { RawReplies } from './raw-replies.ts'
import { SeldomReplies } from './seldom-link.ts'
import { Turn } from './turn.ts'

export class RigRecord {
  readonly id: string
  readonly turn = new Turn()
  readonly replies = new RawReplies()
  readonly seldom = new SeldomReplies()
  /** Ends whatever is asked of the rig. */
  readonly gone = new AbortController()
  rhythm: PollRhythm
  merged: MergedReading | null = null
  /** Epoch milliseconds; null before the first reading. */
  readAtMs: number | null = null
  /** By a poll, not by following; monotonic milliseconds. */
  polledAtMs = -Infinity
  /** When it answered as itself last, epoch milliseconds, which go on while this machine sleeps; null since it did not. */
  recognisedAtMs: number | null = null
  problem: ProblemView | null = null
  errors: readonly TrackedError[] = []
  /** When its count of accepted shares was last seen to grow, epoch milliseconds; null if it never was. */
  grewAtMs: number | null = null
  busy: { readonly action: string; readonly sinceMs: number } | null = null
  /** User names of its pool entries, the active one first. */
  users: readonly string[] = []
  /** The same, as they were when connections were matched last. */
  matchedUsers = ''
  /** Live readings come in. */
  following: AbortController | null = null
  /** Monotonic milliseconds before which following is not tried (again). */
  followAgainAtMs = 0

  constructor(id: string, rhythm: PollRhythm) {
    this.id = id
    this.rhythm = rhythm
  }

  get reading(): RigReading | null {
    return this.merged?.reading ?? null
  }

  /** Takes a reading in. @returns the merged one */
  take(result: ReadResult): RigReading {
    const merged = mergeReading(this.merged, result)
    const { reading } = merged
    // What cannot be understood is not taken in, not even a part of it.
    const users = usersOf(reading.pools)
    const before = this.merged?.reading.shares.accepted ?? null
    const { accepted } = reading.shares
    if (before !== null && accepted !== null && accepted > before) this.grewAtMs = reading.atMs
    this.merged = merged
    this.users = users
    this.readAtMs = reading.atMs
    this.problem = null
    return reading
  }
}
