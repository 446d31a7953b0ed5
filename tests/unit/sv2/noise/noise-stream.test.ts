import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, systemEntropy, toHex } from '../../../../src-main/base/index.ts'
import { encodeFrame, type Frame } from '../../../../src-main/sv2/frame.ts'
import { decodeEllswift } from '../../../../src-main/sv2/noise/ellswift.ts'
import {
  createInitiator,
  createResponder,
  type NoiseOutput,
  type NoiseStream,
} from '../../../../src-main/sv2/noise/noise-stream.ts'
import { createResponderIdentity } from '../../../../src-main/sv2/noise/responder-identity.ts'
import { transcript } from '../../../support/noise-transcript.ts'

const atMs = 1_750_000_000_000
const { authority } = transcript
const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => atMs })

const initiator = (change: Partial<Parameters<typeof createInitiator>[0]> = {}): NoiseStream =>
  createInitiator({ authorityKey: authority.publicKey, entropy: systemEntropy, nowMs: () => atMs, ...change })

const responder = (change: Partial<Parameters<typeof createResponder>[0]> = {}): NoiseStream =>
  createResponder({ identity, entropy: systemEntropy, ...change })

/** A pair of established sessions. */
function connect(): { upper: NoiseStream; lower: NoiseStream } {
  const lower = initiator()
  const upper = responder()
  upper.start()
  const answer = upper.receive(lower.start())
  expect(lower.receive(answer.send).error).toBeNull()
  return { upper, lower }
}

const frame = (payload: Uint8Array, messageType = 0x1b): Frame => ({
  extensionId: 0,
  channelMessage: true,
  messageType,
  payload,
})

const hex = (frames: readonly Frame[]): string[] => frames.map((each) => toHex(encodeFrame(each)))

describe('two sessions', () => {
  it('replay the transcript when they are given its keys', () => {
    const { firstFromInitiator, firstFromResponder, act1, act2, nowMs } = transcript
    const lower = initiator({ nowMs: () => nowMs, ephemeral: transcript.initiatorEphemeral })
    expect(toHex(lower.start())).toBe(toHex(act1))
    expect(lower.established).toBe(false)
    const output = lower.receive(act2)
    expect(toHex(output.established!.hash)).toBe(transcript.hashFinal)
    expect(lower.established).toBe(true)
    expect(toHex(lower.seal([firstFromInitiator.plain]))).toBe(toHex(firstFromInitiator.wire))
    expect(hex(lower.receive(firstFromResponder.wire).frames)).toEqual([toHex(firstFromResponder.plain)])
  })

  it('exchange frames both ways, one or many at a time', () => {
    const { upper, lower } = connect()
    const frames = [frame(new Uint8Array(0)), frame(fromHex('0102')), frame(new Uint8Array(70_000).fill(3))]
    for (const [from, to] of [
      [lower, upper],
      [upper, lower],
    ] as const) {
      expect(to.receive(from.seal(frames.slice(0, 1).map(encodeFrame))).frames).toEqual(frames.slice(0, 1))
      expect(to.receive(from.seal(frames.slice(0, 2).map(encodeFrame))).frames).toEqual(frames.slice(0, 2))
    }
    expect(lower.receive(upper.seal(frames.map(encodeFrame))).frames).toEqual(frames)
    expect(lower.seal([])).toHaveLength(0)
  })

  it('agree on the same outcome, told once', () => {
    const lower = initiator()
    const upper = responder()
    const answer = upper.receive(lower.start())
    const last = lower.receive(answer.send)
    expect(last.established).toEqual(answer.established)
    expect(last.established?.certificate.validFromMs).toBeLessThan(atMs)
    expect(upper.receive(lower.seal([encodeFrame(frame(fromHex('00')))])).established).toBeNull()
  })

  it('come through any cutting of the stream, the acts included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 }), (sizes) => {
        let turn = 0
        const feed = (stream: NoiseStream, bytes: Uint8Array): NoiseOutput[] => {
          const outputs: NoiseOutput[] = []
          for (let start = 0; start < bytes.length;) {
            const end = start + sizes[turn++ % sizes.length]!
            outputs.push(stream.receive(bytes.subarray(start, end)))
            start = end
          }
          return outputs
        }
        const sent = (outputs: NoiseOutput[]): Uint8Array => concatBytes(...outputs.map((each) => each.send))
        const lower = initiator()
        const upper = responder()
        const answers = feed(upper, lower.start())
        const message = frame(new Uint8Array(100).fill(9))
        const frames = feed(lower, concatBytes(sent(answers), upper.seal([encodeFrame(message)])))
        expect(frames.flatMap((each) => each.frames)).toEqual([message])
        expect(frames.filter((each) => each.established !== null)).toHaveLength(1)
      }),
      { numRuns: 8 },
    )
  })
})

