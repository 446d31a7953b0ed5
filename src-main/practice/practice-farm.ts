/**
 * The practice farm: a chain, two pools on it and rigs, out of thin air, over real sockets on this machine.
 * What the program sees of it is what it would see of the real ones. Governed by the design, "Practice farm".
 *
 * It starts in two steps, since pools must listen before the proxy dials them, and the proxy before rigs can.
 */
import { type Clock, type Entropy, HeadframeError, type Logger } from '../base/index.ts'
import { difficultyOfHashrate } from '../mining/index.ts'
import { createNetLoop, formatHostPort, type HostPort, type NetLoop } from '../net/index.ts'
import { type AuthorityKeyPair, formatAuthorityKey, generateAuthorityKeyPair } from '../sv2/index.ts'
import { PracticeChain } from './chain.ts'
import { Neighbourhood, type NeighbourhoodOptions, type RunningMachine } from './neighbourhood.ts'
import { PoolCore } from './pool-core.ts'
import { hashingInProcess, type OpenHashing } from './rigs/hashing-link.ts'
import { PRACTICE_RIGS, type RigFamily } from './rigs/families.ts'
import { RigShed } from './rigs/rig-shed.ts'
import { type RigCounts, type RigPlaces, type RigView } from './rigs/rig.ts'
import { type ShareTallyView } from './share-tally.ts'
import { startSv1Server } from './sv1-server.ts'
import { type PoolServer, startSv2Server } from './sv2-server.ts'

/** What a person can make happen. */
export type PracticeEvent = 'find-block' | 'change-tip' | 'change-difficulty' | 'lose-pool' | 'restore-pool'

/** JSON-safe. */
export interface PracticeState {
  /** Of the tip. */
  chainHeight: number
  networkDifficulty: number
  pools: { name: string; protocol: 'stratum-v1' | 'stratum-v2'; listening: boolean }[]
  rigs: { name: string; model: string; connected: boolean; hashrateHs: number }[]
}

/** What settings are seeded with. */
export interface PracticePool {
  readonly id: 'practice-sv2' | 'practice-sv1'
  readonly name: string
  readonly url: string
  readonly userIdentity: string
  readonly protocol: 'stratum-v1' | 'stratum-v2'
  readonly port: number
}

export interface PracticeFarmOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Kept from an earlier run, so that the pool is recognised; a new one if absent. */
  readonly authority?: AuthorityKeyPair
  /** Ports of an earlier run, so that stored URLs stay good. One that is taken is replaced by a free one. */
  readonly preferredPorts?: { readonly stratumV2?: number; readonly stratumV1?: number }
  /** Bytes of extranonce that the pools grant; 8 each if absent. */
  readonly rollableSize?: { readonly stratumV2?: number; readonly stratumV1?: number }
  /** Where rigs hash; in this thread if absent. */
  readonly openHashing?: OpenHashing
  readonly rigs?: readonly RigFamily[]
  /** See `PracticeChainOptions.difficulty`. */
  readonly networkDifficulty?: number
  /** How long `find-block` waits. */
  readonly findBlockTimeoutMs?: number
  /** Firmware for the rigs, and neighbours that mine elsewhere at first; none if absent. */
  readonly neighbours?: NeighbourhoodOptions
}

export interface PracticeFarm {
  /** In order of priority. */
  readonly pools: readonly PracticePool[]
  readonly authority: AuthorityKeyPair
  /** Switches the rigs on; they connect, and come back, on their own. Once per farm. */
  startRigs(places: RigPlaces): void
  stopRigs(): Promise<void>
  /**
   * What a scan has to be told to find the machines that answer. One list for the life of the farm, which grows as they
   * come to listen; empty without neighbours.
   */
  readonly scanTargets: readonly string[]
  /** Those that answer, as soon as they listen. */
  readonly machines: readonly RunningMachine[]
  state(): PracticeState
  /**
   * Makes something happen; resolves with the state afterwards.
   * @throws HeadframeError `practice/no-block` if no rig found one in time, `listen/…` if the pool's port is gone
   */
  trigger(event: PracticeEvent): Promise<PracticeState>
  /** What each pool counted, by its id, and each rig, in the order of `state().rigs`. */
  readonly counts: {
    readonly pools: Readonly<Record<PracticePool['id'], ShareTallyView>>
    readonly rigs: readonly RigCounts[]
  }
  /** Stops rigs, pools and chain. Harmless when repeated. */
  stop(): Promise<void>
}

const LOOPBACK = '127.0.0.1'
const FIND_BLOCK_TIMEOUT_MS = 60_000
/** While one is asked for: the mean wait is three seconds. */
const EASED_BLOCKS_PER_MINUTE = 20
const DIFFICULTY_CHANGE = 1.6

