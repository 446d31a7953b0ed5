/**
 * A board's power as its supervisor sees it, whatever is on the board: steps to switch it on and off, looks at its
 * sensors, its fan. Compositions are in the files named after what controls the board; rules are not here.
 */
import { type Unsubscribe } from '../../base/index.ts'

/** One thing to do. Verified by itself: it resolves only if it is seen to have happened. */
export interface PowerStep {
  /** Goes on a sentence that begins with `to`: `hold the chips in reset`. */
  readonly what: string
  /** It must be over within this time, milliseconds. */
  readonly limitMs: number
  run(): Promise<void>
}

export interface HeatLook {
  /** Of every sensor near the chips; null: no reading, or one that cannot be true. */
  readonly chipsC: readonly (number | null)[]
}

export interface BoardLook {
  readonly regulatorC: number | null
  readonly inputVoltageMv: number | null
  readonly coreVoltageMv: number | null
  readonly currentMa: number | null
  readonly powerW: number | null
  /** One value per fan that tells its speed. */
  readonly fanRpms: readonly (number | null)[]
  /** What the regulator reports, in words. */
  readonly faults: readonly string[]
}

/** What was found on when nobody of ours had switched it on. */
export interface Leftovers {
  /** Whether chips were running, or may have been: powered and out of reset. */
  readonly wasRunning: boolean
  /** In words, for instance `the regulator was on`. */
  readonly found: readonly string[]
}

export interface BoardAbilities {
  /** Whether `readHeat` says anything. */
  readonly measuresHeat: boolean
  /** Whether `readHeat` says anything true while chips are off. */
  readonly measuresHeatWhenOff: boolean
  /** Whether `look` says anything. */
  readonly measuresBoard: boolean
  /** Whether switching off takes the power away; else chips are held in reset at best. */
  readonly canCutPower: boolean
  /** Whether chips can be held in reset. */
  readonly canReset: boolean
  readonly hasFan: boolean
  /** Whether unplugging USB ends its power; else it has a supply of its own. */
  readonly losesPowerWithUsb: boolean
  /** So long a look may take before it counts as bad, milliseconds. */
  readonly lookLimitMs: number
}

export interface BoardPower {
  readonly abilities: BoardAbilities
  /**
   * From anything to chips with power, still in reset where there is a reset. Each call begins a new life of the
   * board's power; `revoke` ends it.
   * @param coreVoltageMv allowed by the board's table; null where it cannot be set
   */
  powerUpSteps(coreVoltageMv: number | null): readonly PowerStep[]
  /** Lets chips out of reset; only after every step of `powerUpSteps`. */
  release(): PowerStep
  /** From now on nothing that was begun before may switch anything on: what still waits is never sent. */
  revoke(): void
  /** Everything off, in order; each is tried even if one before it failed. Goes before everything that waits. */
  shutdownSteps(): readonly PowerStep[]
  /** Sets and verifies. @throws HeadframeError as `Regulator.setCoreVoltage` */
  setCoreVoltage(coreVoltageMv: number): Promise<void>
  /** @throws HeadframeError */
  resetChips(lowMs: number, settleMs: number): Promise<void>
  /** @param permille 0 to 1000 @throws HeadframeError */
  setFan(permille: number): Promise<void>
  /** @throws HeadframeError if the control channel fails */
  readHeat(): Promise<HeatLook>
  /** @throws HeadframeError if the control channel fails */
  look(): Promise<BoardLook>
  /** Looks whether anything is on, and changes nothing. @throws HeadframeError if that cannot be told */
  findLeftovers(): Promise<Leftovers>
  /** The control channel is of no use any more. Called once; at once if it is so already. @param listener told in a sentence */
  onLoss(listener: (message: string) => void): Unsubscribe
  /** Ends the control channel; switches nothing. Never throws. */
  close(): Promise<void>
}

export const NOTHING_LOOKED: BoardLook = {
  regulatorC: null,
  inputVoltageMv: null,
  coreVoltageMv: null,
  currentMa: null,
  powerW: null,
  fanRpms: [],
  faults: [],
}

/** The fan of a board that nobody looks after any more. */
export const RESTING_FAN_PERMILLE = 250
