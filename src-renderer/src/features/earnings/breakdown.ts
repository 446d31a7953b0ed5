/** A report taken apart by pool, rig or group, as a table that can be sorted. Pure. */
import type { EarningsReport } from '@contract'
import { formatDifficulty } from '../../format/difficulty.ts'
import { formatEnergy } from '../../format/energy.ts'
import { formatMinor, formatSatsBare, formatSignedMinor } from '../../format/money.ts'
import { formatPercent } from '../../format/number.ts'
import { POWER_SOURCES } from './power-words.ts'
import type { MoneyOf } from './figures.ts'

export type BreakdownBy = 'pool' | 'rig' | 'group'
export interface BreakdownSort {
  column: string
  desc: boolean
}
interface Column {
  id: string
  label: string
  meaning?: string
}
interface Cell {
  id: string
  text: string
  /** For sorting; null stands last whichever way. */
  value: number | null
  classes: string
}
interface Row {
  id: string
  name: string
  note: string
  cells: Cell[]
}
export interface Breakdown {
  columns: readonly Column[]
  rows: readonly Row[]
}

const faint = (value: number | null): string => (value === null ? 'text-faint' : '')
const sats = (id: string, value: number | null): Cell => ({
  id,
  text: formatSatsBare(value),
  value,
  classes: faint(value),
})
const WORK: Column = {
  id: 'work',
  label: 'Work',
  meaning: 'The difficulty of all shares that count, added up.',
}
const work = (value: number): Cell => ({
  id: 'work',
  text: formatDifficulty(value),
  value,
  classes: 'text-muted',
})
const SOLO: Column = {
  id: 'solo',
  label: 'Solo average, sats',
  meaning: 'Worth over a very long time. No income before a block.',
}

const hasAny = (pool: EarningsReport['pools'][number]): boolean =>
  pool.id !== '' ||
  pool.work > 0 ||
  [pool.expectedSats, pool.reportedSats, pool.receivedSats, pool.soloExpectedSats].some(
    (each) => (each ?? 0) > 0,
  )

function pools(report: EarningsReport): Breakdown {
  // An account that was added later tells only of a part of this time; beside the whole of it that would look like theft.
  const toldThroughout = report.rows.every(
    (row) => row.expectedSats === null || row.expectedSats === 0 || row.reportedSats !== null,
  )
  return {
    columns: [
      { id: 'name', label: 'Pool' },
      WORK,
      { id: 'expected', label: 'Expected, sats' },
      { id: 'reported', label: 'Reported, sats' },
      { id: 'received', label: 'Received, sats' },
      {
        id: 'difference',
        label: 'Reported of expected',
        meaning:
          'A pool that pays as it says lies near 100 %. Luck moves it where pay depends on blocks found.',
      },
      SOLO,
    ],
    // What belongs to no pool is told of where there is any.
    rows: report.pools.filter(hasAny).map((pool) => {
      const { expectedSats, reportedSats } = pool
      const ratio =
        !toldThroughout || expectedSats === null || expectedSats === 0 || reportedSats === null
          ? null
          : reportedSats / expectedSats
      return {
        id: pool.id,
        name: pool.name,
        note: pool.scheme ?? 'how it pays is not known',
        cells: [
          work(pool.work),
          sats('expected', pool.scheme === 'SOLO' ? null : expectedSats),
          sats('reported', reportedSats),
          sats('received', pool.receivedSats),
          {
            id: 'difference',
            text: ratio === null ? '–' : formatPercent(ratio),
            value: ratio,
            classes: ratio === null ? 'text-faint' : ratio < 0.9 ? 'text-warn' : '',
          },
          sats('solo', pool.soloExpectedSats === 0 ? null : pool.soloExpectedSats),
        ],
      }
    }),
  }
}

function earners(report: EarningsReport, by: 'rig' | 'group', money: MoneyOf): Breakdown {
  const inMoney = (id: string, value: number | null, signed = false): Cell => ({
    id,
    text: signed
      ? formatSignedMinor(value, money.currency, money.minorDigits)
      : formatMinor(value, money.currency, money.minorDigits),
    value,
    classes:
      value === null
        ? 'text-faint'
        : !signed || value === 0
          ? ''
          : value < 0
            ? 'font-medium text-bad'
            : 'font-medium text-good',
  })
  const list =
    by === 'group'
      ? report.groups.map((group) => ({ ...group, note: '', source: null }))
      : report.rigs.map((rig) => ({
          ...rig,
          note: rig.present ? '' : 'not here any more',
          source: rig.powerSource,
        }))
  return {
    columns: [
      { id: 'name', label: by === 'rig' ? 'Rig' : 'Group' },
      WORK,
      { id: 'expected', label: 'Expected, sats' },
      { id: 'energy', label: 'Energy' },
      ...(by === 'rig'
        ? [
            {
              id: 'source',
              label: 'Power is',
              meaning:
                'Where the figure for its power comes from, best first: by a plug, measured by the rig, estimated, from its data sheet.',
            },
          ]
        : []),
      { id: 'cost', label: 'Cost' },
      { id: 'revenue', label: 'Income' },
      { id: 'profit', label: 'Profit' },
    ],
    rows: list.map((each) => ({
      id: each.id,
      name: each.name,
      note: each.note,
      cells: [
        work(each.work),
        sats('expected', each.expectedSats),
        {
          id: 'energy',
          text: formatEnergy(each.energyWh),
          value: each.energyWh,
          classes: faint(each.energyWh),
        },
        ...(by === 'rig'
          ? [
              {
                id: 'source',
                text: each.source === null ? 'not known' : POWER_SOURCES[each.source].label.toLowerCase(),
                value: each.source === null ? null : POWER_SOURCES[each.source].rank,
                classes: each.source === null ? 'text-warn' : 'text-muted',
              },
            ]
          : []),
        inMoney('cost', each.costMinor),
        inMoney('revenue', each.revenueMinor),
        inMoney('profit', each.profitMinor, true),
      ],
    })),
  }
}

export function breakdownOf(report: EarningsReport, by: BreakdownBy, money: MoneyOf): Breakdown {
  return by === 'pool' ? pools(report) : earners(report, by, money)
}

/** Sorted by a column; by name as people count, and what is not known last. */
export function sortBreakdown({ rows, columns }: Breakdown, sort: BreakdownSort): Row[] {
  const known = columns.some(({ id }) => id === sort.column)
  const column = known ? sort.column : 'expected'
  const byName = (a: Row, b: Row): number => a.name.localeCompare(b.name, undefined, { numeric: true })
  return [...rows].sort((a, b) => {
    if (column === 'name') return sort.desc ? byName(b, a) : byName(a, b)
    const [left = null, right = null] = [a, b].map(
      (row) => row.cells.find(({ id }) => id === column)?.value ?? null,
    )
    if (left === null || right === null) return Number(left === null) - Number(right === null) || byName(a, b)
    return (sort.desc ? right - left : left - right) || byName(a, b)
  })
}
