/** Auradine's adapter against practice firmware over real sockets. */
import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { auradine } from '../../../src-main/fleet/families/auradine.ts'
import { type RigCommand, type WriteOutcome } from '../../../src-main/fleet/families/family.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { auradineFirmware } from '../../../src-main/practice/firmware/auradine.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const TOOLS = { clock: systemClock, entropy: systemEntropy }
const LOGIN = { username: 'admin', password: 'secret' }

const start = (): Promise<PracticeFirmware> =>
  startPracticeFirmware(auradineFirmware, {
    model: 'AT1500',
    firmwareVersion: '2023-12.27',
    boardCount: 3,
    username: 'admin',
    password: 'secret',
  })

async function read(rig: PracticeFirmware): Promise<RigReading> {
  return (await auradine.read(rig.link(LOGIN), TOOLS)).reading
}

async function tell(rig: PracticeFirmware, command: RigCommand): Promise<WriteOutcome> {
  return auradine.perform(rig.link(LOGIN), command, await read(rig), TOOLS)
}

describe('Auradine', () => {
  it('is read whole with a login', async () => {
    const rig = await start()
    const { reading, failed } = await auradine.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'auradine',
      make: 'Auradine',
      model: 'AT1500',
      firmware: 'FluxOS',
      firmwareVersion: '2023-12.27',
      mac: '02:00:00:00:00:07',
      serial: 'SN0007',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 4e12 },
      expectedHs: 4e12,
      powerW: 60,
      powerSource: 'measured',
      locating: false,
      errors: [],
    })
    expect(
      reading.boards.map(({ chipsExpected, chipMaxC, frequencyMHz }) => [
        chipsExpected,
        chipMaxC,
        frequencyMHz,
      ]),
    ).toEqual(Array.from({ length: 3 }, () => [4, rig.body.chipC, 500]))
    expect(reading.chips).toHaveLength(12)
    expect(reading.fans).toHaveLength(2)
    expect(reading.psuFans.map(({ rpm }) => rpm)).toEqual([4052, 4144])
    expect(reading.pools.map(({ url, active }) => [url, active])).toEqual([
      ['stratum+tcp://pool.example:3333', true],
      ['stratum+tcp://backup.example:3334', false],
    ])
  })

  it('is read without a login as far as its RPC goes, and says what is missing', async () => {
    const rig = await start()
    const { reading, failed } = await auradine.read(rig.link(), TOOLS)
    expect(reading.hashrates.nowHs).toBe(4e12)
    expect(reading.mac).toBeNull()
    expect(failed).toContain('GET /ipreport')
    await expect(auradine.perform(rig.link(), { kind: 'pause' }, reading, TOOLS)).rejects.toMatchObject({
      code: 'rig/login-missing',
    })
  })

  it('logs in once for many requests, and again only when its token is gone', async () => {
    const rig = await start()
    const asked: string[] = []
    const link = rig.link(LOGIN, (what) => asked.push(what))
    await auradine.read(link, TOOLS)
    await auradine.read(link, TOOLS)
    expect(asked.filter((what) => what === 'POST /token')).toHaveLength(1)
    rig.body.reboots.emit()
    const { failed } = await auradine.read(
      rig.link(LOGIN, (what) => asked.push(what)),
      TOOLS,
    )
    expect(failed).toEqual([])
    expect(asked.filter((what) => what === 'POST /token')).toHaveLength(2)
  })

  it('says that a password is wrong after one attempt', async () => {
    const rig = await start()
    const asked: string[] = []
    const wrong = rig.link({ username: 'admin', password: 'wrong' }, (what) => asked.push(what))
    await expect(auradine.read(wrong, TOOLS)).rejects.toMatchObject({ code: 'rig/wrong-password' })
    expect(asked.filter((what) => what === 'POST /token')).toHaveLength(1)
  })

  it('takes other pools and gives the old ones back', async () => {
    const rig = await start()
    const before = await auradine.readPools(rig.link(LOGIN), TOOLS)
    expect(before).toMatchObject({ hasPasswords: false, pools: [{ user: 'bc1qexample.rig7' }, {}] })
    const outcome = await tell(rig, {
      kind: 'set-pools',
      pools: [{ url: 'stratum+tcp://127.0.0.1:3333', user: 'rig7', password: '' }],
    })
    expect(outcome).toMatchObject({ outcome: 'accepted', note: null })
    expect(rig.body.pools).toEqual([{ url: 'stratum+tcp://127.0.0.1:3333', user: 'rig7', password: 'x' }])
    await tell(rig, { kind: 'restore-pools', snapshot: before })
    expect((await read(rig)).pools.map(({ url }) => url)).toEqual(before.pools.map(({ url }) => url))
  })

  it('refuses pools it is not known to reach, before anything is written', async () => {
    const rig = await start()
    const pools = [{ url: 'stratum2+tcp://pool.example:3336/9abc', user: 'a', password: '' }]
    await expect(tell(rig, { kind: 'set-pools', pools })).rejects.toMatchObject({ code: 'rig/not-supported' })
    expect(rig.body.pools).toHaveLength(2)
  })

  it('gives back even what it would not have been given', async () => {
    const rig = await start()
    const pools = [{ url: 'stratum+ssl://pool.example:443', user: 'a', password: 'b' }]
    await tell(rig, { kind: 'restore-pools', snapshot: { pools, hasPasswords: true, own: null } })
    expect(rig.body.pools).toEqual(pools)
  })

  it('sleeps, wakes, flashes, is limited and restarts', async () => {
    const rig = await start()
    await tell(rig, { kind: 'pause' })
    expect((await read(rig)).state).toBe('paused')
    await tell(rig, { kind: 'resume' })
    await expect.poll(async () => (await read(rig)).state).toBe('mining')
    await tell(rig, { kind: 'locate', on: true })
    expect((await read(rig)).locating).toBe(true)
    await tell(rig, { kind: 'locate', on: false })
    expect((await read(rig)).locating).toBe(false)
    await tell(rig, { kind: 'set-power-limit', watts: 45 })
    expect(await read(rig)).toMatchObject({ powerW: 45, settings: { powerMode: 'custom', powerLimitW: 45 } })
    await tell(rig, { kind: 'restart' })
    expect((await read(rig)).state).toBe('starting')
  })

  it('does not offer what is not established, and says why', async () => {
    const rig = await start()
    const can = auradine.capabilities(await read(rig))
    expect(can.reboot).toMatchObject({
      offered: false,
      because: expect.stringContaining('restart the miner') as string,
    })
    await expect(tell(rig, { kind: 'reboot' })).rejects.toMatchObject({ code: 'rig/not-supported' })
  })

  it('is gone while it reboots', async () => {
    const rig = await start()
    rig.body.reboot()
    await expect(read(rig)).rejects.toMatchObject({ code: 'rig/cut-off' })
  })
})
