export {
  assembleCoinbase,
  type CoinbaseOutput,
  type CoinbaseParts,
  type CoinbasePlan,
  encodeOutput,
  MAX_COINBASE_SCRIPT,
  MAX_MONEY_SATS,
  withWitness,
  witnessCommitmentScript,
} from './coinbase.ts'
export { type Coinbase, type CoinbaseFault, parseCoinbase, stripWitness } from './coinbase-parse.ts'
export { decodeHeightPush, encodeHeightPush, type HeightPush } from './coinbase-script.ts'
export {
  compactOfTarget,
  type CompactFault,
  networkDifficulty,
  networkTarget,
  targetOfCompact,
} from './compact.ts'
export {
  describeJob,
  type ExtranoncePlace,
  type FeesUnknown,
  type JobDescription,
  type JobOutput,
  type TransactionRange,
} from './describe-job.ts'
export {
  advertisedDifficulty,
  difficultyOfHash,
  difficultyOfHashrate,
  difficultyOfTarget,
  expectedHashes,
  HASHES_PER_DIFFICULTY,
  hashrateOfTarget,
  isDifficulty,
  targetOfDifficulty,
  targetOfHashrate,
} from './difficulty.ts'
export {
  chooseLayout,
  type ExtranonceLayout,
  fits,
  foldedCoinb1,
  paddingSize,
  rollableOf,
} from './extranonce.ts'
export { ExtranonceAllocator, ExtranoncePlaces } from './extranonce-places.ts'
export { encodeHeader, hashHeader, type Header, HEADER_SIZE, headerOfShare, parseHeader } from './header.ts'
export {
  type BlockHash,
  type ChainTip,
  type ExtranonceSpace,
  type Job,
  type JobId,
  type Share,
  type Target,
} from './job.ts'
export {
  FIVE_MINUTES_MS,
  type HashrateEstimate,
  HashrateEstimator,
  MINUTE_MS,
  QUARTER_HOUR_MS,
} from './hashrate.ts'
export { coinbaseTxid, foldMerklePath, merklePathOfTxids } from './merkle.ts'
export { type MerkleRootOf, merkleRootsOf } from './merkle-roots.ts'
export { guessNetwork, REGTEST_NBITS, subsidySats } from './network-guess.ts'
export { swapPrevHashWords } from './prev-hash.ts'
export {
  addressOfScript,
  type BitcoinNetwork,
  isDataScript,
  isWitnessCommitment,
  scriptOfAddress,
  scriptOfAnyAddress,
} from './script-address.ts'
export { sha256d } from './sha256d.ts'
export {
  checkNtime,
  checkShareShape,
  judge,
  NTIME_TOLERANCE_S,
  pinTargets,
  type RejectionReason,
  type ShareTargets,
  type Verdict,
} from './share.ts'
export { type CreateShareChecker, type OnHash, type ShareChecker } from './share-checker.ts'
export {
  asBlockHash,
  asTarget,
  bigintToTarget,
  DIFFICULTY_1_TARGET,
  easierTarget,
  hashFromDisplay,
  hashToDisplay,
  MAX_TARGET,
  meetsTarget,
  targetFromHex,
  targetToBigint,
  targetToHex,
} from './target.ts'
export { Vardiff, type VardiffOptions } from './vardiff.ts'
export {
  BIP320_MASK,
  BIP323_MASK,
  bitsOutsideMask,
  clearRollableBits,
  combineVersion,
  forbiddenVersionChange,
  negotiateMask,
} from './version-rolling.ts'
export {
  type DeviceIntroduction,
  type DeviceJob,
  type DeviceShare,
  type DeviceShareCounts,
  type DeviceWork,
  type HashHeader,
} from './device-work.ts'
