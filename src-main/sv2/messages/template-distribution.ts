/**
 * The template distribution protocol's messages, 0x70 to 0x76 (Template Distribution Protocol, 7). `Client`
 * and `Server` say who sends one: the server is the template provider, the client whoever mines its blocks.
 *
 * Units used throughout: coinbase values are sats; timestamps are unix seconds; hashes are in header order;
 * transactions are serialized with their witnesses.
 */
import {
  B0_16M,
  B0_255,
  B0_64K,
  BOOL,
  SEQ0_255,
  SEQ0_64K,
  STR0_255,
  U16,
  U256,
  U32,
  U64,
} from '../field-types.ts'
import { defineMessage, type MessageOf } from '../message.ts'

/** Client, at once after the setup: what room its own outputs need. The first template answers it. */
export const coinbaseOutputConstraints = defineMessage({
  name: 'CoinbaseOutputConstraints',
  type: 0x70,
  extension: 0,
  channelMessage: false,
  fields: {
    /** Bytes of serialized outputs the client will add. */
    coinbaseOutputMaxAdditionalSize: U32,
    /** Signature operations of those outputs. */
    coinbaseOutputMaxAdditionalSigops: U16,
  },
})

/** Server. */
export const newTemplate = defineMessage({
  name: 'NewTemplate',
  type: 0x71,
  extension: 0,
  channelMessage: false,
  fields: {
    templateId: U64,
    /** Waits for the SetNewPrevHash that names it. */
    futureTemplate: BOOL,
    /** Header version. */
    version: U32,
    coinbaseTxVersion: U32,
    /** Start of the coinbase script: the height, at most 8 bytes. */
    coinbasePrefix: B0_255,
    coinbaseTxInputSequence: U32,
    /** Sats for the client's own outputs. */
    coinbaseTxValueRemaining: U64,
    coinbaseTxOutputsCount: U32,
    /** Outputs that come after the client's own, without a count before them. */
    coinbaseTxOutputs: B0_64K,
    coinbaseTxLocktime: U32,
    /** Folded into the coinbase txid in order. */
    merklePath: SEQ0_255(U256),
  },
})

/** Server. Makes the future template `templateId` the one to mine. Not the mining protocol's message of that name. */
export const templateSetNewPrevHash = defineMessage({
  name: 'SetNewPrevHash',
  type: 0x72,
  extension: 0,
  channelMessage: false,
  fields: {
    templateId: U64,
    prevHash: U256,
    /** Where to start, not the least that is allowed. */
    headerTimestamp: U32,
    /** Compact network target for the header. */
    nBits: U32,
    /** Network target, little endian. */
    target: U256,
  },
})

/** Client. */
export const requestTransactionData = defineMessage({
  name: 'RequestTransactionData',
  type: 0x73,
  extension: 0,
  channelMessage: false,
  fields: { templateId: U64 },
})

/** Server. */
export const requestTransactionDataSuccess = defineMessage({
  name: 'RequestTransactionData.Success',
  type: 0x74,
  extension: 0,
  channelMessage: false,
  fields: {
    templateId: U64,
    excessData: B0_64K,
    /** In the block's order, without the coinbase. */
    transactionList: SEQ0_64K(B0_16M),
  },
})

/** Server. */
export const requestTransactionDataError = defineMessage({
  name: 'RequestTransactionData.Error',
  type: 0x75,
  extension: 0,
  channelMessage: false,
  fields: { templateId: U64, errorCode: STR0_255 },
})

/** Client: a block. */
export const submitSolution = defineMessage({
  name: 'SubmitSolution',
  type: 0x76,
  extension: 0,
  channelMessage: false,
  fields: {
    templateId: U64,
    version: U32,
    headerTimestamp: U32,
    headerNonce: U32,
    /** The whole coinbase, witness included. */
    coinbaseTx: B0_64K,
  },
})

export const templateMessages = [
  coinbaseOutputConstraints,
  newTemplate,
  templateSetNewPrevHash,
  requestTransactionData,
  requestTransactionDataSuccess,
  requestTransactionDataError,
  submitSolution,
] as const

export type CoinbaseOutputConstraints = MessageOf<typeof coinbaseOutputConstraints>
export type NewTemplate = MessageOf<typeof newTemplate>
export type TemplateSetNewPrevHash = MessageOf<typeof templateSetNewPrevHash>
export type RequestTransactionData = MessageOf<typeof requestTransactionData>
export type RequestTransactionDataSuccess = MessageOf<typeof requestTransactionDataSuccess>
export type RequestTransactionDataError = MessageOf<typeof requestTransactionDataError>
export type SubmitSolution = MessageOf<typeof submitSolution>
