/**
 * Says a sequence to chips, step by step. It knows steps, and neither chips nor ports; when to try again is up to the
 * caller.
 */
import { type Clock, HeadframeError } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { type ChipReply, type RegisterReply } from '../model/chip.ts'
import { type Sequence, type Step } from '../model/sequence.ts'
import { type FoundChip, identityOf, requireChips } from './expect-chips.ts'
import { type ReplySource } from './reply-reader.ts'

/** After the last chip that was expected, strangers and leftovers are waited for this long. */
const SETTLE_MS = 20

/** A write that takes longer will not end: the longest sequence of frames is under a kilobyte. */
const WRITE_LIMIT_MS = 3000

export interface SequenceHost {
  readonly line: Pick<ByteLink, 'name' | 'write' | 'drain' | 'setBaudRate' | 'discardInput'>
  readonly replies: ReplySource
  readonly clock: Clock
  /** Pulls the reset line; leave it out where there is none. */
  readonly reset?: (lowMs: number, settleMs: number) => Promise<void>
  /** Ends the sequence between and inside steps. */
  readonly signal?: AbortSignal
  /** Called before each step, for logs and transcripts. */
  readonly onStep?: (step: Step) => void
}

export interface SequenceOutcome {
  /** Those of the last `expect-chips`, in the order in which they answered; empty without one. */
  readonly chips: readonly FoundChip[]
  /** Register replies that came meanwhile, of whatever register. */
  readonly registers: readonly RegisterReply[]
}

/**
 * Runs every step in order.
 *
 * @throws HeadframeError `chip/…` as `requireChips`, `port/write-stalled`, and what the line throws
 * @throws the signal's reason when it is aborted; nothing is sent after that
 */
export async function runSequence(sequence: Sequence, host: SequenceHost): Promise<SequenceOutcome> {
  const registers: RegisterReply[] = []
  let chips: readonly FoundChip[] = []
  /** Since the last frame: a chip may answer before the write is known to have ended. */
  let answers: FoundChip[] = []
  let onAnswer: () => void = () => undefined
  const unsubscribe = host.replies.onReply((reply: ChipReply) => {
    if (reply.kind === 'register') registers.push(reply)
    const chip = identityOf(reply)
    if (chip === null) return
    answers.push(chip)
    onAnswer()
  })

  try {
    for (const step of sequence) {
      host.signal?.throwIfAborted()
      host.onStep?.(step)
      switch (step.op) {
        case 'send':
          answers = []
          await inTime(host, host.line.write(step.bytes))
          break
        case 'wait':
          await pause(host, step.ms)
          break
        case 'discard':
          await inTime(host, host.line.discardInput())
          host.replies.discard()
          answers = []
          break
        case 'host-baud':
          await inTime(host, host.line.drain())
          await inTime(host, host.line.setBaudRate(step.baudRate))
          await inTime(host, host.line.discardInput())
          host.replies.discard()
          break
        case 'reset':
          await untilAborted(host, host.reset?.(step.lowMs, step.settleMs) ?? Promise.resolve())
          break
        case 'expect-chips':
          await collect(
            host,
            step.withinMs,
            () => answers.length >= step.count,
            (notify) => (onAnswer = notify),
          )
          requireChips(answers, step.count, step.model)
          chips = answers
          break
      }
    }
    host.signal?.throwIfAborted()
    return { chips, registers }
  } finally {
    unsubscribe()
  }
}

/** Waits for answers: until there are enough and the line was quiet for a moment, at most `withinMs`. */
function collect(
  host: SequenceHost,
  withinMs: number,
  isEnough: () => boolean,
  listen: (notify: () => void) => void,
): Promise<void> {
  let settle = { cancel: (): void => undefined }
  let deadline = { cancel: (): void => undefined }
  const over = new Promise<void>((resolve) => {
    const look = (): void => {
      if (!isEnough()) return
      settle.cancel()
      settle = host.clock.after(SETTLE_MS, resolve)
    }
    deadline = host.clock.after(withinMs, resolve)
    listen(look)
    look()
  })
  return untilAborted(host, over).finally(() => {
    settle.cancel()
    deadline.cancel()
    listen(() => undefined)
  })
}

function pause(host: SequenceHost, ms: number): Promise<void> {
  let timer = { cancel: (): void => undefined }
  const passed = new Promise<void>((resolve) => {
    timer = host.clock.after(ms, resolve)
  })
  return untilAborted(host, passed).finally(() => timer.cancel())
}

function inTime(host: SequenceHost, done: Promise<void>): Promise<void> {
  let timer = { cancel: (): void => undefined }
  const late = new Promise<never>((_, reject) => {
    timer = host.clock.after(WRITE_LIMIT_MS, () =>
      reject(
        new HeadframeError(
          'port/write-stalled',
          `${host.line.name} took no bytes for ${WRITE_LIMIT_MS / 1000} s. Unplug the board and plug it in again.`,
          { context: { port: host.line.name, waitedMs: WRITE_LIMIT_MS } },
        ),
      ),
    )
  })
  return untilAborted(host, Promise.race([done, late])).finally(() => timer.cancel())
}

/** The same promise, but rejected with the signal's reason as soon as it is aborted. */
function untilAborted<T>(host: SequenceHost, promise: Promise<T>): Promise<T> {
  const { signal } = host
  if (signal === undefined) return promise
  let stop: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', stop))
}
