/** BM1366: Bitaxe Ultra. Constants and order of ESP-Miner (asic-serial 5.11), as in the transcript `bm1366-x1`. */
import { chipAddresses } from './address.ts'
import { hashCountingNumber } from './hash-counting.ts'
import { OPEN_JOB_FORM } from './job.ts'
import { CORE, SOFT_RESET_CORES, SOFT_RESET_NORMAL } from './registers.ts'
import { type RollingChip, rollingProfile } from './rolling-profile.ts'
import { chainInactive, setAddress, write } from './steps.ts'
import { ticketMask } from './ticket-mask.ts'

export const bm1366Chip: RollingChip = {
  id: 'BM1366',
  model: 0x1366,
  cores: 112,
  smallCores: 894,
  smallCoresPerCore: 8,
  frequencyMhz: { min: 50, max: 737.5, step: 6.25 },
  startMhz: 56.25,
  pll: {
    feedbackMin: 144,
    feedbackMax: 235,
    equalPostDividers: false,
    postDividersLessOne: true,
    oscillatorMaxMhz: 3200,
  },
  jobStep: 8,
  jobForm: OPEN_JOB_FORM,
  slotOf: (idByte) => idByte & 0xf8,
  noncesCarryAddress: true,
  healthCounters: true,
  jobIntervalMs: 2000,
  hashCountingNumber: (pll, chipCount) => hashCountingNumber(pll, 112, chipCount, 0),
  enablesBeforeCount: 3,
  setup: ({ addresses, ticketDifficulty }) => [
    write('all', 'softReset', SOFT_RESET_NORMAL),
    write('all', 'miscControl', 0xff0fc100),
    chainInactive,
    ...addresses.map(setAddress),
    write('all', 'coreMailbox', CORE.register5),
    write('all', 'coreMailbox', CORE.clockDelay20),
    write('all', 'ticketMask', ticketMask(ticketDifficulty)),
    write('all', 'analogMux', 3),
    write('all', 'ioDriverStrength', 0x02111111),
    write(0, 'uartRelay', 0x007c0003),
    ...addresses.flatMap((address) => [
      write(address, 'softReset', SOFT_RESET_CORES),
      write(address, 'miscControl', 0xf000c100),
      write(address, 'coreMailbox', CORE.register5),
      write(address, 'coreMailbox', CORE.clockDelay20),
      write(address, 'coreMailbox', CORE.enable),
    ]),
  ],
  setupAfterClock: () => [],
  enablesAtEnd: true,
}

export const bm1366 = rollingProfile(bm1366Chip, chipAddresses)
