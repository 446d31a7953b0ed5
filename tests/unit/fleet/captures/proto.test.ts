import { expect, it } from 'vitest'
import { readProto } from '../../../../src-main/fleet/families/readings/proto.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

it.runIf(captureFiles('proto').length > 0)('a recorded Proto Rig is read from its five answers', () => {
  const of = (name: string): unknown => captureJson(`proto/rig-1.8.0/${name}.json`)
  const reading = readProto(
    {
      system: of('system'),
      network: of('network'),
      mining: of('mining'),
      telemetry: of('telemetry_full'),
      pools: of('pools'),
    },
    1_780_000_000_000,
  )
  expect(reading).toMatchObject({
    make: 'Proto',
    model: 'Rig',
    firmware: 'ProtoOS',
    firmwareVersion: '1.8.0',
    controlBoard: 'C3',
    serial: 'PROTO-SIM-b6bdaf86',
    mac: '02:00:00:ad:66:39',
    hostname: 'proto-miner-af86',
    state: 'mining',
    hashrates: { nowHs: 141_147_435_031_471, averageHs: 141_147_435_031_471 },
    expectedHs: 145e12,
    powerSource: 'measured',
    systemUptimeS: 28,
    minerUptimeS: 28,
    shares: { accepted: 24_690, rejected: 20 },
    settings: { powerLimitW: 3400, fanAuto: null },
    hardwareErrors: 0,
    fans: [],
  })
  expect(reading?.powerW).toBeCloseTo(3447.0085, 3)
  expect(reading?.inputVoltageV).toBeCloseTo(232.229, 2)
  expect(reading?.boards.map(({ serial }) => serial?.slice(-2))).toEqual(['-0', '-1', '-2', '-3'])
  expect(reading?.boards[1]).toMatchObject({ hashrateHs: 33_618_811_133_185, chipsExpected: null })
  expect(reading?.boards[1]?.outletC).toBeCloseTo(54.98, 2)
  expect(reading?.temperatures.boardMaxC).toBeCloseTo(55.639, 3)
  expect(reading?.pools).toMatchObject([
    { index: 0, url: 'stratum+tcp://pool-a.example.com:3333', user: 'worker-a', active: true, alive: true },
    // Connected, but work goes to the first.
    {
      index: 1,
      url: 'stratum+tcp://pool-b.example.com:4444',
      active: false,
      alive: true,
      difficulty: 1_048_576,
    },
  ])
})
