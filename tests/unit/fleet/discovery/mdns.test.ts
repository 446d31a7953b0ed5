import { describe, expect, it } from 'vitest'
import { addressOfService, isAxeosService } from '../../../../src-main/fleet/discovery/mdns.ts'

describe('announced services', () => {
  it.each([
    [{ name: 'A web server', subtypes: ['axeos'] }, true],
    [{ name: 'Bitaxe Gamma 601 (01a2)' }, true],
    [{ name: 'attic', txt: { board: '601', family: 'Gamma', asic: 'BM1370', fw_version: 'v2.15.0' } }, true],
    [{ name: 'attic', txt: { BOARD: '601', Asic: 'BM1370', FW_VERSION: 'v2.15.0' } }, true],
    [{ name: 'A printer', subtypes: ['printer'], txt: { board: 'x' } }, false],
    [{ name: 'My Bitaxe page', txt: null }, false],
    [{}, false],
  ])('%j is of AxeOS: %s', (service, expected) => {
    expect(isAxeosService(service)).toBe(expected)
  })

  it.each([
    [
      { port: 80, addresses: ['fe80::1', '192.168.1.7'] },
      { host: '192.168.1.7', port: null },
    ],
    [
      { port: 8080, addresses: ['192.168.1.7'] },
      { host: '192.168.1.7', port: 8080 },
    ],
    [
      { port: 80, addresses: [], referer: { address: '192.168.1.8' } },
      { host: '192.168.1.8', port: null },
    ],
    [{ port: 80, addresses: ['fe80::1'], referer: { address: 'fe80::1' } }, null],
    [
      { port: 70_000, addresses: ['192.168.1.7'] },
      { host: '192.168.1.7', port: null },
    ],
  ])('%j is at %j', (service, expected) => {
    expect(addressOfService(service)).toEqual(expected)
  })
})
