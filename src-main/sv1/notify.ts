/**
 * `mining.notify`: the job of Stratum V1, both ways (reference/stratum-v2.md 7.3). Parsing undoes the word
 * swap of the previous hash; `NotifyTemplate` renders one job for many rigs. Not the meaning of a job: that
 * is `mining/`.
 */
import { err, ok, type Result, toHex, tryFromHex } from '../base/index.ts'
import { asciiJson } from './envelope.ts'
import { parseUint32Hex, uint32Hex } from './hex-field.ts'
import { readFlag } from './quirks.ts'

export interface Notify {
  /** The sender's name for the job, opaque. */
  readonly jobId: string
  /** Hash of the block to build on: 32 bytes in header order (the swap of the wire is undone). */
  readonly prevHash: Uint8Array
  /** Coinbase without witness up to extranonce1. */
  readonly coinb1: Uint8Array
  /** Coinbase without witness from the byte after extranonce2. */
  readonly coinb2: Uint8Array
  /** 32 bytes each, no swap. */
  readonly merkleBranches: readonly Uint8Array[]
  readonly version: number
  /** Compact network target. */
  readonly nBits: number
  /** Unix seconds. */
  readonly ntime: number
  readonly cleanJobs: boolean
}

/** What all renderings of one job share. */
export type NotifyFields = Omit<Notify, 'jobId' | 'cleanJobs'>

/** A tree of 2^32 transactions has 32 branches; firmware of the ESP family restarts beyond that. */
const MAX_MERKLE_BRANCHES = 32
const MAX_JOB_ID_CHARS = 256

/** Reverses the bytes of each 4-byte word: from header order to the order of the wire, and back. */
export function swapWords(bytes: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) swapped[i] = bytes[(i & ~3) + (3 - (i & 3))] ?? 0
  return swapped
}

/**
 * Params of a received `mining.notify`. Extra params are ignored, a missing clean flag counts as false.
 * @returns the job, or a sentence that names the param that is wrong
 */
export function parseNotifyParams(params: readonly unknown[]): Result<Notify, string> {
  const [jobId, prevHash, coinb1, coinb2, branches, version, nBits, ntime, cleanJobs] = params
  const jobIdText = typeof jobId === 'number' ? String(jobId) : jobId
  if (typeof jobIdText !== 'string' || jobIdText.length > MAX_JOB_ID_CHARS)
    return err('the job id is not a text')
  const prevHashBytes = hexBytes(prevHash)
  if (prevHashBytes?.length !== 32) return err('the previous hash is not 64 hex digits')
  const coinb1Bytes = hexBytes(coinb1)
  if (coinb1Bytes === undefined) return err('coinb1 is not hex')
  const coinb2Bytes = hexBytes(coinb2)
  if (coinb2Bytes === undefined) return err('coinb2 is not hex')
  if (!Array.isArray(branches)) return err('the merkle branches are not a list')
  if (branches.length > MAX_MERKLE_BRANCHES) {
    return err(
      `there are ${String(branches.length)} merkle branches, more than ${String(MAX_MERKLE_BRANCHES)}`,
    )
  }
  const merkleBranches: Uint8Array[] = []
  for (const branch of branches as readonly unknown[]) {
    const bytes = hexBytes(branch)
    if (bytes?.length !== 32) return err('a merkle branch is not 64 hex digits')
    merkleBranches.push(bytes)
  }
  const versionNumber = parseUint32Hex(version)
  if (versionNumber === undefined) return err('the version is not up to 8 hex digits')
  const nBitsNumber = parseUint32Hex(nBits)
  if (nBitsNumber === undefined) return err('nbits is not up to 8 hex digits')
  const ntimeNumber = parseUint32Hex(ntime)
  if (ntimeNumber === undefined) return err('ntime is not up to 8 hex digits')
  return ok({
    jobId: jobIdText,
    prevHash: swapWords(prevHashBytes),
    coinb1: coinb1Bytes,
    coinb2: coinb2Bytes,
    merkleBranches,
    version: versionNumber,
    nBits: nBitsNumber,
    ntime: ntimeNumber,
    cleanJobs: readFlag(cleanJobs),
  })
}

function hexBytes(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? tryFromHex(value) : undefined
}

/**
 * One job, rendered as far as it is the same for all rigs. `line` inserts the job id, the bytes folded into
 * coinb1 (what belongs to the upstream: its extranonce prefix, padding, routing bytes) and the clean flag.
 */
export class NotifyTemplate {
  readonly #beforeFold: string
  readonly #afterFold: string

  /** @throws RangeError if `prevHash` or a branch is not 32 bytes */
  constructor(fields: NotifyFields) {
    if (fields.prevHash.length !== 32) throw new RangeError('the previous hash needs 32 bytes')
    let branches = ''
    for (const branch of fields.merkleBranches) {
      if (branch.length !== 32) throw new RangeError('a merkle branch needs 32 bytes')
      branches += `${branches === '' ? '' : ','}"${toHex(branch)}"`
    }
    this.#beforeFold = `","${toHex(swapWords(fields.prevHash))}","${toHex(fields.coinb1)}`
    this.#afterFold =
      `","${toHex(fields.coinb2)}",[${branches}],"${uint32Hex(fields.version)}",` +
      `"${uint32Hex(fields.nBits)}","${uint32Hex(fields.ntime)}",`
  }

  /**
   * The whole line with its line end. Rigs with the same arguments can share the bytes.
   * @param jobId made of characters that need no escape in JSON (ours are hex digits)
   * @param foldHex lower-case hex appended to coinb1; empty for nothing
   */
  line(jobId: string, foldHex: string, cleanJobs: boolean): string {
    return (
      '{"id":null,"method":"mining.notify","params":["' +
      jobId +
      this.#beforeFold +
      foldHex +
      this.#afterFold +
      (cleanJobs ? 'true]}\n' : 'false]}\n')
    )
  }
}

/** One `mining.notify` line, for those who need only one. */
export function formatNotify(notify: Notify): string {
  return new NotifyTemplate(notify).line(asciiJson(notify.jobId).slice(1, -1), '', notify.cleanJobs)
}
