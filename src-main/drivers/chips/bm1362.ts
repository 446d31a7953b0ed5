/**
 * BM1362 as factory boards bring it up: first the clock, then each chip's cores (asic-serial 5.11). Compac A1 does it
 * in another order.
 */
import { chipAddresses } from './address.ts'
import { FACTORY_JOB_FORM } from './job.ts'
import { CORE } from './registers.ts'
import { type RollingChip, rollingProfile } from './rolling-profile.ts'
import { chainInactive, setAddress, write } from './steps.ts'
import { ticketMask } from './ticket-mask.ts'

/** Of Compac A1: shorter than the whole range, so that an epoch takes 1.6 s at any clock. */
const HASH_COUNTING_NUMBER = 0x12c9

export const bm1362Chip: RollingChip = {
  id: 'BM1362',
  model: 0x1362,
  cores: 65,
  smallCores: 512,
  smallCoresPerCore: 8,
  frequencyMhz: { min: 50, max: 750, step: 6.25 },
  startMhz: 56.25,
  pll: {
    feedbackMin: 160,
    feedbackMax: 239,
    equalPostDividers: true,
    postDividersLessOne: true,
    oscillatorMaxMhz: 3200,
  },
  jobStep: 8,
  jobForm: FACTORY_JOB_FORM,
  slotOf: (idByte) => idByte & 0xf8,
  noncesCarryAddress: true,
  healthCounters: false,
  jobIntervalMs: 500,
  hashCountingNumber: () => HASH_COUNTING_NUMBER,
  enablesBeforeCount: 1,
  setup: ({ addresses, ticketDifficulty }) => [
    chainInactive,
    ...addresses.map(setAddress),
    write('all', 'coreMailbox', CORE.register5),
    write('all', 'coreMailbox', CORE.clockDelay08),
    write('all', 'ticketMask', ticketMask(ticketDifficulty)),
    write('all', 'analogMux', 3),
    write('all', 'ioDriverStrength', 0x00011111),
  ],
  setupAfterClock: ({ addresses }) =>
    addresses.flatMap((address) => [
      write(address, 'softReset', 2),
      write(address, 'miscControl', 0xb000c100),
      write(address, 'coreMailbox', CORE.register5),
      write(address, 'coreMailbox', CORE.clockDelay08),
      write(address, 'coreMailbox', CORE.enable),
    ]),
  enablesAtEnd: true,
}

export const bm1362 = rollingProfile(bm1362Chip, chipAddresses)
