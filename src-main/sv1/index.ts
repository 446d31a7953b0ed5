export { readError, SV1_ERROR, type Sv1Error } from './error-codes.ts'
export { type LineFault, type LineFaultCode } from './fault.ts'
export { parseUint32Hex, uint32Hex } from './hex-field.ts'
export { formatNotify, type Notify, type NotifyFields, NotifyTemplate, parseNotifyParams } from './notify.ts'
export { type PoolMessage, type PoolResponse } from './pool-message.ts'
export {
  type AuthorizeRequest,
  type ConfigureRequest,
  type RequestId,
  type RigInfo,
  type RigMessage,
  type SubmitRequest,
  type SubscribeRequest,
} from './rig-message.ts'
