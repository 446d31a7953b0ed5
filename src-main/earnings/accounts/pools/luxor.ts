/**
 * Luxor, by an API key of the workspace and the name of a subaccount.
 *
 * Shape: Luxor's API text, version 2 (docs.luxor.tech, "Mining Pool / API Documentation": summary, revenue), read in August
 * 2026. Sure of the fields. Payouts are left out: which rows of `transactions` are payouts is not written there. Amounts are
 * JSON numbers and are read from their digits; hashrates are text in H/s.
 */
import { type Answer } from '../../outside/answer.ts'
import { type AccountConfig, type AccountKind, type AccountReport } from '../account-kind.ts'
import { formatDay, readAmount, readBtc, readMoment, sumByDay, utcDay } from '../read-values.ts'

export function readLuxorSummary(answer: Answer): Partial<AccountReport> {
  const bitcoin = answer
    .get('balance')
    .items()
    .find((row) => row.get('currency_type').text() === 'BTC')
  return {
    unpaidSats: bitcoin === undefined ? 0 : readBtc(bitcoin.get('revenue')),
    hashrateHs: readAmount(answer.get('hashrate_5m')),
    workers: answer.get('active_miners').count(),
  }
}

export function readLuxorRevenue(answer: Answer): Partial<AccountReport> {
  const rows = answer
    .get('revenue')
    .items()
    .filter((row) => row.get('revenue').get('currency_type').text() === 'BTC')
  return {
    days: sumByDay(
      rows.map((row) => ({
        day: utcDay(readMoment(row.get('date_time'))),
        sats: readBtc(row.get('revenue').get('revenue')),
      })),
    ),
  }
}

const DAYS_BACK = 30

export const LUXOR_KIND: AccountKind = {
  id: 'luxor',
  name: 'Luxor',
  needs: ['user', 'key'],
  help: 'Enter the name of the subaccount. The key is one of the workspace: at app.luxor.tech open Workspace, API Keys, and make one that may only read. Payouts are not told by it; watch the payout address for them.',
  poolHosts: ['luxor.tech', '.luxor.tech'],
  base: 'https://app.luxor.tech',
  missingMeansNew: false,
  pauseMs: 1_000,
  requests: (base, { key, user }: AccountConfig, nowMs) => {
    const headers = { authorization: key }
    const today = utcDay(nowMs)
    const who = `subaccount_names=${encodeURIComponent(user)}`
    return [
      {
        what: 'balance and hashrate',
        url: `${base}/api/v2/pool/summary/BTC?${who}`,
        headers,
        read: readLuxorSummary,
      },
      {
        what: 'daily earnings',
        url: `${base}/api/v2/pool/revenue/BTC?${who}&start_date=${formatDay(today - DAYS_BACK)}&end_date=${formatDay(today)}`,
        headers,
        read: readLuxorRevenue,
        optional: true,
      },
    ]
  },
}
