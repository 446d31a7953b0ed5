/** The preload and the page's transport, face to face: only Electron between them is a stand-in. */
import { bridgeTransport, findBridge, PORT_MESSAGE } from '@/api/port-transport.ts'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CONNECT_CHANNEL, PORT_CHANNEL } from '../../src-preload/channels.ts'

type Listener = (event: { ports: MessagePort[] }) => void

const electron = vi.hoisted(() => ({
  exposed: new Map<string, unknown>(),
  sent: [] as string[],
  listeners: new Map<string, Listener[]>(),
}))

vi.mock('electron', () => ({
  contextBridge: {
    exposeInMainWorld: (name: string, api: unknown) => void electron.exposed.set(name, api),
  },
  ipcRenderer: {
    send: (channel: string) => void electron.sent.push(channel),
    on: (channel: string, listener: Listener) =>
      void electron.listeners.set(channel, [...(electron.listeners.get(channel) ?? []), listener]),
  },
}))

/** What reached the page's own window. */
const posted: { data: unknown; origin: unknown; ports: readonly Transferable[] }[] = []

/** Main hands over a port, as `webFrame.postMessage` does. */
function handOver(...ports: MessagePort[]): void {
  for (const listener of electron.listeners.get(PORT_CHANNEL) ?? []) listener({ ports })
}

beforeAll(async () => {
  await import('../../src-preload/index.ts')
})

beforeEach(() => {
  posted.length = 0
  electron.sent.length = 0
  // The window of the tests does not carry ports.
  vi.spyOn(window, 'postMessage').mockImplementation(((
    data: unknown,
    origin: unknown,
    ports: Transferable[] = [],
  ) => {
    posted.push({ data, origin, ports })
    const event = new MessageEvent('message', { data })
    Object.defineProperties(event, { source: { value: window }, ports: { value: ports } })
    window.dispatchEvent(event)
  }) as typeof window.postMessage)
})

afterEach(() => vi.restoreAllMocks())

describe('the preload', () => {
  it('shows the page one function, and nothing of Electron', () => {
    expect([...electron.exposed.keys()]).toEqual(['headframe'])
    expect(Object.keys(electron.exposed.get('headframe') as object)).toEqual(['connect'])
    expect([...electron.listeners.keys()]).toEqual([PORT_CHANNEL])
  })

  it('asks main for a port when the page does, and says nothing else', () => {
    const bridge = findBridge(Object.fromEntries(electron.exposed))
    bridge?.connect()
    expect(electron.sent).toEqual([CONNECT_CHANNEL])
  })

  it('hands each port to its own page, once', () => {
    const { port1, port2 } = new MessageChannel()
    handOver(port2)
    expect(posted).toEqual([{ data: PORT_MESSAGE, origin: location.origin, ports: [port2] }])
    port1.close()
  })

  it('posts nothing when there is no port in the message', () => {
    handOver()
    expect(posted).toEqual([])
  })

  it('speaks as the page listens', () => {
    expect(PORT_MESSAGE).toBe(PORT_CHANNEL)
  })

  it('gives the page a link', async () => {
    const bridge = findBridge(Object.fromEntries(electron.exposed))
    if (!bridge) throw new Error('the page finds no bridge')
    const opening = bridgeTransport(window, bridge).open(new AbortController().signal)
    const { port1, port2 } = new MessageChannel()
    handOver(port2)
    const outcome = await opening
    expect(outcome.kind).toBe('open')
    const asked = new Promise((resolve) => {
      port1.addEventListener('message', (event: MessageEvent<unknown>) => resolve(event.data))
      port1.start()
    })
    if (outcome.kind !== 'open') return
    void outcome.link.call(['app', 'health'], undefined, { context: {} }).catch(() => undefined)
    expect(JSON.parse((await asked) as string)).toMatchObject({ p: { u: '/app/health' } })
    outcome.close()
    port1.close()
  })
})
