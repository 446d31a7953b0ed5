export {
  type BlockCandidate,
  type BlockFault,
  type NextTurn,
  type PracticeBlock,
  PracticeChain,
  type PracticeChainOptions,
} from './chain.ts'
export { type NeighbourhoodOptions, type RunningMachine } from './neighbourhood.ts'
export {
  type DifficultyPolicy,
  PoolAccount,
  type PoolJob,
  type PoolShare,
  PRACTICE_DIFFICULTY,
  type ShareRejection,
  type ShareVerdict,
} from './pool-account.ts'
export { type AccountRequest, PoolCore, type PoolCoreOptions } from './pool-core.ts'
export {
  type PracticeEvent,
  type PracticeFarm,
  type PracticeFarmOptions,
  type PracticePool,
  type PracticeState,
  startPracticeFarm,
  startPracticePools,
} from './practice-farm.ts'
export { auradineFirmware } from './firmware/auradine.ts'
export { sealminerFirmware } from './firmware/sealminer.ts'
export { innosiliconFirmware } from './firmware/innosilicon.ts'
export { futurebitFirmware } from './firmware/futurebit.ts'
export { PRACTICE_BOARDS, type PracticeBoardPlan } from './boards/board-shed.ts'
export {
  boardsInProcess,
  boardsInThread,
  openPracticeBoards,
  type PracticeBoards,
  type PracticeBoardsOptions,
  runBoardsThread,
} from './boards/practice-boards.ts'
export { createScanFinder } from './boards/scan-finder.ts'
export { PRACTICE_RIGS, type RigFamily } from './rigs/families.ts'
export {
  hashingInProcess,
  hashingInThread,
  type HashingLink,
  type OpenHashing,
  runHashingThread,
} from './rigs/hashing-link.ts'
export { type HashingCommand, HashingLoop, type HashingReport, type RigFind } from './rigs/hashing.ts'
export { RigShed, type RigShedOptions } from './rigs/rig-shed.ts'
export { type RigCounts, type RigPlaces, type RigView } from './rigs/rig.ts'
export { type ShareTallyView } from './share-tally.ts'
export { startSv1Server, type Sv1ServerOptions } from './sv1-server.ts'
export { type PoolServer, startSv2Server, type Sv2ServerOptions } from './sv2-server.ts'
export { type Template } from './template.ts'
export { practiceHeight, type PracticePayouts } from './outside/practice-explorer.ts'
export {
  difficultyWorth,
  type PracticeOutside,
  type PracticeOutsideOptions,
  startPracticeOutside,
} from './outside/practice-outside.ts'
export { pastLedger, type PastLedger, type PastLedgerOptions } from './past-ledger.ts'
export { type PastMachine, type PastStep, pastYear, type PastYearOptions } from './past-year.ts'
