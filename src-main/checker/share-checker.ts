/**
 * Checks shares inline, four of one job at a time: rebuilds the header, hashes it, finds duplicates. Not the
 * judge: whether a hash is good enough is `mining`'s to say. Governed by the interface in
 * `mining/share-checker.ts`.
 *
 * Nothing is allocated for a share: each job owns room for the four that wait, and verdicts are handed out
 * in arrays that are used again.
 */
import { type Entropy, systemEntropy } from '../base/index.ts'
import { type BlockHash, type Job, type JobId, type OnHash, type ShareChecker } from '../mining/index.ts'
import { bestKernelKind, type KernelKind, LANES, Sha256dKernel } from './kernel.ts'
import { JobPreparer, type PreparedJob } from './prepared-job.ts'
import { SeenHeaders } from './seen-headers.ts'

export interface ShareCheckerOptions {
  /** Default: the fastest this engine can run. */
  readonly kernel?: KernelKind
  /** Seeds the duplicate tables. Default: the system's. */
  readonly entropy?: Entropy
}

/** Shares of one job that wait for their group to fill. */
class WaitingGroup {
  readonly job: PreparedJob
  readonly seen: SeenHeaders
  readonly rollables: Uint8Array
  readonly ntimes = new Uint32Array(LANES)
  readonly nonces = new Uint32Array(LANES)
  readonly versions = new Uint32Array(LANES)
  readonly tokens = new Float64Array(LANES)
  count = 0
  /** Whether the group is in the checker's list of those to flush. */
  listed = false

  constructor(job: PreparedJob, seen: SeenHeaders) {
    this.job = job
    this.seen = seen
    this.rollables = new Uint8Array(LANES * job.rollableSize)
  }
}

/** Results of one group, outside the kernel's memory, so that a callback may offer shares and add jobs. */
class VerdictSheet {
  readonly bytes = new Uint8Array(32 * LANES)
  readonly words = new Int32Array(this.bytes.buffer)
  readonly hashes = Array.from(
    { length: LANES },
    (_, lane) => this.bytes.subarray(32 * lane, 32 * lane + 32) as BlockHash,
  )
  readonly tokens = new Float64Array(LANES)
}

class GroupedShareChecker implements ShareChecker {
  readonly #kernel: Sha256dKernel
  readonly #preparer: JobPreparer
  readonly #seeds: DataView
  readonly #onHash: OnHash
  readonly #groups = new Map<JobId, WaitingGroup>()
  readonly #listed: WaitingGroup[] = []
  /** One per level of `onHash` that offers shares from within; nearly always the first alone. */
  readonly #sheets: VerdictSheet[] = [new VerdictSheet()]
  #level = 0
  #loaded: PreparedJob | null = null

  constructor(onHash: OnHash, options: ShareCheckerOptions) {
    this.#onHash = onHash
    this.#kernel = new Sha256dKernel(options.kernel)
    this.#preparer = new JobPreparer(this.#kernel)
    this.#seeds = new DataView(Uint8Array.from((options.entropy ?? systemEntropy)(8)).buffer)
  }

