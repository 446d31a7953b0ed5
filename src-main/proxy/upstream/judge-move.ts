/** Whether a pool may send us somewhere else. The authority key of a Stratum V2 pool must stay the same in any case. */
import { type PoolConfig } from './upstream.ts'

/** @param host where the pool wants us, as it wrote it */
export function judgeMove({ endpoint, mayMoveTo }: PoolConfig, host: string): boolean {
  return mayMoveTo === 'any-host' || plain(host) === plain(endpoint.host)
}

const plain = (host: string): string => host.trim().toLowerCase().replace(/\.$/, '')
