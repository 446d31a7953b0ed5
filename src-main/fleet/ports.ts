/**
 * What the fleet needs of the rest of the program: where it keeps what it knows, what the proxy sees, how bytes get to a
 * rig. Interfaces only; the host of the fleet has the real ones.
 */
import { type Clock, type Entropy, type Logger } from '../base/index.ts'
import { type RigBookStore } from './book/rig-book-file.ts'
import { type Identified } from './discovery/identified.ts'
import { type RigFamily } from './families/family.ts'
import { type RigAddress, type RigCredentials, type RigLink } from './transport/rig-link.ts'

export interface LinkRequest {
  readonly address: RigAddress
  readonly credentials: RigCredentials | null
  /** Ends what is under way. */
  readonly signal: AbortSignal
  /** Told of every reply: what was asked (no secrets), its bytes, when. */
  readonly onReply: (asked: string, bytes: Uint8Array, atMs: number) => void
}

export type LinkOpener = (request: LinkRequest) => RigLink

/** Secrets by name; the program's secret store is one. */
export interface FleetSecrets {
  get(name: string): Promise<string | undefined>
  set(name: string, secret: string): Promise<void>
  /** Harmless if there is none of that name. */
  delete(name: string): Promise<void>
}

/** A connection of a rig to the proxy. */
export interface DownstreamSeen {
  readonly id: string
  /** As the rig names itself there, for instance `attic` or `account.attic`. */
  readonly name: string
  /** `host:port` of the rig's side; IPv6 hosts in brackets. */
  readonly address: string
  readonly connectedAtMs: number
  readonly lastShareAtMs: number | null
  /** Effective, H/s. */
  readonly hashrateHs: number
  /** Good ones since it connected, also those that the pool has no use for. */
  readonly validShares: number
}

/** Where the proxy listens for rigs that speak Stratum V1 over TCP. */
export interface StratumListener {
  /** `0.0.0.0` and `::` for every address. */
  readonly host: string
  readonly port: number
}

/** An address of this machine that others can reach. */
export interface LocalAddress {
  readonly address: string
  /** Of its subnet, 0 to 32 or 128. */
  readonly prefixBits: number
}

/** One of the pools that people configured. */
export interface ConfiguredPool {
  readonly name: string
  readonly url: string
  /** Stratum V1 endpoint of the same pool, or null. */
  readonly fallbackUrl: string | null
  readonly userIdentity: string
  /** '' for none. */
  readonly password: string
}

export interface ProxySide {
  /** Now. The same list as before as long as nothing changed, which spares the fleet matching it again. */
  downstreams(): readonly DownstreamSeen[]
  /** Null while there is none. */
  listener(): StratumListener | null
  /** Ports of every listener of the proxy, whatever it speaks: pools at these ports of this machine are the proxy. */
  ports(): readonly number[]
  localAddresses(): readonly LocalAddress[]
  /** Null if there is none with this id. */
  pool(id: string): Promise<ConfiguredPool | null>
}

export interface FleetOptions {
  /** Polls at once, over all rigs. */
  readonly pollsAtOnce: number
  /** Of these, how many at most are left to rigs that did not answer last time. */
  readonly doubtfulPollsAtOnce: number
  /** Longest poll: its later requests are refused. */
  readonly pollBudgetMs: number
  /** Multiplies the families' time between polls; below 1 polls more often. */
  readonly pollPace: number
  /** Between two looks while an action is verified. */
  readonly lookEveryMs: number
  /** How long a share is waited for after the rig says that it mines where it was sent. */
  readonly sharePatienceMs: number
}

export const DEFAULT_FLEET_OPTIONS: FleetOptions = {
  pollsAtOnce: 16,
  doubtfulPollsAtOnce: 6,
  pollBudgetMs: 45_000,
  pollPace: 1,
  lookEveryMs: 2000,
  sharePatienceMs: 120_000,
}

export interface FleetParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly families: readonly RigFamily[]
  /** The transport's own if absent. */
  readonly openLink?: LinkOpener
  /** Who answers at an address; the search's own if absent. */
  readonly identify?: (address: RigAddress) => Promise<Identified>
  readonly store: RigBookStore
  readonly secrets: FleetSecrets
  readonly proxy: ProxySide
  readonly options?: Partial<FleetOptions>
}
