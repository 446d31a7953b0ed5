/** The adapter for ePIC's firmware against practice firmware over real sockets. */
import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { epic } from '../../../src-main/fleet/families/epic.ts'
import {
  type PoolTarget,
  type RigCommand,
  type WriteOutcome,
} from '../../../src-main/fleet/families/family.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { epicFirmware } from '../../../src-main/practice/firmware/epic.ts'
import {
  type BootFirmware,
  type FirmwareReply,
  HANG_UP,
} from '../../../src-main/practice/firmware/firmware.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'
import { until } from '../../support/proxy/until.ts'

const TOOLS = { clock: systemClock, entropy: systemEntropy }
const LOGIN = { username: 'root', password: 'secret' }
const NEW_POOL: PoolTarget = {
  url: 'stratum+tcp://headframe.example:3333',
  user: 'bc1qnew.rig7',
  password: 'p',
}

const start = (boot: BootFirmware = epicFirmware): Promise<PracticeFirmware> =>
  startPracticeFirmware(boot, {
    make: 'Antminer',
    model: 'S19 XP',
    firmwareVersion: '1.5.13',
    boardCount: 3,
    coreVoltageMv: 12_900,
    password: 'secret',
    restartMs: 30,
  })

async function read(rig: PracticeFirmware): Promise<RigReading> {
  return (await epic.read(rig.link(), TOOLS)).reading
}

async function tell(rig: PracticeFirmware, command: RigCommand): Promise<WriteOutcome> {
  return epic.perform(rig.link(LOGIN), command, await read(rig), TOOLS)
}

/** With some paths answered otherwise. */
const altered =
  (change: (path: string) => FirmwareReply | typeof HANG_UP | null): BootFirmware =>
  (body) => {
    const firmware = epicFirmware(body)
    return {
      ...firmware,
      http: (request) => change(request.path) ?? firmware.http?.(request) ?? HANG_UP,
    }
  }

