/**
 * A job for 10,000 rigs: from the call that switches pools to the last byte at the last rig, and the longest
 * turn of the mining thread's loop meanwhile. Time against a C program that writes the same line to as many
 * sockets; the turn against the same writes in one go.
 *
 * A turn is measured in processor time of the thread, so that what others take from it does not count.
 */
import { NO_COMPILER, nativeProgram } from '../end-to-end/native.ts'
import { helpersCpuMs } from '../end-to-end/processes.ts'
import { type NativeFloor, startNativeFloor, startUnsliced } from '../end-to-end/references.ts'
import { type RigFarm } from '../end-to-end/rigs.ts'
import { Testbed } from '../end-to-end/testbed.ts'
import { type Amounts, type BenchFamily, type PreparedFamily } from '../family.ts'

const RIGS = 10_000
const NAMES = { proxy: 'proxy', writeLoop: 'C write loop', unsliced: 'all in one turn' } as const
/** Between a broadcast and the next, for reports and answers to pass. */
const PAUSE_MS = 200
/** What others take from a broadcast only lengthens it, so the shortest of so many counts. */
const BROADCASTS = 3

async function shortest(broadcast: () => Promise<number>): Promise<number> {
  let ms = Infinity
  for (let i = 0; i < BROADCASTS; i++) ms = Math.min(ms, await broadcast())
  return ms
}

/** Switches to and fro between two pools that are both connected. */
class SwitchingProxy {
  readonly #testbed: Testbed
  #switches = 0

  constructor(testbed: Testbed) {
    this.#testbed = testbed
  }

  async measure(): Promise<Amounts> {
    const lastByteMs = await shortest(() => this.#broadcast())
    const { proxy } = this.#testbed
    await proxy.call('watchLoop', null)
    await this.#broadcast()
    const { cpuMs, wallMs } = await proxy.call('longestTurn', null)
    return { lastByteMs, turnMs: cpuMs, turnWallMs: wallMs }
  }

  async #broadcast(): Promise<number> {
    const { proxy, rigs, poolIds } = this.#testbed
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    await rigs.expectJob()
    const { startNs, result } = await proxy.call('activate', poolIds[++this.#switches % poolIds.length]!)
    const { seamless, total } = result.downstreams
    if (seamless !== RIGS) throw new Error(`${seamless} of ${total} rigs switched seamlessly`)
    return ((await lastByteNs(rigs)) - startNs) / 1e6
  }
}

async function lastByteNs(rigs: RigFarm): Promise<number> {
  const { notified, lastNs } = await rigs.jobArrival()
  if (notified !== RIGS) throw new Error(`${notified} of ${RIGS} rigs got the job`)
  return lastNs
}

async function prepare(): Promise<PreparedFamily> {
  const program = nativeProgram('floor')
  const testbed = await Testbed.startWithRigs({ rigs: RIGS, pools: 2 })
  const unsliced = await startUnsliced(RIGS)
  const floor = program === null ? null : await startNativeFloor(program, RIGS)
  const proxy = new SwitchingProxy(testbed)

  async function writeLoop(server: NativeFloor): Promise<number> {
    await server.rigs.expectJob()
    const { startNs } = await server.broadcast()
    return ((await lastByteNs(server.rigs)) - startNs) / 1e6
  }
  return {
    candidates: [
      { name: NAMES.proxy, measure: () => proxy.measure() },
      floor
        ? {
            name: NAMES.writeLoop,
            measure: async () => ({ lastByteMs: await shortest(() => writeLoop(floor)) }),
          }
        : { name: NAMES.writeLoop, unavailable: NO_COMPILER },
      { name: NAMES.unsliced, measure: async () => ({ turnMs: (await unsliced.broadcast()).cpuMs }) },
    ],
    // Warms the way of a job up as well.
    checkCorrectness: async () => void (await proxy.measure()),
    helpersCpuMs,
    async dispose() {
      for (const part of [testbed, unsliced, ...(floor ? [floor] : [])]) await part.stop()
    },
  }
}

const family: BenchFamily = {
  title: 'A job for 10,000 rigs',
  goals: [
    {
      title: '12 broadcast, call to last byte, against a C write loop',
      candidate: NAMES.proxy,
      reference: NAMES.writeLoop,
      metric: 'lastByteMs',
      gate: { atMost: 1.4 },
      stretch: 1.15,
    },
    {
      title: '13 longest turn in a broadcast, against all in one turn',
      candidate: NAMES.proxy,
      reference: NAMES.unsliced,
      metric: 'turnMs',
      gate: { atMost: 0.06 },
      stretch: 0.02,
    },
  ],
  prepare,
}

export default family
