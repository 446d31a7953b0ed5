/**
 * What BM1362, BM1366, BM1368 and BM1370 have in common: they take whole headers, roll versions themselves and answer
 * with eleven bytes. What tells them apart is data (asic-serial 5.3 to 5.11).
 */
import {
  type ChainSettings,
  type ChipId,
  type ChipProfile,
  type Guess,
  type NonceReply,
} from '../model/chip.ts'
import { type Sequence, type Step } from '../model/sequence.ts'
import { chipOfAddress } from './address.ts'
import { FAST_LINE } from './baud.ts'
import { epochMs, nextPowerOfTwo, versionCount } from './hash-counting.ts'
import { encodeFullJob, type FullJobForm, versionWithoutRolledBits } from './job.ts'
import { pllMhz, pllRegister, type PllLimits, type PllSetting, solvePll } from './pll.ts'
import { rampClocks } from './ramp.ts'
import { CHIP_ROLLABLE_BITS, midstateConfig } from './registers.ts'
import { createReplyDecoder } from './reply-decoder.ts'
import { paced, read, wait, write } from './steps.ts'
import { TICKET_DIFFICULTIES, ticketMask } from './ticket-mask.ts'

/** Steps of a ramp, MHz, and how long the regulator is given after each. */
export const RAMP_STEP_MHZ = 6.25
export const RAMP_PAUSE_MS = 100

/** Cold boards may be slow (asic-serial 5.12, 6.4). */
const RESET: readonly Step[] = [{ op: 'reset', lowMs: 100, settleMs: 500 }, { op: 'discard' }]
const DISCOVERY_MS = 500

/** Up to two chips the first rate is enough: a job takes 7.6 ms at 115200 (asic-serial 5.10). */
const MOST_CHIPS_ON_SLOW_LINE = 2

/** Shorter intervals would fill a line at 115200. */
const LEAST_JOB_INTERVAL_MS = 10

export interface RollingChip {
  readonly id: ChipId
  readonly model: number
  readonly cores: number
  /** Of the whole chip. */
  readonly smallCores: number
  /** That share a nonce range and differ in version. */
  readonly smallCoresPerCore: number
  readonly frequencyMhz: ChipProfile['frequencyMhz']
  readonly startMhz: number
  readonly pll: PllLimits
  readonly jobStep: number
  readonly jobForm: FullJobForm
  /** Wire id of the job in the id byte of a reply. */
  slotOf(idByte: number): number
  /** Whether nonces carry the address of their chip. */
  readonly noncesCarryAddress: boolean
  readonly healthCounters: boolean
  /** Of one chip, milliseconds. */
  readonly jobIntervalMs: number
  hashCountingNumber(pll: PllSetting, chipCount: number): number
  /** How often version rolling is enabled before chips are counted. */
  readonly enablesBeforeCount: number
  /** From counted chips to the first clock. */
  setup(settings: BringUpSettings): readonly Step[]
  /** After the first clock. */
  setupAfterClock(settings: BringUpSettings): readonly Step[]
  /** Whether version rolling is enabled again after the hash counting number. */
  readonly enablesAtEnd: boolean
}

export interface BringUpSettings extends Pick<
  ChainSettings,
  'chipCount' | 'ticketDifficulty' | 'versionMask'
> {
  readonly addresses: readonly number[]
}

/** Parts of a bring-up: their frames in a row, with the ramp between, are what firmware sends. */
export interface BringUp {
  readonly discover: Sequence
  readonly setup: Sequence
  /** Clock alone, as firmware ramps. @throws RangeError if the clock cannot be made */
  clock(frequencyMhz: number): Step
  readonly afterClock: Sequence
  /** Last steps at a clock. @throws RangeError if the clock cannot be made */
  finish(frequencyMhz: number, fastLine: boolean): Sequence
}

/** Wire ids in the order in which jobs take them: 16 of them, `step` apart, modulo 128. */
export function rollingJobSlots(step: number): number[] {
  return Array.from({ length: 16 }, (_, index) => ((index + 1) * step) % 128)
}

/**
 * The named job, then the three sent before it, as GekkoScience's driver tries them (asic-serial 4.9): a reply's id
 * byte may be damaged, or cross a job on the line. Never past the newest job into the oldest.
 */
export function rollingGuesses(
  slots: readonly number[],
  slot: number,
  newestSlot: number,
  rolledBits: number,
): Guess[] {
  const index = slots.indexOf(slot)
  if (index < 0) return []
  const guesses: Guess[] = []
  for (let back = 0; back <= 3; back++) {
    const tried = slots[(index - back + slots.length) % slots.length]!
    if (back > 0 && tried === newestSlot) break
    guesses.push({
      slot: tried,
      version: (work) => (versionWithoutRolledBits(work) | rolledBits) >>> 0,
    })
  }
  return guesses
}

