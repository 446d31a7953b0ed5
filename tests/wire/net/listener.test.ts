import { type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { HeadframeError } from '../../../src-main/base/index.ts'
import { type Connection, listen, type Listener, type ListenOptions } from '../../../src-main/net/index.ts'
import { closeOf, gone, rawClient, receive, speakingClient, testLoop } from './harness.ts'

const loop = testLoop()
const started: Listener[] = []

/** A listener on a free port, the connections it accepted and a way to wait for the next. */
async function start(options: Partial<ListenOptions> = {}): Promise<{
  listener: Listener
  port: number
  next: () => Promise<Connection>
}> {
  const accepted: Connection[] = []
  const waiting: ((connection: Connection) => void)[] = []
  const listener = await listen(
    { host: '127.0.0.1', port: 0, loop, optionName: '--stratum', ...options },
    (connection) => {
      const waiter = waiting.shift()
      if (waiter) waiter(connection)
      else accepted.push(connection)
    },
  )
  started.push(listener)
  const next = (): Promise<Connection> =>
    new Promise((done) => {
      const connection = accepted.shift()
      if (connection) done(connection)
      else waiting.push(done)
    })
  return { listener, port: listener.address.port, next }
}

async function failure(options: Partial<ListenOptions>): Promise<HeadframeError> {
  const error = await start(options).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof HeadframeError)) throw new Error('no HeadframeError')
  return error
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((listener) => listener.stop('the test is over')))
})

describe('listener', () => {
  it('hands over connections that carry bytes both ways', async () => {
    const { port, next } = await start()
    const rig = await speakingClient(port)
    const connection = await next()
    expect(connection.transport).toBe('tcp')
    expect(connection.remoteAddress).toBe('127.0.0.1')
    expect(connection.remotePort).toBe(rig.localPort)
    const heard = new Promise<string>((done) =>
      connection.onData((bytes) => done(Buffer.from(bytes).toString())),
    )
    expect(await heard).toBe('hello\n')
    connection.write('welcome\n')
    expect(await receive(rig, 'welcome\n')).toBe('welcome\n')
    expect([connection.bytesIn, connection.bytesOut]).toEqual([6, 8])
    rig.destroy()
  })

  it('says where it listens when any port would do', async () => {
    const { listener } = await start()
    expect(listener.address.host).toBe('127.0.0.1')
    expect(listener.address.port).toBeGreaterThan(0)
  })

  it('turns away addresses outside its ranges, and counts them', async () => {
    const refused: string[] = []
    const { listener, port } = await start({
      onlyRanges: ['10.0.0.0/8'],
      onRefused: (reason, address) => refused.push(`${reason} ${address}`),
    })
    await gone(await rawClient(port))
    expect(listener.refusals['address-not-allowed']).toBe(1)
    expect(refused).toEqual(['address-not-allowed 127.0.0.1'])
    expect(listener.connectionCount).toBe(0)
  })

  it('lets in an extra range that is named', async () => {
    const { port, next } = await start({ onlyRanges: ['10.0.0.0/8'], extraRanges: ['127.0.0.1/32'] })
    const rig = await speakingClient(port)
    await next()
    rig.destroy()
  })

  it('refuses to start with a range that is none, naming it', async () => {
    const error = await failure({ extraRanges: ['192.168.1.0/99'] })
    expect(error.code).toBe('listen/bad-range')
    expect(error.message).toContain('192.168.1.0/99')
  })

  it('turns away connections beyond its limit and takes new ones when old ones are gone', async () => {
    const { listener, port, next } = await start({ maxConnections: 2 })
    const rigs: Socket[] = [await speakingClient(port), await speakingClient(port)]
    const first = await next()
    await next()
    await gone(await rawClient(port))
    expect(listener.refusals['too-many-connections']).toBe(1)
    const left = closeOf(first)
    rigs.shift()?.destroy()
    first.onData(() => {})
    await left
    const another = await speakingClient(port)
    await next()
    expect([listener.connectionCount, listener.acceptedTotal]).toEqual([2, 3])
    for (const rig of [...rigs, another]) rig.destroy()
  })

  it('limits connections of one address and frees the place when one is gone', async () => {
    const { listener, port, next } = await start({ maxConnectionsPerAddress: 1 })
    const first = await speakingClient(port)
    const connection = await next()
    await gone(await rawClient(port))
    expect(listener.refusals['too-many-from-address']).toBe(1)
    const left = closeOf(connection)
    connection.destroy('making room')
    await left
    const second = await speakingClient(port)
    await next()
    expect(listener.connectionCount).toBe(1)
    first.destroy()
    second.destroy()
  })

  it('names the port that is taken and the option that changes it', async () => {
    const { port } = await start()
    const error = await failure({ port })
    expect(error.code).toBe('listen/port-taken')
    expect(error.message).toBe(
      `Port ${String(port)} on 127.0.0.1 is taken by another program; stop it or start with --stratum HOST:PORT.`,
    )
    expect(error.context).toMatchObject({ host: '127.0.0.1', port })
  })

  it('says when an address is not of this machine', async () => {
    const error = await failure({ host: '203.0.113.1' })
    expect(error.code).toBe('listen/not-our-address')
    expect(error.message).toContain('203.0.113.1')
    expect(error.message).toContain('--stratum HOST:PORT')
  })

  it('stops: closes every connection with a reason and frees the port', async () => {
    const { listener, port, next } = await start()
    const rigs = [await speakingClient(port), await speakingClient(port)]
    const connections = [await next(), await next()]
    const reasons = connections.map(closeOf)
    const ends = rigs.map(gone)
    connections[0]?.write('last words\n')
    const lastWords = receive(rigs[0] as Socket, 'last words\n')
    await listener.stop('the app is closing')
    expect(await lastWords).toBe('last words\n')
    expect(await Promise.all(reasons)).toEqual([
      { kind: 'closed-by-us', text: 'the app is closing', error: null },
      { kind: 'closed-by-us', text: 'the app is closing', error: null },
    ])
    await Promise.all(ends)
    expect(listener.connectionCount).toBe(0)
    await start({ port })
  })

  it('may be stopped twice', async () => {
    const { listener } = await start()
    await listener.stop('once')
    await listener.stop('twice')
  })
})
