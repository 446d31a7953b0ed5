/** A month's statement as data: what the renderer prints on a page. */
import { HeadframeError } from '../../base/index.ts'
import { POWER_SOURCE_WORDS } from '../power/choose.ts'
import { localEdges, parseDay } from '../tariff/days.ts'
import { describeTariff } from '../tariff/describe.ts'
import { ZoneClock } from '../tariff/zone-clock.ts'
import { type PowerSource, type ReportInputs } from './inputs.ts'
import { type EarningsReport, type Statement } from './output.ts'
import { makeReport } from './report.ts'
import { valuePayouts } from './csv.ts'

/**
 * The moments of a local month, `2026-11`.
 * @throws HeadframeError `earnings/not-a-month`, `earnings/unknown-time-zone`
 */
export function monthRange(month: string, timeZone: string): { fromMs: number; toMs: number } {
  const day = /^\d{4}-\d{2}$/.test(month) ? parseDay(`${month}-15`) : null
  if (day === null) {
    throw new HeadframeError('earnings/not-a-month', `"${month}" is not a month. Write it like 2026-11.`)
  }
  const middleMs = day * 86_400_000
  const clock = new ZoneClock(timeZone, middleMs, middleMs)
  const [fromMs, toMs] = localEdges('month', middleMs, middleMs + 1, clock, 'monday')
  return { fromMs: fromMs!, toMs: toMs! }
}

/**
 * @param inputs of the month; their range and bucket are set here
 * @throws as `monthRange` and `makeReport`
 */
export function makeStatement(inputs: ReportInputs, month: string): Statement {
  const range = monthRange(month, inputs.timeZone)
  const ofMonth: ReportInputs = { ...inputs, ...range, bucket: 'day', stackBy: [] }
  const report = makeReport(ofMonth)
  return {
    month,
    report,
    payouts: valuePayouts(ofMonth).map(({ payout: _, ...valued }) => valued),
    tariffs: tariffsOf(ofMonth),
    sources: [...powerWords(report), ...priceWords(report)],
  }
}

function tariffsOf({ tariffs, fromMs, toMs, timeZone, currency }: ReportInputs): Statement['tariffs'] {
  const clock = new ZoneClock(timeZone, fromMs, toMs)
  const dated = tariffs
    .map((tariff) => ({ tariff, startMs: clock.dayStart(parseDay(tariff.validFrom)!) }))
    .toSorted((a, b) => a.startMs - b.startMs)
  return dated.flatMap(({ tariff, startMs }, i) => {
    // The earliest holds before its first day too.
    const heldFromMs = i === 0 ? fromMs : Math.max(startMs, fromMs)
    const endMs = dated[i + 1]?.startMs ?? Infinity
    if (heldFromMs >= Math.min(endMs, toMs)) return []
    const name = tariff.name === '' ? '' : `${tariff.name}: `
    return [{ fromMs: heldFromMs, words: name + describeTariff(tariff, currency) }]
  })
}

function powerWords({ rigs }: EarningsReport): string[] {
  const bySource = new Map<PowerSource, string[]>()
  for (const { name, powerSource } of rigs) {
    if (powerSource !== null) bySource.set(powerSource, [...(bySource.get(powerSource) ?? []), name])
  }
  return [...bySource].map(
    ([source, names]) => `Power of ${names.join(', ')}: ${POWER_SOURCE_WORDS[source]}.`,
  )
}

function priceWords({ rows, currency }: EarningsReport): string[] {
  const own = rows.filter((row) => row.priceDate === row.date).length
  const others = rows.filter((row) => row.priceDate !== null && row.priceDate !== row.date)
  const words: string[] = []
  if (own > 0) words.push(`Prices: the close in ${currency} of each day (UTC).`)
  if (others.length > 0) {
    const days = others.map((row) => row.date)
    const list = days.length > 3 ? `${days.length} days` : days.join(', ')
    words.push(
      `No close is known of ${list}: valued at that of the nearest day known, ${others.at(-1)!.priceDate!} for the last.`,
    )
  }
  return words
}
