/**
 * What a person writes to say where to look, as a list of addresses: single ones, names, ports, ranges, CIDR and
 * wildcards. Pure; names are not resolved here, so whether they lead to a private network is judged after that
 * (`allowedHosts`). Not here: which subnets this machine has (`own-subnets.ts`).
 */
import { HeadframeError } from '../../base/index.ts'
import {
  type AddressRange,
  parseAddress,
  parseAddressRange,
  parseAddressRanges,
  PRIVATE_RANGE_TEXTS,
  rangeContains,
} from '../../net/index.ts'
import { addressText } from '../model/identity.ts'
import { type RigAddress } from '../transport/rig-link.ts'

/** Addresses of one scan; a port of an address counts as one. */
export const MAX_TARGETS = 65_536
export const MAX_PORTS_PER_TARGET = 256
/** Shared addresses of providers and overlay networks (RFC 6598): nobody else's machines, though no private range. */
export const SHARED_ADDRESS_RANGE_TEXT = '100.64.0.0/10'
/** Before duplicates are dropped: overlapping ranges may name an address several times, within reason. */
const MAX_NAMED = 4 * MAX_TARGETS

export interface TargetOptions {
  /** Tried first, where the texts name them too. */
  readonly known?: readonly RigAddress[]
  /** Ranges beside the private ones where the person allows to look, as CIDR. */
  readonly allowedRanges?: readonly string[]
}

/** What one text names: hosts times ports. `count` is known before anything is spelled out. */
interface Named {
  readonly count: number
  readonly hosts: () => Iterable<string>
  readonly isName: boolean
  readonly ports: readonly (number | null)[]
}

/**
 * Addresses that `texts` name: `192.168.1.20`, `bitaxe.local`, `host:8080`, `host:8080-8090`, `[fd00::5]:80`,
 * `192.168.1.10-40`, `192.168.1.10-192.168.1.40`, `192.168.1.0/24` (without network and broadcast address),
 * `192.168.1.*`. A text may hold several, parted by commas or blanks. Web addresses are taken for their host and port.
 * @returns each once; known rigs first, then in the order of the texts
 * @throws HeadframeError `scan/bad-target` that names the part, `scan/too-many`, `scan/public-address`
 */
export function parseTargets(texts: readonly string[], options: TargetOptions = {}): RigAddress[] {
  const allowed = allowedHosts(options.allowedRanges ?? [])
  const known = new Set((options.known ?? []).map(addressText))
  const found = new Map<string, RigAddress>()
  let named = 0
  for (const text of new Set(texts.flatMap(splitList))) {
    const { count, hosts, isName, ports } = parseTarget(text)
    named += count
    if (count > MAX_TARGETS || named > MAX_NAMED) throw tooMany(text, count > MAX_TARGETS ? count : named)
    for (const host of hosts()) {
      if (!isName && !allowed(host)) throw publicAddress(host, text)
      for (const port of ports) {
        const address = { host, port }
        found.set(addressText(address), address)
      }
    }
    if (found.size > MAX_TARGETS) throw tooMany(text, found.size)
  }
  const all = [...found.entries()]
  return [
    ...all.filter(([key]) => known.has(key)).map(([, address]) => address),
    ...all.filter(([key]) => !known.has(key)).map(([, address]) => address),
  ]
}

/**
 * Tells addresses where rigs may be looked for: private, loopback, link-local, shared (RFC 6598), and those of
 * `allowedRanges`. Names are none of them: resolve them first.
 * @throws HeadframeError `scan/bad-target` if a range is none
 */
export function allowedHosts(allowedRanges: readonly string[]): (host: string) => boolean {
  const parsed = parseAddressRanges([...PRIVATE_RANGE_TEXTS, SHARED_ADDRESS_RANGE_TEXT, ...allowedRanges])
  if (!parsed.ok) throw new HeadframeError('scan/bad-target', `Among the allowed ranges: ${parsed.error}.`)
  const ranges: readonly AddressRange[] = parsed.value
  return (host) => {
    const address = parseAddress(host)
    return address !== undefined && ranges.some((range) => rangeContains(range, address))
  }
}

/** @param from what the person wrote, where it is not the address itself */
export function publicAddress(host: string, from: string = host): HeadframeError {
  const where = from === host ? '' : ` (of "${from}")`
  return new HeadframeError(
    'scan/public-address',
    `${host}${where} is not an address of a private network. Rigs are looked for at home only; if these are your own machines, allow their range in the settings first.`,
    { context: { host, target: from } },
  )
}

/** Whether it has to be resolved. */
export function isName(host: string): boolean {
  return parseAddress(host) === undefined
}

function splitList(text: string): string[] {
  return text
    .replaceAll(/\s*-\s*/g, '-')
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
}

