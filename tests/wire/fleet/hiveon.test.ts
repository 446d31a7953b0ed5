import { describe, expect, it } from 'vitest'
import { hiveon } from '../../../src-main/fleet/families/hiveon.ts'
import { mskminer } from '../../../src-main/fleet/families/mskminer.ts'
import { hiveonFirmware } from '../../../src-main/practice/firmware/hiveon.ts'
import { mskminerFirmware } from '../../../src-main/practice/firmware/mskminer.ts'
import { activeUrl, type FamilyRig, familyRig, TOOLS } from '../../support/family-rig.ts'
import { startPracticeFirmware } from '../../support/practice-firmware.ts'

const LOGIN = { username: 'root', password: 'root' }
const TARGET = { url: 'stratum+tcp://192.0.2.10:3333', user: 'farm.rig7', password: 'secret' }
const MACHINE = {
  make: 'Antminer',
  model: 'S19j Pro',
  firmwareVersion: 'Fri Apr 19 10:58:21 UTC 2024',
  boardCount: 3,
  chipsPerBoard: 126,
  fanCount: 4,
  nameplateHs: 100e12,
  nameplateW: 3050,
  restartMs: 300,
  rebootMs: 800,
  ...LOGIN,
}

async function startHiveon(): Promise<FamilyRig> {
  return familyRig(await startPracticeFirmware(hiveonFirmware, MACHINE), hiveon, LOGIN)
}

async function startMsk(login: typeof LOGIN | null = LOGIN): Promise<FamilyRig> {
  return familyRig(await startPracticeFirmware(mskminerFirmware, MACHINE), mskminer, login)
}

describe('Hiveon', () => {
  it('says what it is, with the watts it computes', async () => {
    const rig = await startHiveon()
    const { reading, failed } = await rig.result()
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'hiveon',
      make: 'Antminer',
      model: 'S19j Pro',
      firmware: 'Hiveon',
      mac: '02:00:00:00:00:07',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 100e12 },
      powerW: 3050,
      powerSource: 'estimated',
    })
    expect(reading.boards.map(({ chipsWorking }) => chipsWorking)).toEqual([126, 126, 126])
  })

  it('is moved to another pool and back by its form, fan and clock kept', async () => {
    const rig = await startHiveon()
    const { body } = rig.practice
    await rig.perform({ kind: 'set-fan', percent: 60 })
    await expect.poll(() => body.miner).toBe('running')
    const before = await hiveon.readPools(rig.practice.link(LOGIN), TOOLS)
    await rig.perform({ kind: 'set-pools', pools: [TARGET] })
    await rig.readUntil((reading) => activeUrl(reading) === TARGET.url)
    expect(body.pools[0]).toEqual(TARGET)
    expect(body.fanPercent).toBe(60)
    await rig.perform({ kind: 'restore-pools', snapshot: before })
    await rig.readUntil((reading) => activeUrl(reading) === 'stratum+tcp://pool.example:3333')
  })

  it('blinks, reboots and refuses strangers', async () => {
    const rig = await startHiveon()
    await rig.perform({ kind: 'locate', on: true })
    expect((await rig.read()).locating).toBe(true)
    await rig.perform({ kind: 'locate', on: false })
    expect(rig.practice.body.locating).toBe(false)
    await expect(rig.read({ ...LOGIN, password: 'guess' })).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
    expect(await rig.perform({ kind: 'reboot' })).toMatchObject({ outcome: 'unknown' })
    await rig.readUntil(({ state }) => state === 'mining')
  })

  it('says why it does not offer to sleep', async () => {
    const rig = await startHiveon()
    const offered = hiveon.capabilities(await rig.read())
    expect(offered['set-pools']).toEqual({ offered: true })
    expect(offered.pause).toMatchObject({ offered: false })
    await expect(rig.perform({ kind: 'pause' })).rejects.toMatchObject({ code: 'rig/not-supported' })
  })
})

describe('MSKminer', () => {
  it('says what it is from its tables, and its network address after a login', async () => {
    const rig = await startMsk()
    const { reading, failed } = await rig.result()
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'mskminer',
      make: 'Antminer',
      firmware: 'MSKminer',
      mac: '02:00:00:00:00:07',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 100e12 },
      powerW: 3050,
      powerSource: 'estimated',
    })
    expect(reading.boards).toHaveLength(3)
    expect(activeUrl(reading)).toBe('stratum+tcp://pool.example:3333')
  })

  it('logs in once for many polls, and not at all without a password', async () => {
    const rig = await startMsk()
    await rig.read()
    await rig.read()
    expect(rig.asked.filter((asked) => asked.includes('login'))).toHaveLength(1)
    expect((await rig.read(null)).mac).toBeNull()
    await expect(rig.read({ ...LOGIN, password: 'guess' })).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
  })

  it('is read only, and says so', async () => {
    const rig = await startMsk(null)
    for (const capability of Object.values(mskminer.capabilities(await rig.read()))) {
      expect(capability).toMatchObject({ offered: false })
    }
    await expect(rig.perform({ kind: 'reboot' })).rejects.toMatchObject({ code: 'rig/not-supported' })
    expect(await mskminer.readPools(rig.practice.link(), TOOLS)).toMatchObject({
      hasPasswords: false,
      pools: [{ url: 'stratum+tcp://pool.example:3333' }, { url: 'stratum+tcp://backup.example:3334' }],
    })
  })
})
