/** BM1370: Bitaxe Gamma. Constants and order of ESP-Miner (asic-serial 5.11), as in the transcript `bm1370-x1`. */
import { chipAddresses } from './address.ts'
import { hashCountingNumber } from './hash-counting.ts'
import { OPEN_JOB_FORM } from './job.ts'
import { CORE, midstateConfig, CHIP_ROLLABLE_BITS, SOFT_RESET_CORES, SOFT_RESET_NORMAL } from './registers.ts'
import { type RollingChip, rollingProfile } from './rolling-profile.ts'
import { chainInactive, setAddress, write } from './steps.ts'
import { ticketMask } from './ticket-mask.ts'

/** Without it the sweep overruns into nonces that were reported already. */
const GUARD_TICKS = 268

export const bm1370Chip: RollingChip = {
  id: 'BM1370',
  model: 0x1370,
  cores: 128,
  smallCores: 2040,
  smallCoresPerCore: 16,
  frequencyMhz: { min: 50, max: 750, step: 6.25 },
  startMhz: 56.25,
  pll: {
    feedbackMin: 160,
    feedbackMax: 239,
    equalPostDividers: false,
    postDividersLessOne: true,
    oscillatorMaxMhz: 3200,
  },
  jobStep: 24,
  jobForm: OPEN_JOB_FORM,
  slotOf: (idByte) => (idByte & 0xf0) >> 1,
  // Two projects read an address from nonces; that is their convention (asic-serial 11.5).
  noncesCarryAddress: false,
  healthCounters: true,
  jobIntervalMs: 500,
  hashCountingNumber: (pll, chipCount) => hashCountingNumber(pll, 128, chipCount, GUARD_TICKS),
  enablesBeforeCount: 3,
  setup: ({ addresses, ticketDifficulty }) => [
    write('all', 'midstateConfig', midstateConfig(CHIP_ROLLABLE_BITS)),
    write('all', 'softReset', SOFT_RESET_NORMAL),
    write('all', 'miscControl', 0xf000c100),
    chainInactive,
    ...addresses.map(setAddress),
    write('all', 'coreMailbox', CORE.clockSelect0),
    write('all', 'coreMailbox', CORE.clockDelay0c),
    write('all', 'ticketMask', ticketMask(ticketDifficulty)),
    write('all', 'ioDriverStrength', 0x00011111),
    ...addresses.flatMap((address) => [
      write(address, 'softReset', SOFT_RESET_CORES),
      write(address, 'miscControl', 0xf000c100),
      write(address, 'coreMailbox', CORE.clockSelect0),
      write(address, 'coreMailbox', CORE.clockDelay0c),
      write(address, 'coreMailbox', CORE.enable),
    ]),
    write('all', 'adcControl', 0x00004480),
    // Routes the temperature diode outside, where the board's fan controller reads it.
    write('all', 'analogMux', 2),
    write('all', 'adcControl', 0x00004480),
    write('all', 'coreMailbox', CORE.overflowControl),
  ],
  setupAfterClock: () => [],
  enablesAtEnd: false,
}

export const bm1370 = rollingProfile(bm1370Chip, chipAddresses)
