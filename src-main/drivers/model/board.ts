/** A board as data: what it is recognised by, what is on it, what it may be told, where it must stop. */
import { type ChipId } from './chip.ts'

/** How a board's power, fan and sensors are reached. */
export type BoardControlKind =
  /** A control port with GPIO, I2C and ADC (bitaxe-raw and its successors). */
  | 'usb-bridge'
  /** The second UART of Compac A1 and A2, with a latch behind a vendor request. */
  | 'gekko-telemetry'
  /** Only a reset line, behind an FTDI vendor request. */
  | 'ftdi-reset'
  /** Nothing: power is on as long as it is plugged in. */
  | 'none'

export interface BoardPattern {
  readonly vendorId: number
  readonly productId: number
  readonly manufacturer?: string
  /** Whole string, or its beginning if it ends with `*`. */
  readonly product?: string
  /** An anonymous bridge chip: ask the person before a byte is written to it. */
  readonly needsConsent?: boolean
}

export interface Range {
  readonly min: number
  readonly max: number
  readonly step: number
  readonly default: number
}

export interface SafetyLimits {
  /** Chip temperature, degrees Celsius. */
  readonly chipWarnC: number
  readonly chipTripC: number
  readonly regulatorTripC: number | null
  /** Watts, above which the board is stopped. */
  readonly maxPowerW: number | null
  /** The fan must turn when its duty is at least this, permille. */
  readonly fanMustTurnPermille: number | null
  /** So long may a fan that must turn stand still. */
  readonly fanStallMs: number
  /** So long may the sensors be silent or implausible. */
  readonly sensorSilenceMs: number
}

export interface BoardModel {
  /** For instance `bitaxe-gamma`. */
  readonly id: string
  /** For instance `Bitaxe Gamma`. */
  readonly name: string
  readonly maker: string
  readonly patterns: readonly BoardPattern[]
  readonly chip: ChipId
  readonly chipCount: number
  readonly control: BoardControlKind
  /** Ports that make one board, in order of interfaces. */
  readonly ports: 'control+data' | 'data' | 'data+telemetry'
  readonly frequencyMhz: Range
  /** Null where the core voltage cannot be set. */
  readonly coreVoltageMv: Range | null
  /** Null where there is no fan that we can reach. */
  readonly fan: { readonly minPermille: number } | null
  readonly limits: SafetyLimits
  /**
   * Zero bits that a hash has before the chip looks at its ticket: 32 in silicon. A simulated chip asks for fewer,
   * so that software finds nonces; everything that follows from it (rate, hardware errors, tickets) is scaled.
   */
  readonly fixedZeroBits: number
  /** Share of the rate computed from clock and cores that a healthy board of this kind delivers. */
  readonly rateRatio: number
  /** What a person must know: another driver, an A-to-C cable. Sentences. */
  readonly notes: readonly string[]
}

/** What a person chose for one board; kept by its serial number. */
export interface BoardSettings {
  /** Whether it mines when plugged in. */
  readonly enabled: boolean
  readonly frequencyMhz: number
  readonly coreVoltageMv: number | null
  readonly fan: FanSetting
}

export type FanSetting =
  | { readonly mode: 'target'; readonly chipC: number; readonly minPermille: number }
  | { readonly mode: 'fixed'; readonly permille: number }
  /** Duty by chip temperature, in rising order, straight lines between. */
  | {
      readonly mode: 'curve'
      readonly points: readonly { readonly chipC: number; readonly permille: number }[]
    }
