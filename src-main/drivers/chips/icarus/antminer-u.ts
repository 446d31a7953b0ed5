/**
 * Profile of AntMiner U1 and U2: Icarus work with an id in it, replies of five bytes that carry the id back, a clock that
 * can be set and not read. A U3 needs its voltage set as well and scans forty times faster: `antminer-commands.ts` and
 * `clock-words.ts` have what it takes, this profile does not drive it. (Serial ASIC digest 3.2 to 3.6.)
 */
import { type ChipProfile } from '../../model/chip.ts'
import { type Step } from '../../model/sequence.ts'
import { rampClocks } from '../ramp.ts'
import { setClockWord } from './antminer-commands.ts'
import { u1ClockWord } from './clock-words.ts'
import { icarusWork, isProbeNonce } from './icarus.ts'
import { SilenceDecoder } from './silence-decoder.ts'
import { ANTMINER_U1_HASHES_PER_CLOCK, fullRangeMs } from './timing.ts'
import { withAntMinerId } from './work-frame.ts'

/** The clock needs so long to settle. */
const AFTER_CLOCK_MS = 500

const CLOCK_MHZ = { min: 100, max: 400, step: 6.25 }
const RAMP_STEP_MHZ = 25
/** A clock asked for may be missed by so much, downward only. */
const MAX_BELOW_MHZ = 1

/** Bits of a reply's last byte that are the id. */
const ID_BITS = 0x1f

/** The drivers bring new work once a second whatever the clock. */
const JOB_INTERVAL_MS = 1000

function solve(frequencyMhz: number): { word: number; mhz: number } | null {
  if (!(frequencyMhz >= CLOCK_MHZ.min && frequencyMhz <= CLOCK_MHZ.max)) return null
  const solution = u1ClockWord(frequencyMhz)
  const below = frequencyMhz - solution.mhz
  return below < 0 || below > MAX_BELOW_MHZ ? null : solution
}

function setFrequency(frequencyMhz: number): Step[] | null {
  const solution = solve(frequencyMhz)
  if (solution === null) return null
  return [
    { op: 'send', bytes: setClockWord(solution.word), what: `clock ${solution.mhz} MHz` },
    { op: 'wait', ms: AFTER_CLOCK_MS },
  ]
}

export const antminerU: ChipProfile = {
  id: 'antminer-u',
  model: null,
  line: { baudRate: 115200, stopBits: 1 },
  rolling: 'none',
  jobSlots: Array.from({ length: 0x1f }, (_, id) => id),
  hashesPerClock: ANTMINER_U1_HASHES_PER_CLOCK,
  ticketDifficulties: [],
  frequencyMhz: CLOCK_MHZ,
  startMhz: CLOCK_MHZ.min,

  encodeJob: (slot, work) => withAntMinerId(icarusWork(work), slot),
  createDecoder: () => new SilenceDecoder(5),
  guesses: (reply) => [{ slot: reply.idByte & ID_BITS, version: (work) => work.version }],
  origin: (_reply, chipCount) => ({ chip: chipCount === 1 ? 0 : null, core: null }),
  isBusyWork: isProbeNonce,

  discover: () => [{ op: 'discard' }],
  initialise: () => setFrequency(CLOCK_MHZ.min) ?? [],
  ramp: (fromMhz, toMhz) => rampClocks(fromMhz, toMhz, RAMP_STEP_MHZ),
  setFrequency,
  actualFrequencyMhz: (frequencyMhz) => solve(frequencyMhz)?.mhz ?? null,
  setTicket: () => [],
  setVersionMask: () => [],
  idle: () => [],
  readHealth: () => [],
  jobIntervalMs: (frequencyMhz, chipCount) =>
    Math.min(JOB_INTERVAL_MS, fullRangeMs(frequencyMhz * 1e6 * ANTMINER_U1_HASHES_PER_CLOCK * chipCount) / 2),
}
