/** A scripted Stratum V1 pool. Its JSON is its own: nothing of `src-main/sv1` is used. */
import { type Socket } from 'node:net'
import { toHex, tryFromHex } from '../../../src-main/base/index.ts'
import { FakePool, type FakePoolOptions, type GivenJob, type PoolJob } from './fake-pool.ts'

/** Steps a client takes; a pool may stop answering at each. */
export type Sv1PoolStep = 'subscribe' | 'authorize' | 'job'

interface Client {
  readonly socket: Socket
  readonly number: number
  sessionId: string
  readonly users: Set<string>
  jobs: Map<string, GivenJob>
  prefix: Uint8Array
  rollableSize: number
  versionMask: number
  rolls: boolean
  subscribed: boolean
  authorized: boolean
  user: string
  text: string
  held: (() => void)[]
  deaf: boolean
}

interface Request {
  readonly id: unknown
  readonly method: string | undefined
  readonly params: readonly unknown[]
}

export class FakeSv1Pool extends FakePool {
  /** From this step on no answer is given. */
  muteFrom: Sv1PoolStep | null = null
  /** Sent to whoever connects, instead of serving; null to serve. */
  greeting: string | Uint8Array | null = null
  closeAtOnce = false
  /** Why the user is refused; null to accept. */
  refuseUser: string | null = null
  /** Why names after the first of a connection are refused; null to accept them, `hang-up` to close instead. */
  refuseNames: string | null = null
  /** Names after the first of a connection are not answered. */
  muteNames = false
  /** Gives whoever names an earlier session what it had: extranonce and jobs. */
  restoresSessions = false
  /** Forgets the jobs of sessions that it restores. */
  forgetsJobs = false
  /** Refuses subscriptions that name a session. */
  refusesSessionIds = false
  /** Every request, in order. */
  readonly requests: Request[] = []
  readonly #clients = new Set<Client>()
  /** What each session was given, also after it ended. */
  readonly #sessions = new Map<string, Pick<Client, 'prefix' | 'rollableSize' | 'jobs'>>()

  static start(options: FakePoolOptions = {}): Promise<FakeSv1Pool> {
    return new FakeSv1Pool(options).listen()
  }

