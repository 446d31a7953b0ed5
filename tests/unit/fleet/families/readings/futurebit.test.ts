import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { futurebitReading } from '../../../../../src-main/fleet/families/readings/futurebit.ts'

const AT_MS = 1_720_000_000_000

const unit = (members: object = {}): object => ({
  uuid: 'a',
  version: 'v1',
  master: {
    upTime: 100,
    boardsW: '258.0',
    hwAddr: '00:00:00:00:00:00',
    intervals: { int_30: { bySol: '3100.5' } },
  },
  pool: {
    host: 'Pool.example',
    port: '3333',
    userName: 'u',
    diff: 5002,
    intervals: { int_0: { sharesAccepted: 7 } },
  },
  fans: { int_0: { rpm: [4352] } },
  slots: { int_0: { chips: 44, pwrOn: 1, temperature: '61.5' } },
  slaves: [{ uid: '47003B' }],
  ...members,
})

describe('what an Apollo says', () => {
  it('is summed over its units', () => {
    const read = futurebitReading({ stats: { stats: [unit(), unit({ uuid: 'b' })] } }, AT_MS)
    expect(read).toMatchObject({
      model: 'Apollo BTC',
      hashrates: { nowHs: 6_201_000_000_000 },
      powerW: 516,
      shares: { accepted: 14, rejected: null },
      mac: null,
      minerUptimeS: 100,
    })
    expect(read.boards.map(({ label, hashrateHs, boardC }) => [label, hashrateHs, boardC])).toEqual([
      ['a', 3_100_500_000_000, 61.5],
      ['b', 3_100_500_000_000, 61.5],
    ])
    expect(read.fans.map(({ label, rpm }) => [label, rpm])).toEqual([
      ['0.0', 4352],
      ['1.0', 4352],
    ])
  })

  it('takes the address of the box, not of something virtual in it', () => {
    const network = [
      { name: 'lo', mac: '00:00:00:00:00:00' },
      { name: 'docker0', mac: '02:42:AC:11:00:02' },
      { name: 'wlan0', mac: 'AA:BB:CC:DD:EE:01' },
    ]
    expect(futurebitReading({ mcu: { stats: { network } } }, AT_MS).mac).toBe('aa:bb:cc:dd:ee:01')
  })

  it('believes what it says of its miner before figures that were left standing', () => {
    const state = (status: string): string =>
      futurebitReading({ stats: { stats: [unit()] }, online: { online: { status } } }, AT_MS).state
    expect([state('online'), state('offline'), state('pending'), state('error')]).toEqual([
      'mining',
      'paused',
      'starting',
      'error',
    ])
  })

  it('knows which of its pools it works for, and leaves out what is switched off', () => {
    const pools = [
      { index: 1, enabled: true, url: 'stratum+tcp://pool.example:3333', username: 'u' },
      { index: 2, enabled: true, url: 'backup.example:3333', username: 'v' },
      { index: 3, enabled: false, url: 'stratum+tcp://off.example:3333', username: 'w' },
    ]
    expect(futurebitReading({ stats: { stats: [unit()] }, pools: { pools } }, AT_MS).pools).toMatchObject([
      { index: 1, active: true, accepted: 7, difficulty: 5002 },
      { index: 2, active: false, accepted: null, url: 'stratum+tcp://backup.example:3333' },
    ])
  })

  it('lists its custom mode only where it is in use', () => {
    const modes = (minerMode: string): string[] =>
      futurebitReading(
        { settings: { settings: { minerMode, frequency: 45 } } },
        AT_MS,
      ).settings.powerModes.map(({ id }) => id)
    expect(modes('eco')).toEqual(['eco', 'balanced', 'turbo'])
    expect(modes('custom')).toEqual(['eco', 'balanced', 'turbo', 'custom'])
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        futurebitReading({ stats: value, online: value, mcu: value, pools: value, settings: value }, AT_MS)
        futurebitReading(
          { stats: { stats: [value] }, pools: { pools: [value] }, mcu: { stats: value } },
          AT_MS,
        )
      }),
    )
  })
})
