/**
 * The `stats` of Bitmain's miner program and of the firmwares built on it, in both shapes: the flat table with numbered
 * names (`chain_rate1`, `fan6`), and the list of chains of the newer ones (`new_api`, `stats.cgi`). Pure.
 *
 * In the flat table sixteen chain places and eight fan places are always listed, and the used ones neither begin at 1 nor
 * follow each other. Kept is what has chips or turns, in order, with its number as label.
 * Governing document: rig API digest, section 5.1; captures `antminer/s19-stock`, `antminer/s9-bmminer-2016`.
 */
import {
  at,
  averageOf,
  countOf,
  ghsToHs,
  hashrateIn,
  isObject,
  listOf,
  type LooseObject,
  maxOf,
  measureOf,
  numberOf,
  objectOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  type BoardReading,
  board,
  type ChipReading,
  type FanReading,
  NO_HASHRATES,
  type RigHashrates,
} from '../../model/reading.ts'

export interface BitmainStats {
  readonly hashrates: RigHashrates
  readonly expectedHs: number | null
  readonly elapsedS: number | null
  readonly boards: readonly BoardReading[]
  readonly chips: readonly ChipReading[]
  readonly fans: readonly FanReading[]
  /** As the firmware says; whether it measures or computes it is the family's to know. */
  readonly powerW: number | null
  readonly hardwareErrors: number | null
  /** `miner-mode`, where the new shape has it. */
  readonly mode: string | null
  /** Name of the machine, from the entry before the numbers. */
  readonly type: string | null
  /** Water, best effort: only where the caller says that it is cooled by it. */
  readonly waterInC: number | null
  readonly waterOutC: number | null
}

/** A board with its chain of chips has at most this many; what claims more is not believed. */
const MAX_CHIPS = 400
const MAX_CHAINS = 32
const MAX_FANS = 16

/**
 * @param reply parsed reply of RPC `stats`, with or without `new_api`, or of `stats.cgi`
 * @param isHydro whether the model is cooled by water: its board sensors then stand in the water
 * @returns null if there is no table of either shape in it
 */
export function readBitmainStats(reply: unknown, isHydro = false): BitmainStats | null {
  const entries = listOf(at(reply, 'STATS')).filter(isObject)
  const type = textOf(at(reply, 'INFO', 'type')) ?? firstText(entries, 'Type')
  const chained = entries.find((entry) => Array.isArray(entry.chain))
  if (chained !== undefined) return readChainedStats(chained, type, isHydro)
  if (entries.some(isFlatTable)) {
    // Some firmwares spread the numbers over two entries.
    return readFlatStats(Object.assign({}, ...entries) as LooseObject, type)
  }
  return null
}

function firstText(entries: readonly LooseObject[], name: string): string | null {
  for (const entry of entries) {
    const text = textOf(entry[name])
    if (text !== null) return text
  }
  return null
}

function isFlatTable(entry: LooseObject): boolean {
  return Object.keys(entry).some((name) => /^(chain_acn\d+|GHS (5s|av)|total_rate(ideal)?)$/.test(name))
}

/* ---- The flat table ---- */

function readFlatStats(table: LooseObject, type: string | null): BitmainStats {
  const chains = numbersOf(table, /^chain_acn(\d+)$/).slice(0, MAX_CHAINS)
  const used = chains.filter((n) => (countOf(table[`chain_acn${String(n)}`]) ?? 0) > 0)
  const boards: BoardReading[] = []
  const chips: ChipReading[] = []
  for (const n of used) {
    const slot = boards.length
    const map = chipMap(table[`chain_acs${String(n)}`])
    boards.push(readFlatBoard(table, n, slot, map))
    chips.push(...map.map((working, index) => chip(slot, index, working)))
  }
  return {
    hashrates: {
      ...NO_HASHRATES,
      nowHs: ghsToHs(table['GHS 5s']) ?? ghsToHs(table.total_rate),
      averageHs: ghsToHs(table['GHS av']),
    },
    expectedHs: hashrateIn(table.total_rateideal, table.rate_unit),
    elapsedS: countOf(table.Elapsed),
    boards,
    chips,
    fans: readFlatFans(table),
    powerW: powerOf(table),
    hardwareErrors: countOf(table.no_matching_work),
    mode: null,
    type,
    waterInC: null,
    waterOutC: null,
  }
}

function readFlatBoard(table: LooseObject, n: number, slot: number, map: readonly boolean[]): BoardReading {
  const of = (name: string): unknown => table[`${name}${String(n)}`]
  const detected = countOf(of('chain_acn'))
  const chipTemps = dashedTemperatures(of('temp_chip'))
  const boardTemps = dashedTemperatures(of('temp_pcb'))
  const working = map.length === 0 ? detected : map.filter(Boolean).length
  return board({
    slot,
    label: `Chain ${String(n)}`,
    hashrateHs: ghsToHs(of('chain_rate')),
    expectedHs: ghsToHs(of('chain_rateideal')),
    chipsWorking: working,
    chipsExpected: map.length === 0 ? null : map.length,
    boardC: maxOf(boardTemps) ?? temperatureOf(of('temp')) ?? temperatureOf(of('temp_out_pcb_')),
    chipMinC: minOf(chipTemps),
    chipAverageC: averageOf(chipTemps),
    chipMaxC: maxOf(chipTemps) ?? temperatureOf(of('temp2_')) ?? temperatureOf(of('temp_out_chip_')),
    frequencyMHz: positive(of('freq')) ?? positive(of('freq_avg')),
    hardwareErrors: countOf(of('chain_hw')),
    active: (ghsToHs(of('chain_rate')) ?? 0) > 0,
  })
}

