/**
 * Parasite Pool: the finder keeps 1 BTC, the rest is shared over Lightning. Reported are hashrate, workers and best share;
 * what Lightning paid needs a login that is no API key, so it stays untold here.
 *
 * Shape: source of the pool's own page (`parastats`, app/api/user/[address]/route.ts: a digest of its ckpool's user file),
 * read in August 2026; other dashboards read `https://parasite.space/api/user/<address>`. Sure of the form; the page is not
 * promised as an API. `bestDifficulty` is a text of three digits as `1.13T`; an unknown address is HTTP 404.
 */
import { type Answer } from '../../outside/answer.ts'
import { type AccountKind, type AccountReport } from '../account-kind.ts'
import { readAmount, readSuffixed } from '../read-values.ts'

export function readParasiteUser(answer: Answer): Partial<AccountReport> {
  return {
    hashrateHs: readAmount(answer.get('hashrate')),
    workers: answer.get('workers').count(),
    bestDifficulty: readSuffixed(answer.get('bestDifficulty')),
  }
}

export const PARASITE_KIND: AccountKind = {
  id: 'parasite',
  name: 'Parasite Pool',
  needs: ['address'],
  help: 'Enter the payout address you mine with; no key is needed. What was paid over Lightning is not told by this page.',
  poolHosts: ['parasite.wtf', '.parasite.wtf', 'parasite.space', '.parasite.space'],
  base: 'https://parasite.space',
  missingMeansNew: true,
  pauseMs: 0,
  requests: (base, { address }) => [
    {
      what: 'hashrate and best share',
      url: `${base}/api/user/${encodeURIComponent(address)}`,
      read: readParasiteUser,
    },
  ],
}
