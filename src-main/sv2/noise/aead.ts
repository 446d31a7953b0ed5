/**
 * Sealing and opening whole frames with ChaCha20-Poly1305: what an implementation must offer, and the
 * arithmetic of lengths. Not the choice between implementations (aead-selection.ts), nor the buffering of a
 * stream (transport.ts).
 *
 *   wire = AEAD(header 6) | AEAD(slice) | AEAD(slice) …      a slice is up to 65 519 bytes of payload
 *
 * Each AEAD block takes the next nonce, has no associated data and is 16 bytes longer than its plaintext
 * (Protocol Security, "Encrypted stratum message framing"). Node's own cipher of that name is never used:
 * Electron does not have it.
 */
import { type CipherState, TAG_LENGTH } from './cipher-state.ts'

/** Plaintext bytes of a sealed header. */
export const HEADER_LENGTH = 6
/** Bytes of a sealed header on the wire. */
export const SEALED_HEADER_LENGTH = HEADER_LENGTH + TAG_LENGTH
/** Most plaintext bytes in one AEAD block, so that the block has 65 535. */
export const MAX_SLICE_LENGTH = 65_519

/** Where `openFrame` puts what it found; made once a connection and reused. */
export interface OpenedFrame {
  /** The first two bytes of the header: extension id and channel_msg bit. */
  extensionType: number
  messageType: number
  /** As announced, in bytes. */
  payloadLength: number
  /** The payload, if it was there whole and in one slice; otherwise undefined. */
  payload: Uint8Array | undefined
}

/** An `OpenedFrame` to be filled. */
export function emptyOpenedFrame(): OpenedFrame {
  return { extensionType: 0, messageType: 0, payloadLength: 0, payload: undefined }
}

/** Reads the 6 bytes of a plaintext header at `at`. */
export function readHeader(bytes: Uint8Array, at: number, into: OpenedFrame): void {
  into.extensionType = bytes[at]! | (bytes[at + 1]! << 8)
  into.messageType = bytes[at + 2]!
  into.payloadLength = bytes[at + 3]! | (bytes[at + 4]! << 8) | (bytes[at + 5]! << 16)
}

export interface FrameAead {
  readonly name: 'wasm-simd' | 'javascript'
  /**
   * Seals one frame of any size and takes its nonces. The bytes are the caller's and never change.
   * @param frame header and payload, the header announcing exactly the payload's length
   */
  sealFrame(cipher: CipherState, frame: Uint8Array): Uint8Array
  /** Seals frames one after the other; the same bytes as `sealFrame` of each. */
  sealFrames(cipher: CipherState, frames: readonly Uint8Array[]): Uint8Array
  /**
   * Opens the sealed header at `start`, and the payload behind it if that ends before `end` and has one
   * slice. Takes the nonces of what it opened. False if anything was not authentic.
   * @param end at least `start + 22`
   */
  openFrame(cipher: CipherState, source: Uint8Array, start: number, end: number, into: OpenedFrame): boolean
  /**
   * Opens one block of a payload, `sliceLength + 16` bytes at `start`; undefined if it is not authentic.
   * @param sliceLength plaintext bytes, 1 to 65 519
   */
  openSlice(
    cipher: CipherState,
    source: Uint8Array,
    start: number,
    sliceLength: number,
  ): Uint8Array | undefined
}

/** Bytes on the wire behind the sealed header, for a payload of `payloadLength` bytes. */
export function sealedPayloadLength(payloadLength: number): number {
  return payloadLength + TAG_LENGTH * sliceCount(payloadLength)
}

/** AEAD blocks, and so nonces, of a payload. */
export function sliceCount(payloadLength: number): number {
  return Math.ceil(payloadLength / MAX_SLICE_LENGTH)
}
