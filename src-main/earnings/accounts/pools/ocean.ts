/**
 * OCEAN (TIDES). Everything goes by the payout address, without a key.
 *
 * Shape: the pool's API text (`/v1/statsnap`, `/v1/user_hashrate`, `/v1/earnpay`) as several dashboards and a client of a
 * mining system read it, with notes "verified live" of 2026: all under `result`, numbers mostly as text, `unpaid` in
 * bitcoin, `satoshis_net_earned` and `total_satoshis_net_paid` in sats, `ts` as ISO 8601 without a zone (UTC) or in
 * seconds. Sure of these fields. Payouts over Lightning are not in `earnpay`; totals since the beginning are not told.
 * Not known: what an address without a share gets; HTTP 404 is taken for that, `{error}` is told in its own words.
 */
import { type Answer } from '../../outside/answer.ts'
import { type AskedOutside, reported } from '../../outside/failures.ts'
import { type AccountKind, type AccountReport } from '../account-kind.ts'
import {
  byMoment,
  formatDay,
  readAmount,
  readBtc,
  readMoment,
  readSats,
  sumByDay,
  txidOf,
  utcDay,
} from '../read-values.ts'

export function readOceanSnapshot(answer: Answer): Partial<AccountReport> {
  return { unpaidSats: readBtc(answer.get('result').get('unpaid')) }
}

export function readOceanHashrate(answer: Answer): Partial<AccountReport> {
  const result = answer.get('result')
  const workers = result.find('active_worker_count')
  return {
    hashrateHs: readAmount(result.get('hashrate_3600s')),
    workers: workers === undefined ? null : workers.count(),
  }
}

export function readOceanEarnPay(answer: Answer): Partial<AccountReport> {
  const result = answer.get('result')
  return {
    days: sumByDay(
      result
        .get('earnings')
        .items()
        .map((block) => ({
          day: utcDay(readMoment(block.get('ts'))),
          sats: readSats(block.get('satoshis_net_earned')),
        })),
    ),
    payouts: byMoment(
      result
        .get('payouts')
        .items()
        .map((payout) => {
          const atMs = readMoment(payout.get('ts'))
          const sats = readSats(payout.get('total_satoshis_net_paid'))
          const txid = txidOf(payout.find('on_chain_txid')?.text() ?? null)
          return {
            reference: txid ?? `lightning/${String(atMs)}/${String(sats)}`,
            txid,
            sats,
            atMs,
            address: null,
          }
        }),
    ),
  }
}

/** Earnings are told block by block; this much is asked again each time, and the days in it are replaced. */
const DAYS_BACK = 30

export const OCEAN_KIND: AccountKind = {
  id: 'ocean',
  name: 'OCEAN',
  needs: ['address'],
  help: 'Enter the payout address you mine with; no key is needed. The page is public to whoever knows the address. Payouts over Lightning are not told by its API.',
  poolHosts: ['ocean.xyz', '.ocean.xyz'],
  base: 'https://api.ocean.xyz',
  missingMeansNew: true,
  pauseMs: 1_000,
  requests: (base, { address }, nowMs) => {
    const user = encodeURIComponent(address)
    const today = utcDay(nowMs)
    // The end is a moment for them: tomorrow, so that today is in it.
    const range = `${formatDay(today - DAYS_BACK)}/${formatDay(today + 1)}`
    return [
      { what: 'unpaid balance', url: `${base}/v1/statsnap/${user}`, read: readOceanSnapshot },
      { what: 'hashrate', url: `${base}/v1/user_hashrate/${user}`, read: readOceanHashrate, optional: true },
      {
        what: 'earnings and payouts',
        url: `${base}/v1/earnpay/${user}/${range}`,
        read: readOceanEarnPay,
        optional: true,
      },
    ]
  },
  refusal: (answer: Answer, of: AskedOutside) => {
    const error = answer.find('error')
    return error === undefined ? null : reported(of, error.isText ? error.text() : 'an error without words')
  },
}
