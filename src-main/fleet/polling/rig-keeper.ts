/**
 * Keeps every known rig read: polls it, follows it where its firmware can be followed, and knows what to show of it. One
 * request at a time per rig: who wants more of a rig than a look asks for its turn here. Not here: who is known (the rig
 * book), what rigs are told (`control/`).
 */
import { errorText, HeadframeError, type Logger, randomRatio } from '../../base/index.ts'
import { type RigBook } from '../book/rig-book.ts'
import { type BookRig } from '../book/rig-book-file.ts'
import { type Credentials } from '../control/credentials.ts'
import { type PoolsVault } from '../control/pools-vault.ts'
import { type Identified } from '../discovery/identified.ts'
import { type FamilyTools, type RigFamily } from '../families/family.ts'
import { addressText, isSame, realMac } from '../model/identity.ts'
import { type RigReading } from '../model/reading.ts'
import { type DownstreamSeen, type FleetOptions, type LinkOpener, type ProxySide } from '../ports.ts'
import { type AccessibleRig, type RigAccess } from '../rig-access.ts'
import { type RigAddress, type RigLink } from '../transport/rig-link.ts'
import { matchDownstreams } from '../views/match-downstreams.ts'
import { ownErrors } from '../views/own-errors.ts'
import { lastShareAt, rigDetailView, type RigFacts, rigView } from '../views/rig-views.ts'
import { type RawRepliesView, type RigDetailView, type RigView } from '../views/view-types.ts'
import { trackErrors } from './error-log.ts'
import { Follower } from './follower.ts'
import { afterAnswer, afterNoAnswer, freshnessOf, postponed, startRhythm } from './poll-rhythm.ts'
import { maskKnown } from './mask-secrets.ts'
import { Poller } from './poller.ts'
import { RigReader, type Stranger } from './rig-reader.ts'
import { RigRecord } from './rig-record.ts'
import { Slots } from './slots.ts'

export interface RigKeeperParts {
  readonly tools: FamilyTools
  readonly log: Logger
  readonly book: RigBook
  readonly credentials: Credentials
  readonly vault: PoolsVault
  readonly families: readonly RigFamily[]
  readonly openLink: LinkOpener
  readonly proxy: ProxySide
  readonly options: FleetOptions
  onChange(ids: readonly string[]): void
  /** Who answers at an address, as a search asks. */
  identify(address: RigAddress): Promise<Identified>
  /** Another rig answers where a known one was, or the same one with another firmware. */
  onStranger(stranger: Stranger): void
}

/** Live readings do not say everything: a whole poll at least this often. */
const WHOLE_POLL_EVERY_MS = 60_000

const NOT_TAKEN_IN = {
  code: 'rig/bad-reply',
  message: 'What it answered could not be taken in. Its raw replies tell more; please report them.',
}

