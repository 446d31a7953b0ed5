/**
 * Made-up traffic of the contract: a timeline of jobs, warnings, links, frames, bandwidth and an audit log,
 * complete, plausible and the same every time. Identities and addresses are invented.
 */
import type {
  AuditRecord,
  AuditState,
  Bandwidth,
  BandwidthRow,
  Downstream,
  JobTimeline,
  Link,
  Pool,
  TimelineJob,
  TimelineTip,
  TrafficFrame,
  Warning,
} from '../../src-preload/contract/index.ts'

const HEIGHT = 924_518
const hashOf = (index: number): string =>
  '0000000000000000000' + ((index * 2_654_435_761) >>> 0).toString(16).padStart(8, '0').repeat(6).slice(0, 45)

export function pretendTimelineJob(given: Partial<TimelineJob> = {}): TimelineJob {
  return {
    at: 0,
    upstreamJobId: '1a7f',
    newTip: false,
    height: HEIGHT,
    previousBlockHash: hashOf(0),
    emptyBlock: false,
    merkleDepth: 12,
    rewardSats: 315_482_177,
    feesSats: 2_982_177,
    poolDifficulty: 16_384,
    sizeBytes: 618,
    ...given,
  }
}

/** Ms behind the first, by place: pools tell each other apart by how soon they hear of a block. */
const LAGS_MS = [0, 214, 873, 1410]
const BLOCKS_AT_MS = [190_000, 742_000, 1_310_000, 1_388_000, 2_214_000]
const TEMPLATE_MS = 30_000

/** The last half hour of these pools: a block now and then, a fresh template every half minute. */
export function pretendTimeline(pools: readonly Pool[], now: number): JobTimeline {
  const tips: TimelineTip[] =
    pools.length === 0
      ? []
      : BLOCKS_AT_MS.map((agoMs, index) => {
          const firstAt = now - agoMs
          // Now and then another pool is first.
          const order = index % 3 === 1 ? [...pools].reverse() : [...pools]
          return {
            previousBlockHash: hashOf(index),
            height: HEIGHT - index,
            firstAt,
            pools: order.map((pool, place) => {
              const lagMs = (LAGS_MS[place] ?? 2000) + (place === 0 ? 0 : index * 31)
              return { poolId: pool.id, at: firstAt + lagMs, lagMs }
            }),
          }
        })
  return {
    tips,
    pools: pools.map((pool) => {
      const own = tips.flatMap((tip) => tip.pools.filter((each) => each.poolId === pool.id))
      const lags = own.map((each) => each.lagMs).sort((a, b) => a - b)
      return {
        poolId: pool.id,
        listening: pool.listens && !pool.active,
        medianLagMs: lags[Math.floor(lags.length / 2)] ?? null,
        comparedCount: pools.length < 2 ? 0 : own.length,
        firstCount: own.filter((each) => each.lagMs === 0).length,
        jobs: jobsOf(pool, tips, now),
      }
    }),
  }
}

function jobsOf(pool: Pool, tips: readonly TimelineTip[], now: number): TimelineJob[] {
  const jobs: TimelineJob[] = []
  for (const [index, tip] of tips.entries()) {
    const at = tip.pools.find((each) => each.poolId === pool.id)?.at ?? tip.firstAt
    const until = tips[index - 1]?.firstAt ?? now
    for (let fresh = 0; at + fresh * TEMPLATE_MS < until; fresh++) {
      // The first work on a new block is often sent before the pool has chosen transactions.
      const empty = fresh === 0 && index % 2 === 0
      const feesSats = empty ? 0 : 1_900_000 + fresh * 84_211
      jobs.push(
        pretendTimelineJob({
          at: at + fresh * TEMPLATE_MS,
          upstreamJobId: (0x1a00 + index * 64 + fresh).toString(16),
          newTip: fresh === 0,
          height: tip.height,
          previousBlockHash: tip.previousBlockHash,
          emptyBlock: empty,
          merkleDepth: empty ? 0 : 11 + (fresh % 2),
          rewardSats: 312_500_000 + feesSats,
          feesSats,
          sizeBytes: empty ? 230 : 598 + (fresh % 2) * 32,
        }),
      )
    }
  }
  return jobs.sort((a, b) => b.at - a.at).slice(0, 60)
}

