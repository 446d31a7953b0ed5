/**
 * Searches nonces of one header: what practice rigs hash with, in threads of their own. It hashes as fast as
 * it can for as long as it is told; pacing is the rig's affair. Not a share checker.
 */
import { bestKernelKind, type KernelKind, Sha256dKernel } from './kernel.ts'

const NONCE_COUNT = 2 ** 32

export interface NonceScanner {
  /**
   * Tries the nonces from `startNonce` to `startNonce + count - 1`, without a pause: a million takes a few
   * tenths of a second.
   * @returns those whose header hash is at most the target, ascending
   * @throws RangeError if the range is not within 0 to 2^32 - 1
   */
  scan(startNonce: number, count: number): number[]
}

export interface NonceScannerOptions {
  /** Default: the fastest this engine can run. */
  readonly kernel?: KernelKind
}

/** Scanners do not interleave within a call and load everything they need: one kernel serves a thread. */
const kernels = new Map<KernelKind, Sha256dKernel>()

function kernelOf(kind: KernelKind): Sha256dKernel {
  let kernel = kernels.get(kind)
  if (!kernel) {
    kernel = new Sha256dKernel(kind)
    kernels.set(kind, kernel)
  }
  return kernel
}

/**
 * A scanner for one header and target; cheap to make, one per job and extranonce. Both are copied.
 * @param header76 the header without its nonce
 * @param target 32 bytes in the header's order (least significant first)
 * @throws RangeError on other lengths
 */
export function createNonceScanner(
  header76: Uint8Array,
  target: Uint8Array,
  options: NonceScannerOptions = {},
): NonceScanner {
  if (header76.length !== 76) throw new RangeError(`header of ${header76.length} bytes given, 76 wanted`)
  if (target.length !== 32) throw new RangeError(`target of ${target.length} bytes given, 32 wanted`)
  const header = header76.slice()
  const bound = target.slice()
  const kernel = kernelOf(options.kernel ?? bestKernelKind())
  return {
    scan(startNonce, count) {
      requireRange(startNonce, count)
      const found: number[] = []
      kernel.loadHeader(header, bound)
      kernel.scan(startNonce, count, found)
      return found
    },
  }
}

/** What chips are given that never see a whole header: its first block hashed already, and the rest. */
export interface HeaderTail {
  /** SHA-256 state after the first 64 bytes of the header, 8 words. */
  readonly midstate: Uint32Array
  /** The 12 bytes after these, up to the nonce. */
  readonly tail: Uint8Array
}

/** Tries the nonces of one header after another, each given with every call: what virtual chips hash with. */
export interface TailScanner {
  /**
   * As `NonceScanner.scan`.
   * @param target 32 bytes in the header's order
   * @throws RangeError if the range is not within 0 to 2^32 - 1
   */
  scan(header: HeaderTail, target: Uint8Array, startNonce: number, count: number): number[]
}

export function createTailScanner(options: NonceScannerOptions = {}): TailScanner {
  const kernel = kernelOf(options.kernel ?? bestKernelKind())
  return {
    scan({ midstate, tail }, target, startNonce, count) {
      requireRange(startNonce, count)
      const found: number[] = []
      kernel.loadHeaderTail(midstate, tail, target)
      kernel.scanTail(startNonce, count, found)
      return found
    },
  }
}

function requireRange(startNonce: number, count: number): void {
  const inRange = Number.isInteger(startNonce) && Number.isInteger(count) && startNonce >= 0 && count >= 0
  if (!inRange || startNonce + count > NONCE_COUNT) {
    throw new RangeError(`nonces ${startNonce} and ${count} on are not within 0 to 2^32 - 1`)
  }
}
