/**
 * Chips that hash: gives them jobs, judges what they report, moves their clock, and says when they had better be
 * reset. Begins where the bring-up ends, and knows power only as a voltage to set.
 */
import { HeadframeError, type Timer } from '../../base/index.ts'
import { type DeviceJob } from '../../mining/index.ts'
import { type ChipReply, type NonceReply } from '../model/chip.ts'
import { type Sequence } from '../model/sequence.ts'
import { bounded } from '../safety/bounded.ts'
import { runSequence } from '../sequence/run-sequence.ts'
import { abortable } from './abortable.ts'
import { LOW_RATE_NONCES, watchBoard } from './board-watch.ts'
import { ramp } from './bring-up.ts'
import { JobFeed, type JobTiming } from './job-feed.ts'
import { NonceJudge } from './nonce-judge.ts'
import { Reporting } from './reporting.ts'
import { type ChainNow, type RunEnd, type RunHost, type RunParts } from './run-parts.ts'
import { type MadeWork } from './work-maker.ts'

const WATCH_EVERY_MS = 1_000
const HEALTH_EVERY_MS = 5_000
const VOLTAGE_LIMIT_MS = 10_000
/** A job of 152 bytes takes 13 ms at 115200. */
const WRITE_LIMIT_MS = 3_000

export class HashingChain {
  readonly #parts: RunParts
  readonly #now: ChainNow
  readonly #host: RunHost
  readonly #onEnd: (end: RunEnd) => void
  readonly #judge: NonceJudge
  readonly #feed: JobFeed
  readonly #timers: Timer[] = []
  readonly reporting: Reporting
  #isHashing = false
  #isRetuning = false
  #repliedAtMs = 0
  #nonceAtMs: number | null = null