/** The nonce as the chip counts it: header bytes read big-endian (asic-serial 5.3). */
export function chipNonce(reply: NonceReply): number {
  const n = reply.nonce
  return (((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24)) >>> 0
}

/** The parts of a chip's bring-up, with `settings.addresses` in the order in which chips take them. */
export function bringUp(chip: RollingChip, settings: BringUpSettings): BringUp {
  const enable = (mask: number): Step => write('all', 'midstateConfig', midstateConfig(mask))
  const solve = (frequencyMhz: number): PllSetting => {
    const pll = solvePll(frequencyMhz, chip.pll)
    if (pll === null) throw new RangeError(`${chip.id} makes no clock of ${frequencyMhz} MHz`)
    return pll
  }
  const fast = FAST_LINE.oneMegabaud
  return {
    discover: [
      ...RESET,
      ...Array.from({ length: chip.enablesBeforeCount }, () => [enable(CHIP_ROLLABLE_BITS), wait(5)]).flat(),
      wait(10),
      read('all', 'chipId'),
      { op: 'expect-chips', count: settings.chipCount, model: chip.model, withinMs: DISCOVERY_MS },
    ],
    setup: paced(chip.setup(settings)),
    clock: (frequencyMhz) => write('all', 'pll0', pllRegister(solve(frequencyMhz), chip.pll)),
    afterClock: paced(chip.setupAfterClock(settings)),
    finish: (frequencyMhz, fastLine) => [
      ...paced([
        write('all', 'hashCountingNumber', chip.hashCountingNumber(solve(frequencyMhz), settings.chipCount)),
        ...(chip.enablesAtEnd ? [enable(settings.versionMask)] : []),
      ]),
      ...(fastLine
        ? [
            write('all', 'uartBaud', fast.register),
            wait(20),
            { op: 'host-baud', baudRate: fast.hostBaud } as const,
            wait(10),
          ]
        : []),
    ],
  }
}

/**
 * A profile out of what tells these chips apart. Pauses are part of its sequences: `setFrequency` waits 100 ms for the
 * regulator, so a ramp needs no timer of its own; after `idle` the next `setFrequency` wakes the chips.
 */
export function rollingProfile(
  chip: RollingChip,
  addresses: (chipCount: number) => readonly number[],
): ChipProfile {
  const slots = rollingJobSlots(chip.jobStep)

  /** Null outside the chip's range, and where the PLL comes not near enough. */
  const solve = (frequencyMhz: number): PllSetting | null => {
    const { min, max } = chip.frequencyMhz
    // Ramps begin below the range that people choose from.
    return frequencyMhz >= Math.min(min, chip.startMhz) && frequencyMhz <= max
      ? solvePll(frequencyMhz, chip.pll)
      : null
  }
  const parts = (settings: Omit<BringUpSettings, 'addresses'>): BringUp =>
    bringUp(chip, { ...settings, addresses: addresses(settings.chipCount) })
  const setVersionMask = (versionMask: number): Sequence =>
    paced([write('all', 'midstateConfig', midstateConfig(versionMask))])

  return {
    id: chip.id,
    model: chip.model,
    line: { baudRate: 115_200, stopBits: 1 },
    rolling: 'chip',
    jobSlots: slots,
    hashesPerClock: chip.smallCores,
    ticketDifficulties: TICKET_DIFFICULTIES,
    frequencyMhz: chip.frequencyMhz,
    startMhz: chip.startMhz,
    encodeJob: (slot, work) => encodeFullJob(slot, work, chip.jobForm),
    createDecoder: () => createReplyDecoder(11),
    guesses: (reply, newestSlot) =>
      rollingGuesses(slots, chip.slotOf(reply.idByte), newestSlot, reply.rolledBits),
    origin(reply, chipCount) {
      const nonce = chipNonce(reply)
      const core = nonce >>> 25
      const addressed = chip.noncesCarryAddress ? chipOfAddress((nonce >>> 17) & 0xff, chipCount) : null
      return { chip: chipCount === 1 ? 0 : addressed, core: core < chip.cores ? core : null }
    },
    isBusyWork: () => false,
    discover: (chipCount) => parts({ chipCount, ticketDifficulty: 1, versionMask: 0 }).discover,
    initialise(settings) {
      const { setup, clock, afterClock, finish } = parts(settings)
      return [
        ...setup,
        clock(chip.startMhz),
        wait(RAMP_PAUSE_MS),
        ...afterClock,
        ...finish(chip.startMhz, settings.chipCount > MOST_CHIPS_ON_SLOW_LINE),
        ...(chip.enablesAtEnd ? [] : setVersionMask(settings.versionMask)),
      ]
    },
    ramp: (fromMhz, toMhz) => (solve(toMhz) === null ? [] : rampClocks(fromMhz, toMhz, RAMP_STEP_MHZ)),
    setFrequency(frequencyMhz, chipCount) {
      const pll = solve(frequencyMhz)
      if (pll === null) return null
      return [
        write('all', 'pll0', pllRegister(pll, chip.pll)),
        write('all', 'hashCountingNumber', chip.hashCountingNumber(pll, chipCount)),
        wait(RAMP_PAUSE_MS),
      ]
    },
    actualFrequencyMhz(frequencyMhz) {
      const pll = solve(frequencyMhz)
      return pll === null ? null : pllMhz(pll)
    },
    setTicket: (ticketDifficulty) => paced([write('all', 'ticketMask', ticketMask(ticketDifficulty))]),
    setVersionMask,
    idle: () => paced([write('all', 'hashCountingNumber', 0)]),
    readHealth: () =>
      chip.healthCounters ? paced([read('all', 'totalCounter'), read('all', 'errorCounter')], 1) : [],
    jobIntervalMs(frequencyMhz, chipCount, versionMask = CHIP_ROLLABLE_BITS) {
      const usual = chip.jobIntervalMs / nextPowerOfTwo(chipCount)
      const pll = solve(frequencyMhz)
      if (pll === null) return usual
      const ticks = chip.hashCountingNumber(pll, chipCount)
      const epoch = epochMs(chip.smallCoresPerCore, ticks, versionCount(versionMask))
      return Math.max(LEAST_JOB_INTERVAL_MS, Math.min(usual, epoch / 2))
    },
  }
}
