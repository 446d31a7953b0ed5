import { describe, expect, it } from 'vitest'
import type { PoolTest, PoolTestStepName } from '@contract'
import { channelKindWording, isEncrypted, linkLabel, shortLinkLabel } from '@/format/links.ts'
import { expectedSteps, shownSteps, testStepWording } from '@/format/pool-test.ts'
import { hintPoolUrl, urlPartLabel } from '@/format/pool-url.ts'
import { reasonWording, sortRefusals, sortReasons } from '@/format/reasons.ts'
import { rigEntrances } from '@/format/rig-addresses.ts'
import { payoutWording, poolHealthWording } from '@/format/words.ts'
import { poolHealth, poolPreset, poolTestStepName } from '../../../src-preload/contract/index.ts'
import { KEY, OWN_KEY, pretendInfo } from '../../support/pretend-farm.ts'

describe('the steps of a connection test', () => {
  it('are those that the URL calls for', () => {
    const between = (url: string): PoolTestStepName[] => expectedSteps(url).slice(3, -3)
    expect(between(`stratum2+tcp://a.example:3333/${KEY}`)).toEqual(['noise'])
    expect(between('stratum+tcp://a.example:3333')).toEqual([])
    expect(between('stratum+ssl://a.example:443')).toEqual(['tls'])
    expect(between('stratum+wss://a.example/')).toEqual(['tls', 'upgrade'])
    expect(between(`sv2+ws://a.example/#${KEY}`)).toEqual(['upgrade', 'noise'])
    expect(between('nonsense')).toEqual([])
  })

  it('all have words that say what they do', () => {
    for (const step of poolTestStepName.options)
      expect(testStepWording(step).meaning, step).toMatch(/^[A-Z].*\.$/)
  })

  const test = (steps: PoolTest['steps'], done = false): PoolTest => ({
    ok: false,
    done,
    steps,
    problem: null,
  })
  const states = (shown: ReturnType<typeof shownSteps>): string[] =>
    shown.map(({ step, state }) => `${step} ${state}`)
  const ok = (step: PoolTestStepName): PoolTest['steps'][number] => ({
    step,
    ok: true,
    tookMs: 1,
    detail: '',
  })

  it('run one after another, and are not reached after one that failed', () => {
    const url = 'stratum+tcp://a.example:3333'
    expect(states(shownSteps(url, null, false)).slice(0, 2)).toEqual(['address running', 'dns waiting'])
    const failed = test([ok('address'), ok('dns'), { ...ok('tcp'), ok: false }], true)
    expect(states(shownSteps(url, failed, true)).slice(2)).toEqual([
      'tcp failed',
      'setup unreached',
      'channel unreached',
      'job unreached',
    ])
  })

  it('say that one was not needed, and show one that was not foreseen', () => {
    const url = 'stratum+tcp://192.0.2.1:3333'
    const steps = test([ok('address'), ok('tcp'), ok('tls'), ok('setup')])
    expect(states(shownSteps(url, steps, false))).toEqual([
      'address ok',
      'dns skipped',
      'tcp ok',
      'tls ok',
      'setup ok',
      'channel running',
      'job waiting',
    ])
  })
})

describe('why shares earned nothing', () => {
  it('tells what came too late from what was wrong, most frequent first', () => {
    const { stale, invalid } = sortRefusals({
      'new-block': 2,
      'pool-switched': 9,
      'difficulty-too-low': 4,
      'duplicate-share': 0,
    })
    expect(stale.map((each) => each.label)).toEqual(['Found long after a switch', 'A new block had come'])
    expect(invalid.map((each) => `${each.label} ${each.count}`)).toEqual(['Not hard enough 4'])
  })

  it("keeps a pool's own word where it has none better", () => {
    expect(reasonWording('account_over-quota')).toEqual({ label: 'Account over quota', meaning: '' })
    expect(sortReasons({ odd: 1, 'stale-share': 3 }).map((each) => each.label)).toEqual(['Too late', 'Odd'])
  })
})

