/** The link to rigs against real sockets on loopback that behave as badly as rigs do. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { openLink, type OpenLinkOptions, parseReply, type RigLink } from '../../../src-main/fleet/index.ts'
import { createSelfSignedCertificate } from '../../../src-main/net/index.ts'

const open: { close(): void }[] = []

afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

function listening(server: Server | HttpServer): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  open.push({
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** A rig that does `behave` with each connection once its request began to come. */
async function tcpRig(behave: (socket: Socket, request: Buffer) => void): Promise<number> {
  return listening(createTcpServer((socket) => socket.once('data', (request) => behave(socket, request))))
}

async function httpRig(
  behave: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<number> {
  return listening(
    createServer((request, response) => {
      let body = ''
      request.on('data', (piece: Buffer) => (body += piece.toString()))
      request.on('end', () => behave(request, response, body))
    }),
  )
}

function linkTo(port: number, more: Partial<OpenLinkOptions> = {}): RigLink {
  return openLink({
    address: { host: '127.0.0.1', port },
    credentials: null,
    clock: systemClock,
    entropy: systemEntropy,
    ...more,
  })
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const LOGIN = { username: 'root', password: 'secret' }

describe('the cgminer kind of exchange', () => {
  it('sends the request with a newline and ends at the NUL, though the rig keeps the connection open', async () => {
    let asked = ''
    const port = await tcpRig((socket, request) => {
      asked = request.toString()
      socket.write('{"STATUS":[{"STATUS":"S"}]}\0rubbish')
    })
    expect(text(await linkTo(port).rpc('{"command":"version"}'))).toBe('{"STATUS":[{"STATUS":"S"}]}')
    expect(asked).toBe('{"command":"version"}\n')
  })

  it('ends where the rig closes', async () => {
    const port = await tcpRig((socket) => socket.end('Socket connect failed: Connection refused'))
    expect(text(await linkTo(port).rpc('version'))).toBe('Socket connect failed: Connection refused')
  })

  it('ends where the JSON is complete, if there is neither NUL nor close', async () => {
    const port = await tcpRig((socket) => socket.write('{"a":"}\\"","b":[1]}'))
    expect(text(await linkTo(port).rpc('{"command":"x"}'))).toBe('{"a":"}\\"","b":[1]}')
    const newline = await tcpRig((socket) => socket.write('{"a":1}\n'))
    expect(text(await linkTo(newline).rpc('{"command":"x"}'))).toBe('{"a":1}\n')
  })

  it('waits for objects that follow in later pieces', async () => {
    const port = await tcpRig((socket) => {
      socket.write('{"a":1}')
      setTimeout(() => socket.end('{"b":2}'), 20)
    })
    const parsed = parseReply(await linkTo(port).rpc('{"command":"stats"}'))
    expect(parsed).toEqual({ ok: true, value: { value: { a: 1, b: 2 }, repairs: ['concatenated'] } })
  })

  it('puts an answer together whose letters are torn apart', async () => {
    const answer = Buffer.from('{"name":"Bergwerk Glück auf ⛏"}\0')
    const port = await tcpRig((socket) => {
      let at = 0
      const next = (): void => {
        if (at < answer.length) socket.write(answer.subarray(at, ++at), () => setImmediate(next))
      }
      socket.setNoDelay(true)
      next()
    })
    expect(text(await linkTo(port).rpc('{"command":"x"}'))).toBe('{"name":"Bergwerk Glück auf ⛏"}')
  })

  it('calls half an answer and then silence a timeout, and says so', async () => {
    const port = await tcpRig((socket) => socket.write('{"STATUS":[{"STAT'))
    const failure = linkTo(port).rpc('{"command":"summary"}', { timeoutMs: 150 })
    await expect(failure).rejects.toMatchObject({
      code: 'rig/timeout',
      message: expect.stringContaining('fell silent') as string,
      context: { asked: 'rpc summary', received: 17 },
    })
  })

  it('ends a flood at the limit', async () => {
    const piece = Buffer.alloc(1 << 20, 0x61)
    let sent = 0
    const port = await tcpRig((socket) => {
      const flood = (): void => {
        while (sent < 100 && !socket.destroyed) {
          sent++
          if (!socket.write(piece)) return void socket.once('drain', flood)
        }
      }
      flood()
    })
    await expect(linkTo(port).rpc('{"command":"stats"}')).rejects.toMatchObject({ code: 'rig/too-large' })
    expect(sent).toBeLessThan(50)
  })

  it('tells a refused, a silent and a cut connection apart', async () => {
    const gone = createTcpServer()
    const port = await listening(gone)
    await new Promise((resolve) => gone.close(resolve))
    await expect(linkTo(port).rpc('x')).rejects.toMatchObject({ code: 'rig/unreachable' })
    const closing = await tcpRig((socket) => socket.end())
    await expect(linkTo(closing).rpc('x')).rejects.toMatchObject({ code: 'rig/cut-off' })
    const reset = await tcpRig((socket) => {
      socket.write('{"STATUS"')
      setTimeout(() => socket.resetAndDestroy(), 20)
    })
    await expect(linkTo(reset).rpc('x')).rejects.toMatchObject({ code: 'rig/cut-off' })
  })

  it('gives up when it is told to', async () => {
    const port = await tcpRig(() => undefined)
    const abort = new AbortController()
    const failure = linkTo(port, { signal: abort.signal }).rpc('x')
    setTimeout(() => abort.abort(), 20)
    await expect(failure).rejects.toMatchObject({ code: 'rig/given-up' })
    await expect(linkTo(port, { signal: abort.signal }).rpc('x')).rejects.toMatchObject({
      code: 'rig/given-up',
    })
  })

  it('tells whoever keeps raw replies what was asked, without arguments', async () => {
    const seen: unknown[] = []
    const port = await tcpRig((socket) => socket.end('{"ok":1}\0'))
    const link = linkTo(port, {
      onReply: (asked, bytes, atMs) => seen.push([asked, text(bytes), atMs > 1e12]),
    })
    await link.rpc('{"command":"addpool","parameter":"h:1,user,secret"}')
    await link.rpc('setpool|admin,secret')
    expect(seen).toEqual([
      ['rpc addpool', '{"ok":1}', true],
      ['rpc setpool', '{"ok":1}', true],
    ])
  })
})

describe('frames', () => {
  const frame = (body: string): Buffer => {
    const bytes = Buffer.alloc(4 + Buffer.byteLength(body))
    bytes.writeUInt32LE(Buffer.byteLength(body))
    bytes.write(body, 4)
    return bytes
  }

  it('go out and come back with their length, in pieces, over a connection that stays open', async () => {
    let asked: Buffer | null = null
    const answer = frame('{"code":0,"msg":"ok"}')
    const port = await tcpRig((socket, request) => {
      asked = request
      socket.write(answer.subarray(0, 2))
      setTimeout(() => socket.write(answer.subarray(2, 9)), 10)
      setTimeout(() => socket.write(Buffer.concat([answer.subarray(9), Buffer.from('next')])), 20)
    })
    expect(text(await linkTo(port).frame('{"cmd":"get.device.info"}'))).toBe('{"code":0,"msg":"ok"}')
    expect(asked).toEqual(frame('{"cmd":"get.device.info"}'))
  })

  it('are refused when they announce more than the limit, or are none', async () => {
    const huge = await tcpRig((socket) => socket.write(Buffer.from([0xff, 0xff, 0xff, 0x7f, 1])))
    await expect(linkTo(huge).frame('{}')).rejects.toMatchObject({ code: 'rig/too-large' })
    const web = await tcpRig((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await expect(linkTo(web).frame('{}')).rejects.toMatchObject({ code: 'rig/bad-reply' })
    const half = await tcpRig((socket) => socket.end(frame('{"code":0}').subarray(0, 8)))
    await expect(linkTo(half).frame('{}')).rejects.toMatchObject({ code: 'rig/cut-off' })
  })
})

describe('HTTP', () => {
  it('sends JSON, no origin, and takes any status for a reply', async () => {
    let seen: IncomingMessage['headers'] = {}
    const port = await httpRig((request, response, body) => {
      seen = request.headers
      response.writeHead(418, { 'X-Twice': ['a', 'b'], 'content-type': 'text/html' }).end(`<p>${body}</p>`)
    })
    const reply = await linkTo(port).http({
      method: 'PATCH',
      path: '/api/system?x=1',
      json: { frequency: 500 },
    })
    expect(reply.status).toBe(418)
    expect(reply.headers['x-twice']).toBe('a, b')
    expect(text(reply.body)).toBe('<p>{"frequency":500}</p>')
    expect(seen['content-type']).toBe('application/json')
    expect(seen.origin).toBeUndefined()
    expect(seen.connection).toBe('close')
  })

  it('reads servers that bend the protocol', async () => {
    const port = await tcpRig((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nServer: \x01old\r\nX: a\r\n\r\n{"a":1}'),
    )
    expect(text((await linkTo(port).http({ path: '/' })).body)).toBe('{"a":1}')
  })

  it('calls what is no HTTP a bad reply', async () => {
    const port = await tcpRig((socket) => socket.end('{"STATUS":[]}\0'))
    await expect(linkTo(port).http({ path: '/' })).rejects.toMatchObject({ code: 'rig/bad-reply' })
  })

  it('has one limit of time for a trickle, and one of size for a flood', async () => {
    const trickle = await httpRig((_, response) => {
      response.write('{')
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    })
    await expect(linkTo(trickle).http({ path: '/', timeoutMs: 200 })).rejects.toMatchObject({
      code: 'rig/timeout',
    })
    const silent = await tcpRig((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a"'),
    )
    await expect(linkTo(silent).http({ path: '/', timeoutMs: 150 })).rejects.toMatchObject({
      code: 'rig/timeout',
      message: expect.stringContaining('fell silent') as string,
    })
    const flood = await httpRig((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 16, 0x20)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    await expect(linkTo(flood).http({ path: '/' })).rejects.toMatchObject({ code: 'rig/too-large' })
    const announced = await tcpRig((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\nx'),
    )
    await expect(linkTo(announced).http({ path: '/' })).rejects.toMatchObject({ code: 'rig/too-large' })
  })

  it('takes an answer that comes in very many pieces', async () => {
    const port = await tcpRig((socket) => {
      socket.end(
        `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(400_000)}0\r\n\r\n`,
      )
    })
    expect((await linkTo(port).http({ path: '/', timeoutMs: 30_000 })).body).toHaveLength(400_000)
  })

  it('calls a reply that was cut short cut off', async () => {
    const short = await tcpRig((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a"'))
    await expect(linkTo(short).http({ path: '/' })).rejects.toMatchObject({ code: 'rig/cut-off' })
    const none = await tcpRig((socket) => socket.destroy())
    await expect(linkTo(none).http({ path: '/' })).rejects.toMatchObject({ code: 'rig/cut-off' })
  })

  it('unpacks what is packed, within the same limit', async () => {
    const packed: Record<string, [string, Buffer]> = {
      '/gzip': ['gzip', gzipSync('{"a":1}')],
      '/zlib': ['deflate', deflateSync('{"a":1}')],
      '/raw': ['deflate', deflateRawSync('{"a":1}')],
      '/bomb': ['gzip', gzipSync(Buffer.alloc(8 << 20))],
      '/broken': ['gzip', Buffer.from('{"a":1}')],
    }
    const port = await httpRig((request, response) => {
      const [encoding, body] = packed[request.url ?? '']!
      response.writeHead(200, { 'content-encoding': encoding }).end(body)
    })
    for (const path of ['/gzip', '/zlib', '/raw']) {
      expect(text((await linkTo(port).http({ path })).body), path).toBe('{"a":1}')
    }
    await expect(linkTo(port).http({ path: '/bomb' })).rejects.toMatchObject({ code: 'rig/too-large' })
    await expect(linkTo(port).http({ path: '/broken' })).rejects.toMatchObject({ code: 'rig/bad-reply' })
  })

  it('answers a digest challenge once, and never sends refused credentials again', async () => {
    const requests: string[] = []
    const hash = (value: string): string => createHash('md5').update(value).digest('hex')
    const port = await httpRig((request, response) => {
      const { authorization = '' } = request.headers
      requests.push(authorization)
      const part = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(authorization)?.[1] ?? ''
      const wanted = hash(
        `${hash('root:antMiner Configuration:secret')}:n1:${part('nc')}:${part('cnonce')}:auth:${hash('GET:/cgi-bin/summary.cgi?x=1')}`,
      )
      if (part('response') === wanted) response.end('{"ok":true}')
      else {
        response
          .writeHead(401, {
            'www-authenticate':
              'Digest realm="antMiner Configuration", nonce="n1", qop="auth", algorithm=MD5',
          })
          .end()
      }
    })
    const request = { path: '/cgi-bin/summary.cgi?x=1', auth: 'digest' } as const
    const reply = await linkTo(port, { credentials: LOGIN }).http(request)
    expect(text(reply.body)).toBe('{"ok":true}')
    expect(requests.map((header) => header !== '')).toEqual([false, true])

    requests.length = 0
    const wrong = linkTo(port, { credentials: { username: 'root', password: 'wrong' } })
    await expect(wrong.http(request)).rejects.toMatchObject({ code: 'rig/wrong-password' })
    expect(requests.length).toBe(2)

    requests.length = 0
    expect((await linkTo(port).http(request)).status).toBe(401)
    expect(requests).toEqual([''])
  })

  it('answers an accepted challenge again with the next number, until the rig wants new ones', async () => {
    const seen: string[] = []
    let nonce = 1
    let isOnce = false
    const port = await httpRig((request, response) => {
      const { authorization = '' } = request.headers
      const part = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(authorization)?.[1] ?? ''
      seen.push(authorization === '' ? '-' : `n${part('[^c]nonce').slice(1)} ${part('nc')}`)
      if (part('[^c]nonce') === `n${String(nonce)}`) {
        if (isOnce) nonce++
        response.end('{}')
      } else {
        const challenge = `Digest realm="rig", nonce="n${String(nonce)}", qop="auth"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
    })
    const link = linkTo(port, { credentials: LOGIN })
    const ask = (): Promise<unknown> => link.http({ path: '/a', auth: 'digest' })
    for (let n = 0; n < 3; n++) await ask()
    expect(seen).toEqual(['-', 'n1 00000001', 'n1 00000002', 'n1 00000003'])

    seen.length = 0
    isOnce = true
    nonce = 2
    for (let n = 0; n < 3; n++) await ask()
    expect(seen).toEqual(['n1 00000004', 'n2 00000001', '-', 'n3 00000001', '-', 'n4 00000001'])
  })

  it('takes a refusal of the very challenge it had accepted for a changed password, at once', async () => {
    let count = 0
    const port = await httpRig((_request, response) => {
      count++
      if (count === 2) response.end('{}')
      else response.writeHead(401, { 'www-authenticate': 'Digest realm="rig", nonce="n", qop="auth"' }).end()
    })
    const link = linkTo(port, { credentials: LOGIN })
    await link.http({ path: '/a', auth: 'digest' })
    await expect(link.http({ path: '/a', auth: 'digest' })).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
    expect(count).toBe(3)
  })

  it('never sends refused Basic credentials again either', async () => {
    let count = 0
    const port = await httpRig((request, response) => {
      count++
      const good = request.headers.authorization === `Basic ${Buffer.from('root:secret').toString('base64')}`
      response.writeHead(good ? 200 : 401, { 'www-authenticate': 'Basic realm="x"' }).end()
    })
    const request = { path: '/', auth: 'basic' } as const
    expect((await linkTo(port, { credentials: LOGIN }).http(request)).status).toBe(200)
    const wrong = linkTo(port, { credentials: { username: 'root', password: 'wrong' } })
    await expect(wrong.http(request)).rejects.toMatchObject({ code: 'rig/wrong-password' })
    expect(count).toBe(2)
    expect((await linkTo(port, { credentials: LOGIN }).http({ path: '/' })).status).toBe(401)
  })

  it('follows a redirect to https of the same host, whoever signed its certificate, and no other', async () => {
    const { certificatePem, privateKeyPem } = await createSelfSignedCertificate({
      hosts: ['some-rig'],
      nowMs: systemClock.nowMs(),
    })
    const paths: string[] = []
    const secure = await listening(
      createTlsServer({ cert: certificatePem, key: privateKeyPem }, (request, response) => {
        paths.push(`${request.method ?? ''} ${request.url ?? ''}`)
        response.writeHead(302, { location: `https://127.0.0.1:${String(secure)}/again` }).end('{"tls":true}')
      }),
    )
    const plain = await httpRig((request, response) => {
      const elsewhere: Record<string, string> = {
        '/other-host': `https://localhost:${String(secure)}/x`,
        '/plain': '/relative',
      }
      const location = elsewhere[request.url ?? ''] ?? `https://127.0.0.1:${String(secure)}/`
      response.writeHead(307, { location }).end('moved')
    })
    // Two services of one host: the address has no port, the requests name theirs.
    const link = openLink({
      address: { host: '127.0.0.1', port: null },
      credentials: null,
      clock: systemClock,
      entropy: systemEntropy,
    })
    const reply = await link.http({ path: '/cgi-bin/luci', port: plain })
    expect([reply.status, text(reply.body)]).toEqual([302, '{"tls":true}'])
    expect(paths).toEqual(['GET /cgi-bin/luci'])
    expect((await link.http({ path: '/other-host', port: plain })).status).toBe(307)
    expect((await link.http({ path: '/plain', port: plain })).status).toBe(307)
  })

  it('gives the label without query to whoever keeps replies', async () => {
    const port = await httpRig((_, response) => response.end('{}'))
    const seen: string[] = []
    await linkTo(port, { onReply: (asked) => seen.push(asked) }).http({
      method: 'POST',
      path: '/token?key=secret',
    })
    expect(seen).toEqual(['POST /token'])
  })
})
