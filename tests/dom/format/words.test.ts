import { describe, expect, it } from 'vitest'
import { hintPoolUrl } from '@/format/pool-url.ts'
import { poolHost, shortenMiddle } from '@/format/text.ts'
import { stratumUrls } from '@/format/rig-addresses.ts'
import {
  poolStateWording,
  protocolWording,
  reasonLabel,
  SHARE_VERDICTS,
  WEAK_SHARES,
} from '@/format/words.ts'
import { shareCounts } from '../../../src-preload/contract/index.ts'
import { KEY } from '../../support/pretend-farm.ts'

describe('the words for shares', () => {
  it('cover every count of the contract that is not a sum of others', () => {
    const words = [...SHARE_VERDICTS.map((verdict) => verdict.key as string), 'weak', 'valid', 'submitted']
    expect(words.sort()).toEqual(Object.keys(shareCounts.shape).sort())
  })

  it('explain each verdict in a sentence without the jargon of the protocol', () => {
    for (const { label, meaning } of [...SHARE_VERDICTS, WEAK_SHARES]) {
      expect(meaning, label).toMatch(/^[A-Z].*\.$/)
      expect(meaning, label).not.toMatch(/mining\.|extranonce|nonce|upstream|downstream/i)
    }
  })
})

describe('the words for pools', () => {
  it('call the active pool that is ready the one being mined at', () => {
    expect(poolStateWording({ state: 'ready', active: true, enabled: true }).label).toBe('Mining')
    expect(poolStateWording({ state: 'ready', active: false, enabled: true }).label).toBe('Ready')
    expect(poolStateWording({ state: 'blocked', active: true, enabled: true })).toMatchObject({
      label: 'Needs you',
      tone: 'bad',
    })
    expect(poolStateWording({ state: 'ready', active: false, enabled: false }).label).toBe('Turned off')
  })

  it('do not call an open connection safe', () => {
    expect(protocolWording('stratum-v1', false).tone).toBe('neutral')
    expect(protocolWording('stratum-v1', true).label).toBe('Stratum V1 · TLS')
  })

  it('make the reasons of a protocol readable', () => {
    expect(reasonLabel('difficulty-too-low')).toBe('Difficulty too low')
    expect(reasonLabel('stale_share')).toBe('Stale share')
  })
})

describe('a hint for a pool URL', () => {
  it('says nothing about an empty field', () => expect(hintPoolUrl('  ')).toBeNull())

  it.each([
    [`stratum2+tcp://pool.example.com:3336/${KEY}`, 'Stratum V2, encrypted'],
    ['stratum+tcp://pool.example.com:3333', 'Stratum V1, not encrypted'],
    ['stratum+ssl://[2001:db8::1]:443', 'Stratum V1 over TLS, encrypted'],
    ['STRATUM+TCP://pool.example.com:3333', 'Stratum V1, not encrypted'],
  ])('recognises %s', (url, text) => expect(hintPoolUrl(url)).toEqual({ tone: 'good', text }))

  it.each([
    ['pool.example.com', 'Start with'],
    ['stratum+tcp://', 'Next comes the host'],
    ['stratum+tcp://pool.example.com', 'Add the port'],
    ['stratum+tcp://pool.example.com:99999', 'between 1 and 65535'],
    ['stratum2+tcp://pool.example.com:3336', 'authority key'],
    ['stratum2+tcp://pool.example.com:3336/9abc', 'cut short'],
    ['stratum2+tcp://pool.example.com:3336/9abc0OIl', 'never have'],
    ['https://pool.example.com', 'web page'],
    ['ftp://pool.example.com:1', 'not known'],
  ])('for %s mentions: %s', (url, text) => expect(hintPoolUrl(url)?.text).toContain(text))

  it('offers the whole URL when only the scheme is missing', () => {
    expect(hintPoolUrl('pool.example.com:3333')?.replacement).toBe('stratum+tcp://pool.example.com:3333')
    expect(hintPoolUrl(`pool.example.com:3336/${KEY}`)?.replacement).toBe(
      `stratum2+tcp://pool.example.com:3336/${KEY}`,
    )
  })
})

describe('technical text', () => {
  it('is shortened in the middle, and only when that helps', () => {
    expect(shortenMiddle('0123456789abcdef0123', 4)).toBe('0123…0123')
    expect(shortenMiddle('012345678', 4)).toBe('012345678')
  })

  it('leaves the host of a pool URL', () => {
    expect(poolHost(`stratum2+tcp://v2.example.com:3336/${KEY}`)).toBe('v2.example.com:3336')
    expect(poolHost('node+http://user:secret@192.0.2.1:8332')).toBe('192.0.2.1:8332')
    expect(poolHost('nonsense')).toBe('nonsense')
  })

  it('lists every address that rigs can use, once', () => {
    expect(
      stratumUrls({
        address: '192.0.2.10:3333',
        lanAddresses: ['192.0.2.10', '198.51.100.7', '203.0.113.1:4444'],
      }),
    ).toEqual([
      'stratum+tcp://192.0.2.10:3333',
      'stratum+tcp://198.51.100.7:3333',
      'stratum+tcp://203.0.113.1:4444',
    ])
  })
})
