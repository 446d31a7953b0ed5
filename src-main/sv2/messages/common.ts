/**
 * The common messages, which open every connection whatever its protocol (Protocol Overview, 3.6), and
 * the flags they carry.
 */
import { STR0_255, U16, U32, U8 } from '../field-types.ts'
import { defineMessage, type MessageOf } from '../message.ts'

/** `protocol` of SetupConnection: one per connection. */
export const Protocol = { mining: 0, jobDeclaration: 1, templateDistribution: 2 } as const

/** The only protocol version there is. */
export const PROTOCOL_VERSION = 2

/** `flags` of SetupConnection on a mining connection (Mining Protocol, 5.3.1). */
export const MiningSetupFlags = {
  /** Only NewMiningJob may be sent to this client: no groups, no extended jobs. */
  requiresStandardJobs: 1 << 0,
  /** The client will send SetCustomMiningJob. */
  requiresWorkSelection: 1 << 1,
  /** The server must not send jobs that forbid version rolling. */
  requiresVersionRolling: 1 << 2,
} as const

/** `flags` of SetupConnection.Success on a mining connection (Mining Protocol, 5.3.1). */
export const MiningSetupSuccessFlags = {
  /** No change of the version is accepted. Excludes the client's `requiresVersionRolling`. */
  requiresFixedVersion: 1 << 0,
  /** Standard channels are refused. */
  requiresExtendedChannels: 1 << 1,
} as const

/** `flags` of SetupConnection on a job declaration connection. */
export const JobDeclarationSetupFlags = {
  /** The client agrees to reveal its transactions. */
  declareTxData: 1 << 0,
} as const

/** Client: the first message of a connection. */
export const setupConnection = defineMessage({
  name: 'SetupConnection',
  type: 0x00,
  extension: 0,
  channelMessage: false,
  fields: {
    /** One of `Protocol`. */
    protocol: U8,
    minVersion: U16,
    maxVersion: U16,
    flags: U32,
    /** What the client dialled, for virtual hosting. */
    endpointHost: STR0_255,
    endpointPort: U16,
    /** Never empty. */
    vendor: STR0_255,
    hardwareVersion: STR0_255,
    firmware: STR0_255,
    /** Empty unless the person agreed to be told apart. */
    deviceId: STR0_255,
  },
})

export const setupConnectionSuccess = defineMessage({
  name: 'SetupConnection.Success',
  type: 0x01,
  extension: 0,
  channelMessage: false,
  fields: { usedVersion: U16, flags: U32 },
})

/** The server closes the connection after it. */
export const setupConnectionError = defineMessage({
  name: 'SetupConnection.Error',
  type: 0x02,
  extension: 0,
  channelMessage: false,
  fields: {
    /** The flags that are not supported; 0 when the cause is another. */
    flags: U32,
    errorCode: STR0_255,
  },
})

/** Server: what extensions agreed about this channel must be negotiated again. */
export const channelEndpointChanged = defineMessage({
  name: 'ChannelEndpointChanged',
  type: 0x03,
  extension: 0,
  channelMessage: true,
  fields: { channelId: U32 },
})

/** Server: go there instead. The new server must show a certificate of the same authority key. */
export const reconnect = defineMessage({
  name: 'Reconnect',
  type: 0x04,
  extension: 0,
  channelMessage: false,
  fields: {
    /** Empty keeps the present host. */
    newHost: STR0_255,
    /** 0 keeps the present port. */
    newPort: U16,
  },
})

export const commonMessages = [
  setupConnection,
  setupConnectionSuccess,
  setupConnectionError,
  channelEndpointChanged,
  reconnect,
] as const

export type SetupConnection = MessageOf<typeof setupConnection>
export type SetupConnectionSuccess = MessageOf<typeof setupConnectionSuccess>
export type SetupConnectionError = MessageOf<typeof setupConnectionError>
export type ChannelEndpointChanged = MessageOf<typeof channelEndpointChanged>
export type Reconnect = MessageOf<typeof reconnect>
