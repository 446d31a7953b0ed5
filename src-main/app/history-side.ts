/** Everything of the history beside the proxy: its two threads, what feeds it, and what is asked of it. */
import { type Rig, type RigDetail } from '../../src-preload/contract/index.ts'
import { type Clock, DisposalStack, errorText, HeadframeError, type Logger } from '../base/index.ts'
import { type MeterSample, durationWords } from '../earnings/index.ts'
import { type HistoryLocation, type Sample } from '../history/index.ts'
import { type ClockJump } from './clock-watch.ts'
import { EventFeed } from './event-feed.ts'
import { HistoryDesk, type HistoryDeskParts } from './history-desk.ts'
import { HistoryFeed } from './history-feed.ts'
import { type HistoryProcedures, type OpenedSession } from './history-service.ts'
import { historyLocation, KeepingDesk, type KeepingDeskParts } from './keeping-desk.ts'
import { type MoneyBook } from './money-book.ts'
import { type ReaderProcedures, type TaskProgress } from './reading/reader-service.ts'
import { SampleFeed } from './sample-feed.ts'
import { startThread } from './thread-host.ts'
import { type ThreadClient } from './thread-link.ts'

export interface HistorySideParts extends Pick<HistoryDeskParts, 'rigs' | 'meters'> {
  readonly clock: Clock
  readonly log: Logger
  readonly dataDir: string
  readonly location: HistoryLocation
  readonly book: MoneyBook
  readonly poolIds: readonly string[]
  /** Every configured pool. */
  pools(): readonly { readonly id: string; readonly name: string; readonly url: string }[]
  /** The history stopped or resumed taking what happens. */
  onTrouble(problem: string | null): void
  tell: KeepingDeskParts['tell']
  onFatal(error: HeadframeError): void
}

/** Version of the tables, for the screen. */
const TABLES_VERSION = 4
/** Plugs say something every ten seconds; a write for each would be wasteful. */
const METERS_WRITTEN_EVERY_MS = 5000
const METER_SAMPLES_WAITING = 20_000

/**
 * Opens the history where the person chose. A server that cannot be had keeps nobody from mining: this run is then
 * recorded in the file on this computer, and the person is told.
 * @throws HeadframeError why not even the file can be opened; nothing is left running then
 */
export async function startHistory(parts: Omit<HistorySideParts, 'location'>): Promise<HistorySide> {
  const { book, dataDir, tell } = parts
  const location = await historyLocation(book.content.database, dataDir, book)
  try {
    return await HistorySide.start({ ...parts, location })
  } catch (error) {
    if (location.kind === 'sqlite' || !(error instanceof HeadframeError)) throw error
    const side = await HistorySide.start({ ...parts, location: { kind: 'sqlite', dataDir } })
    tell({
      title: 'The history is recorded on this computer for now',
      detail: `${error.message} Until the next start everything is recorded in the file on this computer; what the server has is not shown meanwhile.`,
    })
    return side
  }
}

export class HistorySide {
  readonly opened: OpenedSession
  readonly history: ThreadClient<HistoryProcedures>
  readonly reader: ThreadClient<ReaderProcedures>
  readonly feed: HistoryFeed
  readonly events: EventFeed
  readonly desk: HistoryDesk
  readonly keeping: KeepingDesk
  readonly #parts: HistorySideParts
  readonly #samples: SampleFeed
  readonly #disposal: DisposalStack
  readonly #links = new Map<string, string>()
  #meterSamples: Sample[] = []

  /** @throws HeadframeError why the history cannot be opened; nothing is left running then */
  static async start(parts: HistorySideParts): Promise<HistorySide> {
    const disposal = new DisposalStack()
    try {
      const { clock, location, poolIds } = parts
      let onProgress: (ratio: number) => void = () => {}
      const writer = startThread<HistoryProcedures>('history', () => {}, parts.onFatal)
      disposal.add('history thread', () => writer.terminate())
      const opened = await writer.client.call('open', { database: location, nowMs: clock.nowMs(), poolIds })
      disposal.add('history', () => writer.client.call('close', clock.nowMs()))
      const reader = startThread<ReaderProcedures, TaskProgress>(
        'reader',
        ({ ratio }) => onProgress(ratio),
        parts.onFatal,
      )
      disposal.add('reader thread', () => reader.terminate())
      await reader.client.call('open', location)
      disposal.add('reader', () => reader.client.call('close', null))
      const side = new HistorySide(parts, disposal, opened, writer.client, reader.client)
      for (const { kind, key, rigKey } of await reader.client.call('sources', null)) {
        if (kind === 'rig' && rigKey !== null) side.#links.set(key, rigKey)
      }
      onProgress = (ratio) => side.keeping.onProgress(ratio)
      return side
    } catch (error) {
      await disposal.dispose()
      throw error
    }
  }

