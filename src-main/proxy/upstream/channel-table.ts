/**
 * The channels of one Stratum V2 connection: which request each reply answers, which channel or group each id
 * means. Ids of channels and groups are one namespace and are never used twice on a connection (Mining Protocol,
 * 5.2); a pool that does so all the same is found out here.
 */
import { type NewExtendedMiningJob } from '../../sv2/index.ts'
import { type Sv2Channel } from './sv2-channel.ts'

/** Ids of channels that are closed, remembered to tell stragglers from mistakes; the oldest is forgotten. */
const CLOSED_IDS_KEPT = 4096

export class ChannelTable<Token> {
  /** Open or not. */
  readonly all = new Set<Sv2Channel<Token>>()
  readonly #byId = new Map<number, Sv2Channel<Token>>()
  /** Open requests without an answer; null where the line left meanwhile. */
  readonly #asked = new Map<number, Sv2Channel<Token> | null>()
  readonly #closedIds = new Set<number>()
  #nextRequestId = 1

  /** @returns a request id that was not used on this connection */
  ask(channel: Sv2Channel<Token>): number {
    const requestId = this.#nextRequestId
    this.#nextRequestId = (requestId + 1) >>> 0
    this.#asked.set(requestId, channel)
    return requestId
  }

  /** The channel a reply is for; null if its line left meanwhile, undefined if nobody asked. */
  answered(requestId: number): Sv2Channel<Token> | null | undefined {
    const channel = this.#asked.get(requestId)
    this.#asked.delete(requestId)
    return channel
  }

  /** Whether a channel or group of this connection has the id. */
  isTaken(id: number): boolean {
    return this.#byId.has(id) || this.membersOf(id).length > 0
  }

  open(id: number, channel: Sv2Channel<Token>): void {
    this.#closedIds.delete(id)
    this.#byId.set(id, channel)
  }

  /** The line left. */
  remove(channel: Sv2Channel<Token>): void {
    this.all.delete(channel)
    for (const [requestId, asked] of this.#asked) if (asked === channel) this.#asked.set(requestId, null)
    const id = channel.channelId
    if (id === null || this.#byId.get(id) !== channel) return
    this.#byId.delete(id)
    this.rememberClosed(id)
  }

  rememberClosed(id: number): void {
    this.#closedIds.add(id)
    if (this.#closedIds.size <= CLOSED_IDS_KEPT) return
    const [oldest] = this.#closedIds
    if (oldest !== undefined) this.#closedIds.delete(oldest)
  }

  /** Whether the pool may still speak to a channel that was here. */
  wasClosed(id: number): boolean {
    return this.#closedIds.has(id)
  }

  find(id: number): Sv2Channel<Token> | undefined {
    return this.#byId.get(id)
  }

  get first(): Sv2Channel<Token> | undefined {
    for (const channel of this.#byId.values()) return channel
    return undefined
  }

  membersOf(groupId: number): Sv2Channel<Token>[] {
    return [...this.#byId.values()].filter(({ jobs }) => jobs?.groupChannelId === groupId)
  }
}

/** The announcement to a group of a job for a block to come, as those got it who were members then. */
export function announcementOf<Token>(
  members: readonly Sv2Channel<Token>[],
  jobId: number,
): NewExtendedMiningJob | undefined {
  for (const { jobs } of members) {
    const job = jobs?.future.get(jobId)?.job
    if (job && job.channelId === jobs.groupChannelId) return job
  }
  return undefined
}
