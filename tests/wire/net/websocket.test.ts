/** WebSockets of both bindings on real sockets: our listener and our client, against each other and against `ws`. */
import { createHash } from 'node:crypto'
import { type Socket } from 'node:net'
import { createServer } from 'node:http'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { HeadframeError, ManualClock } from '../../../src-main/base/index.ts'
import {
  type CloseReason,
  type Connection,
  connectWebSocket,
  type ConnectProgress,
  type ConnectWebSocketOptions,
  createNetLoop,
  createSelfSignedCertificate,
  dial,
  type Listener,
  listenWebSocket,
  type ListenWebSocketOptions,
  type SelfSignedCertificate,
  type Subprotocol,
  type TlsOptions,
} from '../../../src-main/net/index.ts'
import { closeOf, gone, portOf, rawClient, rawServer, receive, testLoop, until } from './harness.ts'

const loop = testLoop()
const cleanups: (() => unknown)[] = []
let certificate: SelfSignedCertificate
let pinning: TlsOptions

beforeAll(async () => {
  certificate = await createSelfSignedCertificate({ hosts: ['127.0.0.1'], nowMs: Date.now() })
  const pinnedSha256 = certificate.fingerprintSha256
  pinning = { trustedCertificates: [], serverName: null, pinnedSha256 }
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Session {
  readonly connection: Connection
  readonly subprotocol: Subprotocol
}

interface Place {
  readonly listener: Listener
  readonly port: number
  readonly next: () => Promise<Session>
}

async function start(options: Partial<ListenWebSocketOptions> = {}): Promise<Place> {
  const accepted: Session[] = []
  const waiting: ((session: Session) => void)[] = []
  const listener = await listenWebSocket(
    { host: '127.0.0.1', port: 0, loop, optionName: '--stratum-ws', tls: certificate, ...options },
    (connection, subprotocol) => {
      const waiter = waiting.shift()
      if (waiter) waiter({ connection, subprotocol })
      else accepted.push({ connection, subprotocol })
    },
  )
  cleanups.push(() => listener.stop('the test is over'))
  const next = (): Promise<Session> =>
    new Promise((done) => {
      const session = accepted.shift()
      if (session) done(session)
      else waiting.push(done)
    })
  return { listener, port: listener.address.port, next }
}

/** A client that nobody here wrote. */
async function client(port: number, subprotocol = 'stratum1-json.v1', options = {}): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${String(port)}/`, [subprotocol], options)
  cleanups.push(() => webSocket.terminate())
  webSocket.on('error', () => {})
  await new Promise((done, fail) => webSocket.once('open', done).once('error', fail))
  return webSocket
}

const closeCode = (webSocket: WebSocket): Promise<number> =>
  new Promise((done) => webSocket.once('close', (code) => done(code)))

/** All text of a connection; resolves when it holds `end`. */
function textUntil(connection: Connection, end: string): Promise<string> {
  let text = ''
  return new Promise((done) =>
    connection.onData((bytes) => {
      text += Buffer.from(bytes).toString('latin1')
      if (text.includes(end)) done(text)
    }),
  )
}

/** The status line and text with which an HTTP request is answered. */
async function request(port: number, fields: Record<string, string | null>, target = '/'): Promise<string> {
  const socket = await rawClient(port)
  const headers: Record<string, string | null> = {
    Host: `127.0.0.1:${String(port)}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Protocol': 'stratum1-json.v1',
    ...fields,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  )
  let answer = ''
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString()))
  socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  await new Promise<void>((done) => {
    socket.once('close', () => done())
    socket.on('data', () => {
      if (!answer.startsWith('HTTP/1.1 101')) return
      socket.destroy()
      done()
    })
  })
  return answer
}

async function failure(
  options: Partial<ConnectWebSocketOptions> & { port: number },
): Promise<HeadframeError> {
  const error: unknown = await connectWebSocket({
    host: '127.0.0.1',
    loop,
    tls: null,
    subprotocol: 'stratum1-json.v1',
    ...options,
  }).then(
    (connection) => connection.destroy('unexpected'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof HeadframeError)) throw new Error('no HeadframeError')
  return error
}

