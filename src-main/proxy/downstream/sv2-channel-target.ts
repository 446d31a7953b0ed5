/**
 * What an SV2 channel is held to, and what of it the peer was told. The peer's max_target is the easiest target it
 * accepts: nothing easier is ever told, whatever the pool credits (Mining Protocol, 5.3.2 and 5.3.16).
 */
import { equalBytes } from '../../base/index.ts'
import {
  asTarget,
  difficultyOfHashrate,
  difficultyOfTarget,
  isDifficulty,
  MAX_TARGET,
  type Target,
  targetOfDifficulty,
} from '../../mining/index.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type DownstreamHost } from './downstream.ts'
import { type Rig } from './rig.ts'
import { nominalHashrateOf, startDifficultyOf } from './start-difficulty.ts'
import { pinDifficulty, wantedDifficulty } from './tell-difficulty.ts'

/** No channel is held to more, whatever it says is the easiest it accepts. */
const HARDEST_DIFFICULTY = 2 ** 50
/** Another declared hashrate is news from here on. */
const NOMINAL_NEWS_RATIO = 2

/** Whether a number from a peer can be a hashrate, H/s; 0 means that it does not know. */
export function isHashrate(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}

/** @param maxTarget 32 bytes from a peer */
export function isServable(maxTarget: Uint8Array): boolean {
  return difficultyOfTarget(asTarget(maxTarget)) <= HARDEST_DIFFICULTY
}

export class Sv2ChannelTarget {
  readonly #rig: Rig
  readonly #host: DownstreamHost
  #maxTarget: Target = MAX_TARGET
  #told: Target = MAX_TARGET
  /** Declared, H/s; 0 if it was not. */
  #nominalHs = 0

  constructor(rig: Rig, host: DownstreamHost) {
    this.#rig = rig
    this.#host = host
  }

  /** Told last. */
  get told(): Target {
    return this.#told
  }

  /**
   * Where a channel begins: at the difficulty its rig had when it was last here, else at what it declares, else at what
   * its kind usually delivers.
   * @param issued the job it will be given, if there is one
   */
  start(nominalHashrateHs: number, maxTarget: Uint8Array, issued: IssuedJob | null): void {
    const rig = this.#rig
    const { clock, sharesPerMinute } = this.#host
    const nowMs = clock.monotonicMs()
    this.#nominalHs = nominalHashrateHs
    this.#accept(maxTarget, nowMs)
    const remembered = this.#host.rememberedDifficulty(rig.rigKey)
    if (remembered !== undefined) this.#startVardiff(remembered, nowMs, true)
    else if (nominalHashrateHs > 0) {
      this.#startVardiff(difficultyOfHashrate(nominalHashrateHs, sharesPerMinute), nowMs, false)
    } else {
      rig.nominalHashrateHs = nominalHashrateOf(rig.userAgent)
      this.#startVardiff(startDifficultyOf(rig.userAgent, sharesPerMinute), nowMs, false)
    }
    const cap = issued === null ? Infinity : this.#host.difficultyCap(issued)
    this.#told = this.#targetOf(wantedDifficulty(rig, cap, nowMs))
  }

  /** The peer declares another hashrate, or accepts other targets. What follows is told with the next job. */
  update(nominalHashrateHs: number, maxTarget: Uint8Array): void {
    const { clock, sharesPerMinute } = this.#host
    const nowMs = clock.monotonicMs()
    this.#accept(maxTarget, nowMs)
    const ratio = nominalHashrateHs / this.#nominalHs
    if (nominalHashrateHs === 0 || (ratio < NOMINAL_NEWS_RATIO && ratio > 1 / NOMINAL_NEWS_RATIO)) return
    this.#nominalHs = nominalHashrateHs
    this.#startVardiff(difficultyOfHashrate(nominalHashrateHs, sharesPerMinute), nowMs, false)
  }

  /** Whether the channel would be told something else with its job if that went out now. */
  differsFor(issued: IssuedJob): boolean {
    const nowMs = this.#host.clock.monotonicMs()
    const wanted = wantedDifficulty(this.#rig, this.#host.difficultyCap(issued), nowMs)
    return wanted !== this.#rig.steps.latest?.difficulty
  }

  /**
   * Decides what the channel is held to for a job, and remembers it for judging.
   * @returns what to tell it right before the job; undefined when it knows
   */
  pin(issued: IssuedJob, reissue: number): Target | undefined {
    const cap = this.#host.difficultyCap(issued)
    const nowMs = this.#host.clock.monotonicMs()
    const difficulty = pinDifficulty(this.#rig, issued, reissue, cap, nowMs)
    if (difficulty === undefined) return undefined
    const target = this.#targetOf(difficulty)
    if (equalBytes(target, this.#told)) return undefined
    this.#told = target
    return target
  }

  #accept(maxTarget: Uint8Array, nowMs: number): void {
    this.#maxTarget = asTarget(maxTarget)
    this.#rig.setLeastDifficulty(difficultyOfTarget(this.#maxTarget), nowMs)
  }

  #startVardiff(difficulty: number, nowMs: number, known: boolean): void {
    if (isDifficulty(difficulty)) this.#rig.startVardiff(difficulty, nowMs, known)
  }

  /** Not even a rounding makes it easier than the peer accepts. */
  #targetOf(difficulty: number): Target {
    return harderTarget(targetOfDifficulty(difficulty), this.#maxTarget)
  }
}

function harderTarget(a: Target, b: Target): Target {
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return a[i]! < b[i]! ? a : b
  return a
}
