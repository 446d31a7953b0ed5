/** Innosilicon's adapter against practice firmware over real sockets. */
import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type RigCommand, type WriteOutcome } from '../../../src-main/fleet/families/family.ts'
import { innosilicon } from '../../../src-main/fleet/families/innosilicon.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { innosiliconFirmware } from '../../../src-main/practice/firmware/innosilicon.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const TOOLS = { clock: systemClock, entropy: systemEntropy }
const LOGIN = { username: 'admin', password: 'secret' }

const start = (): Promise<PracticeFirmware> =>
  startPracticeFirmware(innosiliconFirmware, {
    model: 'T3H',
    firmwareVersion: '4.10.0',
    boardCount: 3,
    username: 'admin',
    password: 'secret',
  })

async function read(rig: PracticeFirmware): Promise<RigReading> {
  return (await innosilicon.read(rig.link(LOGIN), TOOLS)).reading
}

async function tell(rig: PracticeFirmware, command: RigCommand): Promise<WriteOutcome> {
  return innosilicon.perform(rig.link(LOGIN), command, await read(rig), TOOLS)
}

describe('Innosilicon', () => {
  it('is read whole with a login', async () => {
    const rig = await start()
    const { reading, failed } = await innosilicon.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      make: 'Innosilicon',
      model: 'T3H',
      firmwareVersion: '4.10.0',
      mac: '02:00:00:00:00:07',
      state: 'mining',
      hashrates: { nowHs: 4e12 },
      powerW: 60,
      fans: [{ label: 'all', rpm: null, dutyPercent: 55 }],
      errors: [],
    })
    expect(reading.boards.map(({ chipsWorking }) => chipsWorking)).toEqual([4, 4, 4])
    expect(reading.boards[0]?.chipMaxC).toBe(Math.round(rig.body.chipC))
  })

  it('is read without a login as far as its RPC goes', async () => {
    const rig = await start()
    const { reading, failed } = await innosilicon.read(rig.link(), TOOLS)
    expect(reading).toMatchObject({ hashrates: { nowHs: 4e12 }, mac: null, powerW: 60 })
    expect(failed).toHaveLength(4)
  })

  it('says that a password is wrong, in its own words, after one attempt', async () => {
    const rig = await start()
    const asked: string[] = []
    const wrong = rig.link({ username: 'admin', password: 'wrong' }, (what) => asked.push(what))
    await expect(innosilicon.read(wrong, TOOLS)).rejects.toMatchObject({
      code: 'rig/wrong-password',
      message: expect.stringContaining('Invalid username or password') as string,
    })
    expect(asked.filter((what) => what === 'POST /api/auth')).toHaveLength(1)
  })

  it('logs in anew when its token expired', async () => {
    const rig = await start()
    await read(rig)
    rig.body.reboots.emit()
    expect((await read(rig)).model).toBe('T3H')
  })

  it('takes other pools into all its slots and gives the old ones back with their passwords', async () => {
    const rig = await start()
    const before = await innosilicon.readPools(rig.link(LOGIN), TOOLS)
    expect(before.hasPasswords).toBe(true)
    const pools = Array.from({ length: 4 }, (_, index) => ({
      url: `stratum+tcp://pool${String(index)}.example:3333`,
      user: 'a',
      password: 'b',
    }))
    expect((await tell(rig, { kind: 'set-pools', pools })).note).toContain('the last 1')
    expect((await read(rig)).pools.map(({ url }) => url)).toEqual(pools.slice(0, 3).map(({ url }) => url))
    await tell(rig, { kind: 'restore-pools', snapshot: before })
    expect((await read(rig)).pools.map(({ url }) => url)).toEqual(before.pools.map(({ url }) => url))
    expect(rig.body.pools.map(({ url }) => url)).toHaveLength(3)
  })

  it('restarts and reboots, and is not sent to sleep for ever', async () => {
    const rig = await start()
    await tell(rig, { kind: 'restart' })
    expect((await read(rig)).state).toBe('starting')
    await expect.poll(async () => (await read(rig)).state).toBe('mining')
    const can = innosilicon.capabilities(await read(rig))
    expect(can.pause).toMatchObject({
      offered: false,
      because: expect.stringContaining('not to come back') as string,
    })
    await expect(tell(rig, { kind: 'pause' })).rejects.toMatchObject({ code: 'rig/not-supported' })
    await tell(rig, { kind: 'reboot' })
    expect(rig.body.power).toBe('rebooting')
  })
})
