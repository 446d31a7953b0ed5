import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatHostPort, parseHostPort } from '../../../src-main/net/index.ts'

describe('HOST:PORT', () => {
  it.each([
    ['0.0.0.0:3333', '0.0.0.0', 3333],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['localhost:4950', 'localhost', 4950],
    ['pool.example.com:65535', 'pool.example.com', 65535],
    ['farm-pc.local:3333', 'farm-pc.local', 3333],
    ['[::1]:3333', '::1', 3333],
    ['[::]:3333', '::', 3333],
    [' 10.0.0.5:3333 ', '10.0.0.5', 3333],
  ])('%s is read', (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ ok: true, value: { host, port } })
  })

  it.each([
    ['3333', 'not HOST:PORT'],
    ['', 'not HOST:PORT'],
    ['localhost', 'not HOST:PORT'],
    [':3333', 'has no host'],
    ['localhost:', 'not a port'],
    ['localhost:http', 'not a port'],
    ['localhost:65536', 'not a port'],
    ['localhost:-1', 'not a port'],
    ['::1', 'brackets'],
    ['fe80::1', 'brackets'],
    ['[::1]', 'not HOST:PORT'],
    ['[10.0.0.1]:3333', 'not an IPv6 address'],
    ['[zz::]:3333', 'not an IPv6 address'],
    ['300.1.1.1:3333', 'not a host name'],
    ['a b:3333', 'not a host name'],
    ['-x:3333', 'not a host name'],
    ['http://pool.test:3333', 'not HOST:PORT'],
  ])('%j is refused, naming the part that is wrong', (text, reason) => {
    const parsed = parseHostPort(text)
    if (parsed.ok) throw new Error('accepted')
    expect(parsed.error).toContain(reason)
  })

  it('reads back as what was written', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())
    fc.assert(
      fc.property(host, fc.nat(65_535), (name, port) => {
        expect(parseHostPort(formatHostPort({ host: name, port }))).toEqual({
          ok: true,
          value: { host: name, port },
        })
      }),
    )
  })

  it('is never an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseHostPort(text)
      }),
    )
  })
})
