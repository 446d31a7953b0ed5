/** Frames sealed and opened by @noble/ciphers: the fallback where SIMD is missing, and the measure of the kernel. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import {
  type FrameAead,
  HEADER_LENGTH,
  MAX_SLICE_LENGTH,
  readHeader,
  SEALED_HEADER_LENGTH,
  sealedPayloadLength,
  sliceCount,
} from './aead.ts'
import { type CipherState, nonceOf, openAead, TAG_LENGTH } from './cipher-state.ts'

export const nobleAead: FrameAead = {
  name: 'javascript',

  sealFrame(cipher, frame) {
    return nobleAead.sealFrames(cipher, [frame])
  },

  sealFrames(cipher, frames) {
    let length = 0
    for (const frame of frames)
      length += SEALED_HEADER_LENGTH + sealedPayloadLength(frame.length - HEADER_LENGTH)
    const wire = new Uint8Array(length)
    let offset = 0
    for (const frame of frames) offset = sealInto(wire, offset, cipher, frame)
    return wire
  },

  openFrame(cipher, source, start, end, into) {
    const payloadStart = start + SEALED_HEADER_LENGTH
    const header = openAead(cipher.key, cipher.counter, undefined, source.subarray(start, payloadStart))
    if (header === undefined) return false
    cipher.take(1)
    readHeader(header, 0, into)
    into.payload = undefined
    const length = into.payloadLength
    if (length === 0) into.payload = new Uint8Array(0)
    else if (length <= MAX_SLICE_LENGTH && payloadStart + length + TAG_LENGTH <= end) {
      into.payload = nobleAead.openSlice(cipher, source, payloadStart, length)
      return into.payload !== undefined
    }
    return true
  },

  openSlice(cipher, source, start, sliceLength) {
    const sealed = source.subarray(start, start + sliceLength + TAG_LENGTH)
    const plain = openAead(cipher.key, cipher.counter, undefined, sealed)
    if (plain !== undefined) cipher.take(1)
    return plain
  },
}

/** @returns where the next frame goes */
function sealInto(wire: Uint8Array, offset: number, cipher: CipherState, frame: Uint8Array): number {
  const slices = sliceCount(frame.length - HEADER_LENGTH)
  const counter = cipher.take(1 + slices)
  for (let i = 0; i <= slices; i++) {
    const start = i === 0 ? 0 : HEADER_LENGTH + (i - 1) * MAX_SLICE_LENGTH
    const end = i === 0 ? HEADER_LENGTH : Math.min(start + MAX_SLICE_LENGTH, frame.length)
    const sealed = chacha20poly1305(cipher.key, nonceOf(counter + i)).encrypt(frame.subarray(start, end))
    wire.set(sealed, offset)
    offset += sealed.length
  }
  return offset
}
