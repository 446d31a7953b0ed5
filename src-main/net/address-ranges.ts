/**
 * Internet addresses and ranges of them (CIDR), pure. IPv4-mapped IPv6 addresses (`::ffff:10.0.0.1`) are the
 * IPv4 address they stand for. Governs who may reach our listeners; not a resolver of names.
 */
import { err, ok, type Result } from '../base/index.ts'

/** 4 bytes for IPv4, 16 for IPv6; most significant first. */
export type AddressBytes = Uint8Array

export interface AddressRange {
  /** First address; bits after the prefix are 0. */
  readonly first: AddressBytes
  readonly prefixBits: number
}

/** Loopback, private, link-local and unique local addresses (RFC 1918, 3927, 4193, 4291). */
export const PRIVATE_RANGE_TEXTS: readonly string[] = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
]

/** An address in text; undefined if it is none. A zone (`%eth0`) is dropped. */
export function parseAddress(text: string): AddressBytes | undefined {
  const zone = text.indexOf('%')
  const address = zone < 0 ? text : text.slice(0, zone)
  const bytes = address.includes(':') ? parseIpv6(address) : parseIpv4(address)
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes
}

/** A range in text: `ADDRESS/BITS`, or an address for itself alone. */
export function parseAddressRange(text: string): Result<AddressRange, string> {
  const slash = text.indexOf('/')
  const addressText = slash < 0 ? text : text.slice(0, slash)
  const bytes = addressText.includes(':') ? parseIpv6(addressText) : parseIpv4(addressText)
  if (bytes === undefined) return err(`"${text}" is not an address range; write for example 192.168.1.0/24`)
  const allBits = 8 * bytes.length
  const bitsText = slash < 0 ? String(allBits) : text.slice(slash + 1)
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : NaN
  if (!(bits <= allBits)) return err(`"${text}" needs a number from 0 to ${String(allBits)} after the slash`)
  const mapped = isMapped(bytes) && bits >= 96
  return ok(mapped ? masked(bytes.slice(12), bits - 96) : masked(bytes, bits))
}

/** Ranges of several texts, or what is wrong with the first that is wrong. */
export function parseAddressRanges(texts: readonly string[]): Result<readonly AddressRange[], string> {
  const ranges: AddressRange[] = []
  for (const text of texts) {
    const range = parseAddressRange(text.trim())
    if (!range.ok) return range
    ranges.push(range.value)
  }
  return ok(ranges)
}

/** Whether the range holds the address; addresses of the other family are outside. */
export function rangeContains(range: AddressRange, address: AddressBytes): boolean {
  if (range.first.length !== address.length) return false
  for (let i = 0; i < address.length; i++) {
    const bits = Math.min(8, Math.max(0, range.prefixBits - 8 * i))
    if (bits === 0) return true
    const mask = (0xff00 >> bits) & 0xff
    if (((address[i] ?? 0) & mask) !== range.first[i]) return false
  }
  return true
}

/** Whether any range holds the address; a text that is no address is outside. */
export function anyRangeContains(ranges: readonly AddressRange[], addressText: string): boolean {
  const address = parseAddress(addressText)
  return address !== undefined && ranges.some((range) => rangeContains(range, address))
}

/** The address as a person writes it: IPv4-mapped ones as IPv4, others unchanged. */
export function plainAddress(text: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(text) ? text.slice(7) : text
}

function masked(bytes: AddressBytes, prefixBits: number): AddressRange {
  const first = bytes.map((byte, i) => {
    const bits = Math.min(8, Math.max(0, prefixBits - 8 * i))
    return byte & (0xff00 >> bits) & 0xff
  })
  return { first, prefixBits }
}

function isMapped(bytes: AddressBytes): boolean {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return false
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false
  return true
}

function parseIpv4(text: string): AddressBytes | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    bytes[i] = Number(part)
  }
  return bytes
}

function parseIpv6(text: string): AddressBytes | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groups(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const bytes = new Uint8Array(16)
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail]
  for (const [i, group] of all.entries()) {
    bytes[2 * i] = group >> 8
    bytes[2 * i + 1] = group & 0xff
  }
  return bytes
}

/** 16-bit groups of a part of an IPv6 address; the last part may end in an IPv4 address. */
function groups(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const found: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) found.push(Number.parseInt(part, 16))
    else {
      const ipv4 = last && i === parts.length - 1 ? parseIpv4(part) : undefined
      if (ipv4 === undefined) return undefined
      const [a = 0, b = 0, c = 0, d = 0] = ipv4
      found.push((a << 8) | b, (c << 8) | d)
    }
  }
  return found
}