export function pretendWarning(given: Partial<Warning> & { id: string }): Warning {
  return {
    code: 'watchdog/empty-block',
    severity: 'warning',
    poolId: null,
    message:
      'The pool has sent work without transactions for 95 s: a block found now would earn no fees. If it lasts, switch to another pool.',
    since: 0,
    ...given,
  }
}

export function pretendWarnings(now: number): Warning[] {
  return [
    pretendWarning({ id: 'empty-northern', poolId: 'northern', since: now - 95_000 }),
    pretendWarning({
      id: 'payout-solo',
      code: 'watchdog/foreign-payout',
      severity: 'error',
      poolId: 'solo',
      message:
        'The coinbase of this solo pool does not pay your address: a block found now would go to somebody else. Check the address, or leave the pool.',
      since: now - 3_720_000,
    }),
    pretendWarning({
      id: 'lag-northern',
      code: 'watchdog/stale-tip',
      severity: 'info',
      poolId: 'northern',
      message:
        'Northern Lode hears of new blocks 0.9 s after Copper Ridge. Shares found meanwhile are for an old block.',
      since: now - 600_000,
    }),
  ]
}

export function pretendLink(given: Partial<Link> & { id: string }): Link {
  return {
    side: 'upstream',
    name: given.id,
    poolId: null,
    rigKey: null,
    protocol: 'stratum-v2',
    transport: 'tcp',
    address: '192.0.2.55:3336',
    since: 0,
    bytesIn: 0,
    bytesOut: 0,
    ...given,
  }
}

export function pretendLinks(pools: readonly Pool[], rigs: readonly Downstream[], now: number): Link[] {
  return [
    ...pools
      .filter((pool) => pool.lineCount > 0 || pool.active)
      .map((pool) =>
        pretendLink({
          id: `up-${pool.id}`,
          name: pool.name,
          poolId: pool.id,
          protocol: pool.protocol,
          transport: pool.transport,
          address: pool.endpoint === null ? '192.0.2.55:3336' : `${pool.endpoint.host}:${pool.endpoint.port}`,
          since: pool.connectedAt ?? now,
          bytesIn: pool.bytesIn,
          bytesOut: pool.bytesOut,
        }),
      ),
    ...rigs.flatMap((rig) => {
      const { protocol, transport } = rig
      // A device has no connection.
      if (protocol === 'device' || transport === 'usb') return []
      return pretendLink({
        id: `down-${rig.id}`,
        side: 'downstream',
        name: rig.name,
        poolId: rig.poolId,
        rigKey: rig.rigKey,
        protocol,
        transport,
        address: rig.address,
        since: rig.connectedAt,
        bytesIn: rig.shares.submitted * 96,
        bytesOut: Math.floor((now - rig.connectedAt) / 30_000) * 720,
      })
    }),
  ]
}

export function pretendFrame(given: Partial<TrafficFrame> = {}): TrafficFrame {
  return {
    sequence: 1,
    at: 0,
    direction: 'out',
    name: 'SubmitSharesExtended',
    summary: 'Share 812 on job 6655 of channel 4',
    fields: [
      { name: 'channel_id', value: '4', hex: '04000000' },
      { name: 'sequence_number', value: '812', hex: '2c030000' },
      { name: 'job_id', value: '6655', hex: 'ff190000' },
      { name: 'nonce', value: '2,914,330,621', hex: 'fd7bb5ad' },
      { name: 'ntime', value: '22 Nov 2026, 12:00:03', hex: '43a1216b' },
      { name: 'version', value: '0x20a3e000', hex: '00e0a320' },
      { name: 'extranonce', value: '8 bytes', hex: '0000000000001f02' },
    ],
    hex:
      '0080' +
      '1b' +
      '210000' +
      '04000000' +
      '2c030000' +
      'ff190000' +
      'fd7bb5ad' +
      '43a1216b' +
      '00e0a320' +
      '08' +
      '0000000000001f02',
    bytes: 39,
    wireBytes: 71,
    ...given,
  }
}

