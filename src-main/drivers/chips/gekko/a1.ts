/**
 * BM1362 as GekkoScience's driver brings it up on Compac A1 and Terminus A1: cores before the clock, no faster line, the
 * clock with dividers of its own. Power, voltage and reset are the telemetry port's and a latch's (`telemetry.ts`,
 * `vendor-requests.ts`). (Serial ASIC digest 4.9.)
 */
import { type ChainSettings, type ChipProfile } from '../../model/chip.ts'
import { type Sequence } from '../../model/sequence.ts'
import { chipAddresses } from '../address.ts'
import { bm1362, bm1362Chip } from '../bm1362.ts'
import { CHIP_ROLLABLE_BITS, CORE, midstateConfig } from '../registers.ts'
import { rollingGuesses } from '../rolling-profile.ts'
import { chainInactive, paced, read, setAddress, wait, write } from '../steps.ts'
import { ticketMask } from '../ticket-mask.ts'
import { a1a2Clock, a1a2Clocks } from './a1-a2-clock.ts'

const HASH_COUNT = 0x12c9

/** Ids from 10 to 78. */
const SLOTS: readonly number[] = Array.from({ length: 14 }, (_, i) => 0x10 + 8 * i)

const clocks = a1a2Clocks(HASH_COUNT)

/** From counted chips to the clock. */
export function a1Setup({ chipCount, ticketDifficulty }: ChainSettings): Sequence {
  const addresses = chipAddresses(chipCount)
  return [
    chainInactive,
    wait(100),
    ...paced(addresses.map(setAddress)),
    write('all', 'coreMailbox', CORE.register5),
    wait(10),
    write('all', 'coreMailbox', CORE.clockDelay08),
    wait(100),
    write('all', 'ticketMask', ticketMask(ticketDifficulty)),
    wait(20),
    write('all', 'analogMux', 3),
    wait(50),
    write('all', 'ioDriverStrength', 0x00011111),
    wait(110),
    ...paced(
      addresses.flatMap((address) => [
        write(address, 'softReset', 2),
        write(address, 'miscControl', 0xb000c100),
        write(address, 'coreMailbox', CORE.register5),
        write(address, 'coreMailbox', CORE.clockDelay08),
        write(address, 'coreMailbox', CORE.enable),
      ]),
    ),
  ]
}

export const gekkoA1: ChipProfile = {
  ...bm1362,
  ...clocks,
  id: 'gekko-a1',
  // Mark parity in the maker's driver, which is one more high bit at the end of each byte.
  line: { baudRate: 115_200, stopBits: 2 },
  jobSlots: SLOTS,
  guesses: (reply, newestSlot) =>
    rollingGuesses(SLOTS, bm1362Chip.slotOf(reply.idByte), newestSlot, reply.rolledBits),
  // Without a reset: the latch that could pull it takes the core voltage with it.
  discover: (chipCount) => [
    { op: 'discard' },
    write('all', 'midstateConfig', midstateConfig(CHIP_ROLLABLE_BITS)),
    wait(10),
    read('all', 'chipId'),
    { op: 'expect-chips', count: chipCount, model: bm1362Chip.model, withinMs: 1000 },
  ],
  initialise: (settings) => [
    ...a1Setup(settings),
    ...(a1a2Clock(clocks.startMhz) ?? []),
    wait(20),
    ...paced([
      write('all', 'hashCountingNumber', HASH_COUNT),
      write('all', 'midstateConfig', midstateConfig(settings.versionMask)),
    ]),
  ],
}
