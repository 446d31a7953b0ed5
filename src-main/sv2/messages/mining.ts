/**
 * The mining protocol's messages, 0x10 to 0x25 (Mining Protocol, 5.3). `Client` and `Server` say who sends
 * one: the client is the side toward the rig.
 *
 * Units used throughout: targets are 32 bytes little endian; ntime and minNtime are unix seconds;
 * nominalHashRate is H/s; hashes are in header order.
 */
import {
  addedLater,
  B0_255,
  B0_32,
  B0_64K,
  BOOL,
  F32,
  OPTION,
  SEQ0_255,
  SEQ0_64K,
  STR0_255,
  U16,
  U256,
  U32,
  U64,
} from '../field-types.ts'
import { defineMessage, type MessageOf } from '../message.ts'

/** Client. Answered by its Success or by OpenMiningChannel.Error, in any order among requests. */
export const openStandardMiningChannel = defineMessage({
  name: 'OpenStandardMiningChannel',
  type: 0x10,
  extension: 0,
  channelMessage: false,
  fields: {
    /** Unique per connection, chosen by the client. */
    requestId: U32,
    userIdentity: STR0_255,
    /** 0 from a proxy that has no rig yet. From a peer it may be NaN, infinite or negative: check it. */
    nominalHashRate: F32,
    /** The easiest target the client accepts. */
    maxTarget: U256,
  },
})

/** Server. */
export const openStandardMiningChannelSuccess = defineMessage({
  name: 'OpenStandardMiningChannel.Success',
  type: 0x11,
  extension: 0,
  channelMessage: false,
  fields: {
    requestId: U32,
    /** Never reused on this connection; one namespace with group ids. */
    channelId: U32,
    target: U256,
    /** The whole extranonce of a standard channel. */
    extranoncePrefix: B0_32,
    groupChannelId: U32,
  },
})

/** Server. Answers either kind of opening. */
export const openMiningChannelError = defineMessage({
  name: 'OpenMiningChannel.Error',
  type: 0x12,
  extension: 0,
  channelMessage: false,
  fields: { requestId: U32, errorCode: STR0_255 },
})

/** Client. */
export const openExtendedMiningChannel = defineMessage({
  name: 'OpenExtendedMiningChannel',
  type: 0x13,
  extension: 0,
  channelMessage: false,
  fields: {
    requestId: U32,
    userIdentity: STR0_255,
    /** 0 from a proxy that has no rig yet. From a peer it may be NaN, infinite or negative: check it. */
    nominalHashRate: F32,
    /** The easiest target the client accepts. */
    maxTarget: U256,
    /** Bytes. The server may grant more. */
    minExtranonceSize: U16,
  },
})

/** Server. */
export const openExtendedMiningChannelSuccess = defineMessage({
  name: 'OpenExtendedMiningChannel.Success',
  type: 0x14,
  extension: 0,
  channelMessage: false,
  fields: {
    requestId: U32,
    channelId: U32,
    target: U256,
    /** Bytes the client may fill; exactly as many are in each share. */
    extranonceSize: U16,
    extranoncePrefix: B0_32,
    /** Joined the message in December 2025: `null` from an older server, always sent by us. */
    groupChannelId: addedLater(U32),
  },
})

/** Server, to a standard channel. */
export const newMiningJob = defineMessage({
  name: 'NewMiningJob',
  type: 0x15,
  extension: 0,
  channelMessage: true,
  fields: {
    channelId: U32,
    jobId: U32,
    /** `null` marks a future job, which waits for SetNewPrevHash. */
    minNtime: OPTION(U32),
    version: U32,
    merkleRoot: U256,
  },
})

/** Client. A smaller maximumTarget obliges the server to follow, a larger one is a wish. */
export const updateChannel = defineMessage({
  name: 'UpdateChannel',
  type: 0x16,
  extension: 0,
  channelMessage: true,
  fields: {
    channelId: U32,
    /** From a peer it may be NaN, infinite or negative: check it. */
    nominalHashRate: F32,
    maximumTarget: U256,
  },
})

/** Server. */
export const updateChannelError = defineMessage({
  name: 'UpdateChannel.Error',
  type: 0x17,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32, errorCode: STR0_255 },
})

/** Both. Addressed to a group, it closes every channel of the group. */
export const closeChannel = defineMessage({
  name: 'CloseChannel',
  type: 0x18,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32, reasonCode: STR0_255 },
})

