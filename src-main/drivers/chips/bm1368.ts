/** BM1368: Bitaxe Supra. Constants and order of ESP-Miner (asic-serial 5.11), as in the transcript `bm1368-x1`. */
import { chipAddresses } from './address.ts'
import { hashCountingNumber } from './hash-counting.ts'
import { OPEN_JOB_FORM } from './job.ts'
import { CORE, SOFT_RESET_CORES, SOFT_RESET_NORMAL } from './registers.ts'
import { type RollingChip, rollingProfile } from './rolling-profile.ts'
import { chainInactive, setAddress, wait, write } from './steps.ts'
import { ticketMask } from './ticket-mask.ts'

/** After each chip's cores were enabled. */
const CORES_SETTLE_MS = 500

export const bm1368Chip: RollingChip = {
  id: 'BM1368',
  model: 0x1368,
  cores: 80,
  smallCores: 1276,
  smallCoresPerCore: 16,
  frequencyMhz: { min: 50, max: 737.5, step: 6.25 },
  startMhz: 56.25,
  pll: {
    feedbackMin: 144,
    feedbackMax: 235,
    equalPostDividers: false,
    postDividersLessOne: true,
    oscillatorMaxMhz: 3200,
  },
  jobStep: 24,
  jobForm: OPEN_JOB_FORM,
  slotOf: (idByte) => (idByte & 0xf0) >> 1,
  noncesCarryAddress: false,
  healthCounters: true,
  jobIntervalMs: 500,
  hashCountingNumber: (pll, chipCount) => hashCountingNumber(pll, 80, chipCount, 0),
  enablesBeforeCount: 4,
  setup: ({ addresses, ticketDifficulty }) => [
    chainInactive,
    write('all', 'softReset', SOFT_RESET_NORMAL),
    write('all', 'miscControl', 0xff0fc100),
    write('all', 'coreMailbox', CORE.clockSelect0),
    write('all', 'coreMailbox', CORE.clockDelay18),
    write('all', 'ticketMask', ticketMask(256)),
    write('all', 'analogMux', 3),
    write('all', 'ioDriverStrength', 0x02111111),
    ...addresses.map(setAddress),
    ...addresses.flatMap((address) => [
      write(address, 'softReset', SOFT_RESET_CORES),
      write(address, 'miscControl', 0xf000c100),
      write(address, 'coreMailbox', CORE.clockSelect0),
      write(address, 'coreMailbox', CORE.clockDelay18),
      write(address, 'coreMailbox', CORE.enable),
      wait(CORES_SETTLE_MS),
    ]),
    write('all', 'ticketMask', ticketMask(ticketDifficulty)),
  ],
  setupAfterClock: () => [],
  enablesAtEnd: true,
}

export const bm1368 = rollingProfile(bm1368Chip, chipAddresses)
