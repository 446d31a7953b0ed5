/** What is missing or assumed in a report, in sentences: each says what to do about it, where something can be done. */
import { type FactLine } from '../expected/fact-line.ts'
import { formatDay } from '../tariff/days.ts'
import { type Grid } from './grid.ts'
import { type ReportInputs } from './inputs.ts'
import { type Ledger } from './ledger.ts'
import { type ReportMark, type ReportRow } from './output.ts'

/** Facts older than this at the end of a report are worth a word: difficulty changes every two weeks. */
const OLD_FACTS_MS = 2 * 86_400_000
const MOST_NAMES = 5

export function makeNotes(
  inputs: ReportInputs,
  ledger: Ledger,
  grid: Grid,
  rows: readonly ReportRow[],
  facts: FactLine,
): string[] {
  const { subjects, work, energy } = ledger
  const notes: string[] = []
  const isMarked = (mark: ReportMark) => rows.some(({ marks }) => marks.includes(mark))
  const all = grid.leaves.length

  const worked = (pool: number) =>
    ledger.cells.some((cell) => subjects.cells[cell]!.pool === pool && work.credited.sum(cell, 0, all) > 0)
  subjects.pools.forEach(({ name, terms }, pool) => {
    if (!worked(pool)) return
    if (terms === null)
      notes.push(`It is not known how ${name} pays, so nothing is expected of it. Enter its scheme and fee.`)
    else if (terms.assumed) {
      notes.push(
        `That ${name} pays by ${terms.scheme} with a fee of ${terms.feePpm / 10_000} % is assumed. Enter what holds for you.`,
      )
    }
  })

  if (facts.lastMs === null && work.isMissing.includes(1)) {
    notes.push(
      'The difficulty of the network is not known, so nothing can be expected. Choose where facts come from.',
    )
  } else if (isMarked('no-facts') && !work.implausible) {
    notes.push(
      'The subsidy of a block was not known for some of the time, so that work is left out of what is expected.',
    )
  }
  if (work.implausible) {
    notes.push(
      'Some work is left out of what is expected: at the difficulty that is known it would find more blocks than the whole network does. That is the difficulty of a test network, or a mistake.',
    )
  }
  if (isMarked('later-facts')) {
    notes.push(
      'For the first of the time the facts of the network were first known later; those are counted with.',
    )
  }
  if (facts.lastMs !== null && grid.endMs - facts.lastMs > OLD_FACTS_MS) {
    const day = formatDay(grid.clock.dayOf(facts.lastMs))
    notes.push(`The difficulty of the network was last known on ${day}; later days are counted with it.`)
  }
  if (work.feesUnknown) {
    notes.push(
      'The fees of blocks were not known for some of the time and are counted as none: what is expected is a little less than it should be.',
    )
  }

  if (isMarked('no-price'))
    notes.push(`No price of bitcoin in ${inputs.currency} is known. Choose where prices come from.`)
  if (isMarked('old-price'))
    notes.push(
      'Days without a price of their own are valued at the last one known before them, or else at the first after.',
    )

  if (inputs.tariffs.length === 0 && isMarked('no-tariff'))
    notes.push('No tariff is entered, so what power costs is not known.')
  else if (isMarked('no-tariff'))
    notes.push(
      'Some energy was used at times for which the tariff has no price, or two. It is left out of the cost.',
    )

  const without = subjects.rigs.filter((_, rig) => {
    const counts = ledger.cells.some((cell) => subjects.cells[cell]!.rig === rig)
    return counts && energy.elapsedMs.sum(rig, 0, all) > 0 && energy.coveredMs.sum(rig, 0, all) === 0
  })
  if (without.length > 0) {
    const names = without.slice(0, MOST_NAMES).map(({ name }) => name)
    const more = without.length - names.length
    const list = more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')
    notes.push(
      `The power of ${list} is not known: no plug, no figure of its own, no J/TH and no nameplate. Its cost is missing.`,
    )
  }
  if (inputs.bucket === 'hour' && inputs.accounts.length > 0)
    notes.push('Pools report by the day; by the hour there is nothing of theirs to show.')
  if (inputs.profitFrom === 'received' && inputs.onlyRigs !== null)
    notes.push('Payouts belong to no single rig, so these rigs have no profit by what was received.')
  return notes
}
