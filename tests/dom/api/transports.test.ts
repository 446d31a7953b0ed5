import { RPCHandler } from '@orpc/server/message-port'
import { describe, expect, it } from 'vitest'
import { createORPCClient } from '@orpc/client'
import type { Client } from '@/api/client.ts'
import { bridgeTransport, findBridge, openPort, PORT_MESSAGE } from '@/api/port-transport.ts'
import { webSocketTransport } from '@/api/websocket-transport.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendRig } from '../../support/pretend-farm.ts'

/** A socket that opens or closes when told. */
class PretendSocket extends EventTarget {
  readyState = 0
  binaryType = 'blob'
  readonly url: string
  constructor(url: string) {
    super()
    this.url = url
  }
  send(): void {}
  close(): void {
    this.readyState = 3
    this.dispatchEvent(new Event('close'))
  }
  accept(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }
}

function webSocket(status: number | 'down'): {
  sockets: PretendSocket[]
  asked: string[]
  transport: ReturnType<typeof webSocketTransport>
} {
  const sockets: PretendSocket[] = []
  const asked: string[] = []
  const transport = webSocketTransport({
    origin: 'https://farm.example:4950',
    createWebSocket(url) {
      const socket = new PretendSocket(url)
      sockets.push(socket)
      return socket as unknown as WebSocket
    },
    fetch(url) {
      asked.push(String(url))
      return status === 'down'
        ? Promise.reject(new TypeError('failed'))
        : Promise.resolve(new Response(null, { status }))
    },
  })
  return { sockets, asked, transport }
}

describe('over a WebSocket', () => {
  it('goes to /rpc of the page itself, as secure as the page', async () => {
    const { sockets, transport } = webSocket(200)
    const opening = transport.open(new AbortController().signal)
    sockets[0]!.accept()
    expect(sockets[0]!.url).toBe('wss://farm.example:4950/rpc')
    expect((await opening).kind).toBe('open')
  })

  it.each([
    [401, 'unauthorised'],
    [403, 'unauthorised'],
    [200, 'unreachable'],
    ['down', 'unreachable'],
  ] as const)('finds out why it was refused: %s means %s', async (status, kind) => {
    const { sockets, asked, transport } = webSocket(status)
    const opening = transport.open(new AbortController().signal)
    sockets[0]!.close()
    expect(await opening).toEqual({ kind })
    expect(asked).toEqual(['https://farm.example:4950/api/app'])
  })

  it('gives up an attempt that is no longer wanted without asking anything', async () => {
    const { sockets, asked, transport } = webSocket(401)
    const abort = new AbortController()
    const opening = transport.open(abort.signal)
    abort.abort()
    expect(await opening).toEqual({ kind: 'unreachable' })
    expect(sockets[0]!.readyState).toBe(3)
    expect(asked).toEqual([])
  })

  it('tells when the link has ended', async () => {
    const { sockets, transport } = webSocket(200)
    const opening = transport.open(new AbortController().signal)
    sockets[0]!.accept()
    const outcome = await opening
    if (outcome.kind !== 'open') throw new Error(outcome.kind)
    sockets[0]!.close()
    await outcome.closed
  })
})

describe('over a message port', () => {
  it('carries calls and streams of the contract', async () => {
    const core = new PretendCore({ rigs: [pretendRig({ id: 'a' })] })
    const { port1, port2 } = new MessageChannel()
    new RPCHandler(core.router()).upgrade(port1)
    port1.start()
    const outcome = openPort(port2)
    if (outcome.kind !== 'open') throw new Error(outcome.kind)
    const client: Client = createORPCClient<Client>(outcome.link)

    expect(await client.app.health()).toMatchObject({ status: 'ok' })
    const stop = new AbortController()
    const events = await client.downstreams.live(undefined, { signal: stop.signal })
    const first = await events.next()
    expect(first.value).toMatchObject({ kind: 'snapshot', items: [{ id: 'a' }] })
    core.rigs.change([pretendRig({ id: 'b' })])
    expect((await events.next()).value).toMatchObject({ kind: 'changes', upserts: [{ id: 'b' }] })
    await events.return?.()
    port1.close()
    outcome.close()
  })

  it('takes the port that the preload posts, and only that', async () => {
    const page = new EventTarget() as unknown as Window
    const { port1, port2 } = new MessageChannel()
    const post = (init: { data: unknown; source: unknown; ports?: MessagePort[] }): void => {
      page.dispatchEvent(Object.assign(new Event('message'), { ports: [], ...init }))
    }
    const transport = bridgeTransport(page, {
      connect() {
        post({ data: PORT_MESSAGE, source: null, ports: [port1] })
        post({ data: 'something else', source: page, ports: [port1] })
        post({ data: PORT_MESSAGE, source: page })
        post({ data: PORT_MESSAGE, source: page, ports: [port2] })
      },
    })
    const outcome = await transport.open(new AbortController().signal)
    expect(outcome.kind).toBe('open')
    if (outcome.kind === 'open') outcome.close()
    port1.close()
  })

  it('finds the bridge only where there is one', () => {
    expect(findBridge({})).toBeNull()
    expect(findBridge({ headframe: { connect: 7 } })).toBeNull()
    expect(findBridge({ headframe: { connect() {} } })).not.toBeNull()
  })
})
