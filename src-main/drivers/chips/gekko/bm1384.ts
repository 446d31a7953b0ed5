/**
 * Profile of BM1384 on GekkoScience sticks: Compac, 2Pac, Terminus R808. Work of 64 bytes that also carries ticket and
 * sweep; replies of five bytes. Nothing but the last byte of a nonce reply, 80 to 9F, tells that it is one.
 * (Serial ASIC digest 4.2 to 4.6.)
 */
import { type ChainSettings, type ChipProfile, type ChipReply } from '../../model/chip.ts'
import { type Step } from '../../model/sequence.ts'
import { chipAddresses } from '../address.ts'
import { crc5 } from '../crc.ts'
import { icarusWork } from '../icarus/icarus.ts'
import { WORK_SIZE, withGekkoOverlay } from '../icarus/work-frame.ts'
import { rampClocks } from '../ramp.ts'
import { wait } from '../steps.ts'
import {
  BM1384_CLOCK_MHZ,
  BM1384_PLL_REGISTER,
  bm1384ChainInactive,
  bm1384ClockWord,
  bm1384ReadClock,
  bm1384SetAddress,
  bm1384SetClock,
  readChips,
} from './bm1384-commands.ts'
import { chipOfFirstByte, isBusyNonce } from './busy-work.ts'
import { createWindowDecoder, registerOfReply } from './window-decoder.ts'

const MODEL = 0x1384
const CORES = 55
const REPLY_SIZE = 5

const FIRST_SLOT = 0x10
const SLOT_COUNT = 16
/** Ids that replies can carry. */
const ID_COUNT = 0x20
/** Set in the last byte of nonce replies. */
const NONCE_MARK = 0x80

/** Clocks that a ramp goes through, and how long each of them lasts. */
const RAMP_STEP_MHZ = 6.25
const RAMP_PAUSE_MS = 100
const START_MHZ = 100

/** Part of the whole range after which work is replaced, as the driver does it on Linux. */
const REPLACE_AFTER_RATIO = 0.5

/** Ticket difficulties that fit the work's byte: 1 to 256. */
const TICKETS: readonly number[] = Array.from({ length: 9 }, (_, bits) => 2 ** bits)

/** @param raw 5 bytes */
function readReply(raw: Uint8Array): ChipReply | null {
  const view = new DataView(raw.buffer, raw.byteOffset, REPLY_SIZE)
  const last = view.getUint8(4)
  if (last >= NONCE_MARK && last < NONCE_MARK + ID_COUNT) {
    return { kind: 'nonce', nonce: view.getUint32(0, true), raw, idByte: last ^ NONCE_MARK, rolledBits: 0 }
  }
  const register = registerOfReply(view.getUint8(0), BM1384_PLL_REGISTER)
  if (register === null || last >= ID_COUNT || crc5(raw) !== 0) return null
  return { kind: 'register', address: 0, register, value: view.getUint32(0), raw }
}

function send(bytes: Uint8Array, what: string): Step {
  return { op: 'send', bytes, what }
}

/** One empty frame for every core and one more, so that each begins to count. */
export function openCores(): Step[] {
  const empty = new Uint8Array(WORK_SIZE)
  return Array.from({ length: CORES + 1 }, (_, core) => [
    send(
      withGekkoOverlay(empty, { ticketMask: 0, hashCount: 0, jobId: core % ID_COUNT }),
      `open core ${core + 1} of ${CORES + 1}`,
    ),
    wait(10),
  ]).flat()
}

function setFrequency(frequencyMhz: number): Step[] | null {
  const clock = bm1384ClockWord(frequencyMhz)
  if (clock === null) return null
  return [
    send(bm1384SetClock(clock.word), `clock ${clock.mhz} MHz`),
    send(bm1384ReadClock('all'), 'read clock'),
    wait(RAMP_PAUSE_MS),
  ]
}

/** @returns nonces that each of the chips scans: their share of the range */
export function bm1384HashCount(chipCount: number): number {
  return Math.floor(0xffffffff / chipCount)
}

export const bm1384: ChipProfile = {
  id: 'BM1384',
  model: MODEL,
  // Mark parity in the maker's driver, which is one more high bit at the end of each byte.
  line: { baudRate: 115200, stopBits: 2 },
  rolling: 'none',
  jobSlots: Array.from({ length: SLOT_COUNT }, (_, i) => FIRST_SLOT + i),
  hashesPerClock: CORES,
  ticketDifficulties: TICKETS,
  frequencyMhz: BM1384_CLOCK_MHZ,
  startMhz: START_MHZ,

  encodeJob: (slot, work, { chipCount, ticketDifficulty }: ChainSettings) =>
    withGekkoOverlay(icarusWork(work), {
      ticketMask: Math.min(ticketDifficulty, 256) - 1,
      hashCount: bm1384HashCount(chipCount),
      jobId: slot,
    }),
  createDecoder: () => createWindowDecoder(REPLY_SIZE, readReply),
  guesses: (reply) => [{ slot: reply.idByte, version: (work) => work.version }],
  origin: (reply, chipCount) => ({ chip: chipOfFirstByte(reply, chipCount), core: null }),
  isBusyWork: isBusyNonce,

  discover: (chipCount) => [
    wait(50),
    { op: 'discard' },
    send(readChips, 'read chip ids'),
    { op: 'expect-chips', count: chipCount, model: MODEL, withinMs: 1000 },
  ],
  initialise: ({ chipCount }) => [
    send(bm1384ChainInactive, 'chain inactive'),
    ...chipAddresses(chipCount).map((address) => send(bm1384SetAddress(address), `address ${address}`)),
    wait(10),
    ...(setFrequency(START_MHZ) ?? []),
    ...openCores(),
    wait(20),
    { op: 'discard' },
  ],
  ramp: (fromMhz, toMhz) => rampClocks(fromMhz, toMhz, RAMP_STEP_MHZ),
  setFrequency,
  actualFrequencyMhz: (frequencyMhz) => bm1384ClockWord(frequencyMhz)?.mhz ?? null,
  // Both ride on the work.
  setTicket: () => [],
  setVersionMask: () => [],
  // It stops by itself when its sweep is over, within a second.
  idle: () => [],
  readHealth: () => [],
  jobIntervalMs: (frequencyMhz, chipCount) =>
    (REPLACE_AFTER_RATIO * 2 ** 32) / (CORES * chipCount * frequencyMhz * 1000),
}
