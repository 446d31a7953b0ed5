/**
 * Profile of BM1387 on GekkoScience sticks: NewPac, R606. Jobs with up to four midstates; replies of seven bytes that name
 * job id plus midstate, although ids go up by one. Always difficulty 1. (Serial ASIC digest 4.2 to 4.7.)
 */
import { type ChainSettings, type ChipProfile, type ChipReply, type Guess } from '../../model/chip.ts'
import { type Sequence, type Step } from '../../model/sequence.ts'
import { chipAddresses } from '../address.ts'
import { crc5 } from '../crc.ts'
import { encodeMidstateFrame, encodeMidstateJob, midstateCount, versionOfMidstate } from '../job.ts'
import { rampClocks } from '../ramp.ts'
import { CHIP_ROLLABLE_BITS } from '../registers.ts'
import { wait } from '../steps.ts'
import {
  BM1387_CLOCK_MHZ,
  BM1387_PLL_REGISTER,
  bm1387ChainInactive,
  bm1387Clock,
  bm1387HostBaud,
  bm1387OpenGate,
  bm1387ReadChips,
  bm1387SetAddress,
  bm1387SetBaud,
  bm1387SetClock,
} from './bm1387-commands.ts'
import { chipOfFirstByte, isBusyNonce } from './busy-work.ts'
import { createWindowDecoder, registerOfReply } from './window-decoder.ts'

const MODEL = 0x1387
const CORES = 114
const REPLY_SIZE = 7

const FIRST_SLOT = 0x10
const LAST_SLOT = 0x7f
/** Job ids of a byte without its highest bit. */
const ID_COUNT = 0x80
const MOST_MIDSTATES = 4

const FIRST_RATE = 115_200
/** What the chips begin with, and 1.5 Mbaud. */
const FIRST_DIVIDER = 0x1a
const FAST_DIVIDER = 1

const RAMP_STEP_MHZ = 6.25
const RAMP_PAUSE_MS = 100
const START_MHZ = 100

/** Part of what its nonces take after which a job is replaced, as the driver does it on Linux. */
const REPLACE_AFTER_RATIO = 0.5

function send(bytes: Uint8Array, what: string): Step {
  return { op: 'send', bytes, what }
}

/** @param raw 7 bytes */
function readReply(raw: Uint8Array): ChipReply | null {
  if (crc5(raw) !== 0) return null
  const view = new DataView(raw.buffer, raw.byteOffset, REPLY_SIZE)
  const last = view.getUint8(6)
  if (last >> 5 === 4) {
    return { kind: 'nonce', nonce: view.getUint32(0, true), raw, idByte: view.getUint8(5), rolledBits: 0 }
  }
  const register = registerOfReply(view.getUint8(0), BM1387_PLL_REGISTER)
  if (register === null || last >> 5 !== 0) return null
  return { kind: 'register', address: 0, register, value: view.getUint32(0), raw }
}

/**
 * The id that came is the job's plus the midstate's: the job of that name with its first midstate, the one before with
 * its second, and so on.
 */
function guesses(idByte: number): Guess[] {
  const possible: Guess[] = []
  for (let midstate = 0; midstate < MOST_MIDSTATES; midstate++) {
    const slot = idByte - midstate
    if (slot < FIRST_SLOT || slot > LAST_SLOT) continue
    possible.push({
      slot,
      version: (work) =>
        midstate < midstateCount(work.versionMask) ? versionOfMidstate(work, midstate) : work.version,
    })
  }
  return possible
}

/** One frame of nonsense for every core and one more: midstates of zeros, an end of ones. */
export function openBm1387Cores(versionMask: number): Step[] {
  const midstates = Array.from({ length: midstateCount(versionMask) }, () => new Uint8Array(32))
  const tail = new Uint8Array(12).fill(0xff)
  return Array.from({ length: CORES + 1 }, (_, core) => [
    send(
      withoutPreamble(encodeMidstateFrame({ slot: core % ID_COUNT, midstates, tail })),
      `open core ${core + 1} of ${CORES + 1}`,
    ),
    wait(10),
  ]).flat()
}

