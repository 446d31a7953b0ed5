import { createServer as createTlsServer, type Server } from 'node:https'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type HeadframeError, systemClock } from '../../../../src-main/base/index.ts'
import { OutsideClient, type OutsideCall } from '../../../../src-main/earnings/outside/http.ts'
import { OutgoingRegister } from '../../../../src-main/earnings/outside/register.ts'
import { type ProxyConfig } from '../../../../src-main/earnings/outside/way-out.ts'
import { startHttpProxy, startSocksProxy, type StandInProxy } from '../../../support/outside/proxies.ts'
import { closedPort, json, listening, StandIn, TcpStandIn } from '../../../support/outside/stand-in.ts'

const started: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})

async function standIn(): Promise<StandIn> {
  const server = await StandIn.start()
  started.push(server)
  return server
}

function keep<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one)
  return one
}

/** A client with one chosen entry `test` for `host`. */
function clientFor(host: string, proxy: ProxyConfig | null = null): OutsideClient {
  const register = new OutgoingRegister(systemClock)
  register.declare({ id: 'test', host, purpose: 'a test', learns: 'nothing', everyMs: null })
  register.choose('test', true)
  return new OutsideClient({ register, clock: systemClock, proxy })
}

async function failureOf(promise: Promise<unknown>): Promise<HeadframeError> {
  try {
    await promise
  } catch (error) {
    return error as HeadframeError
  }
  throw new Error('did not fail')
}

const height = (client: OutsideClient, url: string, more: Partial<OutsideCall> = {}): Promise<number> =>
  client.json({ entry: 'test', url, ...more }, (answer) => answer.get('height').count())

