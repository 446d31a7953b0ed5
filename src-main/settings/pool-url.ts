/**
 * Pool URLs as people type and paste them (design, "Pool URLs"). Kinds that the proxy cannot use yet are
 * parsed all the same; the proxy says which it supports. Not here: whether an authority key is a key,
 * which is the business of the SV2 wire and comes in as a function.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { err, ok, type Result } from '../base/index.ts'

interface Endpoint {
  /** Name or address; an IPv6 address without its brackets. */
  host: string
  port: number
}

/** A pool URL taken apart. `protocol` says what is spoken, `transport` over what. */
export type PoolUrl = Endpoint &
  (
    | { protocol: 'stratum-v2'; transport: 'tcp'; authorityKey: string }
    | { protocol: 'stratum-v2'; transport: 'ws' | 'wss'; path: string; authorityKey: string }
    | { protocol: 'stratum-v1'; transport: 'tcp' | 'tls' }
    | { protocol: 'stratum-v1'; transport: 'ws' | 'wss'; path: string }
    | {
        protocol: 'getblocktemplate'
        transport: 'http' | 'https'
        credentials: { user: string; password: string } | null
      }
    | { protocol: 'template-distribution'; transport: 'tcp'; authorityKey: string }
  )

export type PoolUrlPart = 'url' | 'scheme' | 'user-info' | 'host' | 'port' | 'path' | 'authority-key'

export interface PoolUrlError {
  /** The part that is wrong. */
  part: PoolUrlPart
  /** Names what is wrong and what to do. */
  message: string
  /** Whole URLs that were probably meant; may be empty. */
  suggestions: string[]
}

/** Says whether a text is an authority key; the error is a sentence about what is wrong with it. */
export type CheckAuthorityKey = (text: string) => Result<unknown, string>

/** What may follow host and port. */
type Tail = 'key-as-path' | 'nothing' | 'path' | 'path-and-key' | 'credentials-before'

interface Scheme {
  protocol: PoolUrl['protocol']
  transport: PoolUrl['transport']
  tail: Tail
  /** null: must be given. */
  defaultPort: number | null
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map(
  Object.entries<Scheme>({
    'stratum2+tcp': { protocol: 'stratum-v2', transport: 'tcp', tail: 'key-as-path', defaultPort: null },
    'stratum+tcp': { protocol: 'stratum-v1', transport: 'tcp', tail: 'nothing', defaultPort: null },
    'stratum+ssl': { protocol: 'stratum-v1', transport: 'tls', tail: 'nothing', defaultPort: null },
    'stratum+ws': { protocol: 'stratum-v1', transport: 'ws', tail: 'path', defaultPort: 80 },
    'stratum+wss': { protocol: 'stratum-v1', transport: 'wss', tail: 'path', defaultPort: 443 },
    'sv2+ws': { protocol: 'stratum-v2', transport: 'ws', tail: 'path-and-key', defaultPort: 80 },
    'sv2+wss': { protocol: 'stratum-v2', transport: 'wss', tail: 'path-and-key', defaultPort: 443 },
    'node+http': {
      protocol: 'getblocktemplate',
      transport: 'http',
      tail: 'credentials-before',
      defaultPort: null,
    },
    'node+https': {
      protocol: 'getblocktemplate',
      transport: 'https',
      tail: 'credentials-before',
      defaultPort: null,
    },
    'sv2tp+tcp': {
      protocol: 'template-distribution',
      transport: 'tcp',
      tail: 'key-as-path',
      defaultPort: null,
    },
  }),
)

/** Means the same. */
const ALIASES: ReadonlyMap<string, string> = new Map([['stratum+tls', 'stratum+ssl']])

/** Means something close; only suggested, because what is spoken there is a guess. */
const LIKELY: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    stratum: 'stratum+tcp',
    'stratum1+tcp': 'stratum+tcp',
    'stratum+tcps': 'stratum+ssl',
    'stratum1+ssl': 'stratum+ssl',
    'stratum1+tls': 'stratum+ssl',
    tcp: 'stratum+tcp',
    ssl: 'stratum+ssl',
    tls: 'stratum+ssl',
    ws: 'stratum+ws',
    wss: 'stratum+wss',
    stratum2: 'stratum2+tcp',
    'stratum2+ssl': 'stratum2+tcp',
    'stratum2+tls': 'stratum2+tcp',
    'sv2+tcp': 'stratum2+tcp',
    'stratumv2+tcp': 'stratum2+tcp',
    'stratum2+ws': 'sv2+ws',
    'stratum2+wss': 'sv2+wss',
    http: 'node+http',
    https: 'node+https',
    sv2tp: 'sv2tp+tcp',
  }),
)

