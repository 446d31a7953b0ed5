/** Plain and TLS on one port, and peers that never show which they are. */
import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { HeadframeError, ManualClock } from '../../../src-main/base/index.ts'
import {
  connect,
  type Connection,
  type ConnectProgress,
  createNetLoop,
  createSelfSignedCertificate,
  listen,
  type Listener,
  type ListenOptions,
  type SelfSignedCertificate,
} from '../../../src-main/net/index.ts'
import {
  closeOf,
  gone,
  pem,
  rawClient,
  rawServer,
  receive,
  speakingClient,
  testLoop,
  until,
} from './harness.ts'

const loop = testLoop()
const cleanups: (() => unknown)[] = []
let certificate: SelfSignedCertificate
let other: SelfSignedCertificate

beforeAll(async () => {
  const options = { hosts: ['127.0.0.1', 'headframe.test'], nowMs: Date.now() }
  certificate = await createSelfSignedCertificate(options)
  other = await createSelfSignedCertificate(options)
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Answers every line with the transport it came by. */
async function start(options: Partial<ListenOptions> = {}): Promise<{ listener: Listener; port: number }> {
  const onConnection = (connection: Connection): void =>
    connection.onData((bytes) => {
      connection.write(`${connection.transport} ${Buffer.from(bytes).toString()}`)
    })
  const listener = await listen(
    { host: '127.0.0.1', port: 0, loop, optionName: '--stratum', tls: certificate, ...options },
    onConnection,
  )
  cleanups.push(() => listener.stop('the test is over'))
  return { listener, port: listener.address.port }
}

async function tlsClient(port: number, options: object = {}): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: certificate.certificatePem, ...options })
  cleanups.push(() => socket.destroy())
  await new Promise((done, fail) => socket.once('secureConnect', done).once('error', fail))
  return socket
}

/** A way to `port` on which the first byte goes alone. @returns the port to connect to */
async function cuttingRelay(port: number): Promise<number> {
  const relay = await rawServer((incoming) => {
    const outgoing = connectSocket({ host: '127.0.0.1', port })
    incoming.on('error', () => outgoing.destroy()).on('close', () => outgoing.destroy())
    outgoing.on('error', () => incoming.destroy())
    outgoing.pipe(incoming)
    incoming.once('data', (bytes: Buffer) => {
      incoming.pause()
      outgoing.write(bytes.subarray(0, 1))
      setTimeout(() => {
        outgoing.write(bytes.subarray(1))
        incoming.pipe(outgoing)
      }, 20)
    })
  })
  cleanups.push(() => relay.server.close())
  return relay.port
}

function ask(socket: Socket, text: string): Promise<string> {
  const answer = receive(socket, '\n')
  socket.write(text)
  return answer
}

async function failure(attempt: Promise<Connection>): Promise<HeadframeError> {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof HeadframeError)) throw new Error('no HeadframeError')
  return error
}

describe('a port for plain connections and TLS', () => {
  it('serves rigs of both kinds at once', async () => {
    const { listener, port } = await start()
    const plain = await rawClient(port)
    const secured = await tlsClient(port)
    expect(await ask(secured, 'two\n')).toBe('tls two\n')
    expect(await ask(plain, 'one\n')).toBe('tcp one\n')
    expect(await ask(plain, 'again\n')).toBe('tcp again\n')
    expect([listener.connectionCount, listener.acceptedTotal, listener.halfOpenCount]).toEqual([2, 2, 0])
    const ends = [gone(plain), gone(secured)]
    plain.destroy()
    secured.destroy()
    await Promise.all(ends)
    await until(() => listener.connectionCount === 0)
  })

  it('loses no byte of a first message that comes in pieces, plain or under TLS', async () => {
    const { port } = await start()
    const plain = await rawClient(port)
    plain.write('{')
    await new Promise((done) => setTimeout(done, 20))
    const answer = receive(plain, '}\n')
    plain.write('"id":1}\n')
    expect((await answer).replaceAll('tcp ', '')).toBe('{"id":1}\n')
    const front = await tlsClient(await cuttingRelay(port))
    expect(await ask(front, 'cut\n')).toBe('tls cut\n')
  })

  it('keeps connections of 0x16 that are no TLS to themselves', async () => {
    const { listener, port } = await start()
    const neighbour = await rawClient(port)
    expect(await ask(neighbour, 'one\n')).toBe('tcp one\n')
    const noise = await rawClient(port)
    const end = gone(noise)
    noise.write(Buffer.concat([Buffer.of(0x16, 3, 1), Buffer.alloc(100, 0xff)]))
    await end
    await until(() => listener.refusals['tls-handshake-failed'] === 1)
    expect(await ask(neighbour, 'two\n')).toBe('tcp two\n')
    expect([listener.connectionCount, listener.halfOpenCount]).toEqual([1, 0])
  })

  it('takes bytes that only begin like TLS for what they are', async () => {
    const { port } = await start()
    const socket = await rawClient(port)
    expect(await ask(socket, '\x16no TLS\n')).toBe('tcp \x16no TLS\n')
  })

  it('speaks TLS 1.2 and nothing older', async () => {
    const { port } = await start()
    const socket = await tlsClient(port, { maxVersion: 'TLSv1.2' })
    expect(await ask(socket, 'x\n')).toBe('tls x\n')
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(tlsClient(port, old)).rejects.toThrow()
  })

  it('gives up on a handshake that is not ended in time', async () => {
    const clock = new ManualClock()
    const { listener, port } = await start({ loop: createNetLoop(clock) })
    const socket = await rawClient(port)
    const end = gone(socket)
    socket.write(Buffer.of(0x16))
    await until(() => listener.halfOpenCount === 1)
    await new Promise((done) => setTimeout(done, 20))
    clock.advance(12_500)
    await end
    expect(listener.refusals).toMatchObject({ 'half-open-timeout': 1, 'tls-handshake-failed': 0 })
  })

  it('is plain alone without a certificate', async () => {
    const { port } = await start({ tls: null })
    await expect(tlsClient(port)).rejects.toThrow()
  })

  it('refuses to start with a key of another certificate, saying what to give', async () => {
    const mixed = { certificatePem: certificate.certificatePem, privateKeyPem: other.privateKeyPem }
    await expect(start({ tls: mixed })).rejects.toMatchObject({ code: 'listen/bad-certificate' })
  })

  it('closes with a reason on both kinds when it stops', async () => {
    const reasons: Promise<unknown>[] = []
    const listener = await listen(
      { host: '127.0.0.1', port: 0, loop, optionName: '--stratum', tls: certificate },
      (connection) => reasons.push(closeOf(connection)),
    )
    const sockets = [await speakingClient(listener.address.port), await tlsClient(listener.address.port)]
    sockets[1]?.write('x')
    const silent = await rawClient(listener.address.port)
    await until(() => reasons.length === 2 && listener.halfOpenCount === 1)
    const ends = [...sockets, silent].map(gone)
    await listener.stop('going home')
    await Promise.all(ends)
    const expected = { kind: 'closed-by-us', text: 'going home', error: null }
    expect(await Promise.all(reasons)).toEqual([expected, expected])
  })
})

