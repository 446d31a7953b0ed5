export {
  applyPoolLine,
  applyPoolMessage,
  askForAnswer,
  authorizeUser,
  awaited,
  sessionOf,
  startSv1Client,
  submitShare,
  type Sv1ClientEvent,
  type Sv1ClientFailure,
  type Sv1ClientSettings,
  type Sv1ClientState,
  type Sv1ClientStep,
  type Sv1Job,
  type Sv1Session,
  type Sv1Submission,
} from './client-state.ts'
export {
  type ConfigureAnswer,
  type ConfigureResult,
  type ConfigureWish,
  formatConfigureRequest,
  formatConfigureResult,
  readConfigureResult,
} from './configure.ts'
export { readError, SV1_ERROR, type Sv1Error } from './error-codes.ts'
export { type LineFault, type LineFaultCode } from './fault.ts'
export { formatJobNumber, parseJobNumber, parseUint32Hex, uint32Hex } from './hex-field.ts'
export {
  decodeLine,
  LineFramer,
  MAX_LINE_BYTES,
  MAX_LINE_BYTES_UNAUTHORIZED,
  type OnLine,
} from './line-framer.ts'
export { parsePoolLine, parseRigLine } from './messages.ts'
export {
  formatGetVersion,
  formatReconnect,
  formatSetDifficulty,
  formatSetExtranonce,
  formatSetGoal,
  formatSetVersionMask,
  formatShowMessage,
} from './notifications.ts'
export {
  formatNotify,
  type Notify,
  type NotifyFields,
  NotifyTemplate,
  parseNotifyParams,
  swapWords,
} from './notify.ts'
export { type PoolMessage, type PoolResponse } from './pool-message.ts'
export {
  formatAuthorizeRequest,
  formatExtranonceSubscribe,
  formatGetTransactions,
  formatMultiVersion,
  formatPing,
  formatSubmitRequest,
  formatSubscribeRequest,
  formatSuggestDifficulty,
  formatSuggestTarget,
} from './requests.ts'
export {
  formatError,
  formatPong,
  formatResult,
  formatSubscribeResult,
  formatTrue,
  readSubscribeResult,
  readVerdict,
  type SubscribeResult,
  type Verdict,
} from './responses.ts'
export {
  type AuthorizeRequest,
  type ConfigureRequest,
  type RequestId,
  type RigInfo,
  type RigMessage,
  type SubmitRequest,
  type SubscribeRequest,
} from './rig-message.ts'
export { SubmitScan } from './submit-scanner.ts'
