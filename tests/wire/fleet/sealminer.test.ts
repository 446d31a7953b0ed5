/** SealMiner's adapter against practice firmware over real sockets. */
import { describe, expect, it } from 'vitest'
import { HeadframeError, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type RigCommand, type WriteOutcome } from '../../../src-main/fleet/families/family.ts'
import { sealminer } from '../../../src-main/fleet/families/sealminer.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { sealminerFirmware } from '../../../src-main/practice/firmware/sealminer.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const TOOLS = { clock: systemClock, entropy: systemEntropy }
const LOGIN = { username: 'seal', password: 'secret' }

const start = (): Promise<PracticeFirmware> =>
  startPracticeFirmware(sealminerFirmware, {
    model: 'A2',
    firmwareVersion: '2025091001',
    boardCount: 3,
    fanCount: 4,
    username: 'seal',
    password: 'secret',
  })

async function read(rig: PracticeFirmware): Promise<RigReading> {
  return (await sealminer.read(rig.link(LOGIN), TOOLS)).reading
}

async function tell(rig: PracticeFirmware, command: RigCommand): Promise<WriteOutcome> {
  return sealminer.perform(rig.link(LOGIN), command, await read(rig), TOOLS)
}

const backAgain = (rig: PracticeFirmware): Promise<void> => expect.poll(() => rig.body.power).toBe('on')

describe('SealMiner', () => {
  it('is read whole with a login', async () => {
    const rig = await start()
    const { reading, failed } = await sealminer.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      make: 'SealMiner',
      model: 'A2',
      firmwareVersion: '2025091001',
      mac: '02:00:00:00:00:07',
      state: 'mining',
      hashrates: { nowHs: 4e12 },
      stickerHs: 4e12,
      powerW: 60,
      locating: false,
      settings: {
        powerMode: '2',
        powerModes: [
          { id: '0', label: 'Low power' },
          { id: '2', label: 'Normal' },
          { id: '3', label: 'High performance' },
        ],
        powerLimitW: 60,
      },
      errors: [],
    })
    expect([reading.boards.length, reading.fans.length, reading.pools.length]).toEqual([3, 4, 2])
  })

  it('is read without a login as far as its RPC goes', async () => {
    const rig = await start()
    const { reading, failed } = await sealminer.read(rig.link(), TOOLS)
    expect(reading).toMatchObject({ mac: '02:00:00:00:00:07', powerW: 60, locating: null })
    expect(failed).toEqual(['GET /cgi-bin/get_system_info.php', 'GET /cgi-bin/miner-psu-status.php'])
    expect(sealminer.capabilities(reading)['set-power-mode']).toMatchObject({ offered: false })
  })

  it('writes no pools it could not bring into use', async () => {
    const rig = await start()
    const pools = [{ url: 'stratum+tcp://127.0.0.1:3333', user: 'a', password: '' }]
    await expect(
      sealminer.perform(rig.link(), { kind: 'set-pools', pools }, await read(rig), TOOLS),
    ).rejects.toMatchObject({ code: 'rig/login-missing' })
    expect(rig.body.pools).toHaveLength(2)
  })

  it('says that a password is wrong after one attempt', async () => {
    const rig = await start()
    const asked: string[] = []
    const wrong = rig.link({ username: 'seal', password: 'wrong' }, (what) => asked.push(what))
    await expect(sealminer.read(wrong, TOOLS)).rejects.toMatchObject({ code: 'rig/wrong-password' })
    expect(asked.filter((what) => what.startsWith('POST'))).toHaveLength(1)
  })

  it('takes other pools by a reboot and gives the old ones back with their passwords', async () => {
    const rig = await start()
    const before = await sealminer.readPools(rig.link(LOGIN), TOOLS)
    expect(before).toMatchObject({ hasPasswords: true, pools: [{ password: 'x' }, { password: 'x' }] })
    await tell(rig, {
      kind: 'set-pools',
      pools: [{ url: 'stratum+tcp://127.0.0.1:3333', user: 'rig7', password: '' }],
    })
    expect(rig.body.power).toBe('rebooting')
    await backAgain(rig)
    expect((await read(rig)).pools).toMatchObject([{ url: 'stratum+tcp://127.0.0.1:3333', user: 'rig7' }])
    await tell(rig, { kind: 'restore-pools', snapshot: before })
    await backAgain(rig)
    expect((await read(rig)).pools.map(({ url }) => url)).toEqual(before.pools.map(({ url }) => url))
  })

  it('sleeps, wakes, flashes, changes mode and reboots', async () => {
    const rig = await start()
    await tell(rig, { kind: 'pause' })
    expect((await read(rig)).state).toBe('paused')
    await tell(rig, { kind: 'resume' })
    await expect.poll(async () => (await read(rig)).state).toBe('mining')
    await tell(rig, { kind: 'locate', on: true })
    expect((await read(rig)).locating).toBe(true)
    await tell(rig, { kind: 'set-power-mode', mode: '0' })
    expect(await read(rig)).toMatchObject({ settings: { powerMode: '0', frequencyMHz: 400 } })
    await expect(tell(rig, { kind: 'set-power-mode', mode: '9' })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
    await tell(rig, { kind: 'reboot' })
    expect(rig.body.power).toBe('rebooting')
  })

  it('takes a power limit and says that it reboots for it', async () => {
    const rig = await start()
    const outcome = await tell(rig, { kind: 'set-power-limit', watts: 40.4 })
    expect(outcome.note).toContain('reboots')
    await backAgain(rig)
    expect(await read(rig)).toMatchObject({ powerW: 40, settings: { powerLimitW: 40 } })
  })

  it('knows a login form for what it is, and a restart without an answer for unknown', async () => {
    const rig = await start()
    const link = rig.link(LOGIN)
    const form = new TextEncoder().encode('<html><form action="/cgi-bin/login.php"></form></html>')
    const showing: typeof link = {
      ...link,
      http: async (request) =>
        request.path.includes('login.php') ? link.http(request) : { status: 200, headers: {}, body: form },
    }
    await expect(sealminer.read(showing, TOOLS)).rejects.toMatchObject({ code: 'rig/wrong-password' })
    const cut: typeof link = {
      ...link,
      rpc: () => Promise.reject(new HeadframeError('rig/cut-off', 'cut')),
    }
    const reading = await read(rig)
    expect(await sealminer.perform(cut, { kind: 'restart' }, reading, TOOLS)).toMatchObject({
      outcome: 'unknown',
    })
  })

  it('passes on what the rig says when it refuses', async () => {
    const rig = await start()
    const link = rig.link(LOGIN)
    const pools = [{ url: 'stratum+tcp://127.0.0.1:3333', user: 'a', password: '' }]
    const refusing: typeof link = {
      ...link,
      rpc: () =>
        Promise.resolve(
          new TextEncoder().encode('{"STATUS":[{"STATUS":"E","Code":45,"Msg":"Access denied"}]}'),
        ),
    }
    await expect(
      sealminer.perform(refusing, { kind: 'set-pools', pools }, await read(rig), TOOLS),
    ).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('Access denied') as string,
    })
  })
})
