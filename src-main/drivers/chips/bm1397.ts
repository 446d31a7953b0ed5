/**
 * BM1397 as ESP-Miner brings it up (Bitaxe Max; transcript `bm1397-x1`). GekkoScience's sticks have an order and
 * pauses of their own. The chip takes up to four midstates a job, answers with nine bytes, and cannot be told to
 * rest: it does when its job is done.
 */
import {
  type ChainSettings,
  type ChipProfile,
  type ChipWork,
  type Guess,
  type NonceReply,
} from '../model/chip.ts'
import { type Sequence, type Step } from '../model/sequence.ts'
import { chipAddresses } from './address.ts'
import { BM1397_FIRST_RATE, FAST_LINE } from './baud.ts'
import { searchSpaceMs } from './hash-counting.ts'
import { encodeMidstateJob, midstateCount, versionOfMidstate } from './job.ts'
import { pllMhz, pllRegister, type PllLimits, type PllSetting, solvePll } from './pll.ts'
import { GEKKO_PLL0_DIVIDER } from './pll-gekko.ts'
import { rampClocks } from './ramp.ts'
import { CHIP_ROLLABLE_BITS, CORE } from './registers.ts'
import { createReplyDecoder } from './reply-decoder.ts'
import { RAMP_PAUSE_MS, RAMP_STEP_MHZ } from './rolling-profile.ts'
import { chainInactive, paced, PACE_MS, read, setAddress, wait, write } from './steps.ts'
import { TICKET_DIFFICULTIES, ticketMask } from './ticket-mask.ts'

const CORES = 168
export const BM1397_SMALL_CORES = 672

export const BM1397_PLL: PllLimits = {
  feedbackMin: 60,
  feedbackMax: 200,
  equalPostDividers: false,
  postDividersLessOne: false,
  oscillatorMaxMhz: null,
}

/** Wire ids `step` apart: the two low bits name the midstate. */
const SLOTS: readonly number[] = Array.from({ length: 32 }, (_, index) => ((index + 1) * 4) % 128)

/** Part of the search space after which a job is replaced. */
const REPLACE_AFTER_RATIO = 0.75

/** Clock range of the silicon as GekkoScience's driver limits it; ramps begin below. */
const FREQUENCY_MHZ = { min: 100, max: 800, step: 5 }
const START_MHZ = 56.25

/** The job and midstate that the reply names, then the three jobs before with all midstates (asic-serial 4.8). */
export function midstateGuesses(slots: readonly number[], idByte: number, newestSlot: number): Guess[] {
  const index = slots.indexOf(idByte & 0xfc)
  if (index < 0) return []
  const guesses: Guess[] = [guess(slots[index]!, idByte & 3)]
  for (let back = 1; back <= 3; back++) {
    const slot = slots[(index - back + slots.length) % slots.length]!
    if (slot === newestSlot) break
    for (let midstate = 0; midstate < 4; midstate++) guesses.push(guess(slot, midstate))
  }
  return guesses
}

function guess(slot: number, midstate: number): Guess {
  return {
    slot,
    version: (work: ChipWork) =>
      midstate < midstateCount(work.versionMask) ? versionOfMidstate(work, midstate) : work.version,
  }
}

/** Time until a job of midstates must be replaced: three quarters of what its nonces take. */
export function midstateJobIntervalMs(frequencyMhz: number, chipCount: number, versionMask: number): number {
  const spaceMs = searchSpaceMs({
    frequencyMhz,
    chipCount,
    cores: CORES,
    smallCores: BM1397_SMALL_CORES,
    versions: midstateCount(versionMask),
  })
  return spaceMs === null ? 20 : spaceMs * REPLACE_AFTER_RATIO
}

/** Which chip and core: only where there is no choice. Two projects read addresses from nonces, and disagree. */
export function midstateOrigin(_reply: NonceReply, chipCount: number): { chip: number | null; core: null } {
  return { chip: chipCount === 1 ? 0 : null, core: null }
}

/** Null outside the chip's range, and where the PLL comes not near enough. */
function solve(frequencyMhz: number): PllSetting | null {
  return frequencyMhz >= START_MHZ && frequencyMhz <= FREQUENCY_MHZ.max
    ? solvePll(frequencyMhz, BM1397_PLL)
    : null
}

function clock(frequencyMhz: number): Step[] | null {
  const pll = solve(frequencyMhz)
  return pll === null ? null : [write('all', 'pll0', pllRegister(pll, BM1397_PLL))]
}