function badTarget(text: string, what: string): HeadframeError {
  return new HeadframeError('scan/bad-target', `"${text}": ${what}.`, { context: { target: text } })
}

function tooMany(text: string, count: number): HeadframeError {
  return new HeadframeError(
    'scan/too-many',
    `"${text}" makes it ${count.toLocaleString('en-US')} addresses, and one search tries at most ${MAX_TARGETS.toLocaleString('en-US')}. Search a smaller range, for instance one /24 after the other.`,
    { context: { target: text, count } },
  )
}

function parseTarget(text: string): Named {
  const { hostPart, ports } = splitPorts(text)
  const times = (hosts: number): number => hosts * ports.length
  if (hostPart.includes(':')) {
    const { count, hosts } = parseIpv6Target(hostPart, text)
    return { count: times(count), hosts, isName: false, ports }
  }
  if (!/^[\d.*/-]+$/.test(hostPart)) {
    checkName(hostPart, text)
    return { count: times(1), hosts: () => [hostPart.toLowerCase()], isName: true, ports }
  }
  const { count, hosts } = hostPart.includes('/')
    ? parseCidr(hostPart, text)
    : /^(?:[^.-]*\.){3}[^.-]*-[^-]*\./.test(hostPart)
      ? parseSpan(hostPart, text)
      : parseOctets(hostPart, text)
  return { count: times(count), hosts, isName: false, ports }
}

