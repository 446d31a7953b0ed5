/**
 * Frames over an established session: sealing them for the socket, and opening them from whatever pieces
 * the socket delivers. Pure byte in, byte out; the cryptography is aead.ts.
 *
 * Bytes sealed first must be written first: the counter is part of every message. Take what `seal`
 * returns to the socket's queue at once, without awaiting in between.
 */
import { concatBytes, HeadframeError } from '../../base/index.ts'
import { CHANNEL_MSG_BIT, type Frame, frameTooLong } from '../frame.ts'
import {
  emptyOpenedFrame,
  type FrameAead,
  HEADER_LENGTH,
  MAX_SLICE_LENGTH,
  type OpenedFrame,
  SEALED_HEADER_LENGTH,
  sealedPayloadLength,
} from './aead.ts'
import { selectFrameAead } from './aead-selection.ts'
import { CipherState, TAG_LENGTH } from './cipher-state.ts'

/** Seals the frames of one direction. */
export class FrameSealer {
  readonly #cipher: CipherState
  readonly #aead: FrameAead

  /** @param key 32 bytes, of the direction we send in */
  constructor(key: Uint8Array, aead: FrameAead = selectFrameAead()) {
    this.#cipher = new CipherState(key)
    this.#aead = aead
  }

  /** Nonces used so far. */
  get counter(): number {
    return this.#cipher.counter
  }

  /**
   * Wire bytes of one plaintext frame (header and payload, as `encodeFrame` and the messages' `encode`
   * give it). The bytes never change afterwards.
   * @throws HeadframeError `noise/nonces-exhausted`
   */
  seal(frame: Uint8Array): Uint8Array {
    requireWholeFrame(frame)
    return this.#aead.sealFrame(this.#cipher, frame)
  }

  /** Wire bytes of several frames, in order: one array for one write. */
  sealMany(frames: readonly Uint8Array[]): Uint8Array {
    for (const frame of frames) requireWholeFrame(frame)
    return this.#aead.sealFrames(this.#cipher, frames)
  }
}

/** A header that announces another length than it carries would end the session at the other side. */
function requireWholeFrame(frame: Uint8Array): void {
  const announced = frame[3]! | (frame[4]! << 8) | (frame[5]! << 16)
  if (frame.length !== HEADER_LENGTH + announced) {
    throw new RangeError(`not a whole frame: it announces ${announced} bytes and has ${frame.length} in all`)
  }
}

/** What a piece of the stream completed. */
export interface Opened {
  readonly frames: readonly Frame[]
  /** Ends the session: nothing more will be opened. Frames before the fault are in `frames`. */
  readonly error: HeadframeError | null
}

const EMPTY = new Uint8Array(0)
/** A pending buffer larger than this is not kept while nothing is pending, so that idle sessions stay small. */
const KEPT_BUFFER_LENGTH = 512

/** Opens the frames of one direction from pieces of any size. */
export class FrameOpener {
  readonly #cipher: CipherState
  readonly #aead: FrameAead
  readonly #maxPayloadLength: number
  /** The header opened last; its payload only until it is handed on. */
  readonly #opened: OpenedFrame = emptyOpenedFrame()
  /** Bytes of a block that has not arrived whole: a sealed header or a slice of a payload, never more. */
  #pending = EMPTY
  #pendingLength = 0
  /** Whether the payload of that header is awaited, and the slices of it so far. */
  #awaitsPayload = false
  #slices: Uint8Array[] = []
  #receivedLength = 0
  #failure: HeadframeError | null = null

  /**
   * @param key 32 bytes, of the direction we receive in
   * @param maxPayloadLength bytes this role accepts; a longer frame ends the session when its header
   *   arrives, before anything is buffered for it
   */
  constructor(key: Uint8Array, maxPayloadLength: number, aead: FrameAead = selectFrameAead()) {
    this.#cipher = new CipherState(key)
    this.#maxPayloadLength = maxPayloadLength
    this.#aead = aead
  }

  /** Nonces used so far. */
  get counter(): number {
    return this.#cipher.counter
  }

  /** Whether the stream stands inside a frame. */
  get insideFrame(): boolean {
    return this.#awaitsPayload || this.#pendingLength > 0
  }

