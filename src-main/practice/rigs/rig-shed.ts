/** All practice rigs and the one hasher they share. */
import { type Clock, type Entropy, type Logger } from '../../base/index.ts'
import { type NetLoop } from '../../net/index.ts'
import { PRACTICE_RIGS, type RigFamily } from './families.ts'
import { type HashingLink, type OpenHashing } from './hashing-link.ts'
import { type HashingReport } from './hashing.ts'
import { PracticeRig, type RigCounts, type RigPlaces, type RigView } from './rig.ts'

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
  readonly #hashing: HashingLink
  readonly #rigs: readonly PracticeRig[]

  constructor(options: RigShedOptions) {
    const { openHashing, families = PRACTICE_RIGS } = options
    this.#hashing = openHashing((report) => this.#onReport(report))
    this.#rigs = families.map(
      (family, index) =>
        new PracticeRig({ ...options, family, index, command: (command) => this.#hashing.send(command) }),
    )
  }

  get views(): readonly RigView[] {
    return this.#rigs.map((rig) => rig.view)
  }

  get counts(): readonly RigCounts[] {
    return this.#rigs.map((rig) => rig.counts)
  }

  start(): void {
    for (const rig of this.#rigs) rig.start()
  }

  /** Switches all rigs off, then the hasher. */
  async stop(): Promise<void> {
    for (const rig of this.#rigs) rig.stop()
    await this.#hashing.stop()
  }

  #onReport({ finds, hashes }: HashingReport): void {
    for (const { rig, count } of hashes) this.#rigs[rig]?.onHashes(count)
    for (const find of finds) this.#rigs[find.rig]?.onFind(find)
  }
}
