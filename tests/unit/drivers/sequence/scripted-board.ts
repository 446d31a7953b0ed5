/** The far end of a line that answers as told, and a clock that moves while somebody waits. */
import { HeadframeError, ManualClock, toHex } from '../../../../src-main/base/index.ts'
import { createReplyDecoder } from '../../../../src-main/drivers/chips/reply-decoder.ts'
import { type Step } from '../../../../src-main/drivers/model/sequence.ts'
import { ReplyReader } from '../../../../src-main/drivers/sequence/reply-reader.ts'
import { type SequenceHost } from '../../../../src-main/drivers/sequence/run-sequence.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'

export interface Answer {
  /** Hex of the frame that it answers. */
  readonly to: string
  readonly afterMs?: number
  readonly frames: readonly Uint8Array[]
}

export interface ScriptedBoard {
  readonly clock: ManualClock
  readonly host: SequenceHost
  readonly link: ReturnType<typeof memoryLinkPair>['host']
  readonly board: ReturnType<typeof memoryLinkPair>['board']
  /** What the board saw, each with the time at which it did. */
  readonly seen: { readonly atMs: number; readonly what: string }[]
  readonly steps: Step[]
}

export function scriptedBoard(
  answers: readonly Answer[],
  options: Partial<SequenceHost> & { replyLength?: 9 | 11 | 'either' } = {},
): ScriptedBoard {
  const clock = new ManualClock()
  const { host: link, board } = memoryLinkPair({ name: 'a scripted port' })
  const replies = new ReplyReader(link, createReplyDecoder(options.replyLength ?? 11), clock)
  const seen: ScriptedBoard['seen'] = []
  const steps: Step[] = []
  board.onBytes((bytes) => {
    const frame = toHex(bytes)
    seen.push({ atMs: clock.monotonicMs(), what: frame })
    for (const { to, afterMs, frames } of answers) {
      if (to !== frame) continue
      const answer = (): void => frames.forEach((reply) => void board.write(reply))
      if (afterMs === undefined) answer()
      else clock.after(afterMs, answer)
    }
  })
  board.onPeerBaudRate((rate) => seen.push({ atMs: clock.monotonicMs(), what: `baud ${rate}` }))
  const host: SequenceHost = {
    line: link,
    replies,
    clock,
    reset: (lowMs, settleMs) => {
      seen.push({ atMs: clock.monotonicMs(), what: `reset ${lowMs} ${settleMs}` })
      return new Promise((resolve) => clock.after(lowMs + settleMs, resolve))
    },
    onStep: (step) => steps.push(step),
    ...options,
  }
  return { clock, host, link, board, seen, steps }
}

/** Lets time pass, a millisecond at a time, until the promise is settled; fails after a minute of it. */
export async function settled<T>(clock: ManualClock, promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  let outcome: PromiseSettledResult<T> | null = null
  void Promise.allSettled([promise]).then(([result]) => (outcome = result))
  for (let ms = 0; ms < 60_000; ms++) {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    if (outcome !== null) return outcome
    clock.advance(1)
  }
  throw new Error('not settled within a minute')
}

/** The code of the failure, or what it was instead. */
export function failureOf(result: PromiseSettledResult<unknown>): string {
  if (result.status === 'fulfilled') return 'no failure'
  return result.reason instanceof HeadframeError ? result.reason.code : String(result.reason)
}
