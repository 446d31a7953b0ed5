import { describe, expect, it } from 'vitest'
import {
  addressText,
  idFor,
  isOneMachine,
  type KnownRig,
  realMac,
  realSerial,
  recognise,
  type RigTraits,
} from '../../../../src-main/fleet/model/identity.ts'

const traits = (known: Partial<RigTraits>): RigTraits => ({
  mac: null,
  serial: null,
  host: '192.0.2.1',
  port: null,
  ...known,
})
const known = (id: string, more: Partial<RigTraits>): KnownRig => ({ id, ...traits(more) })

describe('what tells rigs apart', () => {
  it.each([
    ['02:AA:bb:cc:dd:01', '02:aa:bb:cc:dd:01'],
    ['02-AA-bb-cc-dd-01', '02:aa:bb:cc:dd:01'],
    ['02aabbccdd01', '02:aa:bb:cc:dd:01'],
    ['00:00:00:00:00:00', null],
    ['ff:ff:ff:ff:ff:ff', null],
    ['0x:aa:bb:cc:dd:01', null],
    ['', null],
    [null, null],
  ])('takes %s for the MAC address %s', (text, mac) => {
    expect(realMac(text)).toBe(mac)
  })

  it.each(['0000', 'N/A', '   ', 'abc', 'unknown', null])('takes %s for no serial number', (text) => {
    expect(realSerial(text)).toBeNull()
  })

  it('names a rig by MAC address, then serial number, then where it was found', () => {
    const free = (): boolean => false
    expect(idFor(traits({ mac: '02AABBCCDD01', serial: 'SN-0001' }), free)).toBe('02:aa:bb:cc:dd:01')
    expect(idFor(traits({ mac: 'mangled', serial: 'SN 00/01' }), free)).toBe('SN-00-01')
    expect(idFor(traits({ port: 8080 }), free)).toBe('192.0.2.1:8080')
  })

  it('gives the second of one name a suffix', () => {
    const taken = new Set(['SN-0001', 'SN-0001-2'])
    expect(idFor(traits({ serial: 'SN-0001' }), (id) => taken.has(id))).toBe('SN-0001-3')
  })

  it('writes IPv6 addresses so that their port can be told', () => {
    expect(addressText({ host: 'fd00::1', port: 80 })).toBe('[fd00::1]:80')
    expect(addressText({ host: 'fd00::1', port: null })).toBe('fd00::1')
  })
})

describe('who a find is', () => {
  const mac = '02:00:00:00:00:01'

  it('is the known rig where it was', () => {
    expect(recognise(traits({ mac }), [known('a', { mac })])).toEqual({ kind: 'known', id: 'a' })
  })

  it('is the known rig at a new address, whatever was known there', () => {
    const book = [known('a', { mac, host: '192.0.2.9' }), known('b', { mac: '02:00:00:00:00:02' })]
    expect(recognise(traits({ mac }), book)).toEqual({ kind: 'elsewhere', ids: ['a'], displaces: 'b' })
  })

  it('is new where another MAC address was known', () => {
    expect(recognise(traits({ mac }), [known('b', { mac: '02:00:00:00:00:02' })])).toEqual({
      kind: 'new',
      displaces: 'b',
    })
  })

  it('is told by its serial number where it shows no MAC address', () => {
    const book = [known('a', { mac, serial: 'SN-0001', host: '192.0.2.9' })]
    expect(recognise(traits({ serial: 'SN-0001' }), book)).toMatchObject({ kind: 'elsewhere', ids: ['a'] })
  })

  it('is the rig of its address where neither says more', () => {
    expect(recognise(traits({}), [known('a', { mac })])).toEqual({ kind: 'known', id: 'a' })
    expect(recognise(traits({ mac }), [known('a', {})])).toEqual({ kind: 'known', id: 'a' })
  })

  it('is another one at another port', () => {
    expect(recognise(traits({ port: 8081 }), [known('a', { port: 8080 })])).toEqual({
      kind: 'new',
      displaces: null,
    })
  })

  it('knows each of two that share a MAC address by its address', () => {
    const book = [known('a', { mac }), known('a-2', { mac, host: '192.0.2.2' })]
    expect(recognise(traits({ mac, host: '192.0.2.2' }), book)).toEqual({ kind: 'known', id: 'a-2' })
  })

  it('takes two addresses with one serial number for one machine', () => {
    expect(isOneMachine({ serial: 'SN-0001' }, { serial: 'SN-0001' })).toBe(true)
    expect(isOneMachine({ serial: null }, { serial: null })).toBe(false)
  })
})
