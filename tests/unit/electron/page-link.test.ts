import { EventEmitter } from 'node:events'
import type { IpcMain, MessageChannelMain as ElectronChannel } from 'electron'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createRouter } from '../../../src-main/api/index.ts'
import { createLogger, silentLogger } from '../../../src-main/base/index.ts'
import { isOwnPage, PAGE_ORIGIN } from '../../../src-main/electron/page-address.ts'
import { PageLink } from '../../../src-main/electron/page-link.ts'
import { PortServer } from '../../../src-main/electron/port-server.ts'
import { CONNECT_CHANNEL, PORT_CHANNEL } from '../../../src-preload/channels.ts'
import { MessageChannelMain, StandInFrame } from '../../support/electron-stand-in.ts'
import { FakeCore } from '../../support/fake-core.ts'

interface Linked {
  link: PageLink
  core: FakeCore
  server: PortServer
  warnings: string[]
  request(frame: StandInFrame | null): void
}

function linked(): Linked {
  const ipcMain = new EventEmitter()
  const core = new FakeCore()
  const server = new PortServer(createRouter(core), silentLogger)
  const warnings: string[] = []
  const link = new PageLink({
    ipcMain: ipcMain as unknown as IpcMain,
    log: createLogger((_level, _scope, message) => void warnings.push(message)),
    createChannel: () => new MessageChannelMain() as unknown as ElectronChannel,
    isOwnPage: (address) => isOwnPage(address, null),
  })
  onTestFinished(() => server.closeAll())
  const request = (senderFrame: StandInFrame | null): void =>
    void ipcMain.emit(CONNECT_CHANNEL, { senderFrame })
  return { link, core, server, warnings, request }
}

const page = (): StandInFrame => new StandInFrame(`${PAGE_ORIGIN}/#/pools`)

describe('handing ports to the page', () => {
  it('gives our page a port that the contract answers over', async () => {
    const { link, core, server, request } = linked()
    link.start(server)
    const frame = page()
    request(frame)
    expect(frame.posted.map(({ channel }) => channel)).toEqual([PORT_CHANNEL])
    const port = frame.posted[0]!.ports[0]!
    const answer = new Promise((resolve) => port.on('message', resolve))
    port.postMessage('{"i":"1","p":{"u":"/overview/get","b":{}}}')
    expect(JSON.parse((await answer) as string)).toEqual({ i: '1', p: { b: { json: core.overview.value } } })
  })

  it('gives nothing to another page, to a frame inside ours, or to one that is gone', () => {
    const { link, server, warnings, request } = linked()
    link.start(server)
    const other = new StandInFrame('https://evil.example.com/')
    const inner = new StandInFrame(`${PAGE_ORIGIN}/`, page())
    for (const frame of [other, inner, null]) request(frame)
    expect([...other.posted, ...inner.posted]).toEqual([])
    expect([warnings.length, server.size]).toEqual([2, 0])
  })

  it('answers a request that came before the core ran, to the page that asked last', () => {
    const { link, server, request } = linked()
    const [first, second] = [page(), page()]
    request(first)
    request(second)
    expect(second.posted).toEqual([])
    link.start(server)
    expect([first.posted.length, second.posted.length]).toEqual([0, 1])
  })

  it('does not answer a page that went while it waited', () => {
    const { link, server, request } = linked()
    const frame = page()
    request(frame)
    frame.isGone = true
    link.start(server)
    expect([frame.posted, server.size]).toEqual([[], 0])
  })

  it('closes the old port when the page asks for a new one, and ends its streams', async () => {
    const { link, core, server, request } = linked()
    link.start(server)
    const frame = page()
    request(frame)
    const port = frame.posted[0]!.ports[0]!
    const closed = new Promise((resolve) => port.on('close', resolve))
    port.on('message', () => undefined)
    port.postMessage('{"i":"1","p":{"u":"/pools/live","b":{}}}')
    await vi.waitFor(() => expect(core.followers).toBe(1))
    request(frame)
    await closed
    expect([core.followers, server.size, frame.posted.length]).toEqual([0, 1, 2])
  })

  it('closes the port of a page that hangs, and has a new one for it when it is back', async () => {
    const { link, core, server, request } = linked()
    link.start(server)
    const frame = page()
    request(frame)
    const port = frame.posted[0]!.ports[0]!
    port.postMessage('{"i":"1","p":{"u":"/overview/live","b":{}}}')
    await vi.waitFor(() => expect(core.followers).toBe(1))
    link.cut()
    link.cut()
    await vi.waitFor(() => expect(core.followers).toBe(0))
    expect(server.size).toBe(0)
    request(frame)
    expect(server.size).toBe(1)
  })
})

describe('serving a port', () => {
  it('ends with the page, and its streams with it', async () => {
    const core = new FakeCore()
    const server = new PortServer(createRouter(core), silentLogger)
    const { port1, port2 } = new MessageChannelMain()
    server.serve(port1)
    port2.postMessage('{"i":"1","p":{"u":"/downstreams/live","b":{}}}')
    await vi.waitFor(() => expect(core.followers).toBe(1))
    port2.close()
    await vi.waitFor(() => expect([core.followers, server.size]).toEqual([0, 0]))
  })

  it.each([['text'], ['{"i":1}'], [{ i: '1', p: { u: '/overview/get' } }], [null]])(
    'ends at a message that is no call: %j',
    async (message) => {
      const warnings: string[] = []
      const log = createLogger((_level, _scope, text) => void warnings.push(text))
      const server = new PortServer(createRouter(new FakeCore()), log)
      const { port1, port2 } = new MessageChannelMain()
      const closed = new Promise((resolve) => port2.on('close', resolve))
      server.serve(port1)
      port2.postMessage(message)
      await closed
      expect([server.size, warnings.length]).toEqual([0, 1])
    },
  )

  it('survives an answer that can no longer be sent', async () => {
    const core = new FakeCore()
    const server = new PortServer(createRouter(core), silentLogger)
    const { port1, port2 } = new MessageChannelMain()
    port1.postMessage = () => {
      throw new Error('the port is closed')
    }
    server.serve(port1)
    port2.postMessage('{"i":"1","p":{"u":"/jobs/current","b":{}}}')
    await vi.waitFor(() => expect(core.callsOf('currentJob')).toHaveLength(1))
    server.closeAll()
    expect(server.size).toBe(0)
  })
})
