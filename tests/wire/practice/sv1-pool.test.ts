/** The practice pool's Stratum V1 side on real sockets, plain and TLS. */
import { connect as connectSocket, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { HeadframeError, ManualClock, systemClock, toHex } from '../../../src-main/base/index.ts'
import {
  asBlockHash,
  BIP320_MASK,
  type Job,
  type JobId,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'
import { connect, type Connection, createNetLoop } from '../../../src-main/net/index.ts'
import {
  applyPoolLine,
  decodeLine,
  LineFramer,
  MAX_LINE_BYTES,
  startSv1Client,
  submitShare,
  type Sv1ClientEvent,
  type Sv1ClientState,
  type Sv1ClientStep,
  type Sv1Job,
} from '../../../src-main/sv1/index.ts'
import { findShare } from '../../support/practice-mining.ts'
import { pem } from '../net/harness.ts'
import { type PoolBench, startSv1Pool, until } from './harness.ts'

const TLS = { privateKeyPem: pem('test-key.pem'), certificatePem: pem('test-certificate.pem') }

let bench: PoolBench
const closing: (() => void)[] = []

async function start(options: Parameters<typeof startSv1Pool>[0] = {}): Promise<void> {
  bench = await startSv1Pool(options)
}

afterEach(async () => {
  for (const close of closing.splice(0)) close()
  await bench.stop()
  expect(bench.server.connectionCount).toBe(0)
  expect(bench.pool.accountCount).toBe(0)
})

class Sv1Miner {
  readonly events: Sv1ClientEvent[] = []
  readonly connection: Connection
  #state: Sv1ClientState
  #nonce = 0

  private constructor(connection: Connection, versionRollingMask: number) {
    this.connection = connection
    const framer = new LineFramer(MAX_LINE_BYTES)
    connection.onData((chunk) => {
      framer.push(chunk, (bytes, from, to) => {
        const line = decodeLine(bytes, from, to)
        if (line.ok) this.#apply(applyPoolLine(this.#state, line.value))
      })
    })
    const first = startSv1Client({
      host: '127.0.0.1',
      userAgent: 'wire test',
      user: 'practice.wire',
      password: 'x',
      versionRollingMask,
      minBitCount: 2,
      subscribeExtranonce: false,
      suggestDifficulty: null,
      resumeSession: null,
    })
    this.#state = first.state
    this.#apply(first)
  }

  static async connect(options: { mask?: number; certificate?: string } = {}): Promise<Sv1Miner> {
    const { mask = BIP320_MASK, certificate } = options
    const connection = await connect({
      host: '127.0.0.1',
      port: bench.server.address.port,
      loop: createNetLoop(systemClock),
      tls: certificate === undefined ? null : { trustedCertificates: [certificate], serverName: null },
    })
    closing.push(() => connection.destroy('the test is over'))
    const miner = new Sv1Miner(connection, mask)
    await until('a job', () => miner.jobs.length > 0)
    return miner
  }

  get jobs(): Sv1Job[] {
    return this.events.flatMap((event) => (event.kind === 'job' ? [event.job] : []))
  }

  /** Answers to shares, in order. */
  get verdicts(): (number | true)[] {
    return this.events.flatMap((event) =>
      event.kind === 'share-reply' ? [event.verdict.yes || event.verdict.error.code] : [],
    )
  }

  /** Finds a share of the latest job with some version bits rolled, and submits it. */
  submit(versionBits = 0): void {
    const job = this.jobs.at(-1)!
    const { notify, difficulty, extranonce1, extranonce2Size } = job
    const shape: Job = {
      id: 1 as JobId,
      upstreamJobId: notify.jobId,
      tip: { prevHash: asBlockHash(notify.prevHash), nBits: notify.nBits, minNtime: notify.ntime },
      version: notify.version,
      versionRollingMask: job.versionMask,
      ntime: notify.ntime,
      coinbasePrefix: notify.coinb1,
      coinbaseSuffix: notify.coinb2,
      merklePath: notify.merkleBranches,
      extranonce: { prefix: extranonce1, rollableSize: extranonce2Size },
      target: targetOfDifficulty(difficulty),
      cleanJobs: false,
      receivedAtMs: 0,
    }
    const found = findShare(shape, { fromNonce: this.#nonce, version: notify.version | versionBits })
    this.#nonce = found.nonce + 1
    const { state, line } = submitShare(this.#state, {
      user: 'practice.wire',
      jobId: notify.jobId,
      extranonce2Hex: toHex(found.rollable),
      ntime: found.ntime,
      nonce: found.nonce,
      versionBits,
    })
    this.#state = state
    this.connection.write(line)
  }

  #apply({ state, send, events }: Sv1ClientStep): void {
    this.#state = state
    for (const line of send) this.connection.write(line)
    this.events.push(...events)
  }
}

/** A socket that says what it is told; everything it hears until it is closed. */
function say(bytes: Uint8Array | string): Promise<string> {
  const socket: Socket = connectSocket(bench.server.address.port, '127.0.0.1')
  closing.push(() => socket.destroy())
  socket.on('error', () => {})
  let heard = ''
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  socket.write(bytes)
  return new Promise((resolve) => socket.once('close', () => resolve(heard)))
}

describe('the Stratum V1 side', () => {
  it.each([4, 8])('with %i bytes of extranonce2 is mined on, bits rolled or not', async (size) => {
    await start({ extranonce2Size: size })
    const one = await Sv1Miner.connect()
    expect(one.jobs[0]).toMatchObject({ extranonce2Size: size, versionMask: BIP320_MASK, difficulty: 1e-6 })
    for (const bits of [0, 0x2000, 0x1fffe000]) one.submit(bits)
    await until('answers', () => one.verdicts.length === 3)
    expect(one.verdicts).toEqual([true, true, true])
    expect(bench.pool.totals).toMatchObject({ submitted: 3, accepted: 3 })
  })

  it('is mined on without version rolling', async () => {
    await start()
    const one = await Sv1Miner.connect({ mask: 0 })
    expect(one.jobs[0]!.versionMask).toBe(0)
    one.submit()
    await until('an answer', () => one.verdicts.length === 1)
    expect(one.verdicts).toEqual([true])
  })

  it('is mined on over TLS, by whoever trusts its certificate', async () => {
    await start({ tls: TLS })
    const one = await Sv1Miner.connect({ certificate: pem('test-certificate.pem') })
    one.submit()
    await until('an answer', () => one.verdicts.length === 1)
    expect(one.verdicts).toEqual([true])
    expect(bench.server.connectionCount).toBe(1)
    const stranger = Sv1Miner.connect({ certificate: pem('expired-certificate.pem') })
    await expect(stranger).rejects.toThrow(HeadframeError)
    // The same port serves those who do without.
    const plain = await Sv1Miner.connect()
    plain.submit()
    await until('an answer without TLS', () => plain.verdicts.length === 1)
    expect(plain.verdicts).toEqual([true])
    one.submit()
    await until('an answer', () => one.verdicts.length === 2)
  })

  it('moves everybody to the next block when one is found, and calls late shares stale', async () => {
    await start({ networkDifficulty: 1e-6 })
    const [one, other] = [await Sv1Miner.connect(), await Sv1Miner.connect()]
    one.submit()
    await until('the next job', () => one.jobs.length === 2 && other.jobs.length === 2)
    expect(one.jobs[1]!.notify.cleanJobs).toBe(true)
    expect(one.jobs[1]!.notify.prevHash).toEqual(other.jobs[1]!.notify.prevHash)
    expect(bench.chain.height).toBe(1_001)
    expect(one.jobs[0]!.extranonce1).not.toEqual(other.jobs[0]!.extranonce1)
  })

  it.each([
    ['another protocol', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', /not JSON/],
    ['broken JSON', '{"id":1,"method":\n', /not JSON/],
    ['several requests in a list', '[{"id":1,"method":"mining.ping"}]\n', /one message a line/],
    ['bytes that are no text', Uint8Array.of(0xc3, 0x28, 0x0a), /UTF-8/],
    ['a line without end', 'x'.repeat(70_000), /longer than/],
  ])('answers %s with what is wrong, hangs up, and serves the others', async (_what, bytes, problem) => {
    await start()
    const one = await Sv1Miner.connect()
    expect(await say(bytes)).toMatch(problem)
    one.submit()
    await until('an answer', () => one.verdicts.length === 1)
  })

  it('gives up on who never greets', async () => {
    const clock = new ManualClock(Date.now())
    await start({ clock })
    const heard = say('{"id":1,"method":"mining.subscribe","params":[]}\n')
    await until('the connection', () => bench.server.connectionCount === 1)
    clock.advance(60_000)
    await heard
  })

  it('refuses connections beyond its limit', async () => {
    await start({ maxConnections: 1 })
    await Sv1Miner.connect()
    expect(await say('')).toBe('')
  })

  it.each([
    ['plain', {}],
    ['TLS', { tls: TLS }],
  ])('stops with all its %s connections, and can start again on the same port', async (_kind, options) => {
    await start(options)
    const certificate = 'tls' in options ? { certificate: pem('test-certificate.pem') } : {}
    const one = await Sv1Miner.connect(certificate)
    const ended = new Promise((resolve) => one.connection.onClose(resolve))
    const { address } = bench.server
    await bench.stop()
    await bench.stop()
    await ended
    expect([bench.server.connectionCount, bench.pool.accountCount]).toEqual([0, 0])
    await start({ ...options, listenAt: address })
    await Sv1Miner.connect(certificate)
  })
})
