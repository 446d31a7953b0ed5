import { connect as connectTcp, type Socket } from 'node:net'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { HeadframeError } from '../../../../src-main/base/index.ts'
import { type BootFirmware, HANG_UP, SAY_NOTHING } from '../../../../src-main/practice/firmware/firmware.ts'
import { startFirmware } from '../../../../src-main/practice/firmware/firmware-host.ts'
import { startPracticeFirmware } from '../../../support/practice-firmware.ts'

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** Answers everything with what it was asked. */
const echo: BootFirmware = () => ({
  family: 'echo',
  ports: { http: [80], https: [443], rpc: [4028], frames: [4433] },
  http({ method, path, query, body, tls, port }) {
    if (path === '/hang-up') return HANG_UP
    if (path === '/silence') return SAY_NOTHING
    return { json: { method, path, q: query.get('q'), body, tls, port } }
  },
  rpc: (request) => (request === 'quiet' ? HANG_UP : `<${request}>\0`),
  frame: (request) => `<${request}>`,
  socket(path, send) {
    if (path !== '/live') return null
    send('early')
    return () => undefined
  },
})

const plainRpc: BootFirmware = () => ({ family: 'rpc', ports: { rpc: [4028] }, rpc: (request) => request })

interface Port {
  readonly address: { readonly port: number }
}

function open({ address }: Port): Socket {
  const socket = connectTcp(address.port, '127.0.0.1')
  sockets.push(socket)
  return socket
}

/** Everything until the end of the connection, or the error's code. */
function allOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => resolve(Buffer.concat(chunks).toString()))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}

