/**
 * Version rolling: which header version bits a rig may change, and how its bits join the job's version.
 * Masks and versions are unsigned 32-bit numbers. SV2 has no message for the mask; SV1 negotiates it with
 * `mining.configure` (BIP310). Governed by BIP320, the draft BIP323 and reference 4.8 and 7.4.
 */

/** Bits 13 to 28 (BIP320): what firmware and most pools know, hence what rigs are offered unless told otherwise. */
export const BIP320_MASK = 0x1fffe000

/** Bits 5 to 28 (BIP323, draft): allowed by the SV2 specification since 2026; a choice per pool. */
export const BIP323_MASK = 0x1fffffe0

/** The mask both sides can live with; 0 means no rolling. */
export function negotiateMask(requested: number, offered: number): number {
  return (requested & offered) >>> 0
}

/** The whole version of a share: the job's bits outside the mask, the rig's inside (BIP320). */
export function combineVersion(jobVersion: number, mask: number, versionBits: number): number {
  return ((jobVersion & ~mask) | (versionBits & mask)) >>> 0
}

/** The bits of `versionBits` that the mask does not allow; 0 when all is well. */
export function bitsOutsideMask(versionBits: number, mask: number): number {
  return (versionBits & ~mask) >>> 0
}

/** The bits in which a share's version differs from its job's although the mask forbids it; 0 when all is well. */
export function forbiddenVersionChange(jobVersion: number, version: number, mask: number): number {
  return ((jobVersion ^ version) & ~mask) >>> 0
}

/**
 * A job version with every rollable bit 0. Handed to SV1 rigs because some firmware submits rolled XOR job
 * version instead of rolled bits, and the two agree only then.
 */
export function clearRollableBits(jobVersion: number, mask: number): number {
  return (jobVersion & ~mask) >>> 0
}
