/**
 * Finds out what answers on an anonymous port by giving it work whose nonce is known: block 171874, and then a second
 * piece that several nonces solve, of which a device returns the first that its way of dividing the range meets. Pure: it
 * says what to send and how long to wait, and is told what came. (Serial ASIC digest 3.4.)
 *
 * It writes 64 bytes to whatever is plugged in: ask the person first, unless the device's strings name the family.
 */
import { equalBytes, fromHex } from '../../../base/index.ts'
import { type Sequence, type Step } from '../../model/sequence.ts'
import { setClockWord, u3VoltageCommand } from './antminer-commands.ts'
import { u3ClockWord } from './clock-words.ts'

/** Work of block 171874. */
export const GOLDEN_WORK: Uint8Array = fromHex(
  '4679ba4ec99876bf4bfe086082b400254df6c356451471139a3afa71e48f544a' +
    '000000000000000000000000000000000000000087320b1a1426674f2fa722ce',
)
/** Its nonce, early in every engine's range: real devices answer within a millisecond. */
export const GOLDEN_NONCE: Uint8Array = fromHex('000187a2')

/** Work with a nonce above difficulty 1 in several parts of the range. */
export const DIVISION_WORK: Uint8Array = fromHex(
  '2e4c8f91fd595d2d7ea20aaacb64a2a04382860277cf26b6a1ee04c56a5b504a' +
    '00000000000000000000000000000000000000006461011ac906a951fb9b3c73',
)

/** How many engines divide the range of nonces, and the bits that each of them scans. */
export interface WorkDivision {
  readonly engines: 1 | 2 | 4 | 8
  readonly nonceMask: number
}

const DIVISIONS: readonly (readonly [nonce: Uint8Array, division: WorkDivision])[] = [
  [fromHex('04c0fdb4'), { engines: 1, nonceMask: 0xffffffff }],
  [fromHex('82540e46'), { engines: 2, nonceMask: 0x7fffffff }],
  [fromHex('417c0f36'), { engines: 4, nonceMask: 0x3fffffff }],
  [fromHex('60c994d5'), { engines: 8, nonceMask: 0x1fffffff }],
]

/** Every nonce that devices report because they were probed; never a share of anybody's. */
export const PROBE_NONCES: readonly Uint8Array[] = [GOLDEN_NONCE, ...DIVISIONS.map(([nonce]) => nonce)]

/** @param reply of the second probe, at least 4 bytes; null if its first four are none of the known nonces */
export function divisionOfReply(reply: Uint8Array): WorkDivision | null {
  return DIVISIONS.find(([nonce]) => equalBytes(nonce, reply.subarray(0, 4)))?.[1] ?? null
}

export type IcarusFamily =
  | {
      readonly kind: 'icarus'
      readonly replyLength: 4
      /** Null where the second probe brought no known answer: take the device for one engine. */
      readonly division: WorkDivision | null
    }
  | { readonly kind: 'antminer'; readonly replyLength: 5; readonly u3: boolean }
  | { readonly kind: 'rockminer'; readonly replyLength: 8 }

/** @returns the family that sends so many bytes after the golden nonce, null for none of them */
export function familyOfReplyLength(length: number): IcarusFamily['kind'] | null {
  if (length === 4) return 'icarus'
  if (length === 5) return 'antminer'
  return length === 8 ? 'rockminer' : null
}

/** What a U3 needs before it hashes at all. */
export interface U3Settings {
  readonly frequencyMhz: number
  readonly coreVoltageMv: number
}

export interface DetectionOptions {
  /** Whether to try voltage and clock of an AntMiner U3 when nothing answers; null: such a thing is not suspected. */
  readonly u3: U3Settings | null
}

export type DetectionState =
  | {
      readonly phase: 'golden'
      readonly attempt: 1 | 2 | 3
      readonly options: DetectionOptions
      readonly received: Uint8Array
    }
  | { readonly phase: 'counting'; readonly u3: boolean; readonly received: Uint8Array }
  | { readonly phase: 'division'; readonly received: Uint8Array }
  | { readonly phase: 'found'; readonly family: IcarusFamily }
  | { readonly phase: 'absent'; readonly reason: 'silent' | 'wrong-answer' }

export type DetectionInput =
  { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'timeout' }

export interface DetectionMove {
  readonly state: DetectionState
  /** To send at once; empty while waiting goes on. */
  readonly send: Sequence
  /** Start waiting anew, so long, then say `timeout`; null: what was being waited for goes on, or nothing is. */
  readonly waitMs: number | null
}