describe('ePIC', () => {
  it('is read whole without a password', async () => {
    const rig = await start()
    const { reading, failed } = await epic.read(rig.link(), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'epic',
      make: 'Antminer',
      model: 'S19 XP',
      firmware: 'ePIC',
      firmwareVersion: '1.5.13',
      mac: '02:00:00:00:00:07',
      serial: 'SN0007',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 4e12, averageHs: 4e12 },
      expectedHs: 4e12,
      stickerHs: 4e12,
      powerW: 60,
      powerSource: 'measured',
      locating: false,
      errors: [],
      settings: {
        powerMode: 'VoltageOptimizer',
        frequencyMHz: 500,
        coreVoltageMv: 12_900,
        fanAuto: true,
        targetC: 60,
      },
    })
    expect(
      reading.boards.map(({ slot, serial, chipsWorking, voltageV }) => [
        slot,
        serial,
        chipsWorking,
        voltageV,
      ]),
    ).toEqual([
      [0, 'SN0007B0', 4, 12.9],
      [1, 'SN0007B1', 4, 12.9],
      [2, 'SN0007B2', 4, 12.9],
    ])
    expect(reading.chips).toHaveLength(12)
    expect(reading.chips[0]).toMatchObject({
      temperatureC: rig.body.chipC,
      frequencyMHz: 500,
      voltageV: 3.225,
      working: true,
    })
    expect(reading.chips[0]?.hashrateHs).toBeCloseTo(4e12 / 12, -1)
    expect(reading.fans).toHaveLength(2)
    expect(reading.pools.map(({ url, active, pingMs }) => [url, active, pingMs])).toEqual([
      ['stratum+tcp://pool.example:3333', true, 20],
      ['stratum+tcp://backup.example:3334', false, null],
    ])
  })

  it('is read though an older release has no data of chips', async () => {
    const rig = await start(
      altered((path) =>
        /^\/(?:temps\/chip|voltages|hashrate|clocks|hashratesplit)/.test(path) ? { status: 404 } : null,
      ),
    )
    const { reading, failed } = await epic.read(rig.link(), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({ chips: [], hashrates: { nowHs: 4e12 } })
    expect(reading.boards[0]).toMatchObject({ chipsWorking: null, chipsExpected: 4 })
  })

  it('reads the rest when one answer breaks, and names it', async () => {
    const rig = await start(altered((path) => (path === '/network' ? { body: '<html>oops' } : null)))
    const { reading, failed } = await epic.read(rig.link(), TOOLS)
    expect(failed).toEqual(['GET /network'])
    expect(reading).toMatchObject({ mac: null, serial: 'SN0007', state: 'mining' })
  })

  it('is away when nothing answers', async () => {
    const rig = await start(altered(() => HANG_UP))
    await expect(read(rig)).rejects.toMatchObject({ code: 'rig/cut-off' })
  })

  it('takes pools, works for them after its restart, and gets the old ones back with their passwords', async () => {
    const rig = await start()
    const before = await epic.readPools(rig.link(LOGIN), TOOLS)
    expect(before).toMatchObject({ hasPasswords: true, pools: [{ password: 'x' }, { password: 'x' }] })
    await tell(rig, { kind: 'set-pools', pools: [NEW_POOL] })
    expect(rig.mined.at(-1)).toBeNull()
    await until('it works for the pool', () => rig.mined.at(-1)?.url === NEW_POOL.url)
    expect((await read(rig)).pools).toMatchObject([{ url: NEW_POOL.url, user: NEW_POOL.user, active: true }])
    await tell(rig, { kind: 'restore-pools', snapshot: before })
    await until('it works for the pool', () => rig.mined.at(-1)?.url === 'stratum+tcp://pool.example:3333')
    expect((await read(rig)).pools).toHaveLength(2)
  })

  it('stops splitting its hashrate when it gets pools, and splits it again afterwards', async () => {
    const rig = await start()
    const split = (url: string, ratio: number): object => ({
      coin: 'Btc',
      ratio,
      stratum_configs: [{ pool: url, login: 'farm.rig7', password: 'x' }],
    })
    const post = (path: string, param: unknown): Promise<unknown> =>
      rig.link().http({ method: 'POST', path, port: 4028, json: { param, password: 'secret' } })
    await post('/hashratesplit', [
      split('stratum+tcp://one.example:3333', 70),
      split('stratum+tcp://two.example:3333', 30),
    ])
    await post('/hashratesplit/enable', true)
    const groups = async (): Promise<unknown[]> =>
      (await read(rig)).pools.map(({ url, group }) => [url, group])
    const shown = [
      ['stratum+tcp://one.example:3333', 'split 1, 70 %'],
      ['stratum+tcp://two.example:3333', 'split 2, 30 %'],
    ]
    expect(await groups()).toEqual(shown)
    const before = await epic.readPools(rig.link(LOGIN), TOOLS)
    await tell(rig, { kind: 'set-pools', pools: [NEW_POOL] })
    expect(await groups()).toEqual([[NEW_POOL.url, null]])
    await tell(rig, { kind: 'restore-pools', snapshot: before })
    expect(await groups()).toEqual(shown)
  })

  it('stops, starts, and says so', async () => {
    const rig = await start()
    await tell(rig, { kind: 'pause' })
    expect(await read(rig)).toMatchObject({ state: 'paused', hashrates: { nowHs: null } })
    await tell(rig, { kind: 'resume' })
    expect((await read(rig)).state).toBe('starting')
    await until('its miner runs', () => rig.body.miner === 'running')
    expect((await read(rig)).state).toBe('mining')
  })

  it('blinks and stops blinking', async () => {
    const rig = await start()
    await tell(rig, { kind: 'locate', on: true })
    expect((await read(rig)).locating).toBe(true)
    await tell(rig, { kind: 'locate', on: false })
    expect((await read(rig)).locating).toBe(false)
  })

  it('takes a way of tuning, a power limit and a fan speed', async () => {
    const rig = await start()
    await tell(rig, { kind: 'set-power-mode', mode: 'ChipTune' })
    expect((await read(rig)).settings.powerMode).toBe('ChipTune')
    await tell(rig, { kind: 'set-power-mode', mode: 'off' })
    expect((await read(rig)).settings.powerMode).toBe('off')
    await tell(rig, { kind: 'set-power-limit', watts: 40 })
    expect(await read(rig)).toMatchObject({
      powerW: 40,
      settings: { powerMode: 'PowerTune', powerLimitW: 40, powerLimitRangeW: { min: 24, max: 72 } },
    })
    // Watts are no terahashes: the target of the other way is its usual one.
    await tell(rig, { kind: 'set-power-mode', mode: 'BoardTune' })
    expect((await read(rig)).settings).toMatchObject({ powerMode: 'BoardTune', powerLimitW: null })
    await tell(rig, { kind: 'set-fan', percent: 70 })
    expect((await read(rig)).settings).toMatchObject({ fanAuto: false, fanPercent: 70 })
    await tell(rig, { kind: 'set-fan', percent: null })
    expect((await read(rig)).settings).toMatchObject({ fanAuto: true, targetC: 65 })
    await expect(tell(rig, { kind: 'set-power-limit', watts: 4000 })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('between 24 and 72') as string,
    })
    await expect(tell(rig, { kind: 'set-frequency', megahertz: 400 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('is away while it reboots, and comes back', async () => {
    const rig = await start()
    const outcome = await tell(rig, { kind: 'reboot' })
    expect(['accepted', 'unknown']).toContain(outcome.outcome)
    await expect(read(rig)).rejects.toMatchObject({
      code: expect.stringMatching(/^rig\/(?:cut-off|unreachable)$/) as string,
    })
    await until('it is back', () => rig.body.power === 'on')
    expect((await read(rig)).state).toBe('mining')
  })

  it('restarts its miner, and an answer that does not come is unknown, not a failure', async () => {
    const rig = await start()
    const before = rig.mined.length
    expect((await tell(rig, { kind: 'restart' })).outcome).toBe('accepted')
    await until('its miner has restarted', () => rig.mined.length === before + 2)
    const mute = await start(altered((path) => (path === '/softreboot' ? HANG_UP : null)))
    expect((await tell(mute, { kind: 'restart' })).outcome).toBe('unknown')
  })

  it('refuses a wrong password once, and says whose it is', async () => {
    const rig = await start()
    const wrong = rig.link({ username: 'root', password: 'guess' })
    await expect(epic.perform(wrong, { kind: 'pause' }, await read(rig), TOOLS)).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
    expect(rig.body.miner).toBe('running')
    await expect(epic.perform(rig.link(), { kind: 'pause' }, await read(rig), TOOLS)).rejects.toMatchObject({
      code: 'rig/login-missing',
    })
  })
})
