/**
 * What every firmware family is to the fleet: how to read it, what it can be told, and how. One file for each family
 * behind this; parsing (`readings/`) apart from talking. Governing document: rig API digest, sections 3 to 6 and 8.
 */
import { type Clock, type Entropy } from '../../base/index.ts'
import { type FamilyId, type RigReading } from '../model/reading.ts'
import { type RigCredentials, type RigLink } from '../transport/rig-link.ts'

/** A pool to be written to a rig. */
export interface PoolTarget {
  /** `stratum+tcp://host:port`, `stratum+ssl://…`, `stratum2+tcp://host:port/KEY`. */
  readonly url: string
  readonly user: string
  /** Empty for none. */
  readonly password: string
}

/** What a rig can be told. */
export type RigCommand =
  /** In order of priority, at least one; the rig's other entries are cleared where the firmware allows. */
  | { readonly kind: 'set-pools'; readonly pools: readonly PoolTarget[] }
  /** Back to what `readPools` gave before. */
  | { readonly kind: 'restore-pools'; readonly snapshot: PoolsSnapshot }
  /** The miner process. */
  | { readonly kind: 'restart' }
  /** The whole box. */
  | { readonly kind: 'reboot' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'locate'; readonly on: boolean }
  /** One of `RigSettings.powerModes`, by id. */
  | { readonly kind: 'set-power-mode'; readonly mode: string }
  | { readonly kind: 'set-power-limit'; readonly watts: number }
  | { readonly kind: 'set-frequency'; readonly megahertz: number }
  | { readonly kind: 'set-voltage'; readonly millivolts: number }
  /** null is automatic. */
  | { readonly kind: 'set-fan'; readonly percent: number | null }

export type CommandKind = RigCommand['kind']

/** Offered, or why not in a sentence for a person. */
export type Capability = { readonly offered: true } | { readonly offered: false; readonly because: string }

/** `restore-pools` is offered where `set-pools` is. */
export type Capabilities = Readonly<Record<Exclude<CommandKind, 'restore-pools'>, Capability>>

/** The pools of a rig with everything that is needed to put them back. Holds passwords: kept among the secrets. */
export interface PoolsSnapshot {
  readonly pools: readonly PoolTarget[]
  /** Whether `pools` has the passwords; most firmware does not show them. */
  readonly hasPasswords: boolean
  /** The family's own, JSON-safe. */
  readonly own: unknown
}

/**
 * accepted: the rig said yes, which is no proof. unknown: it cut the connection or said nothing, as reboots do.
 * Refusals are thrown.
 */
export interface WriteOutcome {
  readonly outcome: 'accepted' | 'unknown'
  /** What the person should know, a sentence; null for nothing. */
  readonly note: string | null
  /** How long until it can be expected to have taken effect; reading it back begins then and goes on from there. */
  readonly settlesInMs: number
  /** How long it may take at most. */
  readonly patienceMs: number
}

export interface ReadResult {
  readonly reading: RigReading
  /** Requests that failed while others answered, as `rpc stats` or `GET /api/system/asic`; their fields are null. */
  readonly failed: readonly string[]
}

export interface FamilyTools {
  readonly clock: Clock
  readonly entropy: Entropy
}

export interface RigFamily {
  readonly id: FamilyId
  /** For people. */
  readonly name: string
  /** Whether reading needs credentials, and what its factory set; never used unless a person says so. */
  readonly login: {
    readonly needed: 'never' | 'to-write' | 'to-read'
    readonly factory: RigCredentials | null
    /** Where generations differ: what the factory set for firmware of this version. */
    readonly factoryOf?: (firmwareVersion: string | null) => RigCredentials | null
    /** Whether failed logins count against a lockout. */
    readonly locks: boolean
  }
  /** Time between polls that the firmware bears well. */
  readonly pollEveryMs: number

  /**
   * Reads everything there is, request after request. Parts that fail are named in `failed`.
   * @throws HeadframeError `rig/…` if nothing useful could be read
   */
  read(link: RigLink, tools: FamilyTools): Promise<ReadResult>

  /** What this rig can be told, by what its reading says of version and model. Pure. */
  capabilities(reading: RigReading): Capabilities

  /**
   * The pools as they are, to be put back later.
   * @throws HeadframeError `rig/…`
   */
  readPools(link: RigLink, tools: FamilyTools): Promise<PoolsSnapshot>

  /**
   * Writes. Reads first what it must echo; does not read back: its caller does, by `read`.
   * @throws HeadframeError `rig/refused` with the rig's words, `rig/not-supported`, `rig/…` of the link
   */
  perform(link: RigLink, command: RigCommand, reading: RigReading, tools: FamilyTools): Promise<WriteOutcome>

  /**
   * Live readings, where the firmware has them: calls `onReading` until `signal` aborts or the socket ends, then resolves.
   */
  readonly follow?: (
    link: RigLink,
    tools: FamilyTools,
    onReading: (result: ReadResult) => void,
    signal: AbortSignal,
  ) => Promise<void>
}

/** What the maker set as login; null for none. For a person to try, never used unasked. */
export function factoryLogin({ login }: RigFamily, firmwareVersion: string | null): RigCredentials | null {
  return login.factoryOf ? login.factoryOf(firmwareVersion) : login.factory
}
