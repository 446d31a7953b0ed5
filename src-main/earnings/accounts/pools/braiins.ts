/**
 * Braiins Pool, by an access token of the account.
 *
 * Shape: the pool's monitoring API (Braiins Academy, "Braiins Pool: Monitoring"; the older help article 77000433512), as
 * two public clients carry it: `accounts/profile`, `accounts/rewards` (90 days unless asked otherwise), `accounts/payouts`.
 * Amounts are text in bitcoin, payouts whole sats. Sure of the fields; whether `onchain` and `lightning` stand at the top
 * or below `btc` is not, so both are taken. Their rule: one request in five seconds.
 */
import { type Answer } from '../../outside/answer.ts'
import { type AccountKind, type ReportedPayout, type AccountReport } from '../account-kind.ts'
import {
  byMoment,
  formatDay,
  readAmount,
  readBtc,
  readHashrateUnit,
  readMoment,
  readSats,
  sumByDay,
  txidOf,
  utcDay,
} from '../read-values.ts'

export function readBraiinsProfile(answer: Answer): Partial<AccountReport> {
  const btc = answer.get('btc')
  return {
    unpaidSats: readBtc(btc.get('current_balance')),
    earnedSats: readBtc(btc.get('all_time_reward')),
    hashrateHs: readAmount(btc.get('hash_rate_60m')) * readHashrateUnit(btc.get('hash_rate_unit')),
    workers: btc.get('ok_workers').count() + btc.get('low_workers').count(),
  }
}

export function readBraiinsRewards(answer: Answer): Partial<AccountReport> {
  const rows = answer.get('btc').get('daily_rewards').items()
  return {
    days: sumByDay(
      rows.map((row) => ({
        day: utcDay(readMoment(row.get('date'))),
        sats: readBtc(row.get('total_reward')),
      })),
    ),
  }
}

export function readBraiinsPayouts(answer: Answer): Partial<AccountReport> {
  const place = answer.find('btc') ?? answer
  const payouts = [
    ...place.get('onchain').items().map(readPayout),
    ...(place.find('lightning')?.items() ?? []).map(readPayout),
  ]
  return { payouts: byMoment(payouts.filter((payout) => payout !== null)) }
}

function readPayout(row: Answer): ReportedPayout | null {
  if (row.get('status').text() !== 'confirmed') return null
  const sats = readSats(row.get('amount_sats'))
  const atMs = readMoment(row.find('resolved_at_ts') ?? row.get('requested_at_ts'))
  const txid = txidOf(row.find('tx_id')?.text() ?? null)
  // A Lightning invoice is long and tells more than a book needs; when it was asked for is as good a name.
  const reference = txid ?? `lightning/${String(readMoment(row.get('requested_at_ts')))}/${String(sats)}`
  return {
    reference,
    txid,
    sats,
    atMs,
    address: txid === null ? null : (row.find('destination')?.text() ?? null),
  }
}

/** Months that are asked for payouts; the book keeps what it has. */
const PAYOUT_DAYS_BACK = 365

export const BRAIINS_KIND: AccountKind = {
  id: 'braiins',
  name: 'Braiins Pool',
  needs: ['key'],
  help: 'At pool.braiins.com open Settings, Access Profiles, and choose or make a profile with limited, read-only rights. Tick "Allow access to web APIs" and generate a token; that is the key.',
  // Not all of braiins.com: its solo pool has no accounts.
  poolHosts: ['stratum.braiins.com', '.stratum.braiins.com', '.slushpool.com'],
  base: 'https://pool.braiins.com',
  missingMeansNew: false,
  pauseMs: 5_500,
  requests: (base, { key }, nowMs) => {
    const headers = { 'pool-auth-token': key }
    const today = utcDay(nowMs)
    return [
      {
        what: 'balance and hashrate',
        url: `${base}/accounts/profile/json/btc/`,
        headers,
        read: readBraiinsProfile,
      },
      {
        what: 'daily rewards',
        url: `${base}/accounts/rewards/json/btc`,
        headers,
        read: readBraiinsRewards,
        optional: true,
      },
      {
        what: 'payouts',
        url: `${base}/accounts/payouts/json/btc?from=${formatDay(today - PAYOUT_DAYS_BACK)}&to=${formatDay(today)}`,
        headers,
        read: readBraiinsPayouts,
        optional: true,
      },
    ]
  },
}
