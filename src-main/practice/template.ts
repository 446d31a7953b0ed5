/**
 * What there is to hash on the practice chain: a template like a node's, made of nothing, and the coinbase a
 * pool makes of it. Pure. The transactions are random numbers with a place in the merkle tree; their bytes do
 * not exist.
 */
import { concatBytes } from '../base/index.ts'
import {
  assembleCoinbase,
  type ChainTip,
  type CoinbaseParts,
  encodeHeightPush,
  merklePathOfTxids,
  sha256d,
  witnessCommitmentScript,
} from '../mining/index.ts'

export interface Template {
  /** Counts up from 1 over the life of the chain. */
  readonly id: number
  /** Of the block to be found. */
  readonly height: number
  /** `minNtime` is what consensus demands; templates start at `ntime`. */
  readonly tip: ChainTip
  readonly version: number
  /** Header time to start from, unix seconds; not below `tip.minNtime`. */
  readonly ntime: number
  /** 32 bytes each. */
  readonly merklePath: readonly Uint8Array[]
  /** Script of the output that commits to the witnesses. */
  readonly witnessCommitment: Uint8Array
  /** Subsidy and fees, satoshi. */
  readonly rewardSats: number
  /** Whether jobs of earlier templates are worthless: another previous hash, or another network target. */
  readonly cleanJobs: boolean
}

export interface TemplatePlan extends Pick<Template, 'id' | 'height' | 'tip' | 'ntime' | 'cleanJobs'> {
  /** Transaction ids beside the coinbase's, 32 bytes each. */
  readonly txids: readonly Uint8Array[]
}

/** BIP9 without any signal. */
const VERSION = 0x20000000
const SUBSIDY_SATS = 312_500_000
const FEE_SATS = 2_345
const TAG = '/Headframe practice/'
/**
 * Pay-to-witness-public-key-hash of 20 letters: an address that nobody can spend from. Whoever reads the
 * practice coinbase as one of the real chain finds no person behind it.
 */
const PAYOUT_SCRIPT = concatBytes(Uint8Array.of(0x00, 0x14), new TextEncoder().encode('headframe practice!!'))

export function makeTemplate({ txids, ...plan }: TemplatePlan): Template {
  return {
    ...plan,
    version: VERSION,
    merklePath: merklePathOfTxids(txids),
    // As if every transaction had a witness, hence an id of its own with it.
    witnessCommitment: witnessCommitmentScript(txids.map(sha256d)),
    rewardSats: SUBSIDY_SATS + FEE_SATS * txids.length,
  }
}

/**
 * The coinbase of a job, in the pieces around its extranonce.
 * @param extranonceSize bytes of the whole extranonce, fixed and rollable
 * @param jobNumber unsigned 32 bits, different for every job: two jobs of one template must not be the same
 *   search space, or a rig that starts each job at the beginning finds the same shares twice
 */
export function coinbaseOf(template: Template, extranonceSize: number, jobNumber: number): CoinbaseParts {
  const push = new Uint8Array(5)
  push[0] = 4
  new DataView(push.buffer).setUint32(1, jobNumber)
  return assembleCoinbase({
    scriptStart: concatBytes(encodeHeightPush(template.height), push),
    tag: TAG,
    extranonceSize,
    outputs: [{ valueSats: template.rewardSats, script: PAYOUT_SCRIPT }],
    witnessCommitment: template.witnessCommitment,
  })
}
