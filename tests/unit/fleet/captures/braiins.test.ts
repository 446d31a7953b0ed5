import { expect, it } from 'vitest'
import { readBraiinsGraphql } from '../../../../src-main/fleet/families/readings/braiins-graphql.ts'
import { readBraiinsRest } from '../../../../src-main/fleet/families/readings/braiins-rest.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const recorded = it.runIf(captureFiles('braiins-os').length > 0)

/** Shortly after the last share that the recording counts. */
const RECORDED_25_07_MS = 1_776_446_525_000
const RECORDED_26_04_MS = 1_776_445_678_000

function rest(folder: string, atMs: number): ReturnType<typeof readBraiinsRest> {
  const of = (name: string): unknown => captureJson(`braiins-os/${folder}/${name}.json`)
  return readBraiinsRest(
    {
      version: of('version'),
      'miner/details': of('miner_details'),
      'miner/stats': of('miner_stats'),
      'miner/hw/hashboards': of('miner_hw_hashboards'),
      'cooling/state': of('cooling_state'),
      'performance/tuner-state': of('performance_tuner_state'),
      'pools/': of('pools'),
      'miner/errors': of('miner_errors'),
      'actions/locate': of('actions_locate'),
      'configuration/miner': of('configuration_miner'),
    },
    atMs,
  )
}

function graphql(folder: string): ReturnType<typeof readBraiinsGraphql> {
  const of = (name: string): unknown => captureJson(`braiins-os/${folder}/${name}.json`) ?? undefined
  return readBraiinsGraphql(
    {
      system: of('gql_system'),
      boards: of('gql_boards'),
      pools: of('gql_pools'),
      tuning: of('gql_tuning'),
      events: of('gql_events'),
      rpcVersion: of('version'),
      network: of('web_net_conf'),
    },
    RECORDED_26_04_MS,
  )
}

recorded('an Antminer S19 XP on Braiins OS 25.07 is read from REST', () => {
  const rig = rest('25.07-rest-s19xp', RECORDED_25_07_MS)
  expect(rig).toMatchObject({
    family: 'braiins',
    make: 'Antminer',
    model: 'S19 XP',
    firmware: 'Braiins OS',
    firmwareVersion: '25.07',
    apiVersion: '1.0.0',
    controlBoard: 'Amlogic',
    mac: '02:ee:da:a9:b6:4a',
    serial: null,
    hostname: 'Antminer',
    state: 'mining',
    stickerHs: 141e12,
    powerW: 3137,
    powerSource: 'estimated',
    systemUptimeS: 69_725,
    minerUptimeS: 69_685,
    bestShare: 776_342_690,
    blocksFound: 0,
    locating: false,
    hashErrorPercent: 0,
  })
  expect(rig.hashrates.nowHs).toBe(141_463_565_400_721)
  expect(rig.hashrates.minuteHs).toBe(144_009_075_694_463)
  expect(rig.hashrates.dayHs).toBe(112_813_329_000_800)
  expect(rig.expectedHs).toBe(142_876_598_290_866)
  expect(rig.boards.map(({ label, chipsWorking }) => [label, chipsWorking])).toEqual([
    ['1', 110],
    ['2', 110],
    ['3', 110],
  ])
  expect(rig.boards[0]).toMatchObject({
    slot: 0,
    serial: 'NGSBYPDBCJBAG8562',
    boardC: 55.5,
    chipMaxC: 70.5,
    inletC: 41,
    outletC: 55.5,
    frequencyMHz: 486.704545,
    active: true,
    missing: false,
  })
  expect(rig.boards[0]?.voltageV).toBeCloseTo(12.938, 3)
  expect(rig.temperatures).toMatchObject({ chipMaxC: 70.5, boardMaxC: 55.5 })
  expect(rig.fans.map(({ rpm, dutyPercent }) => [rpm, dutyPercent])).toEqual([
    [5904, 100],
    [5874, 100],
    [5874, 100],
    [5904, 100],
  ])
  expect(rig.settings).toMatchObject({ powerMode: 'power target', powerLimitW: 3031 })
  expect(rig.shares).toMatchObject({
    accepted: 10_464,
    rejected: 18,
    stale: 0,
    lastShareAtMs: 1_776_446_524_734,
  })
  expect(rig.pools.map(({ group, active, accepted }) => [group, active, accepted])).toEqual([
    ['foremanGroup', true, 10_460],
    ['foremanGroup', false, 4],
  ])
})

