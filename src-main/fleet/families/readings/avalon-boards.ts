/** Boards and chips out of the tokens of Avalons. Pure. Governing document: rig API digest, section 5.8. */
import { averageOf, ghsToHs, maxOf, minOf, numberOf, temperatureOf } from '../../model/lenient.ts'
import { board, type BoardReading, type ChipReading } from '../../model/reading.ts'
import { type AvalonModule, type AvalonTokens, tokenNumber, tokenNumbers } from './avalon-tokens.ts'

const MAX_BOARDS = 16
const MAX_CHIPS = 400
/** Volts of the boards are given times 100, on the Nano 3S times 1000. */
const MILLIVOLTS_FROM = 10_000

/**
 * @param isHashing whether it mines; what boards that do not still say of rates and heat is of the past
 * @param nowHs of all of them together
 */
export function avalonBoards(
  modules: readonly AvalonModule[],
  isHashing: boolean,
  nowHs: number | null,
): BoardReading[] {
  const counts = modules.map(boardCount)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const boards: BoardReading[] = []
  for (const [number, module] of modules.entries()) {
    const count = counts[number] ?? 0
    for (let slot = 0; slot < count && boards.length < MAX_BOARDS; slot++) {
      const one = readBoard(module, slot, count, isHashing)
      const label =
        modules.length === 1 ? `Board ${String(slot)}` : `Unit ${String(number)} board ${String(slot)}`
      // Its own rate is an average; that of the whole rig is of now.
      const hashrateHs = total === 1 && nowHs !== null ? nowHs : one.hashrateHs
      boards.push({ ...one, slot: boards.length, label, hashrateHs })
    }
  }
  return boards
}

/** Chips of all boards, as far as the firmware tells of each. */
export function avalonChips(modules: readonly AvalonModule[], isHashing: boolean): ChipReading[] {
  const chips: ChipReading[] = []
  let boardSlot = 0
  for (const module of modules) {
    const count = boardCount(module)
    for (let slot = 0; slot < count; slot++, boardSlot++) {
      const { temperatures, millivolts, works } = perChip(module, slot)
      for (let index = 0; index < Math.min(temperatures.length, MAX_CHIPS); index++) {
        const millivolt = millivolts[index] ?? null
        const work = works[index] ?? null
        chips.push({
          boardSlot,
          index,
          hashrateHs: null,
          temperatureC: isHashing ? temperatureOf(temperatures[index]) : null,
          frequencyMHz: null,
          voltageV: millivolt === null || millivolt <= 0 ? null : millivolt / 1000,
          errors: null,
          working: work === null ? null : work > 0,
        })
      }
    }
  }
  return chips
}

/** How many boards a machine has: by its rates, else by its state, else by its parts. */
function boardCount({ tokens, boards }: AvalonModule): number {
  const said = numberOf(/Hash Board:\s*(\d+)/.exec(tokens.get('SYSTEMSTATU') ?? '')?.[1]) ?? 0
  return Math.min(tokenNumbers(tokens, 'MGHS').length || said || boards.size, MAX_BOARDS)
}

function readBoard(module: AvalonModule, slot: number, count: number, isHashing: boolean): BoardReading {
  const { tokens } = module
  const { temperatures, works } = perChip(module, slot)
  const chipTemperatures = isHashing ? temperatures.map(temperatureOf) : []
  const chipCount = tokenNumber(tokens, 'TA')
  const of = (name: string): number | null => tokenNumbers(tokens, name)[slot] ?? null
  const volts = tokenNumbers(tokens, 'PS')[2] ?? null
  return board({
    slot,
    label: '',
    hashrateHs: isHashing ? ghsToHs(of('MGHS')) : 0,
    chipsWorking: works.length === 0 ? null : works.filter((work) => work !== null && work > 0).length,
    chipsExpected: chipCount === null || chipCount <= 0 ? null : Math.round(chipCount / count),
    chipMinC: minOf(chipTemperatures),
    chipAverageC: temperatureOf(of('MTavg')) ?? averageOf(chipTemperatures),
    chipMaxC: temperatureOf(of('MTmax')) ?? maxOf(chipTemperatures),
    inletC: temperatureOf(of('HBITemp')),
    outletC: temperatureOf(of('HBOTemp') ?? (count === 1 ? tokenNumber(tokens, 'OTemp') : null)),
    frequencyMHz: isHashing ? tokenNumber(tokens, 'Freq') : null,
    voltageV: volts === null || volts < 100 ? null : volts / (volts >= MILLIVOLTS_FROM ? 1000 : 100),
    hardwareErrors: of('MH'),
    active: isHashing,
  })
}

interface PerChip {
  readonly temperatures: readonly (number | null)[]
  readonly millivolts: readonly (number | null)[]
  readonly works: readonly (number | null)[]
}

/** Of a board with a part of its own the names are counted from 0 again, or go on. */
function perChip({ tokens, boards }: AvalonModule, slot: number): PerChip {
  const own = boards.get(slot)
  const numbers = (name: string): readonly (number | null)[] => {
    if (own === undefined) return tokenNumbers(tokens, `${name}${String(slot)}`)
    return firstOf(own, `${name}${String(slot)}`, `${name}0`)
  }
  return { temperatures: numbers('PVT_T'), millivolts: numbers('PVT_V'), works: numbers('MW') }
}

function firstOf(tokens: AvalonTokens, ...names: readonly string[]): readonly (number | null)[] {
  return names.map((name) => tokenNumbers(tokens, name)).find((numbers) => numbers.length > 0) ?? []
}
