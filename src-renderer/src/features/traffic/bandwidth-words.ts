/** What the bandwidth figures mean: comparisons, when there is too little to compare, and sentences. Pure. */
import type { Bandwidth, BandwidthRow, PoolProtocol } from '@contract'
import { formatBytes, formatCount, formatPlural } from '../../format/number.ts'
import { formatShortDuration, formatWholeDuration } from '../../format/duration.ts'
import { otherProtocol, protocolName } from '../../format/traffic.ts'

/** Fewer jobs and shares than these together, and the set-up of the connection is most of what was sent. */
const LEAST_MESSAGES = 30
/** Less of an hour than this says little about one. */
const LEAST_HOUR_MS = 10 * 60_000

export interface Bytes {
  in: number
  out: number
}
export const sumOf = (bytes: Bytes): number => bytes.in + bytes.out

export interface Cost {
  protocol: PoolProtocol
  tls: boolean
  real: boolean
  bytes: Bytes
}

/** Whether the figures of a row say something about the protocols. */
export function enoughData(row: Pick<BandwidthRow, 'jobs' | 'shares'>): boolean {
  return row.jobs + row.shares >= LEAST_MESSAGES
}

/** What is still missing, a sentence. */
export function tooLittleText(row: Pick<BandwidthRow, 'jobs' | 'shares'>): string {
  return (
    `Too little has gone by to compare: ${formatPlural(row.jobs, 'job', 'jobs')} and ` +
    `${formatPlural(row.shares, 'share', 'shares')}. The comparison appears after ${LEAST_MESSAGES} of them together.`
  )
}

/** What moved, and what the other protocol would have: in the clear, and with TLS where that differs. */
export function costsOf(row: BandwidthRow): Cost[] {
  const other = otherProtocol(row.protocol)
  const costs: Cost[] = [
    {
      protocol: row.protocol,
      // Its lines are what is counted, also where TLS carries them.
      tls: false,
      real: true,
      bytes: { in: row.bytesIn, out: row.bytesOut },
    },
    { protocol: other, tls: false, real: false, bytes: { in: row.otherBytesIn, out: row.otherBytesOut } },
  ]
  if (other === 'stratum-v1')
    costs.push({
      protocol: other,
      tls: true,
      real: false,
      bytes: { in: row.otherTlsBytesIn, out: row.otherTlsBytesOut },
    })
  return costs
}

export function costLabel({ protocol, tls, real }: Cost): string {
  return `${protocolName(protocol)}${tls ? ' with TLS' : ''}${real ? '' : ', computed'}`
}

/** `45 % more`, `34 % less`, `as much`: of `other` beside `real`. */
export function compareBytes(real: number, other: number): string {
  if (real === 0) return 'no comparison'
  const percent = Math.round((other / real - 1) * 100)
  if (percent === 0) return 'as much'
  return percent > 0 ? `${formatCount(percent)} % more` : `${formatCount(-percent)} % less`
}

/** `Your link to North moved 4.2 MB in 6 h.` and what the same work would have moved. */
export function costSentence(subject: string, row: BandwidthRow, coveredMs: number): string {
  const [real, other, tls] = costsOf(row)
  if (real === undefined || other === undefined) return ''
  const moved = `${subject} moved ${formatBytes(sumOf(real.bytes))} in ${formatWholeDuration(coveredMs)}.`
  if (!enoughData(row)) return moved
  const would =
    ` The same work over ${protocolName(other.protocol)} would have moved ${formatBytes(sumOf(other.bytes))}` +
    ` (${compareBytes(sumOf(real.bytes), sumOf(other.bytes))})`
  if (tls === undefined) return `${moved}${would}.`
  return `${moved}${would}, or ${formatBytes(sumOf(tls.bytes))} with TLS (${compareBytes(sumOf(real.bytes), sumOf(tls.bytes))}).`
}

export interface Verdict {
  /** All work of these rows over each protocol; what is real is counted, the rest computed. */
  v1Bytes: number
  v2Bytes: number
  /** Of Stratum V1's bytes; negative when Stratum V2 takes more. */
  savedRatio: number
}

/** What Stratum V2 takes less than Stratum V1 for all work of these rows; null with too little data. */
export function protocolVerdict(rows: readonly BandwidthRow[]): Verdict | null {
  const all = rows.reduce((sum, row) => ({ jobs: sum.jobs + row.jobs, shares: sum.shares + row.shares }), {
    jobs: 0,
    shares: 0,
  })
  if (!enoughData(all)) return null
  let v1Bytes = 0
  let v2Bytes = 0
  for (const row of rows) {
    const real = row.bytesIn + row.bytesOut
    const other = row.otherBytesIn + row.otherBytesOut
    v1Bytes += row.protocol === 'stratum-v1' ? real : other
    v2Bytes += row.protocol === 'stratum-v2' ? real : other
  }
  return v1Bytes === 0 ? null : { v1Bytes, v2Bytes, savedRatio: 1 - v2Bytes / v1Bytes }
}

type Rate = Bandwidth['lastHour']['upstream']

/** What the last hour covers: `in the last hour`, or less after a start; null when it says too little. */
export function hourText(rate: Rate): string | null {
  if (rate.coveredMs < LEAST_HOUR_MS) return null
  return rate.coveredMs >= 3_590_000 ? 'the last hour' : `the last ${formatShortDuration(rate.coveredMs)}`
}
