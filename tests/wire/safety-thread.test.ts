/**
 * Who switches a board off when others are blocked or dead: the real safety thread, real chains in a thread that stands
 * for mining, a board in a thread of its own, and this thread, which is the host. The board's record is what counts.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { type SafetyMessage, type SafetyProcedures } from '../../src-main/app/safety-service.ts'
import { type HostedThread, startThread } from '../../src-main/app/thread-host.ts'
import { ThreadClient } from '../../src-main/app/thread-link.ts'
import {
  type AttachOutcome,
  type BoardModel,
  findBoardModel,
  type SafetyEvent,
} from '../../src-main/drivers/index.ts'
import { type HashingSideProcedures } from '../support/hashing-side.thread.ts'
import { type BoardRecord, type RecordedBoardProcedures } from '../support/recorded-board.thread.ts'

const KEY = '1209:f1e1:RECORDED'
const CONTROL = 'RECORDED/control'
const DATA = 'RECORDED/data'
const SOON_MHZ = 100
const PATIENCE_MS = 40_000
const LONG_MS = 120_000

type Safety = HostedThread<SafetyProcedures, SafetyMessage>

const workers: Worker[] = []
const hosted: Safety[] = []
afterEach(async () => {
  for (const thread of hosted.splice(0)) await thread.terminate()
  for (const worker of workers.splice(0)) await worker.terminate()
})

function started(file: string): Worker {
  const worker = new Worker(new URL(`../support/${file}`, import.meta.url))
  workers.push(worker)
  return worker
}

/** All threads, joined as the program joins them. */
class Threads {
  readonly board = new ThreadClient<RecordedBoardProcedures>(started('recorded-board.thread.ts'))
  readonly hashing = new ThreadClient<HashingSideProcedures>(started('hashing-side.thread.ts'))
  readonly events: SafetyEvent[] = []
  readonly model: BoardModel = findBoardModel('practice-bitaxe-gamma')!
  safety!: Safety

  async startSafety(): Promise<AttachOutcome> {
    const safety: Safety = startThread<SafetyProcedures, SafetyMessage>(
      'safety',
      (message) => {
        if (message.kind === 'safety') this.events.push(message.event)
      },
      (error) => {
        throw error
      },
    )
    hosted.push(safety)
    this.safety = safety
    const { port1, port2 } = new MessageChannel()
    await safety.client.call('connect', port1, [port1])
    await this.hashing.call('connectPower', port2, [port2])
    const port = await this.#wayTo(CONTROL)
    await safety.client.call('addPort', { name: CONTROL, port }, [port])
    const { view } = await this.record()
    return await safety.client.call('attach', {
      device: view.device,
      boardId: this.model.id,
      settings: null,
    })
  }

  async startHashing(): Promise<void> {
    const port = await this.#wayTo(DATA)
    await this.hashing.call('addPort', { name: DATA, port }, [port])
    await this.hashing.call('attach', {
      id: KEY,
      // Slower than its table allows: a clock that is reached soon.
      model: { ...this.model, frequencyMhz: { ...this.model.frequencyMhz, min: SOON_MHZ } },
      dataPort: { kind: 'channel', name: DATA },
      introduction: { key: KEY, name: this.model.name, model: this.model.name },
      nominalHashrateHs: 1,
      settings: { frequencyMhz: SOON_MHZ, coreVoltageMv: null },
    })
    await until('the board to hash', async () => (await this.state()) === 'hashing')
    expect((await this.record()).view).toMatchObject({ hashing: true, power: { regulatorOn: true } })
  }

  async state(): Promise<string | undefined> {
    return (await this.hashing.call('status', null))[0]?.chain.state
  }

  record(): Promise<BoardRecord> {
    return this.board.call('record', null)
  }

  /** Causes of the cuts that were told to the host so far. */
  get cuts(): { cause: string; atMs: number }[] {
    return this.events.flatMap((event) => (event.kind === 'cut' ? [event.cut] : []))
  }

