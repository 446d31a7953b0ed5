/**
 * A pretend farm that lives: rigs that wander around their hashrate, shares that are answered, a history.
 * For looking at screens and for measuring them; nothing here is random between two runs.
 */
import type { Downstream, Pool, Rig, Routing, ShareCounts } from '../../src-preload/contract/index.ts'
import { PretendCore, type PretendCoreOptions } from './pretend-core.ts'
import { PRETEND_EARNERS, type PretendEarner } from './pretend-earnings-farm.ts'
import { pretendFleetRigs } from './pretend-fleet-rigs.ts'
import {
  KEY,
  pretendBlock,
  pretendJob,
  pretendPool,
  pretendPractice,
  pretendRig,
  pretendRouting,
  pretendShares,
} from './pretend-farm.ts'
import { placeRigs } from './pretend-routing.ts'
import {
  pretendAuditRecords,
  pretendBandwidth,
  pretendFramesOf,
  pretendLinks,
  pretendTimeline,
  pretendTimelineJob,
  pretendWarnings,
} from './pretend-traffic.ts'

/** mulberry32: small, seeded, good enough to look like luck. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const V1 = { protocol: 'stratum-v1', transport: 'tcp', channelKind: null } as const
const FAMILIES = [
  { name: 'gamma', agent: 'bitaxe/BM1370/v2.9.0', hashrateHs: 1.18e12, difficulty: 2048, ...V1 },
  {
    name: 'nerdqaxe',
    agent: 'NerdQAxe++/v1.0.31',
    hashrateHs: 4.7e12,
    difficulty: 8192,
    protocol: 'stratum-v2',
    transport: 'tcp',
    channelKind: 'extended',
  },
  { name: 's19', agent: 'cgminer/4.12.1', hashrateHs: 9.6e13, difficulty: 131072, ...V1 },
  { name: 'avalon', agent: 'cgminer/4.11.1', hashrateHs: 3.7e13, difficulty: 65536, ...V1, transport: 'tls' },
  {
    name: 'supra',
    agent: 'bitaxe/BM1368/v2.8.1',
    hashrateHs: 6.9e11,
    difficulty: 1024,
    protocol: 'stratum-v2',
    transport: 'tcp',
    channelKind: 'standard',
  },
] as const
const PLACES = ['shed', 'attic', 'garage', 'cellar', 'office', 'barn'] as const

export function pretendRigs(count: number, now: number, seed = 7): Downstream[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, index) => {
    const family = FAMILIES[index % FAMILIES.length]!
    const nominal = family.hashrateHs * (0.92 + 0.16 * random())
    const acknowledged = Math.floor(2000 + random() * 9000)
    const quiet = index % 11 === 4
    const starting = index % 23 === 9
    return pretendRig({
      id: `rig-${index + 1}`,
      name: `${PLACES[Math.floor(index / FAMILIES.length) % PLACES.length]}-${family.name}-${index + 1}`,
      address: `192.0.2.${20 + (index % 200)}:${49_000 + index}`,
      userAgent: family.agent,
      protocol: family.protocol,
      transport: index % 17 === 5 ? 'ws' : family.transport,
      channelKind: family.channelKind,
      state: starting ? 'subscribing' : quiet ? 'quiet' : 'hashing',
      connectedAt: now - Math.floor(600_000 + random() * 6e8),
      lastShareAt: starting ? null : now - Math.floor(random() * 15_000) - (quiet ? 130_000 : 0),
      hashrateHs: starting ? 0 : nominal * (quiet ? 0.3 : 1),
      hashrateRatioError: starting ? null : 0.04 + random() * 0.08,
      difficulty: family.difficulty,
      bestDifficulty: starting ? 0 : family.difficulty * 2 ** (random() * 16),
      shares: starting
        ? pretendShares()
        : pretendShares({
            acknowledged,
            rejected: Math.floor(random() * 9),
            pending: random() > 0.7 ? 1 : 0,
            stale: Math.floor(random() * 40),
            duplicate: random() > 0.9 ? 2 : 0,
            invalid: Math.floor(random() * random() * 20),
            lost: Math.floor(random() * 3),
            weak: Math.floor(acknowledged * 0.4),
          }),
      invalidReasons:
        random() > 0.6
          ? { 'difficulty-too-low': 4, 'invalid-ntime': 1, 'new-block': 11, 'pool-switched': 2 }
          : { 'new-block': 6 },
      rejectReasons: random() > 0.5 ? { 'stale-share': 3, 'difficulty-too-low': 1 } : {},
      poolId: 'braidpool',
      versionRolling: index % 4 !== 3,
      extranonce: {
        prefixHex: `5f3a${index.toString(16).padStart(4, '0')}`,
        rollableBytes: index % 4 === 3 ? 8 : 4,
      },
      sparklineHs: Array.from({ length: 30 }, () => (starting ? 0 : nominal * (0.9 + 0.2 * random()))),
    })
  })
}

export function pretendPools(now: number): Pool[] {
  return [
    pretendPool({
      id: 'braidpool',
      name: 'Copper Ridge',
      url: `stratum2+tcp://v2.copper-ridge.example.com:3336/${KEY}`,
      active: true,
      state: 'ready',
      connectedAt: now - 7_400_000,
      latencyMs: 23.4,
      fallbackUrl: 'stratum+ssl://stratum.copper-ridge.example.com:443',
      endpoint: {
        protocol: 'stratum-v2',
        transport: 'tcp',
        host: 'v2.copper-ridge.example.com',
        port: 3336,
        fallback: false,
      },
      lineCount: 1,
      workDifficulty: 7.9e8,
      extranonceBytes: { prefix: 8, rollable: 8 },
      poolDifficulty: 16_384,
      shares: pretendShares({ acknowledged: 48_211, rejected: 37, pending: 2, lost: 4, weak: 20_110 }),
      rejectReasons: { 'stale-share': 31, 'difficulty-too-low': 6 },
      invalidReasons: { 'new-block': 210, 'duplicate-share': 3 },
      lostReasons: { 'the connection ended': 4 },
      bytesIn: 48_200_000,
      bytesOut: 9_410_000,
    }),
    pretendPool({
      id: 'northern',
      name: 'Northern Lode',
      url: 'stratum+ssl://stratum.northern-lode.example.org:443',
      userIdentity: 'bc1qexampleexampleexampleexampleexample00.farm',
      hasPassword: true,
      priority: 1,
      protocol: 'stratum-v1',
      transport: 'tls',
      encrypted: true,
      lines: 'per-rig',
      listens: true,
      health: {
        verdict: 'doubtful',
        because: 'It hears of new blocks 0.9 s after Copper Ridge.',
      },
      endpoint: {
        protocol: 'stratum-v1',
        transport: 'tls',
        host: 'stratum.northern-lode.example.org',
        port: 443,
        fallback: true,
      },
      lineCount: 2,
      workDifficulty: 8.1e7,
      state: 'ready',
      connectedAt: now - 600_000,
      latencyMs: 61,
      extranonceBytes: { prefix: 4, rollable: 8 },
      shares: pretendShares({ acknowledged: 3120, rejected: 4 }),
      rejectReasons: { 'job-not-found': 4 },
      bytesIn: 1_200_000,
      bytesOut: 310_000,
    }),
    pretendPool({
      id: 'solo',
      name: 'Solo at home',
      url: 'stratum+tcp://solo.example.net:3333',
      userIdentity: 'bc1qexampleexampleexampleexampleexample00',
      priority: 2,
      protocol: 'stratum-v1',
      encrypted: false,
      solo: true,
      health: {
        verdict: 'bad',
        because: 'It has not taken a connection for 40 s.',
      },
      state: 'waiting',
      problem: {
        code: 'pool/refused',
        message:
          'solo.example.net does not take connections on port 3333. Check the port, or whether the pool is under maintenance.',
        at: now - 40_000,
      },
      retryAt: now + 24_000,
      shares: pretendShares({ acknowledged: 12 }),
      extranonceBytes: { prefix: 4, rollable: 4 },
    }),
    pretendPool({
      id: 'old',
      name: 'Old Adit',
      url: `stratum2+tcp://old-adit.example.com:3336/${KEY}`,
      priority: 3,
      state: 'blocked',
      problem: {
        code: 'pool/key-mismatch',
        message:
          'The pool showed another authority key than the one in its URL. Ask the pool whether it changed its key; until then this may be an impostor.',
        at: now - 86_000_000,
      },
    }),
    pretendPool({
      id: 'spare',
      name: 'Spare vein',
      url: 'stratum+tcp://203.0.113.9:3333',
      priority: 4,
      enabled: false,
      protocol: 'stratum-v1',
      encrypted: false,
    }),
  ]
}

/** A group of its own for one place, one rig that goes elsewhere. */
function farmRouting(rigs: readonly Downstream[]): Routing {
  const attic = rigs.filter((rig) => rig.name.startsWith('attic-'))
  return pretendRouting({
    groups:
      attic.length === 0
        ? []
        : [{ id: 'attic', name: 'Attic', rigKeys: attic.map((rig) => rig.rigKey), poolId: 'northern' }],
  })
}

