/**
 * Profile of everything that scans 64 bytes of work at a fixed clock and answers with nothing but a nonce: Block
 * Erupters, Icarus, Lancelot and Cairnsmore boards. No identity, no clock to set, no ticket; a reply belongs to the
 * work sent last or, when it crossed that on the wire, to the one before. (Serial ASIC digest, section 3.)
 */
import { toHex } from '../../../base/index.ts'
import { type ChipProfile, type ChipWork, type NonceReply } from '../../model/chip.ts'
import { headerWithoutNonce } from '../job.ts'
import { midstateOf, wireMidstate } from '../midstate.ts'
import { PROBE_NONCES } from './detection.ts'
import { SilenceDecoder } from './silence-decoder.ts'
import { workLastsMs } from './timing.ts'
import { encodeWork } from './work-frame.ts'

/** 336 MHz: Block Erupter. 400 MHz: Lancelot. One hash a clock for the device as a whole. */
const CLOCK_MHZ = { min: 336, max: 400, step: 1 }

const PROBES: ReadonlySet<string> = new Set(PROBE_NONCES.map(toHex))

/** The frame for a piece of work, no overlay in it. 64 bytes. */
export function icarusWork(work: ChipWork): Uint8Array {
  const header = headerWithoutNonce(work)
  return encodeWork(wireMidstate(midstateOf(header)), header.subarray(64))
}

/** Whether a nonce answers a probe of `detection.ts` and so belongs to no job. */
export function isProbeNonce(reply: NonceReply): boolean {
  return PROBES.has(toHex(reply.raw.subarray(0, 4)))
}

/** @returns the clock as it is, since nothing can change it; null outside what such devices have */
function fixedClock(frequencyMhz: number): number | null {
  return frequencyMhz >= CLOCK_MHZ.min && frequencyMhz <= CLOCK_MHZ.max ? frequencyMhz : null
}

export const icarus: ChipProfile = {
  id: 'icarus',
  model: null,
  line: { baudRate: 115200, stopBits: 1 },
  rolling: 'none',
  // The frame carries no id: two names that only we know, for the current work and the one before.
  jobSlots: [0, 1],
  hashesPerClock: 1,
  ticketDifficulties: [],
  frequencyMhz: CLOCK_MHZ,
  startMhz: CLOCK_MHZ.min,

  encodeJob: (_slot, work) => icarusWork(work),
  createDecoder: () => new SilenceDecoder(4),
  guesses: (_reply, newestSlot) => [
    { slot: newestSlot, version: (work) => work.version },
    { slot: newestSlot === 0 ? 1 : 0, version: (work) => work.version },
  ],
  // Engines split the range evenly, each has the nonces with its number in the top bits (3.4).
  origin: (reply, chipCount) => ({ chip: engineOf(reply, chipCount), core: null }),
  isBusyWork: isProbeNonce,

  discover: () => [{ op: 'discard' }],
  initialise: () => [],
  ramp: (_fromMhz, toMhz) => [toMhz],
  setFrequency: (frequencyMhz) => (fixedClock(frequencyMhz) === null ? null : []),
  actualFrequencyMhz: fixedClock,
  setTicket: () => [],
  setVersionMask: () => [],
  // It stops by itself when its range is scanned.
  idle: () => [],
  readHealth: () => [],
  jobIntervalMs: (frequencyMhz, chipCount) => workLastsMs(frequencyMhz * 1e6 * chipCount),
}

function engineOf(reply: NonceReply, engines: number): number | null {
  if (engines === 1) return 0
  const bits = Math.log2(engines)
  const first = reply.raw[0]
  return first === undefined || !Number.isInteger(bits) || bits > 3 ? null : first >> (8 - bits)
}
