import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { readNerdq } from '../../../../../src-main/fleet/families/readings/nerdq.ts'

const AT_MS = 1_780_000_000_000
const INFO = {
  ASICModel: 'BM1370',
  deviceModel: 'NerdOctaxe Gamma',
  hashRate: 9600,
  temp: 55,
  overheat_temp: 70,
  uptimeSeconds: 5000,
  stratumURL: 'one.example',
  stratumPort: 3333,
  stratumUser: 'me.rig',
  fallbackStratumURL: 'two.example',
  fallbackStratumPort: 3334,
  fallbackStratumUser: 'me.rig',
  sharesAccepted: 10,
}
const read = (more: Readonly<Record<string, unknown>> = {}) => {
  const reading = readNerdq({ ...INFO, ...more }, null, AT_MS)
  if (reading === null) throw new Error('not NerdQ')
  return reading
}

describe('NerdQ', () => {
  it('reads versions without the stratum object', () => {
    expect(read({ bestDiff: '270M', isStratumConnected: true })).toMatchObject({
      model: 'NerdOctaxe Gamma',
      bestShare: 270_000_000,
      pools: [
        { url: 'stratum+tcp://one.example:3333', active: true, alive: true, accepted: 10 },
        { url: 'stratum+tcp://two.example:3334', active: false, alive: null },
      ],
    })
  })

  it('shows both pools at work in dual mode, each with its own figures', () => {
    const pools = [
      { connected: true, accepted: 7, rejected: 1, poolDifficulty: 1024, pingRtt: 12 },
      { connected: false, accepted: 3, rejected: 0, poolDifficulty: 512, pingRtt: 0 },
    ]
    expect(read({ stratum: { poolMode: 1, activePoolMode: 1, pools } }).pools).toMatchObject([
      { active: true, alive: true, accepted: 7, rejected: 1, difficulty: 1024, pingMs: 12 },
      { active: true, alive: false, accepted: 3, rejected: 0, difficulty: 512, pingMs: null },
    ])
  })

  it('gives the figures to the pool it fell back to', () => {
    const stratum = { poolMode: 0, usingFallback: true, pools: [{ connected: true, accepted: 5 }] }
    expect(read({ stratum }).pools).toMatchObject([
      { active: false, alive: false, accepted: null },
      { active: true, alive: true, accepted: 5 },
    ])
  })

  it('tells a shut down rig from an overheated one', () => {
    expect(read({ shutdown: true, hashRate: 0 })).toMatchObject({
      state: 'paused',
      errors: [{ severity: 'warning' }],
    })
    expect(read({ shutdown: true, hashRate: 0, temp: 71 })).toMatchObject({
      state: 'overheated',
      errors: [{ severity: 'error', code: 'shutdown' }],
    })
  })

  it('warns of too much power, lost pings and pools that its own check refuses', () => {
    const { errors } = read({
      power: 120,
      maxPower: 100,
      recentpingloss: 40,
      stratum: { pools: [{ verifyBlocked: 'payout missing' }] },
    })
    expect(errors.map(({ code }) => code)).toEqual(['power-above-board', 'ping-loss', 'pool-blocked'])
    expect(errors[2]?.text).toContain('payout missing')
  })

  it('reads temperatures by chip where the sensors work', () => {
    expect(read({ asicTemps: [51, 62, 0, 58] })).toMatchObject({
      temperatures: { chipMaxC: 62 },
      boards: [{ chipAverageC: 57 }],
      chips: [{ temperatureC: 51 }, { temperatureC: 62 }, { temperatureC: null }, { temperatureC: 58 }],
    })
    expect(read({ asicTemps: [0, 0] }).chips).toEqual([])
  })

  it('never throws, whatever is answered', () => {
    const members = fc.constantFrom(...Object.keys(INFO), 'stratum', 'fans', 'asicTemps', 'shutdown', 'otp')
    fc.assert(
      fc.property(fc.dictionary(members, fc.jsonValue({ maxDepth: 3 })), (more) => {
        expect(readNerdq({ ...INFO, ...more, ASICModel: 'BM1370' }, null, AT_MS)?.family).toBe('nerdq')
      }),
    )
  })
})
