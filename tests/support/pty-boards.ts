/**
 * Simulated boards behind real ports: each port of a board hangs on the far end of a pty pair, and what the program
 * opens is a tty of the system. A pty carries bytes whatever rates its ends are set to, so the adapter asks the system
 * which rate the program chose, and lets the board hear bytes sent at another rate as a wire would deliver them.
 */
import { spawnSync } from 'node:child_process'
import { systemClock } from '../../src-main/base/index.ts'
import {
  type AttachedDevice,
  type BoardPort,
  createVirtualBoard,
  openSerialLink,
  type VirtualBoard,
  type VirtualBoardKind,
} from '../../src-main/drivers/index.ts'
import { createScanFinder } from '../../src-main/practice/index.ts'
import { createPtyPair, type PtyPair } from './pty-pair.ts'

export interface PtyBoard {
  readonly board: VirtualBoard
  /** As the system would list it now, with ttys in place of channels. */
  readonly device: AttachedDevice
  /** Rates that the program's end of a port was seen at while it sent, in order, each once in a row. */
  readonly dataRates: readonly number[]
  /** Takes all ports away. The board itself does what it does without a cable. */
  unplug(): Promise<void>
  /** Back, on other ttys than before. */
  replug(): Promise<void>
  stop(): Promise<void>
}

export async function createPtyBoard(kind: VirtualBoardKind, serialNumber: string): Promise<PtyBoard> {
  const board = createVirtualBoard(kind, { clock: systemClock, finder: createScanFinder(), serialNumber })
  const pairs: PtyPair[] = []
  const dataRates: number[] = []
  const plugIn = async (): Promise<void> => {
    for (const [index, port] of board.ports.entries()) {
      const pair = await createPtyPair()
      pairs.push(pair)
      // The last is the line of chips; a control port has no rate.
      await join(port, pair, index === board.ports.length - 1 ? dataRates : null)
    }
  }
  const pullOut = async (): Promise<void> => {
    await Promise.all(pairs.splice(0).map((pair) => pair.unplug()))
  }
  await plugIn()
  return {
    board,
    get device() {
      return { ...board.device, ports: pairs.map(({ path }) => ({ kind: 'tty', path }) as const) }
    },
    dataRates,
    async unplug() {
      await pullOut()
      board.unplug()
    },
    async replug() {
      board.replug()
      await plugIn()
    },
    async stop() {
      board.stop()
      await pullOut()
    },
  }
}

/** The rate that a tty is set to now. */
export function rateOf(path: string): number {
  return Number(spawnSync('stty', ['-F', path, 'speed']).stdout.toString())
}

const BOARD_LINE = { baudRate: 115_200, stopBits: 1 } as const

/** @param rates where the rates of a line of chips are kept; null for a port without any */
async function join(port: BoardPort, { path, boardPath }: PtyPair, rates: number[] | null): Promise<void> {
  const environment = { clock: systemClock, platform: process.platform }
  const tty = await openSerialLink(boardPath, BOARD_LINE, environment)
  const socket = await port.open(BOARD_LINE)
  let isOver = false
  const tune = (): void => {
    if (rates === null || isOver) return
    const rate = rateOf(path)
    // The last bytes of a tty may be read after it is gone.
    if (rate === 0) return
    if (rates.at(-1) !== rate) rates.push(rate)
    if (socket.baudRate !== rate) void socket.setBaudRate(rate)
  }
  tty.onBytes((bytes) => {
    tune()
    void socket.write(bytes).catch(() => undefined)
  })
  socket.onBytes((bytes) => void tty.write(bytes).catch(() => undefined))
  tty.onEnd(() => {
    isOver = true
    void socket.close()
  })
  socket.onEnd(() => {
    isOver = true
    void tty.close()
  })
}
