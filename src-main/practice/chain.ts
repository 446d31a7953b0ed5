/**
 * The practice chain: a tip, a network difficulty that a few processor-hashing rigs meet every few minutes,
 * templates, and the acceptance of blocks, which are really checked. There is no network: other miners are
 * `foreignBlock`. Not a node: it keeps nothing but the tip.
 */
import {
  type Clock,
  concatBytes,
  type Entropy,
  equalBytes,
  err,
  Listeners,
  ok,
  type Result,
  type Timer,
} from '../base/index.ts'
import {
  asBlockHash,
  bigintToTarget,
  type BlockHash,
  type CoinbaseParts,
  compactOfTarget,
  easierTarget,
  foldMerklePath,
  hashHeader,
  meetsTarget,
  networkDifficulty,
  networkTarget,
  NTIME_TOLERANCE_S,
  parseCoinbase,
  parseHeader,
  sha256d,
  targetOfDifficulty,
  targetToBigint,
} from '../mining/index.ts'
import { makeTemplate, type Template } from './template.ts'

/** Runs a function in the next turn of the loop; `setImmediate` outside tests. */
export type NextTurn = (run: () => void) => void

export interface PracticeChainOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  /** Default 0.015: about 64 million hashes, three and a half minutes for 300 kH/s. */
  readonly difficulty?: number
  /** Height of the tip to start with. */
  readonly height?: number
  /** How often new transactions make a new template; 0 for never. Default 30 s. */
  readonly templatePeriodMs?: number
  readonly nextTurn?: NextTurn
}

/** A block offered by a pool. */
export interface BlockCandidate {
  /** The template it was built on. */
  readonly template: Template
  /** 80 bytes. */
  readonly header: Uint8Array
  /** The coinbase before and from its extranonce on, without witness. */
  readonly coinbase: CoinbaseParts
  /** The whole extranonce. */
  readonly extranonce: Uint8Array
  readonly foundBy: string
}

/** Why a block was refused. */
export type BlockFault =
  | 'malformed-header'
  /** Builds on another block than the tip: somebody was faster. */
  | 'stale-tip'
  | 'wrong-network-target'
  | 'wrong-merkle-root'
  | 'wrong-coinbase'
  | 'time-out-of-range'
  | 'above-network-target'

export interface PracticeBlock {
  readonly hash: BlockHash
  readonly height: number
  /** Who of our pools' users found it; null for somebody else. */
  readonly foundBy: string | null
}

const DEFAULT_DIFFICULTY = 0.015
const DEFAULT_HEIGHT = 1_000
const DEFAULT_TEMPLATE_PERIOD_MS = 30_000
/** A network difficulty below that of any share would make a block of each. */
const LEAST_DIFFICULTY = 1e-6
const MIN_TRANSACTIONS = 3
const MAX_EXTRA_TRANSACTIONS = 12

export class PracticeChain {
  /** Tells of each new template, one turn after it was made. */
  readonly templates = new Listeners<Template>()
  /** Tells of each block that became the tip, before its first template. */
  readonly blocks = new Listeners<PracticeBlock>()
  readonly #clock: Clock
  readonly #entropy: Entropy
  readonly #nextTurn: NextTurn
  readonly #templatePeriodMs: number
  #height: number
  #prevHash: BlockHash
  /** Of the tip, unix seconds. */
  #tipTime: number
  #nBits: number
  /** Instead of `#nBits` until the next block. */
  #easedNBits: number | null = null
  #nextTemplateId = 1
  #template: Template
  /** Whether the template that listeners hear of next makes older ones worthless; null when none is due. */
  #announcing: { cleanJobs: boolean } | null = null
  #timer: Timer | null = null

  constructor(options: PracticeChainOptions) {
    this.#clock = options.clock
    this.#entropy = options.entropy
    this.#nextTurn = options.nextTurn ?? setImmediate
    this.#templatePeriodMs = options.templatePeriodMs ?? DEFAULT_TEMPLATE_PERIOD_MS
    this.#height = options.height ?? DEFAULT_HEIGHT
    this.#nBits = compactOfTarget(targetOfDifficulty(options.difficulty ?? DEFAULT_DIFFICULTY))
    this.#prevHash = this.#madeUpHash()
    this.#tipTime = this.#nowS() - 60
    this.#template = this.#makeTemplate(true)
  }

  /** Of the tip. */
  get height(): number {
    return this.#height
  }

