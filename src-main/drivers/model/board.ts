/**
 * A board as data: what it is recognised by, what is on it, what it may be told, where it must stop. USB does not
 * always tell which board it is: then it names a family, and what is on the board's bus and which chip answers decide.
 */
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
  /**
   * So long after chips left reset may their sensor be implausible: a diode in the chip is connected by the chip's own
   * initialisation. A hot reading counts even then.
   */
  readonly sensorSettleMs: number
}

/** What every board that we know has, whether it can be driven or not: enough to find and to show it. */
export interface BoardIdentity {
  /** For instance `bitaxe-gamma`. */
  readonly id: string
  /** For instance `Bitaxe Gamma`. */
  readonly name: string
  readonly maker: string
  /** Empty for a board that only its family's pattern finds. */
  readonly patterns: readonly BoardPattern[]
  /** What a person must know: another driver, an A-to-C cable. Sentences. */
  readonly notes: readonly string[]
}

/** Parts of a board behind a USB bridge: enough to put its power together (asic-serial 6.3). */
export interface BridgeHardware {
  /** How the bridge answers; `by-release`: v1 if the minor nibble of bcdDevice is 1 or more, else v0. */
  readonly replies: 'v0' | 'v1' | 'by-release'
  /** GPIO number of the chips' reset, low in reset. */
  readonly resetPin: number
  readonly regulator: 'tps546' | 'ds4432u'
  /** Beside a regulator that measures nothing. */
  readonly powerMeter: 'ina260' | null
  readonly fan: 'emc2101'
  /** Where the chip's temperature comes from. */
  readonly chipSensor:
    | { readonly kind: 'emc2101-external'; readonly ideality: number | null; readonly beta: number | null }
    /** The fan controller's own temperature, with what the chip is hotter by. */
    | { readonly kind: 'emc2101-internal'; readonly offsetC: number }
}

/** A board that we drive. */
export interface BoardModel extends BoardIdentity {
  readonly chip: ChipId
  readonly chipCount: number
  /** Where boards of one name carry different numbers of chips: the most; as many as answer are used. */
  readonly chipCountMax?: number
  readonly control: BoardControlKind
  /** Ports that make one board, in order of interfaces. */
  readonly ports: 'control+data' | 'data' | 'data+telemetry'
  /** Of boards with control `usb-bridge`, else null. */
  readonly bridge: BridgeHardware | null
  /** Of boards with control `gekko-telemetry`, else null: core voltage above the regulator's base, 5 mV steps. */
  readonly gekko: { readonly coreOffsetMv: number } | null
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
}

/** A board that we know and do not drive. */
export interface RecognisedBoard extends BoardIdentity {
  /** A sentence: why it does not mine here, and what would help. */
  readonly because: string
}

/** What tells the members of a family apart. */
export type MemberSigns =
  | {
      readonly kind: 'bridge'
      /** Seven-bit addresses that answer on the bus. */
      readonly present: readonly number[]
      /** Addresses that must not answer. */
      readonly absent: readonly number[]
      /** As the identity register says, for instance 0x1370. */
      readonly chipModel: number
      readonly chipCount: number
    }
  /** Bytes that follow the nonce of the golden work (asic-serial 3.4). */
  | { readonly kind: 'golden'; readonly extraBytes: number }

export type FamilyMember = { readonly signs: MemberSigns } & (
  | { readonly kind: 'model'; readonly model: BoardModel }
  | { readonly kind: 'recognised'; readonly board: RecognisedBoard }
)

/** Boards that look alike on USB. */
export interface BoardFamily extends BoardIdentity {
  readonly control: BoardControlKind
  readonly ports: BoardModel['ports']
  readonly members: readonly FamilyMember[]
}

/** One entry of the table that the registry ranks. */
export type KnownBoard =
  | { readonly kind: 'model'; readonly model: BoardModel }
  | { readonly kind: 'family'; readonly family: BoardFamily }
  | { readonly kind: 'recognised'; readonly board: RecognisedBoard }

/** What every entry has in common. */
export function boardIdentity(known: KnownBoard): BoardIdentity {
  switch (known.kind) {
    case 'model':
      return known.model
    case 'family':
      return known.family
    case 'recognised':
      return known.board
  }
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