function withoutPreamble(frame: Uint8Array): Uint8Array {
  return frame.slice(2)
}

function setFrequency(frequencyMhz: number): Step[] | null {
  const frame = bm1387SetClock(frequencyMhz)
  return frame === null ? null : [send(frame, `clock ${frequencyMhz} MHz`), wait(RAMP_PAUSE_MS)]
}

/**
 * Chips that nobody could reset may still listen at the rate of an earlier run: what is said to them there brings them
 * back, and at the first rate it is shorter than one byte.
 */
const backToFirstRate: Sequence = [
  { op: 'host-baud', baudRate: bm1387HostBaud(FAST_DIVIDER) },
  send(bm1387SetBaud(FIRST_DIVIDER), 'first rate'),
  wait(10),
  { op: 'host-baud', baudRate: FIRST_RATE },
  wait(10),
]

/** From counted chips to chips at the fast rate whose cores are not open yet. */
export function bm1387Setup(chipCount: number): Sequence {
  return [
    send(bm1387ChainInactive, 'chain inactive'),
    wait(5),
    send(bm1387ChainInactive, 'chain inactive'),
    wait(5),
    send(bm1387ChainInactive, 'chain inactive'),
    ...chipAddresses(chipCount).flatMap((address) => [
      wait(5),
      send(bm1387SetAddress(address), `address ${address}`),
    ]),
    wait(10),
    send(bm1387SetBaud(FAST_DIVIDER), 'fast rate'),
    wait(10),
    { op: 'host-baud', baudRate: bm1387HostBaud(FAST_DIVIDER) },
    wait(10),
    send(bm1387OpenGate(FAST_DIVIDER), 'open gate'),
    wait(10),
  ]
}

export const bm1387: ChipProfile = {
  id: 'BM1387',
  model: MODEL,
  line: { baudRate: FIRST_RATE, stopBits: 1 },
  rolling: 'midstates',
  jobSlots: Array.from({ length: LAST_SLOT - FIRST_SLOT + 1 }, (_, i) => FIRST_SLOT + i),
  hashesPerClock: CORES,
  ticketDifficulties: [],
  frequencyMhz: BM1387_CLOCK_MHZ,
  startMhz: START_MHZ,

  encodeJob: (slot, work) => withoutPreamble(encodeMidstateJob(slot, work)),
  createDecoder: () => createWindowDecoder(REPLY_SIZE, readReply),
  guesses: (reply) => guesses(reply.idByte),
  origin: (reply, chipCount) => ({ chip: chipOfFirstByte(reply, chipCount), core: null }),
  isBusyWork: isBusyNonce,

  discover: (chipCount) => [
    { op: 'reset', lowMs: 30, settleMs: 200 },
    ...backToFirstRate,
    { op: 'discard' },
    send(bm1387ReadChips, 'read chip ids'),
    { op: 'expect-chips', count: chipCount, model: MODEL, withinMs: 1000 },
  ],
  initialise: ({ chipCount, versionMask }: ChainSettings) => [
    ...bm1387Setup(chipCount),
    ...(setFrequency(START_MHZ) ?? []),
    ...openBm1387Cores(versionMask),
    wait(20),
    { op: 'discard' },
  ],
  ramp: (fromMhz, toMhz) => rampClocks(fromMhz, toMhz, RAMP_STEP_MHZ),
  setFrequency,
  actualFrequencyMhz: (frequencyMhz) => bm1387Clock(frequencyMhz)?.mhz ?? null,
  setTicket: () => [],
  setVersionMask: () => [],
  // They stop by themselves when their job is done, within a second.
  idle: () => [],
  readHealth: () => [],
  jobIntervalMs: (frequencyMhz, chipCount, versionMask = CHIP_ROLLABLE_BITS) =>
    (REPLACE_AFTER_RATIO * midstateCount(versionMask) * 2 ** 32) / (CORES * chipCount * frequencyMhz * 1000),
}
