/**
 * Our side of Stratum V2 toward rigs, as foreign rigs of interop tests meet it: Noise responder, channels, jobs,
 * verdicts. What serves them is the practice farm's pool on its own chain.
 */
import { createLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { createNetLoop } from '../../src-main/net/index.ts'
import { PoolCore, type PoolServer, PracticeChain, startSv2Server } from '../../src-main/practice/index.ts'
import { formatAuthorityKey, generateAuthorityKeyPair } from '../../src-main/sv2/index.ts'

/** Transactions change that often. */
const TEMPLATE_PERIOD_MS = 3000
/** So hard that a share is no block by chance. */
const NETWORK_DIFFICULTY = 1

export interface OurSv2Server {
  readonly port: number
  /** As a rig's configuration wants it. */
  readonly authorityKeyText: string
  readonly connections: number
  /** Channels that are open. */
  readonly channels: number
  /** Shares it called good. */
  readonly accepted: number
  /** How many shares it refused, by reason. */
  readonly refusals: Readonly<Record<string, number>>
  /** Blocks that shares turned out to be. */
  readonly blocks: number
  /** What happened, for a failure's report. */
  readonly log: string
  /** Somebody else found a block. */
  newTip(): void
  /** Makes a block likely, until one is found. */
  easeUntilBlock(): void
  stop(): Promise<void>
}

export async function startOurSv2Server(): Promise<OurSv2Server> {
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
  const server: PoolServer = await startSv2Server({
    pool,
    authority,
    entropy: systemEntropy,
    log,
    loop: createNetLoop(systemClock),
    listenAt: { host: '127.0.0.1', port: 0 },
  })
  return {
    port: server.address.port,
    authorityKeyText: formatAuthorityKey(authority.publicKey),
    get connections() {
      return server.connectionCount
    },
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
    get log() {
      return [...lines, JSON.stringify(pool.totals)].join('\n')
    },
    newTip: () => chain.foreignBlock(),
    easeUntilBlock: () => chain.easeUntilBlock(),
    async stop() {
      chain.stop()
      await server.stop('the test is over')
    },
  }
}