describe('asking outside', () => {
  it('gives what the parser makes of the answer and notes it in the register', async () => {
    const server = (await standIn()).on('/tip', json({ height: 900_000 }))
    const client = clientFor(server.host)
    expect(await height(client, `${server.origin}/tip?x=1`)).toBe(900_000)
    expect(server.asked[0]?.headers['user-agent']).toBe('Headframe')
    const [entry] = client.register.entries()
    expect(entry).toMatchObject({ count: 1, lastOutcome: { kind: 'answered' } })
    expect(Math.abs(Date.now() - (entry?.lastAtMs ?? 0))).toBeLessThan(60_000)
  })

  it('sends a body by POST with the headers of the call', async () => {
    const server = (await standIn()).on('/', json({ height: 1 }))
    const client = clientFor(server.host)
    await height(client, server.origin, { body: '{"a":"ä"}', headers: { authorization: 'Basic x' } })
    expect(server.asked[0]).toMatchObject({ method: 'POST', body: '{"a":"ä"}' })
    expect(server.asked[0]?.headers.authorization).toBe('Basic x')
  })

  it('sends nothing under an entry that is not chosen, is not known, or says another host', async () => {
    const server = (await standIn()).on('/', json({ height: 1 }))
    const client = clientFor(server.host)
    client.register.declare({ id: 'other', host: server.host, purpose: '', learns: '', everyMs: null })
    client.register.declare({ id: 'elsewhere', host: 'example.org', purpose: '', learns: '', everyMs: null })
    client.register.choose('elsewhere', true)
    for (const entry of ['other', 'unknown', 'elsewhere']) {
      expect(await failureOf(height(client, server.origin, { entry }))).toMatchObject({
        code: 'outside/not-chosen',
      })
    }
    client.register.choose('test', false)
    expect(await failureOf(height(client, server.origin))).toMatchObject({ code: 'outside/not-chosen' })
    expect(server.connections).toBe(0)
    expect(client.register.entries().every(({ count }) => count === 0)).toBe(true)
  })

  it('takes a choice back when the host of an entry changes', async () => {
    const server = (await standIn()).on('/', json({ height: 1 }))
    const client = clientFor('example.org')
    client.register.declare({ id: 'test', host: server.host, purpose: '', learns: '', everyMs: null })
    expect(await failureOf(height(client, server.origin))).toMatchObject({ code: 'outside/not-chosen' })
  })

  it.each([
    [401, {}, 'outside/refused', null],
    [403, {}, 'outside/refused', null],
    [404, {}, 'outside/not-found', null],
    [429, { 'retry-after': '90' }, 'outside/rate-limited', 90_000],
    [429, {}, 'outside/rate-limited', null],
    [503, { 'retry-after': '5' }, 'outside/failed', 5_000],
  ] as const)('tells status %s with %j as %s', async (status, headers, code, retryAfterMs) => {
    const server = (await standIn()).on('/', json('go away', status, headers))
    const client = clientFor(server.host)
    const failure = await failureOf(height(client, server.origin))
    expect(failure.code).toBe(code)
    if (status === 429 || status === 503) expect(failure.context['retryAfterMs']).toBe(retryAfterMs)
    expect(failure.message).toContain(server.host)
    expect(client.register.entries()[0]?.lastOutcome).toMatchObject({ kind: 'failed', code })
  })

  it('reads a date in Retry-After', async () => {
    const server = await standIn()
    server.on('/', (asked, response) =>
      json('', 429, { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() })(asked, response),
    )
    const { context } = await failureOf(height(clientFor(server.host), server.origin))
    expect(context['retryAfterMs']).toBeGreaterThan(3_500_000)
    expect(context['retryAfterMs']).toBeLessThanOrEqual(3_600_000)
  })

  it.each([
    ['another field', { tip: 5 }, 'height', 'is missing'],
    ['another type', { height: 'high' }, 'height', 'is no whole number'],
    ['a web page', '<html>sign in</html>', 'the answer', 'is a web page instead of data'],
    ['JSON that breaks off', '{"height": 90', 'the answer', 'is cut off or no JSON'],
    ['nothing', '', 'the answer', 'is empty'],
  ])('names the part that changed: %s', async (_what, body, field, found) => {
    const server = (await standIn()).on('/', json(body))
    const client = clientFor(server.host)
    const failure = await failureOf(height(client, server.origin))
    expect(failure).toMatchObject({ code: 'outside/changed', context: { field } })
    expect(failure.message).toContain(`${field} ${found}`)
    expect(client.register.entries()[0]?.lastOutcome).toMatchObject({ code: 'outside/changed' })
  })

  it('stops reading an answer that is longer than it may be', async () => {
    const server = await standIn()
    let sent = 0
    server.on('/', (_asked, response) => {
      response.writeHead(200)
      const more = (): void => {
        if (response.destroyed) return
        sent += 65_536
        response.write(Buffer.alloc(65_536, 0x20), () => setImmediate(more))
      }
      more()
    })
    const failure = await failureOf(height(clientFor(server.host), server.origin, { limitBytes: 100_000 }))
    expect(failure.code).toBe('outside/too-large')
    expect(sent).toBeLessThan(50_000_000)
  })

  it('gives up on who is silent, and on who trickles', async () => {
    const silent = keep(await TcpStandIn.start((socket) => socket.resume()))
    const host = `127.0.0.1:${String(silent.port)}`
    expect(await failureOf(height(clientFor(host), `http://${host}`, { timeoutMs: 50 }))).toMatchObject({
      code: 'outside/unreachable',
      context: { timeoutMs: 50 },
    })
    const slow = await standIn()
    slow.on('/', (_asked, response) => {
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    })
    expect(await failureOf(height(clientFor(slow.host), slow.origin, { timeoutMs: 60 }))).toMatchObject({
      code: 'outside/unreachable',
    })
  })

  it('tells of a connection that broke off, of nobody there, and of what is no HTTP', async () => {
    const breaking = keep(
      await TcpStandIn.start((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"height": 1')),
      ),
    )
    const babbling = keep(await TcpStandIn.start((socket) => socket.end('SSH-2.0-OpenSSH\r\n')))
    for (const port of [breaking.port, babbling.port, await closedPort()]) {
      const host = `127.0.0.1:${String(port)}`
      expect(await failureOf(height(clientFor(host), `http://${host}`))).toMatchObject({
        code: 'outside/unreachable',
      })
    }
  })

  it('tells of a name that nobody knows', async () => {
    const failure = await failureOf(height(clientFor('nobody.invalid'), 'http://nobody.invalid/'))
    expect(failure.code).toBe('outside/no-name')
  })

  it('follows a redirect within the host and no other', async () => {
    const [server, other] = [await standIn(), (await standIn()).on('/', json({ height: 2 }))]
    server
      .on('/old', json('', 301, { location: '/new' }))
      .on('/new', json({ height: 1 }))
      .on('/away', json('', 302, { location: `${other.origin}/` }))
      .on('/loop', json('', 302, { location: '/loop' }))
    const client = clientFor(server.host)
    expect(await height(client, `${server.origin}/old`)).toBe(1)
    const failure = await failureOf(height(client, `${server.origin}/away`))
    expect(failure).toMatchObject({ code: 'outside/redirected', context: { to: other.origin } })
    expect(other.connections).toBe(0)
    expect(await failureOf(height(client, `${server.origin}/loop`))).toMatchObject({
      code: 'outside/redirected',
    })
    expect(await failureOf(height(client, `${server.origin}/old`, { body: '{}' }))).toMatchObject({
      code: 'outside/redirected',
    })
  })

  it('asks nothing of an address that is none or holds a password', async () => {
    const client = clientFor('example.org')
    for (const url of ['ftp://example.org/', 'example.org', 'http://me:secret@example.org/']) {
      const failure = await failureOf(height(client, url))
      expect(failure.code).toBe('outside/bad-address')
      expect(failure.message).not.toContain('me:')
    }
  })

  it('ends what is under way when it is stopped or aborted', async () => {
    const server = await standIn()
    const arrived = new Promise<void>((resolve) => server.on('/', () => resolve()))
    const client = clientFor(server.host)
    const asking = failureOf(height(client, server.origin))
    await arrived
    client.stop()
    expect((await asking).code).toBe('outside/given-up')
    expect((await failureOf(height(client, server.origin))).code).toBe('outside/given-up')
    const aborted = failureOf(height(clientFor(server.host), server.origin, { signal: AbortSignal.abort() }))
    expect((await aborted).code).toBe('outside/given-up')
  })

  it('gives any status to who asks for the reply as it is', async () => {
    const server = (await standIn()).on('/', json('no', 401, { 'www-authenticate': 'Digest realm="plug"' }))
    const reply = await clientFor(server.host).reply({ entry: 'test', url: server.origin })
    expect(reply).toMatchObject({
      status: 401,
      text: 'no',
      headers: { 'www-authenticate': 'Digest realm="plug"' },
    })
  })

  it('keeps the digits of numbers', async () => {
    const server = (await standIn()).on(
      '/',
      json('{"a":0.1234567890123456789,"b":123456789012345678901,"c":5,"d":"7.10"}'),
    )
    const read = await clientFor(server.host).json({ entry: 'test', url: server.origin }, (answer) =>
      ['a', 'b', 'c', 'd'].map((key) => answer.get(key).decimal()),
    )
    expect(read).toEqual(['0.1234567890123456789', '123456789012345678901', '5', '7.10'])
  })
})

describe('asking over TLS', () => {
  const tls = (name: string): string =>
    readFileSync(join(import.meta.dirname, '../../../support/tls', name), 'utf8')

  async function tlsServer(certificate: string): Promise<{ host: string; stop(): Promise<void> }> {
    const server: Server = createTlsServer(
      { key: tls('test-key.pem'), cert: tls(certificate) },
      (_q, response) => response.end('{"height":3}'),
    )
    const port = await listening(server)
    return keep({
      host: `127.0.0.1:${String(port)}`,
      stop: () =>
        new Promise<void>((resolve) => {
          server.closeAllConnections()
          server.close(() => resolve())
        }),
    })
  }

  it('trusts a certificate of one’s own only when it is given', async () => {
    const { host } = await tlsServer('test-certificate.pem')
    const client = clientFor(host)
    const failure = await failureOf(height(client, `https://${host}/`))
    expect(failure.code).toBe('outside/unreachable')
    expect(failure.message).toContain('not signed by an authority')
    const trustedCertificates = [tls('test-certificate.pem')]
    expect(await height(client, `https://${host}/`, { trustedCertificates })).toBe(3)
  })

  it('speaks of the clock when a certificate has expired', async () => {
    const { host } = await tlsServer('expired-certificate.pem')
    const trustedCertificates = [tls('expired-certificate.pem')]
    const failure = await failureOf(height(clientFor(host), `https://${host}/`, { trustedCertificates }))
    expect(failure.message).toContain('Check this machine')
  })
})

describe('asking through a proxy', () => {
  const kinds = [
    { kind: 'http', scheme: 'http', start: startHttpProxy },
    { kind: 'SOCKS5', scheme: 'socks5', start: startSocksProxy },
  ] as const

  const config = (scheme: string, { port }: { port: number }, login?: string[]): ProxyConfig => ({
    url: `${scheme}://127.0.0.1:${String(port)}`,
    username: login?.[0] ?? null,
    password: login?.[1] ?? null,
  })

  it.each(kinds)('$kind: reaches a name that only the proxy resolves', async ({ scheme, start }) => {
    const server = (await standIn()).on('/', json({ height: 4 }))
    const proxy: StandInProxy = keep(await start({ toPort: server.port }))
    const client = clientFor('explorer.invalid', config(scheme, proxy))
    expect(await height(client, 'http://explorer.invalid/tip')).toBe(4)
    expect(proxy.destinations).toEqual(['explorer.invalid:80'])
    expect(server.asked[0]).toMatchObject({ url: '/tip' })
    expect(server.asked[0]?.headers.host).toBe('explorer.invalid')
  })

  it.each(kinds)('$kind: logs in', async ({ scheme, start }) => {
    const server = (await standIn()).on('/', json({ height: 4 }))
    const login = { user: 'me@home', password: 'p:w/d' }
    const proxy = keep(await start({ toPort: server.port, login }))
    const right = clientFor('explorer.invalid', config(scheme, proxy, [login.user, login.password]))
    expect(await height(right, 'http://explorer.invalid/')).toBe(4)
    const wrong = clientFor('explorer.invalid', config(scheme, proxy, [login.user, 'x']))
    const failure = await failureOf(height(wrong, 'http://explorer.invalid/'))
    expect(failure.code).toBe('outside/proxy-refused')
    expect(JSON.stringify([failure.message, failure.context])).not.toContain('p:w/d')
  })

  it.each(kinds)('$kind: goes nowhere when the proxy is down', async ({ scheme }) => {
    const server = (await standIn()).on('/', json({ height: 4 }))
    // The server is named as if it were elsewhere, so that going around the proxy would reach it.
    const client = clientFor('explorer.invalid', config(scheme, { port: await closedPort() }))
    const failure = await failureOf(height(client, 'http://explorer.invalid/'))
    expect(failure.code).toBe('outside/proxy-down')
    expect(server.connections).toBe(0)
  })

  it.each(kinds)('$kind: gives up on a proxy that says nothing', async ({ scheme }) => {
    const silent = keep(await TcpStandIn.start((socket) => socket.resume()))
    const client = clientFor('explorer.invalid', config(scheme, silent))
    const failure = await failureOf(height(client, 'http://explorer.invalid/', { timeoutMs: 80 }))
    expect(failure.code).toBe('outside/proxy-down')
    await expect.poll(() => silent.sockets.size).toBe(0)
  })

  it('tells a destination that the proxy cannot reach from a proxy that does not let us through', async () => {
    const cases = [
      [startHttpProxy, 'http', 502, 'outside/unreachable'],
      [startHttpProxy, 'http', 403, 'outside/proxy-down'],
      [startSocksProxy, 'socks5', 4, 'outside/unreachable'],
      [startSocksProxy, 'socks5', 2, 'outside/proxy-down'],
    ] as const
    for (const [start, scheme, refuseWith, code] of cases) {
      const proxy = keep(await start({ toPort: 1, refuseWith }))
      const client = clientFor('explorer.invalid', config(scheme, proxy))
      expect(await failureOf(height(client, 'http://explorer.invalid/'))).toMatchObject({ code })
    }
  })

  it.each(kinds)('$kind: never carries what is on the own network', async ({ scheme, start }) => {
    const server = (await standIn()).on('/', json({ height: 5 }))
    const proxy = keep(await start({ toPort: server.port }))
    for (const name of ['127.0.0.1', 'localhost']) {
      const host = `${name}:${String(server.port)}`
      expect(await height(clientFor(host, config(scheme, proxy)), `http://${host}/`)).toBe(5)
    }
    expect(proxy.destinations).toEqual([])
  })

  it('does not reach an onion address without a proxy', async () => {
    const failure = await failureOf(height(clientFor('abc.onion'), 'http://abc.onion/'))
    expect(failure.code).toBe('outside/bad-address')
  })
})
