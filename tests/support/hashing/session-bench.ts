/** A session over a line in memory, with a chain of plain chips at its far end and time moved by hand. */
import { ManualClock, silentLogger, systemEntropy } from '../../../src-main/base/index.ts'
import { ChainSession } from '../../../src-main/drivers/hashing/chain-session.ts'
import { type ClockSetting, type SessionBoard } from '../../../src-main/drivers/hashing/session-parts.ts'
import { type SessionState } from '../../../src-main/drivers/hashing/session-state.ts'
import { type ChipProfile } from '../../../src-main/drivers/model/chip.ts'
import {
  type HashingSign,
  type PowerAuthority,
  type PowerCut,
} from '../../../src-main/drivers/model/power.ts'
import { type MemoryLink, memoryLinkPair } from '../../../src-main/drivers/transport/memory-link.ts'
import { type DeviceJob, hashHeader } from '../../../src-main/mining/index.ts'
import { KeptWork } from './device-jobs.ts'
import { PlainChain, plainChip } from './plain-chip.ts'

/** Grants everything, and keeps what it was asked. */
export class KeptPower implements PowerAuthority {
  readonly asked: string[] = []
  readonly signs: HashingSign[] = []
  isOn = false
  /** What `powerUp` throws; null: nothing. */
  refusal: Error | null = null
  /** Whether calls are never answered. */
  isSilent = false
  readonly #cuts = new Set<(cut: PowerCut) => void>()

  async powerUp(coreVoltageMv: number | null): Promise<void> {
    await this.#ask(`power up ${coreVoltageMv}`)
    if (this.refusal) throw this.refusal
    this.isOn = true
  }

  async resetChips(): Promise<void> {
    await this.#ask('reset')
  }

  async setCoreVoltage(coreVoltageMv: number): Promise<void> {
    await this.#ask(`voltage ${coreVoltageMv}`)
  }

  async setFan(): Promise<void> {}

  sign(sign: HashingSign): void {
    this.signs.push(sign)
  }

  async release(): Promise<void> {
    await this.#ask('release')
    this.isOn = false
  }

  onCut(listener: (cut: PowerCut) => void): () => void {
    this.#cuts.add(listener)
    return () => void this.#cuts.delete(listener)
  }

  cut(fields: Partial<PowerCut> = {}): void {
    this.isOn = false
    const cut: PowerCut = {
      cause: 'too-hot',
      message: 'The chip is at 80 C.',
      atMs: 0,
      latched: false,
      ...fields,
    }
    for (const listener of [...this.#cuts]) listener(cut)
  }

  async #ask(what: string): Promise<void> {
    this.asked.push(what)
    if (this.isSilent) await new Promise(() => undefined)
  }
}

export const plainBoard: SessionBoard = {
  name: 'Plain Board',
  chipCount: 1,
  frequencyMhz: { min: 100, max: 300, step: 12.5, default: 200 },
  coreVoltageMv: { min: 1000, max: 1300, step: 10, default: 1200 },
  fixedZeroBits: 8,
  rateRatio: 1,
}

export interface SessionBenchOptions {
  readonly board?: Partial<SessionBoard>
  readonly profile?: ChipProfile
  readonly job?: DeviceJob | null
  readonly settings?: ClockSetting
  readonly chips?: number
  readonly chunkBytes?: () => number
  /** Before the session begins. */
  readonly prepare?: (bench: SessionBench) => void
}

export class SessionBench {
  readonly clock = new ManualClock()
  readonly power = new KeptPower()
  readonly work: KeptWork
  readonly host: MemoryLink
  readonly boardEnd: MemoryLink
  readonly chain: PlainChain
  readonly session: ChainSession
  readonly states: SessionState[] = []

  constructor(options: SessionBenchOptions = {}) {
    const { host, board } = memoryLinkPair({
      hostBaudRate: 115_200,
      boardBaudRate: null,
      ...(options.chunkBytes ? { chunkBytes: options.chunkBytes } : {}),
    })
    this.host = host
    this.boardEnd = board
    this.chain = new PlainChain(board, { chipCount: options.chips ?? options.board?.chipCount ?? 1 })
    this.work = new KeptWork(options.job ?? null)
    this.session = new ChainSession({
      board: { ...plainBoard, ...options.board },
      profile: options.profile ?? plainChip,
      link: host,
      power: this.power,
      work: this.work,
      hash: hashHeader,
      clock: this.clock,
      entropy: systemEntropy,
      log: silentLogger,
      settings: options.settings ?? { frequencyMhz: 200, coreVoltageMv: 1200 },
    })
    this.session.onState((state) => this.states.push(state))
    options.prepare?.(this)
    this.session.start()
  }

  get stateNames(): string[] {
    return this.states.map(({ name }) => name)
  }

  /** Lets time pass in small steps, with everything that follows from each. */
  async pass(ms: number, stepMs = 20): Promise<void> {
    await settle()
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passedMs))
      await settle()
    }
  }

  /** Until it is so. @throws if it is not within `limitMs` */
  async until(isSo: () => boolean, limitMs = 60_000): Promise<void> {
    await settle()
    for (let passedMs = 0; !isSo(); passedMs += 20) {
      if (passedMs > limitMs)
        throw new Error(`it did not come to pass; the states were ${this.stateNames.join(', ')}`)
      this.clock.advance(20)
      await settle()
    }
  }

  async hash(): Promise<void> {
    await this.until(() => this.session.state.name === 'hashing' && this.chain.newestJob !== undefined)
  }

  /** The chip reports a nonce of its newest job with at least so many zero bits. */
  async report(zeroBits: number, fromNonce = 0): Promise<number> {
    const { nonce, frame } = this.chain.find(this.chain.newestJob!, zeroBits, fromNonce)
    this.chain.say(frame)
    await settle()
    return nonce
  }
}

/** Lets everything run that waits for nothing but its turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
