import { describe, expect, it } from 'vitest'
import { checkProxyUrl, isOwnNetwork, WayFinder } from '../../../../src-main/earnings/outside/way-out.ts'

describe('the way out', () => {
  it('knows the own network by the form of a host', () => {
    for (const host of [
      ...[
        '127.0.0.1',
        '10.1.2.3',
        '192.168.1.9',
        '172.20.0.1',
        '169.254.1.1',
        '::1',
        'fd00::5',
        'fe80::1%eth0',
      ],
      ...[
        'localhost',
        'umbrel',
        'umbrel.local',
        'Node.LAN',
        'plug.fritz.box',
        'a.home.arpa',
        'umbrel.local.',
        '[::1]',
      ],
    ]) {
      expect([host, isOwnNetwork(host)]).toEqual([host, true])
    }
    for (const host of [
      ...[
        '8.8.8.8',
        '172.32.0.1',
        '2001:db8::1',
        'mempool.space',
        'example.org',
        'local.example.org',
        'x.onion',
        '[2001:db8::1]',
      ],
    ]) {
      expect([host, isOwnNetwork(host)]).toEqual([host, false])
    }
  })

  it('makes SOCKS resolve names at the proxy', () => {
    expect(checkProxyUrl('socks5://127.0.0.1:9050')).toEqual({ ok: true, value: 'socks5h://127.0.0.1:9050' })
    expect(checkProxyUrl(' http://192.168.1.2:3128/ ')).toEqual({
      ok: true,
      value: 'http://192.168.1.2:3128',
    })
  })

  it('refuses what is no address of a proxy', () => {
    for (const text of [
      '',
      '127.0.0.1:9050',
      'socks4://a:1',
      'http://a/path',
      'http://u:p@a:1',
      'socks5://',
    ]) {
      expect([text, checkProxyUrl(text).ok]).toEqual([text, false])
    }
  })

  it('keeps the proxy it has when it is given one that is none', () => {
    const ways = new WayFinder({ url: 'socks5://127.0.0.1:9050', username: null, password: null })
    expect(() => ways.setProxy({ url: 'nonsense', username: null, password: null })).toThrow(/proxy/)
    expect(ways.goesThroughProxy('mempool.space')).toBe(true)
    expect(ways.goesThroughProxy('umbrel.local')).toBe(false)
  })
})
