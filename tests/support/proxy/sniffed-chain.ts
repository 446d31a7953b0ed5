/**
 * Real roles in a row with sniffers between them: rigs, the proxy, practice pools. All of them live by the clock of
 * the harness, which a test moves by hand.
 */
import { onTestFinished } from 'vitest'
import { silentLogger, systemEntropy } from '../../../src-main/base/index.ts'
import { createNetLoop } from '../../../src-main/net/index.ts'
import {
  type DifficultyPolicy,
  PoolCore,
  type PoolServer,
  PRACTICE_DIFFICULTY,
  PracticeChain,
  startSv1Server,
  startSv2Server,
} from '../../../src-main/practice/index.ts'
import { type PoolConfig } from '../../../src-main/proxy/index.ts'
import { generateAuthorityKeyPair } from '../../../src-main/sv2/index.ts'
import { type ProxyHarness } from './proxy-harness.ts'
import { sniffSv1, type Sv1Sniffer } from './sniffer-sv1.ts'
import { sniffSv2, type Sv2Sniffer } from './sniffer-sv2.ts'

/** A share in some four hundred hashes, and no wish to change that. */
export const SNIFFED_DIFFICULTY: DifficultyPolicy = {
  ...PRACTICE_DIFFICULTY,
  startDifficulty: 1e-7,
  minDifficulty: 1e-7,
  maxStartDifficulty: 1e-7,
  sharesPerMinute: 600_000,
}

export interface SniffedPool<S> {
  readonly sniffer: S
  readonly chain: PracticeChain
  readonly core: PoolCore
  readonly server: PoolServer
  /** With which the proxy reaches it, through the sniffer. */
  readonly config: PoolConfig
}

function poolParts(harness: ProxyHarness): { chain: PracticeChain; core: PoolCore } {
  const { clock } = harness
  const chain = new PracticeChain({ clock, entropy: systemEntropy, difficulty: 1 })
  chain.start()
  onTestFinished(() => chain.stop())
  const core = new PoolCore({ chain, clock, log: silentLogger, difficulty: SNIFFED_DIFFICULTY })
  return { chain, core }
}

const AT = { host: '127.0.0.1', port: 0 }

function configFor(id: string, endpoint: PoolConfig['endpoint']): PoolConfig {
  return {
    id,
    name: `The ${id}`,
    endpoint,
    userIdentity: 'farm.worker',
    password: '',
    enabled: true,
    versionRollingMask: 0x1fffe000,
    knownRollableSize: 8,
    lines: 'shared',
    namesRigs: false,
    fallback: null,
    mayMoveTo: 'same-host',
    listens: false,
    payoutAddress: null,
  }
}

/** A practice pool of V2 behind a sniffer; both stop when the test is over. */
export async function sniffedSv2Pool(harness: ProxyHarness, id: string): Promise<SniffedPool<Sv2Sniffer>> {
  const { clock } = harness
  const { chain, core } = poolParts(harness)
  const authority = generateAuthorityKeyPair(systemEntropy)
  const server = await startSv2Server({
    pool: core,
    authority,
    entropy: systemEntropy,
    log: silentLogger,
    loop: createNetLoop(clock),
    listenAt: AT,
  })
  onTestFinished(() => server.stop('the test is over'))
  const sniffer = await sniffSv2({
    upstreamPort: server.address.port,
    upstreamKey: authority.publicKey,
    nowMs: () => clock.nowMs(),
  })
  const place = { host: '127.0.0.1', port: sniffer.wire.port, path: '' }
  const config = configFor(id, {
    protocol: 'stratum-v2',
    transport: 'tcp',
    ...place,
    authorityKey: sniffer.authority.publicKey,
  })
  return { sniffer, chain, core, server, config }
}

/** A practice pool of V1 behind a sniffer; both stop when the test is over. */
export async function sniffedSv1Pool(harness: ProxyHarness, id: string): Promise<SniffedPool<Sv1Sniffer>> {
  const { chain, core } = poolParts(harness)
  const loop = createNetLoop(harness.clock)
  const server = await startSv1Server({ pool: core, log: silentLogger, loop, listenAt: AT })
  onTestFinished(() => server.stop('the test is over'))
  const sniffer = await sniffSv1(server.address.port)
  const place = { host: '127.0.0.1', port: sniffer.wire.port, path: '' }
  return {
    sniffer,
    chain,
    core,
    server,
    config: configFor(id, { protocol: 'stratum-v1', transport: 'tcp', ...place }),
  }
}

/** A sniffer before the proxy's own door for V2 rigs. */
export function sniffProxySv2(harness: ProxyHarness): Promise<Sv2Sniffer> {
  return sniffSv2({
    upstreamPort: harness.sv2Port,
    upstreamKey: harness.authority.publicKey,
    nowMs: () => harness.clock.nowMs(),
  })
}

/** A sniffer before the proxy's own door for V1 rigs. */
export function sniffProxySv1(harness: ProxyHarness): Promise<Sv1Sniffer> {
  return sniffSv1(harness.port)
}
