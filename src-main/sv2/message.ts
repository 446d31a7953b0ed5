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

/**
 * The codec of a message written out by hand, for the messages that come with every share: encoding takes
 * about a third of the time of walking the fields. It must do what the fields say; the tests hold the two
 * against each other.
 */
export interface ShareCodec<Name extends string, F extends Fields> {
  byteLength(values: FieldValues<F>): number
  write(writer: WireWriter, values: FieldValues<F>): void
  read(reader: WireReader): MessageValue<Name, F>
}

/**
 * Makes the codec of a message.
 * @param shareCodec instead of the one made from `fields`
 */
export function defineMessage<const Name extends string, F extends Fields>(
  shape: MessageShape<Name, F>,
  shareCodec?: ShareCodec<Name, F>,
): MessageDefinition<Name, F> {
  const { name, fields } = shape
  const keys = Object.keys(fields)
  const types = Object.values(fields)
  const { extension: extensionId, channelMessage, type: messageType } = shape

  const fromFields: ShareCodec<Name, F> = {
    byteLength(values) {
      const source: Readonly<Record<string, unknown>> = values
      let length = 0
      for (let i = 0; i < keys.length; i++) length += types[i]!.byteLength(source[keys[i]!])
      return length
    },
    write(writer, values) {
      const source: Readonly<Record<string, unknown>> = values
      for (let i = 0; i < keys.length; i++) {
        writer.field = keys[i]!
        types[i]!.write(writer, source[keys[i]!])
      }
    },
    read(reader) {
      const message: Record<string, unknown> = { name }
      for (let i = 0; i < keys.length; i++) {
        reader.field = keys[i]!
        message[keys[i]!] = types[i]!.read(reader)
      }
      return message as MessageValue<Name, F>
    },
  }
  const codec = shareCodec ?? fromFields

  return {
    ...shape,
    encode(values, trailing) {
      const payloadLength = codec.byteLength(values) + (trailing?.length ?? 0)
      if (payloadLength > MAX_FRAME_PAYLOAD_LENGTH) throw tooLong(name, payloadLength)
      const writer = new WireWriter(name, FRAME_HEADER_LENGTH + payloadLength, FRAME_HEADER_LENGTH)
      writeFrameHeader(writer.bytes, { extensionId, channelMessage, messageType, payloadLength })
      codec.write(writer, values)
      if (trailing !== undefined) writer.raw(trailing)
      return writer.bytes
    },
    decode(payload) {
      const reader = new WireReader(payload)
      const message = codec.read(reader)
      if (reader.fault === null) return ok({ message, trailing: reader.rest() })
      if (codec === fromFields) return err(messageError(name, reader.fault))
      const naming = new WireReader(payload)
      fromFields.read(naming)
      return err(messageError(name, naming.fault ?? reader.fault))
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
