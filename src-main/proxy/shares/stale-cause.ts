/**
 * Why a job can earn nothing any more. Stale shares are counted by these words, because each asks for another
 * remedy: a slow network, a pool that is unsteady, a person who switches. What a rig is told stays conventional:
 * `stale-share` in Stratum V2, error 21 in V1.
 */
import { type ShareRefusal } from './share-desk.ts'

/**
 * new-block: the chain has a new tip. job-replaced: the pool withdrew the job on the same tip. pool-lost: the
 * connection it came over ended, and another gave jobs. pool-switched: its pool was left, and the time for late
 * shares is over. pool-changed: the person changed the pool's address or account, or deleted it.
 */
export type StaleCause =
  'new-block' | 'job-replaced' | 'pool-lost' | 'pool-switched' | 'pool-changed' | 'stopping'

const TEXTS: Readonly<Record<StaleCause, string>> = {
  'new-block': 'the job is no longer current',
  'job-replaced': 'the pool replaced the job',
  'pool-lost': 'the pool was connected anew',
  'pool-switched': 'another pool is in use',
  'pool-changed': 'the pool was changed',
  stopping: 'the proxy is stopping',
}

const refusalOf = (cause: StaleCause): ShareRefusal => ({
  kind: 'stale',
  reason: 'stale-share',
  cause,
  detail: `Stale share: ${TEXTS[cause]}`,
})

/** Made once: a new block makes many. */
const REFUSALS: Readonly<Record<StaleCause, ShareRefusal>> = {
  'new-block': refusalOf('new-block'),
  'job-replaced': refusalOf('job-replaced'),
  'pool-lost': refusalOf('pool-lost'),
  'pool-switched': refusalOf('pool-switched'),
  'pool-changed': refusalOf('pool-changed'),
  stopping: refusalOf('stopping'),
}

export function staleRefusal(cause: StaleCause): ShareRefusal {
  return REFUSALS[cause]
}
