/**
 * The messages one kind of connection speaks, and the way from a frame to the right one. Dispatch looks at
 * msg_type and extension id only: the channel bit of several ids changed in 2025-26.
 */
import { HeadframeError, ok, type Result } from '../base/index.ts'
import { type DecodeError } from './decode-error.ts'
import { type Frame } from './frame.ts'
import { type AnyMessageDefinition, type Decoded, type MessageOf } from './message.ts'
import { commonMessages } from './messages/common.ts'
import { extensionMessages } from './messages/extensions.ts'
import { miningMessages } from './messages/mining.ts'
import { templateMessages } from './messages/template-distribution.ts'

/**
 * A frame this set has no definition for. A receiver logs and ignores it; a transparent proxy forwards it
 * when `channelId` is not null (Protocol Overview, 3.2.1).
 */
export interface UnknownMessage {
  readonly name: 'unknown'
  readonly extensionId: number
  readonly messageType: number
  /** First field of a frame with the channel bit; null without it or when the payload is too short. */
  readonly channelId: number | null
  /** A view of the frame's payload. */
  readonly payload: Uint8Array
}

export interface MessageSet<M extends { readonly name: string }> {
  /** Reads a frame. Never throws; an id this set does not know is a value, not an error. */
  decode(frame: Frame): Result<Decoded<M | UnknownMessage>, DecodeError>
  /**
   * The whole plaintext frame of a message, chosen by its name.
   * @param trailing bytes after the last field: encoded TLVs
   * @throws HeadframeError `sv2/cannot-encode` if a value is outside its type
   */
  encode(message: M, trailing?: Uint8Array): Uint8Array
}

const EMPTY = new Uint8Array(0)

/** @param definitions with ids and names that differ within the set */
export function createMessageSet<const D extends readonly AnyMessageDefinition[]>(
  definitions: D,
): MessageSet<MessageOf<D[number]>> {
  type M = MessageOf<D[number]>
  const byId = new Map<number, AnyMessageDefinition>()
  const byName = new Map<string, AnyMessageDefinition>()
  for (const definition of definitions) {
    byId.set(idKey(definition.extension, definition.type), definition)
    byName.set(definition.name, definition)
  }
  return {
    decode(frame) {
      const definition = byId.get(idKey(frame.extensionId, frame.messageType))
      if (definition === undefined) return ok({ message: unknownMessage(frame), trailing: EMPTY })
      // The table holds the very definitions that M is made of.
      return definition.decode(frame.payload) as Result<Decoded<M>, DecodeError>
    },
    encode(message, trailing) {
      const { name } = message as { name: string }
      const definition = byName.get(name)
      if (definition === undefined) {
        throw new HeadframeError(
          'sv2/cannot-encode',
          `Cannot send ${name}: this connection does not speak it. This is a fault of Headframe: please report it with the log.`,
          { context: { message: name } },
        )
      }
      return definition.encode(message as Readonly<Record<string, unknown>>, trailing)
    },
  }
}

const idKey = (extensionId: number, messageType: number): number => (extensionId << 8) | messageType

function unknownMessage(frame: Frame): UnknownMessage {
  const { extensionId, messageType, channelMessage, payload } = frame
  const channelId =
    channelMessage && payload.length >= 4
      ? (payload[0]! | (payload[1]! << 8) | (payload[2]! << 16) | (payload[3]! << 24)) >>> 0
      : null
  return { name: 'unknown', extensionId, messageType, channelId, payload }
}

/** What a mining connection speaks, in both roles. */
export const miningConnection = createMessageSet([...commonMessages, ...extensionMessages, ...miningMessages])

/** Any message of a mining connection. */
export type MiningConnectionMessage = MessageOf<
  (typeof commonMessages | typeof extensionMessages | typeof miningMessages)[number]
>

/** `miningConnection.decode`: the message of a frame on a mining connection. */
export const decodeMessage = miningConnection.decode

/** `miningConnection.encode`: the frame of a message on a mining connection. */
export const encodeMessage = miningConnection.encode

/** What a template distribution connection speaks, in both roles. */
export const templateConnection = createMessageSet([...commonMessages, ...templateMessages])

/** Any message of a template distribution connection. */
export type TemplateConnectionMessage = MessageOf<(typeof commonMessages | typeof templateMessages)[number]>
