/** Jobs as the proxy would hand them to a device, and its side of the exchange with every share kept. */
import {
  sha256d,
  targetOfDifficulty,
  asBlockHash,
  asTarget,
  type DeviceJob,
  type DeviceShare,
  type DeviceShareCounts,
  type DeviceWork,
} from '../../../src-main/mining/index.ts'

let number = 0

/** A job of which everything but the given is fixed. Its merkle root is a hash of the extranonce. */
export function deviceJob(fields: Partial<DeviceJob> = {}): DeviceJob {
  return {
    number: ++number,
    version: 0x20000000,
    versionRollingMask: 0x1fffe000,
    prevHash: asBlockHash(new Uint8Array(32).fill(7)),
    nBits: 0x207fffff,
    ntime: 1_700_000_000,
    extranonce2Size: 4,
    target: targetOfDifficulty(1),
    difficulty: 1,
    cleanJobs: false,
    merkleRoot: (extranonce2) => sha256d(Uint8Array.from([0x6d, ...extranonce2])),
    ...fields,
  }
}

/** The target that exactly the hashes with so many zero bits meet. */
export function targetOfZeroBits(zeroBits: number): DeviceJob['target'] {
  const bytes = new Uint8Array(32).fill(0xff)
  for (let bit = 0; bit < zeroBits; bit++) bytes[31 - (bit >> 3)]! &= ~(0x80 >> (bit & 7))
  return asTarget(bytes)
}

export class KeptWork implements DeviceWork {
  readonly rigKey = 'practice'
  readonly problem: string | null = null
  readonly counts: DeviceShareCounts = { accepted: 0, refused: 0, reasons: {} }
  readonly shares: DeviceShare[] = []
  readonly nominalHs: number[] = []
  readonly leastDifficulties: number[] = []
  leftBecause: string | null = null
  job: DeviceJob | null = null
  readonly #listeners = new Set<(job: DeviceJob) => void>()

  constructor(job: DeviceJob | null = null) {
    this.job = job
  }

  give(job: DeviceJob): void {
    this.job = job
    for (const listener of [...this.#listeners]) listener(job)
  }

  onJob(listener: (job: DeviceJob) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  submit(share: DeviceShare): void {
    this.shares.push(share)
  }

  setNominalHashrate(nominalHashrateHs: number): void {
    this.nominalHs.push(nominalHashrateHs)
  }

  setLeastDifficulty(difficulty: number): void {
    this.leastDifficulties.push(difficulty)
  }

  leave(reason: string): void {
    this.leftBecause ??= reason
    this.job = null
  }
}
