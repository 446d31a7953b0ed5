/**
 * What chips are told to report, kept right while they hash: the ticket for their rate and the difficulty of shares,
 * and the version bits that the pool allows. Written again where chips show that a write was lost. Not a judge of
 * nonces, and no timer of its own.
 */
import { type DeviceJob } from '../../mining/index.ts'
import { type Sequence } from '../model/sequence.ts'
import { type FoundHeader } from './nonce-judge.ts'
import { type ChainNow, type RunParts } from './run-parts.ts'
import { realTicketDifficulty } from './scale.ts'
import { TicketCheck } from './ticket-check.ts'
import { chooseTicket } from './ticket-choice.ts'

/** Before a measured rate is believed more than a computed one. */
const NONCES_TO_BELIEVE = 100
const MASK_REWRITE_EVERY_MS = 10_000
/** No share is held to anything yet. */
const EASIEST = new Uint8Array(32).fill(0xff)

export class Reporting {
  readonly #parts: RunParts
  readonly #now: ChainNow
  readonly #say: (sequence: Sequence) => Promise<void>
  readonly #check = new TicketCheck()
  #maskRestoredAtMs = Number.NEGATIVE_INFINITY

  /** @param say resolves when the chips were told */
  constructor(parts: RunParts, now: ChainNow, say: (sequence: Sequence) => Promise<void>) {
    this.#parts = parts
    this.#now = now
    this.#say = say
  }

  /** Before chips are set up: nothing is measured, and nothing said. */
  plan(): void {
    const job = this.#parts.work.job
    this.#now.versionMask = job?.versionRollingMask ?? 0
    this.#now.ticketDifficulty = this.#wanted(job, null, false)
  }

  /** The ticket that chips were set up with is in force. */
  announce(): void {
    const { stats, work, ring, board } = this.#parts
    stats.setTicketBits(this.#now.ticketBits)
    this.#check.ticketSet(ring.nextOrdinal)
    work.setLeastDifficulty(realTicketDifficulty(this.#now.ticketDifficulty, board.fixedZeroBits))
  }

  /** Sets another ticket where the rate or the difficulty of shares asks for one. */
  async fitTicket(job: DeviceJob | null): Promise<void> {
    const before = this.#now.ticketDifficulty
    const ticketDifficulty = this.#wanted(job, before, true)
    if (ticketDifficulty === before) return
    this.#now.ticketDifficulty = ticketDifficulty
    await this.#say(this.#parts.profile.setTicket(ticketDifficulty))
    this.announce()
    this.#parts.log.debug('ticket changed', { before, ticketDifficulty })
  }

  /** To be called before work with this mask is sent: chips roll no bit that it does not allow. */
  async narrowMask(versionMask: number): Promise<void> {
    await this.#setMask((this.#now.versionMask & versionMask) >>> 0)
  }

  /** To be called when work with this mask was sent: only now may they roll what the work before it did not allow. */
  async widenMask(versionMask: number): Promise<void> {
    await this.#setMask(versionMask)
  }

  /**
   * Looks at what a nonce says about the ticket that the chip really has.
   * @returns what is being done about it; null if nothing need be
   */
  checkTicket(found: FoundHeader): Promise<void> | null {
    const { profile, events } = this.#parts
    if (profile.ticketDifficulties.length === 0) return null
    const finding = this.#check.note(found)
    if (finding.kind === 'fine') return null
    const what = finding.because === 'too-low' ? 'more' : 'fewer'
    if (finding.kind === 'hopeless') {
      events.note('warn', `The chips still report ${what} nonces than they were told to; it is left at that.`)
      return null
    }
    events.note('warn', `The chips report ${what} nonces than they were told to: they are told again.`)
    return this.#rewriteTicket()
  }

  /** The chips rolled bits outside the mask: they lost it, or never got it. */
  async restoreMask(): Promise<void> {
    const { clock, events, profile } = this.#parts
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#maskRestoredAtMs < MASK_REWRITE_EVERY_MS) return
    this.#maskRestoredAtMs = nowMs
    events.note('warn', 'The chips roll version bits that the pool does not allow: they are told again.')
    await this.#say(profile.setVersionMask(this.#now.versionMask))
  }

  async #rewriteTicket(): Promise<void> {
    await this.#say(this.#parts.profile.setTicket(this.#now.ticketDifficulty))
    this.#check.rewritten(this.#parts.ring.nextOrdinal)
  }

  async #setMask(versionMask: number): Promise<void> {
    if (versionMask === this.#now.versionMask) return
    await this.#say(this.#parts.profile.setVersionMask(versionMask))
    this.#now.versionMask = versionMask
  }

  #wanted(job: DeviceJob | null, current: number | null, isHashing: boolean): number {
    const { profile, board, stats, setting } = this.#parts
    const rate = stats.rate()
    const isMeasured = isHashing && rate.nonces >= NONCES_TO_BELIEVE
    return chooseTicket({
      available: profile.ticketDifficulties,
      fixedZeroBits: board.fixedZeroBits,
      hashrateHs: isMeasured ? rate.hashrateHs : this.#now.expectedHs(setting().frequencyMhz),
      shareTarget: job?.target ?? EASIEST,
      current,
    })
  }
}
