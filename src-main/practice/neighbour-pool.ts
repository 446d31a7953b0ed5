/**
 * Where the neighbours of the practice farm mine at first: a pool that is nobody's of this program, on a chain of its own
 * that is so hard that no block is found by chance.
 */
import { type Clock, type Entropy, type Logger } from '../base/index.ts'
import { formatHostPort, type NetLoop } from '../net/index.ts'
import { PracticeChain } from './chain.ts'
import { type DifficultyPolicy, PRACTICE_DIFFICULTY } from './pool-account.ts'
import { PoolCore } from './pool-core.ts'
import { startSv1Server } from './sv1-server.ts'

export interface NeighbourPool {
  readonly url: string
  /** Harmless when repeated. */
  stop(): Promise<void>
}

export interface NeighbourPoolOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly loop: NetLoop
}

/** At 100 kH/s: a block in a thousand years. */
const NETWORK_DIFFICULTY = 1e9

/** At 3 kH/s: a share in three seconds to begin with, so that a rig that is sent back here soon proves it. */
const DIFFICULTY: DifficultyPolicy = {
  ...PRACTICE_DIFFICULTY,
  startDifficulty: 2e-6,
  minDifficulty: 1e-6,
  maxStartDifficulty: 2e-6,
}

/** @throws HeadframeError `listen/…` if no port can be had */
export async function startNeighbourPool(options: NeighbourPoolOptions): Promise<NeighbourPool> {
  const { clock, entropy, log, loop } = options
  const chain = new PracticeChain({ clock, entropy, difficulty: NETWORK_DIFFICULTY })
  const pool = new PoolCore({ chain, clock, log, difficulty: DIFFICULTY })
  chain.start()
  const server = await startSv1Server({ pool, log, loop, listenAt: { host: '127.0.0.1', port: 0 } })
  return {
    url: `stratum+tcp://${formatHostPort(server.address)}`,
    async stop() {
      await server.stop('the practice farm is stopping')
      chain.stop()
    },
  }
}
