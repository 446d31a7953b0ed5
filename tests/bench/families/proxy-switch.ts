/**
 * From the click that switches pools to the new job at the last of 1,000 rigs. In two ways: to a pool that is
 * at hand, connected and with a job, and to one that has to be connected first, with handshake, channel and
 * job. The click is the call of `activate` in the host, so that the hand-over to the mining thread is in it.
 *
 * Held against the same line written to as many rigs in one go by Node with nothing behind it. The bound of 2
 * was chosen from measurement: with a pool at hand the median was 1.3 to 1.7 times the plain broadcast's while
 * others used the machine, and what a switch adds to the writes (to look at each rig's layout and difficulty,
 * and to give other work a turn between slices) grows with the rigs as the writes do.
 */
import { helpersCpuMs } from '../end-to-end/processes.ts'
import { startUnsliced, type Unsliced } from '../end-to-end/references.ts'
import { type SwitchTiming, Testbed } from '../end-to-end/testbed.ts'
import { type Amounts, type BenchFamily, type PreparedFamily } from '../family.ts'

const RIGS = 1_000
/** Switches of a repetition: enough for a 99th percentile to be more than the worst of a few. */
const SWITCHES = 30
/** Between a switch and the next, for the rigs and the reports to come to rest. */
const PAUSE_MS = 60
/** To and fro between these. */
const POOLS_AT_HAND = 2
const COLD_SWITCHES = 5
const NAMES = {
  warm: 'switch to a pool at hand',
  cold: 'switch to a pool not connected yet',
  plain: 'plain broadcast',
} as const
const WARM_BOUND = 2

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS))

function percentiles(name: string, values: readonly number[]): Amounts {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (fraction: number): number => sorted[Math.round(fraction * (sorted.length - 1))]!
  return { [`${name}P50Ms`]: at(0.5), [`${name}P99Ms`]: at(0.99) }
}

async function switches(testbed: Testbed, poolIds: readonly string[]): Promise<Amounts> {
  const timings: SwitchTiming[] = []
  for (const poolId of poolIds) {
    await pause()
    timings.push(await testbed.switchTo(poolId))
  }
  return {
    ...percentiles(
      'lastRig',
      timings.map(({ clickToLastRigMs }) => clickToLastRigMs),
    ),
    ...percentiles(
      'firstRig',
      timings.map(({ clickToFirstRigMs }) => clickToFirstRigMs),
    ),
    ...percentiles(
      'fanOut',
      timings.map(({ clickToFirstRigMs, clickToLastRigMs }) => clickToLastRigMs - clickToFirstRigMs),
    ),
    ...(timings.every(({ clickToPoolsJobMs }) => clickToPoolsJobMs > 0)
      ? percentiles(
          'poolsAnswer',
          timings.map(({ clickToPoolsJobMs }) => clickToPoolsJobMs),
        )
      : {}),
  }
}

async function broadcasts(plain: Unsliced): Promise<Amounts> {
  const times: number[] = []
  for (let i = 0; i < SWITCHES; i++) {
    await pause()
    times.push((await plain.broadcast()).lastRigMs)
  }
  return percentiles('lastRig', times)
}

/** A farm that has been there for a while: as in the product, every pool but the first is still unknown to it. */
async function measureCold(): Promise<Amounts> {
  const testbed = await Testbed.startWithRigs({ rigs: RIGS, pools: 1 + COLD_SWITCHES })
  try {
    return await switches(testbed, testbed.poolIds.slice(1))
  } finally {
    await testbed.stop()
  }
}

async function prepare(): Promise<PreparedFamily> {
  const testbed = await Testbed.startWithRigs({ rigs: RIGS, pools: POOLS_AT_HAND })
  const plain = await startUnsliced(RIGS)
  let count = 0
  const toAndFro = (): string[] =>
    Array.from({ length: SWITCHES }, () => testbed.poolIds[++count % POOLS_AT_HAND]!)
  return {
    candidates: [
      { name: NAMES.warm, measure: () => switches(testbed, toAndFro()) },
      { name: NAMES.cold, startsAnew: true, measure: measureCold },
      { name: NAMES.plain, measure: () => broadcasts(plain) },
    ],
    // Connects both pools; that all rigs follow each switch is checked at each.
    checkCorrectness: async () => void (await switches(testbed, toAndFro())),
    helpersCpuMs,
    async dispose() {
      for (const part of [testbed, plain]) await part.stop()
    },
  }
}

const family: BenchFamily = {
  title: `Click to the last rig's new job, ${RIGS} rigs`,
  goals: [
    {
      title: 'click to last rig, pool at hand, p50 against a plain broadcast',
      candidate: NAMES.warm,
      reference: NAMES.plain,
      metric: 'lastRigP50Ms',
      gate: { atMost: WARM_BOUND },
    },
    {
      title: 'the same, p99',
      candidate: NAMES.warm,
      reference: NAMES.plain,
      metric: 'lastRigP99Ms',
      gate: null,
    },
    {
      title: 'click to last rig, pool not connected, p50 against a plain broadcast',
      candidate: NAMES.cold,
      reference: NAMES.plain,
      metric: 'lastRigP50Ms',
      gate: null,
    },
  ],
  maxRepetitions: 7,
  prepare,
}

export default family
