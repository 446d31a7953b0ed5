import { type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import { type Connection, connect, createNetLoop, type NetLoop } from '../../../src-main/net/index.ts'
import { closeOf, gone, rawServer, receive, testLoop } from './harness.ts'

const shared = testLoop()
const cleanups: (() => void)[] = []

/** A connection of ours and the socket at its other end. */
async function pair(
  limits = { maxBufferedBytes: 256 * 1024, idleTimeoutMs: 0 },
  loop: NetLoop = shared,
): Promise<{ ours: Connection; theirs: Socket }> {
  let accept: (socket: Socket) => void = () => {}
  const accepted = new Promise<Socket>((done) => (accept = done))
  const { server, port } = await rawServer((socket) => accept(socket))
  const ours = await connect({ host: '127.0.0.1', port, loop, tls: null, limits })
  const theirs = await accepted
  theirs.on('error', () => {})
  cleanups.push(() => {
    ours.destroy('the test is over')
    theirs.destroy()
    server.close()
  })
  return { ours, theirs }
}

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

describe('connection', () => {
  it('sends everything of one turn in one piece, texts and bytes in order', async () => {
    const { ours, theirs } = await pair()
    const first = new Promise<string>((done) =>
      theirs.once('data', (bytes: Buffer) => done(bytes.toString())),
    )
    ours.write('one\n')
    ours.write(new TextEncoder().encode('two\n'))
    ours.write('three\n')
    ours.write('four\n')
    expect(ours.bytesOut).toBe(0)
    expect(await first).toBe('one\ntwo\nthree\nfour\n')
    expect(ours.bytesOut).toBe(19)
    expect(ours.bufferedBytes).toBe(0)
  })

  it('sends at once when told to', async () => {
    const { ours, theirs } = await pair()
    const heard = receive(theirs, 'now\n')
    ours.write('now\n')
    ours.flush()
    expect(ours.bytesOut).toBe(4)
    await heard
  })

  it('keeps bytes that arrive before anyone asks for them', async () => {
    const { ours, theirs } = await pair()
    theirs.write('early\n')
    await new Promise((done) => setTimeout(done, 20))
    const heard = new Promise<string>((done) => ours.onData((bytes) => done(Buffer.from(bytes).toString())))
    expect(await heard).toBe('early\n')
  })

  it('drops a peer that does not read, instead of buffering for it', async () => {
    const { ours, theirs } = await pair({ maxBufferedBytes: 100_000, idleTimeoutMs: 0 })
    theirs.pause()
    const reason = closeOf(ours)
    const line = 'x'.repeat(9_999) + '\n'
    let most = 0
    // The system's own buffers take several megabytes before ours begin to fill.
    const pump = (): void => {
      if (!ours.write(line)) return
      most = Math.max(most, ours.bufferedBytes)
      setImmediate(pump)
    }
    pump()
    expect((await reason).kind).toBe('slow-reader')
    expect(most).toBeLessThanOrEqual(100_000)
    expect(ours.write('more\n')).toBe(false)
  })

  it('drops a peer for a single write beyond the limit that it does not read', async () => {
    const { ours, theirs } = await pair({ maxBufferedBytes: 1_000, idleTimeoutMs: 0 })
    theirs.pause()
    const reason = closeOf(ours)
    expect(ours.write(new Uint8Array(64 * 1024 * 1024))).toBe(false)
    expect((await reason).kind).toBe('slow-reader')
  })

  it('ends a silent peer after its idle timeout', async () => {
    const clock = new ManualClock()
    const { ours } = await pair({ maxBufferedBytes: 1_000, idleTimeoutMs: 60_000 }, createNetLoop(clock))
    const reason = closeOf(ours)
    clock.advance(59_000)
    expect(ours.closed).toBe(false)
    clock.advance(11_000)
    expect(await reason).toMatchObject({ kind: 'idle', text: expect.stringContaining('60 s') as unknown })
    expect(clock.pending).toBe(0)
  })

  it('lets a peer live that speaks, and takes a new timeout at any time', async () => {
    const clock = new ManualClock()
    const { ours, theirs } = await pair(
      { maxBufferedBytes: 1_000, idleTimeoutMs: 10_000 },
      createNetLoop(clock),
    )
    let heard: () => void = () => {}
    ours.onData(() => heard())
    for (let i = 0; i < 5; i++) {
      const spoken = new Promise<void>((done) => (heard = done))
      theirs.write('x')
      await spoken
      clock.advance(8_000)
    }
    expect(ours.closed).toBe(false)
    ours.idleTimeoutMs = 0
    clock.advance(1_000_000)
    expect(ours.closed).toBe(false)
  })

  it('says that the peer closed', async () => {
    const { ours, theirs } = await pair()
    ours.onData(() => {})
    const reason = closeOf(ours)
    theirs.end()
    expect(await reason).toMatchObject({ kind: 'ended-by-peer', error: null })
    expect(ours.closed).toBe(true)
  })

  it('says that the peer broke off', async () => {
    const { ours, theirs } = await pair()
    ours.onData(() => {})
    const reason = closeOf(ours)
    theirs.resetAndDestroy()
    expect(await reason).toMatchObject({ kind: 'socket-error', error: { code: 'connection/reset' } })
  })

  it('answers a peer that has said its last word but still listens', async () => {
    const { ours, theirs } = await pair()
    ours.onData((bytes) => ours.write(`got ${String(bytes.length)}\n`))
    const answer = receive(theirs, '\n')
    theirs.end('12345')
    expect(await answer).toBe('got 5\n')
  })

  it('sends its last words before it closes, and then hears nothing more', async () => {
    const { ours, theirs } = await pair()
    let heard = 0
    ours.onData(() => heard++)
    const reason = closeOf(ours)
    const lastWords = receive(theirs, 'bye\n')
    ours.write('bye\n')
    ours.close('done here')
    theirs.write('too late\n')
    expect(await lastWords).toBe('bye\n')
    theirs.end()
    expect(await reason).toEqual({ kind: 'closed-by-us', text: 'done here', error: null })
    expect(heard).toBe(0)
    expect(ours.write('more')).toBe(false)
  })

  it('does not wait for ever for a peer that does not read its last words', async () => {
    const clock = new ManualClock()
    const { ours, theirs } = await pair(
      { maxBufferedBytes: 64_000_000, idleTimeoutMs: 0 },
      createNetLoop(clock),
    )
    theirs.pause()
    ours.write(new Uint8Array(32_000_000))
    ours.flush()
    const reason = closeOf(ours)
    ours.close('done here')
    clock.advance(2_000)
    expect((await reason).kind).toBe('closed-by-us')
  })

  it('tells its end once, and also to those who ask later', async () => {
    const { ours, theirs } = await pair()
    const reasons: string[] = []
    ours.onClose((reason) => reasons.push(reason.text))
    ours.destroy('first')
    ours.destroy('second')
    ours.close('third')
    await gone(theirs)
    await new Promise((done) => setImmediate(done))
    expect(reasons).toEqual(['first'])
    expect((await closeOf(ours)).text).toBe('first')
  })

  it('holds a peer back while paused', async () => {
    const { ours, theirs } = await pair()
    let heard = ''
    let hear: () => void = () => {}
    ours.onData((bytes) => {
      heard += Buffer.from(bytes).toString()
      hear()
    })
    const first = new Promise<void>((done) => (hear = done))
    theirs.write('one\n')
    await first
    ours.pause()
    theirs.write('two\n')
    await new Promise((done) => setTimeout(done, 30))
    expect(heard).toBe('one\n')
    const second = new Promise<void>((done) => (hear = done))
    ours.resume()
    await second
    expect(heard).toBe('one\ntwo\n')
  })
})
