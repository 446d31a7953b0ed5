/**
 * A core in memory that implements the contract for screens: real input checks, real error shapes, real
 * streams with snapshots and revisions, and levers for what a screen must survive (a cut connection, a
 * missing token, a gap, a stalled core, an error). It mines nothing.
 */
import { createRouterClient, implement, ORPCError } from '@orpc/server'
import {
  contract,
  type Activation,
  type AppInfo,
  type Block,
  type CurrentJob,
  type Downstream,
  type HistorySeries,
  type LiveList,
  type LiveValue,
  type Overview,
  type Pool,
  type PoolTest,
  type PracticeState,
} from '../../src-preload/contract/index.ts'
import { pretendInfo, pretendOverview, pretendPool } from './pretend-farm.ts'

/** Values that are pushed now and read later, by one reader; ends when its signal does. */
class Stream<T> {
  readonly #waiting: T[] = []
  #wake: (() => void) | undefined
  #failure: unknown
  #ended = false

  push(value: T): void {
    this.#waiting.push(value)
    this.#wake?.()
  }

  end(failure?: unknown): void {
    this.#ended = true
    this.#failure = failure
    this.#wake?.()
  }

  async *read(): AsyncGenerator<T, void, void> {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift()!
      if (this.#failure !== undefined) throw this.#failure
      if (this.#ended) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

/** All readers of one view. */
class Broadcast<T> {
  readonly #streams = new Set<Stream<T>>()

  get readers(): number {
    return this.#streams.size
  }

  async *open(first: T, signal: AbortSignal | undefined): AsyncGenerator<T, void, void> {
    const stream = new Stream<T>()
    this.#streams.add(stream)
    signal?.addEventListener('abort', () => stream.end(), { once: true })
    try {
      yield first
      yield* stream.read()
    } finally {
      this.#streams.delete(stream)
    }
  }

  send(value: T): void {
    for (const stream of this.#streams) stream.push(value)
  }

  end(failure: unknown): void {
    for (const stream of this.#streams) stream.end(failure)
  }
}

/** A list with its revision and its readers. */
class PretendList<T extends { id: string }> {
  readonly #items = new Map<string, T>()
  readonly readers = new Broadcast<LiveList<T>>()
  revision = 1

  get all(): T[] {
    return [...this.#items.values()]
  }

  find(id: string): T | undefined {
    return this.#items.get(id)
  }

  /** Applies and tells the readers. `silently` leaves them with a gap. */
  change(upserts: readonly T[], removedIds: readonly string[] = [], silently = false): void {
    for (const id of removedIds) this.#items.delete(id)
    for (const item of upserts) this.#items.set(item.id, item)
    this.revision += 1
    if (silently) return
    this.readers.send({
      kind: 'changes',
      revision: this.revision,
      upserts: [...upserts],
      removedIds: [...removedIds],
    })
  }

  snapshot(): LiveList<T> {
    return { kind: 'snapshot', revision: this.revision, items: this.all }
  }
}

/** What a screen called, for assertions. */
export interface PretendCall {
  path: string
  input: unknown
}

export interface PretendCoreOptions {
  info?: Partial<AppInfo>
  overview?: Partial<Overview>
  pools?: readonly Pool[]
  rigs?: readonly Downstream[]
  job?: CurrentJob | null
  blocks?: readonly Block[]
  practice?: PracticeState | null
  history?: (from: number, to: number, points: number) => HistorySeries['points']
  now?: () => number
}

type Refusal = 'unauthorised' | 'unreachable'

/** A link as the renderer's connection expects one: `call` by path. */
type PretendLink = {
  call(
    path: readonly string[],
    input: unknown,
    options: { signal?: AbortSignal | undefined },
  ): Promise<unknown>
}
export type PretendOpening =
  { kind: 'open'; link: PretendLink; closed: Promise<void>; close(): void } | { kind: Refusal }

export class PretendCore {
  readonly pools = new PretendList<Pool>()
  readonly rigs = new PretendList<Downstream>()
  readonly calls: PretendCall[] = []
  info: AppInfo
  overview: Overview
  job: CurrentJob | null
  blocks: Block[]
  practice: PracticeState | null
  /** Answers of the next calls, by path; an Error is thrown, a promise awaited. */
  readonly answers = new Map<string, () => unknown>()
  readonly #overviewReaders = new Broadcast<LiveValue<Overview>>()
  readonly #history: (from: number, to: number, points: number) => HistorySeries['points']
  readonly #now: () => number
  readonly #open = new Set<() => void>()
  #overviewRevision = 1
  #refusal: Refusal | null = null
  /** How often a link was asked for. */
  openings = 0

  constructor(options: PretendCoreOptions = {}) {
    this.#now = options.now ?? Date.now
    this.info = pretendInfo(options.info)
    this.overview = pretendOverview({ updatedAt: this.#now(), ...options.overview })
    this.job = options.job ?? null
    this.blocks = [...(options.blocks ?? [])]
    this.practice = options.practice ?? null
    this.#history = options.history ?? (() => [])
    this.pools.change(options.pools ?? [])
    this.rigs.change(options.rigs ?? [])
  }

  // ---- levers -------------------------------------------------------------------------------------

  /** Reports the overview again, as the core does about every second. */
  tick(change: Partial<Overview> = {}): void {
    this.overview = { ...this.overview, updatedAt: this.#now(), ...change }
    this.#overviewRevision += 1
    this.#overviewReaders.send({ revision: this.#overviewRevision, value: this.overview })
  }

  changePool(id: string, change: Partial<Pool>): void {
    const pool = this.pools.find(id)
    if (pool !== undefined) this.pools.change([{ ...pool, ...change }])
  }

  changeRig(id: string, change: Partial<Downstream>): void {
    const rig = this.rigs.find(id)
    if (rig !== undefined) this.rigs.change([{ ...rig, ...change }])
  }

  /** Ends every open link, as a lost network or a stopped core does. */
  cut(): void {
    for (const end of [...this.#open]) end()
  }

  /** From now on attempts to connect end like this; null lets them in again. */
  refuse(refusal: Refusal | null): void {
    this.#refusal = refusal
  }

  /** Ends the stream of rigs with an error of the core. */
  failRigs(message: string): void {
    this.rigs.readers.end(
      new ORPCError('SERVICE_UNAVAILABLE', { message, data: { code: 'proxy/stopped', context: {} } }),
    )
  }

  /** The next call of `path` answers with this (or throws it, if it is an Error). */
  answerNext(path: string, answer: () => unknown): void {
    this.answers.set(path, answer)
  }

  callsOf(path: string): unknown[] {
    return this.calls.filter((call) => call.path === path).map((call) => call.input)
  }

  // ---- a way in -----------------------------------------------------------------------------------

  /** One attempt to connect: what the renderer calls a transport. */
  open(): Promise<PretendOpening> {
    this.openings += 1
    if (this.#refusal !== null) return Promise.resolve({ kind: this.#refusal })
    const ended = new AbortController()
    const closed = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()))
    const end = (): void => {
      this.#open.delete(end)
      ended.abort()
    }
    this.#open.add(end)
    return Promise.resolve({ kind: 'open', link: this.#link(ended.signal), closed, close: end })
  }

  #link(ended: AbortSignal): PretendLink {
    const client = createRouterClient(this.router())
    return {
      call: async (path, input, { signal }) => {
        this.calls.push({ path: path.join('.'), input })
        let procedure: unknown = client
        for (const part of path) procedure = (procedure as Record<string, unknown>)[part]
        const both = signal === undefined ? ended : AbortSignal.any([signal, ended])
        const answer = this.answers.get(path.join('.'))
        if (answer !== undefined) {
          this.answers.delete(path.join('.'))
          const value = await answer()
          if (value instanceof Error) throw value
          return value
        }
        return (procedure as (input: unknown, options: { signal: AbortSignal }) => Promise<unknown>)(input, {
          signal: both,
        })
      },
    }
  }

  #requirePool(id: string): Pool {
    const pool = this.pools.find(id)
    if (pool !== undefined) return pool
    throw new ORPCError('NOT_FOUND', {
      message: 'There is no such pool. It may have been removed in another window.',
      data: { code: 'pool/unknown', context: { id } },
    })
  }

  /** Makes `id` the active pool, without the time a real switch takes. */
  activate(id: string): Activation {
    const chosen = this.#requirePool(id)
    const now = this.#now()
    this.pools.change(
      this.pools.all.map((pool) =>
        pool.id === id
          ? { ...pool, active: true, state: 'ready' as const, connectedAt: now, problem: null, retryAt: null }
          : { ...pool, active: false, state: pool.active ? ('idle' as const) : pool.state },
      ),
    )
    const { name, url, protocol } = chosen
    this.tick({ activePool: { id, name, url, protocol, state: 'ready', switchedAt: now } })
    const total = this.rigs.all.length
    return {
      switchedAt: now,
      tookMs: 84,
      downstreams: { total, seamless: total, setExtranonce: 0, reconnected: 0 },
    }
  }

  /** The contract as implemented here, for tests that carry it over a real port. */
  router() {
    const os = implement(contract)
    return os.router({
      app: {
        health: os.app.health.handler(() => ({ status: 'ok', version: this.info.version, uptimeMs: 1 })),
        info: os.app.info.handler(() => this.info),
        dismissNotice: os.app.dismissNotice.handler(({ input }) => {
          this.info = { ...this.info, notices: this.info.notices.filter((notice) => notice.id !== input.id) }
        }),
      },
      overview: {
        get: os.overview.get.handler(() => this.overview),
        live: os.overview.live.handler(({ signal }) =>
          this.#overviewReaders.open({ revision: this.#overviewRevision, value: this.overview }, signal),
        ),
      },
      pools: {
        list: os.pools.list.handler(() => this.pools.all),
        live: os.pools.live.handler(({ signal }) => this.pools.readers.open(this.pools.snapshot(), signal)),
        create: os.pools.create.handler(({ input }) => {
          if (!input.url.includes('://'))
            throw new ORPCError('BAD_REQUEST', {
              message: 'The pool URL has no scheme. Start it with stratum2+tcp:// or stratum+tcp://',
              data: { code: 'pool/invalid-url', context: {} },
            })
          const { password, ...draft } = input
          const pool = pretendPool({
            ...draft,
            id: `pool-${this.pools.all.length + 1}`,
            hasPassword: (password ?? '') !== '',
            priority: this.pools.all.length,
            protocol: input.url.startsWith('stratum2') ? 'stratum-v2' : 'stratum-v1',
          })
          this.pools.change([pool])
          return pool
        }),
        update: os.pools.update.handler(({ input }) => {
          const { id, password, priority, ...patch } = input
          const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
          const hasPassword = password === undefined ? this.#requirePool(id).hasPassword : password !== ''
          this.pools.change([{ ...this.#requirePool(id), ...given, hasPassword }])
          if (priority !== undefined) {
            const order = this.pools.all
              .filter((pool) => pool.id !== id)
              .sort((a, b) => a.priority - b.priority)
            order.splice(priority, 0, this.#requirePool(id))
            this.pools.change(order.map((pool, index) => ({ ...pool, priority: index })))
          }
          return this.#requirePool(id)
        }),
        remove: os.pools.remove.handler(({ input }) => {
          if (this.#requirePool(input.id).active)
            throw new ORPCError('CONFLICT', {
              message: 'Rigs work for this pool now. Switch to another pool first, then remove it.',
              data: { code: 'pool/active', context: {} },
            })
          this.pools.change([], [input.id])
        }),
        activate: os.pools.activate.handler(({ input }) => this.activate(input.id)),
        test: os.pools.test.handler((): PoolTest => ({
          ok: true,
          steps: [
            { step: 'address', ok: true, tookMs: 3.1, detail: '192.0.2.55' },
            { step: 'connect', ok: true, tookMs: 18.4, detail: 'TCP connection open' },
            { step: 'handshake', ok: true, tookMs: 22.9, detail: 'The pool proved its authority key' },
            { step: 'open', ok: true, tookMs: 31.2, detail: 'Signed in; extranonce of 8 + 8 bytes' },
            { step: 'job', ok: true, tookMs: 45.6, detail: 'Height 924,518, 12 branches' },
          ],
          problem: null,
        })),
      },
      downstreams: {
        list: os.downstreams.list.handler(() => this.rigs.all),
        live: os.downstreams.live.handler(({ signal }) =>
          this.rigs.readers.open(this.rigs.snapshot(), signal),
        ),
      },
      jobs: { current: os.jobs.current.handler(() => this.job) },
      blocks: { list: os.blocks.list.handler(() => this.blocks) },
      history: {
        series: os.history.series.handler(({ input }) => {
          const to = input.to ?? this.#now()
          const from = input.from ?? to - 3_600_000
          return { metric: input.metric, bucketMs: 60_000, points: this.#history(from, to, input.points) }
        }),
      },
      practice: {
        state: os.practice.state.handler(({ errors }) => {
          if (this.practice === null)
            throw errors.NOT_FOUND({
              data: { code: 'practice/off', context: {} },
              message: 'Not practising.',
            })
          return this.practice
        }),
        trigger: os.practice.trigger.handler(({ errors }) => {
          if (this.practice === null)
            throw errors.NOT_FOUND({
              data: { code: 'practice/off', context: {} },
              message: 'Not practising.',
            })
          this.practice = { ...this.practice, chainHeight: this.practice.chainHeight + 1 }
          return this.practice
        }),
      },
    })
  }
}
