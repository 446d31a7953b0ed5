/**
 * A scripted Stratum V1 rig that hashes for real. Its JSON, its coinbase and its header are its own: nothing of
 * `src-main/sv1` or of the checker is used. It does what it is told and remembers everything it was sent.
 */
import { connect, type Socket } from 'node:net'
import { concatBytes, fromHex } from '../../../src-main/base/index.ts'
import {
  asBlockHash,
  difficultyOfHash,
  sha256d,
  type Target,
  meetsTarget,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'
import { until } from './until.ts'

export interface FakeRigOptions {
  readonly port: number
  readonly user?: string
  readonly agent?: string
  /** Mask asked for; 0 leaves mining.configure out. */
  readonly versionMask?: number
  /** Asks for mining.set_extranonce. */
  readonly extranonceSubscribe?: boolean
  readonly ids?: 'number' | 'string'
  /** Methods of the start, in order. */
  readonly order?: readonly RigMethod[]
  readonly suggestDifficulty?: number
  readonly minimumDifficulty?: number
  /** When it starts its extranonce2 anew, as firmware does; it counts on unless given. */
  readonly restartsCounter?: 'with-clean-jobs' | 'with-every-job'
  /** What is sent as version bits. */
  readonly versionStyle?: 'rolled-bits' | 'whole-version' | 'echo-without-asking'
}

export type RigMethod = 'configure' | 'subscribe' | 'extranonce' | 'authorize' | 'suggest'

export interface RigJob {
  readonly id: string
  readonly prevHash: Uint8Array
  readonly coinb1: Uint8Array
  readonly coinb2: Uint8Array
  readonly branches: readonly Uint8Array[]
  readonly version: number
  readonly nBits: number
  readonly ntime: number
  readonly clean: boolean
  /** In force when the job came. */
  readonly difficulty: number
  readonly extranonce1: Uint8Array
  readonly extranonce2Size: number
  readonly versionMask: number
}

/** A solved header with everything a submit needs. */
export interface RigShare {
  readonly job: RigJob
  readonly extranonce2Hex: string
  readonly ntime: number
  readonly nonce: number
  /** Whole header version. */
  readonly version: number
  readonly difficulty: number
}

export interface Reply {
  readonly id: unknown
  readonly result: unknown
  readonly error: readonly [number, string, unknown] | null
}

export interface SolveOptions {
  /**
   * Difficulty the hash must meet. Unless given 2 % more than the job's, so that none falls between what the rig
   * was told, which is rounded down, and what the pool wants.
   */
  readonly difficulty?: number
  /** Difficulty the hash must not meet. */
  readonly below?: number
  readonly ntime?: number
}

const USUAL: readonly RigMethod[] = ['configure', 'subscribe', 'extranonce', 'authorize', 'suggest']
/** A search that takes longer was told a difficulty that no test means. */
const MOST_HASHES = 100_000

export class FakeRig {
  /** Every job, oldest first. */
  readonly jobs: RigJob[] = []
  /** Every message that was sent to us, in order. */
  readonly messages: Record<string, unknown>[] = []
  /** Every line as it came. */
  readonly lines: string[] = []
  extranonce1: Uint8Array = new Uint8Array(0)
  extranonce2Size = 0
  /** Null before the first mining.set_difficulty. */
  difficulty: number | null = null
  versionMask = 0
  /** How often the proxy ended our socket. */
  closed = false
  readonly user: string
  readonly #options: FakeRigOptions
  readonly #socket: Socket
  readonly #waiting = new Map<string, (reply: Reply) => void>()
  #text = ''
  #nextId = 1
  #counter = 0
  #hashing = false
  #hashingEnded: Promise<void> = Promise.resolve()

  private constructor(socket: Socket, options: FakeRigOptions) {
    this.#socket = socket
    this.#options = options
    this.user = options.user ?? 'rig'
    socket.setEncoding('utf8')
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      for (const answer of this.#waiting.values())
        answer({ id: null, result: null, error: [0, 'closed', null] })
      this.#waiting.clear()
    })
    socket.on('data', (text: string) => {
      this.#text += text
      const lines = this.#text.split('\n')
      this.#text = lines.pop() ?? ''
      for (const line of lines) this.#onLine(line)
    })
  }

  /** A rig with an open socket that has said nothing yet. */
  static async open(options: FakeRigOptions): Promise<FakeRig> {
    const socket = connect({ host: '127.0.0.1', port: options.port })
    await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail))
    return new FakeRig(socket, options)
  }

  /** A rig that went through its start and was answered. */
  static async start(options: FakeRigOptions): Promise<FakeRig> {
    const rig = await FakeRig.open(options)
    for (const method of options.order ?? USUAL) await rig.say(method)
    return rig
  }

  get lastJob(): RigJob {
    const job = this.jobs.at(-1)
    if (job === undefined) throw new Error('the rig has no job')
    return job
  }

  async say(method: RigMethod): Promise<Reply | null> {
    const {
      versionMask = 0,
      extranonceSubscribe,
      suggestDifficulty,
      minimumDifficulty,
      agent,
    } = this.#options
    switch (method) {
      case 'configure': {
        if (versionMask === 0 && minimumDifficulty === undefined) return null
        const extensions: string[] = []
        const fields: Record<string, unknown> = {}
        if (versionMask !== 0) {
          extensions.push('version-rolling')
          fields['version-rolling.mask'] = versionMask.toString(16).padStart(8, '0')
          fields['version-rolling.min-bit-count'] = 2
        }
        if (minimumDifficulty !== undefined) {
          extensions.push('minimum-difficulty')
          fields['minimum-difficulty.value'] = minimumDifficulty
        }
        const reply = await this.call('mining.configure', [extensions, fields])
        const result = reply.result as Record<string, unknown> | null
        const mask = result?.['version-rolling.mask']
        this.versionMask = typeof mask === 'string' ? parseInt(mask, 16) : 0
        return reply
      }
      case 'subscribe':
        // Taken over where the reply arrives: a job may be in the same packet.
        return this.call('mining.subscribe', [agent ?? 'fake/1'])
      case 'extranonce':
        return extranonceSubscribe === true ? this.call('mining.extranonce.subscribe', []) : null
      case 'authorize':
        return this.call('mining.authorize', [this.user, 'x'])
      case 'suggest':
        return suggestDifficulty === undefined
          ? null
          : this.call('mining.suggest_difficulty', [suggestDifficulty])
    }
  }

  /** Sends a request and waits for its reply. */
  call(method: string, params: readonly unknown[]): Promise<Reply> {
    const number = this.#nextId++
    const id = this.#options.ids === 'string' ? `rig-${number}` : number
    return new Promise((resolve) => {
      const take = (reply: Reply): void => {
        if (method === 'mining.subscribe' && Array.isArray(reply.result)) {
          const [, extranonce1, size] = reply.result as [unknown, string, number]
          this.extranonce1 = fromHex(extranonce1)
          this.extranonce2Size = size
        }
        resolve(reply)
      }
      this.#waiting.set(JSON.stringify(id), take)
      this.write(`${JSON.stringify({ id, method, params })}\n`)
    })
  }

  write(text: string | Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(text)
  }

  /** Stops and resumes reading. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** The name that a scripted pool wrote into a job's coinbase. */
  static poolNameOf({ coinb1 }: RigJob): string {
    return /\/\w+ \d+\//.exec(Buffer.from(coinb1).toString('latin1'))?.[0] ?? ''
  }

  /** Waits for a job, the next one unless a condition says which. */
  async job(condition?: (job: RigJob) => boolean, what = 'a job'): Promise<RigJob> {
    const known = this.jobs.length
    let found: RigJob | undefined
    await until(`${this.user}: ${what}`, () => {
      found = condition ? this.jobs.findLast(condition) : this.jobs[known]
      return found !== undefined
    })
    return found!
  }

  async firstJob(): Promise<RigJob> {
    await until(`${this.user}: the first job`, () => this.jobs.length > 0)
    return this.lastJob
  }

  /** Finds a share of a job, another one each time. */
  solve(job: RigJob = this.lastJob, options: SolveOptions = {}): RigShare {
    const target = targetOfDifficulty(options.difficulty ?? 1.02 * job.difficulty)
    const never: Target | null = options.below === undefined ? null : targetOfDifficulty(options.below)
    const mustMeet = never === null || options.difficulty !== undefined
    const ntime = options.ntime ?? job.ntime
    for (let tried = 0; tried < MOST_HASHES;) {
      const extranonce2 = this.#nextExtranonce2(job)
      const version = this.#rollVersion(job)
      const header = this.#header(job, extranonce2, ntime, version)
      const view = new DataView(header.buffer)
      // Few nonces for each extranonce, so that small extranonces are used up in a test too.
      for (let n = 0; n < 4096; n++, tried++) {
        const nonce = (this.#counter * 4096 + n) >>> 0
        view.setUint32(76, nonce, true)
        const hash = asBlockHash(sha256d(header))
        if (never !== null && meetsTarget(hash, never)) continue
        if (mustMeet && !meetsTarget(hash, target)) continue
        this.#counter++
        const extranonce2Hex = Buffer.from(extranonce2).toString('hex')
        return { job, extranonce2Hex, ntime, nonce, version, difficulty: difficultyOfHash(hash) }
      }
      this.#counter++
    }
    throw new Error(`no share of difficulty ${job.difficulty} in ${MOST_HASHES} hashes`)
  }

  submit(share: RigShare): Promise<Reply> {
    const { job, extranonce2Hex, ntime, nonce, version } = share
    const params: unknown[] = [this.user, job.id, extranonce2Hex, hex32(ntime), hex32(nonce)]
    const style = this.#options.versionStyle ?? 'rolled-bits'
    if (style !== 'rolled-bits') params.push(hex32(version))
    else if ((this.#options.versionMask ?? 0) !== 0) params.push(hex32((version & job.versionMask) >>> 0))
    return this.call('mining.submit', params)
  }

  /** Finds and submits shares of the latest job, one after the other. */
  async mine(count: number, job?: RigJob, options?: SolveOptions): Promise<Reply[]> {
    const replies: Promise<Reply>[] = []
    for (let n = 0; n < count; n++) {
      replies.push(this.submit(this.solve(job ?? this.lastJob, options)))
      await turn()
    }
    return Promise.all(replies)
  }

  /** Hashes on whatever job is the latest, until `rest`. */
  hash(): void {
    if (this.#hashing) return
    this.#hashing = true
    this.#hashingEnded = (async () => {
      while (this.#hashing && !this.closed) {
        if (this.jobs.length > 0) void this.submit(this.solve())
        await turn()
      }
    })()
  }

  async rest(): Promise<void> {
    this.#hashing = false
    await this.#hashingEnded
  }

  /** Replies that are due. */
  get unanswered(): number {
    return this.#waiting.size
  }

  close(): void {
    this.#hashing = false
    this.#socket.destroy()
  }

  #onLine(line: string): void {
    this.lines.push(line)
    const message = JSON.parse(line) as Record<string, unknown>
    this.messages.push(message)
    if (typeof message.method !== 'string') {
      const id = JSON.stringify(message.id)
      const take = this.#waiting.get(id)
      this.#waiting.delete(id)
      take?.(message as unknown as Reply)
      return
    }
    const params = message.params as unknown[]
    switch (message.method) {
      case 'mining.set_difficulty':
        this.difficulty = params[0] as number
        return
      case 'mining.set_version_mask':
        this.versionMask = parseInt(params[0] as string, 16)
        return
      case 'mining.set_extranonce':
        this.extranonce1 = fromHex(params[0] as string)
        this.extranonce2Size = params[1] as number
        return
      case 'mining.notify':
        if (this.#restarts(params[8] === true)) this.#counter = 0
        this.jobs.push(this.#jobOf(params))
        return
      default:
        throw new Error(`the proxy sent ${message.method}`)
    }
  }

  #jobOf(params: readonly unknown[]): RigJob {
    const [id, prevHash, coinb1, coinb2, branches, version, nBits, ntime, clean] = params as [
      string,
      string,
      string,
      string,
      string[],
      string,
      string,
      string,
      boolean,
    ]
    if (this.difficulty === null) throw new Error('a job came before its difficulty')
    const swapped = fromHex(prevHash)
    for (let at = 0; at < 32; at += 4) swapped.subarray(at, at + 4).reverse()
    return {
      id,
      prevHash: swapped,
      coinb1: fromHex(coinb1),
      coinb2: fromHex(coinb2),
      branches: branches.map(fromHex),
      version: parseInt(version, 16),
      nBits: parseInt(nBits, 16),
      ntime: parseInt(ntime, 16),
      clean,
      difficulty: this.difficulty,
      extranonce1: this.extranonce1,
      extranonce2Size: this.extranonce2Size,
      versionMask: this.versionMask,
    }
  }

  #restarts(clean: boolean): boolean {
    const { restartsCounter } = this.#options
    return restartsCounter === 'with-every-job' || (restartsCounter === 'with-clean-jobs' && clean)
  }

  #nextExtranonce2(job: RigJob): Uint8Array {
    const bytes = new Uint8Array(job.extranonce2Size)
    let value = this.#counter
    for (let at = bytes.length - 1; at >= 0; at--, value = Math.floor(value / 256)) bytes[at] = value & 0xff
    return bytes
  }

  #rollVersion(job: RigJob): number {
    const rolls =
      (this.#options.versionMask ?? 0) !== 0 && this.#options.versionStyle !== 'echo-without-asking'
    return rolls ? (job.version | (Math.imul(this.#counter, 0x2000) & job.versionMask)) >>> 0 : job.version
  }

  #header(job: RigJob, extranonce2: Uint8Array, ntime: number, version: number): Uint8Array {
    let root = sha256d(concatBytes(job.coinb1, job.extranonce1, extranonce2, job.coinb2))
    for (const branch of job.branches) root = sha256d(concatBytes(root, branch))
    const header = new Uint8Array(80)
    const view = new DataView(header.buffer)
    view.setUint32(0, version, true)
    header.set(job.prevHash, 4)
    header.set(root, 36)
    view.setUint32(68, ntime, true)
    view.setUint32(72, job.nBits, true)
    return header
  }
}

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')

/** Lets the loop turn, and other tests' sockets with it. */
function turn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 1))
}
