/**
 * The practice farm's USB boards, hashing in whichever thread this lives. It is told by commands and tells by reports;
 * their ports are opened through message ports, by drivers that take them for real ones.
 */
import { type Clock, type Timer, type Unsubscribe } from '../../base/index.ts'
import {
  createVirtualBoard,
  type Fault,
  type FaultKind,
  type MessagePortLike,
  type NonceFinder,
  serveMessagePort,
  type VirtualBoard,
  type VirtualBoardKind,
  type VirtualBoardView,
} from '../../drivers/index.ts'

export interface PracticeBoardPlan {
  readonly kind: VirtualBoardKind
  /** Tells boards apart, and names their ports: `<serialNumber>/data`. */
  readonly serialNumber: string
  /** 1 if absent; less for machines that should have less to do. */
  readonly rateRatio?: number
}

/** What a practice farm has without being asked: about 255 and 25 kH/s. */
export const PRACTICE_BOARDS: readonly PracticeBoardPlan[] = [
  { kind: 'bitaxe-gamma', serialNumber: 'PRACTICE-GAMMA' },
  { kind: 'compac-f', serialNumber: 'PRACTICE-COMPAC-F' },
]

/** `board` is a serial number; one that is not there is none's. */
export type BoardsCommand =
  /** The port of this name can be opened through `port` from now on. */
  | { readonly kind: 'serve'; readonly name: string; readonly port: MessagePortLike }
  | { readonly kind: 'inject'; readonly board: string; readonly fault: Fault }
  /** Null: all faults. */
  | { readonly kind: 'clear'; readonly board: string; readonly fault: FaultKind | null }
  | { readonly kind: 'unplug'; readonly board: string }
  | { readonly kind: 'replug'; readonly board: string }
  | { readonly kind: 'power-cycle'; readonly board: string }

export interface BoardsReport {
  readonly boards: readonly VirtualBoardView[]
}

const REPORT_MS = 1_000

export class BoardShed {
  readonly #boards: readonly VirtualBoard[]
  readonly #report: (report: BoardsReport) => void
  readonly #served: Unsubscribe[] = []
  readonly #timer: Timer

  /** Boards are plugged in at once. `report` is called then, after each command, and each second. */
  constructor(
    clock: Clock,
    finder: NonceFinder,
    plans: readonly PracticeBoardPlan[],
    report: (report: BoardsReport) => void,
  ) {
    this.#boards = plans.map(({ kind, ...options }) =>
      createVirtualBoard(kind, { ...options, clock, finder }),
    )
    this.#report = report
    this.#timer = clock.every(REPORT_MS, () => this.#tell())
    this.#tell()
  }

  get views(): readonly VirtualBoardView[] {
    return this.#boards.map((board) => board.view)
  }

  command(command: BoardsCommand): void {
    if (command.kind === 'serve') return this.#serve(command.name, command.port)
    const board = this.#boards.find(({ id }) => id === command.board)
    if (board === undefined) return
    switch (command.kind) {
      case 'inject':
        board.inject(command.fault)
        break
      case 'clear':
        board.clear(command.fault ?? undefined)
        break
      case 'unplug':
        board.unplug()
        break
      case 'replug':
        board.replug()
        break
      case 'power-cycle':
        board.powerCycle()
    }
    this.#tell()
  }

  stop(): void {
    this.#timer.cancel()
    for (const unserve of this.#served.splice(0)) unserve()
    for (const board of this.#boards) board.stop()
  }

  #serve(name: string, port: MessagePortLike): void {
    const boardPort = this.#boards.flatMap(({ ports }) => ports).find((each) => each.name === name)
    if (boardPort !== undefined) this.#served.push(serveMessagePort(port, boardPort))
  }

  #tell(): void {
    this.#report({ boards: this.views })
  }
}