/** What goes over a link in a moment: mostly shares, their acknowledgement in batches, work now and then. */
export function pretendFramesOf(link: Link, sequence: number, now: number): TrafficFrame[] {
  const share = link.side === 'upstream' ? 'out' : 'in'
  const work = link.side === 'upstream' ? 'in' : 'out'
  const v2 = link.protocol === 'stratum-v2'
  const frames: TrafficFrame[] = [
    v2
      ? pretendFrame({
          sequence,
          at: now,
          direction: share,
          summary: `Share ${sequence} on job 6655 of channel 4`,
        })
      : textFrame(sequence, now, share, 'mining.submit', `Share for job 1a7f`, {
          id: sequence,
          method: 'mining.submit',
          params: ['farm.attic-gamma-6', '1a7f', '0000001f', '6b21a143', 'adb57bfd', '00a3e000'],
        }),
  ]
  if (sequence % 10 === 0)
    frames.push(
      v2
        ? pretendFrame({
            sequence: sequence + 1,
            at: now + 21,
            direction: work,
            name: 'SubmitShares.Success',
            summary: '10 shares of channel 4 acknowledged, up to ' + sequence,
            fields: [
              { name: 'channel_id', value: '4', hex: '04000000' },
              { name: 'last_sequence_number', value: String(sequence), hex: null },
              { name: 'new_submits_accepted_count', value: '10', hex: '0a000000' },
              { name: 'new_shares_sum', value: '163,840', hex: '0080020000000000' },
            ],
            hex: '0080' + '1c' + '140000' + '04000000',
            bytes: 26,
            wireBytes: 58,
          })
        : textFrame(sequence + 1, now + 21, work, 'result', 'Yes to share ' + sequence, {
            id: sequence,
            result: true,
            error: null,
          }),
    )
  if (sequence % 30 === 0)
    frames.push(
      v2
        ? pretendFrame({
            sequence: sequence + 2,
            at: now + 24,
            direction: work,
            name: 'NewExtendedMiningJob',
            summary: 'Job 6656 for channel 4, to begin at once',
            fields: [
              { name: 'channel_id', value: '4', hex: '04000000' },
              { name: 'job_id', value: '6656', hex: '001a0000' },
              { name: 'min_ntime', value: '22 Nov 2026, 12:00:30', hex: '015ea1216b' },
              { name: 'version', value: '0x20000000', hex: '00000020' },
              { name: 'version_rolling_allowed', value: 'yes', hex: '01' },
              { name: 'merkle_path', value: '12 hashes', hex: null },
              { name: 'coinbase_tx_prefix', value: '68 bytes', hex: null },
              { name: 'coinbase_tx_suffix', value: '113 bytes', hex: null },
            ],
            hex: '0080' + '1f' + '510200' + '04000000001a0000015ea1216b00000020010c',
            bytes: 599,
            wireBytes: 631,
          })
        : textFrame(sequence + 2, now + 24, work, 'mining.notify', 'Job 1a80, same block', {
            id: null,
            method: 'mining.notify',
            params: ['1a80', '…', '…', '…', [], '20000000', '1701f0cc', '6b21a15e', false],
          }),
    )
  return frames
}

function textFrame(
  sequence: number,
  at: number,
  direction: 'in' | 'out',
  name: string,
  summary: string,
  message: Record<string, unknown>,
): TrafficFrame {
  const text = `${JSON.stringify(message)}\n`
  return pretendFrame({
    sequence,
    at,
    direction,
    name,
    summary,
    fields: Object.entries(message).map(([key, value]) => ({
      name: key,
      value: JSON.stringify(value),
      hex: null,
    })),
    hex: [...text].map((each) => each.charCodeAt(0).toString(16).padStart(2, '0')).join(''),
    bytes: text.length,
    wireBytes: text.length,
  })
}

export function pretendBandwidthRow(given: Partial<BandwidthRow> = {}): BandwidthRow {
  return {
    protocol: 'stratum-v2',
    transport: 'tcp',
    links: 1,
    bytesIn: 48_200_000,
    bytesOut: 9_410_000,
    otherBytesIn: 71_900_000,
    otherBytesOut: 15_020_000,
    otherTlsBytesIn: 74_300_000,
    otherTlsBytesOut: 18_110_000,
    jobs: 61_400,
    shares: 132_500,
    ...given,
  }
}

