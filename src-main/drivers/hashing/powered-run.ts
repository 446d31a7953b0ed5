/**
 * One life of a board's chips, from power on to power off. Ends at the first reason to; the chips are idle and power is
 * released when `go` has resolved, however it ended. Whether there is a next life is the session's affair.
 */
import { errorText } from '../../base/index.ts'
import { type DeviceJob } from '../../mining/index.ts'
import { type ReplyDecoder } from '../model/chip.ts'
import { bounded } from '../safety/bounded.ts'
import { ReplyReader } from '../sequence/reply-reader.ts'
import { runSequence } from '../sequence/run-sequence.ts'
import { abortable } from './abortable.ts'
import { type BringUp, configure, countChips, ramp } from './bring-up.ts'
import { HashingChain } from './hashing-chain.ts'
import { type JobTiming } from './job-feed.ts'
import { ChainNow, type RunEnd, type RunHost, type RunParts } from './run-parts.ts'

/** The agreement with who owns power: the absence of a sign shuts the board down. */
const SIGN_EVERY_MS = 500
/** Regulator, fan and settling times included. */
const POWER_UP_LIMIT_MS = 30_000
const RELEASE_LIMIT_MS = 15_000
const IDLE_LIMIT_MS = 1_000

export class PoweredRun {
  readonly #parts: RunParts
  readonly #ending = new AbortController()
  readonly #decoder: ReplyDecoder
  readonly #reader: ReplyReader
  readonly #host: RunHost
  readonly #chain: HashingChain
  readonly now: ChainNow
  #end: RunEnd | null = null

  constructor(parts: RunParts) {
    this.#parts = parts
    const { profile, link, clock, power, log, setting } = parts
    this.#decoder = profile.createDecoder()
    this.#reader = new ReplyReader(link, this.#decoder, clock)
    this.#host = {
      line: link,
      replies: this.#reader,
      clock,
      reset: (lowMs, settleMs) => power.resetChips(lowMs, settleMs),
      signal: this.#ending.signal,
      onStep: (step) => {
        if (step.op === 'send') log.trace('said to chips', { what: step.what })
      },
    }
    this.now = new ChainNow(parts, setting().coreVoltageMv)
    this.#chain = new HashingChain(parts, this.now, this.#host, (end) => this.finish(end))
  }

  jobTiming(): JobTiming {
    return this.#chain.jobTiming()
  }

  /** Bytes that fitted no reply, and replies whose check sum was wrong. */
  get lineErrors(): { readonly skippedBytes: number; readonly badFrames: number } {
    const { skippedBytes, badFrames } = this.#decoder
    return { skippedBytes, badFrames }
  }

  /** @returns why it ended; never rejects */
  async go(): Promise<RunEnd> {
    const { power, link, clock } = this.#parts
    const subscriptions = [
      power.onCut((cut) => this.finish({ kind: 'cut', cut })),
      link.onEnd((end) => this.finish({ kind: 'gone', end })),
      this.#reader.onReply((reply) => this.#chain.onReply(reply)),
    ]
    const signs = clock.every(SIGN_EVERY_MS, () => this.#sign())
    try {
      await this.#bringUp()
      this.#chain.start()
      await abortable(this.#ending.signal, new Promise<never>(() => undefined))
    } catch (error) {
      this.finish({ kind: 'error', error })
    }
    await this.#idle()
    signs.cancel()
    for (const unsubscribe of subscriptions) unsubscribe()
    this.#reader.dispose()
    await this.#release()
    return this.#end ?? { kind: 'stopped' }
  }

  /** Ends the run; the first reason counts. Nothing but the order to be idle is sent after this. */
  finish(end: RunEnd): void {
    if (this.#end) return
    // Writes fail before the end of a line is told: that it is gone is the reason then.
    const lineEnd = this.#parts.link.end
    this.#end = lineEnd && end.kind === 'error' ? { kind: 'gone', end: lineEnd } : end
    this.#chain.stop()
    this.#ending.abort(new Error('the run has ended'))
  }

  onJob(job: DeviceJob): void {
    this.#chain.onJob(job)
  }

  onSetting(): void {
    this.#chain.onSetting()
  }

  async #bringUp(): Promise<void> {
    const { board, profile, power, ring, clock, setState, setting } = this.#parts
    const { now } = this
    setState({ name: 'powering' })
    this.#sign()
    const powered = bounded(clock, POWER_UP_LIMIT_MS, 'the board to be powered', () =>
      power.powerUp(now.coreVoltageMv),
    )
    await abortable(this.#ending.signal, powered)
    ring.clear()
    const parts: BringUp = { board, profile, clock, host: this.#host, setState }
    now.chipCount = await countChips(parts)
    this.#chain.reporting.plan()
    await configure(parts, now.settings)
    now.frequencyMhz = profile.startMhz
    const { frequencyMhz } = setting()
    setState({ name: 'ramping', toMhz: frequencyMhz })
    await ramp(profile, now.chipCount, profile.startMhz, frequencyMhz, this.#host, (clockMhz) => {
      now.frequencyMhz = clockMhz
    })
  }

  #sign(): void {
    const { isHashing, sinceNonceMs } = this.#chain
    this.#parts.power.sign({ hashing: isHashing, sinceNonceMs })
  }

  async #idle(): Promise<void> {
    const { profile, link, clock, log } = this.#parts
    if (link.end !== null) return
    const sequence = profile.idle(this.now.chipCount)
    try {
      await bounded(clock, IDLE_LIMIT_MS, 'the chips to be told to stop', async () => {
        await runSequence(sequence, { line: link, replies: this.#reader, clock })
      })
    } catch (error) {
      // Power is taken away next, which they cannot ignore.
      log.debug('chips could not be told to stop', { reason: errorText(error) })
    }
  }

  async #release(): Promise<void> {
    const { power, clock, events } = this.#parts
    try {
      await bounded(clock, RELEASE_LIMIT_MS, 'power to be switched off', () => power.release())
    } catch (error) {
      if (this.#end?.kind === 'gone') return
      events.note('error', `It is not certain that power is off: unplug the board. ${errorText(error)}`)
    }
  }
}
