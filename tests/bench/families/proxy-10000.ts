/**
 * 10,000 rigs on one process, each sending 6 shares a minute: 1,000 a second in all, every one of them hashed,
 * compared with its target, looked up among those seen, forwarded and acknowledged. The hashrate of such rigs
 * would be petahashes, so their shares are of the lowest difficulty there is; checking one costs the same.
 *
 * Counted: rigs that are connected and got work, shares answered, and what became of each in the proxy's books
 * and at the pool. Measured: memory of a rig, latency of an answer, the time until a new block's job is at the
 * last rig, and the longest turn of the mining thread's loop meanwhile, during which nobody else is served.
 *
 * Needs about 10,200 open files in the proxy's process and as many in the rigs'.
 */
import { execFileSync } from 'node:child_process'
import { identityHolds } from '../../../src-main/proxy/index.ts'
import { hasProcessFigures, NO_PROCESS_FIGURES, residentBytes } from '../end-to-end/process-figures.ts'
import { helpersCpuMs } from '../end-to-end/processes.ts'
import { Testbed } from '../end-to-end/testbed.ts'
import { type Amounts, type BenchFamily } from '../family.ts'
import { quartilesOf } from '../judgement.ts'

const RIGS = 10_000
const SHARES_PER_SECOND = 1_000
/** Three shares of each rig. */
const LOAD_MS = 30_000
const WATCHED_LOAD_MS = 10_000
const IDLE_MS = 5_000
/** Of each rig, before anything is timed. */
const SHARES_BEFORE = 2
const TIPS = 5
const NAME = 'headframe, 10,000 rigs'
/** Beside a socket for each rig: the pools, the runtime's own. */
const OTHER_FILES = 200
/** For the once-a-second reports to have passed. */
const SETTLE_MS = 2_000

/** Open files that a process here may have; null where the system does not tell. */
function openFilesLimit(): number | null {
  try {
    const text = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
    return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text)
  } catch {
    return null
  }
}

function lacking(): string | null {
  if (!hasProcessFigures()) return NO_PROCESS_FIGURES
  const limit = openFilesLimit()
  const needed = RIGS + OTHER_FILES
  if (limit === null || limit >= needed) return null
  return (
    `a process may have ${limit} open files here and ${needed} are needed: raise the hard limit ` +
    `("ulimit -Hn ${needed}" as root, or "nofile" in /etc/security/limits.conf) and log in anew`
  )
}

async function measure(): Promise<Amounts> {
  const testbed = await Testbed.start({})
  try {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    const emptyBytes = residentBytes(testbed.pid)
    const connectStartMs = performance.now()
    await testbed.connectRigs(RIGS)
    const connectedS = (performance.now() - connectStartMs) / 1000
    // The engine compiles the way of a share to its last form within some ten thousand of them.
    const { accepted } = await testbed.rigs.each(SHARES_BEFORE)
    if (accepted !== SHARES_BEFORE * RIGS) throw new Error(`only ${accepted} shares were accepted`)
    const lastRigMs = await blockToLastRig(testbed)
    const { notified } = await testbed.rigs.jobArrival()

    const idleStartMs = await testbed.cpuMs()
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
    const loadStartMs = await testbed.cpuMs()
    const load = await testbed.rigs.openLoop(SHARES_PER_SECOND, LOAD_MS)
    const loadEndMs = await testbed.cpuMs()
    const kibPerRig = (residentBytes(testbed.pid) - emptyBytes) / 1024 / RIGS

    // Watched apart, because the instrument keeps the loop turning; with a new block in the midst of it.
    await testbed.proxy.call('watchLoop', null)
    const watchedLoad = testbed.rigs.openLoop(SHARES_PER_SECOND, WATCHED_LOAD_MS)
    await new Promise((resolve) => setTimeout(resolve, WATCHED_LOAD_MS / 2))
    await testbed.pool.call('newTip', testbed.poolPort)
    const watched = await watchedLoad
    const turn = await testbed.proxy.call('longestTurn', null)

    const sent = accepted + load.sent + watched.sent
    const refused = load.refused + watched.refused
    const { stale, lost, unaccounted } = await booksOf(testbed, sent, refused)
    return {
      rigsAtWork: notified,
      connectedS,
      answeredRatio: (sent - load.unanswered - watched.unanswered) / sent,
      staleShares: stale,
      lostShares: lost,
      unaccountedShares: unaccounted,
      kibPerRig,
      idleCpuRatio: (loadStartMs - idleStartMs) / IDLE_MS,
      cpuRatio: (loadEndMs - loadStartMs) / load.wallMs,
      answerP50Ms: load.p50Ms,
      answerP99Ms: load.p99Ms,
      sentLateMs: load.sentLateMs,
      lastRigMs,
      longestTurnCpuMs: turn.cpuMs,
      longestTurnWallMs: turn.wallMs,
    }
  } finally {
    await testbed.stop()
  }
}

async function blockToLastRig(testbed: Testbed): Promise<number> {
  const times: number[] = []
  for (let tip = 0; tip < TIPS; tip++) times.push(await testbed.newTip())
  return quartilesOf(times).median
}

interface Books {
  /** Of the block before: sent while the new job was on its way. */
  readonly stale: number
  readonly lost: number
  readonly unaccounted: number
}

/** Whether the books of the proxy agree with themselves, with the rigs and with the pool. */
async function booksOf(testbed: Testbed, sent: number, refused: number): Promise<Books> {
  const counts = await testbed.settledCounts()
  if (!identityHolds(counts)) throw new Error(`the books do not balance: ${JSON.stringify(counts)}`)
  const forwarded = await testbed.forwarded()
  const { submitted, stale, duplicate, invalid, acknowledged, lost } = counts
  const unaccounted =
    Math.abs(sent - submitted) +
    Math.abs(refused - stale - duplicate - invalid) +
    Math.abs(forwarded - acknowledged)
  return { stale, lost, unaccounted }
}

const reason = lacking()

const family: BenchFamily = {
  title: '10,000 rigs on one process, 1,000 shares a second, every one checked',
  goals: [
    {
      title: 'rigs of 10,000 that are connected and at work',
      candidate: NAME,
      reference: null,
      metric: 'rigsAtWork',
      gate: { atLeast: RIGS },
    },
    {
      title: 'shares answered, of those sent',
      candidate: NAME,
      reference: null,
      metric: 'answeredRatio',
      gate: { atLeast: 1 },
    },
    {
      title: 'shares lost',
      candidate: NAME,
      reference: null,
      metric: 'lostShares',
      gate: { atMost: 0 },
    },
    {
      title: 'shares that rigs, books and pool count differently',
      candidate: NAME,
      reference: null,
      metric: 'unaccountedShares',
      gate: { atMost: 0 },
    },
    {
      title: 'resident KiB of a rig',
      candidate: NAME,
      reference: null,
      metric: 'kibPerRig',
      gate: { atMost: 12 },
      stretch: 8,
    },
  ],
  maxRepetitions: 3,
  prepare: () => ({
    candidates: [
      reason === null ? { name: NAME, startsAnew: true, measure } : { name: NAME, unavailable: reason },
    ],
    checkCorrectness: () => {},
    helpersCpuMs,
  }),
}

export default family
