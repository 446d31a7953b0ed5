/**
 * The plaintext frame: a header of 6 bytes and a payload. Not the encryption and chunking on the wire,
 * which are noise/transport.ts (Protocol Overview, 3.2).
 *
 *   0..1  extension_type  U16: bit 15 channel_msg, bits 0-14 extension id
 *   2     msg_type        U8
 *   3..5  msg_length      U24: payload bytes, as plaintext
 */
import { err, HeadframeError, ok, type Result } from '../base/index.ts'
import { decodeError, type DecodeError } from './decode-error.ts'

/** Bytes. */
export const FRAME_HEADER_LENGTH = 6

/** Bytes: the largest msg_length a U24 can say. */
export const MAX_FRAME_PAYLOAD_LENGTH = 0xffffff

/** Bit 15 of extension_type: the payload starts with a U32 channel id (Protocol Overview, 3.2.1). */
export const CHANNEL_MSG_BIT = 0x8000

export interface FrameHeader {
  /** 0 for the core protocols; at most 0x7fff. */
  readonly extensionId: number
  /** The channel_msg bit as received. Several ids changed theirs in 2025-26: never dispatch on it. */
  readonly channelMessage: boolean
  readonly messageType: number
  /** Bytes of plaintext. */
  readonly payloadLength: number
}

export interface Frame {
  readonly extensionId: number
  readonly channelMessage: boolean
  readonly messageType: number
  /** At most 16 777 215 bytes. After decoding, a view of the frame's bytes. */
  readonly payload: Uint8Array
}

/** Writes the header into the first 6 bytes of `into`. */
export function writeFrameHeader(into: Uint8Array, header: FrameHeader): void {
  const extensionType = header.extensionId | (header.channelMessage ? CHANNEL_MSG_BIT : 0)
  into[0] = extensionType
  into[1] = extensionType >>> 8
  into[2] = header.messageType
  into[3] = header.payloadLength
  into[4] = header.payloadLength >>> 8
  into[5] = header.payloadLength >>> 16
}

/**
 * Reads the header in the first 6 bytes of `bytes`; anything after them is not looked at.
 * @param maxPayloadLength what this role accepts, in bytes; refuse before buffering
 */
export function decodeFrameHeader(
  bytes: Uint8Array,
  maxPayloadLength = MAX_FRAME_PAYLOAD_LENGTH,
): Result<FrameHeader, DecodeError> {
  if (bytes.length < FRAME_HEADER_LENGTH) {
    return err(
      decodeError(
        'sv2/frame-length-mismatch',
        `A frame header has ${bytes.length} of ${FRAME_HEADER_LENGTH} bytes`,
        { length: bytes.length, expectedLength: FRAME_HEADER_LENGTH },
      ),
    )
  }
  const extensionType = bytes[0]! | (bytes[1]! << 8)
  const payloadLength = bytes[3]! | (bytes[4]! << 8) | (bytes[5]! << 16)
  const messageType = bytes[2]!
  if (payloadLength > maxPayloadLength) {
    return err(frameTooLong(messageType, payloadLength, maxPayloadLength))
  }
  return ok({
    extensionId: extensionType & ~CHANNEL_MSG_BIT,
    channelMessage: (extensionType & CHANNEL_MSG_BIT) !== 0,
    messageType,
    payloadLength,
  })
}

/** The error for a header that announces more than `maxLength` bytes of payload. */
export function frameTooLong(messageType: number, length: number, maxLength: number): DecodeError {
  return decodeError(
    'sv2/frame-too-long',
    `A frame of type 0x${hexByte(messageType)} announces ${length} bytes where at most ${maxLength} are accepted`,
    { messageType, length, maxLength },
  )
}

/**
 * Reads one whole plaintext frame; the payload is a view, not a copy.
 * @param bytes exactly the header and the payload it announces
 * @param maxPayloadLength what this role accepts, in bytes
 */
export function decodeFrame(
  bytes: Uint8Array,
  maxPayloadLength = MAX_FRAME_PAYLOAD_LENGTH,
): Result<Frame, DecodeError> {
  const header = decodeFrameHeader(bytes, maxPayloadLength)
  if (!header.ok) return header
  const { extensionId, channelMessage, messageType, payloadLength } = header.value
  const length = bytes.length - FRAME_HEADER_LENGTH
  if (length !== payloadLength) {
    return err(
      decodeError(
        'sv2/frame-length-mismatch',
        `A frame of type 0x${hexByte(messageType)} announces ${payloadLength} bytes and carries ${length}`,
        { messageType, length, expectedLength: payloadLength },
      ),
    )
  }
  return ok({ extensionId, channelMessage, messageType, payload: bytes.subarray(FRAME_HEADER_LENGTH) })
}

/**
 * The plaintext bytes of a frame: header, then payload.
 * @throws HeadframeError `sv2/cannot-encode` if an id or the payload is too large for its field
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { extensionId, messageType, payload } = frame
  const fits =
    Number.isInteger(extensionId) &&
    extensionId >= 0 &&
    extensionId < CHANNEL_MSG_BIT &&
    Number.isInteger(messageType) &&
    messageType >= 0 &&
    messageType <= 0xff &&
    payload.length <= MAX_FRAME_PAYLOAD_LENGTH
  if (!fits) {
    throw new HeadframeError(
      'sv2/cannot-encode',
      `Cannot send a frame of extension ${extensionId}, type ${messageType} with ${payload.length} bytes: it does not fit the header. This is a fault of Headframe: please report it with the log.`,
      { context: { extensionId, messageType, length: payload.length } },
    )
  }
  const bytes = new Uint8Array(FRAME_HEADER_LENGTH + payload.length)
  writeFrameHeader(bytes, { ...frame, payloadLength: payload.length })
  bytes.set(payload, FRAME_HEADER_LENGTH)
  return bytes
}

/** Two hex digits of a message type, for messages. */
export function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0')
}