  private constructor(
    parts: HistorySideParts,
    disposal: DisposalStack,
    opened: OpenedSession,
    history: ThreadClient<HistoryProcedures>,
    reader: ThreadClient<ReaderProcedures>,
  ) {
    const { clock, log } = parts
    this.#parts = parts
    this.#disposal = disposal
    this.opened = opened
    this.history = history
    this.reader = reader
    this.keeping = new KeepingDesk({
      ...{ ...parts, version: TABLES_VERSION, history, reader },
      onRestored: () => {
        // What was told to the history from before is not known to this one.
        void this.#tellLinks([...this.#links].map(([rigId, rigKey]) => ({ rigId, rigKey })))
        this.feed.forgetKnown()
      },
    })
    this.feed = new HistoryFeed({
      clock,
      log,
      record: (batch) => history.call('record', batch),
      onTrouble: (problem) => {
        this.keeping.setProblem(problem)
        parts.onTrouble(problem)
      },
      poolRecord: (poolId) => {
        const pool = parts.pools().find(({ id }) => id === poolId)
        return { poolId, name: pool?.name ?? poolId, url: pool?.url ?? '' }
      },
    })
    this.events = new EventFeed({ clock, log, record: (events) => history.call('recordEvents', events) })
    this.#samples = new SampleFeed({
      clock,
      log,
      write: (samples) => history.call('recordSamples', samples),
      onJump: (jump) => this.#onJump(jump),
    })
    this.desk = new HistoryDesk({ ...parts, reader })
    this.#begin()
  }

  /** A rig as it is now; its measurements and what happened to it go into the history. */
  sawRig(rig: Rig, detail: () => RigDetail): void {
    this.#samples.sawRig(rig, detail)
    this.events.sawRig(rig)
  }

  forgetRig(id: string): void {
    this.#samples.forgetRig(id)
    this.events.forgetRig(id)
  }

  /** The fleet's rig is the machine that the proxy knows by this key. */
  linkRig(rigId: string, rigKey: string): void {
    if (this.#links.get(rigId) === rigKey) return
    this.#links.set(rigId, rigKey)
    void this.#tellLinks([{ rigId, rigKey }])
  }

  /** The proxy's key of a rig, now or last; undefined if it never mined here. */
  linkOf(rigId: string): string | undefined {
    return this.#links.get(rigId)
  }

  recordMeter({ meterId, atMs, powerDw, energyJ, coveredMs }: MeterSample): void {
    this.#meterSamples.push({
      source: { kind: 'meter', key: meterId },
      atMs,
      values: { power_dw: powerDw, energy_j: energyJ, covered_ms: coveredMs, reachable_ms: coveredMs },
    })
    this.#meterSamples = this.#meterSamples.slice(-METER_SAMPLES_WAITING)
  }

  async stop(): Promise<void> {
    for (const { name, error } of await this.#disposal.dispose()) {
      this.#parts.log.warn('could not stop a part', { part: name, error: errorText(error) })
    }
  }

  #begin(): void {
    const { session } = this.opened
    const { clock, log } = this.#parts
    this.#disposal.add('history feed', () => this.feed.stop())
    this.#disposal.add('events', () => this.events.stop())
    this.#disposal.add('samples', () => this.#samples.stop())
    this.#disposal.add('keeping', () => this.keeping.stop())
    const meters = clock.every(METERS_WRITTEN_EVERY_MS, () => void this.#writeMeters())
    this.#disposal.add('meter samples', async () => {
      meters.cancel()
      await this.#writeMeters()
    })
    if (session.sharesLost > 0) {
      log.warn('shares of an earlier run never got an answer', { count: session.sharesLost })
    }
    if (session.previousWasKilled) this.events.add('killed', 'Headframe had ended without a farewell.')
    this.events.add('started', 'Headframe started.')
    this.#disposal.add('farewell', () => this.events.add('stopped', 'Headframe was stopped.'))
    this.#samples.start()
    this.keeping.start()
  }

  async #tellLinks(links: readonly { rigId: string; rigKey: string }[]): Promise<void> {
    try {
      await this.history.call('linkRigs', links)
    } catch (error) {
      // Told again when they are seen next.
      for (const { rigId } of links) this.#links.delete(rigId)
      this.#parts.log.warn('the history refused which rig is which', { error: errorText(error) })
    }
  }

  #onJump(jump: ClockJump): void {
    if (jump.kind === 'slept') {
      return this.events.add('slept', `This machine slept for ${durationWords(jump.forMs)}.`)
    }
    const way = jump.byMs > 0 ? 'forward' : 'back'
    const text = `The clock was set ${way} by ${durationWords(Math.abs(jump.byMs))}.`
    this.events.add('clock-changed', text)
  }

  async #writeMeters(): Promise<void> {
    const samples = this.#meterSamples
    if (samples.length === 0) return
    this.#meterSamples = []
    try {
      await this.history.call('recordSamples', samples)
    } catch (error) {
      this.#meterSamples = [...samples, ...this.#meterSamples].slice(-METER_SAMPLES_WAITING)
      this.#parts.log.warn('the history refused what plugs said', { error: errorText(error) })
    }
  }
}
