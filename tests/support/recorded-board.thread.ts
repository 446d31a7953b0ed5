/**
 * A simulated Gamma in a thread of its own that keeps a record of itself in its own time: when it became too hot, when
 * power came and went, when its chips fell idle. For tests of who switches it off while others are blocked.
 */
import { type MessagePort, parentPort } from 'node:worker_threads'
import { ManualClock } from '../../src-main/base/index.ts'
import {
  createVirtualBoard,
  type Fault,
  type PowerEvent,
  serveMessagePort,
  type VirtualBoardView,
} from '../../src-main/drivers/index.ts'
import { serveThread } from '../../src-main/app/thread-link.ts'
import { createScanFinder } from '../../src-main/practice/index.ts'

export interface BoardRecord {
  /** The board's time now; all times of the record are of this clock. */
  readonly nowMs: number
  readonly view: VirtualBoardView
  readonly power: readonly PowerEvent[]
  /** When the chip was first as hot as was asked to be watched for; null: never. */
  readonly hotAtMs: number | null
  /** When the chips last began and last ended to hash. */
  readonly hashingAtMs: number | null
  readonly idleAtMs: number | null
}

export interface RecordedBoardProcedures extends Record<string, (argument: never) => unknown> {
  serve(port: { name: string; port: MessagePort }): void
  /** From the next moment on `hotAtMs` is when the chip is so hot, degrees Celsius. */
  watchFor(chipC: number): void
  inject(fault: Fault): void
  clear(argument: null): void
  record(argument: null): BoardRecord
}

const STEP_MS = 5
/** A machine that stalls stalls the board: its time never jumps by more. */
const LONGEST_STEP_MS = 25

function run(port: MessagePort): void {
  const clock = new ManualClock()
  const board = createVirtualBoard('bitaxe-gamma', {
    clock,
    finder: createScanFinder(),
    serialNumber: 'RECORDED',
  })
  let watchedC = Infinity
  let hotAtMs: number | null = null
  let hashingAtMs: number | null = null
  let idleAtMs: number | null = null
  let wasHashing = false
  let lastMs = performance.now()
  setInterval(() => {
    const nowMs = performance.now()
    clock.advance(Math.min(nowMs - lastMs, LONGEST_STEP_MS))
    lastMs = nowMs
    const { hashing, power } = board.view
    if (hotAtMs === null && power!.chipC >= watchedC) hotAtMs = clock.monotonicMs()
    if (hashing && !wasHashing) hashingAtMs = clock.monotonicMs()
    if (!hashing && wasHashing) idleAtMs = clock.monotonicMs()
    wasHashing = hashing
  }, STEP_MS)
  const procedures: RecordedBoardProcedures = {
    serve({ name, port: way }) {
      const socket = board.ports.find((each) => each.name === name)
      if (socket) serveMessagePort(way, socket)
    },
    watchFor(chipC) {
      watchedC = chipC
      hotAtMs = null
    },
    inject: (fault) => board.inject(fault),
    clear: () => board.clear(),
    record: () => ({
      nowMs: clock.monotonicMs(),
      view: board.view,
      power: board.powerHistory,
      hotAtMs,
      hashingAtMs,
      idleAtMs,
    }),
  }
  serveThread(port, procedures)
}

if (parentPort) run(parentPort)
