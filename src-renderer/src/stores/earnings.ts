/**
 * What was earned and what it cost, asked for as a screen needs it: a report is a stretch of time in buckets, and changes only as fast
 * as hours pass.
 */
import type { CsvFile, EarningsReport, SoloOdds, Statement, WhatIf } from '@contract'
import { defineStore } from 'pinia'
import { useConnection } from '../api/client.ts'

export interface ReportQuery {
  /** Epoch milliseconds; `to` is not included. */
  from: number
  to: number
  bucket: EarningsReport['bucket']
  rig?: string
  group?: string
}
/** What is left out stays as it was. */
export interface WhatIfQuery {
  from?: number
  to?: number
  minorPerBtc?: number
  difficulty?: number
  microsPerKwh?: number
  /** Millionths: 1000000 is as now. */
  hashratePpm?: number
  powerPpm?: number
}

export const useEarningsStore = defineStore('earnings', () => {
  const { client } = useConnection()
  const withSignal = (signal?: AbortSignal) => (signal === undefined ? {} : { signal })

  const loadReport = (query: ReportQuery, signal?: AbortSignal): Promise<EarningsReport> =>
    client.earnings.report(query, withSignal(signal))
  /** The same work at other prices; changes nothing. */
  const loadWhatIf = (query: WhatIfQuery, signal?: AbortSignal): Promise<WhatIf> =>
    client.earnings.whatIf(query, withSignal(signal))
  const loadOdds = (): Promise<SoloOdds> => client.earnings.odds()
  /** A month such as `2026-11`. */
  const loadStatement = (month: string, signal?: AbortSignal): Promise<Statement> =>
    client.earnings.statement({ month }, withSignal(signal))
  const loadCsv = (kind: 'days' | 'payouts', query: Omit<ReportQuery, 'bucket'>): Promise<CsvFile> =>
    client.earnings.csv({ ...query, kind })

  return { loadReport, loadWhatIf, loadOdds, loadStatement, loadCsv }
})
