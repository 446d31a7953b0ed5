/**
 * F2Pool, by an API token of the account.
 *
 * Shape: the pool's API v2 (https://api.f2pool.com/v2/doc/en.html: POST with JSON, header `F2P-API-SECRET`, errors as
 * `{code, msg}` with a good status) and a public client of a mining system with its stand-in server. Sure of balance,
 * hashrate and revenue. Less sure of payouts: their rows are sure, the names inside `payout_extra` (`tx_id`, `value`,
 * `paid_time`) are not, so a row without them is still told, by its own number. Amounts are JSON numbers of up to 18 digits
 * behind the point; they are read from their digits.
 */
import { type Answer } from '../../outside/answer.ts'
import { type AskedOutside, rateLimited, refused, reported } from '../../outside/failures.ts'
import { type AccountConfig, type AccountKind, type AccountReport } from '../account-kind.ts'
import {
  byMoment,
  DAY_MS,
  readAmount,
  readBtc,
  readMoment,
  sumByDay,
  txidOf,
  utcDay,
} from '../read-values.ts'

export function readF2poolBalance(answer: Answer): Partial<AccountReport> {
  const info = answer.get('balance_info')
  return {
    unpaidSats: readBtc(info.get('balance')),
    paidSats: readBtc(info.get('paid')),
    earnedSats: readBtc(info.get('total_income')),
  }
}

export function readF2poolHashrate(answer: Answer): Partial<AccountReport> {
  return { hashrateHs: readAmount(answer.get('info').get('h1_hash_rate')) }
}

export function readF2poolWorkers(answer: Answer): Partial<AccountReport> {
  // What the numbers of `status` mean is not documented; a worker that hashes works.
  const rows = answer.find('workers')?.items() ?? []
  return { workers: rows.filter((row) => readAmount(row.get('hash_rate_info').get('hash_rate')) > 0).length }
}

export function readF2poolRevenue(answer: Answer): Partial<AccountReport> {
  return {
    days: sumByDay(
      transactionsOf(answer).map((row) => {
        const mined = row.find('mining_extra')?.find('mining_date')
        return {
          day: utcDay(readMoment(mined ?? row.get('created_at'))),
          sats: readBtc(row.get('changed_balance')),
        }
      }),
    ),
  }
}

export function readF2poolPayouts(answer: Answer): Partial<AccountReport> {
  return {
    payouts: byMoment(
      transactionsOf(answer).map((row) => {
        const extra = row.find('payout_extra')
        const txid = txidOf(extra?.find('tx_id')?.text() ?? null)
        return {
          reference: txid ?? `payout/${row.get('id').decimal()}`,
          txid,
          // A payout lowers the balance.
          sats: Math.abs(readBtc(row.get('changed_balance'))),
          atMs: readMoment(extra?.find('paid_time') ?? row.get('created_at')),
          address: null,
        }
      }),
    ),
  }
}

/** The list is null where there are none. */
function transactionsOf(answer: Answer): Answer[] {
  answer.get('transactions')
  return answer.find('transactions')?.items() ?? []
}

const DAYS_BACK = 30

export const F2POOL_KIND: AccountKind = {
  id: 'f2pool',
  name: 'F2Pool',
  needs: ['user', 'key'],
  help: 'Enter the name of your mining account. The key is an API token: at f2pool.com open the account settings, API, and make one; give it the rights to view alone.',
  poolHosts: ['f2pool.com', '.f2pool.com'],
  base: 'https://api.f2pool.com',
  missingMeansNew: false,
  pauseMs: 1_000,
  requests: (base, { key, user }: AccountConfig, nowMs) => {
    const headers = { 'f2p-api-secret': key, 'content-type': 'application/json' }
    const ask = { currency: 'bitcoin', mining_user_name: user }
    const range = {
      start_time: (utcDay(nowMs) - DAYS_BACK) * (DAY_MS / 1000),
      end_time: Math.floor(nowMs / 1000),
    }
    const transactions = `${base}/v2/assets/transactions/list`
    return [
      {
        what: 'balance',
        url: `${base}/v2/assets/balance`,
        headers,
        body: JSON.stringify(ask),
        read: readF2poolBalance,
      },
      {
        what: 'hashrate',
        url: `${base}/v2/hash_rate/info`,
        headers,
        body: JSON.stringify(ask),
        read: readF2poolHashrate,
        optional: true,
      },
      {
        what: 'workers',
        url: `${base}/v2/hash_rate/worker/list`,
        headers,
        body: JSON.stringify(ask),
        read: readF2poolWorkers,
        optional: true,
      },
      {
        what: 'daily earnings',
        url: transactions,
        headers,
        body: JSON.stringify({ ...ask, type: 'revenue', ...range }),
        read: readF2poolRevenue,
        optional: true,
      },
      {
        what: 'payouts',
        url: transactions,
        headers,
        body: JSON.stringify({ ...ask, type: 'payout', ...range }),
        read: readF2poolPayouts,
        optional: true,
      },
    ]
  },
  refusal: (answer: Answer, of: AskedOutside) => {
    const code = answer.find('code')
    if (code === undefined) return null
    const said = answer.find('msg')?.text() ?? 'an error without words'
    if (/permission denied|auth|token|secret/i.test(said)) return refused(of, null, said)
    return /too (?:many|frequent)|rate|limit/i.test(said) ? rateLimited(of, null) : reported(of, said)
  },
}
