/**
 * Takes live readings of rigs whose firmware sends them, at most one a second each. Where that ends, or is not to be had,
 * the rig is polled and following it is tried again some minutes later.
 */
import { type Clock, HeadframeError, type Logger } from '../../base/index.ts'
import { type FamilyTools, type ReadResult, type RigFamily } from '../families/family.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { type RigRecord } from './rig-record.ts'

/** Live readings come twice a second; nobody needs them so often. */
const TAKEN_EVERY_MS = 1000
const AGAIN_AFTER_MS = 5 * 60_000

export interface FollowerParts {
  readonly tools: FamilyTools
  readonly log: Logger
  /** Ends all of it. */
  readonly signal: AbortSignal
  open(record: RigRecord, signal: AbortSignal): RigLink
  /** @throws HeadframeError if it is no reading of that rig */
  take(record: RigRecord, result: ReadResult): void
}

export class Follower {
  readonly #parts: FollowerParts
  readonly #clock: Clock

  constructor(parts: FollowerParts) {
    this.#parts = parts
    this.#clock = parts.tools.clock
  }

  /** Begins to follow, unless that is under way, was tried a moment ago, or is not to be had. */
  begin(record: RigRecord, { follow }: RigFamily): void {
    const { tools, log } = this.#parts
    if (!follow || record.following || this.#clock.monotonicMs() < record.followAgainAtMs) return
    const ending = new AbortController()
    record.following = ending
    const signal = AbortSignal.any([ending.signal, record.gone.signal, this.#parts.signal])
    let takenAtMs = -Infinity
    const onReading = (result: ReadResult): void => {
      const nowMs = this.#clock.monotonicMs()
      if (signal.aborted || nowMs - takenAtMs < TAKEN_EVERY_MS) return
      takenAtMs = nowMs
      try {
        this.#parts.take(record, result)
      } catch (error) {
        if (!(error instanceof HeadframeError)) throw error
        ending.abort()
      }
    }
    follow(this.#parts.open(record, signal), tools, onReading, signal)
      .catch((error: unknown) => {
        log.debug('a rig cannot be followed; it is polled', { rig: record.id, error: String(error) })
      })
      .finally(() => {
        if (record.following === ending) record.following = null
        record.followAgainAtMs = this.#clock.monotonicMs() + AGAIN_AFTER_MS
      })
  }
}
