/** Connections, their frames and their cost, as the contract shows them. */
import {
  type Bandwidth,
  type BandwidthRow,
  type Link,
  type TrafficFrames,
} from '../../src-preload/contract/index.ts'
import {
  type BandwidthRate,
  type BandwidthRow as EngineRow,
  type BandwidthView,
  type LinkStatus,
  type WatchedFrames,
} from '../proxy/index.ts'

export function linkView(status: LinkStatus): Link {
  const { id, side, name, poolId, rigKey, protocol, transport, address, sinceMs, bytesIn, bytesOut } = status
  const since = Math.round(sinceMs)
  return { id, side, name, poolId, rigKey, protocol, transport, address, since, bytesIn, bytesOut }
}

export function framesView({ link, frames }: WatchedFrames): TrafficFrames {
  return {
    link: link && linkView(link),
    frames: frames.map(({ atMs, fields, ...frame }) => ({
      ...frame,
      at: Math.round(atMs),
      fields: fields.map((field) => ({ ...field })),
    })),
  }
}

export function bandwidthView({ sinceMs, upstream, downstream, lastHour, method }: BandwidthView): Bandwidth {
  return {
    since: Math.round(sinceMs),
    upstream: upstream.map((row) => ({ ...rowView(row), poolId: row.poolId })),
    downstream: downstream.map(rowView),
    lastHour: { upstream: rateView(lastHour.upstream), downstream: rateView(lastHour.downstream) },
    method: [...method],
  }
}

function rowView(row: EngineRow): BandwidthRow {
  const { protocol, transport, links, bytesIn, bytesOut, counterpart, jobs, shares } = row
  return {
    protocol,
    transport,
    links,
    bytesIn,
    bytesOut,
    otherBytesIn: counterpart.bytesIn,
    otherBytesOut: counterpart.bytesOut,
    otherTlsBytesIn: counterpart.tlsBytesIn,
    otherTlsBytesOut: counterpart.tlsBytesOut,
    jobs,
    shares,
  }
}

function rateView(rate: BandwidthRate): Bandwidth['lastHour']['upstream'] {
  return {
    coveredMs: Math.round(rate.coveredMs),
    bytesIn: rate.bytesIn,
    bytesOut: rate.bytesOut,
    otherBytesIn: rate.counterpartIn,
    otherBytesOut: rate.counterpartOut,
  }
}
