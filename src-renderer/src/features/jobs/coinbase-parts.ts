/** The coinbase of a job as stretches of bytes, for drawing it. Pure. */
import type { CurrentJob } from '@contract'

export type CoinbasePartId = 'before' | 'prefix' | 'rollable' | 'after'

export interface CoinbasePart {
  id: CoinbasePartId
  /** First byte, counted from the start of the coinbase without witness. */
  from: number
  size: number
}

/** In order, without empty ones. A size that does not add up gives no negative part. */
export function coinbaseParts(job: Pick<CurrentJob, 'coinbaseBytes' | 'extranonce'>): CoinbasePart[] {
  const { offset, prefixSize, rollableSize } = job.extranonce
  const after = offset + prefixSize + rollableSize
  const parts: CoinbasePart[] = [
    { id: 'before', from: 0, size: offset },
    { id: 'prefix', from: offset, size: prefixSize },
    { id: 'rollable', from: offset + prefixSize, size: rollableSize },
    { id: 'after', from: after, size: Math.max(0, job.coinbaseBytes - after) },
  ]
  return parts.filter(({ size }) => size > 0)
}
