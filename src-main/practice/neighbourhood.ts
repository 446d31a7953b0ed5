/**
 * The machines of the practice farm that answer like their firmware: those that mine here, and the neighbours, which mine
 * elsewhere until somebody writes other pools to them. Each listens at a port of its own of this machine, all of its
 * protocols behind it; what it is told takes effect on what it really hashes.
 */
import { type Clock, type Entropy, errorText, HeadframeError, type Logger } from '../base/index.ts'
import { formatHostPort, type NetLoop, parseHostPort } from '../net/index.ts'
import { formatAuthorityKey, parseAuthorityKey } from '../sv2/index.ts'
import { startFirmware, type RunningFirmware } from './firmware/firmware-host.ts'
import { joinPoolUrl, splitPoolUrl } from './firmware/pool-parts.ts'
import { type BodyPool, RigBody } from './firmware/rig-body.ts'
import { type NeighbourPool, startNeighbourPool } from './neighbour-pool.ts'
import { type RigFamily } from './rigs/families.ts'
import { FIRMWARE_OF_RIGS, type FirmwareOf, type Neighbour, NEIGHBOURS } from './rigs/neighbours.ts'
import { type RigShed } from './rigs/rig-shed.ts'
import { placeOf, type PracticeRig, type RigPlace, type RigPlaces } from './rigs/rig.ts'

export interface NeighbourhoodOptions {
  /** The first free ports from here on, so that one stretch has them all; 0 for any. */
  readonly firstPort: number
  /** All of them if absent. */
  readonly neighbours?: readonly Neighbour[]
}

export interface NeighbourhoodParts extends NeighbourhoodOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly loop: NetLoop
  readonly shed: RigShed
  /** Those of the shed. */
  readonly rigs: readonly RigFamily[]
  readonly places: RigPlaces
  /** One more listens. `targets` are all of them for a scan: addresses with ports, in a row where they are. */
  onListening(targets: readonly string[]): void
}

/** A machine as it runs. */
export interface RunningMachine {
  readonly body: RigBody
  readonly family: string
  readonly port: number
}

const LOOPBACK = '127.0.0.1'
/** Several practice farms on one machine take a stretch each. */
const MOST_TAKEN_PORTS = 500

export class Neighbourhood {
  readonly #parts: NeighbourhoodParts
  readonly #machines: RunningMachine[] = []
  readonly #running: RunningFirmware[] = []
  #pool: NeighbourPool | null = null
  #stopped = false
  #starting: Promise<void> | null = null

  constructor(parts: NeighbourhoodParts) {
    this.#parts = parts
  }

  get machines(): readonly RunningMachine[] {
    return this.#machines
  }

  /** Switches all of them on, one after the other. Resolves when all listen; never rejects. */
  start(): Promise<void> {
    return (this.#starting ??= this.#start().catch((error: unknown) => {
      this.#parts.log.error('the practice neighbours did not start', { error: errorText(error) })
    }))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#starting
    for (const { body } of this.#machines) body.stop()
    await Promise.all(this.#running.map((firmware) => firmware.stop()))
    await this.#pool?.stop()
  }

  async #start(): Promise<void> {
    const { shed, rigs, places, neighbours = NEIGHBOURS } = this.#parts
    const ports = this.#ports()
    for (const family of rigs) {
      const rig = shed.find(family.name)
      const firmware = FIRMWARE_OF_RIGS[family.name]?.(family.hashrateHs)
      if (rig === null || firmware === undefined) continue
      await this.#switchOn(firmware, rig, [poolAt(placeOf(family, places))], ports)
    }
    if (neighbours.length === 0) return
    this.#pool = await startNeighbourPool(this.#parts)
    for (const { rig: family, ...firmware } of neighbours) {
      if (this.#stopped) return
      const pool = { url: this.#pool.url, user: family.name, password: 'x' }
      await this.#switchOn(firmware, shed.add(family), [pool], ports)
    }
  }

  async #switchOn(
    { blueprint, boot }: FirmwareOf,
    rig: PracticeRig,
    pools: readonly BodyPool[],
    ports: Iterator<number, number>,
  ): Promise<void> {
    if (this.#stopped) return
    const { clock, entropy, log } = this.#parts
    const body = new RigBody({
      blueprint,
      clock,
      entropy,
      pools,
      measures: measuresOf(rig),
      hooks: {
        onMine: (pool) => rig.mineAt(pool === null ? null : placeAt(pool, log)),
      },
    })
    const firmware = boot(body)
    const running = await listenAtNext(ports, (port) =>
      startFirmware({ firmware, body, at: { host: LOOPBACK, port } }),
    )
    this.#running.push(running)
    this.#machines.push({ body, family: firmware.family, port: running.address.port ?? 0 })
    const ranges = portRanges(this.#machines.map(({ port }) => port))
    this.#parts.onListening(ranges.map((range) => `${LOOPBACK}:${range}`))
    body.start()
  }

  *#ports(): Generator<number, number> {
    const { firstPort } = this.#parts
    for (let port = firstPort; firstPort !== 0 && port < 65_536; port++) yield port
    for (;;) yield 0
  }
}

/** What it really does; stale shares are among the rejected ones. */
function measuresOf(rig: PracticeRig): ConstructorParameters<typeof RigBody>[0]['measures'] {
  return {
    hashrateHs: () => rig.view.hashrateHs,
    counts: () => {
      const { accepted, rejected, lastAcceptedAtMs, bestDifficulty, difficulty } = rig.tally
      return { accepted, rejected, stale: 0, lastShareAtMs: lastAcceptedAtMs, bestDifficulty, difficulty }
    },
    poolAlive: () => rig.view.connected,
  }
}

/** A place as a person would have entered it. */
function poolAt({ address, authorityKey, user, password }: RigPlace): BodyPool {
  const key = authorityKey === null ? '' : formatAuthorityKey(authorityKey)
  return {
    url: joinPoolUrl({ ...address, sv2: authorityKey !== null, tls: false, authorityKey: key }),
    user,
    password,
  }
}

/** Null for a pool that a practice rig cannot work for: over TLS, without a key, without a place. */
function placeAt({ url, user, password }: BodyPool, log: Logger): RigPlace | null {
  const { host, port, sv2, tls, authorityKey } = splitPoolUrl(url)
  const address = parseHostPort(formatHostPort({ host, port }))
  const key = sv2 ? parseAuthorityKey(authorityKey) : null
  if (tls || !address.ok || key?.ok === false) {
    log.debug('a practice rig cannot mine there', { url })
    return null
  }
  return { address: address.value, authorityKey: key === null ? null : key.value, user, password }
}

/** `[4960, 4961, 4963]` as `['4960-4961', '4963']`. */
function portRanges(ports: readonly number[]): string[] {
  const ranges: { first: number; last: number }[] = []
  for (const port of [...ports].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range?.last === port - 1) range.last = port
    else ranges.push({ first: port, last: port })
  }
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`))
}

/** At the next port that is free; at any one when there is none for long. */
async function listenAtNext(
  ports: Iterator<number, number>,
  listenOn: (port: number) => Promise<RunningFirmware>,
): Promise<RunningFirmware> {
  for (let tries = 0; tries < MOST_TAKEN_PORTS; tries++) {
    const port = ports.next().value
    try {
      return await listenOn(port)
    } catch (error) {
      if (!(error instanceof HeadframeError) || port === 0) throw error
    }
  }
  return listenOn(0)
}
