/** Reports of earnings in the reader thread: what they are made from is read, the figures are worked out, all of it here. */
import { type EarningsReport, type Payout, type WhatIf } from '../../../src-preload/contract/index.ts'
import {
  daysCsv,
  makeReport,
  makeStatement,
  makeWhatIf,
  monthRange,
  payoutsCsv,
  type WhatIfChange,
} from '../../earnings/index.ts'
import { type HistoryQueries } from '../../history/index.ts'
import { reportView, whatIfView } from './earnings-views.ts'
import { readReportInputs, type ReportRequest } from './report-inputs.ts'

export interface WhatIfRequest extends ReportRequest {
  readonly change: WhatIfChange
}

export interface StatementReading {
  readonly report: EarningsReport
  readonly payouts: readonly Payout[]
  readonly tariffs: readonly { readonly from: number; readonly words: string }[]
  readonly sources: readonly string[]
}

export async function readReport(history: HistoryQueries, request: ReportRequest): Promise<EarningsReport> {
  return reportView(makeReport(await readReportInputs(history, request)))
}

export async function readWhatIf(
  history: HistoryQueries,
  { change, ...request }: WhatIfRequest,
): Promise<WhatIf> {
  return whatIfView(makeWhatIf(await readReportInputs(history, request), change))
}

/** @throws HeadframeError `earnings/not-a-month` */
export async function readStatement(
  history: HistoryQueries,
  request: ReportRequest,
  month: string,
): Promise<StatementReading> {
  const range = monthRange(month, request.settings.timeZone)
  const inputs = await readReportInputs(history, { ...request, ...range })
  const { report, payouts, tariffs, sources } = makeStatement(inputs, month)
  const values = new Map(payouts.map((payout) => [payout.id, payout]))
  return {
    report: reportView(report),
    payouts: inputs.payouts
      .filter(({ id }) => values.has(id))
      .map(({ atMs, ...payout }): Payout => {
        const { minorPerBtc, valueMinor } = values.get(payout.id)!
        return { ...payout, at: atMs, confirmed: true, minorPerBtc, valueMinor }
      })
      .sort((a, b) => a.at - b.at),
    tariffs: tariffs.map(({ fromMs, words }) => ({ from: fromMs, words })),
    sources: [...sources],
  }
}

/** The table for the tax office, as text. */
export async function readTable(
  history: HistoryQueries,
  request: ReportRequest,
  kind: 'days' | 'payouts',
): Promise<string> {
  const inputs = await readReportInputs(history, request)
  return kind === 'days' ? daysCsv(inputs) : payoutsCsv(inputs)
}
