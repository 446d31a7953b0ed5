/** The columns of the analysis: what each says, and what it is sorted by. Pure. */
import type { RigAnalysis } from '@contract'
import { formatHashrate } from '../../format/hashrate.ts'
import { ABSENT, measuredEfficiency, measuredTemperature } from '../../format/measured.ts'
import { formatCount, formatPercent } from '../../format/number.ts'
import { unitFormat } from '../../format/units.ts'
import { findings, hashingOfReachable, rejectRatio } from './analysis-words.ts'

export type AnalysisKey =
  | 'name'
  | 'covered'
  | 'reachable'
  | 'hashing'
  | 'rate'
  | 'expected'
  | 'efficiency'
  | 'energy'
  | 'rejects'
  | 'restarts'
  | 'chip'
  | 'findings'

type Judged = Omit<RigAnalysis, 'rigId' | 'name'>

export interface AnalysisColumn {
  key: AnalysisKey
  label: string
  meaning: string
  /** What it is sorted by; null goes last either way. */
  value: (rig: Judged) => number | null
  text: (rig: Judged) => string
  /** Which end is worth a look: sorted by it first. */
  first: 'lowest' | 'highest'
}

const percent = (ratio: number | null): string =>
  ratio === null ? ABSENT : formatPercent(Math.max(0, ratio))

export const ANALYSIS_COLUMNS: readonly AnalysisColumn[] = [
  {
    key: 'covered',
    label: 'Looked at',
    meaning: 'For how much of the time Headframe was there to look. All else is of that time.',
    value: (rig) => rig.coveredRatio,
    text: (rig) => percent(rig.coveredRatio),
    first: 'lowest',
  },
  {
    key: 'reachable',
    label: 'Reachable',
    meaning: 'The part of the time in which it answered.',
    value: (rig) => rig.reachableRatio,
    text: (rig) => percent(rig.reachableRatio),
    first: 'lowest',
  },
  {
    key: 'hashing',
    label: 'Hashing',
    meaning: 'The part of the time in which it answered, in which it hashed too.',
    value: hashingOfReachable,
    text: (rig) => percent(hashingOfReachable(rig)),
    first: 'lowest',
  },
  {
    key: 'rate',
    label: 'Hashrate',
    meaning: 'On average, while it said one.',
    value: (rig) => rig.hashrateHs,
    text: (rig) => (rig.hashrateHs === null ? ABSENT : formatHashrate(rig.hashrateHs)),
    first: 'highest',
  },
  {
    key: 'expected',
    label: 'Of expected',
    meaning: 'Its rate as a part of what it ought to be at its settings.',
    value: (rig) => rig.ofExpectedRatio,
    text: (rig) => percent(rig.ofExpectedRatio),
    first: 'lowest',
  },
  {
    key: 'efficiency',
    label: 'J/TH',
    meaning: 'Energy for a trillion hashes: lower is better.',
    value: (rig) => rig.efficiencyJTh,
    text: (rig) => measuredEfficiency(rig.efficiencyJTh).replace(/ J\/TH$/, ''),
    first: 'highest',
  },
  {
    key: 'energy',
    label: 'Energy',
    meaning: 'Taken in this time, where it is measured or estimated.',
    value: (rig) => rig.energyKwh,
    text: (rig) => (rig.energyKwh === null ? ABSENT : unitFormat('kWh').format(rig.energyKwh)),
    first: 'highest',
  },
  {
    key: 'rejects',
    label: 'Rejected',
    meaning: 'Of the shares that pools answered, the part that they refused.',
    value: rejectRatio,
    text: (rig) => percent(rejectRatio(rig)),
    first: 'highest',
  },
  {
    key: 'restarts',
    label: 'Restarts',
    meaning: 'How often it began anew.',
    value: (rig) => rig.restarts,
    text: (rig) => formatCount(rig.restarts),
    first: 'highest',
  },
  {
    key: 'chip',
    label: 'Hottest',
    meaning: 'The highest temperature of a chip in this time.',
    value: (rig) => rig.chipMaxC,
    text: (rig) => measuredTemperature(rig.chipMaxC),
    first: 'highest',
  },
]

export interface AnalysisSort {
  key: AnalysisKey
  direction: 'up' | 'down'
}

/** What pressing a column's name does: its telling end first, then the other. */
export function sortAfter(sort: AnalysisSort, key: AnalysisKey): AnalysisSort {
  if (sort.key === key) return { key, direction: sort.direction === 'up' ? 'down' : 'up' }
  if (key === 'name') return { key, direction: 'up' }
  const column = ANALYSIS_COLUMNS.find((each) => each.key === key)
  return { key, direction: column?.first === 'lowest' ? 'up' : 'down' }
}

const URGENCY = { neutral: 0, warn: 1, bad: 10 } as const
const urgency = (rig: RigAnalysis): number => findings(rig).reduce((sum, { tone }) => sum + URGENCY[tone], 0)

export function sortRigs(rigs: readonly RigAnalysis[], { key, direction }: AnalysisSort): RigAnalysis[] {
  const sign = direction === 'up' ? 1 : -1
  const byName = (a: RigAnalysis, b: RigAnalysis): number =>
    a.name.localeCompare(b.name, undefined, { numeric: true })
  if (key === 'name') return [...rigs].sort((a, b) => sign * byName(a, b))
  const column = ANALYSIS_COLUMNS.find((each) => each.key === key)
  const valueOf = (rig: RigAnalysis): number | null =>
    key === 'findings' ? urgency(rig) : (column?.value(rig) ?? null)
  return [...rigs].sort((a, b) => {
    const [left, right] = [valueOf(a), valueOf(b)]
    if (left === null || right === null) return left === right ? byName(a, b) : left === null ? 1 : -1
    return sign * (left - right) || byName(a, b)
  })
}