describe('one port for ws and wss', () => {
  it('carries lines of SV1 and bytes of SV2, plain and under TLS, all at once', async () => {
    const { listener, port, next } = await start()
    for (const [transport, subprotocol] of [
      ['ws', 'stratum1-json.v1'],
      ['wss', 'stratum1-json.v1'],
      ['ws', 'sv2-noise.v1'],
      ['wss', 'sv2-noise.v1'],
    ] as const) {
      const place = { host: '127.0.0.1', port, loop, subprotocol }
      const ours = await dial(
        transport === 'ws' ? { ...place, transport } : { ...place, transport, tls: pinning },
      )
      cleanups.push(() => ours.destroy('over'))
      const theirs = await next()
      expect([ours.transport, theirs.connection.transport]).toEqual([transport, transport])
      expect(theirs.subprotocol).toBe(subprotocol)
      expect([ours.remotePort, theirs.connection.remoteAddress]).toEqual([port, '127.0.0.1'])
      const heard = textUntil(theirs.connection, '}\n')
      ours.write('{"id":1}\n')
      expect(await heard).toBe('{"id":1}\n')
      const answered = textUntil(ours, '{"b":2}\n')
      theirs.connection.write('{"a":1}\n')
      theirs.connection.write(Buffer.from('{"b":2}\n'))
      expect(await answered).toBe('{"a":1}\n{"b":2}\n')
      expect([ours.bytesIn, theirs.connection.bytesOut]).toEqual([16, 16])
    }
    expect([listener.connectionCount, listener.halfOpenCount]).toEqual([4, 0])
  })

  it('shows each line to a foreign client as one text message without its end', async () => {
    const { port, next } = await start()
    const rig = await client(port)
    const messages: string[] = []
    rig.on('message', (data: Buffer, isBinary) => messages.push(`${String(isBinary)} ${data.toString()}`))
    const { connection } = await next()
    connection.write('{"a":1}\n{"b"')
    connection.write(':2}\n')
    connection.flush()
    await until(() => messages.length === 2)
    expect(messages).toEqual(['false {"a":1}', 'false {"b":2}'])
    expect(rig.extensions).toBe('')
  })

  it('takes a line with or without an end from a foreign client, and in pieces', async () => {
    const { port, next } = await start()
    const rig = await client(port)
    const { connection } = await next()
    const heard = textUntil(connection, '3}\n')
    rig.send('{"a":1}')
    rig.send('{"a":2}\n')
    rig.send('{"a"', { fin: false })
    rig.send(':3}', { fin: true })
    expect(await heard).toBe('{"a":1}\n{"a":2}\n{"a":3}\n')
  })

  it('keeps what arrives before anyone asks for it', async () => {
    const { port, next } = await start()
    const rig = await client(port)
    rig.send('{"early":1}')
    const { connection } = await next()
    await new Promise((done) => setTimeout(done, 30))
    expect(await textUntil(connection, '\n')).toBe('{"early":1}\n')
  })

  it('holds a peer back while paused', async () => {
    const { port, next } = await start()
    const rig = await client(port)
    const { connection } = await next()
    let heard = ''
    connection.onData((bytes) => (heard += Buffer.from(bytes).toString()))
    connection.pause()
    rig.send('{"a":1}')
    await new Promise((done) => setTimeout(done, 30))
    expect(heard).toBe('')
    connection.resume()
    await until(() => heard === '{"a":1}\n')
  })

  it('gives SV2 the same bytes wherever messages are cut', async () => {
    const { port, next } = await start()
    const rig = await client(port, 'sv2-noise.v1')
    const { connection } = await next()
    const received = createHash('sha256')
    let count = 0
    connection.onData((bytes) => {
      received.update(bytes)
      count += bytes.length
    })
    const sent = createHash('sha256')
    let total = 0
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 5_000 }),
        fc.array(fc.nat(5_000), { maxLength: 6 }),
        fc.boolean(),
        async (bytes, cuts, fragmented) => {
          const borders = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])]
          borders.sort((a, b) => a - b)
          for (let n = 1; n < borders.length; n++) {
            const message = bytes.subarray(borders[n - 1], borders[n])
            rig.send(message, { fin: !fragmented || n === borders.length - 1 })
          }
          sent.update(bytes)
          total += bytes.length
          await until(() => count === total)
          expect(received.copy().digest('hex')).toBe(sent.copy().digest('hex'))
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('a peer that breaks the rules of its subprotocol', () => {
  it.each<[string, Subprotocol, string | Buffer, number]>([
    ['text where binary belongs', 'sv2-noise.v1', '{"id":1}', 1003],
    ['binary where text belongs', 'stratum1-json.v1', Buffer.from('{"id":1}'), 1003],
    ['a batch', 'stratum1-json.v1', '[{"id":1},{"id":2}]', 1002],
    ['no JSON object', 'stratum1-json.v1', 'mining.subscribe', 1002],
    ['a message that is too long', 'stratum1-json.v1', `{"a":"${'x'.repeat(65_600)}"}`, 1009],
    ['a binary message that is too long', 'sv2-noise.v1', Buffer.alloc(65_559), 1009],
  ])('is told so for %s, and nobody else notices', async (_what, subprotocol, message, code) => {
    const { listener, port, next } = await start()
    const neighbour = await client(port)
    const other = await next()
    const rig = await client(port, subprotocol)
    const { connection } = await next()
    const heard: unknown[] = []
    connection.onData((bytes) => heard.push(bytes))
    const [closed, reason] = [closeCode(rig), closeOf(connection)]
    rig.send(message)
    expect(await closed).toBe(code)
    expect((await reason).kind).toBe('bad-message')
    expect(heard).toEqual([])
    const answer = textUntil(other.connection, '\n')
    neighbour.send('{"still":"here"}')
    expect(await answer).toBe('{"still":"here"}\n')
    expect(listener.connectionCount).toBe(1)
  })

  it('may send a message of the full length', async () => {
    const { port, next } = await start()
    const rig = await client(port, 'sv2-noise.v1')
    const { connection } = await next()
    let count = 0
    connection.onData((bytes) => (count += bytes.length))
    rig.send(Buffer.alloc(65_558))
    await until(() => count === 65_558)
  })
})

