/**
 * A line to an Electrum server: JSON-RPC, one message a line, over TCP or TLS (electrum-protocol, "Protocol Basics"),
 * straight or through the person's proxy like every other way out. Lives for one round of questions.
 */
import { ClientRequest } from 'node:http'
import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { PassThrough, type Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { formatHostPort, type HostPort, parseHostPort } from '../../../net/index.ts'
import { err, ok, type Result } from '../../../base/index.ts'
import { type Answer, parseAnswer } from '../answer.ts'
import {
  type AskedOutside,
  badAddress,
  explainSocketError,
  givenUp,
  reported,
  timedOut,
  tooLarge,
  wrongFingerprint,
} from '../failures.ts'
import { explainProxyError, explainProxyStatus, type OutsideClient } from '../http.ts'
import { isOwnNetwork, type WayOut } from '../way-out.ts'

export interface ElectrumAddress extends HostPort {
  readonly tls: boolean
}

/** By custom: plain and TLS. */
const PLAIN_PORT = 50_001
const TLS_PORTS: ReadonlySet<number> = new Set([50_002, 443])

/**
 * The address of a server as people write it: `ssl://host:port`, `tcp://host:port`, `host:port:s`, `host:port:t`, or
 * `host:port`, where the customary ports decide; other ports are TLS unless the server is on the own network.
 * @returns the address, or a sentence that says what is wrong
 */
export function parseElectrumAddress(text: string): Result<ElectrumAddress, string> {
  const match = /^(?:(ssl|tls|tcp):\/\/)?(.*?)(?::([st]))?\/?$/i.exec(text.trim())
  const [, scheme, rest = '', suffix] = match ?? []
  const place = parseHostPort(rest)
  if (!place.ok) {
    return err(`"${text}" is no address of an Electrum server; write for example ssl://umbrel.local:50002.`)
  }
  const { host, port } = place.value
  const byPort = TLS_PORTS.has(port) || (port !== PLAIN_PORT && !isOwnNetwork(host))
  const tls = scheme === undefined && suffix === undefined ? byPort : scheme !== 'tcp' && suffix !== 't'
  return port === 0 ? err(`"${text}" needs a port, usually 50002.`) : ok({ host, port, tls })
}

export interface ElectrumLinkOptions {
  readonly client: OutsideClient
  readonly of: AskedOutside
  readonly server: ElectrumAddress
  /**
   * SHA-256 of the one certificate that is accepted, hex with or without colons; null for one that an authority signed,
   * or, on the own network, any: no authority signs private names, and these servers sign their own.
   */
  readonly pinnedSha256: string | null
  readonly signal: AbortSignal
  /** For connecting, and for each answer. 20 s unless given. */
  readonly timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 20_000
/** Long histories and large transactions. */
const LINE_LIMIT_BYTES = 16 * 1024 * 1024

interface Waiting {
  resolve(answer: Answer): void
  reject(error: unknown): void
}

export class ElectrumLink {
  readonly #options: ElectrumLinkOptions
  readonly #socket: Duplex
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0
  #received: Buffer[] = []
  #receivedBytes = 0
  #ended: unknown = null

  private constructor(options: ElectrumLinkOptions, socket: Duplex) {
    this.#options = options
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', (error: unknown) => this.#end(explainSocketError(options.of, error)))
    socket.on('close', () => this.#end(explainSocketError(options.of, { code: 'ECONNRESET' })))
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Connects. @throws HeadframeError `outside/…` */
  static async open(options: ElectrumLinkOptions): Promise<ElectrumLink> {
    return new ElectrumLink(options, await openStream(options))
  }

  /** Asks one thing. @throws HeadframeError `outside/…` */
  async ask<T>(method: string, params: readonly unknown[], parse: (result: Answer) => T): Promise<T> {
    const { client, of, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options
    if (this.#ended !== null) throw this.#ended
    const id = this.#nextId++
    const answer = await new Promise<Answer>((resolve, reject) => {
      const timer = client.clock.after(timeoutMs, () => this.#end(timedOut(of, timeoutMs)))
      this.#waiting.set(id, {
        resolve: (value) => {
          timer.cancel()
          resolve(value)
        },
        reject: (error) => {
          timer.cancel()
          reject(error)
        },
      })
      this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    })
    const error = answer.find('error')
    if (error !== undefined) {
      // Servers send an object with code and message, or bare text.
      throw reported(of, error.isText ? error.text() : error.get('message').text())
    }
    return parse(answer.get('result'))
  }

  /** Harmless when repeated. */
  close(): void {
    this.#end(givenUp(this.#options.of))
  }

  readonly #onAbort = (): void => this.#end(givenUp(this.#options.of))

  #receive(bytes: Buffer): void {
    let rest = bytes
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      const line = Buffer.concat([...this.#received, rest.subarray(0, end)]).toString('utf8')
      this.#received = []
      this.#receivedBytes = 0
      rest = rest.subarray(end + 1)
      this.#takeLine(line)
      if (this.#ended !== null) return
    }
    if (rest.length === 0) return
    this.#received.push(rest)
    this.#receivedBytes += rest.length
    if (this.#receivedBytes > LINE_LIMIT_BYTES) this.#end(tooLarge(this.#options.of, LINE_LIMIT_BYTES))
  }

  #takeLine(line: string): void {
    try {
      const answer = parseAnswer(this.#options.of, line)
      // Notifications have a method and no id of ours.
      const id = answer.find('id')?.count()
      const waiting = id === undefined ? undefined : this.#waiting.get(id)
      if (id === undefined || waiting === undefined) return
      this.#waiting.delete(id)
      waiting.resolve(answer)
    } catch (error) {
      this.#end(error)
    }
  }

  #end(why: unknown): void {
    if (this.#ended !== null) return
    this.#ended = why
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#socket.destroy()
    for (const { reject } of this.#waiting.values()) reject(why)
    this.#waiting.clear()
  }
}

/** A stream to the server that is ready to write. */
function openStream(options: ElectrumLinkOptions): Promise<Duplex> {
  const { client, of, server, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options
  const ended = new AbortController()
  const way = client.ways.wayTo(server.host, { timeoutMs, signal: ended.signal })
  if (way.kind === 'straight' && /\.onion$/i.test(server.host)) {
    throw badAddress(
      of,
      `${of.host} can only be reached through Tor: set its SOCKS proxy (socks5h://127.0.0.1:9050).`,
    )
  }
  return new Promise((resolve, reject) => {
    let below: Duplex | null = null
    let settled = false
    const settle = (finish: () => void): void => {
      if (settled) return
      settled = true
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
      finish()
    }
    const fail = (error: unknown): void =>
      settle(() => {
        below?.destroy()
        ended.abort()
        reject(error)
      })
    const onAbort = (): void => fail(givenUp(of))
    const timer = client.clock.after(timeoutMs, () => fail(timedOut(of, timeoutMs)))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) {
      onAbort()
      return
    }
    const onError = (error: unknown): void => fail(explainSocketError(of, error))
    const succeed = (stream: Duplex): void =>
      settle(() => {
        stream.off('error', onError)
        resolve(stream)
      })
    const onStream = (stream: Duplex): void => {
      below = stream
      stream.on('error', onError)
      if (settled) stream.destroy()
      else if (server.tls) secure(stream, options, onError, succeed)
      else succeed(stream)
    }
    if (way.kind === 'proxy') {
      throughProxy(way, of, server).then(onStream, fail)
      return
    }
    const socket = connectSocket({
      host: server.host,
      port: server.port,
      ...(way.lookup === null ? {} : { lookup: way.lookup }),
    })
    below = socket
    socket.on('error', onError)
    socket.once('connect', () => {
      socket.off('error', onError)
      onStream(socket)
    })
  })
}

function secure(
  below: Duplex,
  { of, server, pinnedSha256 }: ElectrumLinkOptions,
  onError: (error: unknown) => void,
  done: (stream: TLSSocket) => void,
): void {
  const pin = pinnedSha256 === null ? null : plainHex(pinnedSha256)
  const stream = connectTls({
    socket: below,
    host: server.host,
    ...(isIP(server.host) === 0 ? { servername: server.host } : {}),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: pin === null && !isOwnNetwork(server.host),
  })
  stream.on('error', onError)
  stream.once('secureConnect', () => {
    const { fingerprint256 } = stream.getPeerCertificate()
    if (pin !== null && plainHex(fingerprint256) !== pin) onError(wrongFingerprint(of, fingerprint256))
    else done(stream)
  })
}

const plainHex = (text: string): string => text.replaceAll(':', '').trim().toLowerCase()

/** @throws HeadframeError `outside/proxy-…`, `outside/unreachable` */
async function throughProxy(
  way: WayOut & { readonly kind: 'proxy' },
  of: AskedOutside,
  server: ElectrumAddress,
): Promise<Duplex> {
  // The agents report to the HTTP request they serve. A line has none, so they get one that leads nowhere.
  const request = new ClientRequest({ createConnection: () => new PassThrough() as unknown as Socket })
  request.on('error', () => {})
  let status: { readonly statusCode: number; readonly statusText: string } | null = null
  request.on('proxyConnect', (answer: { readonly statusCode: number; readonly statusText: string }) => {
    status = answer
  })
  try {
    const stream = await way.agent.connect(request, {
      host: server.host,
      port: server.port,
      secureEndpoint: false,
    })
    const refusal = status as { readonly statusCode: number; readonly statusText: string } | null
    if (refusal !== null && refusal.statusCode !== 200) {
      stream.destroy()
      throw explainProxyStatus(of, way.proxy, refusal.statusCode, refusal.statusText)
    }
    return stream
  } catch (error) {
    throw explainProxyError(of, way.proxy, error)
  } finally {
    request.destroy()
  }
}

export function electrumHost(server: ElectrumAddress): string {
  return formatHostPort(server)
}
