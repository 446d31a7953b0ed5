/**
 * ViaBTC, by the API key of the account, without its secret key: nothing here needs a signature, and without the secret
 * nothing can be changed.
 *
 * Shape: the pool's own API text (viapool_api, "ViaBTC 数据API", and its wiki page on authentication), which several public
 * clients follow: `{code, data, message}` with code 0 for success, amounts as text in bitcoin, hashrates as text in H/s, days
 * by Beijing time unless `utc=true`. Sure. 12001 to 12004 are the codes of a wrong key or of an address of ours that is not
 * on the account's list. The daily list stands under `data.data`, the payments directly under `data`; both are taken for both.
 */
import { type Answer } from '../../outside/answer.ts'
import { type AskedOutside, refused, reported } from '../../outside/failures.ts'
import { type AccountKind, type AccountReport } from '../account-kind.ts'
import { byMoment, readAmount, readBtc, readMoment, sumByDay, txidOf, utcDay } from '../read-values.ts'

export function readViabtcAccount(answer: Answer): Partial<AccountReport> {
  const balances = answer.get('data').get('balance').items()
  const bitcoin = balances.find((row) => row.get('coin').text() === 'BTC')
  // Coins without a balance are not in the list.
  return { unpaidSats: bitcoin === undefined ? 0 : readBtc(bitcoin.get('amount')) }
}

export function readViabtcProfit(answer: Answer): Partial<AccountReport> {
  return { earnedSats: readBtc(answer.get('data').get('total_profit')) }
}

export function readViabtcHashrate(answer: Answer): Partial<AccountReport> {
  const data = answer.get('data')
  return { hashrateHs: readAmount(data.get('hashrate_1hour')), workers: data.get('active_workers').count() }
}

export function readViabtcDays(answer: Answer): Partial<AccountReport> {
  return {
    days: sumByDay(
      rowsOf(answer).map((row) => ({
        day: utcDay(readMoment(row.get('date'))),
        sats: readBtc(row.get('total_profit')),
      })),
    ),
  }
}

export function readViabtcPayments(answer: Answer): Partial<AccountReport> {
  return {
    payouts: byMoment(
      rowsOf(answer).map((row) => {
        const txid = txidOf(row.find('tx')?.text() ?? null)
        return {
          reference: txid ?? `payment/${row.get('id').decimal()}`,
          txid,
          sats: readBtc(row.get('amount')),
          atMs: readMoment(row.get('create_time')),
          address: row.find('address')?.text() ?? null,
        }
      }),
    ),
  }
}

function rowsOf(answer: Answer): Answer[] {
  const data = answer.get('data')
  return data.isList ? data.items() : data.get('data').items()
}

export const VIABTC_KIND: AccountKind = {
  id: 'viabtc',
  name: 'ViaBTC',
  needs: ['key'],
  help: 'At viabtc.com open the mining settings of the account, add this machine’s public address to the API’s list of addresses, and copy the API key alone. Never enter the secret key: without it nothing can be changed.',
  poolHosts: [
    'viabtc.com',
    '.viabtc.com',
    'viabtc.io',
    '.viabtc.io',
    'viabtc.top',
    '.viabtc.top',
    '.viabtc.net',
  ],
  base: 'https://www.viabtc.net',
  missingMeansNew: false,
  pauseMs: 1_000,
  requests: (base, { key }) => {
    const headers = { 'x-api-key': key }
    const api = `${base}/res/openapi/v1`
    return [
      { what: 'earned in all', url: `${api}/profit?coin=BTC`, headers, read: readViabtcProfit },
      { what: 'balance', url: `${api}/account`, headers, read: readViabtcAccount, optional: true },
      {
        what: 'hashrate',
        url: `${api}/hashrate?coin=BTC`,
        headers,
        read: readViabtcHashrate,
        optional: true,
      },
      {
        what: 'daily earnings',
        url: `${api}/profit/history?coin=BTC&utc=true&limit=50`,
        headers,
        read: readViabtcDays,
        optional: true,
      },
      {
        what: 'payouts',
        url: `${api}/wallet/payment/history?coin=BTC&limit=50`,
        headers,
        read: readViabtcPayments,
        optional: true,
      },
    ]
  },
  refusal: (answer: Answer, of: AskedOutside) => {
    const code = answer.get('code').integer()
    if (code === 0) return null
    const said = `${answer.find('message')?.text() ?? 'no words'} (${String(code)})`
    return code >= 12_001 && code <= 12_004 ? refused(of, null, said) : reported(of, said)
  },
}
