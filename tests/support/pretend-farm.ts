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
  PoolPreset,
  PoolTest,
  PracticeState,
  Routing,
  ShareCounts,
} from '../../src-preload/contract/index.ts'

export const KEY = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72'
/** What this Headframe is known by to Stratum V2 rigs. */
export const OWN_KEY = '9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh'

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
    fallbackUrl: null,
    userIdentity: 'farm.headframe',
    hasPassword: false,
    enabled: true,
    priority: 0,
    active: false,
    protocol: 'stratum-v2',
    transport: 'tcp',
    encrypted: true,
    lines: 'shared',
    namesRigs: true,
    mayMoveTo: 'same-host',
    listens: false,
    solo: false,
    versionRolling: 'bip320',
    preferred: given.active ?? false,
    health: { verdict: given.state === 'ready' ? 'good' : 'unknown', because: '' },
    endpoint: null,
    rigCount: 0,
    lineCount: 0,
    hashrateHs: 0,
    workDifficulty: 0,
    state: 'idle',
    problem: null,
    retryAt: null,
    connectedAt: null,
    latencyMs: null,
    extranonceBytes: null,
    poolDifficulty: null,
    shares: pretendShares(),
    rejectReasons: {},
    invalidReasons: {},
    lostReasons: {},
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
    transport: 'tcp',
    channelKind: null,
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
    rejectReasons: {},
    lostReasons: {},
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
    preferredPool: null,
    standIn: null,
    lastSwitch: null,
    warningCount: 0,
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
    stratumV2: { address: '192.0.2.10:3336', lanAddresses: ['192.0.2.10'], authorityKey: OWN_KEY },
    stratumWs: null,
    certificate: {
      fingerprintSha256:
        '3F:A1:0C:77:5B:E2:94:D8:61:0E:AF:3B:C2:58:97:14:6D:E0:BB:42:F9:8A:13:5C:70:D6:2E:84:91:CB:3A:07',
      notAfter: 2_100_000_000_000,
    },
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
    network: 'mainnet',
    height: 924_518,
    tag: '/Example Pool/',
    previousBlockHash: '00000000000000000001b2f6a1e0c55d3f7a4b90c6fe0db64e2b41f0a9a3c8d7',
    version: 0x20000000,
    versionRollingMask: 0x1fffe000,
    nBits: 0x1701f0cc,
    networkDifficulty: 1.5e14,
    poolDifficulty: 16_384,
    ntime: 1_795_000_000,
    merkleDepth: 12,
    emptyBlock: false,
    coinbaseBytes: 233,
    rewardSats: 315_482_177,
    feesSats: 2_982_177,
    feesUnknownBecause: null,
    transactions: { least: 2049, most: 4096 },
    extranonce: { offset: 44, prefixSize: 8, rollableSize: 8 },
    outputs: [
      {
        valueSats: 315_482_177,
        address: 'bc1qexampleexampleexampleexampleexample00',
        scriptHex: '0014' + '00'.repeat(20),
        kind: 'payout',
      },
      {
        valueSats: 0,
        address: null,
        scriptHex: '6a24aa21a9ed' + '00'.repeat(32),
        kind: 'witness-commitment',
      },
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

export function pretendRouting(given: Partial<Routing> = {}): Routing {
  return {
    rigs: [],
    groups: [],
    split: [],
    failover: { enabled: true, returnAfterMinutes: 5 },
    ...given,
  }
}

export function pretendPresets(): PoolPreset[] {
  return [
    {
      id: 'copper-ridge',
      name: 'Copper Ridge',
      url: `stratum2+tcp://v2.copper-ridge.example.com:3336/${KEY}`,
      fallbackUrl: 'stratum+ssl://stratum.copper-ridge.example.com:443',
      payout: 'pool',
      identityHint: 'Your account name there, a dot, and any name for this place: account.farm',
      lines: 'shared',
      notes: [
        'Pays by account, every day from 5,000 sats.',
        'Takes Stratum V2 with one line for all rigs only: with one per rig it rejects shares.',
      ],
    },
    {
      id: 'lone-pick',
      name: 'Lone Pick',
      url: `stratum2+tcp://solo.lone-pick.example.net:3336/${KEY}`,
      fallbackUrl: 'stratum+tcp://solo.lone-pick.example.net:3333',
      payout: 'solo',
      identityHint: 'Your Bitcoin address. A block that you find is paid to it.',
      lines: 'per-rig',
      notes: ['Solo: nothing until you find a block, then the whole reward less 2 %.'],
    },
    {
      id: 'open-seam',
      name: 'Open Seam',
      url: `stratum2+tcp://open-seam.example.org:3333/${KEY}`,
      fallbackUrl: null,
      payout: 'solo',
      identityHint: 'Your Bitcoin address, a dot, and any name.',
      lines: 'shared',
      notes: ['Solo and without a fee.', 'Its Stratum V2 side is young: keep another pool below it.'],
    },
    {
      id: 'proving-ground',
      name: 'Proving Ground',
      url: `stratum2+tcp://proving.example.org:43333/${KEY}`,
      fallbackUrl: null,
      payout: 'test',
      identityHint: 'Any name: nothing is paid.',
      lines: 'shared',
      notes: ['A test network: for trying Stratum V2, and nothing is ever paid.'],
    },
  ]
}

/** A connection test that went well, over Stratum V2. */
export function pretendTest(given: Partial<PoolTest> = {}): PoolTest {
  return {
    ok: true,
    done: true,
    steps: [
      { step: 'address', ok: true, tookMs: 0.3, detail: 'Stratum V2 over TCP, port 3336' },
      { step: 'dns', ok: true, tookMs: 3.1, detail: '192.0.2.55, 2001:db8::55' },
      { step: 'tcp', ok: true, tookMs: 18.4, detail: 'Connected to 192.0.2.55' },
      { step: 'noise', ok: true, tookMs: 22.9, detail: 'The pool proved its authority key' },
      { step: 'setup', ok: true, tookMs: 19.2, detail: 'Stratum V2, version 2' },
      { step: 'channel', ok: true, tookMs: 31.2, detail: 'Signed in; extranonce of 8 + 8 bytes' },
      { step: 'job', ok: true, tookMs: 45.6, detail: 'Height 924,518, 12 branches' },
    ],
    problem: null,
    ...given,
  }
}