  /** Another job; `clean` makes the ones before it stale. */
  sendJob(clean = false): void {
    const job = this.nextJob()
    for (const client of this.#ready()) this.#notify(client, job, clean)
  }

  newTip(): void {
    const job = this.nextTip()
    for (const client of this.#ready()) this.#notify(client, job, true)
  }

  /** In force from the next job, as `mining.set_difficulty` says. */
  setDifficulty(difficulty: number): void {
    this.difficulty = difficulty
    for (const client of this.#ready())
      this.#send(client, { method: 'mining.set_difficulty', params: [difficulty] })
  }

  /** In force from the next job. */
  setExtranonce(prefix: Uint8Array, rollableSize: number): void {
    for (const client of this.#ready()) {
      client.prefix = prefix
      client.rollableSize = rollableSize
      this.#send(client, { method: 'mining.set_extranonce', params: [toHex(prefix), rollableSize] })
    }
  }

  /** In force at once, as `mining.set_version_mask` says. */
  setVersionMask(mask: number): void {
    this.versionMask = mask
    for (const client of this.#ready()) {
      client.versionMask = mask
      this.#send(client, { method: 'mining.set_version_mask', params: [hex32(mask)] })
    }
  }

  reconnect(params: readonly unknown[]): void {
    for (const client of this.#ready()) this.#send(client, { method: 'client.reconnect', params })
  }

  /** From now on nothing arrives from whoever is connected, as after a change of network. */
  deafen(): void {
    for (const client of this.#clients) client.deaf = true
  }

  raw(text: string): void {
    for (const { socket } of this.#clients) socket.write(text)
  }

  /** Answers held shares, oldest first, and goes on answering at once. */
  release(): void {
    this.answering = 'at-once'
    for (const client of this.#clients) for (const answer of client.held.splice(0)) answer()
  }

  protected onSocket(socket: Socket): void {
    if (this.closeAtOnce) {
      socket.destroy()
      return
    }
    if (this.greeting !== null) {
      socket.write(this.greeting)
      socket.resume()
      return
    }
    const client: Client = {
      socket,
      number: this.connectionCount,
      sessionId: `s${this.connectionCount}`,
      users: new Set(),
      jobs: new Map(),
      prefix: this.prefixOf(this.connectionCount),
      rollableSize: this.rollableSize,
      versionMask: 0,
      rolls: false,
      subscribed: false,
      authorized: false,
      user: '',
      text: '',
      held: [],
      deaf: false,
    }
    this.#clients.add(client)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      if (client.deaf) return
      client.text += text
      const lines = client.text.split('\n')
      client.text = lines.pop() ?? ''
      for (const line of lines) this.#onRequest(client, JSON.parse(line) as Request)
    })
  }

  protected onGone(socket: Socket): void {
    for (const client of this.#clients) if (client.socket === socket) this.#clients.delete(client)
  }

  #ready(): Client[] {
    return [...this.#clients].filter(({ authorized }) => authorized)
  }

  #onRequest(client: Client, request: Request): void {
    // Answers to our own requests ask for nothing.
    if (request.method === undefined) return
    this.requests.push(request)
    const { id, method, params } = request
    const reply = (result: unknown, error: unknown = null): void => this.#send(client, { id, result, error })
    switch (method) {
      case 'mining.configure': {
        if (this.muteFrom === 'subscribe') return
        const asked = params[1] as Record<string, string>
        const mask = (parseInt(asked['version-rolling.mask'] ?? '0', 16) & this.versionMask) >>> 0
        client.versionMask = mask
        client.rolls = mask !== 0
        const hex = mask.toString(16).padStart(8, '0')
        reply(
          mask === 0
            ? { 'version-rolling': false }
            : { 'version-rolling': true, 'version-rolling.mask': hex },
        )
        return
      }
      case 'mining.subscribe':
        if (this.muteFrom === 'subscribe') return
        if (params[1] !== undefined && this.refusesSessionIds) {
          reply(null, [20, 'unknown parameter', null])
          return
        }
        this.#subscribe(client, params[1])
        reply([[['mining.notify', client.sessionId]], toHex(client.prefix), client.rollableSize])
        return
      case 'mining.extranonce.subscribe':
        reply(true)
        return
      case 'mining.authorize':
        if (this.muteFrom === 'subscribe' || this.muteFrom === 'authorize') return
        if (this.refuseUser !== null) {
          reply(null, [24, this.refuseUser, null])
          return
        }
        if (client.authorized) {
          this.#authorizeName(client, String(params[0]), reply)
          return
        }
        client.authorized = true
        client.user = String(params[0])
        client.users.add(client.user)
        reply(true)
        if (this.muteFrom === 'job') return
        this.#send(client, { method: 'mining.set_difficulty', params: [this.difficulty] })
        this.#notify(client, this.currentJob, true)
        return
      case 'mining.submit':
        this.#onSubmit(client, params, reply)
        return
      default:
        reply(null, [20, 'unknown method', null])
    }
  }

  #subscribe(client: Client, sessionId: unknown): void {
    client.subscribed = true
    const session = typeof sessionId === 'string' ? this.#sessions.get(sessionId) : undefined
    if (session && this.restoresSessions) {
      client.sessionId = sessionId as string
      client.prefix = session.prefix
      client.rollableSize = session.rollableSize
      client.jobs = this.forgetsJobs ? new Map() : session.jobs
    }
    this.#sessions.set(client.sessionId, client)
  }

  #authorizeName(client: Client, name: string, reply: (result: unknown, error?: unknown) => void): void {
    if (this.refuseNames === 'hang-up') client.socket.destroy()
    else if (this.refuseNames !== null && !client.users.has(name)) reply(null, [24, this.refuseNames, null])
    else if (!this.muteNames || client.users.has(name)) {
      client.users.add(name)
      reply(true)
    }
  }

  #onSubmit(
    client: Client,
    params: readonly unknown[],
    reply: (result: unknown, error?: unknown) => void,
  ): void {
    const [user, jobId, extranonce2, ntime, nonce, bits] = params as string[]
    const given = client.jobs.get(jobId ?? '')
    const rolled = bits === undefined ? 0 : parseInt(bits, 16)
    const base = given?.job.version ?? 0
    const refusal = this.judge(given, {
      jobId: Number(jobId),
      user: user ?? '',
      rollable: tryFromHex(extranonce2 ?? '') ?? new Uint8Array(0),
      ntime: parseInt(ntime ?? '', 16),
      nonce: parseInt(nonce ?? '', 16),
      version: client.rolls ? ((base & ~client.versionMask) | (rolled & client.versionMask)) >>> 0 : base,
    })
    if (!client.users.has(user ?? '')) {
      reply(null, [24, 'unauthorized worker', null])
      this.rejected++
      return
    }
    const answer = (): void => {
      if (client.socket.destroyed) return
      if (refusal === null) this.acknowledged++
      else this.rejected++
      if (refusal === null) reply(true)
      else reply(null, [20, refusal, null])
    }
    if (this.answering === 'at-once') answer()
    else if (this.answering === 'held') client.held.push(answer)
  }

  #notify(client: Client, job: PoolJob, clean: boolean): void {
    // Whoever gets a session back was told of these jobs before: they are good as long as their block is.
    const isRestored = client.sessionId !== `s${client.number}`
    if (clean) {
      for (const given of client.jobs.values()) {
        given.stale ||= !isRestored || toHex(given.job.prevHash) !== toHex(job.prevHash)
      }
    }
    const jobId = String(job.id)
    client.jobs.set(jobId, this.give(job, client.prefix, client.rollableSize, client.versionMask))
    const words = Array.from({ length: 8 }, (_, n) => toHex(job.prevHash.slice(4 * n, 4 * n + 4).reverse()))
    this.#send(client, {
      method: 'mining.notify',
      params: [
        jobId,
        words.join(''),
        toHex(job.coinbasePrefix),
        toHex(job.coinbaseSuffix),
        job.merklePath.map(toHex),
        hex32(job.version),
        hex32(job.nBits),
        hex32(job.ntime),
        clean,
      ],
    })
  }

  #send(client: Client, message: Record<string, unknown>): void {
    if (!client.socket.destroyed) client.socket.write(`${JSON.stringify({ id: null, ...message })}\n`)
  }
}

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')
