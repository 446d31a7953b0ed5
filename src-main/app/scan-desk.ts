/** Searches for rigs as the contract shows them. What a search finds becomes a rig of the fleet at once. */
import {
  type LiveValue,
  type Scan,
  type scanDraft,
  type ScanSuggestion,
  type scanFind,
} from '../../src-preload/contract/index.ts'
import { type z } from 'zod'
import { LiveValueView, type ScanCalls } from '../api/index.ts'
import { type Clock, type Entropy, errorText, HeadframeError, type Logger, toHex } from '../base/index.ts'
import {
  addressText,
  type AdoptionView,
  type CandidateSource,
  type FleetCalls,
  parseTargets,
  type ProbeLinkOpener,
  type RunningScan,
  type ScanFindEvent,
  type ScanProgress,
  startScan,
} from '../fleet/index.ts'

export interface ScanDeskParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly fleet: Pick<FleetCalls, 'adopt' | 'knownAddresses' | 'list'>
  readonly openLink: ProbeLinkOpener
  /** Networks worth a search; asked each time, since networks change. */
  suggestions(): ScanSuggestion[]
  sources(options: { mdns: boolean; reports: boolean }): readonly CandidateSource[]
  /** Beside the private ones, as CIDR. */
  allowedRanges(): readonly string[]
}

/** Searches that can be asked for; older ones are forgotten. */
const SCANS_KEPT = 20
const ID_BYTES = 6

type Find = z.infer<typeof scanFind>

interface Kept {
  readonly running: RunningScan
  readonly view: LiveValueView<Scan>
  /** What became of a find, by its address. */
  readonly adopted: Map<string, AdoptionView | { note: string }>
}

export class ScanDesk implements ScanCalls {
  readonly #parts: ScanDeskParts
  readonly #scans = new Map<string, Kept>()
  /** Finds are added one after another, so that two addresses of one rig are seen to be one. */
  #adopting: Promise<void> = Promise.resolve()

  constructor(parts: ScanDeskParts) {
    this.#parts = parts
  }

  suggestions(): ScanSuggestion[] {
    return this.#parts.suggestions()
  }

  start(draft: z.infer<typeof scanDraft>): Promise<Scan> {
    const { clock, entropy, openLink, fleet } = this.#parts
    const sources = this.#parts.sources(draft)
    const texts = draft.targets.length > 0 ? draft.targets : this.#ownNetworks()
    if (texts.length === 0 && sources.length === 0) {
      throw new HeadframeError(
        'scan/nothing-to-do',
        'This machine has no private network to look in. Write an address or a range, for instance 192.168.1.0/24.',
        { context: { field: 'targets' } },
      )
    }
    const known = fleet.knownAddresses()
    const allowedRanges = this.#parts.allowedRanges()
    const running = startScan({
      targets: parseTargets(texts, { known, allowedRanges }),
      known,
      allowedRanges,
      clock,
      openLink,
      sources,
      listenMs: draft.listenSeconds * 1000,
    })
    const id = `s${toHex(entropy(ID_BYTES))}`
    const adopted: Kept['adopted'] = new Map()
    const show = (): Scan => scanView(id, texts, running.progress, adopted, (rigId) => this.#modelOf(rigId))
    const kept: Kept = { running, view: new LiveValueView(show()), adopted }
    this.#scans.set(id, kept)
    running.onFind((find) => this.#adopt(find, kept, show))
    running.onProgress(() => kept.view.set(show()))
    // The end is the end of adding, too: a find without its rig would be nobody's.
    void running.done.then(() => this.#adopting).then(() => kept.view.set(show()))
    this.#forgetOld()
    return Promise.resolve(kept.view.value)
  }

  get(id: string): Scan {
    return this.#require(id).view.value
  }

  async *follow(id: string, signal?: AbortSignal): AsyncGenerator<LiveValue<Scan>, void, void> {
    yield* this.#require(id).view.follow(signal)
  }

  stop(id: string): Scan {
    const { running, view } = this.#require(id)
    void running.stop()
    return view.value
  }

  /** Ends every search. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#scans.values()].map(({ running }) => running.stop()))
    await this.#adopting
  }

  #adopt({ identified }: ScanFindEvent, { adopted, view }: Kept, show: () => Scan): void {
    if (identified.kind !== 'rig') return
    this.#adopting = this.#adopting.then(async () => {
      try {
        adopted.set(addressText(identified.address), await this.#parts.fleet.adopt(identified))
      } catch (error) {
        this.#parts.log.warn('a find could not be added', { error: errorText(error) })
        adopted.set(addressText(identified.address), { note: errorText(error) })
      }
      view.set(show())
    })
  }

  #ownNetworks(): string[] {
    return this.#parts
      .suggestions()
      .filter(({ preferred }) => preferred)
      .map(({ target }) => target)
  }

  /** Some firmware says its model only to who is logged in, which a search never is. */
  #modelOf(rigId: string): string | null {
    return this.#parts.fleet.list().find(({ id }) => id === rigId)?.model ?? null
  }

  #require(id: string): Kept {
    const kept = this.#scans.get(id)
    if (!kept) throw new HeadframeError('scan/unknown', 'That search is not known any more. Start a new one.')
    return kept
  }

  #forgetOld(): void {
    for (const [id, { running }] of this.#scans) {
      if (this.#scans.size <= SCANS_KEPT) return
      if (running.progress.state !== 'running') this.#scans.delete(id)
    }
  }
}

function scanView(
  id: string,
  targets: string[],
  progress: ScanProgress,
  adopted: Kept['adopted'],
  modelOf: (rigId: string) => string | null,
): Scan {
  const finds = progress.finds.map((find) => findView(find, adopted, modelOf))
  // Until the last find is a rig, more is to come.
  const isAdding = finds.some(
    ({ outcome, rigId, note }) => outcome === 'rig' && rigId === null && note === '',
  )
  return {
    id,
    state: isAdding ? 'running' : progress.state,
    startedAt: progress.startedAtMs,
    endedAt: isAdding ? null : progress.endedAtMs,
    targets,
    total: progress.total,
    tried: progress.tried,
    answered: progress.answered,
    listeningUntil: progress.listeningUntilMs,
    firstRigMs: progress.firstRigMs,
    finds,
    problem: problemOf(progress),
  }
}

function findView(
  { identified, atMs }: ScanFindEvent,
  adopted: Kept['adopted'],
  modelOf: (rigId: string) => string | null,
): Find {
  const address = addressText(identified.address)
  const nothing = { rigId: null, isNew: false, moved: false, model: null, firmware: null }
  if (identified.kind !== 'rig') {
    const make = identified.kind === 'declined' ? identified.make : null
    const { kind: outcome, because: note } = identified
    return { ...nothing, address, outcome, make, firmwareVersion: null, mac: null, note, at: atMs }
  }
  const { make, model, firmware, firmwareVersion, mac } = identified
  const known = adopted.get(address)
  const became = known && 'rigId' in known ? { ...known } : nothing
  return {
    address,
    outcome: 'rig',
    rigId: became.rigId,
    isNew: became.isNew,
    moved: became.moved,
    make,
    model: model ?? (became.rigId === null ? null : modelOf(became.rigId)),
    firmware,
    firmwareVersion,
    mac,
    note: known?.note ?? '',
    at: atMs,
  }
}

/** All that went wrong beside the rest, as one. */
function problemOf({ problems, startedAtMs }: ScanProgress): Scan['problem'] {
  const [first, ...more] = problems
  if (!first) return null
  const others = more.map(({ message }) => ` ${message}`).join('')
  return { code: first.code, message: `${first.message}${others}`, at: startedAtMs }
}
