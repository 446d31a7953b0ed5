/**
 * Whole Stratum V2 frames sealed and opened in place with ChaCha20-Poly1305 (RFC 8439). AssemblyScript;
 * `npm run build:wasm` compiles it, aead-kernel.ts is its host.
 *
 * A header and a payload of up to 64 bytes need exactly four ChaCha20 blocks: the blocks 0 (one-time key
 * of Poly1305) and 1 (keystream) of two messages. They fill the four lanes of one pass.
 *
 *   0..31     key
 *   128..383  keystream
 *   1024..    arena: frames as they are on the wire
 *
 * Keystream is applied 16 bytes at a time and so runs over the end of the text, but never further than
 * the room of its tag. Nothing is checked against the end of memory: the host does.
 */
import { KEYSTREAM, makeKeystream } from './chacha20'
import { authenticate, sameTag } from './poly1305'

/** For tests alone: ciphertexts do not reach the corners of the arithmetic. */
export { authenticate }

const BLOCK: usize = 64
const HEADER_LENGTH: usize = 6
const TAG_LENGTH: usize = 16
const SEALED_HEADER_LENGTH: usize = 22
const MAX_SLICE_LENGTH: usize = 65519

/** Where the lanes of `frameKeystream` are. */
const HEADER_KEY: usize = KEYSTREAM
const HEADER_STREAM: usize = KEYSTREAM + BLOCK
const PAYLOAD_KEY: usize = KEYSTREAM + 2 * BLOCK
const PAYLOAD_STREAM: usize = KEYSTREAM + 3 * BLOCK

/** Where a tag is made to be compared; the key of the header is used up by then. */
const EXPECTED_TAG: usize = KEYSTREAM

@inline
function counterOf(low: u32, high: u32): u64 {
  return <u64>low | ((<u64>high) << 32)
}

/** msg_length of a plaintext header. */
@inline
function payloadLength(header: usize): usize {
  return <usize>(load<u32>(header, 2) >>> 8)
}

/** Blocks 0 and 1 of the messages `counter` and `counter + 1`. */
@inline
function frameKeystream(counter: u64): void {
  const next = counter + 1
  const low = i32x4.splat(<i32>counter)
  const high = i32x4.splat(<i32>(counter >> 32))
  const nextLow = i32x4.splat(<i32>next)
  const nextHigh = i32x4.splat(<i32>(next >> 32))
  makeKeystream(
    i32x4(0, 1, 0, 1),
    v128.shuffle<i64>(low, nextLow, 0, 2),
    v128.shuffle<i64>(high, nextHigh, 0, 2),
  )
}

/** Four blocks from `block` on of the message `counter`. */
@inline
function messageKeystream(block: i32, counter: u64): void {
  makeKeystream(
    i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3)),
    i32x4.splat(<i32>counter),
    i32x4.splat(<i32>(counter >> 32)),
  )
}

@inline
function applyKeystream(at: usize, length: usize, stream: usize): void {
  for (let i: usize = 0; i < length; i += 16) {
    v128.store(at + i, v128.xor(v128.load(at + i), v128.load(stream + i)))
  }
}

/** Applies the keystream of a message from `block` on. */
function applyBlocks(at: usize, length: usize, block: i32, counter: u64): void {
  while (length > 4 * BLOCK) {
    messageKeystream(block, counter)
    applyKeystream(at, 4 * BLOCK, KEYSTREAM)
    at += 4 * BLOCK
    length -= 4 * BLOCK
    block += 4
  }
  messageKeystream(block, counter)
  applyKeystream(at, length, KEYSTREAM)
}

/** After `frameKeystream`: applies what it holds to the payload, then the rest. */
@inline
function applyToPayload(payload: usize, length: usize, counter: u64): void {
  applyKeystream(payload, min<usize>(length, BLOCK), PAYLOAD_STREAM)
  if (length > BLOCK) applyBlocks(payload + BLOCK, length - BLOCK, 2, counter + 1)
}

@inline
function sealFrame(frame: usize, length: usize, counter: u64): void {
  const payload = frame + SEALED_HEADER_LENGTH
  frameKeystream(counter)
  // The plaintext header lies before the payload; here it moves to its place.
  store<u64>(frame, load<u64>(frame, TAG_LENGTH))
  applyKeystream(frame, HEADER_LENGTH, HEADER_STREAM)
  authenticate(HEADER_KEY, frame, HEADER_LENGTH, frame + HEADER_LENGTH)
  if (length === 0) return
  const key0 = v128.load(PAYLOAD_KEY)
  const key1 = v128.load(PAYLOAD_KEY + 16)
  applyToPayload(payload, length, counter)
  v128.store(PAYLOAD_KEY, key0)
  v128.store(PAYLOAD_KEY + 16, key1)
  authenticate(PAYLOAD_KEY, payload, length, payload + length)
}

/**
 * Seals the frames between `start` and `end`, each lying where its wire bytes go but moved on by 16: the
 * header at 16, the payload at 22.
 */
export function sealFrames(start: usize, end: usize, counterLow: u32, counterHigh: u32): void {
  let counter = counterOf(counterLow, counterHigh)
  while (start < end) {
    const length = payloadLength(start + TAG_LENGTH)
    sealFrame(start, length, counter)
    if (length === 0) {
      counter += 1
      start += SEALED_HEADER_LENGTH
    } else {
      counter += 2
      start += SEALED_HEADER_LENGTH + length + TAG_LENGTH
    }
  }
}

/**
 * Opens the sealed header at `frame`, and the payload if it has one slice and ends within `available`
 * bytes.
 * @returns -1 if anything is not authentic, 0 if only the header was opened, 1 if the payload was too
 */
export function openFrame(frame: usize, available: usize, counterLow: u32, counterHigh: u32): i32 {
  const counter = counterOf(counterLow, counterHigh)
  const payload = frame + SEALED_HEADER_LENGTH
  frameKeystream(counter)
  authenticate(HEADER_KEY, frame, HEADER_LENGTH, EXPECTED_TAG)
  if (!sameTag(EXPECTED_TAG, frame + HEADER_LENGTH)) return -1
  applyKeystream(frame, HEADER_LENGTH, HEADER_STREAM)
  const length = payloadLength(frame)
  if (length === 0) return 1
  if (length > MAX_SLICE_LENGTH || SEALED_HEADER_LENGTH + length + TAG_LENGTH > available) return 0
  authenticate(PAYLOAD_KEY, payload, length, EXPECTED_TAG)
  if (!sameTag(EXPECTED_TAG, payload + length)) return -1
  applyToPayload(payload, length, counter)
  return 1
}

/** Seals one AEAD block of 1 to 65 519 bytes; the tag goes behind it. */
export function sealSlice(at: usize, length: usize, counterLow: u32, counterHigh: u32): void {
  const counter = counterOf(counterLow, counterHigh)
  applyBlocks(at, length, 1, counter)
  messageKeystream(0, counter)
  authenticate(KEYSTREAM, at, length, at + length)
}

/** Opens one AEAD block of `length` plaintext bytes and a tag; false if it is not authentic. */
export function openSlice(at: usize, length: usize, counterLow: u32, counterHigh: u32): bool {
  const counter = counterOf(counterLow, counterHigh)
  messageKeystream(0, counter)
  authenticate(KEYSTREAM, at, length, EXPECTED_TAG)
  if (!sameTag(EXPECTED_TAG, at + length)) return false
  applyBlocks(at, length, 1, counter)
  return true
}
