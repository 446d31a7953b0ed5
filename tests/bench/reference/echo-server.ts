/**
 * The least a Node server does for a rig: accepts it, gives it a job and answers each line without looking at
 * what it says. What of the cost of a share is Node's own. As an entry it serves `EchoProcedures`.
 */
import { createServer, type Socket } from 'node:net'
import { serveThread } from '../../../src-main/app/thread-link.ts'
import { parentPort } from '../end-to-end/processes.ts'

export interface EchoProcedures extends Record<string, (argument: never) => unknown> {
  /** @param job one `mining.notify` line @returns the port for rigs */
  start(job: string): Promise<number>
  cpuMs(argument: null): number
}

const LF = 10

function onRig(socket: Socket, job: string): void {
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    let answers = ''
    for (let start = 0, end = bytes.indexOf(LF); end >= 0; start = end + 1, end = bytes.indexOf(LF, start)) {
      const id = Number.parseInt(bytes.toString('latin1', start + 6, start + 16).trim(), 10)
      if (id === 2) answers += '{"id":2,"result":[[],"00000001",4],"error":null}\n'
      else answers += `{"id":${id},"result":true,"error":null}\n`
      if (id === 3) answers += job
    }
    if (answers !== '') socket.write(answers, 'latin1')
  })
}

const procedures: EchoProcedures = {
  start(job) {
    const server = createServer({ noDelay: true }, (socket) => onRig(socket, job))
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        if (typeof address === 'object' && address) resolve(address.port)
      })
    })
  },
  cpuMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
}

serveThread(parentPort(), procedures)