describe('an initiator session', () => {
  it('refuses a responder with another authority key, and says to compare keys', () => {
    const lower = initiator({ authorityKey: decodeEllswift(new Uint8Array(64).fill(1)) })
    const output = lower.receive(responder().receive(lower.start()).send)
    expect(output).toMatchObject({ established: null, error: { code: 'noise/authority-key-mismatch' } })
    expect(output.error?.message).toMatch(/Compare the key/)
    expect(lower.established).toBe(false)
  })

  it('accepts any responder when told not to verify', () => {
    const lower = initiator({ authorityKey: null })
    expect(lower.receive(responder().receive(lower.start()).send).established).not.toBeNull()
  })

  it.each([
    [-2 * 86_400_000, 'noise/certificate-not-yet-valid', /Check this machine's clock/],
    [2 * 86_400_000, 'noise/certificate-expired', /set this machine's clock/],
  ])('whose clock is off by %d ms names the clock', (offByMs, code, message) => {
    const lower = initiator({ nowMs: () => atMs + offByMs })
    const { error } = lower.receive(responder().receive(lower.start()).send)
    expect(error?.code).toBe(code)
    expect(error?.message).toMatch(message)
  })

  it('refuses garbage instead of act 2, and stays failed', () => {
    const lower = initiator()
    lower.start()
    const first = lower.receive(systemEntropy(234))
    expect(first).toMatchObject({ frames: [], established: null, error: { code: 'noise/handshake-failed' } })
    expect(first.error?.message).toMatch(/Check that host and port/)
    expect(lower.receive(systemEntropy(10)).error).toBe(first.error)
    expect(lower.seal([encodeFrame(frame(fromHex('00')))])).toHaveLength(0)
    expect(lower.ended()).toBeNull()
  })

  it.each([
    ['{"id":null,"result":null,"error":[20,"Not supported.",null]}\n', 'Stratum V1 (JSON lines)'],
    ['HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'HTTP'],
    ['220 mail.example.org ready for you\r\n', 'plain text'],
    ['\u0015\u0003\u0003\u0000\u0002\u0002\u0032', 'TLS'],
  ])('names the protocol of %j', (text, protocol) => {
    const lower = initiator()
    lower.start()
    const { error } = lower.receive(Uint8Array.from(text, (character) => character.charCodeAt(0)))
    expect(error?.code).toBe('noise/foreign-protocol')
    expect(error?.message).toContain(`speaks ${protocol} here`)
  })

  it('says how far the handshake came when the other side closes', () => {
    const lower = initiator()
    const { send } = responder().receive(lower.start())
    expect(lower.ended()?.message).toMatch(/after 0 of the handshake's 234 bytes/)
    lower.receive(send.subarray(0, 233))
    expect(lower.ended()?.code).toBe('noise/closed-in-handshake')
    expect(lower.ended()?.message).toMatch(/after 233 of the handshake's 234 bytes/)
    lower.receive(send.subarray(233))
    expect(lower.ended()).toBeNull()
  })

  it('does not seal before it knows with whom', () => {
    const lower = initiator()
    lower.start()
    expect(() => lower.seal([encodeFrame(frame(fromHex('00')))])).toThrow(/before the session is established/)
  })
})

describe('a responder session', () => {
  it('finds out garbage by the first frame, and says what belongs here', () => {
    const upper = responder()
    const output = upper.receive(systemEntropy(64))
    expect(output.send).toHaveLength(234)
    const { error } = upper.receive(systemEntropy(60))
    expect(error?.code).toBe('noise/frame-not-authentic')
    expect(error?.message).toMatch(/Stratum V1 has an address of its own/)
  })

  it('names Stratum V1 before a rig has sent 64 bytes', () => {
    const upper = responder()
    const subscribe = '{"id":1,"method":"mining.subscribe","params":[]}\n'
    const { error, send } = upper.receive(new TextEncoder().encode(subscribe))
    expect(error?.context).toEqual({ protocol: 'Stratum V1 (JSON lines)' })
    expect(send).toHaveLength(0)
  })

  it('names TLS, HTTP and text with tabs by their first bytes', () => {
    const hello = fromHex('16030102000100 01fc0303')
    expect(responder().receive(hello).error?.context).toEqual({ protocol: 'TLS' })
    const request = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: rig\r\n\r\n')
    expect(responder().receive(request).error?.context).toEqual({ protocol: 'HTTP' })
  })

  it('refuses bytes that were sent with act 1: nobody can have the keys yet', () => {
    const lower = initiator()
    const output = responder().receive(concatBytes(lower.start(), new Uint8Array(22)))
    expect(output.send).toHaveLength(234)
    expect(output.error?.code).toBe('noise/frame-not-authentic')
  })

  it('refuses a frame longer than it accepts', () => {
    const lower = initiator()
    const upper = responder({ maxPayloadLength: 100 })
    lower.receive(upper.receive(lower.start()).send)
    const output = upper.receive(lower.seal([encodeFrame(frame(new Uint8Array(101)))]))
    expect(output.error?.code).toBe('sv2/frame-too-long')
  })

  it('says when the stream ended inside a frame', () => {
    const { upper, lower } = connect()
    const wire = lower.seal([encodeFrame(frame(new Uint8Array(20)))])
    upper.receive(wire.subarray(0, 30))
    expect(upper.ended()?.code).toBe('noise/closed-inside-frame')
  })

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 6 }), (pieces) => {
        const upper = responder()
        for (const piece of pieces) {
          const { frames } = upper.receive(piece)
          expect(frames).toEqual([])
        }
        upper.ended()
      }),
      { numRuns: 40 },
    )
  })
})