describe('a client that pins the certificate', () => {
  const trusting = (pinnedSha256: string) => ({ trustedCertificates: [], serverName: null, pinnedSha256 })

  it('connects to the one it pinned, however the fingerprint is written', async () => {
    const { port } = await start()
    for (const pin of [
      certificate.fingerprintSha256,
      certificate.fingerprintSha256.replaceAll(':', '').toLowerCase(),
    ]) {
      const connection = await connect({ host: '127.0.0.1', port, loop, tls: trusting(pin) })
      expect(connection.transport).toBe('tls')
      const answer = new Promise<string>((done) =>
        connection.onData((bytes) => done(Buffer.from(bytes).toString())),
      )
      connection.write('hello\n')
      expect(await answer).toBe('tls hello\n')
      connection.destroy('over')
    }
  })

  it('does not connect to another, and says which it found', async () => {
    const { listener, port } = await start()
    const tls = trusting(other.fingerprintSha256)
    const error = await failure(connect({ host: '127.0.0.1', port, loop, tls }))
    expect(error.code).toBe('tls/wrong-fingerprint')
    expect(error.message).toContain(certificate.fingerprintSha256)
    await until(() => listener.connectionCount + listener.halfOpenCount === 0)
  })

  it('is told when what it pinned is no fingerprint', async () => {
    const error = await failure(connect({ host: '127.0.0.1', port: 1, loop, tls: trusting('AB:CD') }))
    expect(error.code).toBe('tls/bad-fingerprint')
  })

  it('connects also by adding the certificate to what it trusts, under its names', async () => {
    const { port } = await start()
    const tls = { trustedCertificates: [certificate.certificatePem], serverName: 'headframe.test' }
    const connection = await connect({ host: '127.0.0.1', port, loop, tls })
    connection.destroy('over')
  })
})

describe('progress of a connection', () => {
  it('tells the addresses of the name, the one that answered and whose certificate it showed', async () => {
    const { port } = await start({
      tls: { certificatePem: pem('test-certificate.pem'), privateKeyPem: pem('test-key.pem') },
    })
    const steps: ConnectProgress[] = []
    const connection = await connect({
      host: 'pool.test',
      port,
      loop,
      tls: { trustedCertificates: [pem('test-certificate.pem')], serverName: null },
      lookup: (_name, _options, callback) =>
        callback(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ]),
      onProgress: (progress) => steps.push(progress),
    })
    connection.destroy('over')
    expect(steps).toEqual([
      { step: 'dns', detail: '127.0.0.1, 127.0.0.2', addresses: ['127.0.0.1', '127.0.0.2'] },
      { step: 'tcp', detail: `127.0.0.1 port ${String(port)}`, address: '127.0.0.1', port },
      {
        step: 'tls',
        detail: 'TLSv1.3, certificate of pool.test by pool.test, valid until 2119-12-31',
        version: 'TLSv1.3',
        subject: 'pool.test',
        issuer: 'pool.test',
        notAfterMs: expect.any(Number) as unknown,
        fingerprintSha256: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/) as unknown,
      },
    ])
  })

  it('tells no step that was not reached', async () => {
    const { listener, port } = await start()
    await listener.stop('gone')
    const steps: string[] = []
    await failure(
      connect({
        host: 'pool.test',
        port,
        loop,
        tls: null,
        lookup: (_name, options, callback) =>
          options.all === true
            ? callback(null, [{ address: '127.0.0.1', family: 4 }])
            : callback(null, '127.0.0.1', 4),
        onProgress: ({ step }) => steps.push(step),
      }),
    )
    expect(steps).toEqual(['dns'])
  })
})