describe('the ways in for rigs', () => {
  const urls = (info: ReturnType<typeof pretendInfo>): string[] =>
    rigEntrances(info).flatMap((entrance) => entrance.addresses.map((address) => address.text))

  it('are spelled out for every protocol that listens', () => {
    const info = pretendInfo({
      stratum: { address: '192.0.2.10:3333', lanAddresses: ['192.0.2.10', '198.51.100.7'] },
      stratumWs: { address: '192.0.2.10:3340', lanAddresses: [] },
    })
    expect(urls(info)).toEqual([
      'stratum+tcp://192.0.2.10:3333',
      'stratum+tcp://198.51.100.7:3333',
      'stratum+ssl://192.0.2.10:3333',
      `stratum2+tcp://192.0.2.10:3336/${OWN_KEY}`,
      OWN_KEY,
      '192.0.2.10:3336',
      'stratum+ws://192.0.2.10:3340',
      `sv2+ws://192.0.2.10:3340/#${OWN_KEY}`,
    ])
  })

  it('never name 0.0.0.0, which no rig can reach, where we listen on every address', () => {
    const info = pretendInfo({
      stratum: { address: '0.0.0.0:3333', lanAddresses: ['192.0.2.10:3333', '198.51.100.7:3333'] },
      stratumV2: { address: '[::]:3336', lanAddresses: ['192.0.2.10:3336'], authorityKey: OWN_KEY },
      stratumWs: { address: '0.0.0.0:3340', lanAddresses: [] },
      certificate: null,
    })
    expect(urls(info)).toEqual([
      'stratum+tcp://192.0.2.10:3333',
      'stratum+tcp://198.51.100.7:3333',
      `stratum2+tcp://192.0.2.10:3336/${OWN_KEY}`,
      OWN_KEY,
      '192.0.2.10:3336',
      'stratum+ws://127.0.0.1:3340',
      `sv2+ws://127.0.0.1:3340/#${OWN_KEY}`,
    ])
  })

  it('leave out what is off', () => {
    expect(urls(pretendInfo({ stratumV2: null, certificate: null }))).toEqual([
      'stratum+tcp://192.0.2.10:3333',
    ])
    expect(rigEntrances(pretendInfo({ stratum: null, stratumV2: null }))).toEqual([])
  })

  it('put an IPv6 address in brackets', () => {
    const info = pretendInfo({
      stratum: { address: '[2001:db8::1]:3333', lanAddresses: ['2001:db8::1', '2001:db8::2'] },
      stratumV2: null,
      certificate: null,
    })
    expect(urls(info)).toEqual(['stratum+tcp://[2001:db8::1]:3333', 'stratum+tcp://[2001:db8::2]:3333'])
  })
})

describe('links in few words', () => {
  it('name what carries them, except plain TCP', () => {
    expect(linkLabel('stratum-v1', 'tcp')).toBe('Stratum V1')
    expect(linkLabel('device', 'usb')).toBe('USB')
    expect(shortLinkLabel('device', 'usb')).toBe('USB')
    expect(linkLabel('stratum-v2', 'wss')).toBe('Stratum V2 · WebSocket, TLS')
    expect(shortLinkLabel('stratum-v1', 'tls')).toBe('V1 · TLS')
  })

  it('are encrypted in Stratum V2 over anything, in V1 only with TLS', () => {
    expect(isEncrypted('stratum-v2', 'ws')).toBe(true)
    expect(isEncrypted('stratum-v1', 'ws')).toBe(false)
    expect(isEncrypted('stratum-v1', 'wss')).toBe(true)
  })

  it('have a channel only in Stratum V2', () => {
    expect(channelKindWording(null)).toBeNull()
    expect(channelKindWording('standard')?.label).toBe('standard')
  })
})

describe('hints for pool URLs over WebSocket', () => {
  it('need no port, and ask for the key after a #', () => {
    expect(hintPoolUrl('stratum+wss://pool.example.com/')?.text).toContain('WebSocket and TLS, encrypted')
    expect(hintPoolUrl('sv2+wss://pool.example.com/mine')?.text).toContain('#9…')
    expect(hintPoolUrl(`sv2+wss://pool.example.com/mine#${KEY}`)?.tone).toBe('good')
    expect(hintPoolUrl('sv2+ws://pool.example.com/#9short')?.tone).toBe('warn')
  })

  it('have names for the parts that the core can object to', () => {
    for (const part of ['url', 'scheme', 'user-info', 'host', 'port', 'path', 'authority-key'])
      expect(urlPartLabel(part), part).not.toBeNull()
    expect(urlPartLabel('something-new')).toBeNull()
  })
})

describe('the words for health and payout', () => {
  it('cover every verdict and kind', () => {
    for (const verdict of poolHealth.shape.verdict.options)
      expect(poolHealthWording(verdict).meaning).toMatch(/\.$/)
    for (const payout of poolPreset.shape.payout.options) expect(payoutWording(payout).meaning).toMatch(/\.$/)
  })
})
