/**
 * Hints while a pool URL is being typed. Light on purpose: the core has the last word, and says which
 * part is wrong; this only catches what a person would want to hear before pressing Save.
 */

export interface PoolUrlHint {
  tone: 'good' | 'info' | 'warn'
  text: string
  /** A corrected URL to offer as one click. */
  replacement?: string
}

const SCHEMES: Record<string, string> = {
  'stratum2+tcp': 'Stratum V2, encrypted',
  'stratum+tcp': 'Stratum V1, not encrypted',
  'stratum+ssl': 'Stratum V1 over TLS, encrypted',
  'stratum+tls': 'Stratum V1 over TLS, encrypted',
  'stratum+ws': 'Stratum V1 over WebSocket, not encrypted',
  'stratum+wss': 'Stratum V1 over WebSocket and TLS, encrypted',
  'sv2+ws': 'Stratum V2 over WebSocket, encrypted',
  'sv2+wss': 'Stratum V2 over WebSocket and TLS, encrypted',
}

const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/

/** What each part of a URL that the core can object to is called. */
const PARTS: Record<string, string> = {
  url: 'URL',
  scheme: 'Start of the URL',
  'user-info': 'Before the @',
  host: 'Host',
  port: 'Port',
  path: 'After the port',
  'authority-key': 'Authority key',
}

/** The name of a part that an error is about; null for none we know. */
export function urlPartLabel(part: string | null): string | null {
  return part === null ? null : (PARTS[part] ?? null)
}

/** Web connections have ports of their own when none is given. */
function hostAndPortHint(authority: string, portNeeded: boolean): PoolUrlHint | null {
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1)
  const match = /^(\[[0-9a-f:]+\]|[^:[\]]*)(?::(\d*))?$/i.exec(hostAndPort)
  if (match === null)
    return { tone: 'warn', text: 'The host looks wrong. An IPv6 address goes in [brackets].' }
  const [, host, port] = match
  if (host === undefined || host === '') return { tone: 'info', text: 'Next comes the host, then :port' }
  if (/\s/.test(host)) return { tone: 'warn', text: 'A host has no spaces.' }
  if (port === undefined || port === '')
    return !portNeeded ? null : { tone: 'info', text: 'Add the port after the host, for instance :3333' }
  if (Number(port) < 1 || Number(port) > 65_535)
    return { tone: 'warn', text: 'A port is between 1 and 65535.' }
  return null
}

function authorityKeyHint(key: string): PoolUrlHint | null {
  if (key === '')
    return {
      tone: 'info',
      text: "Add the pool's authority key after the port: /9… It proves that the pool is the pool.",
    }
  if (!BASE58.test(key))
    return { tone: 'warn', text: 'The authority key has a character that such keys never have.' }
  if (key.length < 45 || key.length > 55)
    return { tone: 'warn', text: 'The authority key looks cut short: it has about 51 characters.' }
  return null
}

/** The one hint that helps most now; null while the field is empty. */
export function hintPoolUrl(input: string): PoolUrlHint | null {
  const url = input.trim()
  if (url === '') return null
  const match = /^([a-z0-9+.-]*):\/\/([^/#?]*)(\/[^#?]*)?(.*)$/i.exec(url)
  if (match === null) {
    if (/^[\w.-]+:\d+$/.test(url))
      return {
        tone: 'info',
        text: 'For Stratum V1, start with stratum+tcp://',
        replacement: `stratum+tcp://${url}`,
      }
    if (/^[\w.-]+:\d+\/9[1-9A-HJ-NP-Za-km-z]+$/.test(url))
      return {
        tone: 'info',
        text: 'For Stratum V2, start with stratum2+tcp://',
        replacement: `stratum2+tcp://${url}`,
      }
    return { tone: 'info', text: 'Start with stratum2+tcp:// (encrypted), stratum+ssl:// or stratum+tcp://' }
  }
  const [, schemeText = '', authority = '', path = '', rest = ''] = match
  const scheme = schemeText.toLowerCase()
  const description = SCHEMES[scheme]
  if (description === undefined)
    return /^https?$/.test(scheme)
      ? {
          tone: 'warn',
          text: "That is a web page. The pool's mining address starts with stratum2+tcp:// or stratum+tcp://",
        }
      : {
          tone: 'warn',
          text: `${scheme}:// is not known. Use stratum2+tcp://, stratum+ssl:// or stratum+tcp://`,
        }
  const hostHint = hostAndPortHint(authority, !/\+wss?$/.test(scheme))
  if (hostHint !== null) return hostHint
  if (scheme === 'stratum2+tcp') {
    const keyHint = authorityKeyHint(path.replace(/^\//, ''))
    if (keyHint !== null) return keyHint
  }
  if (scheme.startsWith('sv2+ws')) {
    const key = rest.replace(/^[^#]*#?/, '')
    if (key === '')
      return {
        tone: 'info',
        text: "End with # and the pool's authority key: #9… It proves that the pool is the pool.",
      }
    const keyHint = authorityKeyHint(key)
    if (keyHint !== null) return keyHint
  }
  return { tone: 'good', text: description }
}
