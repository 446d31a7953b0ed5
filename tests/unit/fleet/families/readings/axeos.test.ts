import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { mergeUpdate, parseLiveMessage } from '../../../../../src-main/fleet/families/readings/axeos-live.ts'
import { axeos } from '../../../../../src-main/fleet/families/axeos.ts'
import { readAxeos } from '../../../../../src-main/fleet/families/readings/axeos.ts'

const AT_MS = 1_780_000_000_000
const INFO = {
  ASICModel: 'BM1370',
  boardVersion: '601',
  hashRate: 1000,
  temp: 60,
  temp2: -1,
  vrTemp: -1,
  uptimeSeconds: 5000,
  fanrpm: 4000,
  fanspeed: 50,
  stratumURL: 'pool.example',
  stratumPort: 3333,
  stratumUser: 'me.rig',
}
const read = (more: Readonly<Record<string, unknown>> = {}, asic: unknown = null) => {
  const reading = readAxeos({ ...INFO, ...more }, asic, AT_MS)
  if (reading === null) throw new Error('not AxeOS')
  return reading
}

describe('AxeOS', () => {
  it('is not what answers without a chip model, such as a lamp bridge', () => {
    expect(readAxeos({ name: 'Bridge', modelid: 'BSB002' }, null, AT_MS)).toBeNull()
    expect(readAxeos('<html>', null, AT_MS)).toBeNull()
    expect(readAxeos(null, null, AT_MS)).toBeNull()
  })

  it.each([
    ['2.2', 'Bitaxe', 'Max'],
    ['102', 'Bitaxe', 'Max'],
    ['0.11', 'Bitaxe', 'Ultra'],
    ['204', 'Bitaxe', 'Ultra'],
    ['303', 'Bitaxe', 'Hex'],
    ['400', 'Bitaxe', 'Supra'],
    ['702', 'Bitaxe', 'SupraHex'],
    ['603', 'Bitaxe', 'Gamma'],
    ['650', 'Bitaxe', 'GammaDuo'],
    ['801', 'Bitaxe', 'GammaTurbo'],
    ['950', null, 'BM1370'],
  ])('knows board %s as %s %s', (boardVersion, make, model) => {
    expect(read({ boardVersion })).toMatchObject({ make, model })
  })

  it('is read in a version of tomorrow, and not told what it does not show', () => {
    const tomorrow = readAxeos(
      {
        ASICModel: 'BM1390',
        version: 'v9.0.0',
        hashRate: 1000,
        destinations: { first: 'pool.example:3333' },
      },
      null,
      AT_MS,
    )
    expect(tomorrow).toMatchObject({ firmwareVersion: 'v9.0.0', hashrates: { nowHs: 1e12 } })
    const offered = tomorrow && axeos.capabilities(tomorrow)
    for (const kind of ['set-pools', 'set-frequency', 'set-voltage', 'set-fan', 'pause', 'locate'] as const) {
      expect(offered?.[kind]).toMatchObject({ offered: false, because: expect.stringMatching(/^\S+ .+\.$/) })
    }
  })

  it('believes forks that name themselves', () => {
    expect(read({ minerModel: 'LuckyMiner LV08' })).toMatchObject({ make: 'LuckyMiner', model: 'LV08' })
    expect(read({ boardVersion: 'x' }, { deviceModel: 'Nano' })).toMatchObject({ make: null, model: 'Nano' })
    expect(read({ version: 'v2.11.4-TCH' }).firmwareVersion).toBe('v2.11.4-TCH')
  })

  it('counts the chips of six on a board', () => {
    const asics = [1, 2, 3, 4, 5, 6].map((n) => ({ total: n === 4 ? 0 : 500, errorCount: n }))
    const hex = read({ boardVersion: '302', smallCoreCount: 894, frequency: 500, hashrateMonitor: { asics } })
    expect(hex.expectedHs).toBe(500e6 * 894 * 6)
    expect(hex.boards[0]).toMatchObject({ chipsExpected: 6, chipsWorking: 5, hardwareErrors: 21 })
    expect(hex.errors[0]).toMatchObject({
      code: 'chip-silent',
      text: expect.stringContaining('chip 4 of 6') as unknown,
    })
  })

  it('takes -1 for a sensor that is not there', () => {
    expect(read().temperatures).toMatchObject({ chipMaxC: 60, regulatorC: null })
    expect(read({ temp: -1 }).temperatures.chipMaxC).toBeNull()
  })

  it('tells paused, overheated, faulty, starting and stopped apart', () => {
    expect(read().state).toBe('mining')
    expect(read({ miningPaused: true, hashRate: 0 }).state).toBe('paused')
    expect(read({ overheat_mode: 1, hashRate: 0 }).state).toBe('overheated')
    expect(read({ overheat_mode: '1', hashRate: 0 }).state).toBe('overheated')
    expect(read({ power_fault: 'Vin under voltage', hashRate: 0 }).state).toBe('error')
    expect(read({ hashRate: 0, uptimeSeconds: 20 }).state).toBe('starting')
    expect(read({ hashRate: 0 }).state).toBe('stopped')
  })

  it('says in plain words what is wrong, and what to do', () => {
    const { errors } = read({
      overheat_mode: 1,
      power_fault: 'Vin under voltage',
      hardware_fault: 'Fan Control Failed (set)',
      poolConnectionInfo: 'SV2: Auth failed - check key',
      resetReason: 'Brownout reset',
      uptimeSeconds: 60,
      version: 'v2.15.0',
      axeOSVersion: 'v2.14.1',
    })
    expect(errors.map(({ code, severity }) => [code, severity])).toEqual([
      ['overheat_mode', 'error'],
      ['power_fault', 'error'],
      ['hardware_fault', 'error'],
      ['pool-connection', 'error'],
      ['restarted', 'warning'],
      ['web-image-differs', 'info'],
    ])
    for (const { remedy } of errors) expect(remedy).toMatch(/\.$/)
    expect(read().errors).toEqual([])
    expect(read({ fanrpm: 0 }).errors[0]).toMatchObject({ code: 'fan-silent', component: 'fan' })
  })

  it('spells pools with the scheme that their settings mean', () => {
    const url = (more: Readonly<Record<string, unknown>>): string | undefined => read(more).pools[0]?.url
    expect(url({})).toBe('stratum+tcp://pool.example:3333')
    expect(url({ stratumTLS: 2 })).toBe('stratum+ssl://pool.example:3333')
    expect(url({ stratumTLS: true })).toBe('stratum+ssl://pool.example:3333')
    expect(url({ stratumProtocol: 'SV2', stratumV2AuthorityPubkey: '9key' })).toBe(
      'stratum2+tcp://pool.example:3333/9key',
    )
    expect(url({ stratumURL: 'stratum+tcp://pool.example' })).toBe('stratum+tcp://pool.example:3333')
    expect(url({ stratumURL: 'fd00::1' })).toBe('stratum+tcp://[fd00::1]:3333')
    expect(read({ stratumURL: '' }).pools).toEqual([])
  })

  it('shows which slot is worked for, first and fallback', () => {
    const slot = (id: number) => ({
      id,
      stratumURL: `pool${String(id)}.example`,
      stratumPort: 3333,
      stratumUser: 'me',
    })
    const slots = { pools: [slot(1), slot(3), slot(6)], primaryPoolIndex: 6, secondaryPoolIndex: 1 }
    expect(read(slots).pools.map(({ index, active, alive }) => [index, active, alive])).toEqual([
      [6, true, null],
      [1, false, null],
      [3, false, null],
    ])
    const fallen = { ...slots, isUsingFallbackStratum: true, poolConnectionInfo: 'IPv4 (TLS)' }
    expect(read(fallen).pools.map(({ index, active, alive }) => [index, active, alive])).toEqual([
      [6, false, false],
      [1, true, true],
      [3, false, null],
    ])
  })

  it('reads fan settings of both namings', () => {
    expect(read({ autofanspeed: 0 }).settings).toMatchObject({ fanAuto: false, fanPercent: 50 })
    expect(read({ autofanspeed: 0, manualFanSpeed: 80 }).settings.fanPercent).toBe(80)
    expect(read({ autofanspeed: true, manualFanSpeed: 80 }).settings).toMatchObject({
      fanAuto: true,
      fanPercent: null,
    })
  })

  it('never throws, whatever is answered', () => {
    const members = fc.constantFrom(
      ...Object.keys(INFO),
      'pools',
      'hashrateMonitor',
      'sharesRejectedReasons',
      'bestDiff',
    )
    fc.assert(
      fc.property(fc.dictionary(members, fc.jsonValue({ maxDepth: 3 })), fc.jsonValue(), (more, asic) => {
        expect(readAxeos({ ...INFO, ...more, ASICModel: 'BM1370' }, asic, AT_MS)?.family).toBe('axeos')
      }),
    )
  })
})

describe('live updates of AxeOS', () => {
  it('are merged by member, lists whole, and nothing is removed', () => {
    const first = { a: 1, inner: { x: 1, y: 2 }, list: [1, 2, 3] }
    const second = mergeUpdate(first, { inner: { y: 3 }, list: [4] })
    expect(second).toEqual({ a: 1, inner: { x: 1, y: 3 }, list: [4] })
    expect(first.inner.y).toBe(2)
    expect(mergeUpdate(null, first)).toBe(first)
  })

  it('are told from other messages and from what is no JSON', () => {
    expect(parseLiveMessage('{"event":"update","data":{"a":1}}')).toEqual({ ok: true, value: { a: 1 } })
    expect(parseLiveMessage('{"event":"hello"}')).toEqual({ ok: true, value: null })
    expect(parseLiveMessage('{"event":"update","data":[1]}')).toEqual({ ok: true, value: null })
    expect(parseLiveMessage('I (123) log line')).toEqual({ ok: false, error: 'not-json' })
  })
})
