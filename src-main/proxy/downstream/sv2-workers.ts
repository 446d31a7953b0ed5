/**
 * The workers behind one SV2 channel, as they name themselves with each share (extension 0x0002). A channel with one
 * worker is that worker, and shows its name. Of several, each gets its own credit and its own name at the pool, while
 * difficulty, jobs and hashrate are those of the channel.
 */
import { decodeTlvs, ExtensionId, findWorkerName } from '../../sv2/index.ts'
import { ShareAccount } from '../shares/accounting.ts'
import { type ShareOfferer } from '../shares/share-desk.ts'
import { type Rig } from './rig.ts'

/** Workers told apart on one channel; shares of further ones are the channel's. */
const MAX_WORKERS = 256

/** Extensions that our side for rigs speaks. */
export const RIG_EXTENSIONS: ReadonlySet<number> = new Set([ExtensionId.workerHashrate])

export class ChannelWorkers {
  readonly #channel: ShareOfferer & { readonly rig: Rig }
  /** The name the channel was opened with. */
  readonly #identity: string
  #only: string | null = null
  #several: Map<string, Worker> | null = null

  constructor(channel: ShareOfferer & { readonly rig: Rig }) {
    this.#channel = channel
    this.#identity = channel.rig.name
  }

  /** Who offers a share that came with these bytes behind its last field. */
  offererOf(trailing: Uint8Array): ShareOfferer {
    const tlvs = decodeTlvs(trailing, RIG_EXTENSIONS)
    const name = tlvs.ok ? printable(findWorkerName(tlvs.value) ?? '') : ''
    return name === '' ? this.#channel : this.#worker(name)
  }

  #worker(name: string): ShareOfferer {
    const { rig } = this.#channel
    if (this.#several === null) {
      if (this.#only === null) {
        this.#only = name
        rig.name = name
        rig.changed = true
      }
      if (this.#only === name) return this.#channel
      this.#several = new Map()
      rig.name = this.#identity
      rig.changed = true
    }
    let worker = this.#several.get(name)
    if (!worker) {
      if (this.#several.size >= MAX_WORKERS) return this.#channel
      this.#several.set(name, (worker = new Worker(name, this.#channel)))
    }
    return worker
  }
}

class Worker implements ShareOfferer {
  readonly rig: ShareOfferer['rig']
  readonly #channel: ShareOfferer

  constructor(name: string, channel: ShareOfferer & { readonly rig: Rig }) {
    this.#channel = channel
    this.rig = new CreditedWorker(name, channel.rig)
  }

  answerShare(...answer: Parameters<ShareOfferer['answerShare']>): void {
    this.#channel.answerShare(...answer)
  }
}

/** Credit in a name of its own; the measurements are the channel's. */
class CreditedWorker implements Pick<Rig, 'name' | 'rigKey' | 'accountAt' | 'onShare'> {
  name: string
  rigKey: string
  readonly #rig: Rig
  readonly #accounts: ShareAccount[] = []

  constructor(name: string, rig: Rig) {
    this.name = name
    this.rigKey = `${name}@${rig.address}`
    this.#rig = rig
  }

  accountAt(poolId: string): ShareAccount {
    const ofChannel = this.#rig.accountAt(poolId)
    for (const account of this.#accounts) if (account.poolId === poolId) return account
    const account = new ShareAccount(this.rigKey, poolId, ofChannel.rig, ofChannel.pool)
    this.#accounts.push(account)
    return account
  }

  onShare(difficulty: number, achieved: number, monotonicMs: number): void {
    this.#rig.onShare(difficulty, achieved, monotonicMs)
  }
}

/** A peer chose these characters, and pools, logs and screens show them. */
function printable(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim()
}
