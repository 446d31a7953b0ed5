import { describe, expect, it } from 'vitest'
import { marathon } from '../../../src-main/fleet/families/marathon.ts'
import { marathonFirmware } from '../../../src-main/practice/firmware/marathon.ts'
import { activeUrl, type FamilyRig, familyRig, TOOLS } from '../../support/family-rig.ts'
import { startPracticeFirmware } from '../../support/practice-firmware.ts'

const LOGIN = { username: 'root', password: 'root' }
const TARGET = { url: 'stratum+tcp://192.0.2.10:3333', user: 'farm.rig7', password: 'secret' }

async function start(): Promise<FamilyRig> {
  const practice = await startPracticeFirmware(marathonFirmware, {
    make: 'Antminer',
    model: 'S19 XP',
    firmwareVersion: '2024.3.1',
    boardCount: 3,
    chipsPerBoard: 110,
    fanCount: 4,
    nameplateHs: 141e12,
    nameplateW: 3010,
    frequencyMHz: 600,
    restartMs: 300,
    rebootMs: 800,
    ...LOGIN,
  })
  return familyRig(practice, marathon, LOGIN)
}

/** Its configuration as it stands, without what the test changes. */
async function configuration(rig: FamilyRig): Promise<Record<string, unknown>> {
  const reply = await rig.practice.link(LOGIN).http({ path: '/kaonsu/v1/miner_config', auth: 'digest' })
  return JSON.parse(new TextDecoder().decode(reply.body)) as Record<string, unknown>
}

describe('Marathon', () => {
  it('says what it is, what it does and for whom', async () => {
    const rig = await start()
    const { reading, failed } = await rig.result()
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'marathon',
      make: 'Antminer',
      model: 'S19 XP',
      firmware: 'Marathon',
      firmwareVersion: '2024.3.1',
      controlBoard: 'AMCB07',
      mac: '02:00:00:00:00:07',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 141e12 },
      expectedHs: 141e12,
      powerW: 3010,
      powerSource: 'estimated',
      locating: false,
      settings: { powerMode: 'Stock', powerLimitW: null },
    })
    expect(
      reading.boards.map(({ chipsWorking, chipsExpected, hashrateHs }) => [
        chipsWorking,
        chipsExpected,
        hashrateHs,
      ]),
    ).toEqual(Array.from({ length: 3 }, () => [110, 110, 47e12]))
    expect(reading.chips).toHaveLength(330)
    expect(activeUrl(reading)).toBe('stratum+tcp://pool.example:3333')
  })

  it('wants a login for everything, and refuses a wrong one', async () => {
    const rig = await start()
    await expect(rig.read(null)).rejects.toMatchObject({ code: 'rig/login-missing' })
    await expect(rig.read({ ...LOGIN, password: 'guess' })).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
  })

  it('is moved to another pool and back, all else of its configuration kept', async () => {
    const rig = await start()
    const before = await marathon.readPools(rig.practice.link(LOGIN), TOOLS)
    const { pools: _pools, ...rest } = await configuration(rig)
    const outcome = await rig.perform({ kind: 'set-pools', pools: [TARGET] })
    expect(outcome.outcome).toBe('accepted')
    await rig.readUntil((reading) => activeUrl(reading) === TARGET.url)
    expect(await configuration(rig)).toEqual({
      ...rest,
      pools: [{ url: TARGET.url, user: TARGET.user, pass: TARGET.password, gid: 0 }],
    })
    await rig.perform({ kind: 'restore-pools', snapshot: before })
    await rig.readUntil((reading) => activeUrl(reading) === 'stratum+tcp://pool.example:3333')
    expect(rig.practice.body.pools.map(({ password }) => password)).toEqual(['x', 'x'])
  })

  it('sleeps, and wakes in the mode it slept in', async () => {
    const rig = await start()
    await rig.perform({ kind: 'set-power-mode', mode: 'Fixed' })
    await rig.readUntil(({ state }) => state === 'mining')
    await rig.perform({ kind: 'pause' })
    expect(await rig.read()).toMatchObject({ state: 'paused', hashrates: { nowHs: 0 } })
    await rig.perform({ kind: 'resume' })
    const awake = await rig.readUntil(({ state }) => state === 'mining')
    expect(awake.settings.powerMode).toBe('Fixed')
  })

  it('holds a power limit', async () => {
    const rig = await start()
    await rig.perform({ kind: 'set-power-limit', watts: 2500 })
    const limited = await rig.readUntil(({ state }) => state === 'mining')
    expect(limited).toMatchObject({ powerW: 2500, settings: { powerMode: 'Auto', powerLimitW: 2500 } })
  })

  it('blinks, restarts its miner, and reboots without an answer', async () => {
    const rig = await start()
    await rig.perform({ kind: 'locate', on: true })
    expect((await rig.read()).locating).toBe(true)
    await rig.perform({ kind: 'locate', on: false })
    expect((await rig.read()).locating).toBe(false)
    await rig.perform({ kind: 'restart' })
    expect((await rig.read()).state).toBe('starting')
    await rig.readUntil(({ state }) => state === 'mining')
    expect(await rig.perform({ kind: 'reboot' })).toMatchObject({ outcome: 'unknown' })
    await rig.readUntil(({ state }) => state === 'mining')
  })

  it('shows events of the last hour and no older ones', async () => {
    const rig = await start()
    const now = Math.floor(Date.now() / 1000)
    rig.practice.body.notes.set('events', [
      { level: 'error', message: 'Board 2 lost chips', timestamp: now - 60 },
      { level: 'error', message: 'Long ago', timestamp: now - 90_000 },
      { level: 'info', message: 'Started', timestamp: now - 30 },
    ])
    expect((await rig.read()).errors).toMatchObject([{ text: 'Board 2 lost chips', severity: 'error' }])
  })

  it('hands on why a change was refused', async () => {
    const rig = await start()
    const reply = await rig.practice
      .link(LOGIN)
      .http({ method: 'POST', path: '/kaonsu/v1/miner_config', auth: 'digest', json: { pools: [] } })
    expect(new TextDecoder().decode(reply.body)).toContain('invalid config')
    await expect(rig.perform({ kind: 'set-frequency', megahertz: 500 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })
})
