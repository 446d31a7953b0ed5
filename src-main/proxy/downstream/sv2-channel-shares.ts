/**
 * Shares of one SV2 channel: checked, offered, and answered (Mining Protocol, 5.3.10 to 5.3.13). Refusals go out at
 * once; what is good is acknowledged in small batches.
 */
import { forbiddenVersionChange, rollableOf } from '../../mining/index.ts'
import {
  AcknowledgementBatch,
  ErrorCodes,
  submitSharesError,
  type SubmitSharesExtended,
  type SubmitSharesStandard,
  submitSharesSuccess,
} from '../../sv2/index.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type ShareOfferer, type ShareReference, type ShareRefusal } from '../shares/share-desk.ts'
import { type Downstream, type DownstreamHost } from './downstream.ts'
import { type ExtranonceHistory, type TimedExtranonce, zeroExtranonce2 } from './extranonce-history.ts'
import { type Rig } from './rig.ts'
import { checkWork, invalid, type RefusedShare, type ShareContext } from './share-check.ts'
import { ChannelWorkers } from './sv2-workers.ts'

export interface ChannelSharesParts {
  readonly channelId: number
  /** The channel as the rest of the proxy knows it. */
  readonly downstream: Downstream
  readonly host: DownstreamHost
  readonly extranonces: ExtranonceHistory
  send(frames: readonly Uint8Array[]): void
  /** There is something to acknowledge, later: ask `acknowledgeIfDue` now and then. */
  awaitAcknowledging(): void
}

/** Where the specification's word is not ours. */
const WIRE_CODES: Readonly<Record<string, string>> = {
  'invalid-ntime': ErrorCodes.submitShares.invalidShare,
}

export class Sv2ChannelShares implements ShareOfferer, ShareContext<TimedExtranonce> {
  readonly rig: Rig
  /** First issue the channel was sent. */
  firstSequence = 0
  readonly #parts: ChannelSharesParts
  readonly #acknowledgements: AcknowledgementBatch
  #workers: ChannelWorkers | null = null
  #closed = false
  /** Pool whose version mask the rig does not keep to; said once. */
  #maskPoolId: string | null = null

  constructor(parts: ChannelSharesParts) {
    this.#parts = parts
    this.rig = parts.downstream.rig
    this.#acknowledgements = new AcknowledgementBatch(parts.channelId)
  }

  /** @param trailing what came behind the last field; empty unless workers are named */
  submitExtended(share: SubmitSharesExtended, trailing: Uint8Array): void {
    this.#submit(share, share.extranonce, trailing.length === 0 ? this : this.#offererOf(trailing))
  }

  submitStandard(share: SubmitSharesStandard): void {
    this.#submit(share, null, this)
  }

  /** A share of the other kind of channel. */
  refuseKind({ sequenceNumber }: { readonly sequenceNumber: number }): void {
    this.#refuse(this, sequenceNumber, invalid(ErrorCodes.submitShares.invalidChannelId))
  }

  answerShare(reference: ShareReference, refusal: ShareRefusal | null, difficulty: number): void {
    if (this.#closed) return
    const { channelId, host, send, awaitAcknowledging } = this.#parts
    const sequenceNumber = Number(reference)
    if (refusal !== null) {
      const errorCode = WIRE_CODES[refusal.reason] ?? refusal.reason
      send([submitSharesError.encode({ channelId, sequenceNumber, errorCode })])
      return
    }
    const nowMs = host.clock.monotonicMs()
    this.#acknowledgements.add(sequenceNumber, difficulty, nowMs)
    if (this.#acknowledgements.isDue(nowMs)) this.acknowledge()
    else awaitAcknowledging()
  }

  /** Acknowledges what has waited long enough. @returns whether nothing waits any more */
  acknowledgeIfDue(nowMs: number): boolean {
    if (this.#closed) return true
    if (!this.#acknowledgements.isDue(nowMs)) return this.#acknowledgements.isEmpty
    this.acknowledge()
    return true
  }

  /** Acknowledges all there is. */
  acknowledge(): void {
    const message = this.#acknowledgements.take()
    if (message !== null) this.#parts.send([submitSharesSuccess.encode(message)])
  }

  /** Nobody is there any more to be answered. */
  close(): void {
    this.#closed = true
  }

  /** For `checkWork`. */
  findIssue(sequence: number): IssuedJob | undefined {
    return this.#parts.host.findIssue(sequence)
  }

  /** For `checkWork`. */
  extranonceAt(sequence: number): TimedExtranonce | undefined {
    return this.#parts.extranonces.at(sequence)
  }

  #offererOf(trailing: Uint8Array): ShareOfferer {
    this.#workers ??= new ChannelWorkers(this)
    return this.#workers.offererOf(trailing)
  }

  /** @param extranonce the rollable one; null on a standard channel, which has none */
  #submit(
    share: SubmitSharesStandard | SubmitSharesExtended,
    extranonce: Uint8Array | null,
    offerer: ShareOfferer,
  ): void {
    const { sequenceNumber, jobId, ntime, nonce, version } = share
    const { host } = this.#parts
    const nowMs = host.clock.nowMs()
    const work = checkWork(jobId, extranonce === null ? null : extranonce.length, ntime, nowMs, this)
    if (!work.ok) return this.#refuse(offerer, sequenceNumber, work)
    const { issued, pinned, grant } = work
    const { job } = issued
    if (forbiddenVersionChange(job.version, version, job.versionRollingMask) !== 0) {
      return this.#refuseVersion(offerer, sequenceNumber, issued)
    }
    host.offerShare({
      offerer,
      reference: sequenceNumber,
      issued,
      pinned,
      rollable: rollableOf(job, grant.extranonce1, extranonce ?? zeroExtranonce2(grant)),
      ntime,
      nonce,
      version,
    })
  }

  /** SV2 has no message for the mask: firmware rolls the bits it was built for. */
  #refuseVersion(offerer: ShareOfferer, sequenceNumber: number, issued: IssuedJob): void {
    const { job, poolId } = issued
    if (this.#maskPoolId !== poolId) {
      this.#maskPoolId = poolId
      const { log } = this.#parts.host
      log.warn('a rig rolls version bits that the pool does not allow; such shares are dropped', {
        rig: this.rig.id,
        name: this.rig.name,
        poolId,
        allowedMask: job.versionRollingMask.toString(16).padStart(8, '0'),
      })
    }
    const { versionRollingNotAllowed, invalidNonRollableVersionBit } = ErrorCodes.submitShares
    const code = job.versionRollingMask === 0 ? versionRollingNotAllowed : invalidNonRollableVersionBit
    this.#refuse(offerer, sequenceNumber, invalid(code, issued))
  }

  #refuse(offerer: ShareOfferer, sequenceNumber: number, { refusal, issued }: RefusedShare): void {
    const { host, downstream } = this.#parts
    const poolId = issued?.poolId ?? host.poolIdForRefusals(downstream)
    host.refuseShare(offerer, sequenceNumber, poolId, refusal)
  }
}
