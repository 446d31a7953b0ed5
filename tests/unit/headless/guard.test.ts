import { describe, expect, it } from 'vitest'
import { cookieName, Guard, type RequestFacts } from '../../../src-main/headless/guard.ts'

const TOKEN = 'a'.repeat(43)
const guard = new Guard(TOKEN, 'farm.lan', 4950)

const facts = (given: Partial<RequestFacts> = {}): RequestFacts => ({
  host: '127.0.0.1:4950',
  origin: undefined,
  authorization: undefined,
  cookie: undefined,
  token: null,
  ...given,
})

describe('the guard', () => {
  it.each([
    ['a header', { authorization: `Bearer ${TOKEN}` }, 'header'],
    ['a header of another case', { authorization: `bearer ${TOKEN}` }, 'header'],
    ['a cookie among others', { cookie: `a=b; headframe-4950=${TOKEN}; c=d` }, 'cookie'],
    ['a query', { token: TOKEN }, 'query'],
  ])('lets the token in by %s', (_, given, by) => {
    expect(guard.check(facts(given))).toEqual({ kind: 'allowed', by })
  })

  it.each([
    ['nothing', {}],
    ['an empty header', { authorization: 'Bearer ' }],
    ['an empty query', { token: '' }],
    ['a token that only begins right', { token: `${TOKEN}a` }],
    ['the cookie of another instance', { cookie: `headframe-4951=${TOKEN}` }],
    ['a cookie whose name only ends right', { cookie: `x-headframe-4950=${TOKEN}` }],
    ['a token with other letters in as many bytes', { token: 'ä'.repeat(21) + 'a' }],
  ])('asks for the token after %s', (_, given) => {
    expect(guard.check(facts(given))).toMatchObject({ kind: 'refused', status: 401 })
  })

  it.each([
    undefined,
    '',
    'evil.example.com',
    'farm.lan.evil.example.com',
    '127.0.0.1.',
    '0x7f000001',
    '127.1',
    '[::1',
    '::1:4950',
  ])('does not answer to the name %s', (host) => {
    expect(guard.check(facts({ host, token: TOKEN }))).toMatchObject({ kind: 'refused', status: 421 })
  })

  it.each(['localhost', 'LOCALHOST:1', 'farm.lan', 'Farm.LAN:4950', '192.0.2.1', '[2001:db8::1]:80'])(
    'answers to the name %s',
    (host) => {
      expect(guard.check(facts({ host, token: TOKEN }))).toMatchObject({ kind: 'allowed' })
    },
  )

  it('takes an origin only if it is the very page it serves', () => {
    const from = (origin: string): unknown => guard.check(facts({ origin, token: TOKEN }))
    expect(from('http://127.0.0.1:4950')).toMatchObject({ kind: 'allowed' })
    for (const origin of [
      'http://127.0.0.1',
      'http://localhost:4950',
      'https://127.0.0.1:4950',
      'null',
      'file://',
      '',
    ]) {
      expect(from(origin)).toMatchObject({ kind: 'refused', status: 403 })
    }
  })

  it('gives two instances on one host two cookies', () => {
    expect(cookieName(1)).not.toBe(cookieName(2))
  })
})