/** From counted chips to the first clock. */
export function bm1397Setup(settings: Pick<ChainSettings, 'chipCount' | 'ticketDifficulty'>): Sequence {
  return [
    wait(20),
    ...paced([
      chainInactive,
      ...chipAddresses(settings.chipCount).map(setAddress),
      write('all', 'orderedClock', 0),
      write('all', 'orderedClock2', 0),
      write('all', 'clockOrderControl', 1),
      write('all', 'coreMailbox', CORE.clockDelay74),
      write('all', 'ticketMask', ticketMask(settings.ticketDifficulty)),
      write('all', 'pll3', 0xc0700111),
      write('all', 'uartBaud', 0x0600000f),
      write('all', 'miscControl', BM1397_FIRST_RATE),
    ]),
  ]
}

export interface Bm1397BringUp {
  readonly discover: Sequence
  readonly setup: Sequence
  /** @throws RangeError if the clock cannot be made */
  clock(frequencyMhz: number): Sequence
  readonly fastLine: Sequence
}

/** Parts of the bring-up; with the ramp between clock and line they are what ESP-Miner sends. */
export function bm1397BringUp(
  settings: Pick<ChainSettings, 'chipCount' | 'ticketDifficulty'>,
): Bm1397BringUp {
  const { register, hostBaud } = FAST_LINE.bm1397Three
  return {
    discover: [
      { op: 'reset', lowMs: 100, settleMs: 500 },
      { op: 'discard' },
      read('all', 'chipId'),
      { op: 'expect-chips', count: settings.chipCount, model: 0x1397, withinMs: 1000 },
    ],
    setup: bm1397Setup(settings),
    clock(frequencyMhz) {
      const steps = clock(frequencyMhz)
      if (steps === null) throw new RangeError(`BM1397 makes no clock of ${frequencyMhz} MHz`)
      return steps
    },
    fastLine: [
      write('all', 'miscControl', register),
      wait(20),
      { op: 'host-baud', baudRate: hostBaud },
      wait(PACE_MS),
    ],
  }
}

/** The divider before it, and each of them twice, 10 ms apart. */
function setFrequency(frequencyMhz: number): Sequence | null {
  const steps = clock(frequencyMhz)
  if (steps === null) return null
  const divider = write('all', 'pll0Divider', GEKKO_PLL0_DIVIDER)
  return [...paced([divider, divider, ...steps, ...steps]), wait(RAMP_PAUSE_MS)]
}

/** A chip alone has time enough for its jobs on the first rate. */
const MOST_CHIPS_ON_SLOW_LINE = 1

export const bm1397: ChipProfile = {
  id: 'BM1397',
  model: 0x1397,
  line: { baudRate: 115_200, stopBits: 1 },
  rolling: 'midstates',
  jobSlots: SLOTS,
  hashesPerClock: BM1397_SMALL_CORES,
  ticketDifficulties: TICKET_DIFFICULTIES,
  frequencyMhz: FREQUENCY_MHZ,
  startMhz: START_MHZ,
  encodeJob: encodeMidstateJob,
  createDecoder: () => createReplyDecoder(9),
  guesses: (reply, newestSlot) => midstateGuesses(SLOTS, reply.idByte, newestSlot),
  origin: midstateOrigin,
  isBusyWork: () => false,
  discover: (chipCount) => bm1397BringUp({ chipCount, ticketDifficulty: 1 }).discover,
  initialise(settings) {
    const parts = bm1397BringUp(settings)
    return [
      ...parts.setup,
      ...(setFrequency(START_MHZ) ?? []),
      ...(settings.chipCount > MOST_CHIPS_ON_SLOW_LINE ? parts.fastLine : []),
    ]
  },
  ramp: (fromMhz, toMhz) => (solve(toMhz) === null ? [] : rampClocks(fromMhz, toMhz, RAMP_STEP_MHZ)),
  setFrequency,
  actualFrequencyMhz(frequencyMhz) {
    const pll = solve(frequencyMhz)
    return pll === null ? null : pllMhz(pll)
  },
  setTicket: (ticketDifficulty) => paced([write('all', 'ticketMask', ticketMask(ticketDifficulty))]),
  setVersionMask: () => [],
  idle: () => [],
  readHealth: () => [],
  jobIntervalMs: (frequencyMhz, chipCount, versionMask = CHIP_ROLLABLE_BITS) =>
    midstateJobIntervalMs(frequencyMhz, chipCount, versionMask),
}
