/** Ten thousand sockets that connect and say nothing, from many addresses, while others mine. */
import { connect as connectSocket, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Connection, listen, type Listener, type ListenOptions } from '../../../src-main/net/index.ts'
import { gone, rawClient, receive, testLoop, until } from './harness.ts'

const FLOOD = 10_000
/** Connects under way at once; the system's own queue holds 4,096. */
const WAVE = 1_000
const loop = testLoop()
const sockets: Socket[] = []
const listeners: Listener[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(listeners.splice(0).map((listener) => listener.stop('the test is over')))
})

/** Echoes; counts the sessions it made. */
async function start(
  options: Partial<ListenOptions>,
): Promise<{ listener: Listener; sessions: Connection[] }> {
  const sessions: Connection[] = []
  const listener = await listen(
    { host: '127.0.0.1', port: 0, loop, optionName: '--stratum', ...options },
    (connection) => {
      sessions.push(connection)
      connection.onData((bytes) => connection.write(Buffer.from(bytes)))
    },
  )
  listeners.push(listener)
  return { listener, sessions }
}

async function echo(socket: Socket, text: string): Promise<void> {
  const answer = receive(socket, text)
  socket.write(text)
  await answer
}

/** macOS has no loopback address but 127.0.0.1 unless told. */
const MANY_ADDRESSES = process.platform !== 'darwin'

/** Connects from address number `first` of 127.0.0.0/16 and on, `perAddress` from each, and says nothing. */
async function flood(port: number, count: number, perAddress: number, first = 2): Promise<Socket[]> {
  const made: Socket[] = []
  for (let from = 0; from < count; from += WAVE) {
    const wave = Array.from({ length: Math.min(WAVE, count - from) }, (_, n) => {
      const host = first + Math.floor((from + n) / perAddress)
      const localAddress = `127.0.${String(host >> 8)}.${String(host & 0xff)}`
      const socket = connectSocket({
        host: '127.0.0.1',
        port,
        ...(MANY_ADDRESSES ? { localAddress } : {}),
      })
      sockets.push(socket)
      made.push(socket)
      return new Promise<void>((done) => {
        socket.once('connect', done)
        socket.once('error', () => done())
        socket.on('data', () => {})
      })
    })
    await Promise.all(wave)
  }
  return made
}

describe('10,000 half-open sockets', () => {
  it('do no harm to rigs that are connected, nor to those that come, and stay few', async () => {
    const { listener, sessions } = await start({ halfOpen: { max: 1_000, timeoutMs: 600_000 } })
    const { port } = listener.address
    const rigs = await Promise.all(Array.from({ length: 20 }, () => rawClient(port)))
    sockets.push(...rigs)
    await Promise.all(rigs.map((rig, n) => echo(rig, `first ${String(n)}\n`)))

    let flooding = true
    const flooded = flood(port, FLOOD, 100).finally(() => (flooding = false))
    let rounds = 0
    while (flooding) {
      await Promise.all(rigs.map((rig, n) => echo(rig, `round ${String(rounds)} ${String(n)}\n`)))
      const newcomer = await rawClient(port)
      await echo(newcomer, 'here I am\n')
      newcomer.destroy()
      rounds++
    }
    await flooded
    await Promise.all(rigs.map((rig, n) => echo(rig, `last ${String(n)}\n`)))
    // The last of them are connected before they are accepted.
    const { refusals } = listener
    await until(() => {
      const { halfOpenCount } = listener
      return halfOpenCount <= 1_000 && refusals['half-open-limit'] + halfOpenCount === FLOOD
    })
    expect(refusals['too-many-connections']).toBe(0)
    expect(rigs.some(({ destroyed }) => destroyed)).toBe(false)
    expect(rounds).toBeGreaterThan(0)
    // No session was made for any of them.
    expect(sessions).toHaveLength(20 + rounds)
  })

  it('are gone when their time is over', async () => {
    const { listener, sessions } = await start({ halfOpen: { max: 1_000, timeoutMs: 2_000 } })
    const rig = await rawClient(listener.address.port)
    sockets.push(rig)
    await echo(rig, 'hello\n')
    const silent = await flood(listener.address.port, 200, 10)
    await Promise.all(silent.map(gone))
    expect(listener.refusals['half-open-timeout']).toBe(200)
    expect([listener.connectionCount, listener.halfOpenCount, sessions.length]).toEqual([1, 0, 1])
    await echo(rig, 'still here\n')
  })

  it.skipIf(!MANY_ADDRESSES)('of one address push out each other and nobody else', async () => {
    const { listener } = await start({
      maxConnectionsPerAddress: 40,
      halfOpen: { max: 1_000, timeoutMs: 600_000 },
    })
    const { port } = listener.address
    const [quiet] = await flood(port, 1, 1, 1_000)
    const crowd = await flood(port, 100, 1_000)
    await until(() => crowd.filter(({ destroyed }) => !destroyed).length === 20)
    expect(quiet?.destroyed).toBe(false)
    expect(listener.halfOpenCount).toBe(21)
    const rig = await rawClient(port)
    sockets.push(rig)
    await echo(rig, 'hello\n')
    expect(listener.connectionCount).toBe(1)
  })
})
