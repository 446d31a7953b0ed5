/**
 * How a rig's extranonce fits into whatever space an upstream grants. Pure layout; no protocol.
 *
 * A rig learns extranonce1 and the size of extranonce2 when it subscribes, and both stay for the life of its
 * socket. Everything that belongs to the upstream (its prefix, zero padding) is folded into the coinb1 of
 * each job, so a switch to a pool with another prefix or size is an ordinary job to the rig:
 *
 *   job:  coinbasePrefix | prefix |          rollable           | coinbaseSuffix
 *   rig:  ------------ coinb1 ------------ | e1 | e2 | ------ coinb2 -------
 *                                 padding
 */
import { concatBytes } from '../base/index.ts'
import { type ExtranonceSpace, type Job } from './job.ts'

/** A rig's share of the rollable bytes, fixed at subscribe. Sizes in bytes. */
export interface ExtranonceLayout {
  readonly extranonce1Size: number
  readonly extranonce2Size: number
}

/**
 * The layout for a rig that subscribes now.
 *
 * 2 bytes of extranonce2 are enough for any rig that rolls versions, and for one that does not as long as
 * it advances ntime: 2^16 x 2^32 hashes a second of ntime last a rig of 281 TH/s. With one byte a rig
 * that cannot roll versions would run dry at 1 TH/s, so it is refused one. Odd sizes are for pools that
 * leave no choice: some firmware fails on them.
 *
 * @returns undefined where no extranonce1 can be spared for this rig: it needs an upstream channel or
 * connection of its own, whose whole rollable space is its extranonce2
 */
export function chooseLayout(options: {
  /** The least rollable size among the pools that are enabled, bytes. */
  readonly smallestRollableSize: number
  readonly rigRollsVersions: boolean
  /** Bytes the rig insists on rolling itself; 0 if it does not. */
  readonly minimumRollableSize?: number
}): ExtranonceLayout | undefined {
  const { minimumRollableSize = 0, smallestRollableSize } = options
  const usual = usualLayout(smallestRollableSize, options.rigRollsVersions)
  if (minimumRollableSize <= (usual?.extranonce2Size ?? 0)) return usual
  // A farm behind one connection: 2 bytes tell 65,536 of them apart.
  const left = Math.min(MAX_EXTRANONCE1_SIZE, smallestRollableSize - minimumRollableSize)
  if (left < 1) return undefined
  return { extranonce1Size: left, extranonce2Size: minimumRollableSize }
}

const MAX_EXTRANONCE1_SIZE = 4

function usualLayout(size: number, rigRollsVersions: boolean): ExtranonceLayout | undefined {
  if (size >= 8) return { extranonce1Size: 4, extranonce2Size: 4 }
  if (size >= 6) return { extranonce1Size: 2, extranonce2Size: 4 }
  if (size >= 4) return { extranonce1Size: 2, extranonce2Size: 2 }
  if (!rigRollsVersions) return undefined
  if (size === 3) return { extranonce1Size: 1, extranonce2Size: 2 }
  if (size === 2) return { extranonce1Size: 1, extranonce2Size: 1 }
  return undefined
}

/** Whether a rig with this layout can work in this space without learning a new extranonce. */
export function fits(layout: ExtranonceLayout, space: ExtranonceSpace): boolean {
  return paddingSize(layout, space) >= 0
}

/** Zero bytes between the upstream's prefix and the rig's extranonce1; negative if the layout does not fit. */
export function paddingSize(layout: ExtranonceLayout, space: ExtranonceSpace): number {
  return space.rollableSize - layout.extranonce1Size - layout.extranonce2Size
}

/**
 * What rigs of this layout are sent as coinb1: coinbase prefix, upstream's extranonce prefix, padding. The
 * same for all of them, so compute it once a job and layout.
 * @throws RangeError if the layout does not fit the job; ask `fits` first.
 */
export function foldedCoinb1(job: Job, layout: ExtranonceLayout): Uint8Array {
  const padding = requirePadding(job.extranonce, layout.extranonce1Size + layout.extranonce2Size)
  return concatBytes(job.coinbasePrefix, job.extranonce.prefix, new Uint8Array(padding))
}

/**
 * The rollable extranonce of a share: padding, extranonce1, extranonce2, exactly `rollableSize` bytes.
 * @throws RangeError if they are more; the size of extranonce2 must have been checked.
 */
export function rollableOf(job: Job, extranonce1: Uint8Array, extranonce2: Uint8Array): Uint8Array {
  const padding = requirePadding(job.extranonce, extranonce1.length + extranonce2.length)
  const rollable = new Uint8Array(job.extranonce.rollableSize)
  // Byte by byte: of so few, each call of `set` costs more than all of them.
  let at = padding
  for (let i = 0; i < extranonce1.length; i++) rollable[at++] = extranonce1[i]!
  for (let i = 0; i < extranonce2.length; i++) rollable[at++] = extranonce2[i]!
  return rollable
}

function requirePadding(space: ExtranonceSpace, rigSize: number): number {
  const padding = space.rollableSize - rigSize
  if (padding < 0) {
    throw new RangeError(`${rigSize} bytes of extranonce do not fit ${space.rollableSize} rollable ones`)
  }
  return padding
}