function say(rig: Port, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = open(rig)
  socket.setNoDelay(true)
  const reply = allOf(socket)
  void (async () => {
    for (const piece of pieces) {
      socket.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  return reply
}

function fetchText(rig: Port, path: string, options: { tls?: boolean; method?: string; body?: string } = {}) {
  const { tls = false, method = 'GET', body = '' } = options
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const send = tls ? httpsRequest : httpRequest
    const request = send(
      { host: '127.0.0.1', port: rig.address.port, path, method, agent: false, rejectUnauthorized: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

function frameOf(text: string): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(Buffer.byteLength(text))
  return Buffer.concat([head, Buffer.from(text)])
}

function nextData(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => socket.once('data', resolve))
}

describe('a practice firmware behind one port', () => {
  it('is asked over HTTP', async () => {
    const rig = await startPracticeFirmware(echo)
    const { status, text } = await fetchText(rig, '/a?q=1', { method: 'PATCH', body: 'hello' })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual({
      method: 'PATCH',
      path: '/a',
      q: '1',
      body: 'hello',
      tls: false,
      port: 80,
    })
  })

  it('is asked over HTTPS with a certificate of its own', async () => {
    const rig = await startPracticeFirmware(echo)
    const { text } = await fetchText(rig, '/b', { tls: true })
    expect(JSON.parse(text)).toMatchObject({ path: '/b', tls: true, port: 443 })
  })

  it('is asked by RPC, in JSON that ends by itself, at a newline or at a NUL', async () => {
    const rig = await startPracticeFirmware(echo)
    expect(await say(rig, '{"command":"version"}')).toBe('<{"command":"version"}>\0')
    expect(await say(rig, '{"comm', 'and":"version"}')).toBe('<{"command":"version"}>\0')
    expect(await say(rig, '{"command":\n"version"}\n')).toBe('<{"command":\n"version"}>\0')
    expect(await say(rig, '{broken\n')).toBe('<{broken>\0')
    expect(await say(rig, 'version\0')).toBe('<version>\0')
  })

  it('takes a command as text that nothing follows', async () => {
    const rig = await startPracticeFirmware(echo)
    expect(await say(rig, 'ascset|0,help')).toBe('<ascset|0,help>\0')
  })

  it('answers one frame after another on one connection', async () => {
    const rig = await startPracticeFirmware(echo)
    const socket = open(rig)
    for (const request of ['{"cmd":"one"}', `{"cmd":"${'x'.repeat(90)}"}`]) {
      const framed = frameOf(request)
      socket.write(framed.subarray(0, 3))
      await new Promise((resolve) => setTimeout(resolve, 5))
      const reply = nextData(socket)
      socket.write(framed.subarray(3))
      expect(await reply).toEqual(frameOf(`<${request}>`))
    }
  })

  it('follows a WebSocket, and hears when its client leaves', async () => {
    const left: string[] = []
    let speak: (text: string) => void = () => undefined
    const rig = await startPracticeFirmware(() => ({
      family: 'live',
      ports: { http: [80] },
      socket(path, send) {
        send('first')
        speak = send
        return () => left.push(path)
      },
    }))
    const client = new WebSocket(`ws://127.0.0.1:${rig.address.port}/live?x=1`)
    const heard: string[] = []
    client.on('message', (data: Buffer) => heard.push(data.toString()))
    await expect.poll(() => heard).toEqual(['first'])
    speak('second')
    await expect.poll(() => heard).toEqual(['first', 'second'])
    client.close()
    await expect.poll(() => left).toEqual(['/live'])
  })

  it('says 404 to a WebSocket at a path that it does not have', async () => {
    const rig = await startPracticeFirmware(echo)
    const client = new WebSocket(`ws://127.0.0.1:${rig.address.port}/nowhere`)
    const error = await new Promise<Error>((resolve) => client.once('error', resolve))
    expect(error.message).toContain('404')
  })

  it('hangs up where the firmware does, and where it does not serve what is spoken', async () => {
    const rig = await startPracticeFirmware(echo)
    await expect(fetchText(rig, '/hang-up')).rejects.toThrow()
    expect(await say(rig, 'quiet\n')).toBe('')
    const bare = await startPracticeFirmware(plainRpc)
    await expect(fetchText(bare, '/')).rejects.toThrow()
    expect(await say(bare, Uint8Array.of(0x16, 3, 1, 0, 5))).toBe('ECONNRESET')
  })

  it('says nothing where the firmware says nothing', async () => {
    const rig = await startPracticeFirmware(echo)
    const socket = open(rig)
    const reply = allOf(socket)
    socket.write('GET /silence HTTP/1.1\r\nhost: rig\r\n\r\n')
    // Another connection is answered meanwhile, so the rig has had its turn.
    await fetchText(rig, '/')
    expect(socket.destroyed).toBe(false)
    socket.destroy()
    expect(await reply).toBe('')
  })

  it('ends a connection that says too much', async () => {
    const rig = await startPracticeFirmware(echo)
    expect((await fetchText(rig, '/', { method: 'POST', body: 'x'.repeat(300_000) })).status).toBe(413)
    expect(await say(rig, `{${'x'.repeat(9_000)}`)).toMatch(/^$|ECONNRESET/)
    expect(await say(rig, Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0, 0, 2, 0))).toMatch(/^$|ECONNRESET|<>/)
  })
})

describe('a practice firmware whose machine reboots', () => {
  it('answers first, ends every connection, and refuses new ones until it is back', async () => {
    const rig = await startPracticeFirmware(
      (body) => ({
        family: 'reboots',
        ports: { http: [80] },
        http({ path }) {
          if (path === '/reboot') body.reboot()
          return { body: 'yes' }
        },
        socket: () => () => undefined,
      }),
      { rebootMs: 100 },
    )
    const client = new WebSocket(`ws://127.0.0.1:${rig.address.port}/live`)
    await new Promise((resolve) => client.once('open', resolve))
    const closed = new Promise((resolve) => client.once('close', resolve))
    expect((await fetchText(rig, '/reboot')).text).toBe('yes')
    await closed
    expect(rig.body.power).toBe('rebooting')
    await expect(fetchText(rig, '/')).rejects.toThrow()
    await expect.poll(() => fetchText(rig, '/').catch(() => ({ text: '' }))).toMatchObject({ text: 'yes' })
    expect(rig.mined.map((pool) => pool?.url ?? null)).toEqual([
      'stratum+tcp://pool.example:3333',
      null,
      'stratum+tcp://pool.example:3333',
    ])
  })
})

describe('a practice firmware at a port', () => {
  it('says whose port is taken', async () => {
    const rig = await startPracticeFirmware(plainRpc)
    const again = startFirmware({
      firmware: plainRpc(rig.body),
      body: rig.body,
      at: { host: '127.0.0.1', port: rig.address.port },
    })
    await expect(again).rejects.toMatchObject({ code: 'listen/port-taken' })
    await expect(again).rejects.toBeInstanceOf(HeadframeError)
  })

  it('refuses connections after it was stopped', async () => {
    const rig = await startPracticeFirmware(echo)
    await rig.stop()
    await expect(fetchText(rig, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('serves each service at its usual port of an address of its own', async () => {
    const rig = await startPracticeFirmware(plainRpc)
    const usual = await startFirmware({
      firmware: {
        family: 'usual',
        ports: { http: [18_080, 16_060], rpc: [14_028] },
        http: ({ port }) => ({ body: String(port) }),
        rpc: () => 'rpc',
      },
      body: rig.body,
      at: { host: '127.0.0.9', usualPorts: true },
    })
    try {
      expect(usual.address).toEqual({ host: '127.0.0.9', port: null })
      const get = async (port: number): Promise<string> => (await fetch(`http://127.0.0.9:${port}/`)).text()
      expect(await get(18_080)).toBe('18080')
      expect(await get(16_060)).toBe('16060')
      const socket = connectTcp(14_028, '127.0.0.9')
      sockets.push(socket)
      const reply = allOf(socket)
      socket.write('version\n')
      expect(await reply).toBe('rpc')
    } finally {
      await usual.stop()
    }
  })
})