  /**
   * @throws HeadframeError `checker/bad-job`, `checker/coinbase-too-long` or `checker/merkle-path-too-long` if
   *   no block could be made of the job
   */
  addJob(job: Job): void {
    if (this.#groups.has(job.id)) return
    // Preparing overwrites what was loaded, even if it fails; loading here makes an impossible job fail here.
    this.#loaded = null
    const prepared = this.#preparer.prepare(job)
    this.#kernel.loadJob(prepared.words)
    this.#loaded = prepared
    const seen = new SeenHeaders(this.#seeds.getUint32(0), this.#seeds.getUint32(4))
    this.#groups.set(job.id, new WaitingGroup(prepared, seen))
  }

  removeJob(jobId: JobId): void {
    const group = this.#groups.get(jobId)
    if (!group) return
    this.#run(group)
    this.#groups.delete(jobId)
  }

  /** @throws RangeError if `rollable` has not the length that the job says */
  offer(
    jobId: JobId,
    rollable: Uint8Array,
    ntime: number,
    nonce: number,
    version: number,
    token: number,
  ): boolean {
    const group = this.#groups.get(jobId)
    if (!group) return false
    const { rollableSize } = group.job
    if (rollable.length !== rollableSize) {
      throw new RangeError(
        `rollable extranonce of ${rollable.length} bytes offered, the job has ${rollableSize}`,
      )
    }
    const lane = group.count++
    const rollables = group.rollables
    for (let i = 0, at = lane * rollableSize; i < rollableSize; i++, at++) rollables[at] = rollable[i]!
    group.ntimes[lane] = ntime
    group.nonces[lane] = nonce
    group.versions[lane] = version
    group.tokens[lane] = token
    if (group.count === LANES) this.#run(group)
    else if (!group.listed) {
      group.listed = true
      this.#listed.push(group)
    }
    return true
  }

  flush(): void {
    for (let group = this.#listed.shift(); group; group = this.#listed.shift()) {
      group.listed = false
      this.#run(group)
    }
  }

  #run(group: WaitingGroup): void {
    const { count, job } = group
    if (count === 0) return
    const kernel = this.#kernel
    if (this.#loaded !== job) {
      kernel.loadJob(job.words)
      this.#loaded = job
    }
    const { rollableSize, rollableOffset } = job
    for (let lane = 0; lane < count; lane++) {
      kernel.loadShare(
        lane,
        group.rollables,
        lane * rollableSize,
        rollableSize,
        rollableOffset,
        group.ntimes[lane]!,
        group.nonces[lane]!,
        group.versions[lane]!,
      )
    }
    kernel.check(count)
    const sheet = (this.#sheets[this.#level] ??= new VerdictSheet())
    kernel.copyHashes(sheet.words, count)
    for (let lane = 0; lane < count; lane++) sheet.tokens[lane] = group.tokens[lane]!
    group.count = 0
    this.#level++
    try {
      for (let lane = 0; lane < count; lane++) {
        const isNew = group.seen.add(sheet.words, lane * 8)
        this.#onHash(sheet.tokens[lane]!, sheet.hashes[lane]!, !isNew)
      }
    } finally {
      this.#level--
    }
  }
}

/** Shares that make the engine translate the kernel and this module to their final, fast form. */
const WARM_UP_SHARES = 1_000
const warmedUp = new Set<KernelKind>()

/**
 * Checks about a thousand made-up shares, once per thread and kind, so that the first real ones do not pay
 * for the engine's warm-up. Takes some 20 ms. `createShareChecker` does it; a thread that wants the moment
 * to be its own calls it earlier.
 */
export function warmUp(kind: KernelKind = bestKernelKind()): void {
  if (warmedUp.has(kind)) return
  warmedUp.add(kind)
  const checker = new GroupedShareChecker(() => {}, { kernel: kind })
  const job = madeUpJob()
  checker.addJob(job)
  const rollable = new Uint8Array(job.extranonce.rollableSize)
  for (let nonce = 0; nonce < WARM_UP_SHARES; nonce++) {
    checker.offer(job.id, rollable, job.ntime, nonce, job.version, nonce)
    // Now and then a group that is not full, as at the end of a turn of the loop.
    if (nonce % 50 === 0) checker.flush()
  }
  checker.flush()
}

/** Shaped like an ordinary mainnet job: 250 bytes of coinbase, 12 merkle nodes. */
function madeUpJob(): Job {
  return {
    id: 0 as JobId,
    upstreamJobId: 'warm-up',
    tip: { prevHash: new Uint8Array(32) as BlockHash, nBits: 0x207fffff, minNtime: 0 },
    version: 0x20000000,
    versionRollingMask: 0,
    ntime: 0,
    coinbasePrefix: new Uint8Array(60),
    coinbaseSuffix: new Uint8Array(174),
    merklePath: Array.from({ length: 12 }, () => new Uint8Array(32)),
    extranonce: { prefix: new Uint8Array(8), rollableSize: 8 },
    target: new Uint8Array(32) as Job['target'],
    cleanJobs: true,
    receivedAtMs: 0,
  }
}

/**
 * A share checker with a kernel of its own. Warms up first (see `warmUp`). `onHash` may call back into the
 * checker; it must not throw.
 */
export function createShareChecker(onHash: OnHash, options: ShareCheckerOptions = {}): ShareChecker {
  warmUp(options.kernel)
  return new GroupedShareChecker(onHash, options)
}
