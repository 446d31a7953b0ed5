import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import {
  openText,
  sealCommand,
  sealText,
  signCommandV3,
  signToken,
  TokenStore,
} from '../../../../src-main/fleet/families/whatsminer-token.ts'

const CHALLENGE = { time: '5626', salt: 'Ab3dEfGh', newsalt: 'Zx9YwVuT' }

describe('the token of the second generation', () => {
  const token = signToken('admin', CHALLENGE)

  it('signs and derives the key as the vector says', () => {
    expect(token.sign).toBe('gPJ3xlNp0QWie08wiPG.N1')
    expect(Buffer.from(token.aesKey).toString('hex')).toBe(
      'f4ed1558dffb4c95cd49e924f80a941fdc390ead9dcee7cc27792e04b60d2f72',
    )
  })

  it('encrypts a command as the vector says, byte for byte', () => {
    expect(JSON.parse(sealCommand(token, 'restart_btminer', {}))).toEqual({
      enc: 1,
      data: 'eiXcnFWrEP6zxxKj9zj4Dj/NaJ1unndurTfaHJ3oIP7Uf/kMFPGeL3dSHIWMRCSTrpKiD90ZPBy6eWfFWJdtqQ==',
    })
  })

  it('opens what it sealed, at every length around a block', () => {
    for (const length of [1, 15, 16, 17, 47, 48, 300]) {
      const text = '{"é":1}'.repeat(60).slice(0, length)
      expect(openText(sealText(text, token.aesKey), token.aesKey)).toBe(text)
    }
  })

  it('opens nothing that is no whole number of blocks', () => {
    expect(openText('QUJD', token.aesKey)).toBeNull()
    expect(openText('', token.aesKey)).toBeNull()
  })
})

describe('the token of the third generation', () => {
  const sign = { account: 'super', password: 'super', salt: 'Ab3dEfGh', epochSeconds: 1_700_000_000 }

  it('signs a change as the vector says', () => {
    expect(JSON.parse(signCommandV3({ ...sign, cmd: 'set.system.led', param: 'auto' }))).toEqual({
      cmd: 'set.system.led',
      param: 'auto',
      token: 'r0ktKqrv',
      account: 'super',
      ts: 1_700_000_000,
    })
  })

  it('encrypts the list of pools, and that alone, as the vector says', () => {
    const param = [{ pool: 'stratum+tcp://pool.example:3333', worker: 'w.1', passwd: 'x' }]
    expect(JSON.parse(signCommandV3({ ...sign, cmd: 'set.miner.pools', param }))).toMatchObject({
      token: 'CvO9ii9w',
      param:
        '8UyBMSre84GBIeOnmVj6/nKneF4sVCJYqyfoJ1gQZ3cW/dRquLobb2Eqayh+R92SN7BK6tuTFdK4NFy5BZUjWT0dVMonHDwMNrDhyhW05Sc=',
    })
  })

  it('leaves out a parameter that the command does not have', () => {
    expect(JSON.parse(signCommandV3({ ...sign, cmd: 'set.system.reboot' }))).not.toHaveProperty('param')
  })
})

describe('tokens in use', () => {
  const address = { host: 'rig.example', port: null }
  const token = signToken('admin', CHALLENGE)

  it('keeps a token for less than the half hour that the rig counts', () => {
    const clock = new ManualClock()
    const store = new TokenStore()
    store.keep(address, 'admin', token, clock)
    clock.advance(24 * 60_000)
    expect(store.find(address, 'admin', clock)).toBe(token)
    clock.advance(2 * 60_000)
    expect(store.find(address, 'admin', clock)).toBeNull()
  })

  it('has none for another password, another rig, or after it was forgotten', () => {
    const clock = new ManualClock()
    const store = new TokenStore()
    store.keep(address, 'admin', token, clock)
    expect(store.find(address, 'other', clock)).toBeNull()
    expect(store.find({ host: 'rig.example', port: 4028 }, 'admin', clock)).toBeNull()
    store.forget(address)
    expect(store.find(address, 'admin', clock)).toBeNull()
  })

  it('forgets the oldest of more rigs than it keeps tokens for', () => {
    const clock = new ManualClock()
    const store = new TokenStore()
    for (let i = 0; i < 257; i++) store.keep({ host: `rig-${String(i)}`, port: null }, 'admin', token, clock)
    expect(store.find({ host: 'rig-0', port: null }, 'admin', clock)).toBeNull()
    expect(store.find({ host: 'rig-256', port: null }, 'admin', clock)).toBe(token)
  })
})
