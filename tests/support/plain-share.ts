/** A share's header and hash, put together step by step with the plain SHA256d. */
import { concatBytes } from '../../src-main/base/index.ts'
import { type Job, type Share } from '../../src-main/mining/index.ts'
import { plainSha256d } from './plain-sha256d.ts'

type Sha256d = (bytes: Uint8Array) => Uint8Array

/** The 80-byte header of a share. */
export function plainHeader(
  job: Job,
  share: Omit<Share, 'jobId'>,
  sha256d: Sha256d = plainSha256d,
): Uint8Array {
  const coinbase = concatBytes(job.coinbasePrefix, job.extranonce.prefix, share.rollable, job.coinbaseSuffix)
  const root = job.merklePath.reduce((hash, node) => sha256d(concatBytes(hash, node)), sha256d(coinbase))
  const header = new Uint8Array(80)
  const view = new DataView(header.buffer)
  view.setUint32(0, share.version, true)
  header.set(job.tip.prevHash, 4)
  header.set(root, 36)
  view.setUint32(68, share.ntime, true)
  view.setUint32(72, job.tip.nBits, true)
  view.setUint32(76, share.nonce, true)
  return header
}

export function plainShareHash(
  job: Job,
  share: Omit<Share, 'jobId'>,
  sha256d: Sha256d = plainSha256d,
): Uint8Array {
  return sha256d(plainHeader(job, share, sha256d))
}
