/**
 * Our proxy beside the reference implementation's translator: the same 1,000 rigs, the same pool, the same
 * job, one upstream channel for all rigs, both with vardiff at work, both on one processor core. Neither
 * leaves out anything: each share is checked, looked up among those seen, forwarded and acknowledged.
 *
 * Each repetition starts both anew. Processor time and memory are the system's for the whole process, taken
 * the same way of both. Latency is open loop, from the moment a share was due to its arrival at the pool.
 *
 * The interop tests' cache holds a translator built without optimisation, because that builds in two minutes:
 * enough to talk to, but no measure of its speed. With it, only memory is judged, on the assumption that a
 * compiler's optimisation changes little of what a rig's buffers and tables take, and the rest is shown: its
 * latency and its time to the last rig are processor time as well. Name an optimised build in
 * HEADFRAME_BENCH_TRANSLATOR to have all judged.
 */
import { hasProcessFigures, NO_PROCESS_FIGURES, residentBytes } from '../end-to-end/process-figures.ts'
import { helpersCpuMs } from '../end-to-end/processes.ts'
import { dueNs } from '../end-to-end/rigs.ts'
import { type ComparedProxy, Testbed } from '../end-to-end/testbed.ts'
import { findTranslator, Translator, type TranslatorProgram } from '../end-to-end/translator.ts'
import { type Amounts, type BenchCandidate, type BenchFamily, type BenchGoal } from '../family.ts'
import { quartilesOf } from '../judgement.ts'

const RIGS = 1_000
const OURS = 'headframe'
/** 12 a minute and rig: twice what a farm of this size sends. */
const SHARES_PER_SECOND = 200
const OPEN_LOOP_MS = 5_000
const SLICE_MS = 400
const SLICES = 3
/** The engine compiles the way of a share to its last form within some ten thousand of them. */
const WARM_UP_CPU_MS = 1_200
const WARM_UP_SLICES = 8
const TIPS = 7
/** For reports and acknowledgements to pass. */
const SETTLE_MS = 1_500

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS))

async function measure(start: () => Promise<ComparedProxy>): Promise<Amounts> {
  const proxy = await start()
  try {
    await settle()
    const emptyBytes = residentBytes(proxy.pid)
    const kibPerRig = (): number => (residentBytes(proxy.pid) - emptyBytes) / 1024 / RIGS
    await proxy.connectRigs(RIGS)
    await settle()
    const kibPerConnectedRig = kibPerRig()
    await warmUp(proxy)
    const shares = await sharesPerCpuSecond(proxy)
    const latency = await latencyToPool(proxy)
    const lastRigMs = await blockToLastRig(proxy)
    await settle()
    return { shares, kibPerConnectedRig, kibPerActiveRig: kibPerRig(), ...latency, lastRigMs }
  } finally {
    await proxy.stop()
  }
}

async function warmUp(proxy: ComparedProxy): Promise<void> {
  const startMs = await proxy.cpuMs()
  for (let slice = 0; slice < WARM_UP_SLICES; slice++) {
    await proxy.newTip()
    await proxy.rigs.closedLoop(SLICE_MS, 1)
    if ((await proxy.cpuMs()) - startMs >= WARM_UP_CPU_MS) return
  }
}

/** Rigs send their next share as soon as the last one is answered: the proxy is busy all the time. */
async function sharesPerCpuSecond(proxy: ComparedProxy): Promise<number> {
  let total = 0
  let cpuMs = 0
  for (let slice = 0; slice < SLICES; slice++) {
    await proxy.newTip()
    const forwardedBefore = await proxy.pool.call('shares', proxy.poolPort)
    const beforeMs = await proxy.cpuMs()
    const { sent, accepted, refused } = await proxy.rigs.closedLoop(SLICE_MS, 1)
    // What was answered may still be on its way to the pool, and is work as well.
    await proxyIdle(proxy, forwardedBefore + sent)
    cpuMs += (await proxy.cpuMs()) - beforeMs
    total += accepted
    if (accepted !== sent) throw new Error(`of ${sent} shares ${accepted} were accepted, ${refused} refused`)
  }
  return (1000 * total) / cpuMs
}

