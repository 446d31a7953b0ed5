/**
 * A mining channel as the pool's side sees it, and its jobs as messages (Mining Protocol 5.1, 5.3). A standard
 * channel is hashed with a fixed merkle root; an extended one gets the pieces to make roots of its own.
 */
import { coinbaseTxid, foldMerklePath } from '../mining/index.ts'
import {
  AcknowledgementBatch,
  type MiningConnectionMessage,
  type NewExtendedMiningJob,
  type NewMiningJob,
  type SetNewPrevHash,
} from '../sv2/index.ts'
import { type PoolAccount, type PoolJob } from './pool-account.ts'

export type ChannelKind = 'standard' | 'extended'

export class Sv2Channel {
  readonly id: number
  readonly kind: ChannelKind
  readonly account: PoolAccount
  readonly acknowledgements: AcknowledgementBatch
  /** What the allocator lent: the part of the extranonce that is this channel's alone. */
  readonly ownPrefix: Uint8Array

  constructor(id: number, kind: ChannelKind, account: PoolAccount, ownPrefix: Uint8Array) {
    this.id = id
    this.kind = kind
    this.account = account
    this.ownPrefix = ownPrefix
    this.acknowledgements = new AcknowledgementBatch(id)
  }

  /**
   * The messages that hand a job over. The first job of a channel or tip comes as a future job that
   * SetNewPrevHash makes active; others are active at once.
   * @param newTip whether to do the former
   */
  jobMessages(issued: PoolJob, newTip: boolean): MiningConnectionMessage[] {
    const minNtime = newTip ? null : issued.job.ntime
    const job =
      this.kind === 'standard' ? this.#standardJob(issued, minNtime) : this.#extendedJob(issued, minNtime)
    return newTip ? [job, this.#newPrevHash(issued)] : [job]
  }

  #standardJob({ number, job }: PoolJob, minNtime: number | null): NewMiningJob {
    const txid = coinbaseTxid(job.coinbasePrefix, job.extranonce.prefix, job.coinbaseSuffix)
    return {
      name: 'NewMiningJob',
      channelId: this.id,
      jobId: number,
      minNtime,
      version: job.version,
      merkleRoot: foldMerklePath(txid, job.merklePath),
    }
  }

  #extendedJob({ number, job }: PoolJob, minNtime: number | null): NewExtendedMiningJob {
    return {
      name: 'NewExtendedMiningJob',
      channelId: this.id,
      jobId: number,
      minNtime,
      version: job.version,
      versionRollingAllowed: job.versionRollingMask !== 0,
      merklePath: job.merklePath,
      coinbaseTxPrefix: job.coinbasePrefix,
      coinbaseTxSuffix: job.coinbaseSuffix,
    }
  }

  #newPrevHash({ number, job }: PoolJob): SetNewPrevHash {
    return {
      name: 'SetNewPrevHash',
      channelId: this.id,
      jobId: number,
      prevHash: job.tip.prevHash,
      minNtime: job.ntime,
      nbits: job.tip.nBits,
    }
  }
}
