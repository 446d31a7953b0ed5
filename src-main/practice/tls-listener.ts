/**
 * Accepts TLS connections for the practice SV1 pool, in the shape of `net`'s. Only here because production
 * code never accepts TLS: rigs in a home speak plain TCP, and it is pools that are dialled with TLS.
 */
import { createServer, type TLSSocket } from 'node:tls'
import { errorText } from '../base/index.ts'
import { type HostPort } from '../net/index.ts'

/** What a pool server needs of a connection; `net`'s `Connection` has it too. */
export interface ServerLink {
  readonly closed: boolean
  onData(receive: (bytes: Uint8Array) => void): void
  onClose(listener: (reason: { readonly text: string }) => void): void
  write(data: string | Uint8Array): boolean
  close(text: string): void
  destroy(text: string): void
}

export interface LinkListener {
  readonly address: HostPort
  readonly connectionCount: number
  stop(text: string): Promise<void>
}

/** PEM. */
export interface TlsIdentity {
  readonly key: string
  readonly certificate: string
}

/** Starts listening. @throws Error of the system, for instance when the port is taken */
export async function listenTls(
  { host, port }: HostPort,
  { key, certificate }: TlsIdentity,
  onConnection: (link: ServerLink) => void,
): Promise<LinkListener> {
  const links = new Set<TlsLink>()
  const server = createServer({ key, cert: certificate, minVersion: 'TLSv1.2' }, (socket) => {
    const link = new TlsLink(socket, () => links.delete(link))
    links.add(link)
    onConnection(link)
  })
  // A peer that is no TLS client is only closed.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = server.address()
  return {
    address: { host, port: typeof bound === 'object' && bound !== null ? bound.port : port },
    get connectionCount() {
      return links.size
    },
    stop(text) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const link of links) link.destroy(text)
      return closed
    },
  }
}

class TlsLink implements ServerLink {
  readonly #socket: TLSSocket
  #text: string | null = null
  #closed = false

  constructor(socket: TLSSocket, onGone: () => void) {
    this.#socket = socket
    socket.on('error', (error) => (this.#text ??= errorText(error)))
    socket.on('close', () => {
      this.#closed = true
      onGone()
    })
  }

  get closed(): boolean {
    return this.#closed || this.#text !== null
  }

  onData(receive: (bytes: Uint8Array) => void): void {
    this.#socket.on('data', (bytes: Buffer) => {
      if (!this.closed) receive(bytes)
    })
  }

  onClose(listener: (reason: { readonly text: string }) => void): void {
    this.#socket.once('close', () => listener({ text: this.#text ?? 'the other side closed the connection' }))
  }

  write(data: string | Uint8Array): boolean {
    if (this.closed) return false
    this.#socket.write(data)
    return true
  }

  close(text: string): void {
    this.#text ??= text
    this.#socket.destroySoon()
  }

  destroy(text: string): void {
    this.#text ??= text
    this.#socket.destroy()
  }
}