describe('a peer that should not be here', () => {
  it('is refused as a web page, and let in if its origin is allowed', async () => {
    const { listener, port, next } = await start({ allowedOrigins: ['https://farm.example'] })
    expect(await request(port, { Origin: 'https://evil.example' })).toMatch(/^HTTP\/1.1 403 /)
    expect(await request(port, { Origin: `http://127.0.0.1:${String(port)}` })).toMatch(/^HTTP\/1.1 403 /)
    expect(listener.refusals['upgrade-refused']).toBe(2)
    expect(await request(port, { Origin: 'https://farm.example' })).toMatch(/^HTTP\/1.1 101 /)
    await next()
  })

  it('is refused under a name that is not ours, and let in under one that is', async () => {
    const { port, next } = await start({ allowedHosts: ['headframe.local'] })
    expect(await request(port, { Host: 'evil.example' })).toMatch(/^HTTP\/1.1 421 /)
    expect(await request(port, { Host: null })).toMatch(/^HTTP\/1.1 400 /)
    expect(await request(port, { Host: 'headframe.local:1' })).toMatch(/^HTTP\/1.1 101 /)
    await next()
  })

  it('is told both subprotocols when it asks for none or another', async () => {
    const { port } = await start()
    for (const subprotocol of [null, 'mqtt']) {
      const answer = await request(port, { 'Sec-WebSocket-Protocol': subprotocol })
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(answer).toContain('sv2-noise.v1')
      expect(answer).toContain('stratum1-json.v1')
    }
  })

  it('is refused without the path token', async () => {
    const { port, next } = await start({ pathToken: 'a1b2' })
    expect(await request(port, {}, '/')).toMatch(/^HTTP\/1.1 404 /)
    expect(await request(port, {}, '/a1b2')).toMatch(/^HTTP\/1.1 101 /)
    await next()
  })

  it('is told what the port is for when it asks for a page', async () => {
    const { listener, port } = await start()
    const answer = await request(port, { Connection: 'close', Upgrade: null })
    expect(answer).toMatch(/^HTTP\/1.1 426 /)
    expect(answer).toContain('WebSocket')
    expect(listener.refusals['upgrade-refused']).toBe(1)
  })

  it('is refused when it speaks no HTTP, or headers without end', async () => {
    const { listener, port } = await start()
    const sv1 = await rawClient(port)
    const answered = receive(sv1, '\r\n\r\n')
    sv1.write('{"id":1,"method":"mining.subscribe","params":[]}\n')
    expect(await answered).toMatch(/^HTTP\/1.1 400 /)
    expect(await request(port, { Cookie: 'x'.repeat(20_000) })).toMatch(/^HTTP\/1.1 400 /)
    await until(() => listener.halfOpenCount === 0)
    expect(listener.refusals['upgrade-refused']).toBe(2)
  })

  it('is dropped when its handshake takes too long', async () => {
    const clock = new ManualClock()
    const { listener, port } = await start({ loop: createNetLoop(clock) })
    const slow = await rawClient(port)
    const end = gone(slow)
    slow.write('GET / HTTP/1.1\r\nHost: 127')
    await until(() => listener.halfOpenCount === 1)
    clock.advance(12_500)
    await end
    expect(listener.refusals['half-open-timeout']).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('is refused outside the allowed ranges and beyond the limit of connections, as over TCP', async () => {
    const far = await start({ onlyRanges: ['10.0.0.0/8'] })
    await gone(await rawClient(far.port))
    expect(far.listener.refusals['address-not-allowed']).toBe(1)
    const full = await start({ maxConnectionsPerAddress: 1 })
    await client(full.port)
    await gone(await rawClient(full.port))
    expect(full.listener.refusals['too-many-from-address']).toBe(1)
  })
})

describe('the end of a WebSocket', () => {
  it.each([
    ['normal', 1000],
    ['protocol', 1002],
    ['policy', 1008],
    ['internal', 1011],
  ] as const)('that is %s has code %i and its reason, after the last words', async (cause, code) => {
    const { listener, port, next } = await start()
    const rig = await client(port)
    const { connection } = await next()
    connection.onData(() => {})
    const messages: string[] = []
    rig.on('message', (data: Buffer) => messages.push(data.toString()))
    const closed = new Promise<[number, string]>((done) =>
      rig.once('close', (...[number, reason]) => done([number, reason.toString()])),
    )
    const reason = closeOf(connection)
    connection.write('{"last":"words"}\n')
    connection.close('that is all: ' + 'é'.repeat(100), cause)
    const [number, text] = await closed
    expect([number, text]).toEqual([code, 'that is all: ' + 'é'.repeat(55)])
    expect(messages).toEqual(['{"last":"words"}'])
    expect((await reason).kind).toBe('closed-by-us')
    await until(() => listener.connectionCount === 0)
  })

  it('says what the other side said', async () => {
    const { port, next } = await start()
    const rig = await client(port)
    const { connection } = await next()
    connection.onData(() => {})
    const reason = closeOf(connection)
    rig.close(1008, 'no such pool')
    expect(await reason).toMatchObject({
      kind: 'ended-by-peer',
      text: expect.stringContaining('closed the connection (1008: no such pool)') as unknown,
    })
  })

  it('comes also when the other side is simply gone', async () => {
    const { listener, port, next } = await start()
    const rig = await client(port)
    const { connection } = await next()
    connection.onData(() => {})
    const reason = closeOf(connection)
    rig.terminate()
    expect((await reason).kind).toMatch(/^(?:ended-by-peer|socket-error)$/)
    expect(listener.connectionCount).toBe(0)
  })

  it('comes for all when the listener stops, and frees the port', async () => {
    const { listener, port, next } = await start()
    const rigs = [await client(port), await client(port, 'sv2-noise.v1')]
    const sessions = [await next(), await next()]
    for (const { connection } of sessions) connection.onData(() => {})
    const [codes, reasons] = [rigs.map(closeCode), sessions.map(({ connection }) => closeOf(connection))]
    await listener.stop('going home')
    expect(await Promise.all(codes)).toEqual([1000, 1000])
    const expected: CloseReason = { kind: 'closed-by-us', text: 'going home', error: null }
    expect(await Promise.all(reasons)).toEqual([expected, expected])
    await start({ port })
  })

  it('is forced on a peer that does not answer the close frame', async () => {
    const clock = new ManualClock()
    const { port, next } = await start({ loop: createNetLoop(clock) })
    const rig = await client(port)
    const { connection } = await next()
    connection.onData(() => {})
    rig.pause()
    const reason = closeOf(connection)
    connection.close('over')
    clock.advance(2_000)
    expect((await reason).text).toBe('over')
    expect(clock.pending).toBe(0)
  })

  it('comes to a peer that does not read, instead of buffering for it', async () => {
    const { port, next } = await start({ limits: { maxBufferedBytes: 100_000, idleTimeoutMs: 0 } })
    const rig = await client(port)
    rig.pause()
    const { connection } = await next()
    const reason = closeOf(connection)
    const line = `{"a":"${'x'.repeat(9_990)}"}\n`
    let most = 0
    const pump = (): void => {
      if (!connection.write(line)) return
      most = Math.max(most, connection.bufferedBytes)
      setImmediate(pump)
    }
    pump()
    expect((await reason).kind).toBe('slow-reader')
    expect(most).toBeLessThanOrEqual(100_000)
  })

  it('comes to a peer that says nothing for its idle timeout, pongs or not', async () => {
    const clock = new ManualClock()
    const limits = { maxBufferedBytes: 100_000, idleTimeoutMs: 60_000 }
    const { port, next } = await start({ loop: createNetLoop(clock), limits })
    await client(port)
    const { connection } = await next()
    connection.onData(() => {})
    const reason = closeOf(connection)
    clock.advance(59_000)
    expect(connection.closed).toBe(false)
    clock.advance(11_000)
    expect((await reason).kind).toBe('idle')
  })
})

describe('heartbeat', () => {
  it('pings every 30 s and drops a dead peer at the third ping', async () => {
    const clock = new ManualClock()
    const { port, next } = await start({ loop: createNetLoop(clock) })
    const rig = await client(port, 'stratum1-json.v1', { autoPong: false })
    let pings = 0
    rig.on('ping', () => pings++)
    const { connection } = await next()
    connection.onData(() => {})
    const reason = closeOf(connection)
    clock.advance(30_000)
    await until(() => pings === 1)
    clock.advance(30_000)
    await until(() => pings === 2)
    expect(connection.closed).toBe(false)
    clock.advance(30_000)
    expect(await reason).toMatchObject({ kind: 'no-pong' })
    expect(clock.pending).toBe(0)
  })

  it('lets a peer live that answers, or that speaks without answering', async () => {
    const clock = new ManualClock()
    const { port, next } = await start({ loop: createNetLoop(clock) })
    let pings = 0
    const answering = await client(port)
    const a = await next()
    const silent = await client(port, 'stratum1-json.v1', { autoPong: false })
    const b = await next()
    answering.on('ping', () => pings++)
    a.connection.onData(() => {})
    let lines = 0
    b.connection.onData(() => lines++)
    for (let round = 1; round <= 5; round++) {
      clock.advance(30_000)
      await until(() => pings === round)
      silent.send('{"share":1}')
      await until(() => lines === round)
      // The pong is behind the ping on the same way; a turn or two later it is read.
      await new Promise((done) => setTimeout(done, 20))
    }
    expect([a.connection.closed, b.connection.closed]).toEqual([false, false])
  })

  it('blames no peer that we do not read', async () => {
    const clock = new ManualClock()
    const { port, next } = await start({ loop: createNetLoop(clock) })
    const rig = await client(port)
    const { connection } = await next()
    let heard = ''
    connection.onData((bytes) => (heard += Buffer.from(bytes).toString()))
    connection.pause()
    clock.advance(600_000)
    expect(connection.closed).toBe(false)
    connection.resume()
    rig.send('{"a":1}')
    await until(() => heard === '{"a":1}\n')
  })

  it('finds out that a pool is dead', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false })
    cleanups.push(() => {
      for (const each of server.clients) each.terminate()
      server.close()
    })
    await new Promise((done) => server.once('listening', done))
    const address = server.address() as { port: number }
    let pings = 0
    server.on('connection', (webSocket) => webSocket.on('ping', () => pings++))
    const clock = new ManualClock()
    const connection = await connectWebSocket({
      host: '127.0.0.1',
      port: address.port,
      loop: createNetLoop(clock),
      tls: null,
      subprotocol: 'sv2-noise.v1',
    })
    connection.onData(() => {})
    const reason = closeOf(connection)
    for (const expected of [1, 2]) {
      clock.advance(30_000)
      await until(() => pings === expected)
    }
    clock.advance(30_000)
    expect((await reason).kind).toBe('no-pong')
    expect(clock.pending).toBe(0)
  })
})

