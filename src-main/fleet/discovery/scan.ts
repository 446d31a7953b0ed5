/**
 * One search for rigs over a list of addresses: knocks at many at once, identifies where somebody opens, tells what it
 * finds as it finds it, and can be stopped at any moment. A host that is slow, silent or endless takes a place for its
 * own budget and delays no other. Who a find is among known rigs is the fleet's affair.
 * Governing document: rig API digest, section 1.1.
 */
import { errorText, HeadframeError, Listeners, type Timer, type Unsubscribe } from '../../base/index.ts'
import { addressText } from '../model/identity.ts'
import { type RigAddress } from '../transport/rig-link.ts'
import { type Candidate, type CandidateSource, type Listening } from './candidate.ts'
import { Doors } from './doors.ts'
import { type Identified } from './identified.ts'
import { identify } from './identify.ts'
import { knock } from './knock.ts'
import { lookUpHost } from './look-up.ts'
import {
  DEFAULT_IDENTIFY_CONCURRENCY,
  DEFAULT_SCAN_CONCURRENCY,
  DEFAULT_SCAN_TIMINGS,
  type RunningScan,
  type ScanFindEvent,
  type ScanParts,
  type ScanProblem,
  type ScanProgress,
  type ScanTimings,
} from './scan-parts.ts'
import { allowedHosts, isName, publicAddress } from './targets.ts'

/** Knocks begin in small lots, so that the first answers are heard while the last questions go out. */
const LOT = 32
const LOT_EVERY_MS = 10
/** Of announcements and reports; whoever sends more is no rig. */
const MAX_CANDIDATES = 4096
const MAX_PROBLEMS = 20

/** @throws HeadframeError `scan/bad-target` if an allowed range is none; all else is in the progress */
export function startScan(parts: ScanParts): RunningScan {
  const scan = new Scan(parts)
  scan.start()
  return scan
}

class Scan implements RunningScan {
  readonly done: Promise<ScanProgress>
  readonly #parts: ScanParts
  readonly #timings: ScanTimings
  readonly #allowed: (host: string) => boolean
  readonly #known: ReadonlySet<string>
  readonly #stopping = new AbortController()
  readonly #progressListeners = new Listeners<ScanProgress>()
  readonly #findListeners = new Listeners<ScanFindEvent>()
  readonly #startedAtMs: number
  readonly #startedMonotonicMs: number
  /** By address: none while it waits its turn. */
  readonly #visits = new Map<string, 'under way' | 'nobody' | 'found'>()
  readonly #targetKeys: ReadonlySet<string>
  readonly #urgent: RigAddress[] = []
  /** From announcements and reports, where the rig itself does not tell. */
  readonly #macs = new Map<string, string>()
  readonly #finds: ScanFindEvent[] = []
  readonly #problems: ScanProblem[] = []
  readonly #waiting: (() => void)[] = []
  readonly #listening: Listening[] = []
  #opening = 0
  #next = 0
  /** Knocked at and holding a place. */
  #knocking = 0
  /** Whose visit is not over. */
  #visiting = 0
  #identifying = 0
  #total: number
  #tried = 0
  #answered = 0
  #firstRigMs: number | null = null
  #completeMs: number | null = null
  #listeningUntilMs: number | null = null
  #listenTimer: Timer | null = null
  #tellTimer: Timer | null = null
  #lotTimer: Timer | null = null
  #state: ScanProgress['state'] = 'running'
  #endedAtMs: number | null = null
  #resolveDone: (progress: ScanProgress) => void = () => undefined

