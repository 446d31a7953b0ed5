/** Every way to reach the api, opened on a core in memory: what the contract suite runs over. */
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink as MessagePortLink } from '@orpc/client/message-port'
import { RPCLink as WebSocketLink } from '@orpc/client/websocket'
import { type ContractRouterClient } from '@orpc/contract'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createRouter } from '../../src-main/api/index.ts'
import { createLogger, type Logger, type LogLevel } from '../../src-main/base/index.ts'
import { PortServer } from '../../src-main/electron/port-server.ts'
import {
  type Dashboard,
  type DashboardOptions,
  startDashboard,
} from '../../src-main/headless/dashboard-server.ts'
import { type Contract } from '../../src-preload/contract/index.ts'
import { type FakeCore } from '../support/fake-core.ts'
import { MainPort } from '../support/main-port.ts'
import { httpLink } from './http-link.ts'

export type Client = ContractRouterClient<Contract>

export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Record<string, unknown>
}

export function recordingLogger(lines: LogLine[]): Logger {
  return createLogger((level, _scope, message, fields) => void lines.push({ level, message, fields }))
}

export const TOKEN = 'test-token-0123456789abcdefghijklmnopqrstuvw'

export interface OpenDashboard extends Dashboard {
  readonly port: number
  readonly log: readonly LogLine[]
}

/** A dashboard on a free loopback port; stopped when the test ends. */
export async function openDashboard(
  core: FakeCore,
  options: Partial<DashboardOptions> = {},
): Promise<OpenDashboard> {
  const log: LogLine[] = []
  const dashboard = await startDashboard({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    version: '0.1.0',
    rendererDir: null,
    router: createRouter(core),
    log: recordingLogger(log),
    ...options,
  })
  onTestFinished(() => dashboard.stop())
  return { ...dashboard, port: Number(new URL(dashboard.url).port), log }
}

/** An open socket at `/rpc`. */
export async function openSocket(
  port: number,
  headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
  { autoPong = true } = {},
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, { headers, autoPong })
  onTestFinished(() => socket.terminate())
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}

export interface OpenPort {
  readonly client: Client
  readonly log: readonly LogLine[]
  /** Ends the connection from the caller's side, without a word. */
  leave(): void
}

export interface PortKind {
  readonly name: string
  open(core: FakeCore): Promise<OpenPort>
}

type PagePort = ConstructorParameters<typeof MessagePortLink>[0]['port']

export const PORTS: readonly PortKind[] = [
  {
    name: 'HTTP',
    async open(core) {
      const { url, log } = await openDashboard(core)
      const leaving = new AbortController()
      return {
        client: createORPCClient<Client>(httpLink(url, TOKEN, leaving.signal)),
        log,
        leave: () => leaving.abort(),
      }
    },
  },
  {
    name: 'WebSocket',
    async open(core) {
      const { port, log } = await openDashboard(core)
      const socket = await openSocket(port)
      // The link asks for a browser's WebSocket; ws has the same events and methods.
      const link = new WebSocketLink({ websocket: socket as unknown as globalThis.WebSocket })
      return { client: createORPCClient<Client>(link), log, leave: () => socket.terminate() }
    },
  },
  {
    name: 'message port',
    open(core) {
      const log: LogLine[] = []
      const { port1, port2 } = new MessageChannel()
      const server = new PortServer(createRouter(core), recordingLogger(log))
      server.serve(new MainPort(port1))
      // Node's port has the events and methods of the page's.
      const link = new MessagePortLink({ port: port2 as unknown as PagePort })
      port2.start()
      onTestFinished(() => port2.close())
      return Promise.resolve({ client: createORPCClient<Client>(link), log, leave: () => port2.close() })
    },
  },
]
