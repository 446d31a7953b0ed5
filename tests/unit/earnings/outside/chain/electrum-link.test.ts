import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type HeadframeError, systemClock } from '../../../../../src-main/base/index.ts'
import {
  ElectrumLink,
  type ElectrumLinkOptions,
  parseElectrumAddress,
} from '../../../../../src-main/earnings/outside/chain/electrum-link.ts'
import { OutsideClient } from '../../../../../src-main/earnings/outside/http.ts'
import { OutgoingRegister } from '../../../../../src-main/earnings/outside/register.ts'
import { type ProxyConfig } from '../../../../../src-main/earnings/outside/way-out.ts'
import { startHttpProxy, startSocksProxy } from '../../../../support/outside/proxies.ts'
import { closedPort, TcpStandIn } from '../../../../support/outside/stand-in.ts'

const tls = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../../support/tls', name), 'utf8')

const started: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop()
})

function keep<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one)
  return one
}

/** Answers every line with its method. */
function echo(stream: Socket | TLSSocket): void {
  stream.on('error', () => {})
  stream.on('data', (bytes: Buffer) => {
    for (const line of bytes.toString().trim().split('\n')) {
      const { id, method } = JSON.parse(line) as { id: number; method: string }
      stream.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: method })}\n`)
    }
  })
}

const plainServer = async (): Promise<TcpStandIn> => keep(await TcpStandIn.start(echo))

const tlsServer = async (): Promise<TcpStandIn> =>
  keep(
    await TcpStandIn.start((socket) =>
      echo(
        new TLSSocket(socket, {
          isServer: true,
          key: tls('test-key.pem'),
          cert: tls('test-certificate.pem'),
        }),
      ),
    ),
  )

const links: ElectrumLink[] = []
afterEach(() => {
  for (const link of links.splice(0)) link.close()
})

async function ask(
  server: ElectrumLinkOptions['server'],
  more: Partial<ElectrumLinkOptions> & { proxy?: ProxyConfig } = {},
): Promise<string> {
  const client = new OutsideClient({
    register: new OutgoingRegister(systemClock),
    clock: systemClock,
    proxy: more.proxy ?? null,
  })
  const link = await ElectrumLink.open({
    client,
    of: { entry: 'payouts/electrum', host: server.host },
    server,
    pinnedSha256: null,
    signal: new AbortController().signal,
    ...more,
  })
  links.push(link)
  return link.ask('server.ping', [], (result) => result.text())
}

const failureOf = (promise: Promise<unknown>): Promise<HeadframeError> =>
  promise.then(
    () => {
      throw new Error('did not fail')
    },
    (error: unknown) => error as HeadframeError,
  )

const local = (port: number, secure = false): ElectrumLinkOptions['server'] => ({
  host: '127.0.0.1',
  port,
  tls: secure,
})

describe('a line to an Electrum server', () => {
  it('asks and answers over TCP, and over TLS with a certificate of one’s own on the own network', async () => {
    expect(await ask(local((await plainServer()).port))).toBe('server.ping')
    expect(await ask(local((await tlsServer()).port, true))).toBe('server.ping')
  })

  it('accepts a pinned certificate and no other', async () => {
    const { port } = await tlsServer()
    const { fingerprint256 } = new X509Certificate(tls('test-certificate.pem'))
    expect(await ask(local(port, true), { pinnedSha256: fingerprint256 })).toBe('server.ping')
    const failure = await failureOf(ask(local(port, true), { pinnedSha256: 'ab'.repeat(32) }))
    expect(failure).toMatchObject({ code: 'outside/unreachable', context: { found: fingerprint256 } })
  })

  it.each([
    ['SOCKS5', 'socks5', startSocksProxy],
    ['HTTP', 'http', startHttpProxy],
  ] as const)(
    'goes through a %s proxy by name, and wants a certificate that somebody signed',
    async (_kind, scheme, start) => {
      const [plain, secure] = [await plainServer(), await tlsServer()]
      const toPlain = keep(await start({ toPort: plain.port }))
      const toSecure = keep(await start({ toPort: secure.port }))
      const proxy = (port: number): ProxyConfig => ({
        url: `${scheme}://127.0.0.1:${String(port)}`,
        username: null,
        password: null,
      })
      const server = { host: 'electrum.invalid', port: 50_001, tls: false }
      expect(await ask(server, { proxy: proxy(toPlain.port) })).toBe('server.ping')
      expect(toPlain.destinations).toEqual(['electrum.invalid:50001'])
      const untrusted = await failureOf(ask({ ...server, tls: true }, { proxy: proxy(toSecure.port) }))
      expect(untrusted.message).toContain('not signed by an authority')
      const { fingerprint256 } = new X509Certificate(tls('test-certificate.pem'))
      const pinned = { proxy: proxy(toSecure.port), pinnedSha256: fingerprint256 }
      expect(await ask({ ...server, tls: true }, pinned)).toBe('server.ping')
    },
  )

  it('goes nowhere when the proxy is down or refuses', async () => {
    const server = { host: 'electrum.invalid', port: 50_001, tls: false }
    const refusing = keep(await startHttpProxy({ toPort: 1, refuseWith: 403 }))
    for (const [scheme, port] of [
      ['socks5', await closedPort()],
      ['http', await closedPort()],
      ['http', refusing.port],
    ] as const) {
      const proxy = { url: `${scheme}://127.0.0.1:${String(port)}`, username: null, password: null }
      expect((await failureOf(ask(server, { proxy }))).code).toBe('outside/proxy-down')
    }
  })

  it('gives up on who is silent, who is not there, and when it is told to', async () => {
    const silent = keep(await TcpStandIn.start((socket) => socket.resume()))
    expect((await failureOf(ask(local(silent.port), { timeoutMs: 60 }))).code).toBe('outside/unreachable')
    expect((await failureOf(ask(local(silent.port, true), { timeoutMs: 60 }))).code).toBe(
      'outside/unreachable',
    )
    expect((await failureOf(ask(local(await closedPort())))).code).toBe('outside/unreachable')
    const stop = new AbortController()
    const asking = failureOf(ask(local(silent.port), { signal: stop.signal }))
    await expect.poll(() => silent.sockets.size).toBe(1)
    stop.abort()
    expect((await asking).code).toBe('outside/given-up')
    await expect.poll(() => silent.sockets.size).toBe(0)
  })

  it('ends a line that never ends', async () => {
    const flood = keep(
      await TcpStandIn.start((socket) => {
        const more = (): void => {
          if (!socket.destroyed) socket.write(Buffer.alloc(1 << 20, 0x20), () => setImmediate(more))
        }
        more()
      }),
    )
    expect((await failureOf(ask(local(flood.port)))).code).toBe('outside/too-large')
  })
})

describe('the address of an Electrum server', () => {
  it.each([
    ['umbrel.local:50001', 'umbrel.local', 50_001, false],
    ['umbrel.local:50002', 'umbrel.local', 50_002, true],
    ['ssl://umbrel.local:1234', 'umbrel.local', 1234, true],
    ['tcp://electrum.example.org:50002', 'electrum.example.org', 50_002, false],
    ['electrum.example.org:50002:s', 'electrum.example.org', 50_002, true],
    ['electrum.example.org:51001:t', 'electrum.example.org', 51_001, false],
    ['electrum.example.org:7000', 'electrum.example.org', 7000, true],
    ['192.168.1.5:7000', '192.168.1.5', 7000, false],
    ['[fd00::1]:50002', 'fd00::1', 50_002, true],
  ])('reads %s', (text, host, port, secure) => {
    expect(parseElectrumAddress(text)).toEqual({ ok: true, value: { host, port, tls: secure } })
  })

  it('refuses what has no port or no host', () => {
    for (const text of ['', 'umbrel.local', 'http://umbrel.local:50001', ':50001', 'a:0', 'a:b']) {
      expect([text, parseElectrumAddress(text).ok]).toEqual([text, false])
    }
  })
})
