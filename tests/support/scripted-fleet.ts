/** A fleet of scripted rigs on a clock that the test moves, with what it keeps in memory. */
import { ManualClock, silentLogger } from '../../src-main/base/index.ts'
import { EMPTY_RIG_BOOK, type RigBookFile } from '../../src-main/fleet/book/rig-book-file.ts'
import { Fleet } from '../../src-main/fleet/fleet.ts'
import { type RigFind } from '../../src-main/fleet/book/adoption.ts'
import {
  type ConfiguredPool,
  type DownstreamSeen,
  type FleetOptions,
  type FleetSecrets,
} from '../../src-main/fleet/ports.ts'
import { type RigFamily } from '../../src-main/fleet/families/family.ts'
import { scriptedFamily, type ScriptedFamilyOptions, scriptedLink, ScriptedRig } from './scripted-family.ts'

export class MemorySecrets implements FleetSecrets {
  readonly held = new Map<string, string>()
  get(name: string): Promise<string | undefined> {
    return Promise.resolve(this.held.get(name))
  }
  set(name: string, secret: string): Promise<void> {
    this.held.set(name, secret)
    return Promise.resolve()
  }
  delete(name: string): Promise<void> {
    this.held.delete(name)
    return Promise.resolve()
  }
}

export const macOf = (n: number): string => `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`

export class ScriptedFleet {
  readonly clock = new ManualClock()
  readonly rigs = new Map<string, ScriptedRig>()
  readonly secrets = new MemorySecrets()
  readonly pools = new Map<string, ConfiguredPool>()
  /** Addresses where a search does not see what answers. */
  readonly isHiddenFromSearch = new Set<string>()
  downstreams: DownstreamSeen[] = []
  saved: RigBookFile = EMPTY_RIG_BOOK
  readonly family: RigFamily
  readonly options: Partial<FleetOptions>
  fleet: Fleet

  constructor(family: ScriptedFamilyOptions = {}, options: Partial<FleetOptions> = {}) {
    this.family = scriptedFamily(this.rigs, family)
    this.options = options
    this.fleet = this.#make()
  }

  /** Another program over what the last one kept. */
  async restart(): Promise<void> {
    await this.fleet.stop()
    this.fleet = this.#make()
    await this.fleet.start()
  }

  /** A rig at an address, not known yet. */
  place(address: string, n: number): ScriptedRig {
    const rig = new ScriptedRig(this.clock, macOf(n), `rig${String(n)}`)
    this.rigs.set(address, rig)
    return rig
  }

  /** What a scan says of what answers at an address. */
  find(address: string): RigFind {
    const rig = this.rigs.get(address)
    if (!rig) throw new Error(`nobody is at ${address}`)
    const [host = '', port] = address.split(':')
    return {
      kind: 'rig',
      address: { host, port: port === undefined ? null : Number(port) },
      family: this.family.id,
      make: 'Bitaxe',
      model: 'Gamma',
      firmware: 'Scripted',
      firmwareVersion: '1.0',
      mac: rig.mac,
      serial: rig.serial,
      hostname: rig.hostname,
    }
  }

  /** Places, adds and reads rigs 1 to `count` at 192.0.2.1 and up; @returns their ids */
  async populate(count: number): Promise<string[]> {
    const ids: string[] = []
    for (let n = 1; n <= count; n++) {
      const address = `192.0.2.${String(n)}`
      this.place(address, n)
      ids.push((await this.fleet.adopt(this.find(address))).rigId)
    }
    await this.pass(4000)
    return ids
  }

  rigAt(address: string): ScriptedRig {
    const rig = this.rigs.get(address)
    if (!rig) throw new Error(`nobody is at ${address}`)
    return rig
  }

  /** Lets time pass in small steps, with what it sets off. */
  async pass(ms: number, stepMs = 250): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left))
      await this.settle()
    }
  }

  /** Lets what was set off come to rest. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Lets time pass until `work` is done. */
  async until<T>(work: Promise<T>, limitMs = 600_000): Promise<T> {
    let isDone = false
    const watched = work.finally(() => (isDone = true))
    watched.catch(() => undefined)
    for (let passed = 0; !isDone && passed < limitMs; passed += 500) await this.pass(500, 500)
    return watched
  }

  #make(): Fleet {
    return new Fleet({
      clock: this.clock,
      entropy: (length) => new Uint8Array(length).map(() => Math.floor(Math.random() * 256)),
      log: silentLogger,
      families: [this.family],
      openLink: scriptedLink,
      identify: ({ host, port }) => {
        const place = port === null ? host : `${host}:${String(port)}`
        const nobody = { kind: 'other', address: { host, port }, because: 'Nobody answers there.' } as const
        const isSeen = this.rigs.has(place) && !this.isHiddenFromSearch.has(place)
        return Promise.resolve(isSeen ? this.find(place) : nobody)
      },
      store: {
        load: () => Promise.resolve(this.saved),
        save: (file) => {
          this.saved = structuredClone(file)
          return Promise.resolve()
        },
      },
      secrets: this.secrets,
      proxy: {
        downstreams: () => this.downstreams,
        listener: () => ({ host: '0.0.0.0', port: 3333 }),
        ports: () => [3333],
        localAddresses: () => [{ address: '192.0.2.250', prefixBits: 24 }],
        pool: (id) => Promise.resolve(this.pools.get(id) ?? null),
      },
      options: this.options,
    })
  }
}
