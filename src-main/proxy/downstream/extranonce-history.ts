/** The places in the extranonce that a session or channel was given, the older ones for shares that are on their way. */
import { type DownstreamHost, type ExtranonceGrant } from './downstream.ts'
import { type Rig } from './rig.ts'

export interface TimedExtranonce extends ExtranonceGrant {
  /** From this issue on. */
  readonly sequence: number
}

const KEPT = 3
/** Made once for each length; never written to. */
const zeros = new Map<number, Uint8Array>()

/** The extranonce2 of a channel that has nothing to roll: as many zeros as its layout leaves room for. */
export function zeroExtranonce2({ layout }: ExtranonceGrant): Uint8Array {
  const size = layout.extranonce2Size
  let bytes = zeros.get(size)
  if (!bytes) zeros.set(size, (bytes = new Uint8Array(size)))
  return bytes
}

export class ExtranonceHistory {
  readonly #rig: Rig
  readonly #host: DownstreamHost
  #grants: TimedExtranonce[] = []

  constructor(rig: Rig, host: DownstreamHost) {
    this.#rig = rig
    this.#host = host
  }

  /** The one in force; undefined before the first. */
  get latest(): TimedExtranonce | undefined {
    return this.#grants.at(-1)
  }

  /** Bytes of extranonce1 and extranonce2 together; 0 before the first. */
  get rigBytes(): number {
    const { latest } = this
    return latest === undefined ? 0 : latest.layout.extranonce1Size + latest.layout.extranonce2Size
  }

  /** Puts a place in force. @param sequence the first issue it is for */
  use(grant: ExtranonceGrant, sequence: number): void {
    this.#grants.push({ ...grant, sequence })
    if (this.#grants.length > KEPT) {
      const [oldest] = this.#grants.splice(0, 1)
      if (oldest) this.#host.releaseExtranonce(oldest)
    }
    this.#rig.extranonce1 = grant.extranonce1
    this.#rig.layout = grant.layout
    this.#rig.changed = true
  }

  /** The one that was in force for an issue. */
  at(sequence: number): TimedExtranonce | undefined {
    for (let n = this.#grants.length - 1; n >= 0; n--) {
      const grant = this.#grants[n]!
      if (grant.sequence <= sequence) return grant
    }
    return undefined
  }

  /** Gives all of them back. Harmless when repeated. */
  release(): void {
    for (const grant of this.#grants) this.#host.releaseExtranonce(grant)
    this.#grants = []
  }
}