describe('connecting to a WebSocket', () => {
  async function httpServer(status: number, body: string): Promise<number> {
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(body)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return portOf(server)
  }

  async function rawPort(onSocket: (socket: Socket) => void): Promise<number> {
    const sockets: Socket[] = []
    const { server, port } = await rawServer((socket) => {
      socket.on('error', () => {})
      sockets.push(socket)
      onSocket(socket)
    })
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return port
  }

  it('asks for the path, tells each step, and leaves no timer behind', async () => {
    const { port, next } = await start({ pathToken: 'farm/7' })
    const clock = new ManualClock()
    const steps: ConnectProgress[] = []
    const connection = await dial({
      transport: 'wss',
      host: '127.0.0.1',
      port,
      path: '/farm/7',
      loop: createNetLoop(clock),
      tls: pinning,
      subprotocol: 'sv2-noise.v1',
      onProgress: (progress) => steps.push(progress),
    })
    await next()
    expect(steps.map(({ step }) => step)).toEqual(['tcp', 'tls', 'upgrade'])
    expect(steps.at(-1)).toEqual({
      step: 'upgrade',
      detail: '/farm/7, sv2-noise.v1',
      subprotocol: 'sv2-noise.v1',
    })
    const closed = closeOf(connection)
    connection.destroy('over')
    await closed
    expect(clock.pending).toBe(0)
  })

  it('says what the server answered instead', async () => {
    const port = await httpServer(503, 'The pool is\nclosed today')
    const error = await failure({ port })
    expect(error.code).toBe('websocket/http-status')
    expect(error.message).toContain('503 Service Unavailable')
    expect(error.message).toContain('"The pool is closed today"')
    expect(error.context).toMatchObject({ statusCode: 503, port })
  })

  it('follows no redirection', async () => {
    const error = await failure({ port: await httpServer(302, '') })
    expect(error).toMatchObject({ code: 'websocket/http-status', context: { statusCode: 302 } })
  })

  it('says that our own listener refused the path', async () => {
    const { port } = await start({ pathToken: 'a1b2' })
    const error = await failure({ port, path: '/x' })
    expect(error.code).toBe('websocket/http-status')
    expect(error.message).toContain('404')
  })

  it('says that the server does not speak the subprotocol', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => false })
    cleanups.push(() => server.close())
    await new Promise((done) => server.once('listening', done))
    const address = server.address() as { port: number }
    const error = await failure({ port: address.port, subprotocol: 'sv2-noise.v1' })
    expect(error.code).toBe('websocket/subprotocol-refused')
    expect(error.message).toContain('sv2-noise.v1')
  })

  it('says that the port speaks no HTTP', async () => {
    const port = await rawPort((socket) => socket.once('data', () => socket.write('{"error":"what?"}\n')))
    expect((await failure({ port })).code).toBe('websocket/not-http')
  })

  it('says that the server broke off', async () => {
    const port = await rawPort((socket) => socket.once('data', () => socket.destroy()))
    expect((await failure({ port })).code).toBe('websocket/broken-off')
  })

  it('says what it says of TCP and TLS', async () => {
    const { listener, port } = await start()
    const tls = { trustedCertificates: [], serverName: null }
    expect((await failure({ port, tls })).code).toBe('tls/not-trusted')
    await listener.stop('gone')
    expect((await failure({ port })).code).toBe('connect/refused')
    const lookup: ConnectWebSocketOptions['lookup'] = (_name, _options, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '', 4)
    expect((await failure({ port, host: 'pool.tset', lookup })).code).toBe('connect/name-not-found')
  })

  it('gives up on an answer that never comes, and says what it waited for', async () => {
    let reached: () => void = () => {}
    const asked = new Promise<void>((done) => (reached = done))
    const port = await rawPort((socket) => socket.once('data', () => reached()))
    const clock = new ManualClock()
    const pending = failure({ port, loop: createNetLoop(clock), timeoutMs: 3_000 })
    await asked
    clock.advance(3_000)
    const error = await pending
    expect(error.code).toBe('connect/timed-out')
    expect(error.message).toContain('within 3 s (the WebSocket handshake)')
    expect(clock.pending).toBe(0)
  })

  it('is given up when its owner says so', async () => {
    const controller = new AbortController()
    const port = await rawPort((socket) => socket.once('data', () => controller.abort()))
    expect((await failure({ port, signal: controller.signal })).code).toBe('connect/aborted')
  })

  it('keeps what the pool says at once, in one piece with its answer', async () => {
    const port = await rawPort((socket) =>
      socket.once('data', (bytes: Buffer) => {
        const key = /^Sec-WebSocket-Key: (.*)\r$/im.exec(bytes.toString())?.[1] ?? ''
        // RFC 6455, 4.2.2.
        const accept = createHash('sha1')
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64')
        const head = [
          'HTTP/1.1 101 Switching Protocols',
          'Upgrade: websocket',
          'Connection: Upgrade',
          'Sec-WebSocket-Protocol: stratum1-json.v1',
          `Sec-WebSocket-Accept: ${accept}`,
        ]
        const message = Buffer.from('{"welcome":1}')
        socket.write(
          Buffer.concat([
            Buffer.from(`${head.join('\r\n')}\r\n\r\n`),
            Buffer.of(0x81, message.length),
            message,
          ]),
        )
      }),
    )
    const connection = await dial({
      transport: 'ws',
      host: '127.0.0.1',
      port,
      loop,
      subprotocol: 'stratum1-json.v1',
    })
    cleanups.push(() => connection.destroy('over'))
    await new Promise((done) => setTimeout(done, 20))
    expect(await textUntil(connection, '\n')).toBe('{"welcome":1}\n')
  })

  it('notices that the pool is gone', async () => {
    const { listener, port, next } = await start()
    const connection = await dial({
      transport: 'ws',
      host: '127.0.0.1',
      port,
      loop,
      subprotocol: 'sv2-noise.v1',
    })
    connection.onData(() => {})
    const { connection: theirs } = await next()
    theirs.onData(() => {})
    const reason = closeOf(connection)
    await listener.stop('the pool restarts')
    expect(await reason).toMatchObject({
      kind: 'ended-by-peer',
      text: expect.stringContaining('(1000: the pool restarts)') as unknown,
    })
  })
})
