/** From pools as people keep them to pools as the proxy needs them. */
import { HeadframeError } from '../base/index.ts'
import { BIP320_MASK, BIP323_MASK } from '../mining/index.ts'
import { type PoolConfig, type PoolEndpoint } from '../proxy/index.ts'
import { parsePoolUrl, type PoolSettings, type PoolUrl, type SecretStore } from '../settings/index.ts'
import { parseAuthorityKey } from '../sv2/index.ts'

/** Takes a pool URL apart. @throws HeadframeError `pool/invalid-url` naming the part that is wrong */
export function requirePoolUrl(text: string): PoolUrl {
  const parsed = parsePoolUrl(text, (key) => {
    const checked = parseAuthorityKey(key)
    return checked.ok ? checked : { ok: false, error: checked.error.message }
  })
  if (parsed.ok) return parsed.value
  const { part, message, suggestions } = parsed.error
  throw new HeadframeError('pool/invalid-url', message, {
    context: { field: 'url', part, suggestion: suggestions[0] ?? null },
  })
}

/** Where the proxy connects. @throws HeadframeError `pool/invalid-url`, also for kinds it cannot use yet */
export function poolEndpoint(text: string): PoolEndpoint {
  const url = requirePoolUrl(text)
  const { host, port } = url
  const path = 'path' in url ? url.path : ''
  if (url.protocol === 'stratum-v2') {
    const key = parseAuthorityKey(url.authorityKey)
    const { protocol, transport } = url
    if (key.ok) return { protocol, transport, host, port, path, authorityKey: key.value }
  }
  if (url.protocol === 'stratum-v1') {
    return { protocol: url.protocol, transport: url.transport, host, port, path }
  }
  throw new HeadframeError(
    'pool/invalid-url',
    'Templates of your own node cannot be used yet: use a pool, with stratum2+tcp://, stratum+tcp://, stratum+ssl://, stratum+ws(s):// or sv2+ws(s)://.',
    { context: { field: 'url', part: 'scheme', suggestion: null } },
  )
}

/** @throws HeadframeError `pool/invalid-url` */
export async function poolConfig(pool: PoolSettings, secrets: SecretStore): Promise<PoolConfig> {
  return {
    id: pool.id,
    name: pool.name,
    endpoint: poolEndpoint(pool.url),
    userIdentity: pool.userIdentity,
    password: pool.secretRef === null ? '' : ((await secrets.get(pool.secretRef)) ?? ''),
    enabled: pool.enabled,
    versionRollingMask: pool.versionRolling === 'bip323' ? BIP323_MASK : BIP320_MASK,
    knownRollableSize: pool.knownRollableSize,
    lines: pool.lines,
    namesRigs: pool.namesRigs,
    fallback: pool.fallbackUrl === null ? null : poolEndpoint(pool.fallbackUrl),
    mayMoveTo: pool.mayMoveTo,
    listens: pool.listens && pool.enabled,
    payoutAddress: pool.solo ? accountOf(pool.userIdentity) : null,
  }
}

/**
 * A fallback is the same pool by the older protocol. Null, undefined and empty are no fallback.
 * @throws HeadframeError `pool/invalid-url` with field `fallbackUrl`
 */
export function checkFallback(url: string | null | undefined): void {
  if (!url) return
  try {
    if (poolEndpoint(url).protocol === 'stratum-v1') return
  } catch (error) {
    if (!(error instanceof HeadframeError)) throw error
    const context = { ...error.context, field: 'fallbackUrl' }
    throw new HeadframeError('pool/invalid-url', error.message, { context })
  }
  throw new HeadframeError(
    'pool/invalid-url',
    'The fallback is the Stratum V1 address of the same pool: start it with stratum+tcp:// or stratum+ssl://.',
    { context: { field: 'fallbackUrl', part: 'scheme', suggestion: null } },
  )
}

/** The account or address of an identity such as account.worker. */
function accountOf(userIdentity: string): string {
  return userIdentity.split('.')[0] ?? userIdentity
}

/** What a stored pool URL speaks, and over what; the views show it. */
export function poolWire(url: string): {
  protocol: 'stratum-v2' | 'stratum-v1'
  transport: 'tcp' | 'tls' | 'ws' | 'wss'
} {
  const parsed = parsePoolUrl(url, () => ({ ok: true, value: null }))
  if (!parsed.ok) return { protocol: 'stratum-v1', transport: 'tcp' }
  const { protocol, transport } = parsed.value
  return {
    protocol: protocol === 'stratum-v2' ? protocol : 'stratum-v1',
    transport: transport === 'http' || transport === 'https' ? 'tcp' : transport,
  }
}

/**
 * Whether a password entered for one pool URL may be sent to another: same host and port, and not in the clear where
 * the first was encrypted. False if either is no pool URL.
 */
export function mayShareSecret(enteredFor: string, other: string): boolean {
  const [first, second] = [enteredFor, other].map((url) =>
    parsePoolUrl(url, () => ({ ok: true, value: null })),
  )
  return (
    first?.ok === true &&
    second?.ok === true &&
    first.value.host.toLowerCase() === second.value.host.toLowerCase() &&
    first.value.port === second.value.port &&
    (isEncrypted(second.value) || !isEncrypted(first.value))
  )
}

function isEncrypted({ protocol, transport }: PoolUrl): boolean {
  return protocol === 'stratum-v2' || transport === 'tls' || transport === 'wss' || transport === 'https'
}
