/**
 * What people look at of jobs and traffic. The mining thread is asked only while somebody looks: the timeline and
 * the connections about once a second, the frames of watched connections twice.
 */
import {
  type Bandwidth,
  type CurrentJob,
  type JobTimeline,
  type Link,
  type TrafficFrames,
  type Warning,
} from '../../src-preload/contract/index.ts'
import { LiveListView, LiveValueView, type TrafficCalls } from '../api/index.ts'
import { type Clock, errorText, HeadframeError, type Logger, type Timer } from '../base/index.ts'
import { type WatchdogWarning } from '../proxy/index.ts'
import { currentJobView, timelineView, warningView } from './job-views.ts'
import { type MiningProcedures } from './mining-service.ts'
import { type ThreadClient } from './thread-link.ts'
import { bandwidthView, framesView, linkView } from './traffic-views.ts'

const PERIOD_MS = 500
/** The timeline and the list of connections are asked for every second time. */
const SLOW_EVERY = 2
/** Pieces of a stream that wait for a slow follower; the oldest are left out, and the sequence shows it. */
const MAX_WAITING_FRAMES = 20

export interface TrafficDeskParts {
  readonly clock: Clock
  readonly log: Logger
  readonly mining: ThreadClient<MiningProcedures>
  /** @throws HeadframeError `pool/unknown` */
  requirePool(poolId: string): void
}

interface Watcher {
  readonly linkId: string
  readonly waiting: TrafficFrames[]
  wake(): void
}

export class TrafficDesk implements TrafficCalls {
  readonly timeline = new LiveValueView<JobTimeline>({ pools: [], tips: [] })
  readonly warnings = new LiveListView<Warning>((a, b) => a.since - b.since)
  readonly links = new LiveListView<Link>((a, b) => a.since - b.since)
  readonly #parts: TrafficDeskParts
  readonly #watchers = new Set<Watcher>()
  readonly #timer: Timer
  #round = 0
  #stopped = false
  #asking = false

  constructor(parts: TrafficDeskParts) {
    this.#parts = parts
    this.#timer = parts.clock.every(PERIOD_MS, () => void this.#look())
    this.timeline.onFollowed(() => void this.#try(() => this.readTimeline()))
    this.links.onFollowed(() => void this.#try(() => this.readLinks()))
  }

  /** Harmless when repeated. */
  stop(): void {
    this.#stopped = true
    this.#timer.cancel()
    for (const { wake } of this.#watchers) wake()
  }

  setWarnings(warnings: readonly WatchdogWarning[]): void {
    this.warnings.replace(warnings.map(warningView))
  }

  /** The job of a pool, or of the one in use; null before its first. */
  async job(poolId: string | null): Promise<CurrentJob | null> {
    if (poolId !== null) this.#parts.requirePool(poolId)
    const status = await this.#parts.mining.call('currentJob', poolId)
    return status && currentJobView(status)
  }

  async readTimeline(): Promise<JobTimeline> {
    const timeline = timelineView(await this.#parts.mining.call('timeline', null))
    if (JSON.stringify(timeline) !== JSON.stringify(this.timeline.value)) this.timeline.set(timeline)
    return timeline
  }

  async readLinks(): Promise<Link[]> {
    this.links.replace((await this.#parts.mining.call('links', null)).map(linkView))
    return this.links.items
  }

  async bandwidth(): Promise<Bandwidth> {
    return bandwidthView(await this.#parts.mining.call('bandwidth', null))
  }

  /**
   * The messages of a connection as they come.
   * @throws HeadframeError `link/unknown`
   */
  async *frames(linkId: string, signal?: AbortSignal): AsyncGenerator<TrafficFrames, void, void> {
    const link = (await this.readLinks()).find(({ id }) => id === linkId)
    if (!link) {
      throw new HeadframeError(
        'link/unknown',
        'That connection has ended: choose another from the list of connections.',
        { context: { linkId } },
      )
    }
    let wake = (): void => {}
    const watcher: Watcher = { linkId, waiting: [{ link, frames: [] }], wake: () => wake() }
    const stop = (): void => wake()
    signal?.addEventListener('abort', stop, { once: true })
    this.#watchers.add(watcher)
    try {
      await this.#watch()
      while (!signal?.aborted && !this.#stopped) {
        const next = watcher.waiting.shift()
        if (next) yield next
        else await new Promise<void>((resolve) => (wake = resolve))
        if (next?.link === null) return
      }
    } finally {
      signal?.removeEventListener('abort', stop)
      this.#watchers.delete(watcher)
      void this.#try(() => this.#watch())
    }
  }

  async #look(): Promise<void> {
    // A mining thread that is slow to answer is not asked twice.
    if (this.#asking) return
    this.#asking = true
    await this.#try(async () => {
      if (this.#watchers.size > 0) await this.#takeFrames()
      if (++this.#round % SLOW_EVERY !== 0) return
      if (this.timeline.followed) await this.readTimeline()
      if (this.links.followed) await this.readLinks()
    })
    this.#asking = false
  }

  async #takeFrames(): Promise<void> {
    for (const watched of await this.#parts.mining.call('takeFrames', null)) {
      const frames = framesView(watched)
      if (frames.link !== null && frames.frames.length === 0) continue
      for (const watcher of this.#watchers) {
        if (watcher.linkId !== watched.linkId) continue
        watcher.waiting.push(frames)
        if (watcher.waiting.length > MAX_WAITING_FRAMES) watcher.waiting.shift()
        watcher.wake()
      }
    }
  }

  #watch(): Promise<void> {
    return this.#parts.mining.call('watch', [...new Set([...this.#watchers].map(({ linkId }) => linkId))])
  }

  async #try(action: () => Promise<unknown>): Promise<void> {
    try {
      await action()
    } catch (error) {
      this.#parts.log.debug('the mining thread did not answer', { error: errorText(error) })
    }
  }
}
