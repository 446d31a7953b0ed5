/**
 * Sealing and opening whole frames against libsodium's WebAssembly build: the streaming layer as the
 * product uses it (`FrameSealer`, `FrameOpener`), not the bare kernel.
 *
 * libsodium does what a straightforward user of it does: one call for the header, one for the payload, and
 * one array for the socket when sealing. 33 bytes are a SubmitSharesExtended, 120 a short job, 1024 a long one.
 */
import sodium from 'libsodium-wrappers'
import { equalBytes, systemEntropy } from '../../../src-main/base/index.ts'
import { encodeFrame, FrameOpener, FrameSealer } from '../../../src-main/sv2/index.ts'
import { type BenchFamily, type PreparedFamily, type ThroughputCandidate } from '../family.ts'

const SEALED_HEADER_LENGTH = 22
/** Frames in one call of a candidate. */
const FRAMES = 1024
/** Frames handed to `sealMany` at once. */
const BATCH_LENGTH = 64
const MAX_PAYLOAD_LENGTH = 65_536
const PAYLOAD_LENGTHS = [33, 120, 1024] as const

const work = { frames: FRAMES }
const key = systemEntropy(32)
const frames = new Map<number, Uint8Array>(PAYLOAD_LENGTHS.map((length) => [length, makeFrame(length)]))

function makeFrame(payloadLength: number): Uint8Array {
  const payload = systemEntropy(payloadLength)
  return encodeFrame({ extensionId: 0, channelMessage: true, messageType: 0x1b, payload })
}

/** The wire bytes of `FRAMES` frames of one session, each in an array of its own. */
function sealSession(frame: Uint8Array): Uint8Array[] {
  const sealer = new FrameSealer(key)
  return Array.from({ length: FRAMES }, () => sealer.seal(frame).slice())
}

function requireDone(name: string, payloadBytes: number, frame: Uint8Array): void {
  const expected = FRAMES * (frame.length - 6)
  if (payloadBytes !== expected) throw new Error(`${name}: ${payloadBytes} bytes instead of ${expected}`)
}

function oursSeal(name: string, frame: Uint8Array): ThroughputCandidate {
  const sealer = new FrameSealer(key)
  return {
    name,
    work,
    run() {
      let bytes = 0
      for (let i = 0; i < FRAMES; i++) bytes += sealer.seal(frame).length - 38
      requireDone(name, bytes, frame)
    },
  }
}

function oursSealMany(name: string, frame: Uint8Array): ThroughputCandidate {
  const sealer = new FrameSealer(key)
  const batch = new Array<Uint8Array>(BATCH_LENGTH).fill(frame)
  return {
    name,
    work,
    run() {
      let bytes = 0
      for (let i = 0; i < FRAMES; i += BATCH_LENGTH)
        bytes += sealer.sealMany(batch).length - BATCH_LENGTH * 38
      requireDone(name, bytes, frame)
    },
  }
}

function oursOpen(name: string, frame: Uint8Array): ThroughputCandidate {
  const wires = sealSession(frame)
  return {
    name,
    work,
    run() {
      const opener = new FrameOpener(key, MAX_PAYLOAD_LENGTH)
      let bytes = 0
      for (const wire of wires) bytes += opener.receive(wire).frames[0]!.payload.length
      requireDone(name, bytes, frame)
    },
  }
}

const nonce = new Uint8Array(12)
const nonceView = new DataView(nonce.buffer)

function sodiumSealBlock(plain: Uint8Array, counter: number): Uint8Array {
  nonceView.setUint32(4, counter, true)
  return sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plain, null, null, nonce, key)
}

function sodiumOpenBlock(sealed: Uint8Array, counter: number): Uint8Array {
  nonceView.setUint32(4, counter, true)
  return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, null, nonce, key)
}

function sodiumSealFrame(frame: Uint8Array, counter: number): Uint8Array {
  const header = sodiumSealBlock(frame.subarray(0, 6), counter)
  const payload = sodiumSealBlock(frame.subarray(6), counter + 1)
  const wire = new Uint8Array(header.length + payload.length)
  wire.set(header)
  wire.set(payload, header.length)
  return wire
}

