import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type RigCommand } from '../../../src-main/fleet/families/family.ts'
import { proto } from '../../../src-main/fleet/families/proto.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { HANG_UP } from '../../../src-main/practice/firmware/firmware.ts'
import { protoFirmware } from '../../../src-main/practice/firmware/proto.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const tools = { clock: systemClock, entropy: systemEntropy }
const LOGIN = { username: '', password: 'correct horse' }
const TARGET = { url: 'stratum+tcp://192.0.2.10:3333', user: 'farm.rig7', password: 'secret' }

const start = (password: string | null = LOGIN.password): Promise<PracticeFirmware> =>
  startPracticeFirmware(protoFirmware, {
    model: 'Rig',
    firmwareVersion: '1.8.0',
    password,
    boardCount: 4,
    chipsPerBoard: 100,
    fanCount: 6,
    nameplateHs: 145e12,
    nameplateW: 3400,
    coreVoltageMv: 14_500,
  })

const read = async (rig: PracticeFirmware): Promise<RigReading> =>
  (await proto.read(rig.link(LOGIN), tools)).reading

const perform = async (rig: PracticeFirmware, command: RigCommand) =>
  proto.perform(rig.link(LOGIN), command, await read(rig), tools)

describe('a Proto Rig', () => {
  it('says what it is and does', async () => {
    const rig = await start()
    const { reading, failed } = await proto.read(rig.link(LOGIN), tools)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      make: 'Proto',
      model: 'Rig',
      firmware: 'ProtoOS',
      firmwareVersion: '1.8.0',
      mac: '02:00:00:00:00:07',
      serial: 'SN0007',
      state: 'mining',
      hashrates: { nowHs: 145e12, averageHs: 145e12 },
      expectedHs: 145e12,
      powerW: 3400,
      settings: {
        powerMode: 'MaximumHashrate',
        powerLimitW: 3400,
        powerLimitRangeW: { min: 1360, max: 3400 },
        fanAuto: true,
      },
      errors: [],
    })
    expect(reading.boards).toHaveLength(4)
    expect(reading.boards[3]).toMatchObject({
      serial: 'HB-SN0007-3',
      hashrateHs: 36.25e12,
      chipsWorking: 100,
      chipsExpected: 100,
      voltageV: 14.5,
    })
    expect(reading.chips).toHaveLength(400)
    expect(reading.fans).toHaveLength(6)
    expect(reading.pools).toMatchObject([
      { index: 0, url: 'stratum+tcp://pool.example:3333', active: true, alive: true },
      { index: 1, url: 'stratum+tcp://backup.example:3334', active: false, alive: null },
    ])
  })

  it('is open to everybody until it has a password', async () => {
    const rig = await start(null)
    expect((await proto.read(rig.link(), tools)).reading.state).toBe('mining')
  })

  it('says that a login is missing, or wrong', async () => {
    const rig = await start()
    await expect(proto.read(rig.link(), tools)).rejects.toMatchObject({ code: 'rig/login-missing' })
    await expect(proto.read(rig.link({ username: '', password: 'guess' }), tools)).rejects.toMatchObject({
      code: 'rig/wrong-password',
      message: expect.stringContaining('Invalid password') as unknown,
    })
  })

  it('logs in again when its tokens are gone after a reboot', async () => {
    const rig = await start()
    await perform(rig, { kind: 'reboot' })
    await expect.poll(() => rig.body.power).toBe('rebooting')
    await expect
      .poll(() =>
        read(rig)
          .then(({ state }) => state)
          .catch(() => null),
      )
      .toBe('mining')
  })

  it('is moved to another pool and back, keys and names kept', async () => {
    const rig = await start()
    const before = await proto.readPools(rig.link(LOGIN), tools)
    const url = 'stratum2+tcp://192.0.2.10:3336/9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnan'
    await perform(rig, { kind: 'set-pools', pools: [{ ...TARGET, url }, TARGET] })
    await expect.poll(() => rig.mined.at(-1)?.url).toBe(url)
    expect((await read(rig)).pools.map((pool) => pool.url)).toEqual([url, TARGET.url])
    const outcome = await perform(rig, { kind: 'restore-pools', snapshot: before })
    expect(outcome.outcome).toBe('accepted')
    await expect.poll(() => rig.mined.at(-1)?.url).toBe('stratum+tcp://pool.example:3333')
    expect((await proto.readPools(rig.link(LOGIN), tools)).own).toEqual(before.own)
  })

  it('leaves out pools that it has no place for, and says so', async () => {
    const rig = await start()
    const pools = [1, 2, 3, 4].map((n) => ({ ...TARGET, user: `farm.${n}` }))
    expect((await perform(rig, { kind: 'set-pools', pools })).note).toContain('three pools')
    expect(rig.body.pools).toHaveLength(3)
    await expect(
      perform(rig, { kind: 'set-pools', pools: [{ ...TARGET, url: 'stratum+ssl://192.0.2.10:3333' }] }),
    ).rejects.toMatchObject({ code: 'rig/not-supported' })
  })

  it('pauses, resumes, is located, and takes targets and fans', async () => {
    const rig = await start()
    await perform(rig, { kind: 'pause' })
    expect((await read(rig)).state).toBe('paused')
    expect(proto.capabilities(await read(rig)).pause.offered).toBe(false)
    await perform(rig, { kind: 'resume' })
    await expect.poll(async () => (await read(rig)).state).toBe('mining')
    await perform(rig, { kind: 'locate', on: true })
    expect(rig.body.locating).toBe(true)
    await perform(rig, { kind: 'locate', on: false })
    expect(rig.body.locating).toBe(false)
    await perform(rig, { kind: 'set-power-limit', watts: 3000 })
    await perform(rig, { kind: 'set-power-mode', mode: 'Efficiency' })
    await perform(rig, { kind: 'set-fan', percent: 60 })
    expect((await read(rig)).settings).toMatchObject({
      powerLimitW: 3000,
      powerMode: 'Efficiency',
      fanAuto: false,
      fanPercent: 60,
    })
    await expect(perform(rig, { kind: 'set-power-limit', watts: 500 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
    await expect(perform(rig, { kind: 'set-power-mode', mode: 'Warp' })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('Unknown performance_mode') as unknown,
    })
  })

  it('tells its errors in plain words', async () => {
    const rig = await start()
    rig.body.notes.set('errors', [
      {
        source: 'fan',
        slot: 3,
        error_code: 'FanSlow',
        timestamp: 1_764_160_757,
        message: 'Fan 3 has stalled',
      },
      { nothing: true },
    ])
    expect((await read(rig)).errors).toEqual([
      {
        code: 'FanSlow',
        text: 'Fan 3 has stalled',
        remedy: 'Check that the fan turns freely and its plug sits.',
        severity: 'error',
        component: 'fan 3',
        sinceMs: 1_764_160_757_000,
      },
    ])
  })

  it('is read in part when some of it fails', async () => {
    const rig = await startPracticeFirmware((body) => {
      const { http = () => HANG_UP } = protoFirmware(body)
      return {
        family: 'proto',
        ports: { http: [80] },
        http: (request) => {
          if (request.path.endsWith('/telemetry')) return { body: '{"miner": {"hash' }
          return request.path.endsWith('/cooling') ? { status: 500, body: 'oops' } : http(request)
        },
      }
    })
    const { reading, failed } = await proto.read(rig.link(), tools)
    expect(failed).toContain('GET /api/v1/cooling')
    expect(reading).toMatchObject({ state: 'mining', boards: [], fans: [], hashrates: { nowHs: 4e12 } })
  })
})
