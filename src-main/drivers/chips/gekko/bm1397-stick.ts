/**
 * BM1397 as GekkoScience's driver brings it up on Compac F and R909 (transcript `gekko-compacf-x1`): other pauses than
 * ESP-Miner's, most settings before the clock, 1.5 Mbaud, its own dividers for each clock. Frames and replies are those
 * of `bm1397.ts`. (Serial ASIC digest 4.8.)
 */
import { type ChipProfile, type NonceReply } from '../../model/chip.ts'
import { type Sequence, type Step } from '../../model/sequence.ts'
import { chipAddresses } from '../address.ts'
import { BM1397_FIRST_RATE, FAST_LINE } from '../baud.ts'
import { bm1397, midstateGuesses } from '../bm1397.ts'
import { pllMhz, type PllSetting } from '../pll.ts'
import { GEKKO_PLL0_DIVIDER, gekkoPllRegister, solveGekkoPll } from '../pll-gekko.ts'
import { rampClocks } from '../ramp.ts'
import { CORE } from '../registers.ts'
import { chainInactive, paced, read, setAddress, wait, write } from '../steps.ts'
import { ticketMask } from '../ticket-mask.ts'

const CLOCK_MHZ = { min: 100, max: 800, step: 5 }
const RAMP_PAUSE_MS = 100

/** Ids from 10 to 7C; the two low bits name the midstate. */
const SLOTS: readonly number[] = Array.from({ length: 28 }, (_, i) => 0x10 + 4 * i)

const R909_CHIPS = 6

function solve(frequencyMhz: number): PllSetting | null {
  const { min, max } = CLOCK_MHZ
  return frequencyMhz >= min && frequencyMhz <= max ? solveGekkoPll(frequencyMhz, 'as-is') : null
}

/** Divider and clock, each of them twice, 10 ms apart, and what became of it. */
function clock(frequencyMhz: number): Step[] | null {
  const pll = solve(frequencyMhz)
  if (pll === null) return null
  const divider = write('all', 'pll0Divider', GEKKO_PLL0_DIVIDER)
  const word = write('all', 'pll0', gekkoPllRegister(pll, 'as-is'))
  return [...paced([divider, divider, word, word]), read('all', 'pll0')]
}

/**
 * Chips that nobody could reset may still listen at the rate of an earlier run: what is said to them there brings them
 * back, and at the first rate it is shorter than one byte and has no preamble.
 */
const backToFirstRate: Sequence = [
  { op: 'host-baud', baudRate: FAST_LINE.bm1397OneAndAHalf.hostBaud },
  write('all', 'miscControl', BM1397_FIRST_RATE),
  wait(10),
  { op: 'host-baud', baudRate: bm1397.line.baudRate },
  wait(10),
]

export interface StickBringUp {
  readonly reset: Step
  readonly count: Sequence
  readonly setup: Sequence
  /** @throws RangeError outside 100 to 800 MHz */
  clock(frequencyMhz: number): Sequence
}

/** Parts of the bring-up; in a row they are what the maker's driver sends. */
export function stickBringUp(chipCount: number, ticketDifficulty: number): StickBringUp {
  const pll3 = write('all', 'pll3', 0xc0700111)
  const fast = FAST_LINE.bm1397OneAndAHalf
  return {
    reset: { op: 'reset', lowMs: 1000, settleMs: 200 },
    count: [read('all', 'chipId'), { op: 'expect-chips', count: chipCount, model: 0x1397, withinMs: 1000 }],
    setup: [
      ...paced([chainInactive, chainInactive, chainInactive], 100),
      ...paced(chipAddresses(chipCount).map(setAddress)),
      write('all', 'orderedClock', 0),
      wait(10),
      write('all', 'orderedClock2', 0),
      wait(100),
      write('all', 'clockOrderControl', 1),
      wait(50),
      write('all', 'coreMailbox', CORE.clockDelay74),
      wait(100),
      write('all', 'ticketMask', ticketMask(ticketDifficulty)),
      wait(20),
      ...paced([pll3, pll3], 50),
      write('all', 'uartBaud', 0x0600000f),
      wait(100),
      write('all', 'miscControl', fast.register),
      wait(10),
      { op: 'host-baud', baudRate: fast.hostBaud },
      wait(10),
    ],
    clock(frequencyMhz) {
      const steps = clock(frequencyMhz)
      if (steps === null) throw new RangeError(`a BM1397 stick makes no clock of ${frequencyMhz} MHz`)
      return steps
    },
  }
}

/**
 * On R909 the second byte of a nonce: within each group of 64 values, a quarter of the address interval for each chip.
 * On other chains nothing that two projects agree on.
 */
function chipOf(reply: NonceReply, chipCount: number): number | null {
  if (chipCount === 1) return 0
  const byte = reply.raw[3]
  if (chipCount !== R909_CHIPS || byte === undefined) return null
  const interval = Math.floor(256 / R909_CHIPS)
  return Math.min(Math.floor((byte % 64) / (interval / 4)), R909_CHIPS - 1)
}

function setFrequency(frequencyMhz: number): Sequence | null {
  const steps = clock(frequencyMhz)
  return steps === null ? null : [...steps, wait(RAMP_PAUSE_MS)]
}

export const bm1397Stick: ChipProfile = {
  ...bm1397,
  id: 'gekko-bm1397',
  jobSlots: SLOTS,
  frequencyMhz: CLOCK_MHZ,
  startMhz: CLOCK_MHZ.min,
  guesses: (reply, newestSlot) => midstateGuesses(SLOTS, reply.idByte, newestSlot),
  origin: (reply, chipCount) => ({ chip: chipOf(reply, chipCount), core: null }),
  discover(chipCount) {
    const { reset, count } = stickBringUp(chipCount, 1)
    return [reset, ...backToFirstRate, { op: 'discard' }, ...count]
  },
  initialise: ({ chipCount, ticketDifficulty }) => [
    ...stickBringUp(chipCount, ticketDifficulty).setup,
    ...(setFrequency(CLOCK_MHZ.min) ?? []),
  ],
  ramp: (fromMhz, toMhz) => (solve(toMhz) === null ? [] : rampClocks(fromMhz, toMhz, CLOCK_MHZ.step)),
  setFrequency,
  actualFrequencyMhz(frequencyMhz) {
    const pll = solve(frequencyMhz)
    return pll === null ? null : pllMhz(pll)
  },
}
