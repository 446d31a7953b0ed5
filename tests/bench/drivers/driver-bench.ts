/**
 * Twenty boards in one thread, as the mining thread has them, with chips in another that really hash. What is measured is
 * the thread of the sessions alone: bytes in and out over message ports, jobs, nonces hashed again, views once a second.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { createHeaderHasher } from '../../../src-main/checker/index.ts'
import {
  ChainSession,
  type ChainView,
  chipProfile,
  MessageChannelPort,
  type PowerAuthority,
  type SessionBoard,
} from '../../../src-main/drivers/index.ts'
import {
  asBlockHash,
  type DeviceJob,
  type DeviceShare,
  type DeviceWork,
  sha256d,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'

const BOARDS = 20
/** 5.1 kH/s each; with a ticket of 8, held down by shares of 256 hashes, 20 nonces a second, all of them shares. */
const FIXED_ZERO_BITS = 5
const FREQUENCY_MHZ = 337.5
const SHARE_DIFFICULTY = 2 ** (FIXED_ZERO_BITS + 3 - 32)
const NEW_JOB_EVERY_MS = 30_000
const START_LIMIT_MS = 60_000

export interface ChipsThreadData {
  readonly ports: readonly MessagePort[]
  readonly fixedZeroBits: number
}

export interface DriverFigures {
  /** Of the sessions' thread, against elapsed time. */
  readonly percentOfCore: number
  /** Of all boards together. */
  readonly noncesPerSecond: number
  readonly jobsPerSecond: number
  /** Of all jobs, percent. */
  readonly laterThan1Ms: number
  readonly laterThan5Ms: number
  readonly laterThan10Ms: number
  readonly laterThan20Ms: number
  readonly laterThan50Ms: number
  /** How late a thread that does nothing was at worst: what the machine itself is to blame for. */
  readonly idleThreadLatestMs: number
  readonly badNonces: number
}

const board: SessionBoard = {
  name: 'Bench Gamma',
  chipCount: 1,
  frequencyMhz: { min: 100, max: 625, step: 6.25, default: FREQUENCY_MHZ },
  coreVoltageMv: null,
  fixedZeroBits: FIXED_ZERO_BITS,
  rateRatio: 1,
}

const power: PowerAuthority = {
  powerUp: () => Promise.resolve(),
  resetChips: () => Promise.resolve(),
  setCoreVoltage: () => Promise.resolve(),
  setFan: () => Promise.resolve(),
  sign: () => undefined,
  release: () => Promise.resolve(),
  onCut: () => () => undefined,
}

/** The proxy's side: hands out jobs, and counts shares without looking at them. */
class BenchWork implements DeviceWork {
  readonly rigKey = 'bench'
  readonly problem = null
  readonly counts = { accepted: 0, refused: 0, reasons: {} }
  job: DeviceJob | null = null
  shares = 0
  readonly #listeners = new Set<(job: DeviceJob) => void>()

