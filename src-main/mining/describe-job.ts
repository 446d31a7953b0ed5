/** A job decoded for people: what the pool has rigs hash, block by block. JSON-safe. Trusts nothing, judges little. */
import { toHex } from '../base/index.ts'
import { type Coinbase, parseCoinbase } from './coinbase-parse.ts'
import { networkDifficulty } from './compact.ts'
import { difficultyOfTarget } from './difficulty.ts'
import { type Job } from './job.ts'
import { guessNetwork, REGTEST_NBITS, subsidySats } from './network-guess.ts'
import { addressOfScript, type BitcoinNetwork, isDataScript, isWitnessCommitment } from './script-address.ts'
import { hashToDisplay } from './target.ts'

export interface JobOutput {
  readonly valueSats: number
  /** Null for commitments, scripts without an address, and where the network is not known. */
  readonly address: string | null
  readonly scriptHex: string
  /** other: no coins, and no data either. */
  readonly kind: 'payout' | 'witness-commitment' | 'data' | 'other'
}

/** How many transactions a block can have, coinbase included, by the depth of its merkle path. */
export interface TransactionRange {
  readonly least: number
  readonly most: number
}

/** Where in the coinbase the extranonce stands. Bytes. */
export interface ExtranoncePlace {
  /** From the start of the coinbase without witness. */
  readonly offset: number
  /** The pool's own part, before ours. */
  readonly prefixSize: number
  readonly rollableSize: number
}

/** Why fees are not known. */
export type FeesUnknown =
  | 'coinbase-unreadable'
  | 'height-unknown'
  | 'network-unknown'
  /** The outputs are less than the subsidy: coins are given away, or the network is not what it seems. */
  | 'below-subsidy'

export interface JobDescription {
  /** As told, or guessed from difficulty and height. */
  readonly network: BitcoinNetwork | 'unknown'
  /** Height of the block being worked on; null if the coinbase does not tell. */
  readonly height: number | null
  /** Text the pool left in the coinbase; null if there is none. */
  readonly tag: string | null
  /** Empty if the coinbase could not be read. */
  readonly outputs: readonly JobOutput[]
  /** Sum of the outputs: subsidy and fees; null if the coinbase could not be read. */
  readonly rewardSats: number | null
  /** Reward less subsidy; null where that cannot be known. */
  readonly feesSats: number | null
  /** Null where the fees are known. */
  readonly feesUnknownBecause: FeesUnknown | null
  /** Code of what is wrong with the coinbase; null if it is sound. */
  readonly coinbaseFault: string | null
  /** Without witness, extranonce included. */
  readonly coinbaseBytes: number
  readonly extranonce: ExtranoncePlace
  /** 64 hex digits, most significant first. */
  readonly prevHashDisplay: string
  /** Compact network target, an unsigned 32-bit number. */
  readonly nBits: number
  /** Null if `nBits` stands for no usable target. */
  readonly networkDifficulty: number | null
  /** Difficulty of the pool's share target; null if no hash could meet it. */
  readonly shareDifficulty: number | null
  readonly version: number
  readonly versionRollingMask: number
  /** Header time it starts from, unix seconds. */
  readonly ntime: number
  readonly merkleDepth: number
  readonly transactions: TransactionRange
  /** Whether the block holds nothing but its coinbase. */
  readonly emptyBlock: boolean
}

/** @param network which addresses to write; null guesses, because jobs do not say */
export function describeJob(job: Job, network: BitcoinNetwork | null = null): JobDescription {
  const { prefix, rollableSize } = job.extranonce
  const coinbase = parseCoinbase(job.coinbasePrefix, prefix.length + rollableSize, job.coinbaseSuffix)
  const height = coinbase.ok ? coinbase.value.height : null
  const known = network ?? guessNetwork(job.tip.nBits, height)
  const outputs = coinbase.ok ? describeOutputs(coinbase.value, known) : []
  const rewardSats = coinbase.ok ? outputs.reduce((sum, { valueSats }) => sum + valueSats, 0) : null
  const fees = feesOf(rewardSats, height, known, job.tip.nBits)
  const shareDifficulty = difficultyOfTarget(job.target)
  const merkleDepth = job.merklePath.length
  return {
    network: known ?? 'unknown',
    height,
    tag: coinbase.ok ? coinbase.value.tag : null,
    outputs,
    rewardSats,
    feesSats: typeof fees === 'number' ? fees : null,
    feesUnknownBecause: typeof fees === 'number' ? null : fees,
    coinbaseFault: coinbase.ok ? null : coinbase.error.code,
    coinbaseBytes: job.coinbasePrefix.length + prefix.length + rollableSize + job.coinbaseSuffix.length,
    extranonce: { offset: job.coinbasePrefix.length, prefixSize: prefix.length, rollableSize },
    prevHashDisplay: hashToDisplay(job.tip.prevHash),
    nBits: job.tip.nBits,
    networkDifficulty: networkDifficulty(job.tip.nBits),
    shareDifficulty: Number.isFinite(shareDifficulty) ? shareDifficulty : null,
    version: job.version,
    versionRollingMask: job.versionRollingMask,
    ntime: job.ntime,
    merkleDepth,
    transactions: transactionRange(merkleDepth),
    emptyBlock: merkleDepth === 0,
  }
}

/** A path of n nodes belongs to a tree of n levels above its leaves. */
function transactionRange(merkleDepth: number): TransactionRange {
  if (merkleDepth === 0) return { least: 1, most: 1 }
  return { least: 2 ** (merkleDepth - 1) + 1, most: 2 ** merkleDepth }
}

function describeOutputs({ outputs }: Coinbase, network: BitcoinNetwork | null): JobOutput[] {
  return outputs.map(({ valueSats, script }) => ({
    valueSats,
    address: network === null ? null : addressOfScript(script, network),
    scriptHex: toHex(script),
    kind: isWitnessCommitment(script)
      ? 'witness-commitment'
      : isDataScript(script)
        ? 'data'
        : valueSats > 0
          ? 'payout'
          : 'other',
  }))
}

function feesOf(
  rewardSats: number | null,
  height: number | null,
  network: BitcoinNetwork | null,
  nBits: number,
): number | FeesUnknown {
  if (rewardSats === null) return 'coinbase-unreadable'
  if (height === null) return 'height-unknown'
  // Chains out of thin air have no rule for it; real regtest nodes do.
  if (network === null || (network === 'regtest' && nBits !== REGTEST_NBITS)) return 'network-unknown'
  const fees = rewardSats - subsidySats(height, network)
  return fees < 0 ? 'below-subsidy' : fees
}
