/**
 * Our side of Stratum V2 toward rigs, as foreign rigs of interop tests meet it. Two of our parts serve rigs, and
 * share little but the wire: the practice farm's pool, and the proxy, which stands here before that very pool.
 */
import { createLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { createNetLoop } from '../../src-main/net/index.ts'
import { PoolCore, type PoolServer, PracticeChain, startSv2Server } from '../../src-main/practice/index.ts'
import { identityHolds } from '../../src-main/proxy/index.ts'
import { formatAuthorityKey, generateAuthorityKeyPair } from '../../src-main/sv2/index.ts'
import { InteropProxy, interopPool, overSv2 } from './interop-proxy.ts'

export interface OurSv2Server {
  readonly port: number
  /** As a rig's configuration wants it. */
  readonly authorityKeyText: string
  /** Channels that are open. */
  readonly channels: number
  /** Shares it called good. */
  readonly accepted: number
  /** How many shares it refused, by reason. */
  readonly refusals: Readonly<Record<string, number>>
  /** Blocks that shares turned out to be. */
  readonly blocks: number
  /** What is wrong with its books; null if nothing. */
  readonly disorder: string | null
  /** What happened, for a failure's report. */
  readonly log: string
  /** Somebody else found a block. */
  newTip(): void
  /** Makes a block likely, until one is found. */
  easeUntilBlock(): void
  stop(): Promise<void>
}

/** Transactions change that often. */
const TEMPLATE_PERIOD_MS = 3000
/** So hard that a share is no block by chance. */
const NETWORK_DIFFICULTY = 1

interface PracticePool {
  readonly chain: PracticeChain
  readonly pool: PoolCore
  readonly server: PoolServer
  /** x-only, 32 bytes. */
  readonly authorityKey: Uint8Array
  readonly log: () => string
  stop(): Promise<void>
}

async function startPracticePool(): Promise<PracticePool> {
  const lines: string[] = []
  const log = createLogger((level, scope, message, fields) => {
    lines.push(`${level} ${scope} ${message} ${JSON.stringify(fields)}`)
  })
  const authority = generateAuthorityKeyPair(systemEntropy)
  const chain = new PracticeChain({
    clock: systemClock,
    entropy: systemEntropy,
    templatePeriodMs: TEMPLATE_PERIOD_MS,
    difficulty: NETWORK_DIFFICULTY,
  })
  chain.start()
  const pool = new PoolCore({ chain, clock: systemClock, log })
  const server = await startSv2Server({
    pool,
    authority,
    entropy: systemEntropy,
    log,
    loop: createNetLoop(systemClock),
    listenAt: { host: '127.0.0.1', port: 0 },
  })
  return {
    chain,
    pool,
    server,
    authorityKey: authority.publicKey,
    log: () => [...lines, JSON.stringify(pool.totals)].join('\n'),
    async stop() {
      chain.stop()
      await server.stop('the test is over')
    },
  }
}

/** The practice farm's pool. */
async function startPracticeServer(): Promise<OurSv2Server> {
  const { chain, pool, server, authorityKey, log, stop } = await startPracticePool()
  return {
    port: server.address.port,
    authorityKeyText: formatAuthorityKey(authorityKey),
    get channels() {
      return pool.accountCount
    },
    get accepted() {
      return pool.totals.accepted
    },
    get refusals() {
      return pool.totals.rejectReasons
    },
    get blocks() {
      return pool.totals.blocks
    },
    disorder: null,
    get log() {
      return log()
    },
    newTip: () => chain.foreignBlock(),
    easeUntilBlock: () => chain.easeUntilBlock(),
    stop,
  }
}

/** The proxy, on one channel of the practice farm's pool. */
async function startProxyServer(): Promise<OurSv2Server> {
  const upstream = await startPracticePool()
  const { chain, pool } = upstream
  const authority = generateAuthorityKeyPair(systemEntropy)
  const proxy = await InteropProxy.start(
    [interopPool('practice', overSv2(upstream.server.address.port, upstream.authorityKey))],
    { stratum: null, stratumV2: { host: '127.0.0.1', port: 0 }, authority },
  )
  await proxy.waitFor('the proxy to have a job', () => proxy.engine.currentJob() !== null)
  const report = (): InteropProxy['report'] => (proxy.report = proxy.engine.report())
  return {
    port: proxy.engine.stratumV2Address!.port,
    authorityKeyText: formatAuthorityKey(authority.publicKey),
    get channels() {
      return report().onlineCount
    },
    get accepted() {
      return report().counts.valid
    },
    get refusals() {
      const { counts, pools } = report()
      const { stale, duplicate, invalid } = counts
      // In the pool's words: a share may be good here and late there, when the tip changed on its way.
      const refusals: Record<string, number> = { ...pools[0]!.rejectReasons }
      for (const [reason, count] of Object.entries({
        'stale-share': stale,
        'duplicate-share': duplicate,
        invalid,
      })) {
        if (count > 0) refusals[reason] = (refusals[reason] ?? 0) + count
      }
      return refusals
    },
    get blocks() {
      return pool.totals.blocks
    },
    get disorder() {
      const { counts } = report()
      if (!identityHolds(counts)) return `the books do not balance: ${JSON.stringify(counts)}`
      if (counts.lost > 0) return `${counts.lost} shares were lost`
      return null
    },
    get log() {
      const said = { report: report(), faults: proxy.engine.stratumV2Faults }
      return `${JSON.stringify(said, undefined, 1)}\n--- of the pool before it ---\n${upstream.log()}`
    },
    newTip: () => chain.foreignBlock(),
    easeUntilBlock: () => chain.easeUntilBlock(),
    async stop() {
      await proxy.stop()
      await upstream.stop()
    },
  }
}

/** For `describe.each`: what it is, and how it is started. */
export const OUR_SV2_SERVERS = [
  { name: "the practice farm's pool", start: startPracticeServer },
  { name: 'the proxy', start: startProxyServer },
] as const
