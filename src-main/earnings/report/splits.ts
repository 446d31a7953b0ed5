/** The report's figures by pool, by rig and by group, each list adding up to the totals. */
import { distribute } from '../money/distribute.ts'
import { type Grid } from './grid.ts'
import { type ReportInputs } from './inputs.ts'
import { type Ledger, type Span } from './ledger.ts'
import { type GroupRow, type PoolRow, type RigRow, type StackSeries } from './output.ts'

export interface Split<R> {
  readonly row: R
  readonly cells: readonly number[]
  readonly pools: readonly number[] | null
}

/** @param rigs that count, by index */
export function makeSplits(
  inputs: ReportInputs,
  ledger: Ledger,
  all: Span,
  rigs: readonly number[],
): { pools: Split<PoolRow>[]; rigs: Split<RigRow>[]; groups: Split<GroupRow>[] } {
  const { subjects } = ledger
  const cellsWhere = (test: (cell: { rig: number; pool: number }) => boolean) =>
    ledger.cells.filter((cell) => test(subjects.cells[cell]!))
  const withAccount = new Set(inputs.accounts.map(({ poolId }) => subjects.poolOf(poolId)))

  const pools: Split<PoolRow>[] = []
  for (let pool = 0; pool <= subjects.noPool; pool++) {
    const subject = subjects.pools[pool]
    const cells = cellsWhere((cell) => cell.pool === pool)
    const own = ledger.pools.includes(pool) ? [pool] : null
    const figures = ledger.figures(all, cells, own)
    const isEmpty = cells.length === 0 && !figures.reportedSats && !figures.receivedSats
    if (isEmpty && (subject === undefined || own === null)) continue
    if (!withAccount.has(pool) && !figures.reportedSats) figures.reportedSats = null
    const named = {
      poolId: subject?.poolId ?? null,
      name: subject?.name ?? '',
      scheme: subject?.terms?.scheme ?? null,
    }
    pools.push({ row: { ...named, ...figures }, cells, pools: own })
  }

  const rigRows = rigs.map((rig): Split<RigRow> => {
    const subject = subjects.rigs[rig]!
    const cells = cellsWhere((cell) => cell.rig === rig)
    const figures = ledger.figures(all, cells, null)
    const row = {
      rigId: subject.rigId,
      name: subject.name,
      groupId: subject.groupId,
      present: subject.present,
      ...figures,
      ...sourcesOf(ledger, rig, figures.energyWh),
      coverageRatio: ledger.powerCoverage(all, [rig]),
    }
    return { row, cells, pools: null }
  })
  const noRig = cellsWhere((cell) => cell.rig === subjects.noRig)
  const ofNoRig = ledger.pools.length === 0 ? null : ledger.pools
  if (ofNoRig !== null) {
    const figures = ledger.figures(all, noRig, ofNoRig)
    const isEmpty =
      !figures.reportedSats && !figures.receivedSats && !figures.revenueMinor && !figures.costMinor
    const none = {
      rigId: null,
      name: '',
      groupId: null,
      present: false,
      powerSource: null,
      energyWhBySource: {},
    }
    if (!isEmpty)
      rigRows.push({ row: { ...none, ...figures, coverageRatio: 1 }, cells: noRig, pools: ofNoRig })
  }

  const groups: Split<GroupRow>[] = []
  const known = new Set(inputs.groups.map(({ groupId }) => groupId))
  for (const group of [...inputs.groups, { groupId: null, name: '' }]) {
    const isNone = group.groupId === null
    const members = rigRows.filter(({ row }) =>
      isNone ? row.groupId === null || !known.has(row.groupId) : row.groupId === group.groupId,
    )
    if (members.length === 0) continue
    const cells = members.flatMap((member) => member.cells)
    const own = members.some(({ row }) => row.rigId === null) ? ofNoRig : null
    groups.push({ row: { ...group, ...ledger.figures(all, cells, own) }, cells, pools: own })
  }
  return { pools, rigs: rigRows, groups }
}

function sourcesOf(
  { energy }: Ledger,
  rig: number,
  energyWh: number | null,
): Pick<RigRow, 'powerSource' | 'energyWhBySource'> {
  const sources = [...energy.bySource[rig]!].sort(([, a], [, b]) => b - a)
  const [most] = sources
  if (most === undefined) return { powerSource: null, energyWhBySource: {} }
  const joules = sources.map(([, amount]) => amount)
  const wh = joules[0] === 0 ? joules : distribute(energyWh ?? 0, joules)
  return {
    powerSource: most[0],
    energyWhBySource: Object.fromEntries(sources.map(([source], i) => [source, wh[i]!])),
  }
}

/** A split's figures by row. */
export function makeStack<R extends { name: string }>(
  ledger: Ledger,
  grid: Grid,
  parts: readonly Split<R>[],
  idOf: (row: R) => string | null,
): StackSeries[] {
  return parts.map(({ row, cells, pools }) => {
    const byRow = grid.rows.map(({ firstLeaf, endLeaf }) =>
      ledger.figures({ from: firstLeaf, end: endLeaf }, cells, pools),
    )
    return {
      id: idOf(row),
      name: row.name,
      expectedSats: byRow.map((figures) => figures.expectedSats),
      soloExpectedSats: byRow.map((figures) => figures.soloExpectedSats),
      energyWh: byRow.map((figures) => figures.energyWh),
      costMinor: byRow.map((figures) => figures.costMinor),
      revenueMinor: byRow.map((figures) => figures.revenueMinor),
    }
  })
}
