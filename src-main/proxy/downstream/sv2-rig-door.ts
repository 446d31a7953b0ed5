/**
 * Where SV2 rigs come in, over whatever carries their bytes: who we are to them, the queue of their handshakes, and what
 * all their connections share. The listeners are the engine's.
 */
import { type Clock, type Entropy } from '../../base/index.ts'
import { type Connection, type NextTurn } from '../../net/index.ts'
import { type AuthorityKeyPair, createResponderIdentity, type ResponderIdentity } from '../../sv2/index.ts'
import { countReason, type Reasons } from '../shares/accounting.ts'
import { type Downstream, type DownstreamHost } from './downstream.ts'
import { type Rig } from './rig.ts'
import { HandshakeQueue } from './sv2-handshake-queue.ts'
import { type Sv2ChannelShares } from './sv2-channel-shares.ts'
import { Sv2RigConnection } from './sv2-rig-connection.ts'

export interface Sv2RigDoorParts {
  readonly host: DownstreamHost
  readonly clock: Clock
  readonly entropy: Entropy
  readonly authority: AuthorityKeyPair
  /** A rig for each channel that is opened, at the address of its connection. */
  newRig(remoteAddress: string): Rig
  /** A channel was opened; it takes jobs after this returned. */
  onChannel(channel: Downstream): void
  readonly nextTurn?: NextTurn
}

/** How often shares are acknowledged that have waited; two seconds are enough for a batch. */
const ACKNOWLEDGE_PERIOD_MS = 1_000

export class Sv2RigDoor {
  readonly parts: Sv2RigDoorParts
  readonly identity: ResponderIdentity
  readonly handshakes: HandshakeQueue
  readonly #unacknowledged = new Set<Sv2ChannelShares>()
  /** Made in place by the common counter, as those of the books. */
  #faults: Reasons = Object.create(null) as Reasons

  constructor(parts: Sv2RigDoorParts) {
    this.parts = parts
    this.handshakes = new HandshakeQueue(parts.nextTurn)
    const { clock, authority, entropy } = parts
    this.identity = createResponderIdentity({ authority, entropy, nowMs: () => clock.nowMs() })
  }

  /** Connections that ended by a fault of the peer, by what it was. */
  get faults(): Reasons {
    return this.#faults
  }

  /** Serves a rig, or a proxy with many, from its first byte on. */
  accept(connection: Connection): Sv2RigConnection {
    return new Sv2RigConnection(connection, this)
  }

  countFault(reason: string): void {
    this.#faults = countReason(this.#faults, reason)
  }

  /** Has `acknowledgeIfDue` asked of a channel's shares until none waits. */
  awaitAcknowledging(shares: Sv2ChannelShares): void {
    this.#unacknowledged.add(shares)
  }

  /** Starts the one timer. @returns stops it */
  start(): () => void {
    const timer = this.parts.clock.every(ACKNOWLEDGE_PERIOD_MS, () => {
      const nowMs = this.parts.clock.monotonicMs()
      for (const shares of this.#unacknowledged) {
        if (shares.acknowledgeIfDue(nowMs)) this.#unacknowledged.delete(shares)
      }
    })
    return () => timer.cancel()
  }
}