/** Server. Holds for jobs received after it; never addressed to a group. */
export const setExtranoncePrefix = defineMessage({
  name: 'SetExtranoncePrefix',
  type: 0x19,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32, extranoncePrefix: B0_32 },
})

/** Client. */
export const submitSharesStandard = defineMessage(
  {
    name: 'SubmitSharesStandard',
    type: 0x1a,
    extension: 0,
    channelMessage: true,
    fields: {
      channelId: U32,
      /** Pairs the answer with the share; any start. */
      sequenceNumber: U32,
      jobId: U32,
      nonce: U32,
      ntime: U32,
      /** Whole header version, rolled bits included. */
      version: U32,
    },
  },
  {
    byteLength: () => 24,
    write(writer, values) {
      writer.u32(values.channelId)
      writer.u32(values.sequenceNumber)
      writer.u32(values.jobId)
      writer.u32(values.nonce)
      writer.u32(values.ntime)
      writer.u32(values.version)
    },
    read: (reader) => ({
      name: 'SubmitSharesStandard',
      channelId: reader.u32(),
      sequenceNumber: reader.u32(),
      jobId: reader.u32(),
      nonce: reader.u32(),
      ntime: reader.u32(),
      version: reader.u32(),
    }),
  },
)

/** Client. May carry the worker name of extension 0x0002 as TLV. */
export const submitSharesExtended = defineMessage(
  {
    name: 'SubmitSharesExtended',
    type: 0x1b,
    extension: 0,
    channelMessage: true,
    fields: {
      channelId: U32,
      /** Pairs the answer with the share; any start. */
      sequenceNumber: U32,
      jobId: U32,
      nonce: U32,
      ntime: U32,
      /** Whole header version, rolled bits included. */
      version: U32,
      /** The rollable part alone: exactly the extranonceSize of the channel. */
      extranonce: B0_32,
    },
  },
  {
    byteLength: (values) => 25 + values.extranonce.length,
    write(writer, values) {
      writer.u32(values.channelId)
      writer.u32(values.sequenceNumber)
      writer.u32(values.jobId)
      writer.u32(values.nonce)
      writer.u32(values.ntime)
      writer.u32(values.version)
      B0_32.write(writer, values.extranonce)
    },
    read: (reader) => ({
      name: 'SubmitSharesExtended',
      channelId: reader.u32(),
      sequenceNumber: reader.u32(),
      jobId: reader.u32(),
      nonce: reader.u32(),
      ntime: reader.u32(),
      version: reader.u32(),
      extranonce: B0_32.read(reader),
    }),
  },
)

/** Server. Acknowledges a batch: a count and a sum, not a range. */
export const submitSharesSuccess = defineMessage(
  {
    name: 'SubmitShares.Success',
    type: 0x1c,
    extension: 0,
    channelMessage: true,
    fields: {
      channelId: U32,
      /** The most recent correct share; it does not say "all up to here". */
      lastSequenceNumber: U32,
      newSubmitsAcceptedCount: U32,
      /** Sum of the accepted shares' difficulties. */
      newSharesSum: U64,
    },
  },
  {
    byteLength: () => 20,
    write(writer, values) {
      writer.u32(values.channelId)
      writer.u32(values.lastSequenceNumber)
      writer.u32(values.newSubmitsAcceptedCount)
      writer.u64(values.newSharesSum)
    },
    read: (reader) => ({
      name: 'SubmitShares.Success',
      channelId: reader.u32(),
      lastSequenceNumber: reader.u32(),
      newSubmitsAcceptedCount: reader.u32(),
      newSharesSum: reader.u64(),
    }),
  },
)

/** Server. One share, at once. */
export const submitSharesError = defineMessage({
  name: 'SubmitShares.Error',
  type: 0x1d,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32, sequenceNumber: U32, errorCode: STR0_255 },
})

/** Server, to an extended channel or a group. */
export const newExtendedMiningJob = defineMessage({
  name: 'NewExtendedMiningJob',
  type: 0x1f,
  extension: 0,
  channelMessage: true,
  fields: {
    channelId: U32,
    jobId: U32,
    /** `null` marks a future job, which waits for SetNewPrevHash. */
    minNtime: OPTION(U32),
    version: U32,
    versionRollingAllowed: BOOL,
    /** Folded into the coinbase txid in order. */
    merklePath: SEQ0_255(U256),
    /** Without witness marker and flag; ends where the extranonce prefix starts. */
    coinbaseTxPrefix: B0_64K,
    /** Without witness; starts where the extranonce ends. */
    coinbaseTxSuffix: B0_64K,
  },
})