async function proxyIdle(proxy: ComparedProxy, forwardedDue: number): Promise<void> {
  const endMs = performance.now() + 10_000
  for (;;) {
    const forwarded = await proxy.pool.call('shares', proxy.poolPort)
    if (forwarded === forwardedDue) return
    if (performance.now() > endMs) throw new Error(`the pool got ${forwarded} of ${forwardedDue} shares`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function latencyToPool(proxy: ComparedProxy): Promise<Amounts> {
  await proxy.newTip()
  const forwardedBefore = await proxy.pool.call('shares', proxy.poolPort)
  await proxy.pool.call('watchShares', proxy.poolPort)
  const loop = await proxy.rigs.openLoop(SHARES_PER_SECOND, OPEN_LOOP_MS)
  await proxyIdle(proxy, forwardedBefore + loop.sent)
  const { nonces, atNs } = await proxy.pool.call('arrivals', proxy.poolPort)
  const latencies = Array.from(nonces, (nonce, i) => {
    const due = dueNs(loop, nonce, RIGS, SHARES_PER_SECOND)
    if (due === null) throw new Error('the pool got a share that no rig was to send')
    return (atNs[i]! - due) / 1e6
  }).toSorted((a, b) => a - b)
  if (latencies.length !== loop.sent) throw new Error(`${latencies.length} of ${loop.sent} shares came`)
  const at = (fraction: number): number => latencies[Math.round(fraction * (latencies.length - 1))]!
  const { p50Ms, p99Ms, sentLateMs } = loop
  return { outP50Ms: at(0.5), outP99Ms: at(0.99), answerP50Ms: p50Ms, answerP99Ms: p99Ms, sentLateMs }
}

async function blockToLastRig(proxy: ComparedProxy): Promise<number> {
  const times: number[] = []
  for (let tip = 0; tip < TIPS; tip++) times.push(await proxy.newTip())
  return quartilesOf(times).median
}

/** A share sent twice is refused the second time, by both. */
async function checkRefusal(name: string, start: () => Promise<ComparedProxy>): Promise<void> {
  const proxy = await start()
  try {
    await proxy.connectRigs(3)
    const { accepted } = await proxy.rigs.each(2)
    const { refused } = await proxy.rigs.repeatShare()
    if (accepted !== 6 || refused !== 1)
      throw new Error(`${name} took ${accepted} of 6, refused ${refused} of 1`)
    await proxyIdle(proxy, 6)
  } finally {
    await proxy.stop()
  }
}

const startOurs = (): Promise<ComparedProxy> => Testbed.start({})
const found = hasProcessFigures() ? findTranslator() : NO_PROCESS_FIGURES
const theirs: TranslatorProgram | null = typeof found === 'string' ? null : found
const reference = theirs?.name ?? 'translator_sv2'

/** Ahead is a tenth better, equal a tenth worse at most: what two runs of the same program differ by. */
const AHEAD_RATIO = 0.9
const EQUAL_RATIO = 1.1

function goal(title: string, metric: string, gate: BenchGoal['gate'], needsOptimised: boolean): BenchGoal {
  const judged = theirs === null || theirs.optimised || !needsOptimised
  return {
    title: `against the reference: ${title}${judged ? '' : ' (not judged: its build is unoptimised)'}`,
    candidate: OURS,
    reference,
    metric,
    gate: judged ? gate : null,
  }
}

const family: BenchFamily = {
  title: `A proxy beside the reference implementation's, ${RIGS} rigs`,
  goals: [
    goal('resident KiB of an active rig', 'kibPerActiveRig', { atMost: AHEAD_RATIO }, false),
    goal('new block to last rig', 'lastRigMs', { atMost: AHEAD_RATIO }, true),
    goal('shares a second of processor time', 'shares', { atLeast: 1 / EQUAL_RATIO }, true),
    goal('share in to share out, p50', 'outP50Ms', { atMost: EQUAL_RATIO }, true),
    goal('share in to share out, p99', 'outP99Ms', { atMost: EQUAL_RATIO }, true),
  ],
  maxRepetitions: 5,
  prepare() {
    const ours: BenchCandidate = hasProcessFigures()
      ? { name: OURS, startsAnew: true, measure: () => measure(startOurs) }
      : { name: OURS, unavailable: NO_PROCESS_FIGURES }
    const startTheirs = theirs === null ? null : (): Promise<ComparedProxy> => Translator.start(theirs)
    return {
      candidates: [
        ours,
        startTheirs === null
          ? { name: reference, unavailable: String(found) }
          : { name: reference, startsAnew: true, measure: () => measure(startTheirs) },
      ],
      async checkCorrectness() {
        if (!hasProcessFigures()) return
        await checkRefusal(OURS, startOurs)
        if (startTheirs !== null) await checkRefusal(reference, startTheirs)
      },
      helpersCpuMs,
    }
  },
}

export default family
