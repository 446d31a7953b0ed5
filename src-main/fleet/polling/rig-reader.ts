/**
 * One reading of one rig: opens a link with the login that counts, lets the family read, sees whether it is still the same
 * rig, and takes it in. A login that was refused is marked and not shown again. Whatever goes wrong is a HeadframeError.
 */
import { errorText, HeadframeError, type Logger } from '../../base/index.ts'
import { type RigBook } from '../book/rig-book.ts'
import { type BookRig } from '../book/rig-book-file.ts'
import { type Credentials } from '../control/credentials.ts'
import { type FamilyTools, type ReadResult, type RigFamily } from '../families/family.ts'
import { isSame, realMac } from '../model/identity.ts'
import { type RigReading } from '../model/reading.ts'
import { type LinkOpener } from '../ports.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { GuardedLink } from './guarded-link.ts'
import { type RigRecord } from './rig-record.ts'

export interface RigReaderParts {
  readonly tools: FamilyTools
  readonly log: Logger
  readonly book: RigBook
  readonly credentials: Credentials
  readonly openLink: LinkOpener
  readonly pollBudgetMs: number
  familyOf(rig: BookRig): RigFamily
  /** Another rig answers where this one is known to be. */
  onStranger(record: RigRecord, reading: RigReading): void
  /** A reading was taken in. */
  onRead(record: RigRecord): void
}

export class RigReader {
  readonly #parts: RigReaderParts

  constructor(parts: RigReaderParts) {
    this.#parts = parts
  }

  /** @throws HeadframeError `rig/unknown` */
  open(record: RigRecord, signal: AbortSignal): RigLink {
    const { book, credentials, openLink } = this.#parts
    const rig = book.require(record.id)
    const link = openLink({
      address: { host: rig.host, port: rig.port },
      credentials: credentials.usable(rig),
      signal: AbortSignal.any([signal, record.gone.signal]),
      onReply: (asked, bytes, atMs) => record.replies.note(asked, bytes, atMs),
    })
    return new GuardedLink(link, () => this.markRefused(record.id, link))
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
    try {
      result = await orAborted(family.read(link, tools), signal)
    } catch (error) {
      throw this.#asFailure(record.id, link, error)
    }
    return this.takeIn(record, result)
  }

  /** @throws HeadframeError `rig/unknown`, `rig/other-rig` */
  takeIn(record: RigRecord, result: ReadResult): RigReading {
    const { book } = this.#parts
    const rig = book.require(record.id)
    if (isSame(rig, result.reading) === 'no') {
      this.#parts.onStranger(record, result.reading)
      const who = realMac(result.reading.mac) ?? result.reading.serial ?? 'one that does not say who it is'
      throw new HeadframeError(
        'rig/other-rig',
        `Another rig answers at this address now (${who}). Look for this one with a scan, or remove it.`,
      )
    }
    const reading = record.take(result)
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
      return await record.turn.run(() => this.read(record, this.open(record, signal), signal))
    } catch (error) {
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

/** What reads may ignore the end of its link; nobody waits for that. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const givenUp = (): void => reject(new HeadframeError('rig/given-up', 'The reading was given up.'))
    if (signal.aborted) givenUp()
    signal.addEventListener('abort', givenUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', givenUp))
  })
}
