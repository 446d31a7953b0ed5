import { describe, expect, it } from 'vitest'
import { POOL_PRESETS } from '../../../../src-main/app/pool-presets.ts'
import { type AccountConfig, whatItLearns } from '../../../../src-main/earnings/accounts/account-kind.ts'
import {
  ACCOUNT_KINDS,
  accountBase,
  accountProblem,
  belongsToPool,
  findAccountKind,
} from '../../../../src-main/earnings/accounts/account-kinds.ts'

const config = (kind: string, changes: Partial<AccountConfig> = {}): AccountConfig => ({
  id: 'a1',
  kind,
  name: 'mine',
  enabled: true,
  address: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
  user: 'practice',
  url: '',
  key: 'key-of-a-test',
  ...changes,
})

const kindsOf = (host: string): string[] =>
  ACCOUNT_KINDS.filter((kind) => belongsToPool(kind, host)).map(({ id }) => id)

describe('the kinds of accounts', () => {
  it('have one id each, and help for every one', () => {
    expect(new Set(ACCOUNT_KINDS.map(({ id }) => id)).size).toBe(ACCOUNT_KINDS.length)
    for (const kind of ACCOUNT_KINDS) {
      expect(kind.help).toMatch(/\.$/)
      if (kind.needs.includes('key')) expect(kind.help).toMatch(/key/)
    }
  })

  it('are asked over https, but for one of one’s own', () => {
    for (const kind of ACCOUNT_KINDS) {
      expect(kind.base === null).toBe(kind.needs.includes('url'))
      if (kind.base !== null) expect(kind.base).toMatch(/^https:\/\/[a-z0-9.-]+(:\d+)?$/)
    }
  })

  it('never put the key into an address', () => {
    for (const kind of ACCOUNT_KINDS) {
      for (const request of kind.requests('https://pool.example', config(kind.id), 1_785_000_000_000)) {
        expect(request.url).not.toContain('key-of-a-test')
        expect(request.body ?? '').not.toContain('key-of-a-test')
        expect(request.url.startsWith('https://pool.example/')).toBe(true)
      }
    }
  })

  it('cannot be led elsewhere by what a person enters as address or name', () => {
    for (const kind of ACCOUNT_KINDS) {
      const entered = config(kind.id, { address: '../../admin?x=', user: '@evil.example/&a=b#' })
      for (const { url } of kind.requests('https://pool.example', entered, 1_785_000_000_000)) {
        expect(new URL(url).host).toBe('pool.example')
        expect(url).not.toContain('../')
        expect(url).not.toContain('&a=b')
      }
    }
  })
})

describe('a configured pool', () => {
  it.each([
    ['solo.ckpool.org', ['ckpool-solo']],
    ['EUSOLO.ckpool.org.', ['ckpool-eu']],
    ['stratum.ckpool.org', ['ckpool']],
    ['stratum.braiins.com', ['braiins']],
    ['eu.stratum.braiins.com', ['braiins']],
    ['solo.braiins.com', []],
    ['mine.ocean.xyz', ['ocean']],
    ['public-pool.io', ['public-pool']],
    ['btc.f2pool.com', ['f2pool']],
    ['notbraiins.com', []],
    ['ocean.xyz.evil.example', []],
    ['192.168.1.20', []],
  ])('at %s has the account %j', (host, kinds) => {
    expect(kindsOf(host)).toEqual(kinds)
  })

  it('of the presets finds its account, where the pool has one that can be read', () => {
    const found = POOL_PRESETS.map(({ id, url }) => [
      id,
      kindsOf(new URL(url.replace(/^[a-z0-9+]+:/, 'http:')).hostname),
    ])
    expect(Object.fromEntries(found)).toMatchObject({
      braiins: ['braiins'],
      ckpool: ['ckpool'],
      'public-pool': ['public-pool'],
    })
  })
})

describe('what a person entered', () => {
  it('is good as it is for every kind', () => {
    for (const { id, needs } of ACCOUNT_KINDS) {
      expect(
        accountProblem(config(id, needs.includes('url') ? { url: 'http://192.168.1.20:3334/' } : {})),
      ).toBeNull()
    }
  })

  it.each([
    ['ckpool', { address: ' ' }, /Enter the payout address/],
    ['ckpool', { address: 'bc1qexample.rig1' }, /without a rig’s name/],
    ['braiins', { key: '' }, /Enter the API key/],
    ['braiins', { key: 'two words' }, /holds a sign/],
    ['f2pool', { user: '' }, /name of the account/],
    ['public-pool-own', { url: '' }, /address of the pool’s API/],
    ['public-pool-own', { url: 'ftp://pool' }, /address of the pool’s API/],
    ['public-pool-own', { url: 'http://me:secret@pool.example' }, /without a name and password/],
    ['viabtc', { url: 'http://' }, /address of the pool’s API/],
    ['mystery', {}, /Choose one of the list/],
  ])('for %s as %j is refused in words', (kind, changes, words) => {
    expect(accountProblem(config(kind, changes))).toMatch(words)
  })

  it('as address goes before the pool’s own, which is a mirror then', () => {
    const viabtc = findAccountKind('viabtc')!
    expect(accountBase(viabtc, { url: '' })).toBe('https://www.viabtc.net')
    expect(accountBase(viabtc, { url: ' https://pool.example/api// ' })).toBe('https://pool.example/api')
  })
})

it('says what the pool learns', () => {
  expect(whatItLearns(findAccountKind('ckpool')!)).toContain('payout address')
  expect(whatItLearns(findAccountKind('braiins')!)).toContain('the owner of this account')
})