/** Blanks, quotes and invisible characters that come along when a URL is copied. */
const WRAPPING = /^[\s\p{Cc}\p{Cf}"'`<\u201c\u2018]+|[\s\p{Cc}\p{Cf}"'`>\u201d\u2019]+$/gu
const MAX_LENGTH = 500
const KEY_PLACEHOLDER = 'AUTHORITYKEY'
/** Some programs have people end a URL with this to ask for extranonce.subscribe, which we ask for anyway. */
const IGNORED_FRAGMENT = /^xnsub$/i

/**
 * Takes a pool URL apart. Blanks and quotes around it are ignored, the case of scheme and host too.
 * Messages never repeat a password.
 */
export function parsePoolUrl(
  text: string,
  checkAuthorityKey: CheckAuthorityKey,
): Result<PoolUrl, PoolUrlError> {
  const trimmed = text.replace(WRAPPING, '')
  if (trimmed === '') {
    return fail('url', 'Enter the pool URL, for instance stratum+tcp://pool.example.com:3333.')
  }
  if (trimmed.length > MAX_LENGTH) return fail('url', `A pool URL has at most ${MAX_LENGTH} characters.`)
  if (/[\s\p{Cc}\p{Cf}]/u.test(trimmed)) {
    return fail('url', 'The pool URL holds a blank or a line break. Enter one URL and nothing else.')
  }
  if (/["'`<>\\^{|}]/.test(trimmed)) {
    return fail(
      'url',
      'The pool URL holds a quote, a bracket or another sign that no URL may hold. Remove it.',
    )
  }
  const [, schemeText, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(trimmed) ?? []
  if (schemeText === undefined || rest === undefined) return failWithoutScheme(trimmed, checkAuthorityKey)

  const lower = schemeText.toLowerCase()
  const name = ALIASES.get(lower) ?? lower
  const scheme = SCHEMES.get(name)
  if (scheme === undefined) {
    const likely = LIKELY.get(lower)
    const hint =
      likely === undefined ? `Use one of ${[...SCHEMES.keys()].join(', ')}` : `Did you mean ${likely}`
    return fail(
      'scheme',
      `"${schemeText}://" is not a kind of pool. ${hint}${likely === undefined ? '.' : '?'}`,
      likely === undefined || rest.includes('@') ? [] : [`${likely}://${rest}`],
    )
  }

  const [, authority = '', path = '', query = '', fragment = ''] =
    /^([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/.exec(rest) ?? []
  const at = authority.lastIndexOf('@')
  const userInfo = at < 0 ? null : authority.slice(0, at)
  const hostAndPort = authority.slice(at + 1)
  if (userInfo !== null && scheme.tail !== 'credentials-before') {
    return fail(
      'user-info',
      'The URL holds a user name before the "@". Remove it, and enter it as the user identity of the pool.',
      [`${name}://${hostAndPort}${path}${query}${fragment}`],
    )
  }
  const endpoint = parseEndpoint(hostAndPort, scheme, name, `${path}${query}${fragment}`)
  if (!endpoint.ok) return endpoint
  return parseTail(
    { name, scheme, endpoint: endpoint.value, path, query, fragment, userInfo },
    checkAuthorityKey,
  )
}

/** The URL in its one spelling, without user name and password: fit for settings, logs and screens. */
export function formatPoolUrl(url: PoolUrl): string {
  let name = ''
  for (const [key, { protocol, transport }] of SCHEMES) {
    if (protocol === url.protocol && transport === url.transport) name = key
  }
  const start = `${name}://${formatEndpoint(url)}`
  if ('path' in url) return `${start}${url.path}${'authorityKey' in url ? `#${url.authorityKey}` : ''}`
  return 'authorityKey' in url ? `${start}/${url.authorityKey}` : start
}

interface Parts {
  name: string
  scheme: Scheme
  endpoint: Endpoint
  /** Empty, or from its slash on. */
  path: string
  /** Empty, or from its question mark on. */
  query: string
  /** Empty, or from its number sign on. */
  fragment: string
  userInfo: string | null
}

function parseTail(parts: Parts, checkAuthorityKey: CheckAuthorityKey): Result<PoolUrl, PoolUrlError> {
  const { name, scheme, endpoint, path, query, fragment } = parts
  const start = `${name}://${formatEndpoint(endpoint)}`
  const isBare = (path === '' || path === '/') && query === ''
  const pathWithQuery = `${path === '' ? '/' : path}${query}`
  const checkedKey = (text: string, example: string): Result<string, PoolUrlError> => {
    if (text === '' || text === KEY_PLACEHOLDER) {
      const what = `The pool's authority key is missing. It stands in the pool's instructions and belongs at the end: ${example}`
      return fail('authority-key', what)
    }
    const checked = checkAuthorityKey(text)
    if (checked.ok) return ok(text)
    return fail(
      'authority-key',
      `The authority key at the end of the URL is wrong: ${checked.error.replace(/\.$/, '')}. Copy it again from the pool's instructions.`,
    )
  }

  if (/[^\x21-\x7e]/.test(path + query + fragment)) {
    return fail('path', 'What follows the port holds a character that has to be written with "%" and digits.')
  }
  switch (scheme.tail) {
    case 'key-as-path': {
      if (isBare && fragment.length > 1) {
        return fail('authority-key', 'The authority key belongs after a "/" and not after a "#".', [
          `${start}/${fragment.slice(1)}`,
        ])
      }
      const text = path.slice(1).replace(/\/$/, '')
      if (text.includes('/') || query !== '' || fragment !== '') {
        return fail(
          'path',
          `After the port comes the authority key and nothing else: ${start}/${KEY_PLACEHOLDER}`,
        )
      }
      const key = checkedKey(text, `${start}/${KEY_PLACEHOLDER}`)
      if (!key.ok) return key
      return ok({
        ...endpoint,
        protocol: scheme.protocol as 'stratum-v2' | 'template-distribution',
        transport: 'tcp',
        authorityKey: key.value,
      })
    }
    case 'nothing': {
      const isIgnored = fragment === '' || IGNORED_FRAGMENT.test(fragment.slice(1))
      if (isBare && isIgnored) {
        const transport = scheme.transport as 'tcp' | 'tls'
        return ok({ ...endpoint, protocol: 'stratum-v1', transport })
      }
      const key = path.slice(1)
      if (checkAuthorityKey(key).ok) {
        return fail(
          'scheme',
          'The URL ends with an authority key, which only Stratum V2 has. Use stratum2+tcp, or remove the key.',
          [`stratum2+tcp://${formatEndpoint(endpoint)}/${key}`, start],
        )
      }
      return fail('path', 'Nothing may follow the port in this kind of URL. Remove what comes after it.', [
        start,
      ])
    }
    case 'path': {
      if (fragment !== '')
        return fail('path', 'A "#" may not be in this kind of URL.', [start + pathWithQuery])
      const transport = scheme.transport as 'ws' | 'wss'
      return ok({ ...endpoint, protocol: 'stratum-v1', transport, path: pathWithQuery })
    }
    case 'path-and-key': {
      const key = checkedKey(fragment.slice(1), `${start}${pathWithQuery}#${KEY_PLACEHOLDER}`)
      if (!key.ok) return key
      const transport = scheme.transport as 'ws' | 'wss'
      return ok({
        ...endpoint,
        protocol: 'stratum-v2',
        transport,
        path: pathWithQuery,
        authorityKey: key.value,
      })
    }
    case 'credentials-before': {
      if (!isBare || fragment !== '') {
        return fail('path', 'Nothing may follow the port of a node. Remove what comes after it.', [start])
      }
      const credentials = parseCredentials(parts.userInfo)
      if (credentials === undefined) {
        return fail(
          'user-info',
          'User name and password of the node could not be read. Write user:password@ before the host, with %25 for "%", %40 for "@" and %3A for ":".',
        )
      }
      const transport = scheme.transport as 'http' | 'https'
      return ok({ ...endpoint, protocol: 'getblocktemplate', transport, credentials })
    }
  }
}

function parseCredentials(userInfo: string | null): { user: string; password: string } | null | undefined {
  if (userInfo === null) return null
  const colon = userInfo.indexOf(':')
  if (colon < 1) return undefined
  try {
    return {
      user: decodeURIComponent(userInfo.slice(0, colon)),
      password: decodeURIComponent(userInfo.slice(colon + 1)),
    }
  } catch {
    return undefined
  }
}

/** @param tail what follows host and port, for suggestions */
function parseEndpoint(
  text: string,
  scheme: Scheme,
  name: string,
  tail: string,
): Result<Endpoint, PoolUrlError> {
  const suggest = (endpoint: string): string[] =>
    scheme.tail === 'credentials-before' ? [] : [`${name}://${endpoint}${tail}`]
  if (isIPv6(text)) {
    return fail(
      'host',
      'An IPv6 address needs brackets around it, and a port after them.',
      suggest(`[${text}]:3333`),
    )
  }
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined) {
    return fail(
      'host',
      `"${text}" is not a host and a port. Write host:port, with brackets around an IPv6 address.`,
    )
  }
  const checkedHost = bracketed === undefined ? checkHostName(host) : checkIPv6(host)
  if (!checkedHost.ok) return checkedHost
  if (portText === undefined || portText === '') {
    if (scheme.defaultPort !== null) return ok({ host: checkedHost.value, port: scheme.defaultPort })
    const example = name.startsWith('node+') ? 8332 : 3333
    return fail(
      'port',
      `The port is missing. Write it after the host, as in ${host}:${example}; the pool's instructions name it.`,
    )
  }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0
  if (port < 1 || port > 65_535) {
    return fail('port', `"${portText}" is not a port. A port is a number from 1 to 65535.`)
  }
  return ok({ host: checkedHost.value, port })
}

function checkIPv6(text: string): Result<string, PoolUrlError> {
  if (isIPv6(text) && !text.includes('%')) return ok(text.toLowerCase())
  return fail('host', `"${text}" between the brackets is not an IPv6 address.`)
}

function checkHostName(text: string): Result<string, PoolUrlError> {
  if (text === '')
    return fail('host', 'The host is missing. Write the name or address of the pool after "://".')
  const wrong = fail('host', `"${text}" is not the name or address of a host. Check it for typing errors.`)
  // Percent signs and characters beyond ASCII only make sense in a name that has an ASCII form.
  const name = /^[\x21-\x7e]*$/.test(text) ? text.toLowerCase().replace(/\.$/, '') : domainToASCII(text)
  if (isIPv4(name)) return ok(name)
  // A name whose last label is a number is an IPv4 address with a mistake in it.
  if (/(^|\.)\d+$/.test(name) || name.length > 253) return wrong
  return /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/.test(name)
    ? ok(name)
    : wrong
}

function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** People paste `host:port` from a pool's page: say which two URLs that may be. */
function failWithoutScheme(text: string, checkAuthorityKey: CheckAuthorityKey): Result<never, PoolUrlError> {
  const message =
    'The URL does not say what the pool speaks. Put stratum2+tcp:// (Stratum V2) or stratum+tcp:// (Stratum V1) before it.'
  const [, authority = '', key = ''] = /^([^/?#]*)\/?([^/?#]*)/.exec(text.replace(/^\/\//, '')) ?? []
  const endpoint = parseEndpoint(authority, SCHEMES.get('stratum+tcp')!, 'stratum+tcp', '')
  if (!endpoint.ok) {
    if (authority.includes('@') || endpoint.error.part === 'port') return fail('scheme', message)
    return fail(endpoint.error.part, `${message} ${endpoint.error.message}`)
  }
  const place = formatEndpoint(endpoint.value)
  const v1 = `stratum+tcp://${place}`
  return checkAuthorityKey(key).ok
    ? fail('scheme', message, [`stratum2+tcp://${place}/${key}`, v1])
    : fail('scheme', message, [v1, `stratum2+tcp://${place}/${KEY_PLACEHOLDER}`])
}

function fail(part: PoolUrlPart, message: string, suggestions: string[] = []): Result<never, PoolUrlError> {
  return err({ part, message, suggestions })
}
