/**
 * One reading of one rig: opens a link with the login that counts, lets the family read, sees whether it is still the same
 * rig, and takes it in. A login that was refused is marked and not shown again. Whatever goes wrong is a HeadframeError.
 */
import { errorText, HeadframeError, type Logger } from '../../base/index.ts'
import { type RigBook } from '../book/rig-book.ts'
import { type BookRig } from '../book/rig-book-file.ts'
import { type Credentials } from '../control/credentials.ts'
import { type Identified } from '../discovery/identified.ts'
import { type FamilyTools, type ReadResult, type RigFamily } from '../families/family.ts'
import { SELDOM_ASKED } from '../families/seldom.ts'
import { boundedReading } from '../model/bounded-reading.ts'
import { isSame, realMac, realSerial } from '../model/identity.ts'
import { type RigReading } from '../model/reading.ts'
import { type LinkOpener } from '../ports.ts'
import { type RigAddress, type RigLink } from '../transport/rig-link.ts'
import { GuardedLink } from './guarded-link.ts'
import { SeldomLink } from './seldom-link.ts'
import { type RigRecord } from './rig-record.ts'

export interface RigReaderParts {
  readonly tools: FamilyTools
  readonly log: Logger
  readonly book: RigBook
  readonly credentials: Credentials
  readonly openLink: LinkOpener
  readonly pollBudgetMs: number
  familyOf(rig: BookRig): RigFamily
  /** Who answers there, as a search asks: without a login. */
  identify(address: RigAddress): Promise<Identified>
  /** Another rig answers where this one is known to be, or the same one with another firmware. */
  onStranger(stranger: Stranger): void
  /** A reading was taken in. */
  onRead(record: RigRecord): void
}

/** What a rig said of itself where another was expected. */
export type Stranger = Pick<
  RigReading,
  'family' | 'make' | 'model' | 'firmware' | 'firmwareVersion' | 'mac' | 'serial' | 'hostname'
> & { readonly address: RigAddress }

/** A rig that answered as itself is not asked anew for so long who it is; leases do not move faster. */
const RECOGNISED_FOR_MS = 120_000
/** Nobody answers there, as opposed to: somebody else. */
const SILENT: ReadonlySet<string> = new Set(['rig/unreachable', 'rig/timeout', 'rig/cut-off', 'rig/given-up'])

export class RigReader {
  readonly #parts: RigReaderParts

  constructor(parts: RigReaderParts) {
    this.#parts = parts
  }

  /** @throws HeadframeError `rig/unknown` */
  open(record: RigRecord, signal: AbortSignal): RigLink {
    const rig = this.#parts.book.require(record.id)
    const link = this.#openAs(record, rig, this.#parts.credentials.usable(rig), signal)
    return new GuardedLink(link, () => this.markRefused(record.id, link))
  }

