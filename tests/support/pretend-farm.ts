/**
 * Made-up values of the contract: complete, plausible and the same every time, with overrides for what a
 * test is about. Addresses are documentation addresses, names are invented.
 */
import type {
  AppInfo,
  Block,
  CurrentJob,
  Downstream,
  Overview,
  Pool,
  PracticeState,
  ShareCounts,
} from '../../src-preload/contract/index.ts'

export const KEY = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72'

/** Counts that obey submitted = valid + stale + duplicate + invalid and valid = acknowledged + rejected + pending + lost. */
export function pretendShares(given: Partial<ShareCounts> = {}): ShareCounts {
  const parts = {
    acknowledged: 0,
    rejected: 0,
    pending: 0,
    lost: 0,
    stale: 0,
    duplicate: 0,
    invalid: 0,
    weak: 0,
    ...given,
  }
  const valid = parts.acknowledged + parts.rejected + parts.pending + parts.lost
  return { ...parts, valid, submitted: valid + parts.stale + parts.duplicate + parts.invalid }
}

export function pretendPool(given: Partial<Pool> & { id: string }): Pool {
  return {
    name: given.id,
    url: `stratum2+tcp://${given.id}.example.com:3333/${KEY}`,
    userIdentity: 'farm.headframe',
    hasPassword: false,
    enabled: true,
    priority: 0,
    active: false,
    protocol: 'stratum-v2',
    encrypted: true,
    state: 'idle',
    problem: null,
    retryAt: null,
    connectedAt: null,
    latencyMs: null,
    extranonceBytes: null,
    poolDifficulty: null,
    shares: pretendShares(),
    rejectReasons: {},
    bytesIn: 0,
    bytesOut: 0,
    ...given,
  }
}

export function pretendRig(given: Partial<Downstream> & { id: string }): Downstream {
  return {
    rigKey: given.id,
    name: given.id,
    address: '192.0.2.20:50000',
    protocol: 'stratum-v1',
    userAgent: 'bitaxe/BM1370/v2.9.0',
    state: 'hashing',
    connectedAt: 0,
    lastShareAt: null,
    hashrateHs: 1.1e12,
    hashrateRatioError: 0.08,
    difficulty: 2048,
    bestDifficulty: 0,
    shares: pretendShares(),
    invalidReasons: {},
    poolId: null,
    versionRolling: true,
    extranonce: { prefixHex: '5f3a0001', rollableBytes: 4 },
    sparklineHs: Array.from({ length: 30 }, () => 1.1e12),
    ...given,
  }
}

export function pretendOverview(given: Partial<Overview> = {}): Overview {
  return {
    practice: false,
    hashrateHs: 0,
    rigs: { total: 0, online: 0, hashing: 0 },
    shares: pretendShares(),
    activePool: null,
    bestDifficulty: 0,
    blocksFound: 0,
    networkDifficulty: null,
    updatedAt: 0,
    ...given,
  }
}

export function pretendInfo(given: Partial<AppInfo> = {}): AppInfo {
  return {
    version: '0.1.0',
    host: 'headless',
    startedAt: 0,
    dataDir: '/var/lib/headframe',
    stratum: { address: '192.0.2.10:3333', lanAddresses: ['192.0.2.10'] },
    capabilities: { practice: false, tray: false },
    notices: [],
    ...given,
  }
}

export function pretendJob(given: Partial<CurrentJob> = {}): CurrentJob {
  return {
    poolId: 'braidpool',
    upstreamJobId: '1a7f',
    receivedAt: 0,
    height: 924_518,
    tag: '/Example Pool/',
    previousBlockHash: '00000000000000000001b2f6a1e0c55d3f7a4b90c6fe0db64e2b41f0a9a3c8d7',
    version: 0x20000000,
    versionRollingMask: 0x1fffe000,
    nBits: 0x1701f0cc,
    networkDifficulty: 1.5e14,
    ntime: 1_795_000_000,
    merkleDepth: 12,
    emptyBlock: false,
    rewardSats: 315_482_177,
    outputs: [
      {
        valueSats: 315_482_177,
        address: 'bc1qexampleexampleexampleexampleexample00',
        scriptHex: '0014' + '00'.repeat(20),
      },
      { valueSats: 0, address: null, scriptHex: '6a24aa21a9ed' + '00'.repeat(32) },
    ],
    ...given,
  }
}

export function pretendBlock(given: Partial<Block> = {}): Block {
  return {
    hash: '000000000000000000010a5c3d7b2e9f4a6c8e0b1d3f5a7c9e1b3d5f7a9c1e3b',
    height: 924_518,
    foundAt: 0,
    poolId: 'braidpool',
    rigName: 'shed-gamma-2',
    difficulty: 1.7e14,
    ...given,
  }
}

export function pretendPractice(given: Partial<PracticeState> = {}): PracticeState {
  return {
    chainHeight: 132,
    networkDifficulty: 4.2,
    pools: [
      { name: 'Practice pool', protocol: 'stratum-v2', listening: true },
      { name: 'Practice pool (V1)', protocol: 'stratum-v1', listening: true },
    ],
    rigs: [{ name: 'practice-bitaxe', model: 'Bitaxe Gamma', connected: true, hashrateHs: 3.1e6 }],
    ...given,
  }
}
