/**
 * Extension 0x0001: which extensions a connection uses. Asked right after SetupConnection.Success and
 * answered before anything else; a server that does not know it stays silent, so the asker needs a
 * timeout (extensions/0x0001).
 */
import { SEQ0_64K, U16 } from '../field-types.ts'
import { defineMessage, type MessageOf } from '../message.ts'

export const ExtensionId = { negotiation: 0x0001, workerHashrate: 0x0002 } as const

export const requestExtensions = defineMessage({
  name: 'RequestExtensions',
  type: 0x00,
  extension: ExtensionId.negotiation,
  channelMessage: false,
  fields: { requestId: U16, requestedExtensions: SEQ0_64K(U16) },
})

export const requestExtensionsSuccess = defineMessage({
  name: 'RequestExtensions.Success',
  type: 0x01,
  extension: ExtensionId.negotiation,
  channelMessage: false,
  fields: { requestId: U16, supportedExtensions: SEQ0_64K(U16) },
})

export const requestExtensionsError = defineMessage({
  name: 'RequestExtensions.Error',
  type: 0x02,
  extension: ExtensionId.negotiation,
  channelMessage: false,
  fields: {
    requestId: U16,
    unsupportedExtensions: SEQ0_64K(U16),
    /** Empty: the client may go on without. Otherwise the server disconnects unless these are used. */
    requiredExtensions: SEQ0_64K(U16),
  },
})

export const extensionMessages = [
  requestExtensions,
  requestExtensionsSuccess,
  requestExtensionsError,
] as const

export type RequestExtensions = MessageOf<typeof requestExtensions>
export type RequestExtensionsSuccess = MessageOf<typeof requestExtensionsSuccess>
export type RequestExtensionsError = MessageOf<typeof requestExtensionsError>
