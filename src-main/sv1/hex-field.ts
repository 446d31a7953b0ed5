/** 32-bit numbers of Stratum V1 lines: hex text, most significant digit first. */

/** Eight lower-case hex digits of an unsigned 32-bit number. */
export function uint32Hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}

/**
 * Number of a hex text of 1 to 8 digits in any case (short ones count as padded), with or without `0x`;
 * undefined for anything else, also for non-strings.
 */
export function parseUint32Hex(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^(?:0[xX])?[0-9a-fA-F]{1,8}$/.test(value)) return undefined
  return Number.parseInt(value, 16)
}

/** Job id text of our own jobs: shortest lower-case hex. Short, since some firmware keeps job ids in small buffers. */
export function formatJobNumber(job: number): string {
  return (job >>> 0).toString(16)
}

/** Reverse of `formatJobNumber`; -1 for any text it would not have written. */
export function parseJobNumber(text: string): number {
  return /^(?:0|[1-9a-f][0-9a-f]{0,7})$/.test(text) ? Number.parseInt(text, 16) : -1
}
