import { describe, expect, it } from 'vitest'
import { ManualClock, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { vnish } from '../../../src-main/fleet/families/vnish.ts'
import { vnishFirmware, type VnishGeneration } from '../../../src-main/practice/firmware/vnish.ts'
import { activeUrl, type FamilyRig, familyRig, TOOLS } from '../../support/family-rig.ts'
import { startPracticeFirmware } from '../../support/practice-firmware.ts'

const LOGIN = { username: 'admin', password: 'open sesame' }
const TARGET = { url: 'stratum+tcp://192.0.2.10:3333', user: 'farm.rig7', password: 'secret' }
const GENERATIONS: readonly VnishGeneration[] = ['1.2', '1.3']

async function start(generation: VnishGeneration): Promise<FamilyRig> {
  const practice = await startPracticeFirmware(vnishFirmware(generation), {
    make: 'Antminer',
    model: 'S21 Pro',
    firmwareVersion: generation === '1.2' ? '1.2.7' : '1.3.4',
    boardCount: 3,
    chipsPerBoard: 65,
    fanCount: 4,
    nameplateHs: 234e12,
    nameplateW: 3510,
    frequencyMHz: 595,
    coreVoltageMv: 13_800,
    restartMs: 300,
    rebootMs: 800,
    ...LOGIN,
  })
  return familyRig(practice, vnish, LOGIN)
}

async function settings(rig: FamilyRig): Promise<Record<string, unknown>> {
  const link = rig.practice.link()
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
  const unlocked = await link.http({ method: 'POST', path: '/api/v1/unlock', json: { pw: LOGIN.password } })
  const { token } = JSON.parse(text(unlocked.body)) as { token: string }
  const reply = await link.http({ path: '/api/v1/settings', headers: { authorization: `Bearer ${token}` } })
  return (JSON.parse(text(reply.body)) as { miner: Record<string, unknown> }).miner
}

describe.each(GENERATIONS)('VNish %s', (generation) => {
  it('says what it is, what it does and for whom', async () => {
    const rig = await start(generation)
    const { reading, failed } = await rig.result()
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'vnish',
      make: 'Antminer',
      model: 'S21 Pro',
      firmware: 'VNish',
      firmwareVersion: generation === '1.2' ? '1.2.7' : '1.3.4',
      mac: '02:00:00:00:00:07',
      serial: 'SN0007',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 234e12 },
      expectedHs: 234e12,
      stickerHs: 234e12,
      powerW: 3510,
      powerSource: 'measured',
      locating: false,
      settings: { powerMode: '3510', frequencyMHz: 595, coreVoltageMv: 13_800, fanAuto: true, targetC: 65 },
    })
    expect(
      reading.boards.map(({ label, voltageV, chipsWorking, chipsExpected }) => [
        label,
        voltageV,
        chipsWorking,
        chipsExpected,
      ]),
    ).toEqual([
      ['Board 1', 13.8, 65, 65],
      ['Board 2', 13.8, 65, 65],
      ['Board 3', 13.8, 65, 65],
    ])
    expect(reading.chips).toHaveLength(195)
    expect(reading.settings.powerModes.map(({ id }) => id)).toEqual(['2808', '3510', '4212'])
    expect(reading.settings.powerModes[2]?.label).toContain('not tuned yet')
  })

  it("never takes its maker's pool for the person's", async () => {
    const rig = await start(generation)
    const { pools, shares } = await rig.read()
    expect(pools.map(({ url, active, devFee }) => [url, active, devFee])).toEqual([
      ['stratum+tcp://pool.example:3333', true, false],
      ['stratum+tcp://backup.example:3334', false, false],
      ['DevFee', false, true],
    ])
    expect(shares.accepted).toBe(pools[0]?.accepted)
  })

  it('tells a stranger who it is and whether it mines, nothing else', async () => {
    const rig = await start(generation)
    const { reading, failed } = await rig.result(null)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({ model: 'S21 Pro', mac: '02:00:00:00:00:07', state: 'mining', pools: [] })
  })

  it('logs in once for many polls', async () => {
    const rig = await start(generation)
    await rig.read()
    await rig.read()
    expect(rig.asked.filter((asked) => asked.includes('unlock'))).toHaveLength(1)
  })

  it('is moved to another pool and back, and mines there after its restart', async () => {
    const rig = await start(generation)
    const before = await vnish.readPools(rig.practice.link(LOGIN), TOOLS)
    expect(before).toMatchObject({
      hasPasswords: true,
      pools: [{ url: 'stratum+tcp://pool.example:3333', password: 'x' }, { user: 'bc1qexample.rig7' }],
    })
    const { pools: _pools, ...rest } = await settings(rig)
    expect(await rig.perform({ kind: 'set-pools', pools: [TARGET] })).toMatchObject({ outcome: 'accepted' })
    await rig.readUntil((reading) => activeUrl(reading) === TARGET.url)
    expect(await settings(rig)).toEqual({
      ...rest,
      pools: [
        { url: '192.0.2.10:3333', user: TARGET.user, pass: TARGET.password },
        { url: '', user: '', pass: '' },
        { url: '', user: '', pass: '' },
      ],
    })
    await rig.perform({ kind: 'restore-pools', snapshot: before })
    await rig.readUntil((reading) => activeUrl(reading) === 'stratum+tcp://pool.example:3333')
  })

  it('pauses, resumes, restarts and reboots', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'pause' })
    expect(await rig.read()).toMatchObject({ state: 'paused', hashrates: { nowHs: 0 } })
    await rig.perform({ kind: 'resume' })
    await rig.readUntil(({ state }) => state === 'mining')
    await expect(rig.perform({ kind: 'resume' })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('miner is running') as unknown,
    })
    await rig.perform({ kind: 'restart' })
    expect((await rig.read()).state).toBe('starting')
    await rig.readUntil(({ state }) => state === 'mining')
    await rig.perform({ kind: 'reboot' })
    await expect.poll(() => rig.practice.body.power).toBe('rebooting')
    await rig.readUntil(({ state }) => state === 'mining')
  })

  it('lights up and goes dark, although its call only changes over', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'locate', on: true })
    await rig.perform({ kind: 'locate', on: true })
    expect((await rig.read()).locating).toBe(true)
    await rig.perform({ kind: 'locate', on: false })
    expect((await rig.read()).locating).toBe(false)
  })

  it('takes a preset it has, and not one it would only say yes to', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'set-power-mode', mode: '2808' })
    const eased = await rig.readUntil(({ state }) => state === 'mining')
    expect(eased).toMatchObject({ powerW: 2808, settings: { powerMode: '2808' } })
    const { note } = await rig.perform({ kind: 'set-power-mode', mode: '4212' })
    expect(note).toMatch(/tunes itself first/)
    await expect(rig.perform({ kind: 'set-power-mode', mode: '9999' })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('sets clock and voltage within its limits, in the units of its own', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'set-frequency', megahertz: 550 })
    await rig.perform({ kind: 'set-voltage', millivolts: 13_000 })
    const changed = await rig.readUntil(({ state }) => state === 'mining')
    expect(changed.settings).toMatchObject({ frequencyMHz: 550, coreVoltageMv: 13_000, powerMode: '3510' })
    expect(rig.practice.body.coreVoltageMv).toBe(13_000)
    expect(changed.boards[0]?.voltageV).toBe(13)
    await expect(rig.perform({ kind: 'set-voltage', millivolts: 20_000 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
    await expect(rig.perform({ kind: 'set-frequency', megahertz: 2000 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('sets its fans by hand and back to automatic', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'set-fan', percent: 80 })
    const manual = await rig.read()
    expect(manual.settings).toMatchObject({ fanAuto: false, fanPercent: 80, targetC: null })
    expect(manual.fans[0]).toMatchObject({ dutyPercent: 80, rpm: 4800, ok: true })
    await rig.perform({ kind: 'set-fan', percent: null })
    expect((await rig.read()).settings).toMatchObject({ fanAuto: true, targetC: 55 })
    await expect(rig.perform({ kind: 'set-fan', percent: 5 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('holds a power limit from 1.3 on, and says before why not', async () => {
    const rig = await start(generation)
    const offered = vnish.capabilities(await rig.read())['set-power-limit']
    if (generation === '1.2') {
      expect(offered).toMatchObject({ offered: false })
      return
    }
    await rig.perform({ kind: 'set-power-limit', watts: 3000 })
    expect(await rig.read()).toMatchObject({ powerW: 3000, settings: { powerLimitW: 3000 } })
  })

  it('refuses a wrong password', async () => {
    const rig = await start(generation)
    await expect(rig.read({ ...LOGIN, password: 'guess' })).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
    await expect(rig.perform({ kind: 'pause' }, null)).rejects.toMatchObject({ code: 'rig/login-missing' })
  })
})

describe('VNish that locked its door', () => {
  it('is not asked for a login again before the lockout ends, and tells meanwhile what is open', async () => {
    const rig = await start('1.2')
    for (let n = 0; n < 5; n++) rig.practice.body.login('guess')
    const clock = new ManualClock()
    const tools = {
      clock: { ...systemClock, monotonicMs: () => clock.monotonicMs() },
      entropy: systemEntropy,
    }
    const asked: string[] = []
    const link = rig.practice.link(LOGIN, (request) => asked.push(request))
    const unlocks = (): number => asked.filter((request) => request.includes('unlock')).length

    const first = await vnish.read(link, tools)
    expect(first.reading).toMatchObject({ model: 'S21 Pro', state: 'mining', pools: [] })
    expect(first.failed).toContain('GET /api/v1/summary')
    expect(unlocks()).toBe(1)
    await vnish.read(link, tools)
    await expect(vnish.readPools(link, tools)).rejects.toMatchObject({ code: 'rig/locked-out' })
    expect(unlocks()).toBe(1)
    clock.advance(5 * 60_000 + 1)
    await vnish.read(link, tools)
    expect(unlocks()).toBe(2)
  })
})

describe('VNish of a version that is not known', () => {
  it('is only read', async () => {
    const rig = await start('1.3')
    const reading = { ...(await rig.read()), firmwareVersion: '2.0.1' }
    const offered = vnish.capabilities(reading)
    expect(offered['set-pools']).toMatchObject({ offered: false })
    await expect(
      vnish.perform(rig.practice.link(LOGIN), { kind: 'set-pools', pools: [TARGET] }, reading, TOOLS),
    ).rejects.toMatchObject({ code: 'rig/not-supported' })
  })
})
