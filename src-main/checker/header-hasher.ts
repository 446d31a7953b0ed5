/**
 * Hashes whole headers one by one: how every nonce that a chip reports is looked at, before it is anything. Not the
 * share checker, which rebuilds headers from jobs and finds duplicates. Governed by `HashHeader` of `mining/`.
 */
import { type BlockHash, HEADER_SIZE, type HashHeader } from '../mining/index.ts'
import { type KernelKind, Sha256dKernel } from './kernel.ts'

export interface HeaderHasherOptions {
  /** Default: the fastest this engine can run. */
  readonly kernel?: KernelKind
}

/**
 * With a kernel of its own, so make one for a thread and keep it: half a megabyte. Nothing is allocated for a hash.
 * @returns a function that throws RangeError for anything but 80 bytes; what it returns is written over by the next call
 */
export function createHeaderHasher(options: HeaderHasherOptions = {}): HashHeader {
  const kernel = new Sha256dKernel(options.kernel)
  return (header) => {
    if (header.length !== HEADER_SIZE) {
      throw new RangeError(`header of ${header.length} bytes given, ${HEADER_SIZE} wanted`)
    }
    return kernel.hashHeader(header) as BlockHash
  }
}
