import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { err, ok } from '../../../src-main/base/index.ts'
import {
  type CheckAuthorityKey,
  formatPoolUrl,
  parsePoolUrl,
  type PoolUrl,
  type PoolUrlPart,
} from '../../../src-main/settings/index.ts'

const KEY = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72'
const checkKey: CheckAuthorityKey = (text) => (text === KEY ? ok(null) : err('its checksum does not match.'))

const parse = (text: string) => parsePoolUrl(text, checkKey)

function requireUrl(text: string): PoolUrl {
  const parsed = parse(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`)
  return parsed.value
}

function requireError(text: string) {
  const parsed = parse(text)
  if (parsed.ok) throw new Error(`${text} was taken as ${formatPoolUrl(parsed.value)}`)
  return parsed.error
}

describe('a pool URL', () => {
  it.each<[string, PoolUrl]>([
    [
      `stratum2+tcp://v2.pool.example:34254/${KEY}`,
      { protocol: 'stratum-v2', transport: 'tcp', host: 'v2.pool.example', port: 34254, authorityKey: KEY },
    ],
    [
      'stratum+tcp://pool.example:3333',
      { protocol: 'stratum-v1', transport: 'tcp', host: 'pool.example', port: 3333 },
    ],
    [
      'stratum+ssl://192.168.1.5:443/',
      { protocol: 'stratum-v1', transport: 'tls', host: '192.168.1.5', port: 443 },
    ],
    [
      'stratum+tls://pool.example:443',
      { protocol: 'stratum-v1', transport: 'tls', host: 'pool.example', port: 443 },
    ],
    [
      'stratum+ws://pool.example/mine?coin=btc',
      { protocol: 'stratum-v1', transport: 'ws', host: 'pool.example', port: 80, path: '/mine?coin=btc' },
    ],
    [
      'stratum+wss://pool.example',
      { protocol: 'stratum-v1', transport: 'wss', host: 'pool.example', port: 443, path: '/' },
    ],
    [
      `sv2+ws://pool.example:8080/sv2#${KEY}`,
      {
        protocol: 'stratum-v2',
        transport: 'ws',
        host: 'pool.example',
        port: 8080,
        path: '/sv2',
        authorityKey: KEY,
      },
    ],
    [
      `sv2+wss://pool.example#${KEY}`,
      {
        protocol: 'stratum-v2',
        transport: 'wss',
        host: 'pool.example',
        port: 443,
        path: '/',
        authorityKey: KEY,
      },
    ],
    [
      'node+http://rpc:p%40ss%3Aword@127.0.0.1:18443',
      {
        protocol: 'getblocktemplate',
        transport: 'http',
        host: '127.0.0.1',
        port: 18443,
        credentials: { user: 'rpc', password: 'p@ss:word' },
      },
    ],
    [
      'node+https://node.example:8332',
      {
        protocol: 'getblocktemplate',
        transport: 'https',
        host: 'node.example',
        port: 8332,
        credentials: null,
      },
    ],
    [
      `sv2tp+tcp://[::1]:8442/${KEY}`,
      { protocol: 'template-distribution', transport: 'tcp', host: '::1', port: 8442, authorityKey: KEY },
    ],
  ])('%s is understood', (text, expected) => {
    expect(requireUrl(text)).toEqual(expected)
  })

  it.each([
    ['blanks and quotes around it', '  "stratum+tcp://pool.example:3333"\n'],
    ['angle brackets and typographic quotes', '“<stratum+tcp://pool.example:3333>”'],
    ['an invisible character from a web page', '\u200bstratum+tcp://pool.example:3333\u200b'],
    ['capital letters', 'STRATUM+TCP://Pool.Example:3333'],
    ['a dot after the host', 'stratum+tcp://pool.example.:3333'],
    ['the ending that asks for extranonce.subscribe', 'stratum+tcp://pool.example:3333/#xnsub'],
  ])('may come with %s', (_, text) => {
    expect(formatPoolUrl(requireUrl(text))).toBe('stratum+tcp://pool.example:3333')
  })

  it('is written with the ASCII form of a host name in another script', () => {
    expect(requireUrl('stratum+tcp://bücher.example:3333').host).toBe('xn--bcher-kva.example')
  })

  it.each<[PoolUrlPart, string]>([
    ['url', ''],
    ['url', ' "" '],
    ['url', 'stratum+tcp://pool.example:3333 user'],
    ['url', 'stratum+tcp://pool.example:3333/"a"b'],
    ['url', `stratum+wss://pool.example/${'a'.repeat(600)}`],
    ['scheme', 'pool.example'],
    ['scheme', 'pool.example:3333'],
    ['scheme', 'gopher://pool.example:70'],
    ['scheme', 'constructor://pool.example:70'],
    ['scheme', 'http://pool.example:3333'],
    ['scheme', `stratum+tcp://pool.example:3333/${KEY}`],
    ['user-info', 'stratum+tcp://me.rig@pool.example:3333'],
    ['user-info', `stratum2+tcp://me@pool.example:3333/${KEY}`],
    ['user-info', 'node+http://rpc@127.0.0.1:8332'],
    ['user-info', 'node+http://rpc:100%@127.0.0.1:8332'],
    ['host', 'stratum+tcp://'],
    ['host', 'stratum+tcp://:3333'],
    ['host', 'stratum+tcp://300.1.1.1:3333'],
    ['host', 'stratum+tcp://1.2.3:3333'],
    ['host', 'stratum+tcp://-pool.example:3333'],
    ['host', 'stratum+tcp://pool..example:3333'],
    ['host', 'stratum+tcp://pool%2eexample:3333'],
    ['host', 'stratum+tcp://2001:db8::1'],
    ['host', 'stratum+tcp://[2001:db8::g]:3333'],
    ['port', 'stratum+tcp://a:b:3333'],
    ['port', 'stratum+tcp://pool.example'],
    ['port', 'stratum+tcp://pool.example:'],
    ['port', 'stratum+tcp://pool.example:0'],
    ['port', 'stratum+tcp://pool.example:65536'],
    ['port', 'stratum+tcp://pool.example:3333x'],
    ['port', 'stratum+tcp://[::1]'],
    ['path', 'stratum+tcp://pool.example:3333/solo'],
    ['path', 'stratum+tcp://pool.example:3333?a=b'],
    ['path', 'stratum+ws://pool.example/mine#part'],
    ['path', 'stratum+ws://pool.example/mïne'],
    ['path', 'node+http://rpc:secret@127.0.0.1:8332/wallet/main'],
    ['path', `stratum2+tcp://pool.example:3333/a/${KEY}`],
    ['authority-key', 'stratum2+tcp://pool.example:3333'],
    ['authority-key', 'stratum2+tcp://pool.example:3333/'],
    ['authority-key', 'stratum2+tcp://pool.example:3333/AUTHORITYKEY'],
    ['authority-key', `stratum2+tcp://pool.example:3333/${KEY.slice(1)}`],
    ['authority-key', `stratum2+tcp://pool.example:3333#${KEY}`],
    ['authority-key', 'sv2+ws://pool.example/sv2'],
    ['authority-key', 'sv2tp+tcp://127.0.0.1:8442'],
  ])('that is wrong in its %s is refused with that part named: %s', (part, text) => {
    const error = requireError(text)
    expect(error.part).toBe(part)
    expect(error.message).toMatch(/^\S.*[.?]$|AUTHORITYKEY$/)
  })

  it.each<[string, string[]]>([
    [
      'pool.example:3333',
      ['stratum+tcp://pool.example:3333', 'stratum2+tcp://pool.example:3333/AUTHORITYKEY'],
    ],
    [
      `pool.example:3333/${KEY}`,
      [`stratum2+tcp://pool.example:3333/${KEY}`, 'stratum+tcp://pool.example:3333'],
    ],
    ['tcp://pool.example:3333', ['stratum+tcp://pool.example:3333']],
    ['wss://pool.example/mine', ['stratum+wss://pool.example/mine']],
    ['stratum+tcp://me.rig:x@pool.example:3333', ['stratum+tcp://pool.example:3333']],
    ['stratum+tcp://2001:db8::1', ['stratum+tcp://[2001:db8::1]:3333']],
    [`stratum2+tcp://pool.example:3333#${KEY}`, [`stratum2+tcp://pool.example:3333/${KEY}`]],
    ['stratum+tcp://pool.example:3333/solo', ['stratum+tcp://pool.example:3333']],
  ])('%s gets the URLs that were probably meant', (text, suggestions) => {
    expect(requireError(text).suggestions).toEqual(suggestions)
  })

  it("repeats the reason of the key's check", () => {
    const { message } = requireError(`stratum2+tcp://pool.example:3333/${KEY}x`)
    expect(message).toContain('its checksum does not match. Copy it again')
  })

  it('never repeats the password of a node, neither in an error nor in its own spelling', () => {
    expect(formatPoolUrl(requireUrl('node+http://rpc:hunter2@127.0.0.1:8332'))).toBe(
      'node+http://127.0.0.1:8332',
    )
    for (const text of [
      'node+http://rpc:hunter2@:8332',
      'node+http://rpc:hunter2@127.0.0.1',
      'node+http://rpc:hunter2@127.0.0.1:port',
      'node+http://rpc:hunter2@127.0.0.1:8332/a',
      'node+http://rpc:hunter2%@127.0.0.1:8332',
      'http://rpc:hunter2@127.0.0.1:8332',
      'rpc:hunter2@127.0.0.1:8332',
      'stratum+tcp://rpc:hunter2@pool.example:3333',
      'node+http://rpc:hunter2@2001:db8::1',
    ]) {
      expect(JSON.stringify(requireError(text))).not.toContain('hunter2')
    }
  })

  it('never makes the parser throw, and what it takes it writes and reads back unchanged', () => {
    const host = fc.constantFrom('pool.example', '10.0.0.7', '[2001:db8::1]', 'xn--bcher-kva.example')
    const scheme = fc.constantFrom(
      'stratum2+tcp',
      'stratum+tcp',
      'stratum+ssl',
      'stratum+ws',
      'stratum+wss',
      'sv2+ws',
      'sv2+wss',
      'node+http',
      'node+https',
      'sv2tp+tcp',
    )
    const tail = fc.constantFrom('', '/', `/${KEY}`, `#${KEY}`, `/a/b?c=d#${KEY}`, '/a%20b', '#xnsub')
    const url = fc
      .tuple(scheme, host, fc.integer({ min: 0, max: 70_000 }), tail)
      .map(([name, place, port, rest]) => `${name}://${place}:${port}${rest}`)
    fc.assert(
      fc.property(
        fc.oneof(
          url,
          fc.string(),
          fc.string({ unit: 'binary' }).map((s) => `stratum+tcp://${s}`),
        ),
        (text) => {
          const parsed = parse(text)
          if (!parsed.ok) return
          const written = formatPoolUrl(parsed.value)
          expect(requireUrl(written)).toEqual(parsed.value)
          expect(formatPoolUrl(requireUrl(written))).toBe(written)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
