/**
 * The agreement between who makes a board hash and who owns its power. The owner lives in a thread of its own, holds
 * the control port, and can end everything alone; the hashing side asks, reports that it lives, and obeys.
 */
import { type Unsubscribe } from '../../base/index.ts'
import { type FanSetting } from './board.ts'

/** Null: not measured, or implausible. */
export interface BoardReadings {
  readonly atMs: number
  readonly chipC: number | null
  /** Of each chip or hot spot that is told apart. */
  readonly chipsC: readonly number[]
  readonly regulatorC: number | null
  readonly inputVoltageMv: number | null
  readonly coreVoltageMv: number | null
  readonly currentMa: number | null
  readonly powerW: number | null
  readonly fanRpm: number | null
  readonly fanPermille: number | null
}

/** Why power was taken away, or refused. */
export interface PowerCut {
  readonly cause:
    | 'too-hot'
    | 'regulator-too-hot'
    | 'too-much-power'
    | 'fan-stalled'
    | 'sensors-silent'
    | 'regulator-fault'
    | 'control-lost'
    /** The hashing side gave no sign of life. */
    | 'hashing-silent'
    | 'stopped'
    | 'unplugged'
  /** A sentence with the measured value and the limit. */
  readonly message: string
  readonly atMs: number
  /** Whether a person must acknowledge it before the board runs again. */
  readonly latched: boolean
}

/** What the hashing side tells twice a second: the absence of it shuts the board down. */
export interface HashingSign {
  readonly hashing: boolean
  /** Milliseconds since the last valid nonce; null before the first. */
  readonly sinceNonceMs: number | null
}

/** The power of one board, as the hashing side sees it. */
export interface PowerAuthority {
  /**
   * Everything up to chips that are powered and out of reset, in order, each step verified.
   * @throws HeadframeError `safety/…`: nothing is powered then
   */
  powerUp(coreVoltageMv: number | null): Promise<void>
  /** Chips into reset, and out again. Does nothing where there is no such line. */
  resetChips(lowMs: number, settleMs: number): Promise<void>
  /** @throws HeadframeError `safety/out-of-range`, `safety/…` */
  setCoreVoltage(coreVoltageMv: number): Promise<void>
  setFan(fan: FanSetting): Promise<void>
  /** Sign of life. */
  sign(sign: HashingSign): void
  /** Everything off in order; resolves when it is. */
  release(): Promise<void>
  /** Power was taken away: stop at once. */
  onCut(listener: (cut: PowerCut) => void): Unsubscribe
}
