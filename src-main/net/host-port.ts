/** `HOST:PORT` as people type it; IPv6 addresses in brackets. Pure. */
import { err, ok, type Result } from '../base/index.ts'
import { parseAddress } from './address-ranges.ts'

export interface HostPort {
  /** Name or numeric address, without brackets. */
  readonly host: string
  /** 0 to 65535; 0 lets the system choose (listening only). */
  readonly port: number
}

/** @returns the two parts, or a sentence that names the one that is wrong */
export function parseHostPort(text: string): Result<HostPort, string> {
  const trimmed = text.trim()
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(trimmed)
  if (match === null) {
    if (parseAddress(trimmed)?.length === 16) {
      return err(`"${text}" has no port; write an IPv6 address in brackets, like [::1]:3333`)
    }
    return err(`"${text}" is not HOST:PORT, for example 0.0.0.0:3333 or [::1]:3333`)
  }
  const [, bracketed, plain, portText = ''] = match
  if (!/^\d{1,5}$/.test(portText) || Number(portText) > 65_535) {
    return err(`"${portText}" is not a port; ports are numbers from 0 to 65535`)
  }
  const port = Number(portText)
  if (bracketed !== undefined) {
    return bracketed.includes(':') && parseAddress(bracketed) !== undefined
      ? ok({ host: bracketed, port })
      : err(`"${bracketed}" is not an IPv6 address`)
  }
  const host = plain ?? ''
  if (host === '') return err(`"${text}" has no host; use 0.0.0.0 for every network of this machine`)
  return isHostName(host) ? ok({ host, port }) : err(`"${host}" is not a host name or an address`)
}

/** The text form; IPv6 addresses in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`
}

/** An IPv4 address, or labels of letters, digits, `-` and `_` (used by local names). */
function isHostName(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return parseAddress(host) !== undefined
  return (
    host.length <= 253 &&
    /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?))*\.?$/i.test(
      host,
    )
  )
}
