/**
 * Keeps what the rules find until it is worth a warning, and the warning until it is gone for good, so that
 * nothing flickers. State and arithmetic only: the owner passes observations and moments in.
 */
import { type WatchdogWarning, type WarningSeverity } from './insight-views.ts'
import { type AnswerFigures, type FarmObservation, type Finding, type Rule, RULES } from './watchdog-rules.ts'

interface Case {
  readonly rule: Rule
  readonly poolId: string | null
  /** Since when it is found without a break, monotonic; null while it is not. */
  foundMs: number | null
  /** Since when it is gone, monotonic; null while it is found. */
  goneMs: number | null
  /** Epoch; null until it is a warning. */
  sinceMs: number | null
  severity: WarningSeverity
  message: string
}

export class Watchdog {
  readonly #rules: readonly Rule[]
  /** By code and pool: as many as there are rules and pools. */
  readonly #cases = new Map<string, Case>()

  constructor(rules: readonly Rule[] = RULES) {
    this.#rules = rules
  }

  /** @param nowMs epoch, of the same moment as the observation */
  observe(farm: FarmObservation, nowMs: number): void {
    for (const rule of this.#rules) {
      const findings = rule.find(
        farm,
        (poolId) => (this.#cases.get(idOf(rule, poolId))?.sinceMs ?? null) !== null,
      )
      const found = new Set(findings.map(({ poolId }) => idOf(rule, poolId)))
      for (const finding of findings) this.#onFound(rule, finding, farm.monotonicMs, nowMs)
      for (const [id, open] of this.#cases) {
        if (open.rule === rule && !found.has(id)) this.#onGone(id, open, farm.monotonicMs)
      }
    }
  }

  /** Warnings that stand, the worst first, then the oldest. */
  get warnings(): WatchdogWarning[] {
    return [...this.#cases]
      .flatMap(([id, { rule, poolId, sinceMs, severity, message }]) =>
        sinceMs === null ? [] : [{ id, code: rule.code, severity, poolId, message, sinceMs }],
      )
      .sort((a, b) => RANK[a.severity] - RANK[b.severity] || a.sinceMs - b.sinceMs)
  }

  #onFound(rule: Rule, { poolId, severity, message }: Finding, monotonicMs: number, nowMs: number): void {
    const id = idOf(rule, poolId)
    let open = this.#cases.get(id)
    if (!open) {
      open = { rule, poolId, foundMs: null, goneMs: null, sinceMs: null, severity, message }
      this.#cases.set(id, open)
    }
    open.goneMs = null
    open.foundMs ??= monotonicMs
    // A sentence changes with what it says, not with who is named in it this second.
    if (open.sinceMs === null || open.severity !== severity) {
      open.severity = severity
      open.message = message
    }
    const lastedMs = monotonicMs - open.foundMs
    if (open.sinceMs === null && lastedMs >= rule.raiseAfterMs) open.sinceMs = Math.round(nowMs - lastedMs)
  }

  #onGone(id: string, open: Case, monotonicMs: number): void {
    open.foundMs = null
    if (open.sinceMs === null) {
      this.#cases.delete(id)
      return
    }
    open.goneMs ??= monotonicMs
    if (monotonicMs - open.goneMs >= open.rule.withdrawAfterMs) this.#cases.delete(id)
  }
}

const RANK: Record<WarningSeverity, number> = { error: 0, warning: 1, info: 2 }

const idOf = (rule: Rule, poolId: string | null): string =>
  poolId === null ? rule.code : `${rule.code} ${poolId}`

export interface AnswerCounts {
  readonly valid: number
  readonly acknowledged: number
  readonly rejected: number
  readonly lost: number
  readonly pending: number
}

interface Sample {
  readonly monotonicMs: number
  readonly acknowledged: number
  readonly rejected: number
}

/** How far back refusals are looked at, and how often they are noted. */
export const ANSWERS_WINDOW_MS = 10 * 60_000
const SAMPLE_MS = 10_000

/** From a pool's counts, which only grow, to how its answers go at the moment. */
export class AnswerHistory {
  #samples: Sample[] = []
  #validAtAnswer = 0
  #answered = -1
  #waitingSinceMs: number | null = null

  observe(counts: AnswerCounts, monotonicMs: number): AnswerFigures {
    const { acknowledged, rejected, valid, pending, lost } = counts
    const answered = acknowledged + rejected + lost
    if (answered !== this.#answered || pending === 0) {
      this.#answered = answered
      // Those that wait stay behind; they may have been sent long before the answer.
      this.#validAtAnswer = valid
      this.#waitingSinceMs = null
    }
    const unanswered = valid - this.#validAtAnswer
    if (unanswered > 0) this.#waitingSinceMs ??= monotonicMs
    const last = this.#samples.at(-1)
    if (!last || monotonicMs - last.monotonicMs >= SAMPLE_MS) {
      this.#samples.push({ monotonicMs, acknowledged, rejected })
      // One older than the window stays, to count from.
      while ((this.#samples[1]?.monotonicMs ?? Infinity) <= monotonicMs - ANSWERS_WINDOW_MS)
        this.#samples.shift()
    }
    const first = this.#samples[0]!
    return {
      acknowledged: acknowledged - first.acknowledged,
      rejected: rejected - first.rejected,
      unanswered,
      waitingSinceMs: this.#waitingSinceMs,
    }
  }
}
