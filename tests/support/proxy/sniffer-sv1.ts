/** A sniffer of Stratum V1 lines. Its JSON is its own: nothing of `src-main/sv1` is used. */
import { type Socket } from 'node:net'
import { type Side, Sniffer } from './sniffer.ts'
import { openSnifferWire, type SnifferWire } from './sniffer-wire.ts'

/** A line; an answer is named after its request, `mining.submit.result`. */
export interface Sv1Line {
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Sv1Sniffer extends Sniffer<Sv1Line> {
  readonly wire: SnifferWire
}

/** Starts to listen; stops when the test is over. */
export async function sniffSv1(upstreamPort: number): Promise<Sv1Sniffer> {
  const sniffer = new Sniffer<Sv1Line>(({ body }) => encode(`${JSON.stringify(body)}\n`))
  const wire = await openSnifferWire(upstreamPort, ({ on, downstream, upstream }) => {
    const asked: Record<Side, Map<string, string>> = { downstream: new Map(), upstream: new Map() }
    const listen = (from: Side, socket: Socket, other: Socket): void => {
      const hand = sniffer.openLine((bytes) => void (other.destroyed || other.write(bytes)))
      onLines(socket, (line) => {
        const body = JSON.parse(line) as Record<string, unknown>
        const id = JSON.stringify(body.id)
        let name: string
        if (typeof body.method === 'string') {
          name = body.method
          if (body.id !== null && body.id !== undefined) asked[from].set(id, name)
        } else {
          const asker = from === 'upstream' ? 'downstream' : 'upstream'
          name = `${asked[asker].get(id) ?? 'nothing'}.result`
        }
        hand({ on, from, message: { name, body }, bytes: encode(`${line}\n`) })
      })
    }
    listen('downstream', downstream, upstream)
    listen('upstream', upstream, downstream)
  })
  return Object.assign(sniffer, { wire })
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

function onLines(socket: Socket, onLine: (line: string) => void): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}
