/** A pool as firmware keeps one, in parts, and as a machine does, as one URL. */

export interface PoolParts {
  /** IPv6 addresses without brackets. */
  readonly host: string
  readonly port: number
  readonly sv2: boolean
  readonly tls: boolean
  /** Empty for none. */
  readonly authorityKey: string
}

const DEFAULT_PORT = 3333

/** A URL with or without scheme; what is missing is what firmware assumes. */
export function splitPoolUrl(url: string): PoolParts {
  const match = /^(?:([a-z0-9+]+):\/\/)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?(?:\/(.*))?$/i.exec(url.trim())
  const scheme = match?.[1]?.toLowerCase() ?? ''
  return {
    host: (match?.[2] ?? '').replace(/^\[|\]$/g, ''),
    port: match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]),
    sv2: scheme.startsWith('stratum2'),
    tls: /\+(?:ssl|tls)$/.test(scheme),
    authorityKey: match?.[4] ?? '',
  }
}

export function joinPoolUrl({ host, port, sv2, tls, authorityKey }: PoolParts): string {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (sv2) return `stratum2+tcp://${place}${authorityKey === '' ? '' : `/${authorityKey}`}`
  return `${tls ? 'stratum+ssl' : 'stratum+tcp'}://${place}`
}
