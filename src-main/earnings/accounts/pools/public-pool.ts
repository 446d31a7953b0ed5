/**
 * Public Pool and what runs its software at a place of one's own (Umbrel, Start9, Docker). Solo: no balance.
 *
 * Shape: the software's source, `client.controller.ts` (GET /api/client/:address), read in August 2026; dashboards read
 * it at `https://public-pool.io:40557`. Sure. Sums and best differences come as numbers or as text, by version; an address
 * without a share has no workers and no best difficulty.
 */
import { type Answer } from '../../outside/answer.ts'
import {
  type AccountConfig,
  type AccountKind,
  type AccountReport,
  type AccountRequest,
} from '../account-kind.ts'
import { readAmount } from '../read-values.ts'

export function readPublicPoolClient(answer: Answer): Partial<AccountReport> {
  const workers = answer.get('workers').items()
  const best = answer.find('bestDifficulty')
  return {
    hashrateHs: workers.reduce((sum, worker) => {
      const rate = worker.find('hashRate')
      return sum + (rate === undefined ? 0 : readAmount(rate))
    }, 0),
    workers: answer.get('workersCount').count(),
    bestDifficulty: best === undefined ? null : readAmount(best),
  }
}

function requests(base: string, { address }: AccountConfig): readonly AccountRequest[] {
  // People enter the address with and without the part that every path begins with.
  const root = base.replace(/\/api$/, '')
  return [
    {
      what: 'hashrate and best share',
      url: `${root}/api/client/${encodeURIComponent(address)}`,
      read: readPublicPoolClient,
    },
  ]
}

const common = { missingMeansNew: true, pauseMs: 0, requests } as const

export const PUBLIC_POOL_KINDS: readonly AccountKind[] = [
  {
    ...common,
    id: 'public-pool',
    name: 'Public Pool',
    needs: ['address'],
    help: 'Enter the payout address you mine with; no key is needed. The page is public to whoever knows the address.',
    poolHosts: ['public-pool.io', '.public-pool.io'],
    base: 'https://public-pool.io:40557',
  },
  {
    ...common,
    id: 'public-pool-own',
    name: 'A Public Pool of your own',
    needs: ['address', 'url'],
    help: 'Enter the payout address you mine with, and the address of the pool’s API: http://umbrel.local:3334, for instance. No key is needed.',
    poolHosts: [],
    base: null,
  },
]
