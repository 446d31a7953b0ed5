/**
 * The pools whose accounts can be read, and which of them a configured pool belongs to. NiceHash is left out: its API wants
 * every request signed with a clock in step with theirs, an organisation and a secret that can be given more than reading.
 * Kano is: its key stands in the URL and it tells no money. Both can be watched by their payout address.
 */
import { type AccountConfig, type AccountKind, type AccountNeed } from './account-kind.ts'
import { hostOfUrl } from '../outside/http.ts'
import { BRAIINS_KIND } from './pools/braiins.ts'
import { CKPOOL_KINDS } from './pools/ckpool.ts'
import { F2POOL_KIND } from './pools/f2pool.ts'
import { LUXOR_KIND } from './pools/luxor.ts'
import { OCEAN_KIND } from './pools/ocean.ts'
import { PARASITE_KIND } from './pools/parasite.ts'
import { PUBLIC_POOL_KINDS } from './pools/public-pool.ts'
import { VIABTC_KIND } from './pools/viabtc.ts'

/** By name as screens list them: the pools first, one's own last. */
export const ACCOUNT_KINDS: readonly AccountKind[] = [
  BRAIINS_KIND,
  ...CKPOOL_KINDS.filter(({ base }) => base !== null),
  F2POOL_KIND,
  LUXOR_KIND,
  OCEAN_KIND,
  PARASITE_KIND,
  ...PUBLIC_POOL_KINDS.filter(({ base }) => base !== null),
  VIABTC_KIND,
  ...[...CKPOOL_KINDS, ...PUBLIC_POOL_KINDS].filter(({ base }) => base === null),
]

export function findAccountKind(id: string): AccountKind | undefined {
  return ACCOUNT_KINDS.find((kind) => kind.id === id)
}

/** Whether a pool at this stratum host seems to be the one whose accounts this kind reads. */
export function belongsToPool({ poolHosts }: AccountKind, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  return poolHosts.some((known) => (known.startsWith('.') ? name.endsWith(known) : name === known))
}

/**
 * Base address without a slash at its end, or null if there is none that can be asked. What a person entered goes before
 * what is known of the pool: some have mirrors for regions where their own name is blocked.
 */
export function accountBase(kind: AccountKind, { url }: Pick<AccountConfig, 'url'>): string | null {
  const entered = url.trim()
  const base = (entered === '' ? (kind.base ?? '') : entered).replace(/\/+$/, '')
  if (hostOfUrl(base) === null) return null
  const { username, password, search, hash } = new URL(base)
  return username === '' && password === '' && search === '' && hash === '' ? base : null
}

const MISSING: Readonly<Record<AccountNeed, string>> = {
  address: 'Enter the payout address.',
  key: 'Enter the API key.',
  user: 'Enter the name of the account at the pool.',
  url: 'Enter the address of the pool’s API; it begins with http:// or https://, without a name and password in it.',
}

/** What keeps an account from being asked, in a sentence; null for nothing. */
export function accountProblem(config: AccountConfig): string | null {
  const kind = findAccountKind(config.kind)
  if (kind === undefined) return `No pool is known here as "${config.kind}". Choose one of the list.`
  for (const need of kind.needs) {
    if (config[need].trim() === '') return MISSING[need]
    // A key is sent as a header, where other signs would end it.
    if (need === 'key' && !/^[\x21-\x7e]+$/.test(config.key.trim())) {
      return 'The API key holds a sign that no key has. Copy it again, without anything around it.'
    }
    if (need === 'address' && !/^[a-zA-Z0-9]{14,100}$/.test(config.address.trim())) {
      return 'The payout address holds a sign that no address has. Copy it again, without a rig’s name behind it.'
    }
  }
  return accountBase(kind, config) === null ? MISSING.url : null
}
