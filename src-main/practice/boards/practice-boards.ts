/**
 * The host's side of the practice farm's USB boards: a source of devices like the system's, ports to hand to the threads
 * that open them, and what a person can do to them. They hash in a thread of their own, or in this one.
 */
import { MessageChannel, type MessagePort, type Transferable, Worker } from 'node:worker_threads'
import {
  type Clock,
  errorText,
  Listeners,
  type Logger,
  systemClock,
  type Unsubscribe,
} from '../../base/index.ts'
import {
  type AttachedDevice,
  type Fault,
  type FaultKind,
  type VirtualBoardView,
} from '../../drivers/index.ts'
import {
  type BoardsCommand,
  BoardShed,
  type BoardsReport,
  PRACTICE_BOARDS,
  type PracticeBoardPlan,
} from './board-shed.ts'
import { createScanFinder } from './scan-finder.ts'

/** The way to where the boards are. Both carry the same messages. */
export interface BoardsLink {
  send(command: BoardsCommand, transfer?: readonly Transferable[]): void
  /** No report comes afterwards. */
  stop(): Promise<void>
}

export type OpenBoards = (
  plans: readonly PracticeBoardPlan[],
  onReport: (report: BoardsReport) => void,
) => BoardsLink

/** In this thread, in turns of some milliseconds: for tests, and where there are no threads. */
export function boardsInProcess(clock: Clock): OpenBoards {
  return (plans, onReport) => {
    const shed = new BoardShed(clock, createScanFinder(), plans, onReport)
    return {
      send: (command) => shed.command(command),
      stop() {
        shed.stop()
        return Promise.resolve()
      },
    }
  }
}

/**
 * In a thread of their own, one for all boards.
 * @param threadFile a module that calls `runBoardsThread`
 */
export function boardsInThread(threadFile: URL, log: Logger): OpenBoards {
  return (plans, onReport) => {
    const worker = new Worker(threadFile, { name: 'practice-boards', workerData: plans })
    let stopping = false
    worker.on('message', (report: BoardsReport) => {
      if (!stopping) onReport(report)
    })
    worker.on('error', (error) => {
      log.error('the thread of the practice boards failed', { error: errorText(error) })
      // As if all had been unplugged; the rest goes on.
      if (!stopping) onReport({ boards: [] })
    })
    return {
      send: (command, transfer = []) => worker.postMessage(command, transfer),
      async stop() {
        stopping = true
        await worker.terminate()
      },
    }
  }
}

/** What their thread runs, until it is terminated. @param plans the worker's data */
export function runBoardsThread(port: MessagePort, plans: readonly PracticeBoardPlan[]): void {
  const shed = new BoardShed(systemClock, createScanFinder(), plans, (report) => port.postMessage(report))
  port.on('message', (command: BoardsCommand) => shed.command(command))
}

export interface PracticeBoards {
  /** A source for the watcher of devices. */
  readonly name: string
  /** What is plugged in. Waits for the boards to be there. */
  list(): Promise<readonly AttachedDevice[]>
  onChange(listener: () => void): Unsubscribe
  /** As reported last: at most a second old. */
  readonly views: readonly VirtualBoardView[]
  /**
   * A way to a port of a board, to be transferred to the thread that opens it and made known there with
   * `MessageChannelPort`. It serves through unplugging and plugging in again.
   */
  portFor(name: string): MessagePort
  /** @param board its serial number, here and below */
  inject(board: string, fault: Fault): void
  /** @param fault all if absent */
  clear(board: string, fault?: FaultKind): void
  unplug(board: string): void
  replug(board: string): void
  powerCycle(board: string): void
  stop(): Promise<void>
}

export interface PracticeBoardsOptions {
  readonly openBoards: OpenBoards
  /** `PRACTICE_BOARDS` if absent. */
  readonly plans?: readonly PracticeBoardPlan[]
}

export function openPracticeBoards({
  openBoards,
  plans = PRACTICE_BOARDS,
}: PracticeBoardsOptions): PracticeBoards {
  const changes = new Listeners<void>()
  let views: readonly VirtualBoardView[] = []
  let arrived: () => void = () => undefined
  const first = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const link = openBoards(plans, (report) => {
    const before = devicesOf(views)
    views = report.boards
    arrived()
    if (JSON.stringify(before) !== JSON.stringify(devicesOf(views))) changes.emit()
  })
  return {
    name: 'Practice',
    async list() {
      await first
      return devicesOf(views)
    },
    onChange: (listener) => changes.on(listener),
    get views() {
      return views
    },
    portFor(name) {
      const { port1, port2 } = new MessageChannel()
      link.send({ kind: 'serve', name, port: port1 }, [port1])
      return port2
    },
    inject: (board, fault) => link.send({ kind: 'inject', board, fault }),
    clear: (board, fault) => link.send({ kind: 'clear', board, fault: fault ?? null }),
    unplug: (board) => link.send({ kind: 'unplug', board }),
    replug: (board) => link.send({ kind: 'replug', board }),
    powerCycle: (board) => link.send({ kind: 'power-cycle', board }),
    stop: () => link.stop(),
  }
}

function devicesOf(views: readonly VirtualBoardView[]): readonly AttachedDevice[] {
  return views.filter(({ pluggedIn }) => pluggedIn).map(({ device }) => device)
}
