import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAntminerReport, parseWhatsminerReport } from '../../../../src-main/fleet/discovery/ip-report.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const found = (host: string, mac: string) => ({ address: { host, port: null }, mac })

const octet = fc.integer({ min: 0, max: 255 })
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'))
const mac = fc
  .array(octet, { minLength: 6, maxLength: 6 })
  .filter((octets) => new Set(octets).size > 1)
  .map((octets) => octets.map((each) => each.toString(16).padStart(2, '0')).join(':'))

describe('report buttons', () => {
  it.each([
    ['192.168.1.50,02:00:00:AB:CD:EF', found('192.168.1.50', '02:00:00:ab:cd:ef')],
    ['192.168.1.50,02:00:00:ab:cd:ef\0\0', found('192.168.1.50', '02:00:00:ab:cd:ef')],
    [' 10.0.0.9 , 020000abcdef \r\n', found('10.0.0.9', '02:00:00:ab:cd:ef')],
    ['192.168.1.500,02:00:00:ab:cd:ef', null],
    ['192.168.1.50,00:00:00:00:00:00', null],
    ['192.168.1.50', null],
    ['', null],
  ])('of an Antminer: %j', (text, expected) => {
    expect(parseAntminerReport(bytes(text))).toEqual(expected)
  })

  it.each([
    ['IP:192.168.1.60MAC:02:00:00:00:00:60', found('192.168.1.60', '02:00:00:00:00:60')],
    ['IP:192.168.1.60\nMAC:02-00-00-00-00-60\0', found('192.168.1.60', '02:00:00:00:00:60')],
    ['MAC: 020000000060, IP: 192.168.1.60', found('192.168.1.60', '02:00:00:00:00:60')],
    ['VIP:192.168.1.60MAC:02:00:00:00:00:60', null],
    ['IP:192.168.1.60', null],
    ['IP:1.2.3MAC:02:00:00:00:00:60', null],
  ])('of a Whatsminer: %j', (text, expected) => {
    expect(parseWhatsminerReport(bytes(text))).toEqual(expected)
  })

  it('are read whatever the address and however the MAC address is spelled', () => {
    const spelled = fc.constantFrom(
      (text: string) => text,
      (text: string) => text.toUpperCase(),
      (text: string) => text.replaceAll(':', '-'),
      (text: string) => text.replaceAll(':', ''),
    )
    fc.assert(
      fc.property(ipv4, mac, spelled, (host, address, spell) => {
        expect(parseAntminerReport(bytes(`${host},${spell(address)}`))).toEqual(found(host, address))
        expect(parseWhatsminerReport(bytes(`IP:${host} MAC:${spell(address)}\0`))).toEqual(
          found(host, address),
        )
      }),
    )
  })

  it('are only what they should be: noise is nothing, and never an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => {
        for (const parse of [parseAntminerReport, parseWhatsminerReport]) {
          const candidate = parse(noise)
          if (candidate !== null) expect(candidate.mac).toMatch(/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/)
        }
      }),
    )
    expect(parseWhatsminerReport(bytes(`IP:10.0.0.1 MAC:020000000060${' '.repeat(600)}`))).toBeNull()
  })
})
