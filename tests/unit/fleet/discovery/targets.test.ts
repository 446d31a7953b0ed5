import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeadframeError } from '../../../../src-main/base/index.ts'
import { MAX_TARGETS, parseTargets } from '../../../../src-main/fleet/discovery/targets.ts'
import { addressText } from '../../../../src-main/fleet/model/identity.ts'
import { type RigAddress } from '../../../../src-main/fleet/transport/rig-link.ts'

const texts = (given: string | readonly string[], known: readonly RigAddress[] = []): string[] =>
  parseTargets(typeof given === 'string' ? [given] : given, { known }).map(addressText)

function refusal(given: string, allowedRanges: readonly string[] = []): HeadframeError {
  try {
    parseTargets([given], { allowedRanges })
  } catch (error) {
    if (error instanceof HeadframeError) return error
    throw error
  }
  throw new Error(`"${given}" was taken`)
}

describe('targets', () => {
  it.each([
    ['192.168.1.20', ['192.168.1.20']],
    ['127.0.0.1:8080', ['127.0.0.1:8080']],
    ['10.0.0.5:8080-8083', ['10.0.0.5:8080', '10.0.0.5:8081', '10.0.0.5:8082', '10.0.0.5:8083']],
    ['192.168.1.250-253', ['192.168.1.250', '192.168.1.251', '192.168.1.252', '192.168.1.253']],
    ['192.168.1.254 - 192.168.2.1', ['192.168.1.254', '192.168.1.255', '192.168.2.0', '192.168.2.1']],
    ['192.168.1.8/30', ['192.168.1.9', '192.168.1.10']],
    ['192.168.1.9/30', ['192.168.1.9', '192.168.1.10']],
    ['192.168.1.8/31', ['192.168.1.8', '192.168.1.9']],
    ['192.168.1.8/32', ['192.168.1.8']],
    ['192.168.1-2.7', ['192.168.1.7', '192.168.2.7']],
    ['Bitaxe.local', ['bitaxe.local']],
    ['s19-07:4028', ['s19-07:4028']],
    ['fd00::5', ['fd00::5']],
    ['[fd00::5]:80', ['[fd00::5]:80']],
    ['fe80::1%eth0', ['fe80::1%eth0']],
    ['fd00::1:fffe/126', ['fd00::1:fffc', 'fd00::1:fffd', 'fd00::1:fffe', 'fd00::1:ffff']],
    ['http://192.168.1.20/#/home', ['192.168.1.20']],
    ['http://192.168.1.20:8080/', ['192.168.1.20:8080']],
    ['10.0.0.1, 10.0.0.2; 10.0.0.3 10.0.0.1', ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
    ['100.64.3.4', ['100.64.3.4']],
    ['169.254.1.1', ['169.254.1.1']],
  ])('reads %s', (given, expected) => {
    expect(texts(given)).toEqual(expected)
  })

  it('tries 254 addresses of a /24 and of a wildcard: neither its network nor its broadcast address', () => {
    for (const given of ['192.168.1.0/24', '192.168.1.77/24', '192.168.1.*']) {
      const found = texts(given)
      expect(found).toHaveLength(254)
      expect(found[0]).toBe('192.168.1.1')
      expect(found.at(-1)).toBe('192.168.1.254')
    }
  })

  it('names each address once, known rigs first, the others as given', () => {
    const known = [
      { host: '192.168.1.3', port: null },
      { host: '192.168.1.9', port: 8080 },
      { host: '192.168.1.99', port: null },
    ]
    expect(texts(['192.168.1.1-4', '192.168.1.2-5', '192.168.1.9:8080'], known)).toEqual([
      '192.168.1.3',
      '192.168.1.9:8080',
      '192.168.1.1',
      '192.168.1.2',
      '192.168.1.4',
      '192.168.1.5',
    ])
  })

  it.each([
    ['192.168.1.300', '300 is above 255'],
    ['192.168.1', 'this has 3'],
    ['192.168.1.40-10', 'write 10-40'],
    ['192.168.1.9-192.168.1.3', 'write 192.168.1.3-192.168.1.9'],
    ['192.168.1.0/33', '"33" is no length'],
    ['192.168.1.0/', '"" is no length'],
    ['192.168.1.x/24', 'only ranges of numeric addresses have a slash'],
    ['192.168..1', 'a part of the address is empty'],
    ['192.168.1.20:http', '"http" is no port'],
    ['192.168.1.20:0', '0 is no port'],
    ['192.168.1.20:70000', '70000 is no port'],
    ['192.168.1.20:90-80', 'write 80-90'],
    ['192.168.1.20:1000-2000', 'these are 1001 ports; write at most 256, like :1000-1255'],
    ['-rig', '"-rig" is no host name'],
    ['bitaxe_*.local', 'only numeric addresses have wildcards'],
    ['rig..local', 'this is no host name'],
    [':8080', 'there is no host'],
    ['fd00::5::1', 'is no IPv6 address'],
    ['192.168.1.1:2:3', 'is no IPv6 address'],
    ['[192.168.1.1', 'brackets go around'],
    ['fd00::/129', '"129" is no length'],
    ['fe80::%!x', 'is no IPv6 address'],
    ['10.0.0.1-10.0.0.2-10.0.0.3', 'a range has two ends'],
  ])('says of %s what is wrong: %s', (given, part) => {
    const error = refusal(given)
    expect(error.code).toBe('scan/bad-target')
    expect(error.message).toContain(part)
    expect(error.message).toContain(`"${given}"`)
  })

  it.each(['10.0.0.0/8', '10.0-3.*.*', 'fd00::/64', '10.0.0.0/16:80-90', '0.0.0.0/0'])(
    'refuses %s before spelling it out',
    (given) => {
      expect(refusal(given).code).toBe('scan/too-many')
    },
  )

  it('takes as many as fit, and counts over all texts together', () => {
    expect(parseTargets(['10.0.0.0/16'])).toHaveLength(65_534)
    expect(() => parseTargets(['10.0.0.0/16', '10.1.0.1-3'])).toThrow(/65,537 addresses/)
    expect(parseTargets(['10.0.0.0/16', '10.0.0.1-200'])).toHaveLength(65_534)
    expect(MAX_TARGETS).toBe(65_536)
  })

  it.each(['8.8.8.8', '192.169.0.1', '172.32.0.1-4', '2001:db8::1', '0.0.0.0', '224.0.0.1', '100.128.0.1'])(
    'does not look at %s, which is nobody’s home',
    (given) => {
      expect(refusal(given).code).toBe('scan/public-address')
    },
  )

  it('refuses a range of which only a part is private', () => {
    expect(refusal('172.31.255.254-172.32.0.1').message).toContain(
      '172.32.0.0 (of "172.31.255.254-172.32.0.1")',
    )
  })

  it('looks at ranges that were allowed by name', () => {
    expect(parseTargets(['203.0.113.7'], { allowedRanges: ['203.0.113.0/24'] })).toHaveLength(1)
    expect(refusal('203.0.114.7', ['203.0.113.0/24']).code).toBe('scan/public-address')
    expect(refusal('10.0.0.1', ['nonsense']).message).toContain('Among the allowed ranges')
  })

  it('never throws anything but its own errors, whatever is written', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '192.168.1.',
        '10.0.0.1',
        '-',
        '/',
        ':',
        '*',
        '[',
        ']',
        '::',
        '%',
        '.',
        ',',
        '24',
        '255',
        '80',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        try {
          const found = parseTargets([pieces.join('')])
          expect(new Set(found.map(addressText)).size).toBe(found.length)
          expect(found.length).toBeLessThanOrEqual(MAX_TARGETS)
        } catch (error) {
          expect(error).toBeInstanceOf(HeadframeError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('reads back what it writes', () => {
    const octet = fc.integer({ min: 0, max: 255 })
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: null })
    fc.assert(
      fc.property(octet, octet, octet, port, (b, c, d, p) => {
        const address = { host: `10.${String(b)}.${String(c)}.${String(d)}`, port: p }
        expect(parseTargets([addressText(address)])).toEqual([address])
      }),
    )
  })
})
