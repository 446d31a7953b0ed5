/** A device that hashes whole headers with the plain SHA256d of `mining`, as a driver would through its chips. */
import {
  type BlockHash,
  type DeviceJob,
  type DeviceShare,
  type DeviceWork,
  difficultyOfHash,
  encodeHeader,
  hashHeader,
  meetsTarget,
  type Target,
} from '../../../src-main/mining/index.ts'

const TRIES = 200_000
/** A little better than asked for: difficulties are told rounded down, and each share shall be one for the pool too. */
const BETTER_RATIO = 1.05

export class PretendDevice {
  readonly work: DeviceWork
  /** Every job it was told of, oldest first. */
  readonly jobs: DeviceJob[] = []
  #extranonce2 = 0

  constructor(work: DeviceWork) {
    this.work = work
    if (work.job) this.jobs.push(work.job)
    work.onJob((job) => void this.jobs.push(job))
  }

  get lastJob(): DeviceJob {
    const job = this.jobs.at(-1)
    if (!job) throw new Error('the device has no job')
    return job
  }

  /** Finds a share and does not offer it yet. */
  find(
    job: DeviceJob = this.lastJob,
    isWanted = (hash: BlockHash): boolean => difficultyOfHash(hash) > BETTER_RATIO * job.difficulty,
  ): DeviceShare {
    const extranonce2 = this.#nextExtranonce2(job.extranonce2Size)
    const merkleRoot = job.merkleRoot(extranonce2)
    for (let nonce = 0; nonce < TRIES; nonce++) {
      const share: DeviceShare = {
        jobNumber: job.number,
        extranonce2,
        ntime: job.ntime,
        nonce,
        // One bit rolled, where the pool allows any.
        version: (job.version ^ (job.versionRollingMask & 0x2000)) >>> 0,
      }
      const { version, ntime } = share
      const header = encodeHeader({
        version,
        prevHash: job.prevHash,
        merkleRoot,
        ntime,
        nBits: job.nBits,
        nonce,
      })
      if (isWanted(hashHeader(header))) return share
    }
    throw new Error(`no share in ${TRIES} tries`)
  }

  /** Finds so many shares and offers them. */
  mine(count: number, job: DeviceJob = this.lastJob): void {
    for (let n = 0; n < count; n++) this.work.submit(this.find(job))
  }

  /** Tries so many hashes of the job it has, and offers what it finds: a device of a certain rate. */
  hash(count: number): void {
    const job = this.lastJob
    const extranonce2 = this.#nextExtranonce2(job.extranonce2Size)
    const { version, prevHash, nBits, ntime } = job
    const merkleRoot = job.merkleRoot(extranonce2)
    for (let nonce = 0; nonce < count; nonce++) {
      const hash = hashHeader(encodeHeader({ version, prevHash, merkleRoot, ntime, nBits, nonce }))
      if (!meetsTarget(hash, job.target)) continue
      this.work.submit({ jobNumber: job.number, extranonce2, ntime, nonce, version })
    }
  }

  /** One whose hash is worse than a target. */
  findWorse(target: Target, job: DeviceJob = this.lastJob): DeviceShare {
    return this.find(job, (hash) => !meetsTarget(hash, target))
  }

  #nextExtranonce2(size: number): Uint8Array {
    const bytes = new Uint8Array(size)
    let rest = this.#extranonce2++
    for (let i = size - 1; i >= 0 && rest > 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest & 0xff
    return bytes
  }
}
