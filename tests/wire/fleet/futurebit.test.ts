/** The Apollo's adapter against practice firmware over real sockets. */
import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type RigCommand, type WriteOutcome } from '../../../src-main/fleet/families/family.ts'
import { futurebit } from '../../../src-main/fleet/families/futurebit.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { futurebitFirmware } from '../../../src-main/practice/firmware/futurebit.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const TOOLS = { clock: systemClock, entropy: systemEntropy }
const LOGIN = { username: '', password: 'secret' }

const start = (closed = false): Promise<PracticeFirmware> =>
  startPracticeFirmware(futurebitFirmware(closed), {
    model: 'Apollo II',
    firmwareVersion: '2.0.2',
    chipsPerBoard: 44,
    password: 'secret',
  })

async function read(rig: PracticeFirmware): Promise<RigReading> {
  return (await futurebit.read(rig.link(LOGIN), TOOLS)).reading
}

async function tell(rig: PracticeFirmware, command: RigCommand): Promise<WriteOutcome> {
  return futurebit.perform(rig.link(LOGIN), command, await read(rig), TOOLS)
}

describe('FutureBit Apollo', () => {
  it('is read whole with a login', async () => {
    const rig = await start()
    const { reading, failed } = await futurebit.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      make: 'FutureBit',
      model: 'Apollo II',
      firmwareVersion: '2.0.2',
      mac: '02:00:00:00:00:07',
      serial: 'SN0007',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 4e12, hourHs: 4e12 },
      powerW: 60,
      hashErrorPercent: 0.2,
      settings: { powerMode: 'balanced', frequencyMHz: null },
      boards: [{ chipsWorking: 44, outletC: null, active: true }],
    })
    expect(reading.fans).toHaveLength(2)
    expect(reading.pools).toMatchObject([
      { index: 1, url: 'stratum+tcp://pool.example:3333', active: true, alive: true, difficulty: 1000 },
      { index: 2, url: 'stratum+tcp://backup.example:3334', active: false, alive: null },
    ])
  })

  it('shows its work without a login, where it does', async () => {
    const rig = await start()
    const { reading, failed } = await futurebit.read(rig.link(), TOOLS)
    expect(reading).toMatchObject({ hashrates: { nowHs: 4e12 }, mac: null, settings: { powerModes: [] } })
    expect(reading.pools).toMatchObject([{ url: 'stratum+tcp://pool.example:3333', active: true }])
    expect(failed).toEqual(['graphql Mcu', 'graphql Pool', 'graphql Settings'])
    expect(futurebit.capabilities(reading)['set-power-mode']).toMatchObject({ offered: false })
  })

  it('asks for a login where it shows nothing without', async () => {
    const rig = await start(true)
    await expect(futurebit.read(rig.link(), TOOLS)).rejects.toMatchObject({ code: 'rig/login-missing' })
    expect((await read(rig)).hashrates.nowHs).toBe(4e12)
  })

  it('says that a password is wrong, in its own words, after one attempt', async () => {
    const rig = await start()
    const asked: string[] = []
    const wrong = rig.link({ username: '', password: 'wrong' }, (what) => asked.push(what))
    await expect(futurebit.read(wrong, TOOLS)).rejects.toMatchObject({
      code: 'rig/wrong-password',
      message: expect.stringContaining('Invalid password') as string,
    })
    expect(asked).toHaveLength(1)
  })

  it('takes other pools, keeps the donation its owner chose, and gives back exactly what was there', async () => {
    const rig = await start()
    const before = await futurebit.readPools(rig.link(LOGIN), TOOLS)
    expect(before).toMatchObject({ hasPasswords: true, own: [{ index: 1, donation: 1 }, { index: 2 }] })
    await tell(rig, {
      kind: 'set-pools',
      pools: [{ url: 'stratum+tcp://127.0.0.1:3333', user: 'rig7', password: '' }],
    })
    expect(rig.body.pools).toEqual([{ url: 'stratum+tcp://127.0.0.1:3333', user: 'rig7', password: 'x' }])
    const now = await futurebit.readPools(rig.link(LOGIN), TOOLS)
    expect(now.own).toMatchObject([{ index: 1, donation: 1 }])
    await expect.poll(async () => (await read(rig)).pools).toMatchObject([{ active: true, user: 'rig7' }])
    await tell(rig, { kind: 'restore-pools', snapshot: JSON.parse(JSON.stringify(before)) as typeof before })
    expect(await futurebit.readPools(rig.link(LOGIN), TOOLS)).toEqual(before)
  })

  it('stops, starts, changes mode, restarts and reboots', async () => {
    const rig = await start()
    await tell(rig, { kind: 'pause' })
    expect((await read(rig)).state).toBe('paused')
    await tell(rig, { kind: 'resume' })
    await expect.poll(async () => (await read(rig)).state).toBe('mining')
    await tell(rig, { kind: 'set-power-mode', mode: 'eco' })
    await expect.poll(async () => (await read(rig)).hashrates.nowHs).toBe(3.2e12)
    expect((await read(rig)).settings.powerMode).toBe('eco')
    await expect(tell(rig, { kind: 'set-power-mode', mode: 'ludicrous' })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
    await tell(rig, { kind: 'reboot' })
    expect(rig.body.power).toBe('rebooting')
    await expect(read(rig)).rejects.toMatchObject({ code: 'rig/cut-off' })
  })
})