  give(job: DeviceJob): void {
    this.job = job
    for (const listener of this.#listeners) listener(job)
  }

  onJob(listener: (job: DeviceJob) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  submit(_share: DeviceShare): void {
    this.shares++
  }

  setNominalHashrate(): void {}
  setLeastDifficulty(): void {}
  leave(): void {}
}

export class DriverBench {
  readonly #worker: Worker
  readonly #probe = new Worker(new URL('machine-probe.ts', import.meta.url))
  readonly #sessions: ChainSession[] = []
  readonly #works: BenchWork[] = []
  readonly #timers: { cancel(): void }[] = []
  #jobNumber = 0

  private constructor(worker: Worker) {
    this.#worker = worker
  }

  /** @returns when all boards hash */
  static async start(): Promise<DriverBench> {
    const channels = Array.from({ length: BOARDS }, () => new MessageChannel())
    const ports = channels.map(({ port1 }) => port1)
    const workerData: ChipsThreadData = { ports, fixedZeroBits: FIXED_ZERO_BITS }
    const worker = new Worker(new URL('chips-thread.ts', import.meta.url), {
      workerData,
      transferList: ports,
    })
    const bench = new DriverBench(worker)
    const hash = createHeaderHasher()
    const profile = chipProfile('BM1370')
    for (const [index, { port2 }] of channels.entries()) {
      const port = new MessageChannelPort(`bench ${index}`, port2, systemClock)
      const work = new BenchWork()
      const session = new ChainSession({
        board,
        profile,
        link: await port.open(profile.line),
        power,
        work,
        hash,
        clock: systemClock,
        entropy: systemEntropy,
        log: silentLogger,
        settings: { frequencyMhz: FREQUENCY_MHZ, coreVoltageMv: null },
      })
      session.start()
      bench.#sessions.push(session)
      bench.#works.push(work)
    }
    bench.#giveJobs()
    bench.#timers.push(systemClock.every(NEW_JOB_EVERY_MS, () => bench.#giveJobs()))
    // What the lead of the thread does with it is not ours; what it takes to make and clone it is.
    bench.#timers.push(systemClock.every(1000, () => void structuredClone(bench.#views())))
    await bench.#untilHashing()
    return bench
  }

  async measure(forMs: number): Promise<DriverFigures> {
    await this.#askProbe()
    const before = this.#totals()
    const startedMs = performance.now()
    const cpuBefore = process.threadCpuUsage()
    await pause(forMs)
    const cpu = process.threadCpuUsage(cpuBefore)
    const elapsedMs = performance.now() - startedMs
    const idleThreadLatestMs = await this.#askProbe()
    const after = this.#totals()
    const jobs = after.jobs - before.jobs
    const late = (fromBucket: number): number => {
      let count = 0
      for (let i = fromBucket; i < after.lateness.length; i++)
        count += after.lateness[i]! - before.lateness[i]!
      return (100 * count) / jobs
    }
    return {
      percentOfCore: (cpu.user + cpu.system) / 10 / elapsedMs,
      noncesPerSecond: (1000 * (after.nonces - before.nonces)) / elapsedMs,
      jobsPerSecond: (1000 * jobs) / elapsedMs,
      laterThan1Ms: late(1),
      laterThan5Ms: late(2),
      laterThan10Ms: late(3),
      laterThan20Ms: late(4),
      laterThan50Ms: late(5),
      idleThreadLatestMs,
      badNonces: after.badNonces - before.badNonces,
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    await Promise.all(this.#sessions.map((session) => session.dispose('The bench is over.')))
    await Promise.all([this.#worker.terminate(), this.#probe.terminate()])
  }

  /** @returns worst lateness of an idle thread since it was asked last, milliseconds */
  #askProbe(): Promise<number> {
    return new Promise((resolve) => {
      this.#probe.once('message', resolve)
      this.#probe.postMessage('how late')
    })
  }

  #views(): ChainView[] {
    return this.#sessions.map((session) => session.view())
  }

  #totals(): { nonces: number; jobs: number; lateness: number[]; badNonces: number } {
    const totals = { nonces: 0, jobs: 0, lateness: [0, 0, 0, 0, 0, 0], badNonces: 0 }
    for (const { counts, jobs } of this.#views()) {
      totals.nonces += counts.nonces
      totals.badNonces += counts.hardwareErrors + counts.duplicates + counts.foreign
      totals.jobs += jobs?.sent ?? 0
      for (const [i, count] of (jobs?.lateness ?? []).entries()) totals.lateness[i]! += count
    }
    return totals
  }

  #giveJobs(): void {
    const prevHash = asBlockHash(sha256d(Uint8Array.of(this.#jobNumber & 0xff)))
    for (const work of this.#works) {
      work.give({
        number: ++this.#jobNumber,
        version: 0x20000000,
        versionRollingMask: 0x1fffe000,
        prevHash,
        nBits: 0x1d00ffff,
        ntime: Math.floor(systemClock.nowMs() / 1000),
        extranonce2Size: 4,
        target: targetOfDifficulty(SHARE_DIFFICULTY),
        difficulty: SHARE_DIFFICULTY,
        cleanJobs: true,
        merkleRoot: (extranonce2) => sha256d(extranonce2),
      })
    }
  }

  async #untilHashing(): Promise<void> {
    const deadlineMs = performance.now() + START_LIMIT_MS
    while (this.#sessions.some(({ state }) => state.name !== 'hashing')) {
      if (performance.now() > deadlineMs) {
        throw new Error(
          `not all boards hash: ${this.#views()
            .map(({ doing }) => doing)
            .join(' ')}`,
        )
      }
      await pause(100)
    }
  }
}

/** A timer that keeps the process alive, unlike the clock's. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
