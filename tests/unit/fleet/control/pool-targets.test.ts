import { describe, expect, it } from 'vitest'
import { addressTowards, configuredTarget } from '../../../../src-main/fleet/control/pool-targets.ts'
import { type WorkerFacts } from '../../../../src-main/fleet/control/worker-names.ts'
import { poolEntry } from '../../../../src-main/fleet/model/reading.ts'
import { poolPlace, samePlace } from '../../../../src-main/fleet/model/pool-place.ts'
import { leadsHere, managerOf } from '../../../../src-main/fleet/views/mines-here.ts'

const local = [
  { address: 'fe80::1', prefixBits: 64 },
  { address: '169.254.3.4', prefixBits: 16 },
  { address: '192.168.1.5', prefixBits: 24 },
  { address: '10.0.0.5', prefixBits: 8 },
]
const everywhere = { host: '0.0.0.0', port: 3333 }

describe('our address as a rig reaches it', () => {
  it.each([
    ['192.168.1.20', '192.168.1.5'],
    ['10.200.3.4', '10.0.0.5'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.9', '127.0.0.1'],
    ['localhost', '127.0.0.1'],
    ['bitaxe.local', '192.168.1.5'],
    ['172.16.9.9', '192.168.1.5'],
  ])('of a rig at %s is %s', (rig, ours) => {
    expect(addressTowards(rig, everywhere, local)).toBe(ours)
  })

  it('is the one that is listened at where that is one alone', () => {
    expect(addressTowards('192.168.1.20', { host: '10.0.0.5', port: 3333 }, local)).toBe('10.0.0.5')
  })

  it('is none where a rig cannot reach it, and the message says what to do', () => {
    const none = (rig: string, listener: typeof everywhere | null, here = local) =>
      expect(() => addressTowards(rig, listener, here)).toThrow(
        expect.objectContaining({ code: 'rig/no-way-here' }),
      )
    none('192.168.1.20', null)
    none('192.168.1.20', { host: '127.0.0.1', port: 3333 })
    none('192.168.1.20', everywhere, [])
  })
})

describe('a configured pool for a rig itself', () => {
  const facts: WorkerFacts = {
    users: ['farm.attic'],
    minesHere: false,
    nameByPerson: '',
    hostname: null,
    host: '192.168.1.20',
    mac: null,
    number: 1,
  }
  const pool = { name: 'Pool', userIdentity: 'account', password: '', fallbackUrl: null }

  it('is taken over Stratum V1 where the pool has it, else as it is', () => {
    const v1 = 'stratum+ssl://pool.example.com:3334'
    const v2 = 'stratum2+tcp://pool.example.com:3336/9key'
    expect(configuredTarget({ ...pool, url: v2, fallbackUrl: v1 }, '{worker}', facts)).toEqual({
      url: v1,
      user: 'account.attic',
      password: '',
    })
    expect(configuredTarget({ ...pool, url: v2 }, '{worker}', facts).url).toBe(v2)
  })

  it.each(['node+http://127.0.0.1:8332', 'stratum+ws://pool.example.com:80/x'])(
    'is refused for %s',
    (url) => {
      expect(() => configuredTarget({ ...pool, url }, '{worker}', facts)).toThrow(
        expect.objectContaining({ code: 'rig/pool-not-for-rigs' }),
      )
    },
  )
})

describe('where a pool URL leads', () => {
  it.each([
    ['stratum+tcp://Pool.example.com:3333', { host: 'pool.example.com', port: 3333 }],
    ['pool.example.com:3333', { host: 'pool.example.com', port: 3333 }],
    ['stratum2+tcp://[fd00::1]:3336/9key', { host: 'fd00::1', port: 3336 }],
    ['stratum+tcp://user:x@192.0.2.1:1#xnsub', { host: '192.0.2.1', port: 1 }],
    ['pool.example.com', { host: 'pool.example.com', port: null }],
    ['', null],
  ])('reads %s', (url, place) => {
    expect(poolPlace(url)).toEqual(place)
  })

  it('takes two spellings for one place, and two ports for two', () => {
    expect(samePlace('stratum+tcp://a.example:1', 'A.example:1')).toBe(true)
    expect(samePlace('stratum+tcp://a.example:1', 'a.example:2')).toBe(false)
    expect(samePlace('stratum+tcp://a.example:1', 'b.example:1')).toBe(false)
  })

  it('knows the proxy by port and address, and loopback only from a program on this machine', () => {
    const proxy = { ports: [3333, 3336], local }
    expect(leadsHere('stratum+tcp://192.168.1.5:3333', '192.168.1.20', proxy)).toBe(true)
    expect(leadsHere('stratum2+tcp://10.0.0.5:3336/9key', '192.168.1.20', proxy)).toBe(true)
    expect(leadsHere('stratum+tcp://192.168.1.5:3334', '192.168.1.20', proxy)).toBe(false)
    expect(leadsHere('stratum+tcp://192.168.1.6:3333', '192.168.1.20', proxy)).toBe(false)
    expect(leadsHere('stratum+tcp://127.0.0.1:3333', '192.168.1.20', proxy)).toBe(false)
    expect(leadsHere('stratum+tcp://127.0.0.1:3333', '127.0.0.1', proxy)).toBe(true)
  })

  it('warns of a farm manager by the groups it leaves', () => {
    const url = 'stratum+tcp://pool.example.com:3333'
    expect(managerOf([poolEntry({ index: 0, url, user: 'a', group: 'foremanGroup' })])).toBe('Foreman')
    expect(managerOf([poolEntry({ index: 0, url, user: 'a', group: 'default' })])).toBeNull()
  })
})