/** Server. Makes the future job `jobId` active and every other job worthless. */
export const setNewPrevHash = defineMessage({
  name: 'SetNewPrevHash',
  type: 0x20,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32, jobId: U32, prevHash: U256, minNtime: U32, nbits: U32 },
})

/** Server. Holds for jobs received later and future jobs not yet active; active jobs keep theirs. */
export const setTarget = defineMessage({
  name: 'SetTarget',
  type: 0x21,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32, maximumTarget: U256 },
})

/** Client, on an extended channel or a group; needs `requiresWorkSelection` at setup. */
export const setCustomMiningJob = defineMessage({
  name: 'SetCustomMiningJob',
  type: 0x22,
  extension: 0,
  channelMessage: true,
  fields: {
    channelId: U32,
    requestId: U32,
    miningJobToken: B0_255,
    version: U32,
    prevHash: U256,
    minNtime: U32,
    nbits: U32,
    coinbaseTxVersion: U32,
    /** Start of the coinbase script: 8 bytes by the specification, more in practice. */
    coinbasePrefix: B0_255,
    coinbaseTxInputNSequence: U32,
    /** A CompactSize count, then the outputs. */
    coinbaseTxOutputs: B0_64K,
    coinbaseTxLocktime: U32,
    merklePath: SEQ0_255(U256),
  },
})

/** Server. */
export const setCustomMiningJobSuccess = defineMessage({
  name: 'SetCustomMiningJob.Success',
  type: 0x23,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32, requestId: U32, jobId: U32 },
})

/** Server. */
export const setCustomMiningJobError = defineMessage({
  name: 'SetCustomMiningJob.Error',
  type: 0x24,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32, requestId: U32, errorCode: STR0_255 },
})

/** Server. Puts channels into a group. */
export const setGroupChannel = defineMessage({
  name: 'SetGroupChannel',
  type: 0x25,
  extension: 0,
  channelMessage: false,
  fields: { groupChannelId: U32, channelIds: SEQ0_64K(U32) },
})

export const miningMessages = [
  openStandardMiningChannel,
  openStandardMiningChannelSuccess,
  openMiningChannelError,
  openExtendedMiningChannel,
  openExtendedMiningChannelSuccess,
  newMiningJob,
  updateChannel,
  updateChannelError,
  closeChannel,
  setExtranoncePrefix,
  submitSharesStandard,
  submitSharesExtended,
  submitSharesSuccess,
  submitSharesError,
  newExtendedMiningJob,
  setNewPrevHash,
  setTarget,
  setCustomMiningJob,
  setCustomMiningJobSuccess,
  setCustomMiningJobError,
  setGroupChannel,
] as const

export type OpenStandardMiningChannel = MessageOf<typeof openStandardMiningChannel>
export type OpenStandardMiningChannelSuccess = MessageOf<typeof openStandardMiningChannelSuccess>
export type OpenMiningChannelError = MessageOf<typeof openMiningChannelError>
export type OpenExtendedMiningChannel = MessageOf<typeof openExtendedMiningChannel>
export type OpenExtendedMiningChannelSuccess = MessageOf<typeof openExtendedMiningChannelSuccess>
export type NewMiningJob = MessageOf<typeof newMiningJob>
export type UpdateChannel = MessageOf<typeof updateChannel>
export type UpdateChannelError = MessageOf<typeof updateChannelError>
export type CloseChannel = MessageOf<typeof closeChannel>
export type SetExtranoncePrefix = MessageOf<typeof setExtranoncePrefix>
export type SubmitSharesStandard = MessageOf<typeof submitSharesStandard>
export type SubmitSharesExtended = MessageOf<typeof submitSharesExtended>
export type SubmitSharesSuccess = MessageOf<typeof submitSharesSuccess>
export type SubmitSharesError = MessageOf<typeof submitSharesError>
export type NewExtendedMiningJob = MessageOf<typeof newExtendedMiningJob>
export type SetNewPrevHash = MessageOf<typeof setNewPrevHash>
export type SetTarget = MessageOf<typeof setTarget>
export type SetCustomMiningJob = MessageOf<typeof setCustomMiningJob>
export type SetCustomMiningJobSuccess = MessageOf<typeof setCustomMiningJobSuccess>
export type SetCustomMiningJobError = MessageOf<typeof setCustomMiningJobError>
export type SetGroupChannel = MessageOf<typeof setGroupChannel>