function splitPorts(text: string): { hostPart: string; ports: readonly (number | null)[] } {
  const bare = text.replace(/^https?:\/\//i, '')
  const host = bare === text ? text : bare.replace(/[/?#].*$/, '')
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(host)
  if (bracketed !== null) {
    return { hostPart: bracketed[1] ?? '', ports: portsOf(bracketed[2], text) }
  }
  if (host.includes('[') || host.includes(']')) {
    throw badTarget(text, 'brackets go around an IPv6 address alone, like [fd00::5]:80')
  }
  const colon = host.indexOf(':')
  if (colon < 0 || colon !== host.lastIndexOf(':')) return { hostPart: host, ports: [null] }
  return { hostPart: host.slice(0, colon), ports: portsOf(host.slice(colon + 1), text) }
}

function portsOf(portText: string | undefined, text: string): readonly (number | null)[] {
  if (portText === undefined) return [null]
  const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(portText)
  if (match === null) {
    throw badTarget(
      text,
      `"${portText}" is no port; write a number after the colon, like :8080 or :8080-8090`,
    )
  }
  const first = Number(match[1])
  const last = Number(match[2] ?? match[1])
  const wrong = [first, last].find((port) => port < 1 || port > 65_535)
  if (wrong !== undefined) throw badTarget(text, `${String(wrong)} is no port; ports go from 1 to 65535`)
  if (last < first) {
    throw badTarget(
      text,
      `the ports go backwards; write ${String(last)}-${String(first)} for the smaller one first`,
    )
  }
  if (last - first + 1 > MAX_PORTS_PER_TARGET) {
    throw badTarget(
      text,
      `these are ${String(last - first + 1)} ports; write at most ${String(MAX_PORTS_PER_TARGET)}, like :${String(first)}-${String(Math.min(65_535, first + MAX_PORTS_PER_TARGET - 1))}`,
    )
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i

function checkName(name: string, text: string): void {
  if (name === '') throw badTarget(text, 'there is no host; write an address or a name, like 192.168.1.20')
  if (name.includes('/')) {
    throw badTarget(text, 'only ranges of numeric addresses have a slash, like 192.168.1.0/24')
  }
  if (name.includes('*')) {
    throw badTarget(text, 'only numeric addresses have wildcards, like 192.168.1.*')
  }
  const wrong = name
    .replace(/\.$/, '')
    .split('.')
    .find((label) => !LABEL.test(label))
  if (wrong !== undefined || name.length > 253) {
    const part = wrong === undefined || wrong === '' ? 'this' : `"${wrong}"`
    throw badTarget(
      text,
      `${part} is no host name; write letters, digits and hyphens with dots between, like bitaxe.local`,
    )
  }
}

/** First and last of an octet: `5`, `5-9`, `*`. In the last place `*` leaves out network and broadcast. */
function octetOf(part: string, place: number, text: string): readonly [number, number] {
  if (part === '*') return place === 3 ? [1, 254] : [0, 255]
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part)
  if (match === null) {
    const is = part === '' ? 'a part of the address is empty' : `"${part}" is no part of an address`
    throw badTarget(text, `${is}; write four numbers from 0 to 255, a range like 10-40, or *`)
  }
  const first = Number(match[1])
  const last = Number(match[2] ?? match[1])
  const wrong = [first, last].find((octet) => octet > 255)
  if (wrong !== undefined) {
    throw badTarget(text, `${String(wrong)} is above 255; each part of an address goes from 0 to 255`)
  }
  if (last < first) {
    throw badTarget(text, `the range goes backwards; write ${String(last)}-${String(first)}`)
  }
  return [first, last]
}

function parseOctets(hostPart: string, text: string): Pick<Named, 'count' | 'hosts'> {
  const parts = hostPart.split('.')
  if (parts.length !== 4) {
    throw badTarget(
      text,
      `an address has four numbers with dots between, this has ${String(parts.length)}; write for instance 192.168.1.20 or 192.168.1.*`,
    )
  }
  const [a, b, c, d] = parts.map((part, place) => octetOf(part, place, text)) as [
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
  ]
  const count = [a, b, c, d].reduce((product, [first, last]) => product * (last - first + 1), 1)
  function* hosts(): Generator<string> {
    for (let i = a[0]; i <= a[1]; i++)
      for (let j = b[0]; j <= b[1]; j++)
        for (let k = c[0]; k <= c[1]; k++)
          for (let l = d[0]; l <= d[1]; l++) yield `${String(i)}.${String(j)}.${String(k)}.${String(l)}`
  }
  return { count, hosts }
}

function parseSpan(hostPart: string, text: string): Pick<Named, 'count' | 'hosts'> {
  const ends = hostPart.split('-')
  if (ends.length !== 2) {
    throw badTarget(text, 'a range has two ends, like 192.168.1.10-192.168.1.40')
  }
  const [first, last] = ends.map((end) => numberOfIpv4(end, text)) as [number, number]
  if (last < first) throw badTarget(text, `the range goes backwards; write ${ends[1]!}-${ends[0]!}`)
  return { count: last - first + 1, hosts: () => ipv4Between(first, last) }
}

function parseCidr(hostPart: string, text: string): Pick<Named, 'count' | 'hosts'> {
  const slash = hostPart.indexOf('/')
  const bitsText = hostPart.slice(slash + 1)
  const address = numberOfIpv4(hostPart.slice(0, slash), text)
  const bits = /^\d{1,2}$/.test(bitsText) ? Number(bitsText) : NaN
  if (!(bits <= 32)) {
    throw badTarget(
      text,
      `"${bitsText}" is no length of a network; write a number from 16 to 32 after the slash, like /24`,
    )
  }
  const size = 2 ** (32 - bits)
  const network = Math.floor(address / size) * size
  // Point-to-point networks and single addresses have neither network nor broadcast address (RFC 3021).
  const [first, last] = size <= 2 ? [network, network + size - 1] : [network + 1, network + size - 2]
  return { count: last - first + 1, hosts: () => ipv4Between(first, last) }
}

function parseIpv6Target(hostPart: string, text: string): Pick<Named, 'count' | 'hosts'> {
  const [addressText = '', bitsText, more] = hostPart.split('/')
  const address = parseAddress(addressText)
  const zone = /%(.*)$/.exec(addressText)?.[1]
  if (more !== undefined || address === undefined || (zone !== undefined && !/^[\w.-]{1,32}$/.test(zone))) {
    throw badTarget(
      text,
      `"${hostPart}" is no IPv6 address, and an address with a port has one colon; write for instance fd00::5, [fd00::5]:80 or 192.168.1.20:80`,
    )
  }
  if (bitsText === undefined) return { count: 1, hosts: () => [addressText.toLowerCase()] }
  const range = parseAddressRange(hostPart)
  if (zone !== undefined || !range.ok || range.value.first.length !== 16) {
    throw badTarget(text, `"${bitsText}" is no length of an IPv6 network; write a number from 112 to 128`)
  }
  const { first, prefixBits } = range.value
  const count = 2 ** (128 - prefixBits)
  function* hosts(): Generator<string> {
    let value = first.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    for (let i = 0; i < count; i++, value++) yield ipv6Text(value)
  }
  return { count, hosts }
}

function numberOfIpv4(addressText: string, text: string): number {
  const parts = addressText.split('.')
  if (parts.length !== 4) {
    throw badTarget(
      text,
      `"${addressText}" is no address; write four numbers with dots between, like 192.168.1.0`,
    )
  }
  return parts.reduce((sum, part, place) => {
    if (!/^\d+$/.test(part)) throw badTarget(text, `"${part}" is no number from 0 to 255`)
    return sum * 256 + octetOf(part, place, text)[0]
  }, 0)
}

function* ipv4Between(first: number, last: number): Generator<string> {
  for (let n = first; n <= last; n++) {
    yield `${String(Math.floor(n / 2 ** 24))}.${String((n >> 16) & 255)}.${String((n >> 8) & 255)}.${String(n & 255)}`
  }
}

/** RFC 5952: the longest run of zero groups is left out. */
function ipv6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(16 * (7 - i))) & 0xffffn))
  let from = 0
  let length = 0
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (groups[i + run] === 0) run++
    if (run > length) [from, length] = [i, run]
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`
}
