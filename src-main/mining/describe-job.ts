/** A job decoded for people: what the pool has rigs hash, block by block. JSON-safe. Trusts nothing, judges little. */
import { toHex } from '../base/index.ts'
import { parseCoinbase } from './coinbase-parse.ts'
import { networkDifficulty } from './compact.ts'
import { difficultyOfTarget } from './difficulty.ts'
import { type Job } from './job.ts'
import { addressOfScript, type BitcoinNetwork } from './script-address.ts'
import { hashToDisplay } from './target.ts'

export interface JobOutput {
  readonly valueSats: number
  /** Null for commitments and scripts without an address. */
  readonly address: string | null
  readonly scriptHex: string
}

export interface JobDescription {
  /** Height of the block being worked on; null if the coinbase does not tell. */
  readonly height: number | null
  /** Text the pool left in the coinbase; null if there is none. */
  readonly tag: string | null
  /** Empty if the coinbase could not be read. */
  readonly outputs: readonly JobOutput[]
  /** Sum of the outputs: subsidy and fees; null if the coinbase could not be read. */
  readonly rewardSats: number | null
  /** Code of what is wrong with the coinbase; null if it is sound. */
  readonly coinbaseFault: string | null
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
  /** Whether the block holds nothing but its coinbase. */
  readonly emptyBlock: boolean
}

/** @param network which addresses to write; jobs do not say */
export function describeJob(job: Job, network: BitcoinNetwork = 'mainnet'): JobDescription {
  const extranonceSize = job.extranonce.prefix.length + job.extranonce.rollableSize
  const coinbase = parseCoinbase(job.coinbasePrefix, extranonceSize, job.coinbaseSuffix)
  const shareDifficulty = difficultyOfTarget(job.target)
  return {
    ...(coinbase.ok
      ? {
          height: coinbase.value.height,
          tag: coinbase.value.tag,
          outputs: coinbase.value.outputs.map(({ valueSats, script }) => ({
            valueSats,
            address: addressOfScript(script, network),
            scriptHex: toHex(script),
          })),
          rewardSats: coinbase.value.outputs.reduce((sum, output) => sum + output.valueSats, 0),
          coinbaseFault: null,
        }
      : { height: null, tag: null, outputs: [], rewardSats: null, coinbaseFault: coinbase.error.code }),
    prevHashDisplay: hashToDisplay(job.tip.prevHash),
    nBits: job.tip.nBits,
    networkDifficulty: networkDifficulty(job.tip.nBits),
    shareDifficulty: Number.isFinite(shareDifficulty) ? shareDifficulty : null,
    version: job.version,
    versionRollingMask: job.versionRollingMask,
    ntime: job.ntime,
    merkleDepth: job.merklePath.length,
    emptyBlock: job.merklePath.length === 0,
  }
}
