/**
 * The facts as known now: from the best source that is fresh, else the newest there is, marked by age. Pure; who asks and
 * when is `outside-world.ts`'s.
 */
import { JobFactsBook, type JobFactsInput } from './job-facts.ts'
import { type FactsSourceId, type NetworkFacts } from './network-facts.ts'

/** A value older than this gives way to a fresh one of a lower rank, and is shown as old. */
export const FACTS_STALE_MS = 60 * 60_000
/** Templates fill all the time: fees alone are news no more often than this. */
const FEES_NEWS_MS = 10 * 60_000

export class FactsKeeper {
  readonly #jobs = new JobFactsBook()
  /** Best first, jobs last. */
  #ranking: readonly FactsSourceId[] = ['jobs']
  readonly #values = new Map<FactsSourceId, NetworkFacts>()
  /** From before this program started. */
  #kept: NetworkFacts | null
  #told: NetworkFacts | null = null

  /** @param lastKnown from the ledger; null if there is none */
  constructor(lastKnown: NetworkFacts | null) {
    this.#kept = lastKnown
  }

  /** @param sources best first, without jobs; values of others are forgotten */
  rank(sources: readonly FactsSourceId[]): void {
    this.#ranking = [...sources, 'jobs']
    for (const id of this.#values.keys()) if (!this.#ranking.includes(id)) this.#values.delete(id)
  }

  /** A source answered. */
  note(facts: NetworkFacts): void {
    this.#values.set(facts.source, facts)
  }

  noteJob(job: JobFactsInput): void {
    this.#jobs.note(job)
    const { latest } = this.#jobs
    if (latest !== null) this.#values.set('jobs', latest)
  }

  /** The best there is; fees that its source does not tell are those of fresh jobs. */
  current(nowMs: number): NetworkFacts | null {
    const known = this.#ranking.flatMap((id) => this.#values.get(id) ?? [])
    const fresh = known.find(({ atMs }) => !isStale(atMs, nowMs))
    const best = fresh ?? newest(this.#kept === null ? known : [...known, this.#kept])
    if (best === null || best.feesSats !== null) return best
    const jobs = this.#values.get('jobs')
    return jobs === undefined || isStale(jobs.atMs, nowMs) ? best : { ...best, feesSats: jobs.feesSats }
  }

  /** The current facts if they are news since they were last taken; null otherwise. */
  takeNews(nowMs: number): NetworkFacts | null {
    const facts = this.current(nowMs)
    const told = this.#told
    if (facts === null || facts === this.#kept || (told !== null && !isNews(told, facts))) return null
    this.#told = facts
    return facts
  }
}

/** Whether a value is too old to be called now; one from the future of a clock that was set back is not. */
export function isStale(atMs: number, nowMs: number): boolean {
  return nowMs - atMs > FACTS_STALE_MS
}

function newest(facts: readonly NetworkFacts[]): NetworkFacts | null {
  return facts.reduce<NetworkFacts | null>(
    (best, one) => (best === null || one.atMs > best.atMs ? one : best),
    null,
  )
}

function isNews(before: NetworkFacts, now: NetworkFacts): boolean {
  return (
    before.source !== now.source ||
    before.height !== now.height ||
    before.difficulty !== now.difficulty ||
    before.subsidySats !== now.subsidySats ||
    now.atMs - before.atMs >= FEES_NEWS_MS
  )
}