export function pretendBandwidth(pools: readonly Pool[], now: number): Bandwidth {
  return {
    since: now - 7_400_000,
    upstream: pools
      .filter((pool) => pool.bytesIn > 0)
      .map((pool) => ({
        poolId: pool.id,
        ...pretendBandwidthRow({
          protocol: pool.protocol,
          transport: pool.transport,
          links: Math.max(1, pool.lineCount),
          bytesIn: pool.bytesIn,
          bytesOut: pool.bytesOut,
          otherBytesIn: Math.round(pool.bytesIn * (pool.protocol === 'stratum-v2' ? 1.49 : 0.67)),
          otherBytesOut: Math.round(pool.bytesOut * (pool.protocol === 'stratum-v2' ? 1.6 : 0.62)),
          otherTlsBytesIn: Math.round(pool.bytesIn * (pool.protocol === 'stratum-v2' ? 1.54 : 0.67)),
          otherTlsBytesOut: Math.round(pool.bytesOut * (pool.protocol === 'stratum-v2' ? 1.92 : 0.62)),
          jobs: Math.round(pool.bytesIn / 785),
          shares: pool.shares.valid,
        }),
      })),
    downstream:
      pools.length === 0
        ? []
        : [
            pretendBandwidthRow({
              protocol: 'stratum-v1',
              links: 9,
              bytesIn: 18_240_000,
              bytesOut: 64_100_000,
              otherBytesIn: 11_930_000,
              otherBytesOut: 40_020_000,
              otherTlsBytesIn: 11_930_000,
              otherTlsBytesOut: 40_020_000,
            }),
            pretendBandwidthRow({
              links: 3,
              bytesIn: 1_120_000,
              bytesOut: 3_450_000,
              otherBytesIn: 1_790_000,
              otherBytesOut: 5_730_000,
              otherTlsBytesIn: 2_130_000,
              otherTlsBytesOut: 5_960_000,
            }),
          ],
    lastHour: {
      upstream: {
        coveredMs: 3_600_000,
        bytesIn: 480_000,
        bytesOut: 312_000,
        otherBytesIn: 702_000,
        otherBytesOut: 489_000,
      },
      downstream: {
        coveredMs: 3_600_000,
        bytesIn: 1_310_000,
        bytesOut: 5_420_000,
        otherBytesIn: 901_000,
        otherBytesOut: 3_610_000,
      },
    },
    method: [
      'Bytes are counted as they were sent, encryption included, without the headers of TCP and IP.',
      'For every job, share and answer the size of the same message in the other protocol is computed from its fields.',
      'With TLS, 29 bytes are added for each record that the other protocol would have sent.',
    ],
  }
}

export function pretendAuditState(given: Partial<AuditState> = {}): AuditState {
  return {
    settings: {
      enabled: false,
      kinds: ['share', 'job', 'session', 'other'],
      maskIdentities: false,
      keepDays: 90,
      keepMegabytes: 2000,
    },
    fileCount: 0,
    bytes: 0,
    oldestAt: null,
    problem: null,
    ...given,
  }
}

export function pretendAuditRecord(given: Partial<AuditRecord> = {}): AuditRecord {
  return {
    at: 0,
    linkId: 'up-braidpool',
    side: 'upstream',
    linkName: 'Copper Ridge',
    direction: 'out',
    kind: 'share',
    name: 'SubmitSharesExtended',
    text: 'channel_id=4 sequence_number=812 job_id=6655 nonce=adb57bfd ntime=6b21a143 version=20a3e000',
    ...given,
  }
}

/** `count` records, two a second, ending now, oldest first. */
export function pretendAuditRecords(count: number, now: number): AuditRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const at = now - (count - index) * 500
    const number = 400 + index
    if (index % 40 === 0)
      return pretendAuditRecord({
        at,
        direction: 'in',
        kind: 'job',
        name: 'NewExtendedMiningJob',
        text: `channel_id=4 job_id=${6655 + index / 40} version=20000000 merkle_path=12`,
      })
    if (index % 97 === 13)
      return pretendAuditRecord({
        at,
        linkId: 'down-rig-3',
        side: 'downstream',
        linkName: 'shed-s19-3',
        direction: 'in',
        kind: 'session',
        name: 'mining.authorize',
        text: '{"id":3,"method":"mining.authorize","params":["shed-s19-3","•••"]}',
      })
    if (index % 2 === 0)
      return pretendAuditRecord({
        at,
        linkId: 'down-rig-3',
        side: 'downstream',
        linkName: 'shed-s19-3',
        direction: 'in',
        name: 'mining.submit',
        text: `{"id":${number},"method":"mining.submit","params":["shed-s19-3","1a7f","0000001f","6b21a143","adb57bfd"]}`,
      })
    return pretendAuditRecord({
      at,
      text: `channel_id=4 sequence_number=${number} job_id=6655 nonce=adb57bfd ntime=6b21a143 version=20a3e000`,
    })
  })
}