  constructor(parts: ScanParts) {
    this.#parts = parts
    this.#timings = parts.timings ?? DEFAULT_SCAN_TIMINGS
    this.#allowed = allowedHosts(parts.allowedRanges ?? [])
    this.#known = new Set((parts.known ?? []).map(addressText))
    this.#targetKeys = new Set(parts.targets.map(addressText))
    this.#total = parts.targets.length
    this.#startedAtMs = parts.clock.nowMs()
    this.#startedMonotonicMs = parts.clock.monotonicMs()
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve
    })
  }

  get progress(): ScanProgress {
    return {
      state: this.#state,
      startedAtMs: this.#startedAtMs,
      endedAtMs: this.#endedAtMs,
      total: this.#total,
      tried: this.#tried,
      answered: this.#answered,
      firstRigMs: this.#firstRigMs,
      completeMs: this.#completeMs,
      listeningUntilMs: this.#listeningUntilMs,
      finds: [...this.#finds],
      problems: [...this.#problems],
    }
  }

  start(): void {
    const { sources = [], listenMs = 0, clock } = this.#parts
    if (sources.length > 0 && listenMs > 0) {
      this.#listeningUntilMs = this.#startedAtMs + listenMs
      this.#listenTimer = clock.after(listenMs, () => this.#endListening())
      this.#opening = sources.length
      for (const source of sources) void this.#listen(source)
    }
    // Listeners are there before the first event.
    queueMicrotask(() => this.#pump())
  }

  onProgress(listener: (progress: ScanProgress) => void): Unsubscribe {
    return this.#progressListeners.on(listener)
  }

  onFind(listener: (find: ScanFindEvent) => void): Unsubscribe {
    return this.#findListeners.on(listener)
  }

  add({ address, mac }: Candidate): void {
    if (this.#state !== 'running') return
    if (!isName(address.host) && !this.#allowed(address.host)) return
    const key = addressText(address)
    const visit = this.#visits.get(key)
    const isNew = visit === undefined && !this.#targetKeys.has(key) && !this.#isUrgent(key)
    if (isNew && this.#total - this.#targetKeys.size >= MAX_CANDIDATES) return
    if (mac !== null) this.#learnMac(key, mac)
    if (visit === 'under way' || visit === 'found') return
    if (isNew) this.#total++
    // Nobody was there a moment ago: it may have started since, and is not counted twice.
    if (visit === 'nobody') this.#tried--
    this.#visits.delete(key)
    if (!this.#isUrgent(key)) this.#urgent.push(address)
    this.#completeMs = null
    this.#pump()
    this.#tellSoon()
  }

  async stop(): Promise<ScanProgress> {
    if (this.#state === 'running') {
      this.#state = 'stopped'
      this.#stopping.abort()
      this.#lotTimer?.cancel()
      this.#lotTimer = null
      this.#endListening()
      for (const resume of this.#waiting.splice(0)) resume()
      this.#pump()
    }
    return this.done
  }

  #isUrgent(key: string): boolean {
    return this.#urgent.some((address) => addressText(address) === key)
  }

  /** Begins as many visits as there are places, and sees when there is nothing left to do. */
  #pump(): void {
    const { concurrency = DEFAULT_SCAN_CONCURRENCY } = this.#parts
    const hasRoom = (): boolean =>
      this.#state === 'running' && this.#knocking < concurrency && this.#waiting.length < concurrency
    for (let begun = 0; this.#lotTimer === null && hasRoom(); begun++) {
      if (begun === LOT) {
        this.#lotTimer = this.#parts.clock.after(LOT_EVERY_MS, () => {
          this.#lotTimer = null
          this.#pump()
        })
        break
      }
      const address = this.#take()
      if (address === null) break
      this.#visits.set(addressText(address), 'under way')
      this.#knocking++
      this.#visiting++
      void this.#visit(address)
    }
    if (this.#visiting > 0 || this.#lotTimer !== null) return
    if (this.#state === 'running') this.#completeMs ??= this.#elapsedMs()
    if (this.#listening.length === 0 && this.#opening === 0 && this.#listenTimer === null) this.#end()
  }

  #take(): RigAddress | null {
    const urgent = this.#urgent.shift()
    if (urgent !== undefined) return urgent
    for (;;) {
      const address = this.#parts.targets[this.#next]
      if (address === undefined) return null
      this.#next++
      if (!this.#visits.has(addressText(address))) return address
    }
  }

  async #visit(address: RigAddress): Promise<void> {
    const key = addressText(address)
    const host = await this.#resolve(address.host)
    const doors = host === null ? null : this.#knockAt(host, address.port, this.#known.has(key) ? 2 : 1)
    const isSomebody = (await doors?.anyOpen()) === true
    if (doors?.isOverloaded === true) this.#noteOverload()
    this.#knocking--
    this.#tried++
    if (isSomebody) this.#answered++
    else this.#visits.set(key, 'nobody')
    this.#tellSoon()
    if (host !== null && doors !== null && isSomebody) await this.#identify(address, host, doors)
    this.#visiting--
    this.#pump()
  }

  #knockAt(host: string, port: number | null, attempts: number): Doors {
    return new Doors({
      host,
      port,
      clock: this.#parts.clock,
      knock: this.#parts.knock ?? knock,
      timeoutMs: this.#timings.knockMs,
      attempts,
      signal: this.#stopping.signal,
    })
  }

  async #identify(address: RigAddress, resolvedHost: string, doors: Doors): Promise<void> {
    const { identifyConcurrency = DEFAULT_IDENTIFY_CONCURRENCY, clock, openLink } = this.#parts
    if (this.#identifying >= identifyConcurrency) {
      const turn = new Promise<void>((resume) => this.#waiting.push(resume))
      this.#pump()
      await turn
    } else {
      this.#identifying++
      this.#pump()
    }
    try {
      if (this.#state !== 'running') return
      const identified = await identify(address, {
        clock,
        openLink,
        timings: this.#timings.identify,
        signal: this.#stopping.signal,
        isOpen: (port) => doors.isOpen(port),
        resolvedHost,
      })
      if (this.#stopping.signal.aborted) return
      this.#visits.set(addressText(address), 'found')
      this.#find(identified)
    } catch (error) {
      // What one rig says must not end the search for the others.
      this.#visits.set(addressText(address), 'found')
      this.#note(error)
      this.#find({
        kind: 'other',
        address,
        because: `What answers there could not be read: ${errorText(error)}`,
      })
    } finally {
      // The place goes to the one who waits longest, without being free in between.
      const next = this.#waiting.shift()
      if (next !== undefined) next()
      else this.#identifying--
    }
  }

  #find(identified: Identified): void {
    const find = { identified: this.#withMac(identified), atMs: this.#parts.clock.nowMs() }
    if (find.identified.kind === 'rig') this.#firstRigMs ??= this.#elapsedMs()
    this.#finds.push(find)
    this.#findListeners.emit(find)
    this.#tell()
  }

  #withMac(identified: Identified): Identified {
    if (identified.kind !== 'rig' || identified.mac !== null) return identified
    return { ...identified, mac: this.#macs.get(addressText(identified.address)) ?? null }
  }

  #learnMac(key: string, mac: string): void {
    this.#macs.set(key, mac)
    const index = this.#finds.findIndex(({ identified }) => addressText(identified.address) === key)
    const find = this.#finds[index]
    if (find?.identified.kind !== 'rig' || find.identified.mac !== null) return
    const better = { ...find, identified: { ...find.identified, mac } }
    this.#finds[index] = better
    this.#findListeners.emit(better)
    this.#tell()
  }

  /** Null if the name leads nowhere that may be asked. */
  async #resolve(host: string): Promise<string | null> {
    if (!isName(host)) return host
    const { lookUp = lookUpHost, clock } = this.#parts
    try {
      const found = await lookUp(host, { clock, timeoutMs: 4 * this.#timings.knockMs })
      const address = found.find((each) => this.#allowed(each))
      if (address !== undefined) return address
      throw found[0] === undefined
        ? new HeadframeError(
            'scan/name-unknown',
            `No address is known for "${host}". Write its address instead.`,
          )
        : publicAddress(found[0], host)
    } catch (error) {
      this.#note(error)
      return null
    }
  }

  #noteOverload(): void {
    if (this.#problems.some(({ code }) => code === 'scan/overloaded')) return
    this.#note(
      new HeadframeError(
        'scan/overloaded',
        'This machine ran out of connections, so some addresses could not be tried. Close other programs or search a smaller range.',
      ),
    )
  }

  #note(error: unknown): void {
    if (this.#problems.length >= MAX_PROBLEMS) return
    const code = error instanceof HeadframeError ? error.code : 'scan/failed'
    this.#problems.push({ code, message: errorText(error) })
    this.#tellSoon()
  }

  async #listen(source: CandidateSource): Promise<void> {
    const opened = await source.open((candidate) => this.add(candidate))
    this.#opening--
    if (!opened.ok) this.#note(opened.error)
    else if (this.#listenTimer === null) await opened.value.stop()
    else this.#listening.push(opened.value)
    this.#pump()
  }

  #endListening(): void {
    this.#listenTimer?.cancel()
    this.#listenTimer = null
    const open = this.#listening.splice(0)
    this.#opening += open.length
    for (const listening of open) {
      void listening.stop().finally(() => {
        this.#opening--
        this.#pump()
      })
    }
    if (open.length === 0) this.#pump()
  }

  #elapsedMs(): number {
    return this.#parts.clock.monotonicMs() - this.#startedMonotonicMs
  }

  #tellSoon(): void {
    if (this.#endedAtMs !== null) return
    this.#tellTimer ??= this.#parts.clock.after(this.#timings.tellEveryMs, () => this.#tell())
  }

  #tell(): void {
    this.#tellTimer?.cancel()
    this.#tellTimer = null
    this.#progressListeners.emit(this.progress)
  }

  #end(): void {
    if (this.#endedAtMs !== null) return
    if (this.#state === 'running') this.#state = 'done'
    this.#endedAtMs = this.#parts.clock.nowMs()
    this.#tell()
    this.#resolveDone(this.progress)
  }
}