/** What each pool's rigs add up to. */
function withRigs(pool: Pool, rigs: readonly Downstream[]): Pool {
  const own = rigs.filter((rig) => rig.poolId === pool.id)
  return {
    ...pool,
    rigCount: own.length,
    hashrateHs: own.reduce((sum, rig) => sum + rig.hashrateHs, 0),
    lineCount: own.length === 0 ? (pool.listens ? 1 : 0) : pool.lines === 'shared' ? 1 : own.length,
  }
}

function total(rigs: readonly Downstream[]): ShareCounts {
  const sum = pretendShares()
  for (const rig of rigs)
    for (const key of Object.keys(sum) as (keyof ShareCounts)[]) sum[key] += rig.shares[key]
  return sum
}

function farmOverview(rigs: readonly Downstream[]): NonNullable<PretendCoreOptions['overview']> {
  return {
    hashrateHs: rigs.reduce((sum, rig) => sum + rig.hashrateHs, 0),
    rigs: {
      total: rigs.length + 1,
      online: rigs.length,
      hashing: rigs.filter((rig) => rig.state === 'hashing').length,
    },
    shares: total(rigs),
    bestDifficulty: rigs.reduce((best, rig) => Math.max(best, rig.bestDifficulty), 0),
  }
}

/** Rigs with an interface; those that mine here have one of the connections, the last two connections have none. */
function livingFleet(count: number, connections: readonly Downstream[], now: number): Rig[] {
  const free = connections.slice(0, -2)
  return pretendFleetRigs(count + 3, now).map((rig) => {
    const connection = rig.minesHere === true && rig.state === 'mining' ? free.shift() : undefined
    return connection === undefined ? rig : { ...rig, downstreamId: connection.id }
  })
}

