/** The newest messages of the connections somebody watches, decoded. Bounded; holds nothing while nobody does. */
import { type Direction, type TrafficFrame } from './insight-views.ts'
import { type ReadMessage } from './message-reader.ts'

/** Frames kept for each watched link: what one who looks later is shown at first. */
export const BACKLOG_FRAMES = 200
/** Links that are watched at once. */
export const MAX_WATCHED = 8

interface Watched {
  readonly ring: TrafficFrame[]
  sequence: number
  /** Sequence of the last frame that was taken. */
  taken: number
}

export class ProtocolView {
  readonly #watched = new Map<string, Watched>()

  get linkIds(): string[] {
    return [...this.#watched.keys()]
  }

  isWatched(linkId: string): boolean {
    return this.#watched.has(linkId)
  }

  /** Watches exactly these links, the first `MAX_WATCHED` of them; what was kept of others is forgotten. */
  watch(linkIds: readonly string[]): void {
    const wanted = new Set(linkIds.slice(0, MAX_WATCHED))
    for (const id of this.linkIds) if (!wanted.has(id)) this.#watched.delete(id)
    for (const id of wanted) {
      if (!this.#watched.has(id)) this.#watched.set(id, { ring: [], sequence: 0, taken: 0 })
    }
  }

  add(linkId: string, atMs: number, direction: Direction, read: ReadMessage): void {
    const watched = this.#watched.get(linkId)
    if (!watched) return
    const { name, summary, fields, hex, bytes, wireBytes } = read
    const sequence = ++watched.sequence
    watched.ring.push({ sequence, atMs, direction, name, summary, fields, hex, bytes, wireBytes })
    if (watched.ring.length > BACKLOG_FRAMES) watched.ring.shift()
  }

  /** Frames since the last call; when more came than are kept, the sequence has a gap. */
  take(linkId: string): TrafficFrame[] {
    const watched = this.#watched.get(linkId)
    if (!watched) return []
    const fresh = watched.ring.filter(({ sequence }) => sequence > watched.taken)
    watched.taken = watched.sequence
    return fresh
  }

  /** All frames that are kept. */
  backlog(linkId: string): readonly TrafficFrame[] {
    return [...(this.#watched.get(linkId)?.ring ?? [])]
  }
}