  async #wayTo(name: string): Promise<MessagePort> {
    const { port1, port2 } = new MessageChannel()
    await this.board.call('serve', { name, port: port1 }, [port1])
    return port2
  }
}

async function hashingBoard(): Promise<Threads> {
  const threads = new Threads()
  expect(await threads.startSafety()).toEqual({ kind: 'ready', boardId: threads.model.id })
  await threads.startHashing()
  return threads
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const startedMs = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(`waited in vain for ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** What a dialog, or a bug, does to this thread's loop. */
function blockThisLoop(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)
}

/** The last of its kind. */
function lastOf({ power }: BoardRecord, what: string): number {
  return power.findLast((event) => event.what === what)?.atMs ?? -Infinity
}

describe('the safety thread', () => {
  it(
    'takes power from a board within one second of its being too hot, while the main loop is blocked',
    async () => {
      const threads = await hashingBoard()
      const { chipTripC } = threads.model.limits
      await threads.board.call('watchFor', chipTripC)
      // Nobody waits for the answer: this loop does nothing from here on.
      void threads.board.call('inject', { kind: 'overheat', addedW: 200 })
      blockThisLoop(4_000)
      const wokeAtMs = Date.now()
      expect(threads.cuts).toEqual([])
      const record = await threads.record()
      expect(record.hotAtMs).not.toBeNull()
      expect(record.view).toMatchObject({
        hashing: false,
        power: { regulatorOn: false, resetHigh: false, cooked: false },
      })
      const offAtMs = lastOf(record, 'core-off')
      expect(lastOf(record, 'reset-low')).toBeLessThanOrEqual(offAtMs)
      expect(offAtMs - record.hotAtMs!).toBeLessThanOrEqual(1_000)
      await until('the host to be told', () => Promise.resolve(threads.cuts.length > 0))
      expect(threads.cuts[0]).toMatchObject({ cause: 'too-hot' })
      // It was decided before this loop went on.
      expect(threads.cuts[0]!.atMs).toBeLessThan(wokeAtMs)
      expect(await threads.state()).toBe('cut')
    },
    LONG_MS,
  )

  it(
    'takes power from a board whose hashing side stands still for three seconds',
    async () => {
      const threads = await hashingBoard()
      const before = await threads.record()
      void threads.hashing.call('standStill', 6_000)
      await until('power to be off', async () => !(await threads.record()).view.power!.regulatorOn)
      const record = await threads.record()
      expect(record.view.power).toMatchObject({ resetHigh: false, regulatorOn: false })
      const silentMs = lastOf(record, 'core-off') - before.nowMs
      expect(silentMs).toBeGreaterThan(1_000)
      expect(silentMs).toBeLessThan(5_000)
      await until('the host to be told', () => Promise.resolve(threads.cuts.length > 0))
      expect(threads.cuts).toMatchObject([{ cause: 'hashing-silent' }])
      // Awake again, it learns that it has to stop.
      await until('the hashing side to obey', async () => (await threads.state()) === 'cut')
    },
    LONG_MS,
  )

  it(
    'that dies is noticed by the hashing side, which lets the chips rest; the next one switches the board off',
    async () => {
      const threads = await hashingBoard()
      const before = await threads.record()
      await threads.safety.terminate()
      await until('the chips to be idle', async () => !(await threads.record()).view.hashing)
      const record = await threads.record()
      expect(record.idleAtMs! - before.nowMs).toBeLessThan(5_000)
      await until('the hashing side to say so', async () => (await threads.state()) === 'cut')
      // Nobody is left who could.
      expect(record.view.power).toMatchObject({ regulatorOn: true, resetHigh: true })
      await threads.startSafety()
      expect((await threads.record()).view.power).toMatchObject({ regulatorOn: false, resetHigh: false })
      const notices = threads.events.flatMap((event) =>
        event.kind === 'notice' ? [event.notice.message] : [],
      )
      expect(notices.join(' ')).toContain('found running')
    },
    LONG_MS,
  )
})
