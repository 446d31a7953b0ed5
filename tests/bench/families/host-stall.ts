/**
 * A host that is busy 50 ms in every 250, as an Electron main process can be: latency of shares with the
 * proxy in its mining thread, and with the same service on the host's own loop. Open loop: from the moment a
 * share was due, whenever it was sent.
 */
import { helpersCpuMs } from '../end-to-end/processes.ts'
import { type ShareLatency } from '../end-to-end/rigs.ts'
import { Testbed } from '../end-to-end/testbed.ts'
import { type Amounts, type BenchFamily, type PreparedFamily } from '../family.ts'

const RIGS = 1_000
const SHARES_PER_SECOND = 2_000
const SLICE_MS = 1_200
const STALL = { busyMs: 50, periodMs: 250 }
const NAMES = { thread: 'proxy in the mining thread', host: "proxy on the host's loop" } as const
/** If even the rigs could not send in time, the machine was taken from all of us: measure again. */
const MAX_SENT_LATE_MS = 6
const ATTEMPTS = 3

async function measure(testbed: Testbed): Promise<Amounts> {
  let best: ShareLatency | null = null
  await testbed.proxy.call('stall', STALL)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await testbed.newTip()
    const latency = await testbed.rigs.openLoop(SHARES_PER_SECOND, SLICE_MS)
    if (latency.accepted !== latency.sent) throw new Error('not every share was accepted')
    if (!best || latency.sentLateMs < best.sentLateMs) best = latency
    if (best.sentLateMs <= MAX_SENT_LATE_MS) break
  }
  await testbed.proxy.call('stall', { busyMs: 0, periodMs: 0 })
  if (!best) throw new Error('nothing was measured')
  const { p50Ms, p99Ms, maxMs, sentLateMs } = best
  return { p50Ms, p99Ms, maxMs, sentLateMs }
}

async function prepare(): Promise<PreparedFamily> {
  // Not pinned: host and mining thread need a core each, as they have in the product.
  const thread = await Testbed.startWithRigs({ rigs: RIGS, on: 'mining-thread', place: 'free' })
  const host = await Testbed.startWithRigs({ rigs: RIGS, on: 'host-loop', place: 'free' })
  for (const testbed of [thread, host]) await testbed.rigs.openLoop(SHARES_PER_SECOND, SLICE_MS)
  return {
    candidates: [
      { name: NAMES.thread, measure: () => measure(thread) },
      { name: NAMES.host, measure: () => measure(host) },
    ],
    checkCorrectness: () => {},
    helpersCpuMs,
    async dispose() {
      for (const testbed of [thread, host]) await testbed.stop()
    },
  }
}

const family: BenchFamily = {
  title: 'Shares while the host stalls 50 ms in every 250',
  goals: [
    {
      title: '11 p99 of a share in the mining thread, against the stalled loop',
      candidate: NAMES.thread,
      reference: NAMES.host,
      metric: 'p99Ms',
      gate: { atMost: 0.15 },
      stretch: 0.05,
    },
  ],
  prepare,
}

export default family
