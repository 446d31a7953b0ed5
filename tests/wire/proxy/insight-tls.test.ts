/** What the bandwidth meter takes for the cost of TLS is what TLS costs: measured below it, on a loopback socket. */
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formatSetDifficulty, formatTrue } from '../../../src-main/sv1/index.ts'
import {
  TLS_CERTIFICATES_BYTES,
  TLS_HANDSHAKE_DOWN_BYTES,
  TLS_HANDSHAKE_UP_BYTES,
  TLS_RECORD_BYTES,
} from '../../../src-main/proxy/insight/message-sizes.ts'
import { until } from '../../support/proxy/until.ts'

const pem = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, '../../support/tls', name), 'utf8')

/** A client over a TCP socket whose bytes can be counted, after its handshake. */
async function session(): Promise<{ socket: TLSSocket; tcp: Socket; write(line: string): Promise<number> }> {
  let received = 0
  const server = createServer(
    { key: pem('test-key.pem'), cert: pem('test-certificate.pem'), minVersion: 'TLSv1.3' },
    (peer) => peer.on('data', (bytes: Buffer) => (received += bytes.length)).on('error', () => {}),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const tcp = connectTcp((server.address() as AddressInfo).port, '127.0.0.1')
  const socket = connectTls({ socket: tcp, servername: 'pool.example.com', rejectUnauthorized: false })
  onTestFinished(() => {
    socket.destroy()
    server.close()
  })
  await new Promise<void>((done, fail) => socket.once('secureConnect', done).once('error', fail))
  expect(socket.getProtocol()).toBe('TLSv1.3')
  const write = async (line: string): Promise<number> => {
    const [before, expected] = [tcp.bytesWritten, received + line.length]
    socket.write(line)
    await until('the line to arrive', () => received === expected)
    return tcp.bytesWritten - before
  }
  // The first line leaves with the end of the handshake.
  await write('\n')
  return { socket, tcp, write }
}

describe('TLS', () => {
  it('adds to each line what the meter says', async () => {
    const { write } = await session()
    for (const line of [formatTrue(5), formatSetDifficulty(512), `${'x'.repeat(4000)}\n`]) {
      expect(await write(line)).toBe(line.length + TLS_RECORD_BYTES)
    }
  })

  it('begins with about as many bytes as the meter says, certificates as public ones are', async () => {
    const { tcp, socket } = await session()
    const up = tcp.bytesWritten - 1 - TLS_RECORD_BYTES
    const down = tcp.bytesRead - socket.getPeerCertificate().raw.length + TLS_CERTIFICATES_BYTES
    expect(Math.abs(up / TLS_HANDSHAKE_UP_BYTES - 1)).toBeLessThan(0.1)
    // Session tickets come when they come.
    expect(Math.abs(down / TLS_HANDSHAKE_DOWN_BYTES - 1)).toBeLessThan(0.2)
  })
})
