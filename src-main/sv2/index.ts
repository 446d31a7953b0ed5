export { AcknowledgementBatch } from './acknowledgement-batch.ts'
export {
  type ActiveJob,
  applyChannelMessage,
  applyCustomMiningJob,
  type ChannelFault,
  type ChannelFaultCode,
  type ChannelJobMessage,
  type ChannelJobs,
  type ChannelStep,
  findChannelJob,
  MAX_EXTRANONCE_LENGTH,
  openChannelJobs,
} from './channel-jobs.ts'
export { type DecodeError, type DecodeErrorCode } from './decode-error.ts'
export { describeErrorCode, errorCodeBucket, ErrorCodes, type KnownErrorCode } from './error-codes.ts'
export {
  decodeFrame,
  decodeFrameHeader,
  encodeFrame,
  type Frame,
  FRAME_HEADER_LENGTH,
  type FrameHeader,
  MAX_FRAME_PAYLOAD_LENGTH,
  writeFrameHeader,
} from './frame.ts'
export { type Decoded, type MessageOf } from './message.ts'
export {
  createMessageSet,
  decodeMessage,
  encodeMessage,
  type MessageSet,
  miningConnection,
  type MiningConnectionMessage,
  templateConnection,
  type TemplateConnectionMessage,
  type UnknownMessage,
} from './message-set.ts'
export * from './messages/common.ts'
export * from './messages/extensions.ts'
export * from './messages/mining.ts'
export * from './messages/template-distribution.ts'
export {
  type AuthorityKeyErrorCode,
  type AuthorityKeyPair,
  authorityPublicKey,
  formatAuthorityKey,
  formatAuthoritySecretKey,
  generateAuthorityKeyPair,
  parseAuthorityKey,
  parseAuthoritySecretKey,
} from './noise/authority-key.ts'
export { type Certificate, type CertificateErrorCode } from './noise/certificate.ts'
export { type HandshakeOutcome, type ResponderCredentials } from './noise/handshake.ts'
export {
  createInitiator,
  createResponder,
  type InitiatorOptions,
  type NoiseErrorCode,
  type NoiseOutput,
  type NoiseStream,
  payloadLimits,
  type ResponderOptions,
} from './noise/noise-stream.ts'
export { createResponderIdentity, type ResponderIdentity } from './noise/responder-identity.ts'
export { type AgreedSetup, answerExtensions, answerSetup, type SetupOutcome } from './setup-answer.ts'
export {
  MAX_PENDING_SHARES,
  type RejectedShare,
  ShareLedger,
  type ShareLedgerCounts,
  type SubmittedShare,
} from './share-ledger.ts'
export {
  decodeTlvs,
  encodeTlvs,
  findWorkerName,
  MAX_WORKER_NAME_LENGTH,
  type Tlv,
  workerNameTlv,
} from './tlv.ts'
export { FrameOpener, FrameSealer, type Opened } from './noise/transport.ts'
export { SEALED_HEADER_LENGTH, sealedPayloadLength } from './noise/aead.ts'