/** `fanN`: all of them where as many are listed as there are, else those that turn. */
function readFlatFans(table: LooseObject): FanReading[] {
  const listed = numbersOf(table, /^fan(\d+)$/).slice(0, MAX_FANS)
  const complete = countOf(table.fan_num) === listed.length
  return listed.flatMap((n) => {
    const rpm = countOf(table[`fan${String(n)}`])
    return rpm === null || (rpm === 0 && !complete) ? [] : [fan(n, rpm)]
  })
}

function fan(n: number, rpm: number): FanReading {
  return { label: `Fan ${String(n)}`, rpm, dutyPercent: null, ok: rpm > 0 }
}

function chip(boardSlot: number, index: number, working: boolean): ChipReading {
  return {
    boardSlot,
    index,
    hashrateHs: null,
    temperatureC: null,
    frequencyMHz: null,
    voltageV: null,
    errors: null,
    working,
  }
}

/** ` ooo oxo`: `o` works, `x` does not. */
function chipMap(value: unknown): boolean[] {
  const letters = (textOf(value) ?? '').replaceAll(/[^ox-]/gi, '')
  return letters.length > MAX_CHIPS ? [] : [...letters].map((letter) => letter.toLowerCase() === 'o')
}

/** `73-45-64-65`, of which 0 means no sensor. */
function dashedTemperatures(value: unknown): (number | null)[] {
  const text = textOf(value)
  return text === null ? [] : text.split('-').map(temperatureOf)
}

/** The numbers at the end of names of this kind, ascending. */
function numbersOf(table: LooseObject, name: RegExp): number[] {
  return Object.keys(table)
    .flatMap((key) => {
      const digits = name.exec(key)?.[1]
      return digits === undefined ? [] : [Number(digits)]
    })
    .sort((a, b) => a - b)
}

/* ---- The list of chains ---- */

function readChainedStats(table: LooseObject, type: string | null, isHydro: boolean): BitmainStats {
  const unit = table.rate_unit
  const boards = listOf(table.chain)
    .slice(0, MAX_CHAINS)
    .map((entry, slot) => readChain(objectOf(entry), slot, unit, isHydro))
  return {
    hashrates: {
      ...NO_HASHRATES,
      nowHs: hashrateIn(table.rate_5s, unit),
      averageHs: hashrateIn(table.rate_avg, unit),
    },
    expectedHs: hashrateIn(table.rate_ideal, unit),
    elapsedS: countOf(table.elapsed),
    boards,
    chips: [],
    fans: listOf(table.fan)
      .slice(0, MAX_FANS)
      .flatMap((value, index) => {
        const rpm = countOf(value)
        return rpm === null ? [] : [fan(index + 1, rpm)]
      }),
    powerW: powerOf(table),
    hardwareErrors: countOf(table.hw_all),
    mode: textOf(table['miner-mode']),
    type,
    waterInC: averageOf(boards.map(({ inletC }) => inletC)),
    waterOutC: averageOf(boards.map(({ outletC }) => outletC)),
  }
}

function readChain(entry: LooseObject, slot: number, unit: unknown, isHydro: boolean): BoardReading {
  const temperatures = (name: string): (number | null)[] => listOf(entry[name]).map(temperatureOf)
  const [pcb, chips] = [temperatures('temp_pcb'), temperatures('temp_chip')]
  const chipCount = countOf(entry.asic_num)
  const index = countOf(entry.index) ?? slot
  return board({
    slot,
    label: `Chain ${String(index)}`,
    serial: textOf(entry.sn),
    hashrateHs: hashrateIn(entry.rate_real, unit),
    expectedHs: hashrateIn(entry.rate_ideal, unit),
    chipsWorking: chipCount,
    boardC: maxOf(isHydro ? [pcb[1] ?? null, pcb[3] ?? null] : pcb),
    chipMinC: minOf(chips),
    chipAverageC: averageOf(chips),
    chipMaxC: maxOf(chips),
    inletC: isHydro ? (pcb[0] ?? null) : null,
    outletC: isHydro ? (pcb[2] ?? null) : null,
    frequencyMHz: positive(entry.freq_avg),
    hardwareErrors: countOf(entry.hw),
    active: (hashrateIn(entry.rate_real, unit) ?? 0) > 0,
    missing: chipCount === 0,
  })
}

/* ---- Both ---- */

/** Watts by the names that firmwares built on this one use: numbers, or text as `3250 W`. */
function powerOf(table: LooseObject): number | null {
  for (const name of ['watt', 'chain_power', 'total_power', 'power', 'Power']) {
    const watts = measureOf(table[name])
    if (watts !== null && watts > 0) return watts
  }
  return null
}

function positive(value: unknown): number | null {
  const number = numberOf(value)
  return number === null || number <= 0 ? null : number
}

function minOf(values: readonly (number | null)[]): number | null {
  const highest = maxOf(values.map((value) => (value === null ? null : -value)))
  return highest === null ? null : -highest
}
