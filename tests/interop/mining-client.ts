/**
 * A miner on one extended channel, made of the project's Stratum V2 client code (handshake, messages, job life
 * cycle, share ledger) and its domain (coinbase, merkle root, header, target), without the proxy around them.
 */
import {
  asBlockHash,
  asTarget,
  coinbaseTxid,
  foldMerklePath,
  meetsTarget,
} from '../../src-main/mining/index.ts'
import {
  type ActiveJob,
  applyChannelMessage,
  type ChannelJobs,
  MiningSetupFlags,
  miningConnection,
  type MiningConnectionMessage,
  openChannelJobs,
  PROTOCOL_VERSION,
  Protocol,
  ShareLedger,
  type ShareLedgerCounts,
  type UnknownMessage,
} from '../../src-main/sv2/index.ts'
import { searchHeader } from './header-search.ts'
import { waitUntil } from './peer-process.ts'
import { dial, type Sv2Session } from './sv2-session.ts'

/** Headers tried before a search is given up; targets of these tests need some thousands. */
const MAX_ATTEMPTS = 1 << 22

/** A solved header and everything that went into it. */
export interface FoundShare {
  readonly job: ActiveJob
  readonly extranonce: Uint8Array
  readonly nonce: number
  readonly ntime: number
  readonly version: number
  /** 80 bytes. */
  readonly header: Uint8Array
}

export class MiningClient {
  readonly session: Sv2Session<MiningConnectionMessage>
  /** Ids the pool made worthless, oldest first. */
  readonly dropped: number[] = []
  readonly #ledger = new ShareLedger<FoundShare>()
  #channel: ChannelJobs
  #extranonceCounter = 0

  private constructor(session: Sv2Session<MiningConnectionMessage>, channel: ChannelJobs) {
    this.session = session
    this.#channel = channel
  }

  /** Connects to a pool on 127.0.0.1 and opens an extended channel. */
  static async open(options: {
    readonly port: number
    readonly authorityKey: Uint8Array
    readonly userIdentity: string
    readonly nominalHashrateHs: number
  }): Promise<MiningClient> {
    const { port, authorityKey, userIdentity, nominalHashrateHs } = options
    const session = dial(port, authorityKey, miningConnection)
    await session.established
    session.send({
      name: 'SetupConnection',
      protocol: Protocol.mining,
      minVersion: PROTOCOL_VERSION,
      maxVersion: PROTOCOL_VERSION,
      flags: MiningSetupFlags.requiresVersionRolling,
      endpointHost: '127.0.0.1',
      endpointPort: port,
      vendor: 'Headframe',
      hardwareVersion: '',
      firmware: '',
      deviceId: '',
    })
    await waitUntil(() => session.received('SetupConnection.Success').length > 0, 'SetupConnection.Success')

    const opened = Promise.withResolvers<MiningClient>()
    let client: MiningClient | undefined
    session.onMessage = (message) => {
      if (message.name === 'OpenExtendedMiningChannel.Success') {
        const channel = openChannelJobs(message)
        if (!channel.ok) return opened.reject(new Error(channel.error.message))
        client = new MiningClient(session, channel.value)
        opened.resolve(client)
      } else if (message.name === 'OpenMiningChannel.Error') {
        opened.reject(new Error(`the pool refused the channel: ${message.errorCode}`))
      } else if (client !== undefined) client.#apply(message)
    }
    void session.ended.then(() => opened.reject(new Error('the pool closed instead of opening the channel')))
    session.send({
      name: 'OpenExtendedMiningChannel',
      requestId: 1,
      userIdentity,
      nominalHashRate: nominalHashrateHs,
      maxTarget: new Uint8Array(32).fill(0xff),
      minExtranonceSize: 4,
    })
    return opened.promise
  }

  get channel(): ChannelJobs {
    return this.#channel
  }

  /** What became of the shares so far. */
  get counts(): ShareLedgerCounts {
    return this.#ledger.counts
  }

  /** error_code of every refused share, oldest first. */
  get rejections(): string[] {
    return this.session.received('SubmitShares.Error').map((message) => message.errorCode)
  }

  /** The job to hash; waits for one that `accept` takes. */
  async waitForJob(what: string, accept: (job: ActiveJob) => boolean = () => true): Promise<ActiveJob> {
    await waitUntil(() => this.#channel.active !== null && accept(this.#channel.active), what)
    return this.#channel.active!
  }

  /** Looks for a header of `job` that meets its target, in an extranonce never used before on this channel. */
  findShare(job: ActiveJob, { versionBits = 0 } = {}): FoundShare {
    const target = asTarget(job.target)
    return search(job, this.#nextExtranonce(job), versionBits, (hash) =>
      meetsTarget(asBlockHash(hash), target),
    )
  }

  /** A header of `job` that is too weak for its target. */
  findWeakShare(job: ActiveJob): FoundShare {
    const target = asTarget(job.target)
    return search(job, this.#nextExtranonce(job), 0, (hash) => !meetsTarget(asBlockHash(hash), target))
  }

  /** Offers a share. @returns its sequence number */
  submit(share: FoundShare): number {
    const { sequenceNumber } = this.#ledger.submit(share)
    this.session.send({
      name: 'SubmitSharesExtended',
      channelId: this.#channel.channelId,
      sequenceNumber,
      jobId: share.job.jobId,
      nonce: share.nonce,
      ntime: share.ntime,
      version: share.version,
      extranonce: share.extranonce,
    })
    return sequenceNumber
  }

  close(): void {
    this.session.close()
  }

  #nextExtranonce(job: ActiveJob): Uint8Array {
    const extranonce = new Uint8Array(job.extranonceSize)
    new DataView(extranonce.buffer).setUint32(0, ++this.#extranonceCounter)
    return extranonce
  }

  #apply(message: MiningConnectionMessage | UnknownMessage): void {
    switch (message.name) {
      case 'NewExtendedMiningJob':
      case 'SetNewPrevHash':
      case 'SetTarget':
      case 'SetExtranoncePrefix':
      case 'SetGroupChannel':
      case 'CloseChannel': {
        const step = applyChannelMessage(this.#channel, message)
        if (step.fault !== null) throw new Error(step.fault.message)
        this.#channel = step.channel
        this.dropped.push(...step.dropped)
        break
      }
      case 'SubmitShares.Success':
        this.#ledger.acknowledge(message)
        break
      case 'SubmitShares.Error':
        this.#ledger.reject(message)
    }
  }
}

function search(
  job: ActiveJob,
  extranonce: Uint8Array,
  versionBits: number,
  accept: (hash: Uint8Array) => boolean,
): FoundShare {
  const version = (job.version | versionBits) >>> 0
  const txid = coinbaseTxid(job.coinbaseTxPrefix, job.extranoncePrefix, extranonce, job.coinbaseTxSuffix)
  const fields = {
    version,
    prevHash: job.prevHash,
    merkleRoot: foldMerklePath(txid, job.merklePath),
    ntime: job.minNtime,
    nBits: job.nbits,
  }
  const solved = searchHeader(fields, 0, MAX_ATTEMPTS, accept)
  if (solved === undefined)
    throw new Error(
      `no header among ${MAX_ATTEMPTS} met the condition: the pool's target is too hard for this test`,
    )
  return { job, extranonce, ntime: job.minNtime, version, ...solved }
}
