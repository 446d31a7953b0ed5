/**
 * A pretend farm that lives: rigs that wander around their hashrate, shares that are answered, a history.
 * For looking at screens and for measuring them; nothing here is random between two runs.
 */
import type { Downstream, Pool, ShareCounts } from '../../src-preload/contract/index.ts'
import { PretendCore, type PretendCoreOptions } from './pretend-core.ts'
import {
  KEY,
  pretendBlock,
  pretendJob,
  pretendPool,
  pretendPractice,
  pretendRig,
  pretendShares,
} from './pretend-farm.ts'

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

const FAMILIES = [
  { name: 'gamma', agent: 'bitaxe/BM1370/v2.9.0', hashrateHs: 1.18e12, difficulty: 2048 },
  { name: 'nerdqaxe', agent: 'NerdQAxe++/v1.0.31', hashrateHs: 4.7e12, difficulty: 8192 },
  { name: 's19', agent: 'cgminer/4.12.1', hashrateHs: 9.6e13, difficulty: 131072 },
  { name: 'avalon', agent: 'cgminer/4.11.1', hashrateHs: 3.7e13, difficulty: 65536 },
  { name: 'supra', agent: 'bitaxe/BM1368/v2.8.1', hashrateHs: 6.9e11, difficulty: 1024 },
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
      invalidReasons: random() > 0.6 ? { 'high-hash': 4, 'bad-version-bits': 1 } : {},
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
      extranonceBytes: { prefix: 8, rollable: 8 },
      poolDifficulty: 16_384,
      shares: pretendShares({ acknowledged: 48_211, rejected: 37, pending: 2, lost: 4, weak: 20_110 }),
      rejectReasons: { 'stale-share': 31, 'difficulty-too-low': 6 },
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
      encrypted: true,
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

export interface LivingFarm {
  core: PretendCore
  /** One second of life. */
  step(): void
}

/** A farm of `count` rigs. */
export function livingFarm(
  count: number,
  options: { practice?: boolean; now?: () => number } = {},
): LivingFarm {
  const now = options.now ?? Date.now
  const random = seededRandom(count)
  const rigs = pretendRigs(count, now())
  const pools = pretendPools(now())
  const base = rigs.reduce((sum, rig) => sum + rig.hashrateHs, 0)
  const active = pools[0]!
  const practice = options.practice === true
  const core = new PretendCore({
    now,
    pools,
    rigs,
    info: { capabilities: { practice, tray: false } },
    overview: {
      ...farmOverview(rigs),
      practice,
      networkDifficulty: 1.5e14,
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

  function step(): void {
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
    core.tick(farmOverview(changed))
    const pool = core.pools.all.find((each) => each.active)
    if (pool !== undefined)
      core.changePool(pool.id, {
        latencyMs: 22 + random() * 4,
        shares: {
          ...pool.shares,
          acknowledged: pool.shares.acknowledged + 1,
          valid: pool.shares.valid + 1,
          submitted: pool.shares.submitted + 1,
        },
      })
  }

  return { core, step }
}

export function findBlock(core: PretendCore, now: number): void {
  core.blocks = [pretendBlock({ foundAt: now, rigName: core.rigs.all[1]?.name ?? 'rig' }), ...core.blocks]
  core.tick({ blocksFound: core.overview.blocksFound + 1 })
}