export class RigKeeper implements RigAccess {
  readonly #parts: RigKeeperParts
  readonly #reader: RigReader
  readonly #poller: Poller
  readonly #follower: Follower
  readonly #records = new Map<string, RigRecord>()
  readonly #stopped = new AbortController()
  #matches: {
    readonly seen: readonly DownstreamSeen[]
    readonly byId: ReadonlyMap<string, DownstreamSeen>
  } | null = null

  constructor(parts: RigKeeperParts) {
    this.#parts = parts
    const { options, tools } = parts
    this.#poller = new Poller(tools.clock, new Slots(options.pollsAtOnce, options.doubtfulPollsAtOnce))
    this.#reader = new RigReader({
      ...parts,
      pollBudgetMs: options.pollBudgetMs,
      familyOf: (rig) => this.familyOf(rig),
      onRead: (record) => this.#onRead(record),
    })
    this.#follower = new Follower({
      tools,
      log: parts.log,
      signal: this.#stopped.signal,
      open: (record, signal) => this.#reader.open(record, signal),
      take: (record, result) => {
        this.#reader.takeIn(record, result)
        this.#answered(record, false)
        this.#poller.reschedule(record.id)
      },
    })
  }

  /** Begins to poll a rig of the book. */
  add(id: string): void {
    const { clock, entropy } = this.#parts.tools
    const record = new RigRecord(
      id,
      startRhythm(clock.monotonicMs(), this.#pollEveryMs(id), randomRatio(entropy)),
    )
    this.#records.set(id, record)
    this.#matches = null
    this.#poller.add({
      id,
      get rhythm() {
        return record.rhythm
      },
      get isTaken() {
        return record.turn.isTaken || record.busy !== null
      },
      poll: () => this.#poll(record),
      postpone: (byMs) => void (record.rhythm = postponed(record.rhythm, clock.monotonicMs(), byMs)),
    })
  }

  /** Ends whatever is asked of it. */
  remove(id: string): void {
    this.#poller.remove(id)
    const record = this.#records.get(id)
    record?.gone.abort()
    record?.following?.abort()
    this.#records.delete(id)
    this.#matches = null
  }

  stop(): void {
    this.#stopped.abort()
    for (const id of [...this.#records.keys()]) this.remove(id)
  }

  /** It may be somewhere else, or has another login: asked at once, as if it had just been added. */
  startAnew(id: string): void {
    const { clock, entropy } = this.#parts.tools
    const record = this.#records.get(id)
    if (!record) return
    record.rhythm = {
      ...startRhythm(clock.monotonicMs(), this.#pollEveryMs(id), randomRatio(entropy) / 10),
      answeredAtMs: record.rhythm.answeredAtMs,
    }
    record.recognisedAtMs = null
    record.following?.abort()
    this.#matches = null
    this.#poller.reschedule(id)
  }

  /** Reads it now; what went wrong is in its problem. Nothing happens while something is done with it. */
  async refresh(id: string): Promise<void> {
    const record = this.#require(id)
    if (record.busy === null) await this.#poll(record)
    this.#poller.reschedule(id)
  }

  /** Whether the rig itself answers where it is known to be; 'unclear' if what answers does not say who it is. */
  async isStillThere(id: string): Promise<'yes' | 'no' | 'unclear'> {
    const record = this.#require(id)
    if (record.busy !== null) return 'yes'
    try {
      const reading = await this.#reader.poll(record)
      return isSame(this.#parts.book.require(id), reading)
    } catch (error) {
      if (error instanceof HeadframeError) return 'no'
      throw error
    }
  }

  isWatched(id: string): boolean {
    return this.#records.has(id)
  }

  /** User names of its pool entries, the active one first; as it said last. */
  usersOf(id: string): readonly string[] {
    return this.#records.get(id)?.users ?? []
  }

  /** All that are known of a rig: of its logins, and of pools it had. */
  passwordsOf(id: string): string[] {
    const { book, credentials, vault } = this.#parts
    const rig = book.find(id)
    const pools = vault.of(id)?.pools ?? []
    return [...(rig ? credentials.passwordsOf(rig) : []), ...pools.map(({ password }) => password)]
  }

  isBusy(id: string): boolean {
    return (this.#records.get(id)?.busy ?? null) !== null
  }

  familyOf(rig: BookRig): RigFamily {
    const family = this.#parts.families.find(({ id }) => id === rig.family)
    if (family) return family
    throw new HeadframeError(
      'family/unknown',
      `This program does not know the firmware family "${rig.family}" of ${rig.name || addressText(rig)}.`,
    )
  }

  /* ---- What control and tuning need ---- */

  get ids(): readonly string[] {
    return this.#parts.book.rigs.map(({ id }) => id)
  }

  rig(id: string): AccessibleRig {
    const rig = this.#parts.book.require(id)
    const record = this.#require(id)
    const seen = this.#downstreamOf(id)
    return {
      id,
      name: this.view(id).name,
      host: rig.host,
      mac: rig.mac,
      hostname: record.reading?.hostname ?? rig.hostname,
      groupId: rig.groupId,
      family: this.familyOf(rig),
      reading: record.reading,
      busy: record.busy?.action ?? null,
      atProxy: seen && {
        downstreamId: seen.id,
        validShares: seen.validShares,
        lastShareAtMs: seen.lastShareAtMs,
        connectedAtMs: seen.connectedAtMs,
        hashrateHs: seen.hashrateHs,
      },
    }
  }

  async exclusively<T>(id: string, work: (link: RigLink) => Promise<T>): Promise<T> {
    const record = this.#require(id)
    try {
      return await record.turn.run(async () => {
        const link = this.#reader.open(record, this.#stopped.signal)
        try {
          return await work(link)
        } catch (error) {
          const isRefusal = error instanceof HeadframeError && error.code === 'rig/wrong-password'
          if (isRefusal) this.#reader.markRefused(id, link)
          throw error
        }
      })
    } finally {
      this.#poller.reschedule(id)
    }
  }

  async readNow(id: string, link: RigLink): Promise<RigReading> {
    const record = this.#require(id)
    try {
      const reading = await this.#reader.read(record, link, this.#stopped.signal)
      this.#answered(record, true)
      return reading
    } catch (error) {
      // It is expected to be away now and then while something is done with it: its values are old, no more.
      if (record.rhythm.failures === 0) record.rhythm = { ...record.rhythm, failures: 1 }
      this.#parts.onChange([id])
      throw error
    }
  }

  setBusy(id: string, action: string | null): void {
    const record = this.#records.get(id)
    if (!record) return
    record.busy = action === null ? null : { action, sinceMs: this.#parts.tools.clock.nowMs() }
    this.#parts.onChange([id])
  }

  /* ---- What is shown ---- */

  view(id: string): RigView {
    return rigView(this.facts(id))
  }

  detail(id: string): RigDetailView {
    return rigDetailView(this.facts(id))
  }

  raw(id: string): RawRepliesView {
    const record = this.#require(id)
    return record.replies.view(id, [
      ...record.users,
      ...(record.reading?.pools ?? []).map(({ user }) => user),
      ...(this.#parts.vault.of(id)?.pools ?? []).map(({ user }) => user),
      ...this.passwordsOf(id),
    ])
  }

  facts(id: string): RigFacts {
    const { book, credentials, proxy, vault } = this.#parts
    const rig = book.require(id)
    const record = this.#require(id)
    return {
      rig,
      family: this.familyOf(rig),
      group: book.findGroup(rig.groupId) ?? null,
      merged: record.merged,
      freshness: freshnessOf(record.rhythm),
      readAtMs: record.readAtMs,
      problem: record.problem,
      errors: record.errors,
      grewAtMs: record.grewAtMs,
      busy: record.busy,
      login: credentials.of(rig),
      canRestorePools: vault.of(id) !== null,
      atProxy: this.#downstreamOf(id),
      proxy: { ports: proxy.ports(), local: proxy.localAddresses() },
    }
  }

  #downstreamOf(id: string): DownstreamSeen | null {
    const { book, proxy } = this.#parts
    const seen = proxy.downstreams()
    if (this.#matches?.seen !== seen) {
      const rigs = book.rigs.map((rig) => ({
        id: rig.id,
        host: rig.host,
        users: this.#records.get(rig.id)?.users ?? [],
      }))
      this.#matches = { seen, byId: matchDownstreams(rigs, seen) }
    }
    return this.#matches.byId.get(id) ?? null
  }

  /* ---- Polling ---- */

  /** Never throws: what goes wrong with one rig is that rig's problem, and nobody waits for this. */
  async #poll(record: RigRecord): Promise<void> {
    const { tools, log } = this.#parts
    try {
      await this.#reader.poll(record)
      this.#answered(record, true)
      this.#follower.begin(record, this.familyOf(this.#parts.book.require(record.id)))
    } catch (error) {
      const rig = this.#parts.book.find(record.id)
      if (this.#records.get(record.id) !== record || !rig) return
      if (!(error instanceof HeadframeError)) {
        log.error('polling a rig failed', { rig: record.id, error: errorText(error) })
      } else if (record.rhythm.failures === 0) {
        log.debug('a rig was not read', { rig: record.id, code: error.code })
      }
      record.rhythm = afterNoAnswer(
        record.rhythm,
        tools.clock.monotonicMs(),
        this.#pollEveryMs(record.id),
        randomRatio(tools.entropy),
      )
      const { code, message } = error instanceof HeadframeError ? error : NOT_TAKEN_IN
      record.problem = {
        code,
        // A rig may repeat what it was sent.
        message: maskKnown(message, this.passwordsOf(record.id)),
        at: Math.round(tools.clock.nowMs()),
      }
      this.#parts.onChange([record.id])
    }
  }

  #answered(record: RigRecord, isWhole: boolean): void {
    const { clock, entropy } = this.#parts.tools
    const nowMs = clock.monotonicMs()
    record.rhythm = afterAnswer(record.rhythm, nowMs, this.#pollEveryMs(record.id), randomRatio(entropy))
    if (isWhole) record.polledAtMs = nowMs
    else {
      const latestMs = record.polledAtMs + WHOLE_POLL_EVERY_MS
      record.rhythm = { ...record.rhythm, nextAtMs: Math.min(record.rhythm.nextAtMs, latestMs) }
    }
    this.#parts.onChange([record.id])
  }

  #onRead(record: RigRecord): void {
    const { book } = this.#parts
    const { reading } = record
    if (!reading) return
    const rig = book.require(record.id)
    book.learn(record.id, {
      mac: rig.mac ?? realMac(reading.mac),
      serial: rig.serial ?? reading.serial,
      hostname: reading.hostname ?? rig.hostname,
      make: reading.make ?? rig.make,
      model: reading.model ?? rig.model,
      firmware: reading.firmware,
      firmwareVersion: reading.firmwareVersion ?? rig.firmwareVersion,
    })
    // A new user name may be the name of a connection.
    const users = record.users.join('\n')
    if (users !== record.matchedUsers) this.#matches = null
    record.matchedUsers = users
    const atProxy = this.#downstreamOf(record.id)
    const own = ownErrors({
      reading,
      lastShareAtMs: lastShareAt({ atProxy, grewAtMs: record.grewAtMs }, reading),
      twin: this.#twinOf(rig),
    })
    record.errors = trackErrors(record.errors, [...reading.errors, ...own], reading.atMs)
  }

  /** Name and address of another that has the same MAC address and answers too. */
  #twinOf(rig: BookRig): string | null {
    const { book } = this.#parts
    const twin =
      rig.twinOf === null ? book.rigs.find(({ twinOf }) => twinOf === rig.id) : book.find(rig.twinOf)
    const record = twin && this.#records.get(twin.id)
    if (!twin || !record || freshnessOf(record.rhythm) === 'gone') return null
    return `${twin.name || twin.hostname || 'Another rig'} at ${addressText(twin)}`
  }

  #pollEveryMs(id: string): number {
    return this.familyOf(this.#parts.book.require(id)).pollEveryMs * this.#parts.options.pollPace
  }

  #require(id: string): RigRecord {
    this.#parts.book.require(id)
    const record = this.#records.get(id)
    if (record) return record
    throw new HeadframeError(
      'rig/unknown',
      `The rig "${id}" is not watched now: Headframe is starting or stopping.`,
    )
  }
}
