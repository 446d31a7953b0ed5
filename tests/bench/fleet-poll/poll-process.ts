/**
 * The fleet as the program has it, over rigs of another process: reads them from its input as one line of JSON, adds them,
 * polls them for a while, and prints what that took. Arguments: milliseconds to warm up, and to measure.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { HeadframeError, silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import {
  type DownstreamSeen,
  EMPTY_RIG_BOOK,
  FAMILIES,
  Fleet,
  type FleetSecrets,
} from '../../../src-main/fleet/index.ts'
import { type RigFamily } from '../../../src-main/fleet/families/family.ts'
import { type BenchedRig, type PollFigures } from './benched-rig.ts'

const POLL_EVERY_MS = 10_000
const LOOP_RESOLUTION_MS = 1
const [warmUpMs = 0, measuredMs = 0] = process.argv.slice(2).map(Number)
const counted = { polls: 0, failed: 0 }

/** The same rhythm for all, whatever each family's own. */
function inRhythm(family: RigFamily): RigFamily {
  return {
    ...family,
    pollEveryMs: POLL_EVERY_MS,
    async read(link, tools) {
      try {
        const result = await family.read(link, tools)
        counted.polls++
        return result
      } catch (error) {
        counted.failed++
        const code = error instanceof HeadframeError ? error.code : 'a bug'
        process.stderr.write(`${family.id}: ${code}: ${String(error)}\n`)
        throw error
      }
    },
  }
}

const held = new Map<string, string>()
const secrets: FleetSecrets = {
  get: (name) => Promise.resolve(held.get(name)),
  set: (name, secret) => Promise.resolve(void held.set(name, secret)),
  delete: (name) => Promise.resolve(void held.delete(name)),
}

async function readRigs(): Promise<readonly BenchedRig[]> {
  for await (const line of createInterface({ input: process.stdin })) return JSON.parse(line) as BenchedRig[]
  throw new Error('no rigs came')
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function heldBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const NO_DOWNSTREAMS: readonly DownstreamSeen[] = []
const rigs = await readRigs()
const fleet = new Fleet({
  clock: systemClock,
  entropy: systemEntropy,
  log: silentLogger,
  families: Object.values(FAMILIES).map(inRhythm),
  store: { load: () => Promise.resolve(EMPTY_RIG_BOOK), save: () => Promise.resolve() },
  secrets,
  proxy: {
    downstreams: () => NO_DOWNSTREAMS,
    listener: () => ({ host: '0.0.0.0', port: 3333 }),
    ports: () => [3333],
    localAddresses: () => [],
    pool: () => Promise.resolve(null),
  },
})
// As the window is shown what changed.
fleet.onChange((change) => {
  if (change.kind === 'rigs') for (const id of change.ids) fleet.view(id)
})
await fleet.start()

const emptyBytes = process.memoryUsage.rss()
const emptyHeldBytes = heldBytes()
for (const { host, port, login, ...known } of rigs) {
  const find = {
    ...known,
    kind: 'rig',
    address: { host, port },
    firmware: 'Stock',
    firmwareVersion: null,
  } as const
  const { rigId } = await fleet.adopt(find)
  if (login !== null) await fleet.setCredentials({ scope: 'rig', id: rigId }, login.username, login.password)
}
await wait(warmUpMs)

const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
delays.enable()
const before = { cpu: process.cpuUsage(), atMs: performance.now(), ...counted }
await wait(measuredMs)
const used = process.cpuUsage(before.cpu)
const tookMs = performance.now() - before.atMs
delays.disable()
/** The histogram counts whole intervals of its own timer; what is above the interval is delay. */
const delayMs = (ns: number): number => Math.max(0, ns / 1e6 - LOOP_RESOLUTION_MS)
const residentKibPerRig = (process.memoryUsage.rss() - emptyBytes) / 1024 / rigs.length
const total = process.cpuUsage()
const figures: PollFigures = {
  measuredMs: tookMs,
  cpuMs: (used.user + used.system) / 1000,
  totalCpuMs: (total.user + total.system) / 1000,
  polls: counted.polls - before.polls,
  failedPolls: counted.failed - before.failed,
  liveRigs: fleet.list().filter(({ freshness }) => freshness === 'live').length,
  residentKibPerRig,
  heldKibPerRig: (heldBytes() - emptyHeldBytes) / 1024 / rigs.length,
  loopDelayP50Ms: delayMs(delays.percentile(50)),
  loopDelayP99Ms: delayMs(delays.percentile(99)),
  loopDelayMaxMs: delayMs(delays.max),
}
await fleet.stop()
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()
