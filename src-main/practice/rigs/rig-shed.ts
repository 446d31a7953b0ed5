/** All practice rigs and the one hasher they share. */
import { type Clock, type Entropy, type Logger } from '../../base/index.ts'
import { type NetLoop } from '../../net/index.ts'
import { PRACTICE_RIGS, type RigFamily } from './families.ts'
import { type HashingLink, type OpenHashing } from './hashing-link.ts'
import { type HashingCommand, type HashingReport } from './hashing.ts'
import { placeOf, PracticeRig, type RigCounts, type RigPlace, type RigPlaces, type RigView } from './rig.ts'

export interface RigShedOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly loop: NetLoop
  readonly places: RigPlaces
  readonly openHashing: OpenHashing
  readonly families?: readonly RigFamily[]
}

export class RigShed {
  readonly #options: RigShedOptions
  readonly #hashing: HashingLink
  /** By their number at the hasher: those of `families` first, then those that were added. */
  readonly #rigs: PracticeRig[]
  readonly #ownCount: number

  constructor(options: RigShedOptions) {
    const { openHashing, families = PRACTICE_RIGS, places } = options
    this.#options = options
    this.#hashing = openHashing((report) => this.#onReport(report))
    this.#rigs = families.map((family, index) => this.#build(family, index, placeOf(family, places)))
    this.#ownCount = families.length
  }

  /** Of `families`; those that were added are their owner's. */
  get views(): readonly RigView[] {
    return this.#rigs.slice(0, this.#ownCount).map((rig) => rig.view)
  }

  /** Of `families`. */
  get counts(): readonly RigCounts[] {
    return this.#rigs.slice(0, this.#ownCount).map((rig) => rig.counts)
  }

  /** One of `families`. */
  find(name: string): PracticeRig | null {
    return this.#rigs.find(({ view }) => view.name === name) ?? null
  }

  /** One more that shares the hasher, switched on and sent nowhere yet. */
  add(family: RigFamily): PracticeRig {
    const rig = this.#build(family, this.#rigs.length, null)
    this.#rigs.push(rig)
    rig.start()
    return rig
  }

  start(): void {
    for (const rig of this.#rigs) rig.start()
  }

  /** Switches all rigs off, then the hasher. */
  async stop(): Promise<void> {
    for (const rig of this.#rigs) rig.stop()
    await this.#hashing.stop()
  }

  #build(family: RigFamily, index: number, place: RigPlace | null): PracticeRig {
    const command = (command: HashingCommand): void => this.#hashing.send(command)
    return new PracticeRig({ ...this.#options, family, index, place, command })
  }

  #onReport({ finds, hashes }: HashingReport): void {
    for (const { rig, count } of hashes) this.#rigs[rig]?.onHashes(count)
    for (const find of finds) this.#rigs[find.rig]?.onFind(find)
  }
}