/** Those whose earnings are counted: a handful of all kinds. */
function earnersOf(rigs: readonly Rig[]): PretendEarner[] {
  return PRETEND_EARNERS.map((earner, index) => {
    const rig = rigs[index]
    return rig === undefined ? earner : { ...earner, id: rig.id, name: rig.name, group: rig.group }
  })
}

export interface LivingFarm {
  core: PretendCore
  /** One second of life. */
  step(): void
}

/** A farm of `count` rigs. */
export function livingFarm(
  count: number,
  options: {
    practice?: boolean
    now?: () => number
    fleet?: number
    /** How long earnings were counted, and whether their owner has chosen tariff and sources. */
    earnings?: { days: number; configured: boolean }
  } = {},
): LivingFarm {
  const now = options.now ?? Date.now
  const random = seededRandom(count)
  const unplaced = pretendRigs(count, now())
  const routing = farmRouting(unplaced)
  const places = placeRigs(routing, unplaced, pretendPools(now()))
  const rigs = unplaced.map((rig) => ({ ...rig, poolId: places.get(rig.rigKey) ?? null }))
  const pools = pretendPools(now()).map((pool) => withRigs(pool, rigs))
  const compared = pools.filter((pool) => pool.active || pool.listens)
  const base = rigs.reduce((sum, rig) => sum + rig.hashrateHs, 0)
  const active = pools[0]!
  const practice = options.practice === true
  const fleetRigs = livingFleet(options.fleet ?? 40, rigs, now())
  const core = new PretendCore({
    now,
    pools,
    rigs,
    fleet: { rigs: fleetRigs.slice(0, -3), hidden: fleetRigs.slice(-3) },
    earnings: { ...(options.earnings ?? { days: 120, configured: true }), rigs: earnersOf(fleetRigs) },
    routing,
    timeline: pretendTimeline(compared, now()),
    warnings: pretendWarnings(now()),
    links: pretendLinks(compared, rigs, now()),
    bandwidth: pretendBandwidth(pools, now()),
    audit: {
      state: {
        settings: {
          enabled: true,
          kinds: ['share', 'job', 'session'],
          maskIdentities: false,
          keepDays: 365,
          keepMegabytes: 2000,
        },
        fileCount: 3,
        bytes: 48_200_000,
        oldestAt: now() - 12 * 86_400_000,
      },
      records: pretendAuditRecords(1500, now()),
    },
    info: { capabilities: { practice, tray: false } },
    overview: {
      ...farmOverview(rigs),
      practice,
      networkDifficulty: 1.5e14,
      warningCount: 3,
      preferredPool: { id: active.id, name: active.name },
      activePool: {
        id: active.id,
        name: active.name,
        url: active.url,
        protocol: active.protocol,
        state: 'ready',
        switchedAt: now() - 7_400_000,
      },
    },
    job: pretendJob({ receivedAt: now() - 9000 }),
    blocks: [],
    practice: practice ? pretendPractice() : null,
    history: (from, to, points) =>
      Array.from({ length: points }, (_, index) => {
        const at = Math.floor(from + ((to - from) * index) / points)
        const hours = at / 3_600_000
        const wave = 1 + 0.035 * Math.sin(hours * 2.1) + 0.02 * Math.sin(hours * 17) + 0.03 * (random() - 0.5)
        const outage = to - at > 21_000_000 && to - at < 22_800_000
        return { at, value: outage ? null : base * wave }
      }),
  })

  core.jobs.set(
    'northern',
    pretendJob({
      poolId: 'northern',
      tag: '/Northern Lode/',
      upstreamJobId: '77c',
      receivedAt: now() - 12_000,
    }),
  )
  let second = 0

  /** Fresh work every half minute; a new block every five. */
  function nextWork(): void {
    if (second % 30 !== 0) return
    const newTip = second % 300 === 0
    const at = now()
    const before = core.timeline.value
    const latest = before.tips[0]
    const height = (latest?.height ?? 924_518) + (newTip ? 1 : 0)
    const previousBlockHash = newTip
      ? '0000000000000000000' + (at % 1e9).toString(16).padStart(45, '7')
      : (latest?.previousBlockHash ?? '0'.repeat(64))
    const lagOf = (place: number): number => (place === 0 ? 0 : 640 + 90 * place)
    core.timeline.set({
      tips: newTip
        ? [
            {
              previousBlockHash,
              height,
              firstAt: at,
              pools: before.pools.map(({ poolId }, place) => ({
                poolId,
                at: at + lagOf(place),
                lagMs: lagOf(place),
              })),
            },
            ...before.tips,
          ].slice(0, 40)
        : before.tips,
      pools: before.pools.map((pool, place) => ({
        ...pool,
        comparedCount: pool.comparedCount + (newTip && before.pools.length > 1 ? 1 : 0),
        firstCount: pool.firstCount + (newTip && place === 0 ? 1 : 0),
        jobs: [
          pretendTimelineJob({
            at: at + (newTip ? lagOf(place) : 0),
            upstreamJobId: (0x1b00 + second).toString(16),
            newTip,
            height,
            previousBlockHash,
            emptyBlock: newTip,
            merkleDepth: newTip ? 0 : 12,
          }),
          ...pool.jobs,
        ].slice(0, 60),
      })),
    })
    if (core.job !== null)
      core.job = {
        ...core.job,
        receivedAt: at,
        height,
        previousBlockHash,
        emptyBlock: newTip,
        merkleDepth: newTip ? 0 : 12,
        upstreamJobId: (0x1b00 + second).toString(16),
      }
  }

  function step(): void {
    second += 1
    nextWork()
    core.fleet.step(second)
    for (const id of core.watchedLinks()) {
      const link = core.links.find(id)
      if (link !== undefined) core.sendFrames(id, pretendFramesOf(link, second, now()))
    }
    core.links.change(
      core.links.all
        .filter((link) => link.side === 'upstream')
        .map((link) => ({ ...link, bytesIn: link.bytesIn + 160, bytesOut: link.bytesOut + 71 })),
    )
    const changed = core.rigs.all.map((rig) => {
      if (rig.state === 'subscribing') return rig
      const shared = random() > 0.8
      const shares = shared
        ? {
            ...rig.shares,
            submitted: rig.shares.submitted + 1,
            valid: rig.shares.valid + 1,
            acknowledged: rig.shares.acknowledged + 1,
          }
        : rig.shares
      const drift = 1 + 0.01 * (random() - 0.5)
      return {
        ...rig,
        shares,
        hashrateHs: rig.hashrateHs * drift,
        lastShareAt: shared ? now() : rig.lastShareAt,
      }
    })
    core.rigs.change(changed)
    const { lastSwitch } = core.overview
    // Pools acknowledge in batches: the first yes comes a while after the switch.
    const answered = lastSwitch !== null && now() - lastSwitch.at > 9000
    core.tick({
      ...farmOverview(changed),
      lastSwitch:
        lastSwitch !== null && lastSwitch.firstAcknowledgedAt === null && answered
          ? { ...lastSwitch, firstAcknowledgedAt: now() }
          : lastSwitch,
    })
    core.pools.change(
      core.pools.all
        .map((pool) => withRigs(pool, changed))
        .map((pool) =>
          pool.active
            ? {
                ...pool,
                latencyMs: 22 + random() * 4,
                bytesIn: pool.bytesIn + 160,
                bytesOut: pool.bytesOut + 71,
                workDifficulty: pool.workDifficulty + 16_384,
                shares: {
                  ...pool.shares,
                  acknowledged: pool.shares.acknowledged + 1,
                  valid: pool.shares.valid + 1,
                  submitted: pool.shares.submitted + 1,
                },
              }
            : pool,
        ),
    )
  }

  return { core, step }
}

export function findBlock(core: PretendCore, now: number): void {
  core.blocks = [pretendBlock({ foundAt: now, rigName: core.rigs.all[1]?.name ?? 'rig' }), ...core.blocks]
  core.tick({ blocksFound: core.overview.blocksFound + 1 })
}
