/**
 * A message is a name, an id and a list of typed fields; from these come its type and its codec. Pure.
 * Field names are the specification's, mechanically camelCased; the order of `fields` is the wire's.
 *
 * Bytes after the last field are handed on as `trailing`: TLVs of negotiated extensions live there
 * (tlv.ts), and a receiver without extensions ignores them (Extensions, "TLV").
 */
import { err, HeadframeError, ok, type Result } from '../base/index.ts'
import { decodeError, type DecodeError } from './decode-error.ts'
import { type FieldType } from './field-types.ts'
import { FRAME_HEADER_LENGTH, MAX_FRAME_PAYLOAD_LENGTH, writeFrameHeader } from './frame.ts'
import { type ReadFault, WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

export type Fields = Readonly<Record<string, FieldType<unknown>>>

type ValueOf<T> = T extends FieldType<infer V> ? V : never

/** The values of a message's fields, without its name. */
export type FieldValues<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> }

/** A decoded message: its fields and, as discriminant, its name as the specification spells it. */
export type MessageValue<Name extends string, F extends Fields> = { readonly name: Name } & FieldValues<F>

/** The decoded form of a definition: `MessageOf<typeof submitSharesExtended>`. */
export type MessageOf<D> = D extends MessageDefinition<infer Name, infer F> ? MessageValue<Name, F> : never

export interface Decoded<M> {
  readonly message: M
  /** Bytes after the last known field; empty for most messages. */
  readonly trailing: Uint8Array
}

export interface MessageShape<Name extends string, F extends Fields> {
  /** As the specification spells it: `SubmitShares.Success`. */
  readonly name: Name
  /** msg_type. */
  readonly type: number
  /** Extension id, 0 for the core protocols. */
  readonly extension: number
  /** The channel_msg bit we send. */
  readonly channelMessage: boolean
  /** In the order of the wire. */
  readonly fields: F
}

export interface MessageDefinition<Name extends string, F extends Fields> extends MessageShape<Name, F> {
  /**
   * The whole plaintext frame, header included.
   * @param trailing bytes after the last field: encoded TLVs
   * @throws HeadframeError `sv2/cannot-encode` if a value is outside its type
   */
  encode(values: FieldValues<F> & { readonly name?: Name }, trailing?: Uint8Array): Uint8Array
  /** Reads a payload. Never throws, never reads outside `payload`, keeps no view of it. */
  decode(payload: Uint8Array): Result<Decoded<MessageValue<Name, F>>, DecodeError>
}

export type AnyMessageDefinition = MessageDefinition<string, Fields>

/** Makes the codec of a message. */
export function defineMessage<const Name extends string, F extends Fields>(
  shape: MessageShape<Name, F>,
): MessageDefinition<Name, F> {
  const { name, fields } = shape
  const keys = Object.keys(fields)
  const types = Object.values(fields)
  const header = {
    extensionId: shape.extension,
    channelMessage: shape.channelMessage,
    messageType: shape.type,
  }

  return {
    ...shape,
    encode(values, trailing) {
      const source: Readonly<Record<string, unknown>> = values
      let payloadLength = trailing?.length ?? 0
      for (let i = 0; i < keys.length; i++) payloadLength += types[i]!.byteLength(source[keys[i]!])
      if (payloadLength > MAX_FRAME_PAYLOAD_LENGTH) throw tooLong(name, payloadLength)
      const writer = new WireWriter(name, FRAME_HEADER_LENGTH + payloadLength, FRAME_HEADER_LENGTH)
      writeFrameHeader(writer.bytes, { ...header, payloadLength })
      for (let i = 0; i < keys.length; i++) {
        writer.field = keys[i]!
        types[i]!.write(writer, source[keys[i]!])
      }
      if (trailing !== undefined) writer.raw(trailing)
      return writer.bytes
    },
    decode(payload) {
      const reader = new WireReader(payload)
      const message: Record<string, unknown> = { name }
      for (let i = 0; i < keys.length; i++) {
        reader.field = keys[i]!
        message[keys[i]!] = types[i]!.read(reader)
      }
      if (reader.fault !== null) return err(messageError(name, reader.fault))
      return ok({ message: message as MessageValue<Name, F>, trailing: reader.rest() })
    },
  }
}

function messageError(name: string, fault: ReadFault): DecodeError {
  const code = fault.kind === 'truncated' ? 'sv2/message-truncated' : 'sv2/field-malformed'
  const { field, offset, problem } = fault
  return decodeError(code, `${name} cannot be read: ${field} ${problem}`, { message: name, field, offset })
}

function tooLong(name: string, payloadLength: number): HeadframeError {
  return new HeadframeError(
    'sv2/cannot-encode',
    `Cannot send ${name}: ${payloadLength} bytes do not fit a frame. This is a fault of Headframe: please report it with the log.`,
    { context: { message: name, length: payloadLength } },
  )
}