const GOLDEN_WAIT_MS = 300
const COUNTING_WAIT_MS = 100
/** The second probe's nonces lie up to a quarter second into a Block Erupter's scan. */
const DIVISION_WAIT_MS = 500
const NOTHING = new Uint8Array(0)

export function beginDetection(options: DetectionOptions): DetectionMove {
  return tryGolden(1, options)
}

/** The next state after bytes came or the wait ran out. Ends in `found` or `absent`, which no input changes. */
export function applyDetection(state: DetectionState, input: DetectionInput): DetectionMove {
  if (state.phase === 'found' || state.phase === 'absent') return stay(state)
  if (input.kind === 'timeout') return onTimeout(state)
  const received = joinUpTo(state.received, input.bytes)
  if (state.phase === 'golden' && received.length >= 4 && isGolden(received)) {
    return {
      state: { phase: 'counting', u3: state.attempt === 3, received },
      send: [],
      waitMs: COUNTING_WAIT_MS,
    }
  }
  if (state.phase === 'division' && received.length >= 4) return found(plain(received))
  return stay({ ...state, received })
}

function onTimeout(state: Exclude<DetectionState, { phase: 'found' | 'absent' }>): DetectionMove {
  if (state.phase === 'counting') return judgeLength(state.received.length, state.u3)
  if (state.phase === 'division') return found(plain(state.received))
  if (state.attempt === 1) return tryGolden(2, state.options)
  if (state.attempt === 2 && state.options.u3 !== null && state.received.length === 0) {
    return tryGolden(3, state.options)
  }
  return absent(state.received.length === 0 ? 'silent' : 'wrong-answer')
}

function tryGolden(attempt: 1 | 2 | 3, options: DetectionOptions): DetectionMove {
  const prelude = attempt === 3 && options.u3 !== null ? wakeU3(options.u3) : []
  if (prelude === null) return absent('silent')
  return {
    state: { phase: 'golden', attempt, options, received: NOTHING },
    send: [...prelude, { op: 'discard' }, { op: 'send', bytes: GOLDEN_WORK, what: 'golden work' }],
    waitMs: GOLDEN_WAIT_MS,
  }
}

/** Voltage, then clock, each with the pause it needs; null if either is none a U3 can do. */
function wakeU3(settings: U3Settings): readonly Step[] | null {
  const voltage = u3VoltageCommand(settings.coreVoltageMv)
  const word = u3ClockWord(settings.frequencyMhz)
  if (voltage === null || word === null) return null
  return [
    { op: 'wait', ms: 500 },
    { op: 'send', bytes: voltage, what: `core voltage ${settings.coreVoltageMv} mV` },
    { op: 'send', bytes: setClockWord(word), what: `clock ${settings.frequencyMhz} MHz` },
    { op: 'wait', ms: 500 },
  ]
}

function judgeLength(length: number, u3: boolean): DetectionMove {
  const kind = familyOfReplyLength(length)
  if (kind === null) return absent('wrong-answer')
  if (kind === 'antminer') return found({ kind, replyLength: 5, u3 })
  if (kind === 'rockminer') return found({ kind, replyLength: 8 })
  return {
    state: { phase: 'division', received: NOTHING },
    send: [{ op: 'discard' }, { op: 'send', bytes: DIVISION_WORK, what: 'work division probe' }],
    waitMs: DIVISION_WAIT_MS,
  }
}

function plain(reply: Uint8Array): IcarusFamily {
  return { kind: 'icarus', replyLength: 4, division: divisionOfReply(reply) }
}

function isGolden(received: Uint8Array): boolean {
  return equalBytes(received.subarray(0, 4), GOLDEN_NONCE)
}

/** Nine bytes are as wrong as nine thousand. */
function joinUpTo(received: Uint8Array, bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(Math.min(received.length + bytes.length, 9))
  joined.set(received)
  joined.set(bytes.subarray(0, joined.length - received.length), received.length)
  return joined
}

function stay(state: DetectionState): DetectionMove {
  return { state, send: [], waitMs: null }
}

function found(family: IcarusFamily): DetectionMove {
  return stay({ phase: 'found', family })
}

function absent(reason: 'silent' | 'wrong-answer'): DetectionMove {
  return stay({ phase: 'absent', reason })
}
