/** The columns of the table of boards: only what at least one board says. Pure. */
import type { RigBoard } from '@contract'
import { ABSENT, measuredCount, measuredTemperature } from '../../format/measured.ts'

export interface BoardColumn {
  id: string
  label: string
  meaning?: string
  /** Left out where there is little room. */
  spare?: boolean
  known: (board: RigBoard) => boolean
  text: (board: RigBoard) => string
}

const trimmed = (value: number): string => String(Math.round(value * 100) / 100)

/** `58 to 71 °C`; the highest alone where no lowest is known. */
function chipRange({ chipMinC, chipAverageC, chipMaxC }: RigBoard): string {
  if (chipMaxC === null) return chipAverageC === null ? ABSENT : `${Math.round(chipAverageC)} °C on average`
  return chipMinC === null || Math.round(chipMinC) === Math.round(chipMaxC)
    ? measuredTemperature(chipMaxC)
    : `${Math.round(chipMinC)} to ${Math.round(chipMaxC)} °C`
}

function airFlow({ inletC, outletC }: RigBoard): string {
  if (inletC === null && outletC === null) return ABSENT
  return `${inletC === null ? ABSENT : Math.round(inletC)} → ${outletC === null ? ABSENT : Math.round(outletC)} °C`
}

const COLUMNS: readonly BoardColumn[] = [
  {
    id: 'chips',
    label: 'Chip temperature',
    known: ({ chipMaxC, chipAverageC }) => chipMaxC !== null || chipAverageC !== null,
    text: chipRange,
  },
  {
    id: 'board',
    label: 'Board',
    meaning: 'Temperature of the board beside its chips.',
    known: ({ boardC }) => boardC !== null,
    text: ({ boardC }) => measuredTemperature(boardC),
  },
  {
    id: 'air',
    label: 'In → out',
    meaning: 'What cools it, where it comes in and where it goes out.',
    known: ({ inletC, outletC }) => inletC !== null || outletC !== null,
    text: airFlow,
  },
  {
    id: 'frequency',
    label: 'Frequency',
    known: ({ frequencyMHz }) => frequencyMHz !== null,
    text: ({ frequencyMHz }) => (frequencyMHz === null ? ABSENT : `${trimmed(frequencyMHz)} MHz`),
  },
  {
    id: 'voltage',
    label: 'Voltage',
    known: ({ voltageV }) => voltageV !== null,
    text: ({ voltageV }) => (voltageV === null ? ABSENT : `${trimmed(voltageV)} V`),
  },
  {
    id: 'errors',
    label: 'Errors',
    meaning: 'Results of its chips that were wrong, counted by the rig since its miner started.',
    known: ({ hardwareErrors }) => hardwareErrors !== null,
    text: ({ hardwareErrors }) => measuredCount(hardwareErrors),
  },
  {
    id: 'serial',
    label: 'Serial number',
    spare: true,
    known: ({ serial }) => serial !== null,
    text: ({ serial }) => serial ?? ABSENT,
  },
]

export function boardColumns(boards: readonly RigBoard[]): readonly BoardColumn[] {
  return COLUMNS.filter(({ known }) => boards.some(known))
}

export interface BoardChips {
  text: string
  /** Fewer work than there are. */
  short: boolean
}

export function boardChips({ chipsWorking, chipsExpected }: RigBoard): BoardChips {
  if (chipsWorking === null)
    return { text: chipsExpected === null ? ABSENT : `${ABSENT} of ${chipsExpected}`, short: false }
  if (chipsExpected === null) return { text: String(chipsWorking), short: false }
  return { text: `${chipsWorking} of ${chipsExpected}`, short: chipsWorking < chipsExpected }
}
