/**
 * Frames sealed and opened by the WebAssembly SIMD kernel (assembly/index.ts): one call for header and
 * payload, one call for a batch. Kernel memory is scratch: nothing stays in it between calls but the key
 * of the last session used.
 */
import { instantiateKernel, type WasmKernel } from '../../base/index.ts'
import { aeadKernelBase64 } from './.generated/aead-kernel.ts'
import {
  type FrameAead,
  HEADER_LENGTH,
  MAX_SLICE_LENGTH,
  type OpenedFrame,
  readHeader,
  SEALED_HEADER_LENGTH,
  sealedPayloadLength,
  sliceCount,
} from './aead.ts'
import { BytePool } from './byte-pool.ts'
import { type CipherState, TAG_LENGTH } from './cipher-state.ts'

/** The exports of assembly/index.ts. Addresses and lengths in bytes; counters in two halves of 32 bits. */
interface KernelFunctions {
  sealFrames(start: number, end: number, counterLow: number, counterHigh: number): void
  openFrame(frame: number, available: number, counterLow: number, counterHigh: number): number
  sealSlice(at: number, length: number, counterLow: number, counterHigh: number): void
  openSlice(at: number, length: number, counterLow: number, counterHigh: number): number
}

/** Where the kernel expects the key. */
const KEY = 0
/** Where the arena begins. */
const ARENA = 1024
/** Frames are opened here, so that a payload begins at a whole word and is copied by words. */
const OPENED = ARENA + 2
/** Bytes of a piece of stream that are looked at in one go; longer payloads take a second call. */
const WINDOW_LENGTH = 1280
const TWO_32 = 2 ** 32

/** The kernel as a `FrameAead`, or undefined on a host without WebAssembly SIMD. */
export function createKernelAead(): FrameAead | undefined {
  const kernel = instantiateKernel<KernelFunctions>(aeadKernelBase64)
  return kernel && new KernelAead(kernel)
}

class KernelAead implements FrameAead {
  readonly name = 'wasm-simd'
  readonly #functions: KernelFunctions
  readonly #memory: Uint8Array
  readonly #pool: BytePool
  readonly #arenaEnd: number
  #loaded: CipherState | null = null

  constructor({ functions, memory }: WasmKernel<KernelFunctions>) {
    this.#functions = functions
    this.#memory = new Uint8Array(memory)
    this.#pool = new BytePool(memory)
    this.#arenaEnd = memory.byteLength
  }

  sealFrame(cipher: CipherState, frame: Uint8Array): Uint8Array {
    const payloadLength = frame.length - HEADER_LENGTH
    if (payloadLength > MAX_SLICE_LENGTH) return this.#sealLong(cipher, frame)
    const counter = cipher.take(payloadLength === 0 ? 1 : 2)
    this.#load(cipher)
    this.#memory.set(frame, ARENA + TAG_LENGTH)
    this.#functions.sealFrames(ARENA, ARENA + 1, counter | 0, (counter / TWO_32) | 0)
    return this.#pool.copy(ARENA, SEALED_HEADER_LENGTH + sealedPayloadLength(payloadLength))
  }

  sealFrames(cipher: CipherState, frames: readonly Uint8Array[]): Uint8Array {
    let length = 0
    let longest = 0
    for (const frame of frames) {
      length += SEALED_HEADER_LENGTH + sealedPayloadLength(frame.length - HEADER_LENGTH)
      longest = Math.max(longest, frame.length)
    }
    // The kernel reads some bytes behind the last frame.
    if (ARENA + length + TAG_LENGTH <= this.#arenaEnd && longest <= HEADER_LENGTH + MAX_SLICE_LENGTH) {
      return this.#sealBatch(cipher, frames, length)
    }
    const wire = new Uint8Array(length)
    let offset = 0
    for (const frame of frames) {
      const sealed = this.sealFrame(cipher, frame)
      wire.set(sealed, offset)
      offset += sealed.length
    }
    return wire
  }

  openFrame(cipher: CipherState, source: Uint8Array, start: number, end: number, into: OpenedFrame): boolean {
    const memory = this.#memory
    const counter = cipher.counter
    const available = Math.min(end - start, WINDOW_LENGTH)
    this.#load(cipher)
    memory.set(pieceOf(source, start, available), OPENED)
    const opened = this.#functions.openFrame(OPENED, available, counter | 0, (counter / TWO_32) | 0)
    if (opened < 0) return false
    readHeader(memory, OPENED, into)
    into.payload = undefined
    const length = into.payloadLength
    if (opened === 1) {
      cipher.take(length === 0 ? 1 : 2)
      into.payload = this.#pool.copy(OPENED + SEALED_HEADER_LENGTH, length)
      return true
    }
    cipher.take(1)
    const payloadStart = start + SEALED_HEADER_LENGTH
    if (length > MAX_SLICE_LENGTH || payloadStart + length + TAG_LENGTH > end) return true
    into.payload = this.openSlice(cipher, source, payloadStart, length)
    return into.payload !== undefined
  }

  openSlice(
    cipher: CipherState,
    source: Uint8Array,
    start: number,
    sliceLength: number,
  ): Uint8Array | undefined {
    const counter = cipher.counter
    this.#load(cipher)
    this.#memory.set(pieceOf(source, start, sliceLength + TAG_LENGTH), ARENA)
    if (!this.#functions.openSlice(ARENA, sliceLength, counter | 0, (counter / TWO_32) | 0)) return undefined
    cipher.take(1)
    return this.#pool.copy(ARENA, sliceLength)
  }

  #load(cipher: CipherState): void {
    if (this.#loaded === cipher) return
    this.#memory.set(cipher.key, KEY)
    this.#loaded = cipher
  }

  #sealBatch(cipher: CipherState, frames: readonly Uint8Array[], length: number): Uint8Array {
    let nonces = 0
    let at = ARENA
    for (const frame of frames) {
      this.#memory.set(frame, at + TAG_LENGTH)
      const payloadLength = frame.length - HEADER_LENGTH
      at += SEALED_HEADER_LENGTH + sealedPayloadLength(payloadLength)
      nonces += payloadLength === 0 ? 1 : 2
    }
    const counter = cipher.take(nonces)
    this.#load(cipher)
    this.#functions.sealFrames(ARENA, at, counter | 0, (counter / TWO_32) | 0)
    return this.#pool.copy(ARENA, length)
  }

  /** A frame whose payload has several slices: each block by itself. */
  #sealLong(cipher: CipherState, frame: Uint8Array): Uint8Array {
    const wire = new Uint8Array(SEALED_HEADER_LENGTH + sealedPayloadLength(frame.length - HEADER_LENGTH))
    let counter = cipher.take(1 + sliceCount(frame.length - HEADER_LENGTH))
    let start = 0
    let offset = 0
    this.#load(cipher)
    for (; start < frame.length; counter++) {
      const length = start === 0 ? HEADER_LENGTH : Math.min(frame.length - start, MAX_SLICE_LENGTH)
      this.#memory.set(pieceOf(frame, start, length), ARENA)
      this.#functions.sealSlice(ARENA, length, counter | 0, (counter / TWO_32) | 0)
      wire.set(pieceOf(this.#memory, ARENA, length + TAG_LENGTH), offset)
      start += length
      offset += length + TAG_LENGTH
    }
    return wire
  }
}

/** A view without the detour over a subclass that `subarray` of a Buffer takes. */
function pieceOf(source: Uint8Array, start: number, length: number): Uint8Array {
  if (start === 0 && length === source.length) return source
  return new Uint8Array(source.buffer, source.byteOffset + start, length)
}