  /** Takes the next piece of the stream; `chunk` is not kept. Never throws for what a peer sent. */
  receive(chunk: Uint8Array): Opened {
    const frames: Frame[] = []
    let start = 0
    while (this.#failure === null) {
      const needed = this.#nextBlockLength()
      const available = chunk.length - start
      if (this.#pendingLength === 0 && available >= needed) {
        start = this.#openBlock(chunk, start, chunk.length, frames)
        continue
      }
      const taken = Math.min(needed - this.#pendingLength, available)
      if (taken === 0) break
      this.#keep(chunk.subarray(start, start + taken), needed)
      start += taken
      if (this.#pendingLength === needed) {
        this.#pendingLength = 0
        this.#openBlock(this.#pending, 0, needed, frames)
        if (this.#pending.length > KEPT_BUFFER_LENGTH) this.#pending = EMPTY
      }
    }
    return { frames, error: this.#failure }
  }

  #nextBlockLength(): number {
    return this.#awaitsPayload ? this.#nextSliceLength() + TAG_LENGTH : SEALED_HEADER_LENGTH
  }

  #nextSliceLength(): number {
    return Math.min(this.#opened.payloadLength - this.#receivedLength, MAX_SLICE_LENGTH)
  }

  /** Grows by doubling with what really arrives, so that an announcement alone costs no memory. */
  #keep(bytes: Uint8Array, needed: number): void {
    const length = this.#pendingLength + bytes.length
    if (length > this.#pending.length) {
      const grown = new Uint8Array(Math.min(needed, Math.max(length, 2 * this.#pending.length, 64)))
      grown.set(this.#pending.subarray(0, this.#pendingLength))
      this.#pending = grown
    }
    this.#pending.set(bytes, this.#pendingLength)
    this.#pendingLength = length
  }

  /** @returns where the next block starts in `source` */
  #openBlock(source: Uint8Array, start: number, end: number, frames: Frame[]): number {
    return this.#awaitsPayload
      ? this.#openSlice(source, start, frames)
      : this.#openHeader(source, start, end, frames)
  }

  #openHeader(source: Uint8Array, start: number, end: number, frames: Frame[]): number {
    const opened = this.#opened
    const isFirst = this.#cipher.counter === 0
    if (!this.#aead.openFrame(this.#cipher, source, start, end, opened)) {
      this.#failure = notAuthentic(isFirst)
      return end
    }
    const { payload, payloadLength } = opened
    opened.payload = undefined
    if (payloadLength > this.#maxPayloadLength) {
      this.#failure = tooLong(opened, this.#maxPayloadLength)
      return end
    }
    if (payload === undefined) {
      this.#awaitsPayload = true
      return start + SEALED_HEADER_LENGTH
    }
    frames.push(frameOf(opened, payload))
    return start + SEALED_HEADER_LENGTH + sealedPayloadLength(payloadLength)
  }

  #openSlice(source: Uint8Array, start: number, frames: Frame[]): number {
    const length = this.#nextSliceLength()
    const slice = this.#aead.openSlice(this.#cipher, source, start, length)
    if (slice === undefined) {
      this.#failure = notAuthentic(false)
      return source.length
    }
    this.#slices.push(slice)
    this.#receivedLength += length
    if (this.#receivedLength === this.#opened.payloadLength) {
      frames.push(frameOf(this.#opened, this.#slices.length === 1 ? slice : concatBytes(...this.#slices)))
      this.#awaitsPayload = false
      this.#slices = []
      this.#receivedLength = 0
    }
    return start + length + TAG_LENGTH
  }
}

function frameOf({ extensionType, messageType }: OpenedFrame, payload: Uint8Array): Frame {
  return {
    extensionId: extensionType & ~CHANNEL_MSG_BIT,
    channelMessage: (extensionType & CHANNEL_MSG_BIT) !== 0,
    messageType,
    payload,
  }
}

function notAuthentic(isFirst: boolean): HeadframeError {
  return new HeadframeError(
    'noise/frame-not-authentic',
    isFirst
      ? 'The first frame cannot be decrypted: the other side did not take part in the handshake. Check that it speaks Stratum V2 with encryption; Stratum V1 has an address of its own.'
      : 'A frame cannot be decrypted: its bytes were changed on the way, or the other side lost its place. Connecting again is safe; if it happens again, look for a faulty device or proxy in between.',
  )
}

function tooLong({ messageType, payloadLength }: OpenedFrame, maxLength: number): HeadframeError {
  const { code, message, context } = frameTooLong(messageType, payloadLength, maxLength)
  return new HeadframeError(code, message, { context })
}