  /** What a block has to meet now. */
  get networkDifficulty(): number {
    return networkDifficulty(this.#template.tip.nBits) ?? 0
  }

  /** What is to be hashed now. */
  get template(): Template {
    return this.#template
  }

  /** Begins to renew the template now and then. */
  start(): void {
    if (this.#templatePeriodMs === 0 || this.#timer !== null) return
    this.#timer = this.#clock.every(this.#templatePeriodMs, () => this.#renew(false))
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Checks a block as a node would, and makes it the tip. */
  submitBlock(candidate: BlockCandidate): Result<PracticeBlock, BlockFault> {
    const fault = this.#judgeBlock(candidate)
    if (fault !== null) return err(fault)
    const header = parseHeader(candidate.header)
    const ntime = header.ok ? header.value.ntime : this.#nowS()
    return ok(this.#extend(hashHeader(candidate.header), ntime, candidate.foundBy))
  }

  /** Another miner found a block: the tip changes, and work on the old one is lost. */
  foreignBlock(): PracticeBlock {
    return this.#extend(this.#madeUpHash(), this.#nowS(), null)
  }

  /**
   * Multiplies the network difficulty. As on a real chain it changes with a block, which is somebody else's.
   * @returns the new network difficulty
   */
  changeDifficulty(factor: number): number {
    const target = networkTarget(this.#nBits)
    const scaled = (targetToBigint(target) * 1_000_000n) / BigInt(Math.round(factor * 1_000_000))
    const largest = targetToBigint(targetOfDifficulty(LEAST_DIFFICULTY))
    this.#nBits = compactOfTarget(bigintToTarget(scaled > largest ? largest : scaled))
    this.foreignBlock()
    return this.networkDifficulty
  }

  /**
   * Lowers the network difficulty until the next block, so that it comes soon. Not too soon: what rigs find
   * until they hear of the block would be more of them, all too late.
   * @param difficulty if absent, so low that the next share of any rig is a block
   */
  easeUntilBlock(difficulty: number = LEAST_DIFFICULTY): void {
    const eased = easierTarget(networkTarget(this.#nBits), targetOfDifficulty(difficulty))
    this.#easedNBits = compactOfTarget(eased)
    this.#renew(true)
  }

  /** Takes `easeUntilBlock` back. */
  endEase(): void {
    if (this.#easedNBits === null) return
    this.#easedNBits = null
    this.#renew(true)
  }

  #judgeBlock({ template, header, coinbase, extranonce }: BlockCandidate): BlockFault | null {
    const parsed = parseHeader(header)
    if (!parsed.ok) return 'malformed-header'
    const { prevHash, nBits, merkleRoot, ntime } = parsed.value
    if (!equalBytes(prevHash, this.#prevHash)) return 'stale-tip'
    if (nBits !== this.#template.tip.nBits) return 'wrong-network-target'
    const whole = concatBytes(coinbase.prefix, extranonce, coinbase.suffix)
    if (!equalBytes(foldMerklePath(sha256d(whole), template.merklePath), merkleRoot)) {
      return 'wrong-merkle-root'
    }
    const content = parseCoinbase(coinbase.prefix, extranonce.length, coinbase.suffix)
    if (!content.ok || content.value.height !== this.#height + 1) return 'wrong-coinbase'
    const paidSats = content.value.outputs.reduce((sum, { valueSats }) => sum + valueSats, 0)
    const commits = content.value.outputs.some(({ script }) => equalBytes(script, template.witnessCommitment))
    if (paidSats > template.rewardSats || !commits) return 'wrong-coinbase'
    if (ntime <= this.#tipTime || ntime > this.#nowS() + NTIME_TOLERANCE_S) return 'time-out-of-range'
    return meetsTarget(hashHeader(header), networkTarget(nBits)) ? null : 'above-network-target'
  }

  #extend(hash: BlockHash, ntime: number, foundBy: string | null): PracticeBlock {
    this.#height++
    this.#prevHash = hash
    this.#tipTime = Math.max(ntime, this.#tipTime + 1)
    this.#easedNBits = null
    const block: PracticeBlock = { hash, height: this.#height, foundBy }
    this.blocks.emit(block)
    this.#renew(true)
    return block
  }

  #renew(cleanJobs: boolean): void {
    this.#template = this.#makeTemplate(cleanJobs)
    if (this.#announcing !== null) {
      this.#announcing.cleanJobs ||= cleanJobs
      return
    }
    const announcing = { cleanJobs }
    this.#announcing = announcing
    // Later, so that a pool that is in the middle of a share answers it before it hears of its block.
    this.#nextTurn(() => {
      this.#announcing = null
      this.templates.emit({ ...this.#template, ...announcing })
    })
  }

  #makeTemplate(cleanJobs: boolean): Template {
    const minNtime = this.#tipTime + 1
    const extra = (this.#entropy(1)[0] ?? 0) % (MAX_EXTRA_TRANSACTIONS + 1)
    return makeTemplate({
      id: this.#nextTemplateId++,
      height: this.#height + 1,
      tip: { prevHash: this.#prevHash, nBits: this.#easedNBits ?? this.#nBits, minNtime },
      ntime: Math.max(minNtime, this.#nowS()),
      cleanJobs,
      txids: Array.from({ length: MIN_TRANSACTIONS + extra }, () => this.#entropy(32)),
    })
  }

  /** The hash of a block that nobody hashed; its highest 32 bits are zero, as rigs' users expect to see. */
  #madeUpHash(): BlockHash {
    return asBlockHash(concatBytes(this.#entropy(28), new Uint8Array(4)))
  }

  #nowS(): number {
    return Math.floor(this.#clock.nowMs() / 1000)
  }
}