  #openAs(
    record: RigRecord,
    rig: BookRig,
    credentials: RigLink['credentials'],
    signal: AbortSignal,
  ): RigLink {
    return this.#parts.openLink({
      address: { host: rig.host, port: rig.port },
      credentials,
      signal: AbortSignal.any([signal, record.gone.signal]),
      onReply: (asked, bytes, atMs) => record.replies.note(asked, bytes, atMs),
    })
  }

  /** Some of it is answered from before. */
  #openForPoll(record: RigRecord, signal: AbortSignal): RigLink {
    const { book, tools, familyOf } = this.#parts
    return new SeldomLink({
      link: this.open(record, signal),
      replies: record.seldom,
      seldom: SELDOM_ASKED[familyOf(book.require(record.id)).id] ?? [],
      monotonicMs: () => tools.clock.monotonicMs(),
    })
  }

  /** Remembers that the login this link has was refused. */
  markRefused(id: string, link: RigLink): void {
    const { book, credentials, log } = this.#parts
    const rig = book.find(id)
    if (!rig || link.credentials === null) return
    const stamp = credentials.stampOf(rig)
    const usable = credentials.usable(rig)
    // It was changed meanwhile: the new one was not tried yet.
    if (usable?.password !== link.credentials.password || usable.username !== link.credentials.username)
      return
    book.learn(id, { refusedLogin: stamp })
    log.info('a rig refused its login', { rig: id })
  }

  /**
   * Reads and takes in what was read. The caller has the rig's turn.
   * @throws HeadframeError `rig/…`; `rig/other-rig` if another one answers there
   */
  async read(record: RigRecord, link: RigLink, signal: AbortSignal): Promise<RigReading> {
    const { book, tools } = this.#parts
    const family = this.#parts.familyOf(book.require(record.id))
    let result: ReadResult
    // Somebody told it something, or wants to know for sure.
    if (!(link instanceof SeldomLink)) record.seldom.clear()
    try {
      if (link.credentials !== null) await this.#recognise(record, signal)
      result = await orAborted(family.read(link, tools), signal)
    } catch (error) {
      record.recognisedAtMs = null
      throw this.#asFailure(record.id, link, error)
    }
    return this.takeIn(record, result)
  }

  /**
   * Whether it is this rig that answers, before it is shown a login: an address may have another machine by now, which the
   * password is no affair of.
   * @throws HeadframeError `rig/other-rig`, `rig/not-recognised`, or why nobody answered
   */
  async #recognise(record: RigRecord, signal: AbortSignal): Promise<void> {
    const { book, identify, tools } = this.#parts
    const rig = book.require(record.id)
    const hasIdentity = realMac(rig.mac) !== null || realSerial(rig.serial) !== null
    const sinceMs = record.recognisedAtMs === null ? Infinity : tools.clock.nowMs() - record.recognisedAtMs
    if (!hasIdentity || Math.abs(sinceMs) <= RECOGNISED_FOR_MS) return
    const address = { host: rig.host, port: rig.port }
    const found = await orAborted(identify(address), signal)
    if (found.kind === 'rig') {
      const same = isSame(rig, found)
      if (same === 'no') throw this.#otherRig(found)
      if (found.family === rig.family) return
      if (same === 'unclear') throw notRecognised(this.#parts.familyOf(rig), found.firmware)
      this.#parts.onStranger(found)
      throw new HeadframeError(
        'rig/bad-reply',
        `It runs another firmware than before (${found.firmware}). It is read anew in a moment.`,
      )
    }
    if (found.kind === 'declined') throw notRecognised(this.#parts.familyOf(rig), found.make)
    await this.#recogniseByReading(record, rig, signal)
  }

  /** Where a search does not see what it is, what it says without a login may tell. @throws as `#recognise` */
  async #recogniseByReading(record: RigRecord, rig: BookRig, signal: AbortSignal): Promise<void> {
    const family = this.#parts.familyOf(rig)
    const link = this.#openAs(record, rig, null, signal)
    let result: ReadResult
    try {
      result = await orAborted(family.read(link, this.#parts.tools), signal)
    } catch (error) {
      if (!(error instanceof HeadframeError) || SILENT.has(error.code)) throw error
      throw notRecognised(family, null)
    }
    const same = isSame(rig, result.reading)
    if (same === 'no') throw this.#otherRig({ ...result.reading, address: link.address })
    if (same === 'unclear') throw notRecognised(family, null)
  }

  #otherRig(stranger: Stranger): HeadframeError {
    this.#parts.onStranger(stranger)
    const who = realMac(stranger.mac) ?? stranger.serial ?? 'one that does not say who it is'
    return new HeadframeError(
      'rig/other-rig',
      `Another rig answers at this address now (${who}). Look for this one with a scan, or remove it.`,
    )
  }

  /** @throws HeadframeError `rig/unknown`, `rig/other-rig` */
  takeIn(record: RigRecord, result: ReadResult): RigReading {
    const { book } = this.#parts
    const rig = book.require(record.id)
    if (isSame(rig, result.reading) === 'no') {
      record.recognisedAtMs = null
      throw this.#otherRig({ ...result.reading, address: { host: rig.host, port: rig.port } })
    }
    record.recognisedAtMs = this.#parts.tools.clock.nowMs()
    const reading = record.take({ ...result, reading: boundedReading(result.reading) })
    this.#parts.onRead(record)
    return reading
  }

  /** Reads under a time limit, in the rig's turn. @throws as `read` */
  async poll(record: RigRecord): Promise<RigReading> {
    const { tools, pollBudgetMs } = this.#parts
    const budget = new AbortController()
    const timer = tools.clock.after(pollBudgetMs, () => budget.abort())
    try {
      const signal = AbortSignal.any([budget.signal, record.gone.signal])
      return await record.turn.run(() => this.read(record, this.#openForPoll(record, signal), signal))
    } catch (error) {
      // Away or another one: it may come back with other firmware.
      record.seldom.clear()
      if (!budget.signal.aborted || record.gone.signal.aborted) throw error
      const seconds = String(Math.round(pollBudgetMs / 1000))
      throw new HeadframeError(
        'rig/timeout',
        `It was not read within ${seconds} s: it answers too slowly. Check that it is not overloaded.`,
        { cause: error },
      )
    } finally {
      timer.cancel()
    }
  }

  #asFailure(id: string, link: RigLink, error: unknown): HeadframeError {
    if (error instanceof HeadframeError) {
      if (error.code === 'rig/wrong-password') this.markRefused(id, link)
      return error
    }
    this.#parts.log.error('reading a rig failed', { rig: id, error: errorText(error) })
    return new HeadframeError(
      'rig/bad-reply',
      'What it answered could not be understood. Its raw replies tell more; please report them.',
      { cause: error },
    )
  }
}

function notRecognised({ name }: RigFamily, found: string | null): HeadframeError {
  const what = found === null ? '' : ` but ${found}`
  return new HeadframeError(
    'rig/not-recognised',
    `What answers at its address does not look like ${name} now${what}, so it was not shown the password. Look for the rig with a scan.`,
  )
}

/** What reads may ignore the end of its link; nobody waits for that. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const givenUp = (): void => reject(new HeadframeError('rig/given-up', 'The reading was given up.'))
    if (signal.aborted) givenUp()
    signal.addEventListener('abort', givenUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', givenUp))
  })
}