/**
 * Starts the chain and both pools.
 * @throws HeadframeError `listen/…` if no port can be had at all
 */
export async function startPracticePools(options: PracticeFarmOptions): Promise<PracticeFarm> {
  const farm = new Farm(options)
  try {
    await farm.startPools()
  } catch (error) {
    await farm.stop()
    throw error
  }
  return farm
}

/** The whole farm at once, for a proxy that listens already. */
export async function startPracticeFarm(
  options: PracticeFarmOptions & { readonly places: RigPlaces },
): Promise<PracticeFarm> {
  const farm = await startPracticePools(options)
  farm.startRigs(options.places)
  return farm
}

class Farm implements PracticeFarm {
  readonly authority: AuthorityKeyPair
  readonly scanTargets: string[] = []
  readonly #options: PracticeFarmOptions
  readonly #loop: NetLoop
  readonly #chain: PracticeChain
  readonly #sv2: PoolCore
  readonly #sv1: PoolCore
  #sv2Server: PoolServer | null = null
  #sv1Server: PoolServer | null = null
  /** Where the SV2 pool was first, to come back there. */
  #sv2Port = 0
  #sv1Port = 0
  #shed: RigShed | null = null
  #neighbourhood: Neighbourhood | null = null
  #harder = true
  /** Ends a `find-block` that waits. */
  #giveUp: ((error: HeadframeError) => void) | null = null
  #findingBlock: Promise<void> | null = null

