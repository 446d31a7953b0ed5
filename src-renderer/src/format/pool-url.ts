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
}

const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/

function hostAndPortHint(authority: string): PoolUrlHint | null {
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1)
  const match = /^(\[[0-9a-f:]+\]|[^:[\]]*)(?::(\d*))?$/i.exec(hostAndPort)
  if (match === null)
    return { tone: 'warn', text: 'The host looks wrong. An IPv6 address goes in [brackets].' }
  const [, host, port] = match
  if (host === undefined || host === '') return { tone: 'info', text: 'Next comes the host, then :port' }
  if (/\s/.test(host)) return { tone: 'warn', text: 'A host has no spaces.' }
  if (port === undefined || port === '')
    return { tone: 'info', text: 'Add the port after the host, for instance :3333' }
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
  const [, schemeText = '', authority = '', path = ''] = match
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
  const hostHint = hostAndPortHint(authority)
  if (hostHint !== null) return hostHint
  if (scheme === 'stratum2+tcp') {
    const keyHint = authorityKeyHint(path.replace(/^\//, ''))
    if (keyHint !== null) return keyHint
  }
  return { tone: 'good', text: description }
}
