/**
 * Entry of the process under test: a host with the proxy in its mining thread, as in the product, or with the
 * same service on the host's own loop. The host may stall, as a host does that opens a dialog.
 */
import { MessageChannel, Worker } from 'node:worker_threads'
import {
  type MiningEvent,
  type MiningProcedures,
  runMiningService,
} from '../../../src-main/app/mining-service.ts'
import { threadLimits } from '../../../src-main/app/thread-host.ts'
import { serveThread, ThreadClient } from '../../../src-main/app/thread-link.ts'
import { systemEntropy } from '../../../src-main/base/index.ts'
import {
  type ActivationResult,
  DEFAULT_ROUTING,
  type PoolConfig,
  type RoutingConfig,
  type ShareCounts,
} from '../../../src-main/proxy/index.ts'
import { generateAuthorityKeyPair } from '../../../src-main/sv2/index.ts'
import { type LongestTurn, type ProbeProcedures, probeProcedures } from './loop-probe.ts'
import { parentPort } from './processes.ts'

export interface ProxyStart {
  /** Where the proxy runs. */
  readonly on: 'mining-thread' | 'host-loop'
  readonly pools: readonly PoolConfig[]
  readonly activePoolId: string
  readonly sharesPerMinute: number
}

export interface ProxyProcedures extends Record<string, (argument: never) => unknown> {
  /** @returns the port for rigs, once the pool gave a job */
  start(options: ProxyStart): Promise<number>
  /** Processor time of the whole process so far, milliseconds. */
  cpuMs(argument: null): number
  /** Resident memory of the whole process, bytes. */
  residentBytes(argument: null): number
  /** Of the proxy's thread and the host's. */
  collectGarbage(argument: null): Promise<void>
  /** Shares so far, as the proxy counts them; up to a second old. */
  counts(argument: null): ShareCounts | null
  /** @returns when the call was made, on the clock of `process.hrtime`, nanoseconds, and its result */
  activate(poolId: string): Promise<{ readonly startNs: number; readonly result: ActivationResult }>
  watchLoop(argument: null): Promise<void>
  longestTurn(argument: null): Promise<LongestTurn>
  /** From now on the host is busy so long in each period; 0 ends it. */
  stall(options: { readonly busyMs: number; readonly periodMs: number }): void
}

const authority = generateAuthorityKeyPair(systemEntropy)
/** What is measured is the pool that was asked for. */
const STAYS_WHERE_IT_IS: RoutingConfig = {
  ...DEFAULT_ROUTING,
  failover: { ...DEFAULT_ROUTING.failover, enabled: false },
}

type MiningClient = ThreadClient<MiningProcedures, MiningEvent>

let mining: MiningClient | null = null
let probe: ThreadClient<ProbeProcedures> | null = null
let counts: ShareCounts | null = null
let ready: () => void = () => {}
let stalls: NodeJS.Timeout | null = null

function onEvent(event: MiningEvent): void {
  if (event.kind !== 'report') return
  counts = event.report.counts
  if (event.report.pools.some(({ state }) => state.phase === 'ready')) ready()
}

function startInThread(): void {
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL('./mining-probe.thread.ts', import.meta.url), {
    workerData: { probePort: port2 },
    transferList: [port2],
    resourceLimits: threadLimits('mining'),
  })
  worker.on('error', (error) => {
    throw error
  })
  mining = new ThreadClient(worker, onEvent)
  probe = new ThreadClient(port1)
}

function startOnHostLoop(): void {
  const { port1, port2 } = new MessageChannel()
  runMiningService(port2)
  mining = new ThreadClient(port1, onEvent)
  const probePorts = new MessageChannel()
  serveThread(probePorts.port2, probeProcedures)
  probe = new ThreadClient(probePorts.port1)
}

function started<T>(part: T | null): T {
  if (part === null) throw new Error('start the proxy first')
  return part
}

const procedures: ProxyProcedures = {
  async start({ on, pools, activePoolId, sharesPerMinute }) {
    if (on === 'mining-thread') startInThread()
    else startOnHostLoop()
    const isReady = new Promise<void>((resolve) => (ready = resolve))
    const { stratum } = await started(mining).call('start', {
      userAgent: 'headframe/bench',
      authority,
      tls: null,
      stratum: { host: '127.0.0.1', port: 0 },
      stratumV2: null,
      stratumWs: null,
      allowedRanges: [],
      sharesPerMinute,
      // Every share goes to the pool, as many as there are.
      floodSharesPerSecond: Infinity,
      pools,
      activePoolId,
      routing: STAYS_WHERE_IT_IS,
    })
    await isReady
    if (!stratum) throw new Error('the proxy listens nowhere')
    return stratum.port
  },
  cpuMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  residentBytes: () => process.memoryUsage.rss(),
  async collectGarbage() {
    globalThis.gc?.()
    await started(probe).call('collectGarbage', null)
  },
  counts: () => counts,
  async activate(poolId) {
    const startNs = Number(process.hrtime.bigint())
    return { startNs, result: await started(mining).call('activate', poolId) }
  },
  watchLoop: () => started(probe).call('watch', null),
  longestTurn: () => started(probe).call('longestTurn', null),
  stall({ busyMs, periodMs }) {
    if (stalls) clearInterval(stalls)
    stalls = null
    if (busyMs === 0) return
    stalls = setInterval(() => {
      const end = performance.now() + busyMs
      while (performance.now() < end);
    }, periodMs)
  },
}

serveThread(parentPort(), procedures)
