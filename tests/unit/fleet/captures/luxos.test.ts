import { expect, it } from 'vitest'
import { luxosBoardIds, readLuxos } from '../../../../src-main/fleet/families/readings/luxos.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const recorded = it.runIf(captureFiles('luxos').length > 0)
const RECORDED_MS = 1_760_242_394_000

const of = (name: string): unknown => captureJson(`luxos/s19kpro-2025.4.8/${name}.json`)

function recording(more: Parameters<typeof readLuxos>[0] = {}): ReturnType<typeof readLuxos> {
  return readLuxos(
    {
      version: of('version'),
      config: of('config'),
      summary: of('summary'),
      devs: of('devs'),
      stats: of('stats'),
      pools: of('pools'),
      fans: of('fans'),
      temps: of('temps'),
      power: of('power'),
      profiles: of('profiles'),
      voltages: [of('voltageget_0')],
      chips: [of('healthchipget_0')],
      ...more,
    },
    RECORDED_MS,
  )
}

recorded('an Antminer S19k Pro on LuxOS 2025.4.8 is read', () => {
  const rig = recording()
  expect(rig).toMatchObject({
    family: 'luxos',
    make: 'Antminer',
    model: 'S19k Pro',
    firmware: 'LuxOS',
    firmwareVersion: '2025.4.8.220305',
    apiVersion: '3.7',
    controlBoard: 'cvitek',
    mac: '62:f7:5e:b7:10:46',
    serial: 'JYZZB0UBDJABF06RB',
    hostname: 'UrlacherS19k',
    state: 'mining',
    expectedHs: 61_954_200_000_000,
    stickerHs: 121_800_000_000_000,
    powerW: 1051,
    powerSource: 'estimated',
    minerUptimeS: 3453,
    systemUptimeS: null,
    bestShare: 32_768,
    blocksFound: 0,
    locating: false,
    errors: [],
    hashErrorPercent: 0,
    hardwareErrors: 0,
  })
  expect(rig.hashrates).toMatchObject({
    nowHs: 59_756_060_000_000,
    minuteHs: 60_829_480_000_000,
    fiveMinutesHs: 61_589_500_000_000,
    fifteenMinutesHs: 61_506_370_000_000,
    dayHs: 55_400_800_000_000,
    averageHs: 56_917_910_000_000,
  })
  expect(rig.hashrates.hourHs).toBeCloseTo(56_760_526_353_624, -3)
  expect(rig.shares).toMatchObject({
    accepted: 1483,
    rejected: 1,
    stale: 0,
    lastShareAtMs: RECORDED_MS - 1000,
  })
})

recorded('its boards come by number though devs lists them otherwise', () => {
  const { boards } = recording()
  expect(luxosBoardIds(of('devs'))).toEqual([0, 1, 2])
  expect(boards.map(({ slot, label, serial }) => [slot, label, serial])).toEqual([
    [0, 'J7', 'JYZZYRSBDJEBI06Z5'],
    [1, 'J9', 'JYZZYRSBDJEBI06ZM'],
    [2, 'J8', 'JYZZYRSBDJEBI06ZR'],
  ])
  expect(boards[0]).toMatchObject({
    hashrateHs: 19_773_825_716_920,
    expectedHs: 20_651_400_000_000,
    chipsWorking: 77,
    chipsExpected: 77,
    boardC: 47,
    inletC: 34,
    outletC: 47,
    frequencyMHz: 300,
    voltageV: 11.88,
    active: true,
  })
})

recorded('every chip of its board is known', () => {
  const { chips } = recording()
  expect(chips).toHaveLength(77)
  expect(chips[0]).toEqual({
    boardSlot: 0,
    index: 0,
    hashrateHs: 266_840_000_000,
    temperatureC: null,
    frequencyMHz: 300,
    voltageV: null,
    errors: null,
    working: true,
  })
})

recorded('its profiles are its power modes', () => {
  const { settings } = recording()
  expect(settings.powerMode).toBe('290MHz')
  expect(settings.powerModes).toHaveLength(25)
  expect(settings.powerModes).toContainEqual({ id: 'default', label: 'default, 121.8 TH/s, 2794 W' })
  expect(settings).toMatchObject({ frequencyMHz: 300, coreVoltageMv: 11_880, fanPercent: 20, fanAuto: null })
})

recorded('a pool that never had a share has no last one, though it says how long the miner runs', () => {
  const { pools } = recording()
  expect(
    pools.map(({ index, group, alive, active, lastShareAtMs }) => [
      index,
      group,
      alive,
      active,
      lastShareAtMs,
    ]),
  ).toEqual([
    [0, 'group 0', true, true, RECORDED_MS - 1000],
    [1, 'group 0', false, false, null],
    [2, 'group 1', true, true, RECORDED_MS - 1000],
    [3, 'group 1', false, false, null],
  ])
  expect(pools[0]).toMatchObject({
    url: 'stratum+tcp://ca.stratum.braiins.com:3333',
    user: 'asic-rs.user1',
    accepted: 724,
    difficulty: 32_768,
  })
})

recorded('its events say what to do', () => {
  const { errors } = recording({ events: of('events') })
  expect(errors.map(({ code, severity, component }) => [code, severity, component])).toEqual([
    ['NOPIC_PROTECTION', 'error', null],
    ['REBOOT_NOT_HASHING', 'warning', 'board 0'],
  ])
  expect(errors[0]?.remedy).toContain('restart the rig')
})
