import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AddressRange,
  anyRangeContains,
  parseAddress,
  parseAddressRange,
  parseAddressRanges,
  plainAddress,
  PRIVATE_RANGE_TEXTS,
} from '../../../src-main/net/index.ts'

function ranges(...texts: string[]): readonly AddressRange[] {
  const parsed = parseAddressRanges(texts)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()

describe('addresses', () => {
  it('are four bytes or sixteen', () => {
    expect(parseAddress('192.168.1.20')).toEqual(Uint8Array.of(192, 168, 1, 20))
    expect(parseAddress('::1')).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
    expect(parseAddress('fe80::1%eth0')?.slice(0, 2)).toEqual(Uint8Array.of(0xfe, 0x80))
  })

  it('mapped into IPv6 are the IPv4 addresses they stand for', () => {
    expect(parseAddress('::ffff:10.0.0.1')).toEqual(Uint8Array.of(10, 0, 0, 1))
    expect(parseAddress('::ffff:a00:1')).toEqual(Uint8Array.of(10, 0, 0, 1))
    expect(plainAddress('::ffff:10.0.0.1')).toBe('10.0.0.1')
    expect(plainAddress('fe80::1')).toBe('fe80::1')
  })

  it('agree with node about what is an address', () => {
    const odd = fc.stringMatching(/^[0-9a-f.:]{1,20}$/)
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6, odd, fc.string()), (text) => {
        fc.pre(!text.includes('%'))
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('address ranges', () => {
  it('agree with node about what they hold', () => {
    const range = fc.oneof(
      fc.tuple(ipv4, fc.nat(32), fc.constant('ipv4' as const)),
      fc.tuple(ipv6, fc.nat(128), fc.constant('ipv6' as const)),
    )
    const address = fc.oneof(ipv4, ipv6)
    fc.assert(
      fc.property(range, address, fc.boolean(), fc.nat(128), ([base, bits, family], other, near, flip) => {
        fc.pre(!/^::ffff:/i.test(base) && !/^::ffff:/i.test(other))
        const list = new BlockList()
        list.addSubnet(base, bits, family)
        const probe = near && family === 'ipv4' ? flipBit(base, flip % 32) : other
        const probeFamily = probe.includes(':') ? 'ipv6' : 'ipv4'
        // For node every IPv4 address lies in ::/0; for us families are apart.
        const expected = probeFamily === family && list.check(probe, probeFamily)
        expect(anyRangeContains(ranges(`${base}/${String(bits)}`), probe)).toBe(expected)
      }),
      { numRuns: 3000 },
    )
  })

  it('hold their own first address, whichever bits were set behind the slash', () => {
    expect(anyRangeContains(ranges('192.168.1.77/24'), '192.168.1.0')).toBe(true)
    expect(anyRangeContains(ranges('192.168.1.77/24'), '192.168.2.77')).toBe(false)
  })

  it('are one address when no slash is given', () => {
    expect(anyRangeContains(ranges('203.0.113.9'), '203.0.113.9')).toBe(true)
    expect(anyRangeContains(ranges('203.0.113.9'), '203.0.113.8')).toBe(false)
    expect(anyRangeContains(ranges('2001:db8::9'), '2001:db8::9')).toBe(true)
  })

  it('of IPv4 hold mapped addresses, and may be written mapped', () => {
    expect(anyRangeContains(ranges('10.0.0.0/8'), '::ffff:10.1.2.3')).toBe(true)
    expect(anyRangeContains(ranges('::ffff:10.0.0.0/104'), '10.1.2.3')).toBe(true)
    expect(anyRangeContains(ranges('::ffff:10.0.0.0/104'), '11.1.2.3')).toBe(false)
  })

  it('of nothing but zeros hold every address of their family and none of the other', () => {
    expect(anyRangeContains(ranges('0.0.0.0/0'), '203.0.113.9')).toBe(true)
    expect(anyRangeContains(ranges('0.0.0.0/0'), '2001:db8::1')).toBe(false)
    expect(anyRangeContains(ranges('::/0'), '203.0.113.9')).toBe(false)
  })

  it('that are private hold what home networks use and nothing public', () => {
    const own = ranges(...PRIVATE_RANGE_TEXTS)
    for (const inside of [
      '127.0.0.1',
      '::1',
      '10.200.3.4',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.178.20',
      '169.254.9.9',
      'fd00::5',
      'fe80::1',
      '::ffff:192.168.1.1',
    ]) {
      expect(anyRangeContains(own, inside), inside).toBe(true)
    }
    for (const outside of ['172.32.0.1', '8.8.8.8', '100.64.0.1', '2001:db8::1', '192.169.0.1', '', 'rig7']) {
      expect(anyRangeContains(own, outside), outside).toBe(false)
    }
  })

  it.each([
    ['192.168.1.0/33', 'from 0 to 32'],
    ['fd00::/129', 'from 0 to 128'],
    ['192.168.1.0/', 'after the slash'],
    ['192.168.1.0/-1', 'after the slash'],
    ['192.168.1/24', 'not an address range'],
    ['farm', 'not an address range'],
    ['', 'not an address range'],
  ])('%j is refused with a reason', (text, reason) => {
    const parsed = parseAddressRange(text)
    if (parsed.ok) throw new Error('accepted')
    expect(parsed.error).toContain(reason)
  })
})

function flipBit(address: string, bit: number): string {
  const bytes = address.split('.').map(Number)
  const index = bit >> 3
  bytes[index] = (bytes[index] ?? 0) ^ (0x80 >> (bit & 7))
  return bytes.join('.')
}
