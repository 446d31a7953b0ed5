/**
 * CKPool and what runs its software: CKPool solo with its regions, and any ckpool whose web server publishes the `users`
 * folder of its log directory. Solo: there is no balance, the reward of a block goes to the address itself; the report
 * holds hashrate, workers and best share.
 *
 * Shape: ckpool's source, `stratifier.c` (statsupdate: the user file) and `libckpool.c` (suffix_string: hashrates as
 * `1.13T`), read in August 2026; dashboards read `https://solo.ckpool.org/users/<address>`, `eusolo.…`, `ausolo.…` and, since
 * 2026, `https://raw.stats.ckpool.org/users/<address>`. Sure of the file; which of the hosts lasts is the pool's to say.
 * An address without a share has no file: HTTP 404.
 */
import { type Answer } from '../../outside/answer.ts'
import {
  type AccountConfig,
  type AccountKind,
  type AccountReport,
  type AccountRequest,
} from '../account-kind.ts'
import { readAmount, readSuffixed } from '../read-values.ts'

export function readCkpoolUser(answer: Answer): Partial<AccountReport> {
  const best = answer.find('bestever')
  return {
    hashrateHs: readSuffixed(answer.get('hashrate1hr')),
    workers: answer.get('workers').count(),
    // `bestever` is cut to a whole number and younger than the software.
    bestDifficulty: Math.max(readAmount(answer.get('bestshare')), best === undefined ? 0 : readAmount(best)),
  }
}

function requests(base: string, { address }: AccountConfig): readonly AccountRequest[] {
  return [
    {
      what: 'hashrate and best share',
      url: `${base}/users/${encodeURIComponent(address)}`,
      read: readCkpoolUser,
    },
  ]
}

const SOLO_HELP =
  'Enter the payout address you mine with; no key is needed. The page is public to whoever knows the address.'

function ckpool(
  one: Pick<AccountKind, 'id' | 'name' | 'poolHosts' | 'base'> & Partial<Pick<AccountKind, 'needs' | 'help'>>,
): AccountKind {
  return { needs: ['address'], help: SOLO_HELP, missingMeansNew: true, pauseMs: 0, requests, ...one }
}

export const CKPOOL_KINDS: readonly AccountKind[] = [
  ckpool({
    id: 'ckpool',
    name: 'CKPool solo',
    base: 'https://raw.stats.ckpool.org',
    poolHosts: ['stratum.ckpool.org'],
  }),
  ckpool({
    id: 'ckpool-solo',
    name: 'CKPool solo (solo.ckpool.org)',
    base: 'https://solo.ckpool.org',
    poolHosts: ['solo.ckpool.org', 'solo4.ckpool.org', 'solo6.ckpool.org'],
  }),
  ckpool({
    id: 'ckpool-eu',
    name: 'CKPool solo, Europe',
    base: 'https://eusolo.ckpool.org',
    poolHosts: ['eusolo.ckpool.org'],
  }),
  ckpool({
    id: 'ckpool-au',
    name: 'CKPool solo, Oceania',
    base: 'https://ausolo.ckpool.org',
    poolHosts: ['ausolo.ckpool.org'],
  }),
  ckpool({
    id: 'ckpool-own',
    name: 'A ckpool of your own',
    needs: ['address', 'url'],
    help: 'Enter the payout address you mine with, and the address at which the pool publishes its statistics, without /users: http://192.168.1.20. No key is needed.',
    base: null,
    poolHosts: [],
  }),
]