recorded('an Antminer S21 Pro on Braiins OS 26.04 is read from REST', () => {
  const rig = rest('26.04-rest-s21pro', RECORDED_26_04_MS)
  expect(rig).toMatchObject({
    make: 'Antminer',
    model: 'S21 Pro',
    firmwareVersion: '26.04',
    apiVersion: '1.3.0',
    mac: '02:8f:77:ec:e7:e0',
    serial: 'THQGFKUBDJIAH0E9G',
    state: 'mining',
    powerW: 3480,
    minerUptimeS: 7039,
    bestShare: 499_065_300,
  })
  expect(rig.hashrates.nowHs).toBe(248_186_677_200_025)
  expect(rig.boards).toHaveLength(3)
  expect(rig.boards[0]).toMatchObject({ chipsWorking: 65, chipMaxC: 65.375, inletC: 35.625 })
  expect(rig.fans[0]).toEqual({ label: '0', rpm: 5943, dutyPercent: 92, ok: null })
  expect(rig.pools[1]).toMatchObject({ group: 'Default', active: false, alive: true, lastShareAtMs: null })
})

recorded('129 complaints of weeks ago are no errors of now', () => {
  expect(rest('26.04-rest-s21pro', RECORDED_26_04_MS).errors).toEqual([])
})

recorded('complaints since its miner started are explained, each once', () => {
  const of = (name: string): unknown => captureJson(`braiins-os/26.04-rest-s21pro/${name}.json`)
  const { errors } = readBraiinsRest(
    { 'miner/details': { bosminer_uptime_s: 3600 }, 'miner/errors': of('miner_errors') },
    Date.parse('2026-03-20T21:45:00Z'),
  )
  expect(errors.map(({ code, severity, component }) => [code, severity, component])).toEqual([
    ['sensor', 'warning', 'board 1'],
    ['sensor', 'warning', 'board 2'],
    ['V2', 'error', null],
    ['H1', 'error', 'board 0'],
    ['chips-missing', 'error', 'board 0'],
    ['name-not-found', 'warning', 'pool'],
    ['sensor', 'warning', 'board 0'],
  ])
  expect(errors.every(({ remedy }) => remedy !== null && remedy !== '')).toBe(true)
})

recorded('an Antminer S9 on Braiins OS 22.08 is read from GraphQL', () => {
  const rig = graphql('22.08-graphql-s9')
  expect(rig).toMatchObject({
    firmwareVersion: '22.08',
    apiVersion: '3.7',
    hostname: 'miner-60726c',
    mac: '01:23:45:67:89:10',
    state: 'mining',
    powerW: 735,
    systemUptimeS: 1189,
    locating: false,
    errors: [],
  })
  expect(rig.hashrates.nowHs).toBe(7_160_208_944_956)
  expect(rig.expectedHs).toBe(7_242_402_523_230)
  expect(rig.boards.map(({ label, boardC, chipMaxC }) => [label, boardC, chipMaxC])).toEqual([
    ['6', 71, 81.625],
    ['7', 75.375, 89.25],
    ['8', 66.125, 80],
  ])
  expect(rig.boards[0]).toMatchObject({ chipsWorking: 63, frequencyMHz: 420.170944, serial: null })
  expect(rig.fans.map(({ rpm }) => rpm)).toEqual([4080, 5580, 0, 0])
  expect(rig.settings).toMatchObject({ powerMode: 'power target', powerLimitW: 900 })
  expect(rig.pools.map(({ group, accepted, alive }) => [group, accepted, alive])).toEqual([
    ['group', 31, true],
    ['test', 18, true],
  ])
  expect(rig.shares).toMatchObject({ accepted: 49, rejected: 0, stale: null })
})

recorded(
  'an Antminer S21+ on Braiins OS 25.03 is read from GraphQL, with its newer names of temperatures',
  () => {
    const rig = graphql('25.03-graphql-s21plus')
    expect(rig).toMatchObject({ firmwareVersion: '25.03', mac: '02:34:98:9e:9f:e1', powerW: 4448 })
    expect(
      rig.boards.map(({ serial, boardC, chipMaxC, inletC, outletC }) => [
        serial,
        boardC,
        chipMaxC,
        inletC,
        outletC,
      ]),
    ).toEqual([
      ['NGSBYT0BEJCJD0CHY', 60, 75, 39, 60],
      ['NGSBYT0BEJCJD0BP5', 58.5, 73.5, 39.5, 58.5],
      ['NGSBYT0BEJCJD0BG4', 57.5, 72.5, 39.5, 57.5],
    ])
    expect(rig.pools[0]).toMatchObject({
      group: 'foremanGroup',
      accepted: 10_781,
      rejected: 24,
      active: true,
    })
    expect(rig.pools[1]).toMatchObject({ active: false, alive: true })
  },
)