  /** @param onEnd called with the first reason to end the run, and perhaps with more */
  constructor(parts: RunParts, now: ChainNow, host: RunHost, onEnd: (end: RunEnd) => void) {
    this.#parts = parts
    this.#now = now
    this.#host = host
    this.#onEnd = onEnd
    const { profile, ring, hash, board, clock } = parts
    this.#judge = new NonceJudge({ profile, ring, hash, fixedZeroBits: board.fixedZeroBits })
    this.reporting = new Reporting(parts, now, (sequence) => this.#say(sequence))
    this.#feed = new JobFeed({
      clock,
      intervalMs: () => profile.jobIntervalMs(now.clockMhz, now.chipCount, now.versionMask),
      send: () => this.#sendJob(),
      onFailure: (error) => onEnd({ kind: 'error', error }),
    })
  }

  /** The clock is at its target: hash until `stop`. */
  start(): void {
    const { setState, profile, clock } = this.#parts
    this.#isHashing = true
    this.#repliedAtMs = clock.monotonicMs()
    this.#announceRate()
    this.reporting.announce()
    setState({ name: 'hashing' })
    this.#every(WATCH_EVERY_MS, () => this.#watch())
    const health = profile.readHealth()
    if (health.length > 0) this.#every(HEALTH_EVERY_MS, () => this.#beside(() => this.#say(health)))
    this.#feed.start()
    // The setting may have changed while the clock was being raised.
    this.onSetting()
  }

  /** At once: no job and no verdict after this. */
  stop(): void {
    this.#isHashing = false
    this.#feed.stop()
    for (const timer of this.#timers) timer.cancel()
    this.#parts.stats.pause()
  }

  get isHashing(): boolean {
    return this.#isHashing
  }

  /** Since the last nonce that was real work; null before the first. */
  get sinceNonceMs(): number | null {
    return this.#nonceAtMs === null ? null : this.#parts.clock.monotonicMs() - this.#nonceAtMs
  }

  jobTiming(): JobTiming {
    return this.#feed.timing()
  }

  /** There is a new job: chips get it at once. */
  onJob(job: DeviceJob): void {
    if (!this.#isHashing) return
    if (!this.#isRetuning) this.#beside(() => this.reporting.fitTicket(job))
    this.#feed.now()
  }

  /** What to run at may have changed. */
  onSetting(): void {
    if (this.#isHashing && !this.#isRetuning && !this.#isSet()) this.#beside(() => this.#retune())
  }

  onReply(reply: ChipReply): void {
    if (!this.#isHashing) return
    this.#repliedAtMs = this.#parts.clock.monotonicMs()
    if (reply.kind === 'nonce') this.#onNonce(reply)
  }

  #onNonce(reply: NonceReply): void {
    const { profile, stats, work } = this.#parts
    const verdict = this.#judge.judge(reply)
    stats.count(verdict, profile.origin(reply, this.#now.chipCount).chip)
    switch (verdict.kind) {
      case 'share':
        work.submit(verdict.share)
        break
      case 'outside-mask':
        this.#beside(() => this.reporting.restoreMask())
        break
      case 'near-miss':
      case 'stale':
        break
      default:
        return
    }
    this.#nonceAtMs = this.#repliedAtMs
    const rewriting = this.reporting.checkTicket(verdict.found)
    if (rewriting) this.#beside(() => rewriting)
  }

  async #sendJob(): Promise<boolean> {
    const { work, profile, ring, link } = this.#parts
    if (work.job === null) {
      this.#onEnd({ kind: 'no-work' })
      return false
    }
    const made = await this.#nextWork()
    if (!made) return false
    const frame = profile.encodeJob(ring.nextSlot, made.work, this.#now.settings)
    ring.add(made, this.#now.ticketBits)
    await link.write(frame)
    await this.reporting.widenMask(made.work.versionMask)
    return true
  }

  /** @returns work of the newest job, which chips may be given as they are set now; null if there is none */
  async #nextWork(): Promise<MadeWork | null> {
    const { maker } = this.#parts
    for (;;) {
      const made = maker.next()
      if (!made) return null
      await this.reporting.narrowMask(made.work.versionMask)
      // A newer job may have come while chips were told.
      if (made.job === maker.job) return made
    }
  }

  /** Whether chips run at what is wanted. */
  #isSet(): boolean {
    const { frequencyMhz, coreVoltageMv } = this.#parts.setting()
    const now = this.#now
    return frequencyMhz === now.frequencyMhz && (coreVoltageMv ?? now.coreVoltageMv) === now.coreVoltageMv
  }

  /** Up: voltage before clock. Down: clock before voltage. Goes on until what is set is what is wanted. */
  async #retune(): Promise<void> {
    const now = this.#now
    const { setting, setState, profile } = this.#parts
    this.#isRetuning = true
    while (!this.#isSet()) {
      const { frequencyMhz, coreVoltageMv } = setting()
      setState({ name: 'retuning', toMhz: frequencyMhz })
      const beforeMv = now.coreVoltageMv ?? 0
      if (coreVoltageMv !== null && coreVoltageMv > beforeMv) await this.#setVoltage(coreVoltageMv)
      await ramp(profile, now.chipCount, now.clockMhz, frequencyMhz, this.#host, (clockMhz) => {
        now.frequencyMhz = clockMhz
      })
      if (coreVoltageMv !== null && coreVoltageMv < beforeMv) await this.#setVoltage(coreVoltageMv)
      this.#announceRate()
      await this.reporting.fitTicket(this.#parts.work.job)
    }
    this.#isRetuning = false
    setState({ name: 'hashing' })
  }

  async #setVoltage(coreVoltageMv: number): Promise<void> {
    const { clock, power } = this.#parts
    const what = `the core voltage to become ${coreVoltageMv} mV`
    const set = bounded(clock, VOLTAGE_LIMIT_MS, what, () => power.setCoreVoltage(coreVoltageMv))
    await abortable(this.#host.signal, set)
    this.#now.coreVoltageMv = coreVoltageMv
  }

  #announceRate(): void {
    const { stats, work } = this.#parts
    const expectedHs = this.#now.expectedHs(this.#now.clockMhz)
    stats.restart(this.#now.chipCount, expectedHs, this.#now.ticketBits)
    work.setNominalHashrate(expectedHs)
  }

  #watch(): void {
    const { stats, work, clock, onGoodRate } = this.#parts
    if (work.job === null) return this.#onEnd({ kind: 'no-work' })
    if (this.#feed.writingForMs > WRITE_LIMIT_MS)
      return this.#onEnd({ kind: 'error', error: this.#stalled() })
    const rate = stats.rate()
    const fault = watchBoard({
      sinceNonceMs: stats.sinceNonceMs,
      expectedIntervalMs: stats.expectedIntervalMs,
      sinceReplyMs: clock.monotonicMs() - this.#repliedAtMs,
      rate,
      expectedHs: stats.expectedHs,
    })
    if (fault?.kind === 'silent') return this.#onEnd({ kind: 'fault', fault })
    // While the clock is on its way, what is measured is of no one clock.
    if (this.#isRetuning) return
    if (fault) return this.#onEnd({ kind: 'fault', fault })
    if (rate.nonces >= LOW_RATE_NONCES) onGoodRate()
    this.#beside(() => this.reporting.fitTicket(work.job))
  }

  async #say(sequence: Sequence): Promise<void> {
    await runSequence(sequence, this.#host)
  }

  /** Something that goes on beside the jobs; its failure is the run's. */
  #beside(task: () => Promise<void>): void {
    task().catch((error: unknown) => this.#onEnd({ kind: 'error', error }))
  }

  #stalled(): HeadframeError {
    const { name } = this.#parts.link
    return new HeadframeError(
      'port/write-stalled',
      `${name} took no bytes for ${WRITE_LIMIT_MS / 1000} s. Unplug the board and plug it in again.`,
    )
  }

  #every(periodMs: number, run: () => void): void {
    this.#timers.push(this.#parts.clock.every(periodMs, run))
  }
}
