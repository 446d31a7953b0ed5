/** Where rigs come in: a port for each protocol, and one for both over WebSocket. What is spoken is the sessions' affair. */
import { type Clock, DisposalStack, type Entropy, HeadframeError } from '../base/index.ts'
import {
  type Connection,
  type HostPort,
  listen,
  type Listener,
  type ListenOptions,
  listenWebSocket,
  type NetLoop,
} from '../net/index.ts'
import { type AuthorityKeyPair, formatAuthorityKey } from '../sv2/index.ts'
import { type Downstream, type DownstreamHost } from './downstream/downstream.ts'
import { type Rig } from './downstream/rig.ts'
import { Sv1Session } from './downstream/sv1-session.ts'
import { Sv2RigDoor } from './downstream/sv2-rig-door.ts'
import { type Reasons } from './shares/accounting.ts'

export interface ListenersOptions {
  /** Where SV1 rigs connect; null listens nowhere. Port 0 picks a free one. */
  readonly stratum: HostPort | null
  /** Where SV2 rigs connect; null or absent listens nowhere. */
  readonly stratumV2?: HostPort | null
  /** Where rigs connect over WebSocket, either protocol; null or absent listens nowhere. */
  readonly stratumWs?: HostPort | null
  /** Signs what our SV2 side proves itself with; needed where `stratumV2` or `stratumWs` listens. */
  readonly authority?: AuthorityKeyPair | null
  /** With it rigs may use TLS, on the same ports. PEM. */
  readonly tls?: { readonly certificatePem: string; readonly privateKeyPem: string } | null
  /** Ranges beside the private ones from which rigs may connect, CIDR. */
  readonly allowedRanges?: readonly string[]
  readonly maxConnections?: number
}

export interface ListenersParts extends ListenersOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly loop: NetLoop
  readonly host: DownstreamHost
  newRig(remoteAddress: string): Rig
  /** A rig is connected; it may not be ready yet. */
  onSession(session: Downstream): void
}

const GOODBYE = 'Headframe is stopping'

export class RigListeners {
  readonly #parts: ListenersParts
  readonly #sv2Rigs: Sv2RigDoor | null
  readonly #disposal = new DisposalStack()
  #stratum: Listener | null = null
  #stratumV2: Listener | null = null
  #stratumWs: Listener | null = null

  constructor(parts: ListenersParts) {
    this.#parts = parts
    const { authority, host, clock, entropy, newRig, onSession } = parts
    this.#sv2Rigs = authority
      ? new Sv2RigDoor({ host, clock, entropy, authority, newRig, onChannel: onSession })
      : null
  }

  /** Where SV1 rigs connect; null if nowhere. */
  get stratumAddress(): HostPort | null {
    return this.#stratum?.address ?? null
  }

  /** Where SV2 rigs connect; null if nowhere. */
  get stratumV2Address(): HostPort | null {
    return this.#stratumV2?.address ?? null
  }

  /** Where rigs connect over WebSocket; null if nowhere. */
  get stratumWsAddress(): HostPort | null {
    return this.#stratumWs?.address ?? null
  }

  /** What SV2 rigs know us by, as text; null without it. */
  get authorityKeyText(): string | null {
    const { authority } = this.#parts
    return authority ? formatAuthorityKey(authority.publicKey) : null
  }

  /** Connections of SV2 rigs that ended by a fault of the peer, by what it was, since the start. */
  get stratumV2Faults(): Reasons {
    return this.#sv2Rigs?.faults ?? {}
  }

  /** @throws HeadframeError `listen/…`; those that listen already are to be stopped */
  async start(): Promise<void> {
    const { stratum, stratumV2, stratumWs, tls = null } = this.#parts
    if (this.#sv2Rigs && (stratumV2 || stratumWs)) this.#disposal.add('SV2 timer', this.#sv2Rigs.start())
    if (stratum) {
      this.#stratum = this.#own(
        await listen({ ...this.#options(stratum, '--stratum'), tls }, (connection) =>
          this.#acceptSv1(connection),
        ),
      )
    }
    if (stratumV2) {
      const rigs = this.#requireSv2('--stratum-v2')
      this.#stratumV2 = this.#own(
        await listen(this.#options(stratumV2, '--stratum-v2'), (connection) => void rigs.accept(connection)),
      )
    }
    if (stratumWs) {
      const rigs = this.#requireSv2('--stratum-ws')
      this.#stratumWs = this.#own(
        await listenWebSocket(
          { ...this.#options(stratumWs, '--stratum-ws'), tls },
          (connection, subprotocol) => {
            if (subprotocol === 'sv2-noise.v1') rigs.accept(connection)
            else this.#acceptSv1(connection)
          },
        ),
      )
    }
  }

  /** Says goodbye to every rig, and listens no more. */
  async stop(): Promise<void> {
    for (const { error } of await this.#disposal.dispose()) throw error
  }

  #acceptSv1(connection: Connection): void {
    const { newRig, host, onSession } = this.#parts
    onSession(new Sv1Session(connection, newRig(connection.remoteAddress), host))
  }

  #own(listener: Listener): Listener {
    this.#disposal.add('listener', () => listener.stop(GOODBYE))
    return listener
  }

  #requireSv2(optionName: string): Sv2RigDoor {
    if (this.#sv2Rigs) return this.#sv2Rigs
    throw new HeadframeError(
      'listen/no-authority',
      `SV2 rigs cannot be served without an authority key: let Headframe make one, or switch ${optionName} off.`,
    )
  }

  #options(place: HostPort, optionName: string): ListenOptions {
    const { maxConnections, allowedRanges = [], loop } = this.#parts
    return {
      ...place,
      loop,
      optionName,
      extraRanges: allowedRanges,
      ...(maxConnections === undefined ? {} : { maxConnections, maxConnectionsPerAddress: maxConnections }),
    }
  }
}
