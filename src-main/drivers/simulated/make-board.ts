/** Any simulated board by its kind. */
import { type VirtualBoardOptions, VirtualBitaxe } from './virtual-bitaxe.ts'
import { type VirtualBoard, type VirtualBoardKind } from './virtual-board.ts'
import { VirtualStick } from './virtual-stick.ts'

export function createVirtualBoard(kind: VirtualBoardKind, options: VirtualBoardOptions): VirtualBoard {
  return kind === 'compac-f' || kind === '2pac' || kind === 'block-erupter'
    ? new VirtualStick({ ...options, kind })
    : new VirtualBitaxe({ ...options, kind })
}
