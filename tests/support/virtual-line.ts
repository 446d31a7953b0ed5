/** A line to virtual hardware for tests that speak bytes themselves, without any driver. */
import { fromHex, toHex } from '../../src-main/base/index.ts'
import { type MemoryLink, memoryLinkPair } from '../../src-main/drivers/index.ts'

export interface VirtualLine {
  readonly host: MemoryLink
  /** Sends frames, each a write of its own, and lets everything that follows at once happen. */
  send(...frames: readonly (string | Uint8Array)[]): Promise<void>
  /** What was received since the last call, hexadecimal. */
  received(): string
  /** Lets what is on its way arrive. */
  settle(): Promise<void>
}

export function openVirtualLine(
  attach: (board: MemoryLink) => void,
  hostBaudRate: number | null = 115_200,
): VirtualLine {
  const { host, board } = memoryLinkPair({ hostBaudRate })
  let received = ''
  host.onBytes((bytes) => {
    received += toHex(bytes)
  })
  attach(board)
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    host,
    settle,
    async send(...frames) {
      for (const frame of frames) {
        await host.write(typeof frame === 'string' ? fromHex(frame) : frame)
        await settle()
      }
    },
    received() {
      const all = received
      received = ''
      return all
    },
  }
}
