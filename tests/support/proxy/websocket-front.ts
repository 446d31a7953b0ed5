/**
 * Makes a WebSocket service of a scripted pool: hands bytes between the two. Lines become a text message each, Noise
 * becomes binary messages of any size. Written with the `ws` package alone, not with what is tested.
 */
import { connect } from 'node:net'
import { WebSocketServer } from 'ws'
import { type FakePool } from './fake-pool.ts'

export interface WebSocketFront {
  readonly port: number
  /** What clients asked for. */
  readonly paths: string[]
  stop(): Promise<void>
}

export async function frontOf(pool: FakePool, subprotocol: string): Promise<WebSocketFront> {
  const paths: string[] = []
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  })
  const isText = subprotocol.startsWith('stratum1')
  server.on('connection', (client, request) => {
    paths.push(request.url ?? '')
    const back = connect(pool.port, '127.0.0.1')
    let text = ''
    client.on('message', (data: Buffer) => back.write(isText ? `${data.toString('utf8').trimEnd()}\n` : data))
    client.on('close', () => back.destroy())
    back.on('error', () => client.terminate())
    back.on('close', () => client.close())
    back.on('data', (bytes: Buffer) => {
      if (!isText) return client.send(bytes)
      text += bytes.toString('utf8')
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) client.send(line)
    })
  })
  await new Promise<void>((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  return {
    port,
    paths,
    stop: () =>
      new Promise((done) => {
        for (const client of server.clients) client.terminate()
        server.close(() => done())
      }),
  }
}
