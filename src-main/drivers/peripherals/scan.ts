/**
 * What is on a board's bus, and which class of board that makes it. Bridge firmware does not say on which board it
 * runs; a voltage meant for another board's regulator destroys chips, so a combination that is not known is left
 * without (asic-serial 6.3). Only identities are read here; nothing is written.
 */
import { type Clock, equalBytes, sleep } from '../../base/index.ts'
import { type I2cBus } from '../control/buses.ts'
import { DS4432U_ADDRESS } from './ds4432u.ts'
import { EMC2101_ADDRESS } from './emc2101.ts'
import { EMC2103_ADDRESS } from './emc2103.ts'
import { EMC2302_ADDRESS } from './emc2302.ts'
import { INA260_ADDRESS } from './ina260.ts'
import { hexByte, orNull, PartRegisters } from './registers.ts'
import { TMP1075_ADDRESSES } from './tmp1075.ts'
import { TMP451_ADDRESS } from './tmp451.ts'
import { TPS546_ADDRESS, TPS546_DEVICE_ID_REGISTER, TPS546_DEVICE_IDS } from './tps546.ts'
import { TPS546_GAMMA_TURBO, TPS546_HEX, TPS546_SINGLE_CHIP, type Tps546Config } from './tps546-config.ts'

export type PartName =
  'TPS546' | 'DS4432U' | 'INA260' | 'EMC2101' | 'EMC2103' | 'EMC2302' | 'TMP1075' | 'TMP451'

export interface FoundPart {
  readonly address: number
  readonly part: PartName
}

/** Boards that are built alike as far as power goes; which chip they carry, only the chip says. */
export type BoardClass =
  /** Ultra 207, Supra 402 and 403, Gamma 600 to 603, and Gamma Duo: the same parts, one chip or two. */
  | 'tps546-emc2101'
  /** Max, Ultra 201 to 205, Supra 400 and 401. */
  | 'ds4432u-emc2101'
  /** Gamma Turbo. */
  | 'tps546-emc2103'
  /** Ultra Hex and Supra Hex. */
  | 'tps546-emc2302'

export interface BusInventory {
  readonly parts: readonly FoundPart[]
  /** Addresses where something else answers than what belongs there. */
  readonly strangers: readonly number[]
  /** Null: not known, and no voltage may be applied. */
  readonly boardClass: BoardClass | null
  /** What was found, as a sentence for a person. */
  readonly summary: string
}

/** @returns what a TPS546 on such a board is told; null where there is none */
export function tps546ConfigOf(boardClass: BoardClass): Tps546Config | null {
  if (boardClass === 'tps546-emc2101') return TPS546_SINGLE_CHIP
  if (boardClass === 'tps546-emc2103') return TPS546_GAMMA_TURBO
  return boardClass === 'tps546-emc2302' ? TPS546_HEX : null
}

/** How each part shows who it is. `null`: it has no identity, and answering is all it can do. */
interface Identity {
  readonly address: number
  readonly part: PartName
  readonly reads: readonly { readonly register: number; readonly count: number }[]
  readonly isIt: (answers: readonly Uint8Array[]) => boolean
}

const SMSC_READS = [
  { register: 0xfe, count: 1 },
  { register: 0xfd, count: 1 },
] as const

function smsc(address: number, part: PartName, products: readonly number[]): Identity {
  return {
    address,
    part,
    reads: SMSC_READS,
    isIt: ([maker, product]) => maker?.[0] === 0x5d && products.includes(product?.[0] ?? -1),
  }
}

const IDENTITIES: readonly Identity[] = [
  {
    address: TPS546_ADDRESS,
    part: 'TPS546',
    reads: [{ register: TPS546_DEVICE_ID_REGISTER, count: 7 }],
    isIt: ([block]) =>
      block?.[0] === 6 && TPS546_DEVICE_IDS.some((known) => equalBytes(known, block.subarray(1))),
  },
  smsc(EMC2103_ADDRESS, 'EMC2103', [0x24, 0x26]),
  smsc(EMC2302_ADDRESS, 'EMC2302', [0x36]),
  smsc(EMC2101_ADDRESS, 'EMC2101', [0x16, 0x28]),
  {
    address: INA260_ADDRESS,
    part: 'INA260',
    reads: [
      { register: 0xfe, count: 2 },
      { register: 0xff, count: 2 },
    ],
    isIt: ([maker, die]) =>
      maker !== undefined &&
      equalBytes(maker, Uint8Array.of(0x54, 0x49)) &&
      die?.[0] === 0x22 &&
      ((die[1] ?? 0) & 0xf0) === 0x70,
  },
  { address: DS4432U_ADDRESS, part: 'DS4432U', reads: [{ register: 0xf8, count: 1 }], isIt: () => true },
  {
    address: TMP451_ADDRESS,
    part: 'TMP451',
    reads: [{ register: 0xfe, count: 1 }],
    isIt: ([maker]) => maker?.[0] === 0x55,
  },
  ...TMP1075_ADDRESSES.map((address): Identity => ({
    address,
    part: 'TMP1075',
    reads: [{ register: 0x0f, count: 2 }],
    isIt: ([die]) => die !== undefined && equalBytes(die, Uint8Array.of(0x75, 0x00)),
  })),
]

/** Cold parts refuse, or answer all ones, now and then. */
const ATTEMPTS = 3
const PAUSE_MS = 5

/** @throws HeadframeError `control/…`; a part that does not answer is merely absent */
export async function scanBus(bus: I2cBus, clock: Clock): Promise<BusInventory> {
  const parts: FoundPart[] = []
  const strangers: number[] = []
  for (const identity of IDENTITIES) {
    const outcome = await look(bus, clock, identity)
    if (outcome === 'found') parts.push({ address: identity.address, part: identity.part })
    else if (outcome === 'stranger') strangers.push(identity.address)
  }
  parts.sort((a, b) => a.address - b.address)
  strangers.sort((a, b) => a - b)
  return { parts, strangers, boardClass: classify(parts, strangers), summary: summarise(parts, strangers) }
}

/** @returns null for anything but exactly the parts of one class */
export function classify(parts: readonly FoundPart[], strangers: readonly number[]): BoardClass | null {
  if (strangers.length > 0) return null
  const names = [...new Set(parts.map(({ part }) => part))].sort().join(' ')
  if (names === 'EMC2101 TPS546') return 'tps546-emc2101'
  if (names === 'DS4432U EMC2101 INA260') return 'ds4432u-emc2101'
  if (names === 'EMC2103 TPS546') return 'tps546-emc2103'
  if (names === 'EMC2302 TMP1075 TPS546') return 'tps546-emc2302'
  return null
}

async function look(bus: I2cBus, clock: Clock, identity: Identity): Promise<'found' | 'stranger' | 'absent'> {
  const registers = new PartRegisters(bus, identity.part, identity.address)
  let answered = false
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await sleep(clock, PAUSE_MS)
    const answers: Uint8Array[] = []
    for (const { register, count } of identity.reads) {
      const answer = await orNull(registers.readBytes(register, count))
      if (answer === null) break
      answered = true
      answers.push(answer)
    }
    if (answers.length === identity.reads.length && identity.isIt(answers)) return 'found'
  }
  return answered ? 'stranger' : 'absent'
}

function summarise(parts: readonly FoundPart[], strangers: readonly number[]): string {
  const found = parts.map(({ part, address }) => `${part} at ${hexByte(address)}`)
  const unknown = strangers.map((address) => `something unknown at ${hexByte(address)}`)
  const all = [...found, ...unknown]
  return all.length === 0 ? 'Nothing answers on the board’s bus.' : `Found ${all.join(', ')}.`
}
