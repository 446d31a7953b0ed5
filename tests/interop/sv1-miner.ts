/**
 * A rig that speaks Stratum V1 and hashes for real at a steady rate, made of the project's client state and a
 * socket. It submits every share it finds.
 */
import { connect, type Socket } from 'node:net'
import { toHex } from '../../src-main/base/index.ts'
import {
  asBlockHash,
  coinbaseTxid,
  foldMerklePath,
  meetsTarget,
  targetOfDifficulty,
} from '../../src-main/mining/index.ts'
import {
  applyPoolLine,
  decodeLine,
  LineFramer,
  MAX_LINE_BYTES,
  startSv1Client,
  type Sv1ClientState,
  type Sv1ClientStep,
  type Sv1Job,
  submitShare,
} from '../../src-main/sv1/index.ts'
import { searchHeader } from './header-search.ts'

/** A small rig by name, so that a proxy starts with a difficulty that a processor meets in seconds. */
const USER_AGENT = 'NerdMiner/interop'
/** Version bits the rig sets in every header, as far as it was granted them. */
const ROLLED_BITS = 0x00ffe000
/** Length of a turn; hashes that the processor could not do in one are not made up for. */
const TURN_MS = 20

export interface Sv1MinerOptions {
  readonly port: number
  readonly user: string
  /** 0 for a rig that cannot roll versions. */
  readonly versionRollingMask: number
  /** H/s; a few ten thousand leave room for the rest on a small machine. */
  readonly hashrateHs: number
}

export class Sv1Miner {
  /** Every job that arrived. */
  readonly jobs: Sv1Job[] = []
  submitted = 0
  accepted = 0
  /** The other side's reason for each share it refused. */
  readonly refusals: string[] = []
  /** Why the session is of no use, in words; null while it is fine. */
  failure: string | null = null
  readonly #user: string
  readonly #hashesATurn: number
  readonly #socket: Socket
  readonly #framer = new LineFramer(MAX_LINE_BYTES)
  #state: Sv1ClientState
  #timer: NodeJS.Timeout | undefined
  #nonce = 0
  #stopped = false

  constructor({ port, user, versionRollingMask, hashrateHs }: Sv1MinerOptions) {
    this.#user = user
    this.#hashesATurn = Math.round((hashrateHs * TURN_MS) / 1000)
    this.#socket = connect(port, '127.0.0.1')
    const first = startSv1Client({
      host: '127.0.0.1',
      userAgent: USER_AGENT,
      user,
      password: 'x',
      versionRollingMask,
      minBitCount: 0,
      subscribeExtranonce: true,
      suggestDifficulty: null,
      resumeSession: null,
    })
    this.#state = first.state
    this.#socket.once('connect', () => this.#apply(first))
    this.#socket.on('error', (error) => (this.failure ??= error.message))
    this.#socket.once('close', () => {
      if (!this.#stopped) this.failure ??= 'the other side closed the connection'
    })
    this.#socket.on('data', (bytes) => {
      const fault = this.#framer.push(bytes, (line, start, end) => {
        const text = decodeLine(line, start, end)
        if (text.ok) this.#apply(applyPoolLine(this.#state, text.value))
        else this.failure ??= text.error.message
      })
      if (fault !== null) this.failure ??= fault.message
    })
    this.#timer = setTimeout(() => this.#hash(), 0)
  }

  /** Whether subscribed and authorised. */
  get open(): boolean {
    return this.#state.phase === 'open'
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#socket.destroy()
  }

  #apply({ state, send, events }: Sv1ClientStep): void {
    this.#state = state
    for (const line of send) this.#socket.write(line)
    for (const event of events) {
      if (event.kind === 'job') {
        this.jobs.push(event.job)
        this.#nonce = 0
      } else if (event.kind === 'share-reply') {
        if (event.verdict.yes) this.accepted++
        else this.refusals.push(event.verdict.error.message)
      } else if (event.kind === 'failed') this.failure ??= `${event.reason}: ${event.text}`
    }
  }

  #hash(): void {
    const job = this.jobs.at(-1)
    if (this.#state.phase === 'open' && job !== undefined) this.#hashJob(job)
    this.#timer = setTimeout(() => this.#hash(), TURN_MS)
  }

  #hashJob(job: Sv1Job): void {
    const { notify, extranonce1, extranonce2Size, difficulty, versionMask } = job
    const extranonce2 = new Uint8Array(extranonce2Size)
    const version = (notify.version | (versionMask & ROLLED_BITS)) >>> 0
    const target = targetOfDifficulty(difficulty)
    const txid = coinbaseTxid(notify.coinb1, extranonce1, extranonce2, notify.coinb2)
    const fields = {
      version,
      prevHash: notify.prevHash,
      merkleRoot: foldMerklePath(txid, notify.merkleBranches),
      ntime: notify.ntime,
      nBits: notify.nBits,
    }
    const end = this.#nonce + this.#hashesATurn
    while (this.#nonce < end) {
      const solved = searchHeader(fields, this.#nonce, end - this.#nonce, (hash) =>
        meetsTarget(asBlockHash(hash), target),
      )
      this.#nonce = solved === undefined ? end : solved.nonce + 1
      if (solved !== undefined)
        this.#submit(notify.jobId, extranonce2, notify.ntime, solved.nonce, version & versionMask)
    }
  }

  #submit(jobId: string, extranonce2: Uint8Array, ntime: number, nonce: number, versionBits: number): void {
    const { state, line } = submitShare(this.#state, {
      user: this.#user,
      jobId,
      extranonce2Hex: toHex(extranonce2),
      ntime,
      nonce,
      versionBits: versionBits >>> 0,
    })
    this.#state = state
    this.#socket.write(line)
    this.submitted++
  }
}
