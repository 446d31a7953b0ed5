/**
 * BM1370 as GekkoScience's driver brings it up on Compac A2 and Terminus A2, with a midstate code of 0 where everybody
 * else writes 1. What the driver sends by mistake is left out: a chain-inactive frame with a register in it, and a loop
 * that was meant for every chip and reaches the first only. (Serial ASIC digest 4.9; what the code means is not
 * established.)
 */
import { type ChainSettings, type ChipProfile } from '../../model/chip.ts'
import { type Sequence, type Step } from '../../model/sequence.ts'
import { chipAddresses } from '../address.ts'
import { bm1370, bm1370Chip } from '../bm1370.ts'
import { epochMs, versionCount } from '../hash-counting.ts'
import { A2_JOB_FORM, encodeFullJob } from '../job.ts'
import {
  CHIP_ROLLABLE_BITS,
  CORE,
  midstateConfig,
  SOFT_RESET_CORES,
  SOFT_RESET_NORMAL,
} from '../registers.ts'
import { rollingGuesses } from '../rolling-profile.ts'
import { chainInactive, paced, read, setAddress, wait, write } from '../steps.ts'
import { ticketMask } from '../ticket-mask.ts'
import { a1a2Clock, a1a2Clocks } from './a1-a2-clock.ts'

const HASH_COUNT = 0x0f25

const SLOTS: readonly number[] = [0x18, 0x30, 0x48, 0x60, 0x78]

/** Core mailbox: clock select and delay as only this driver has them. */
const CLOCK_SELECT_04 = 0x80008d04
const CLOCK_DELAY_0E = 0x8000800e

/** Bits 31 to 28 of the register: on, and the code of the midstates. */
const MIDSTATE_CODE_0 = 0x80000000
const MASK_BITS = 0xffff

/** Longest a job is kept; less where it would repeat itself. */
const MOST_JOB_INTERVAL_MS = 500
/** Shorter intervals would fill a line at 115200. */
const LEAST_JOB_INTERVAL_MS = 10

const clocks = a1a2Clocks(HASH_COUNT)

function rolling(versionMask: number): Step {
  const value = (MIDSTATE_CODE_0 | (midstateConfig(versionMask) & MASK_BITS)) >>> 0
  return write('all', 'midstateConfig', value)
}

/** From counted chips to the clock. */
export function a2Setup({ chipCount, ticketDifficulty }: ChainSettings): Sequence {
  const addresses = chipAddresses(chipCount)
  return [
    write('all', 'softReset', SOFT_RESET_NORMAL),
    wait(110),
    chainInactive,
    wait(100),
    ...paced(addresses.map(setAddress)),
    write('all', 'coreMailbox', CLOCK_SELECT_04),
    wait(10),
    write('all', 'coreMailbox', CLOCK_DELAY_0E),
    wait(100),
    write('all', 'ticketMask', ticketMask(ticketDifficulty)),
    wait(20),
    write('all', 'ioDriverStrength', 0x00011111),
    wait(50),
    read('all', 'ioDriverStrength'),
    wait(100),
    ...paced(
      addresses
        .toReversed()
        .flatMap((address) => [
          write(address, 'ioDriverStrength', 0x0001f111),
          read(address, 'ioDriverStrength'),
        ]),
    ),
  ]
}

/** From the clock to chips that wait for a job. */
export function a2SetupAfterClock(versionMask: number): Sequence {
  const report = write('all', 'miscControl', 0xf000c100)
  return [
    ...paced([
      write('all', 'pll3', 0x5aa55aa5),
      write('all', 'hashCountingNumber', HASH_COUNT),
      write(0, 'uartRelay', 0x00130007),
      read(0, 'uartRelay'),
    ]),
    wait(10),
    ...paced([write('all', 'softReset', SOFT_RESET_CORES), report, report]),
    read('all', 'miscControl'),
    wait(50),
    ...paced([
      write('all', 'coreMailbox', CORE.clockSelect0),
      write('all', 'coreMailbox', CLOCK_DELAY_0E),
      write('all', 'coreMailbox', CORE.enable),
      write('all', 'analogMux', 3),
      rolling(versionMask),
    ]),
  ]
}

export const gekkoA2: ChipProfile = {
  ...bm1370,
  ...clocks,
  id: 'gekko-a2',
  // Mark parity in the maker's driver, which is one more high bit at the end of each byte.
  line: { baudRate: 115_200, stopBits: 2 },
  jobSlots: SLOTS,
  encodeJob: (slot, work) => encodeFullJob(slot, work, A2_JOB_FORM),
  guesses: (reply, newestSlot) =>
    rollingGuesses(SLOTS, bm1370Chip.slotOf(reply.idByte), newestSlot, reply.rolledBits),
  // Without a reset: the latch that could pull it takes the core voltage with it.
  discover: (chipCount) => [
    { op: 'discard' },
    rolling(CHIP_ROLLABLE_BITS),
    wait(10),
    read('all', 'chipId'),
    { op: 'expect-chips', count: chipCount, model: bm1370Chip.model, withinMs: 1000 },
  ],
  initialise: (settings) => [
    ...a2Setup(settings),
    ...(a1a2Clock(clocks.startMhz) ?? []),
    wait(20),
    ...a2SetupAfterClock(settings.versionMask),
  ],
  setVersionMask: (versionMask) => paced([rolling(versionMask)]),
  jobIntervalMs(_frequencyMhz, _chipCount, versionMask = CHIP_ROLLABLE_BITS) {
    const epoch = epochMs(bm1370Chip.smallCoresPerCore, HASH_COUNT, versionCount(versionMask))
    return Math.max(LEAST_JOB_INTERVAL_MS, Math.min(MOST_JOB_INTERVAL_MS, epoch / 2))
  },
}
