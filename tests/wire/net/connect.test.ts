import { type LookupFunction, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { HeadframeError, ManualClock } from '../../../src-main/base/index.ts'
import { connect, type ConnectOptions, createNetLoop, type TlsOptions } from '../../../src-main/net/index.ts'
import { pem, portOf, rawServer, receive, testLoop } from './harness.ts'

const loop = testLoop()
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function failure(options: Partial<ConnectOptions> & { port: number }): Promise<HeadframeError> {
  const error = await connect({ host: '127.0.0.1', loop, tls: null, ...options }).then(
    (connection) => {
      connection.destroy('unexpected')
      return null
    },
    (reason: unknown) => reason,
  )
  if (!(error instanceof HeadframeError)) throw new Error('no HeadframeError')
  return error
}

async function tcpServer(onSocket: (socket: Socket) => void = () => {}): Promise<number> {
  const sockets: Socket[] = []
  const { server, port } = await rawServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return port
}

async function tlsServer(certificate: string): Promise<number> {
  const sockets: Socket[] = []
  const server = createTlsServer({ key: pem('test-key.pem'), cert: pem(certificate) }, (socket) => {
    socket.on('error', () => {})
    socket.write('hello over TLS\n')
    socket.pipe(socket)
  })
  server.on('tlsClientError', () => {})
  server.on('connection', (socket: Socket) => sockets.push(socket))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return portOf(server)
}

/** A port where nothing listens: one that was just given back. */
async function closedPort(): Promise<number> {
  const { server, port } = await rawServer(() => {})
  await new Promise((done) => server.close(done))
  return port
}

const trusting = (certificate: string, serverName: string | null = null): TlsOptions => ({
  trustedCertificates: [pem(certificate)],
  serverName,
})

/** A resolver without a network. */
const resolving =
  (answer: string | { code: string }): LookupFunction =>
  (hostname, options, callback) => {
    if (typeof answer === 'string') {
      if (options.all === true) callback(null, [{ address: answer, family: 4 }])
      else callback(null, answer, 4)
      return
    }
    callback(Object.assign(new Error(`getaddrinfo ${answer.code} ${hostname}`), answer), '', 4)
  }

describe('connecting over TCP', () => {
  it('gives a connection that carries bytes both ways', async () => {
    const port = await tcpServer((socket) => socket.pipe(socket))
    const connection = await connect({ host: '127.0.0.1', port, loop, tls: null })
    cleanups.push(() => connection.destroy('over'))
    expect([connection.remoteAddress, connection.remotePort]).toEqual(['127.0.0.1', port])
    const echo = new Promise<string>((done) =>
      connection.onData((bytes) => done(Buffer.from(bytes).toString())),
    )
    connection.write('echo\n')
    expect(await echo).toBe('echo\n')
  })

  it('finds a host by name', async () => {
    const port = await tcpServer()
    const connection = await connect({
      host: 'pool.test',
      port,
      loop,
      tls: null,
      lookup: resolving('127.0.0.1'),
    })
    expect(connection.remoteAddress).toBe('127.0.0.1')
    connection.destroy('over')
  })

  it('says that nothing listens there', async () => {
    const port = await closedPort()
    const error = await failure({ port })
    expect(error.code).toBe('connect/refused')
    expect(error.message).toContain(`127.0.0.1:${String(port)} refused the connection`)
    expect(error.context).toMatchObject({ host: '127.0.0.1', port, systemCode: 'ECONNREFUSED' })
  })

  it('says that nothing listens there also for a name', async () => {
    const error = await failure({
      host: 'pool.test',
      port: await closedPort(),
      lookup: resolving('127.0.0.1'),
    })
    expect(error.code).toBe('connect/refused')
  })

  it('says that a name is not known', async () => {
    const error = await failure({ host: 'pool.tset', port: 3333, lookup: resolving({ code: 'ENOTFOUND' }) })
    expect(error.code).toBe('connect/name-not-found')
    expect(error.message).toContain('"pool.tset"')
    expect(error.message).toContain('spelling')
  })

  it('says that the name server gave no answer', async () => {
    const error = await failure({ host: 'pool.test', port: 3333, lookup: resolving({ code: 'EAI_AGAIN' }) })
    expect(error.code).toBe('connect/name-server-silent')
  })

  it('gives up on a name server that never answers, and says what it waited for', async () => {
    const clock = new ManualClock()
    const pending = failure({ host: 'pool.test', port: 3333, loop: createNetLoop(clock), lookup: () => {} })
    clock.advance(5_000)
    const error = await pending
    expect(error.code).toBe('connect/timed-out')
    expect(error.message).toContain('pool.test:3333 did not answer within 5 s (looking up the name)')
    expect(clock.pending).toBe(0)
  })

  it('is given up when its owner says so', async () => {
    const controller = new AbortController()
    const pending = failure({ host: 'pool.test', port: 3333, lookup: () => {}, signal: controller.signal })
    controller.abort()
    expect((await pending).code).toBe('connect/aborted')
    expect((await failure({ port: 3333, signal: controller.signal })).code).toBe('connect/aborted')
  })

  it('leaves no timer behind', async () => {
    const clock = new ManualClock()
    const port = await tcpServer()
    const connection = await connect({ host: '127.0.0.1', port, loop: createNetLoop(clock), tls: null })
    const closed = new Promise((done) => connection.onClose(done))
    connection.destroy('over')
    await closed
    expect(clock.pending).toBe(0)
  })
})

describe('connecting over TLS', () => {
  it('gives a connection that carries bytes both ways', async () => {
    const port = await tlsServer('test-certificate.pem')
    const connection = await connect({ host: '127.0.0.1', port, loop, tls: trusting('test-certificate.pem') })
    cleanups.push(() => connection.destroy('over'))
    expect([connection.remoteAddress, connection.remotePort]).toEqual(['127.0.0.1', port])
    let received = ''
    const echo = new Promise<string>((done) =>
      connection.onData((bytes) => {
        received += Buffer.from(bytes).toString()
        if (received.endsWith('echo\n')) done(received)
      }),
    )
    connection.write('echo\n')
    expect(await echo).toBe('hello over TLS\necho\n')
  })

  it('holds the certificate against the name, also behind another address', async () => {
    const port = await tlsServer('test-certificate.pem')
    const byName = { host: 'pool.test', port, loop, lookup: resolving('127.0.0.1') }
    const connection = await connect({ ...byName, tls: trusting('test-certificate.pem') })
    connection.destroy('over')
    const named = await connect({
      host: '127.0.0.1',
      port,
      loop,
      tls: trusting('test-certificate.pem', 'pool.test'),
    })
    named.destroy('over')
  })

  it('refuses a certificate that is made out for another name', async () => {
    const port = await tlsServer('test-certificate.pem')
    const error = await failure({ port, tls: trusting('test-certificate.pem', 'other.test') })
    expect(error.code).toBe('tls/wrong-name')
    expect(error.message).toContain('made out for another name')
  })

  it('refuses a certificate that nobody vouches for, and says how to trust it', async () => {
    const port = await tlsServer('test-certificate.pem')
    const error = await failure({ port, tls: { trustedCertificates: [], serverName: null } })
    expect(error.code).toBe('tls/not-trusted')
    expect(error.message).toContain("add its certificate to the pool's settings")
  })

  it('refuses a certificate that has expired, and thinks of the clock', async () => {
    const port = await tlsServer('expired-certificate.pem')
    const error = await failure({ port, tls: trusting('expired-certificate.pem') })
    expect(error.code).toBe('tls/expired')
    expect(error.message).toContain("Check this machine's clock")
  })

  it('refuses a certificate that is not valid yet, and thinks of the clock', async () => {
    const port = await tlsServer('future-certificate.pem')
    const error = await failure({ port, tls: trusting('future-certificate.pem') })
    expect(error.code).toBe('tls/not-yet-valid')
  })

  it('says that a port does not speak TLS when it answers otherwise', async () => {
    const port = await tcpServer((socket) => socket.write('{"id":null,"method":"client.show_message"}\n'))
    const error = await failure({ port, tls: trusting('test-certificate.pem') })
    expect(error.code).toBe('tls/not-tls')
    expect(error.message).toContain('stratum+tcp://')
  })

  it('says that a port does not speak TLS when it hangs up', async () => {
    const port = await tcpServer((socket) => socket.once('data', () => socket.destroy()))
    expect((await failure({ port, tls: trusting('test-certificate.pem') })).code).toBe('tls/not-tls')
  })

  it('gives up on a handshake that is never answered', async () => {
    const clock = new ManualClock()
    let reached: () => void = () => {}
    const asked = new Promise<void>((done) => (reached = done))
    const port = await tcpServer((socket) => socket.once('data', () => reached()))
    const pending = failure({
      port,
      tls: trusting('test-certificate.pem'),
      loop: createNetLoop(clock),
      timeoutMs: 3_000,
    })
    await asked
    clock.advance(3_000)
    const error = await pending
    expect(error.code).toBe('connect/timed-out')
    expect(error.message).toContain('within 3 s (the TLS handshake)')
  })

  it('closes with its last words', async () => {
    let heard: Promise<string> = Promise.resolve('')
    const server = createTlsServer(
      { key: pem('test-key.pem'), cert: pem('test-certificate.pem') },
      (socket) => (heard = receive(socket, 'bye\n')),
    )
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const connection = await connect({
      host: '127.0.0.1',
      port: portOf(server),
      loop,
      tls: trusting('test-certificate.pem'),
    })
    const closed = new Promise((done) => connection.onClose(done))
    connection.write('bye\n')
    connection.close('over')
    await closed
    expect(await heard).toBe('bye\n')
    await new Promise((done) => server.close(done))
  })
})
