/**
 * Hashes for all practice rigs in turns, each at its own rate. Runs in a thread of its own or in process: it
 * is told by commands, and tells by reports, several finds to a message.
 */
import { type Clock, type Timer } from '../../base/index.ts'
import { createNonceScanner, type NonceScanner } from '../../checker/index.ts'
import { difficultyOfHash, hashHeader } from '../../mining/index.ts'
import { type HeaderCandidate, HeaderWalk, type RigWork } from './rig-work.ts'

export type HashingCommand =
  /** Work for a rig, instead of what it had. */
  | { readonly kind: 'work'; readonly rig: number; readonly work: RigWork; readonly hashrateHs: number }
  | { readonly kind: 'version-mask'; readonly rig: number; readonly mask: number }
  /** Nothing to do for a rig. */
  | { readonly kind: 'idle'; readonly rig: number }

/** A header that meets its work's target. */
export interface RigFind {
  readonly rig: number
  /** `key` of the work. */
  readonly key: number
  readonly extranonce2: Uint8Array
  readonly ntime: number
  readonly nonce: number
  readonly version: number
  /** Of its hash: at least that of the work's target. */
  readonly difficulty: number
}

export interface HashingReport {
  readonly finds: readonly RigFind[]
  /** Hashes computed since the last report, by rig. */
  readonly hashes: readonly { readonly rig: number; readonly count: number }[]
}

/** One turn. Short enough that a find is told at once, long enough that the turn itself costs nothing. */
const SLICE_MS = 100
/** Reports without a find wait until then. */
const REPORT_MS = 1_000
/** After a pause of the machine nobody makes up for more than this. */
const MAX_ARREARS_MS = 500
/** Nonces tried of each header before it is varied, so that within minutes every field was rolled. */
const NONCES_PER_HEADER = 1 << 17

interface Lane {
  readonly work: RigWork
  readonly walk: HeaderWalk
  readonly hashesPerMs: number
  candidate: HeaderCandidate
  scanner: NonceScanner
  nextNonce: number
  /** Up to when it has hashed, monotonic milliseconds. */
  doneUntilMs: number
}

export class HashingLoop {
  readonly #clock: Clock
  readonly #report: (report: HashingReport) => void
  readonly #lanes = new Map<number, Lane>()
  readonly #hashes = new Map<number, number>()
  #finds: RigFind[] = []
  #reportedMs: number
  #timer: Timer | null = null

  constructor(clock: Clock, report: (report: HashingReport) => void) {
    this.#clock = clock
    this.#report = report
    this.#reportedMs = clock.monotonicMs()
  }

  command(command: HashingCommand): void {
    switch (command.kind) {
      case 'work':
        this.#lanes.set(command.rig, this.#startLane(command.work, command.hashrateHs))
        break
      case 'version-mask': {
        const lane = this.#lanes.get(command.rig)
        if (lane === undefined) return
        lane.walk.setVersionMask(command.mask)
        this.#nextHeader(lane)
        break
      }
      case 'idle':
        this.#lanes.delete(command.rig)
    }
    if (this.#lanes.size === 0) this.stop()
    else this.#timer ??= this.#clock.every(SLICE_MS, () => this.#slice())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #startLane(work: RigWork, hashrateHs: number): Lane {
    const walk = new HeaderWalk(work)
    const candidate = walk.next()
    return {
      work,
      walk,
      hashesPerMs: hashrateHs / 1000,
      candidate,
      scanner: createNonceScanner(candidate.header76, work.target),
      nextNonce: 0,
      doneUntilMs: this.#clock.monotonicMs(),
    }
  }

  #slice(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [rig, lane] of this.#lanes) this.#hash(rig, lane, nowMs)
    if (this.#finds.length === 0 && nowMs - this.#reportedMs < REPORT_MS) return
    const hashes = [...this.#hashes].map(([rig, count]) => ({ rig, count }))
    const finds = this.#finds
    this.#finds = []
    this.#hashes.clear()
    this.#reportedMs = nowMs
    this.#report({ finds, hashes })
  }

  #hash(rig: number, lane: Lane, nowMs: number): void {
    lane.doneUntilMs = Math.max(lane.doneUntilMs, nowMs - MAX_ARREARS_MS)
    let due = Math.floor((nowMs - lane.doneUntilMs) * lane.hashesPerMs)
    lane.doneUntilMs += due / lane.hashesPerMs
    this.#hashes.set(rig, (this.#hashes.get(rig) ?? 0) + due)
    while (due > 0) {
      if (lane.nextNonce === NONCES_PER_HEADER) this.#nextHeader(lane)
      const count = Math.min(due, NONCES_PER_HEADER - lane.nextNonce)
      const { extranonce2, ntime, version } = lane.candidate
      for (const nonce of lane.scanner.scan(lane.nextNonce, count)) {
        const difficulty = difficultyOfNonce(lane.candidate.header76, nonce)
        this.#finds.push({ rig, key: lane.work.key, extranonce2, ntime, nonce, version, difficulty })
      }
      lane.nextNonce += count
      due -= count
    }
  }

  #nextHeader(lane: Lane): void {
    lane.candidate = lane.walk.next()
    lane.scanner = createNonceScanner(lane.candidate.header76, lane.work.target)
    lane.nextNonce = 0
  }
}

function difficultyOfNonce(header76: Uint8Array, nonce: number): number {
  const header = new Uint8Array(80)
  header.set(header76)
  new DataView(header.buffer).setUint32(76, nonce, true)
  return difficultyOfHash(hashHeader(header))
}
