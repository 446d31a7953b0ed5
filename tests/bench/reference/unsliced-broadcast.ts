/**
 * One job written to all rigs in one turn of the loop, over the product's own connections: what a broadcast
 * would block without slices. As an entry it serves `UnslicedProcedures`.
 */
import { serveThread } from '../../../src-main/app/thread-link.ts'
import { systemClock } from '../../../src-main/base/index.ts'
import { type Connection, createNetLoop, listen } from '../../../src-main/net/index.ts'
import { parentPort } from '../end-to-end/processes.ts'

export interface UnslicedProcedures extends Record<string, (argument: never) => unknown> {
  /** @param job one `mining.notify` line @returns the port for rigs */
  start(job: string): Promise<number>
  /** Writes the job to all. */
  broadcast(argument: null): PlainBroadcast
}

export interface PlainBroadcast {
  /** When it began, on the clock of `process.hrtime`, nanoseconds. */
  readonly startNs: number
  /** Processor time of the turn, milliseconds. */
  readonly cpuMs: number
}

const loop = createNetLoop(systemClock)
const connections = new Set<Connection>()
let jobBytes = new Uint8Array(0)

function onRig(connection: Connection): void {
  connections.add(connection)
  connection.onClose(() => connections.delete(connection))
  let hello = ''
  connection.onData((bytes) => {
    hello += Buffer.from(bytes).toString('latin1')
    if (!hello.includes('mining.authorize')) return
    hello = ''
    connection.write('{"id":2,"result":[[],"00000001",4],"error":null}\n')
    connection.write(jobBytes)
  })
}

const procedures: UnslicedProcedures = {
  async start(job) {
    jobBytes = Buffer.from(job, 'latin1')
    const listener = await listen(
      { host: '127.0.0.1', port: 0, loop, optionName: 'the bench' },
      (connection) => onRig(connection),
    )
    return listener.address.port
  },
  broadcast() {
    const startNs = Number(process.hrtime.bigint())
    const before = process.threadCpuUsage()
    for (const connection of connections) connection.write(jobBytes)
    loop.joiner.flush()
    const { user, system } = process.threadCpuUsage(before)
    return { startNs, cpuMs: (user + system) / 1000 }
  },
}

serveThread(parentPort(), procedures)
