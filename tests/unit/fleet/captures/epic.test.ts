import { expect, it } from 'vitest'
import { readEpic } from '../../../../src-main/fleet/families/readings/epic.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const recorded = it.runIf(captureFiles('epic').length > 0)
const RECORDED_MS = 1_755_134_759_000

const of = (name: string): unknown => captureJson(`epic/s19xp-powerplay/${name}.json`)

function recording(): ReturnType<typeof readEpic> {
  return readEpic(
    {
      summary: of('summary'),
      capabilities: of('capabilities'),
      network: of('network'),
      temps: of('temps'),
      'temps/chip': of('chip_temps'),
    },
    RECORDED_MS,
  )
}

recorded('an Antminer S19 XP on ePIC PowerPlay is read', () => {
  const rig = recording()
  expect(rig).toMatchObject({
    family: 'epic',
    make: 'Antminer',
    model: 'S19 XP',
    firmware: 'ePIC',
    firmwareVersion: '1.5.13',
    controlBoard: 'STM32 (Device Tree Support)',
    mac: 'e6:d4:41:51:64:28',
    serial: '002000353232510933363631',
    hostname: 'cminer32092035',
    state: 'mining',
    stickerHs: 143e12,
    powerW: 2166.6174,
    powerSource: 'measured',
    inputVoltageV: null,
    minerUptimeS: 23_170,
    locating: false,
    errors: [],
  })
  expect(rig.hashrates.nowHs).toBe(99_365_848_000_000)
  expect(rig.hashrates.averageHs).toBe(90_071_990_000_000)
  expect(rig.expectedHs).toBeCloseTo(95_912_880_000_000, -10)
  expect(rig.shares).toMatchObject({ accepted: 1862, rejected: 2, lastShareAtMs: 1_755_134_734_000 })
})

recorded('a board that was switched off is there, and does nothing', () => {
  const { boards } = recording()
  expect(boards.map(({ slot, active, missing, hashrateHs }) => [slot, active, missing, hashrateHs])).toEqual([
    [0, false, false, null],
    [1, true, false, 49_440_724_000_000],
    [2, true, false, 49_925_124_000_000],
  ])
  // Its sensors still tell.
  expect(boards[0]?.boardC).toBe(42.875)
  expect(boards[1]).toMatchObject({
    serial: 'YNAHYPDBCJEBC0D6S',
    chipsExpected: 110,
    chipsWorking: null,
    boardC: 67,
    frequencyMHz: 487.5,
    voltageV: 12.6,
  })
})

recorded('a rig without chip sensors has no chips at zero degrees', () => {
  expect(recording().chips).toEqual([])
})

recorded('only the sockets that this model has are fans', () => {
  expect(recording().fans.map(({ label, rpm, dutyPercent }) => [label, rpm, dutyPercent])).toEqual([
    ['1', 5971, 100],
    ['2', 0, 100],
    ['3', 5942, 100],
    ['4', 5745, 100],
  ])
})

recorded('what it is set to is read', () => {
  const { settings } = recording()
  expect(settings).toMatchObject({
    powerMode: 'VoltageOptimizer',
    powerLimitW: 3000,
    frequencyMHz: 485,
    coreVoltageMv: 12_600,
    fanAuto: true,
    targetC: 60,
  })
  expect(settings.powerModes.map(({ id }) => id)).toEqual([
    'off',
    'VoltageOptimizer',
    'ChipTune',
    'BoardTune',
  ])
})

recorded('its pool is the one it works for, under the name that was entered', () => {
  expect(recording().pools).toEqual([
    {
      index: 0,
      url: 'stratum+tcp://mine.ocean.xyz:3334',
      user: 'randomuser.randomworker',
      group: null,
      alive: true,
      active: true,
      devFee: false,
      accepted: 1862,
      rejected: 2,
      stale: null,
      difficulty: 262_144,
      pingMs: 38,
      lastShareAtMs: 1_755_134_734_000,
    },
  ])
})
