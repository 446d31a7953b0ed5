/**
 * Rig names on a shared Stratum V2 channel: extension 0x0002, negotiated right after the set-up, puts the name
 * behind every share (extensions/0x0001, 0x0002). What was agreed on, and the bytes for each rig.
 */
import {
  encodeTlvs,
  ExtensionId,
  type RequestExtensions,
  type RequestExtensionsError,
  type RequestExtensionsSuccess,
  MAX_WORKER_NAME_LENGTH,
  workerNameTlv,
} from '../../sv2/index.ts'
import { type PoolMemory } from './pool-session.ts'
import { type PoolConfig } from './upstream.ts'
import { workerName } from './worker-identity.ts'

/** Rigs whose bytes are kept ready; for others they are made with each share. */
const MAX_KEPT = 1_000
const REQUEST_ID = 1
/** For rigs without a usable name: once agreed on, every share carries one. */
const NAMELESS = 'rig'

export class WorkerNames {
  readonly #memory: PoolMemory
  readonly #wanted: boolean
  readonly #tlvs = new Map<string, Uint8Array>()
  #negotiated = false

  constructor(config: PoolConfig, memory: PoolMemory) {
    this.#memory = memory
    this.#wanted = config.namesRigs && config.lines === 'shared'
  }

  /** What to ask the pool for; null if nothing, or if it has left the question unanswered before. */
  request(): RequestExtensions | null {
    if (!this.#wanted || this.#memory.extensionsIgnored) return null
    return {
      name: 'RequestExtensions',
      requestId: REQUEST_ID,
      requestedExtensions: [ExtensionId.workerHashrate],
    }
  }

  /** Also when it comes late: the pool counts on the names from then on. */
  onReply(reply: RequestExtensionsSuccess | RequestExtensionsError): void {
    this.#negotiated =
      this.#wanted &&
      reply.name === 'RequestExtensions.Success' &&
      reply.supportedExtensions.includes(ExtensionId.workerHashrate)
    this.#memory.extensionsIgnored = false
  }

  onSilence(): void {
    this.#memory.extensionsIgnored = true
  }

  /** Bytes to append to a share; undefined where nothing was agreed on. */
  tlvOf(rigName: string): Uint8Array | undefined {
    if (!this.#negotiated) return undefined
    let tlv = this.#tlvs.get(rigName)
    if (!tlv) {
      const name = workerName(rigName, MAX_WORKER_NAME_LENGTH) || NAMELESS
      tlv = encodeTlvs([workerNameTlv(name)])
      if (this.#tlvs.size < MAX_KEPT) this.#tlvs.set(rigName, tlv)
    }
    return tlv
  }
}