/** Header and payload. */
function sodiumOpenFrame(wire: Uint8Array, counter: number): [Uint8Array, Uint8Array] {
  return [
    sodiumOpenBlock(wire.subarray(0, SEALED_HEADER_LENGTH), counter),
    sodiumOpenBlock(wire.subarray(SEALED_HEADER_LENGTH), counter + 1),
  ]
}

function sodiumSeal(name: string, frame: Uint8Array): ThroughputCandidate {
  return {
    name,
    work,
    run() {
      let bytes = 0
      for (let i = 0; i < FRAMES; i++) bytes += sodiumSealFrame(frame, 2 * i).length - 38
      requireDone(name, bytes, frame)
    },
  }
}

function sodiumOpen(name: string, frame: Uint8Array): ThroughputCandidate {
  const wires = sealSession(frame)
  return {
    name,
    work,
    run() {
      let bytes = 0
      for (let i = 0; i < FRAMES; i++) bytes += sodiumOpenFrame(wires[i]!, 2 * i)[1].length
      requireDone(name, bytes, frame)
    },
  }
}

/** Both seal the same bytes, and each opens them. */
function checkCorrectness(): void {
  for (const [length, frame] of frames) {
    const sealer = new FrameSealer(key)
    const batch = new FrameSealer(key).sealMany(new Array<Uint8Array>(100).fill(frame))
    const opener = new FrameOpener(key, MAX_PAYLOAD_LENGTH)
    for (let i = 0; i < 100; i++) {
      const wire = sealer.seal(frame)
      const opened = opener.receive(wire).frames[0]
      const [header, payload] = sodiumOpenFrame(wire, 2 * i)
      const agree =
        equalBytes(wire, sodiumSealFrame(frame, 2 * i)) &&
        equalBytes(wire, batch.subarray(i * wire.length, (i + 1) * wire.length)) &&
        opened !== undefined &&
        equalBytes(encodeFrame(opened), frame) &&
        equalBytes(header, frame.subarray(0, 6)) &&
        equalBytes(payload, frame.subarray(6))
      if (!agree) throw new Error(`frame ${i} of ${length} bytes: the candidates disagree`)
    }
  }
}

const gate = { atLeast: 2.5 }
const stretch = 6

const family: BenchFamily = {
  title: 'Sealing and opening frames',
  goals: [
    {
      title: '3 frame seal, 33 B, against libsodium',
      candidate: 'seal 33 B',
      reference: 'libsodium seal 33 B',
      metric: 'frames',
      gate,
      stretch,
    },
    {
      title: '3 frame seal in batches of 64, 33 B, against libsodium',
      candidate: 'seal 33 B in batches',
      reference: 'libsodium seal 33 B',
      metric: 'frames',
      gate,
      stretch,
    },
    {
      title: '3 frame open, 33 B, against libsodium',
      candidate: 'open 33 B',
      reference: 'libsodium open 33 B',
      metric: 'frames',
      gate,
      stretch,
    },
    {
      title: '3 frame seal, 120 B, against libsodium',
      candidate: 'seal 120 B',
      reference: 'libsodium seal 120 B',
      metric: 'frames',
      gate,
      stretch,
    },
    {
      title: '3 frame open, 120 B, against libsodium',
      candidate: 'open 120 B',
      reference: 'libsodium open 120 B',
      metric: 'frames',
      gate,
      stretch,
    },
  ],
  async prepare(): Promise<PreparedFamily> {
    await sodium.ready
    return {
      candidates: [...frames].flatMap(([length, frame]) => [
        oursSeal(`seal ${length} B`, frame),
        oursSealMany(`seal ${length} B in batches`, frame),
        oursOpen(`open ${length} B`, frame),
        sodiumSeal(`libsodium seal ${length} B`, frame),
        sodiumOpen(`libsodium open ${length} B`, frame),
      ]),
      checkCorrectness,
    }
  },
}

export default family