  constructor(options: PracticeFarmOptions) {
    const { clock, entropy, networkDifficulty } = options
    this.#options = options
    this.authority = options.authority ?? generateAuthorityKeyPair(entropy)
    this.#loop = createNetLoop(clock)
    this.#chain = new PracticeChain({
      clock,
      entropy,
      ...(networkDifficulty === undefined ? {} : { difficulty: networkDifficulty }),
    })
    const core = (scope: string): PoolCore =>
      new PoolCore({ chain: this.#chain, clock, log: options.log.child(scope) })
    this.#sv2 = core('practice-sv2')
    this.#sv1 = core('practice-sv1')
  }

  get pools(): readonly PracticePool[] {
    const userIdentity = 'practice'
    const sv2At = formatHostPort({ host: LOOPBACK, port: this.#sv2Port })
    const sv1At = formatHostPort({ host: LOOPBACK, port: this.#sv1Port })
    return [
      {
        id: 'practice-sv2',
        name: 'Practice pool',
        url: `stratum2+tcp://${sv2At}/${formatAuthorityKey(this.authority.publicKey)}`,
        userIdentity,
        protocol: 'stratum-v2',
        port: this.#sv2Port,
      },
      {
        id: 'practice-sv1',
        name: 'Practice pool, Stratum V1',
        url: `stratum+tcp://${sv1At}`,
        userIdentity,
        protocol: 'stratum-v1',
        port: this.#sv1Port,
      },
    ]
  }

  get counts(): PracticeFarm['counts'] {
    return {
      pools: { 'practice-sv2': this.#sv2.totals, 'practice-sv1': this.#sv1.totals },
      rigs: this.#shed?.counts ?? [],
    }
  }

  async startPools(): Promise<void> {
    const { preferredPorts = {} } = this.#options
    this.#chain.start()
    this.#sv2Server = await listenPreferably(preferredPorts.stratumV2, (port) => this.#listenSv2(port))
    this.#sv2Port = this.#sv2Server.address.port
    this.#sv1Server = await listenPreferably(preferredPorts.stratumV1, (port) => this.#listenSv1(port))
    this.#sv1Port = this.#sv1Server.address.port
  }

  startRigs({ stratum, stratumV2 }: RigPlaces): void {
    if (this.#shed !== null) throw new Error('the practice rigs are started once')
    const { clock, entropy, rigs = PRACTICE_RIGS, neighbours } = this.#options
    const shared = {
      clock,
      entropy,
      log: this.#options.log.child('practice-rigs'),
      loop: this.#loop,
      places: {
        stratum: onThisMachine(stratum),
        stratumV2: stratumV2 && { ...stratumV2, address: onThisMachine(stratumV2.address) },
      },
    }
    const openHashing = this.#options.openHashing ?? hashingInProcess(clock)
    this.#shed = new RigShed({ ...shared, openHashing, families: rigs })
    this.#shed.start()
    if (neighbours === undefined) return
    this.#neighbourhood = new Neighbourhood({
      ...shared,
      ...neighbours,
      rigs,
      shed: this.#shed,
      onListening: (targets) => this.scanTargets.splice(0, Infinity, ...targets),
    })
    void this.#neighbourhood.start()
  }

  async stopRigs(): Promise<void> {
    await this.#neighbourhood?.stop()
    await this.#shed?.stop()
  }

  get machines(): readonly RunningMachine[] {
    return this.#neighbourhood?.machines ?? []
  }

  state(): PracticeState {
    const listening = { 'practice-sv2': this.#sv2Server !== null, 'practice-sv1': this.#sv1Server !== null }
    const rigs: readonly RigView[] =
      this.#shed?.views ??
      (this.#options.rigs ?? PRACTICE_RIGS).map(({ name, model }) => ({
        name,
        model,
        connected: false,
        hashrateHs: 0,
      }))
    return {
      chainHeight: this.#chain.height,
      networkDifficulty: this.#chain.networkDifficulty,
      pools: this.pools.map(({ id, name, protocol }) => ({ name, protocol, listening: listening[id] })),
      rigs: rigs.map((rig) => ({ ...rig })),
    }
  }

  async trigger(event: PracticeEvent): Promise<PracticeState> {
    switch (event) {
      case 'find-block':
        // Asked for twice, it is still one block that is waited for.
        await (this.#findingBlock ??= this.#findBlock().finally(() => (this.#findingBlock = null)))
        break
      case 'change-tip':
        this.#chain.foreignBlock()
        break
      case 'change-difficulty':
        this.#chain.changeDifficulty(this.#harder ? DIFFICULTY_CHANGE : 1 / DIFFICULTY_CHANGE)
        this.#harder = !this.#harder
        break
      case 'lose-pool': {
        const server = this.#sv2Server
        this.#sv2Server = null
        await server?.stop('the practice pool was lost')
        break
      }
      case 'restore-pool':
        this.#sv2Server ??= await this.#listenSv2(this.#sv2Port)
    }
    return this.state()
  }

  async stop(): Promise<void> {
    this.#giveUp?.(new HeadframeError('practice/stopping', 'The practice farm is stopping.'))
    await this.stopRigs()
    const servers = [this.#sv2Server, this.#sv1Server]
    this.#sv2Server = null
    this.#sv1Server = null
    await Promise.all(servers.map((server) => server?.stop('the practice farm is stopping')))
    this.#chain.stop()
  }

  /** Waits for a block of ours, hashed by a rig and sent through whatever is in between. */
  #findBlock(): Promise<void> {
    const { clock, rigs = PRACTICE_RIGS, findBlockTimeoutMs = FIND_BLOCK_TIMEOUT_MS } = this.#options
    const totalHs = rigs.reduce((sum, { hashrateHs }) => sum + hashrateHs, 0)
    const eased = difficultyOfHashrate(totalHs, EASED_BLOCKS_PER_MINUTE)
    return new Promise<void>((resolve, reject) => {
      const done = (): void => {
        unsubscribe()
        timer.cancel()
        this.#giveUp = null
      }
      const unsubscribe = this.#chain.blocks.on((block) => {
        if (block.foundBy === null) return this.#chain.easeUntilBlock(eased)
        done()
        resolve()
      })
      const timer = clock.after(findBlockTimeoutMs, () =>
        this.#giveUp?.(
          new HeadframeError(
            'practice/no-block',
            `No practice rig found a block within ${findBlockTimeoutMs / 1000} s. Check that rigs are connected and that a practice pool is active.`,
          ),
        ),
      )
      this.#giveUp = (error) => {
        done()
        this.#chain.endEase()
        reject(error)
      }
      this.#chain.easeUntilBlock(eased)
    })
  }

  #listenSv2(port: number): Promise<PoolServer> {
    const { entropy, log, rollableSize } = this.#options
    return startSv2Server({
      pool: this.#sv2,
      authority: this.authority,
      entropy,
      log: log.child('practice-sv2'),
      loop: this.#loop,
      listenAt: { host: LOOPBACK, port },
      ...(rollableSize?.stratumV2 === undefined ? {} : { rollableSize: rollableSize.stratumV2 }),
    })
  }

  #listenSv1(port: number): Promise<PoolServer> {
    const { log, rollableSize } = this.#options
    return startSv1Server({
      pool: this.#sv1,
      log: log.child('practice-sv1'),
      loop: this.#loop,
      listenAt: { host: LOOPBACK, port },
      ...(rollableSize?.stratumV1 === undefined ? {} : { extranonce2Size: rollableSize.stratumV1 }),
    })
  }
}

/** A proxy on all addresses is reached on this machine's own. */
function onThisMachine({ host, port }: HostPort): HostPort {
  return { host: host === '0.0.0.0' || host === '::' ? LOOPBACK : host, port }
}

async function listenPreferably(
  port: number | undefined,
  listenOn: (port: number) => Promise<PoolServer>,
): Promise<PoolServer> {
  if (port !== undefined && port !== 0) {
    try {
      return await listenOn(port)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
    }
  }
  return listenOn(0)
}
