import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type FamilyTools, type RigCommand } from '../../../src-main/fleet/families/family.ts'
import { createWhatsminer } from '../../../src-main/fleet/families/whatsminer.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type RigLink } from '../../../src-main/fleet/transport/rig-link.ts'
import { whatsminerFirmware } from '../../../src-main/practice/firmware/whatsminer.ts'
import {
  WHATSMINER_ERROR_SHAPES,
  WHATSMINER_NOTES,
} from '../../../src-main/practice/firmware/whatsminer-reads.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const TOOLS: FamilyTools = { clock: systemClock, entropy: systemEntropy }
const OWNER = { username: 'super', password: 'shaft' }
const GENERATIONS = [1, 2, 3] as const
type Generation = (typeof GENERATIONS)[number]

interface Rig extends PracticeFirmware {
  readonly owner: RigLink
  read(link?: RigLink): Promise<RigReading>
  perform(command: RigCommand, link?: RigLink): ReturnType<ReturnType<typeof createWhatsminer>['perform']>
}

async function start(generation: Generation): Promise<Rig> {
  const family = createWhatsminer()
  const practice = await startPracticeFirmware(whatsminerFirmware(generation), {
    model: 'M60S_VK43',
    firmwareVersion: '',
    nameplateHs: 180e12,
    nameplateW: 3400,
    boardCount: 3,
    chipsPerBoard: 75,
    password: OWNER.password,
  })
  const owner = practice.link(OWNER)
  const read = async (link: RigLink = practice.link()): Promise<RigReading> =>
    (await family.read(link, TOOLS)).reading
  return {
    ...practice,
    owner,
    read,
    perform: async (command, link = owner) => family.perform(link, command, await read(), TOOLS),
  }
}

/** Reads until it is so. */
async function readUntil(rig: Rig, isSo: (reading: RigReading) => boolean): Promise<RigReading> {
  for (let tries = 0; tries < 100; tries++) {
    const reading = await rig.read().catch(() => null)
    if (reading !== null && isSo(reading)) return reading
    await new Promise((resolve) => systemClock.after(20, () => resolve(null)))
  }
  throw new Error('It never became so')
}

const NEW_POOLS = [
  { url: 'stratum+tcp://headframe.example:3333', user: 'rig7', password: 'x' },
  { url: 'stratum+tcp://second.example:3333', user: 'rig7', password: 'y' },
]

describe.each(GENERATIONS)('a practice Whatsminer of generation %i', (generation) => {
  it('is read without a password, all of it', async () => {
    const rig = await start(generation)
    const { reading, failed } = await createWhatsminer().read(rig.link(), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'whatsminer',
      make: 'Whatsminer',
      model: 'M60SVK40',
      apiVersion: { 1: '1.4.0', 2: '2.0.5', 3: '3.0.2' }[generation],
      mac: '02:00:00:00:00:07',
      hostname: 'rig7',
      serial: 'SN0007',
      state: 'mining',
      hashrates: { nowHs: 180e12, averageHs: 180e12 },
      stickerHs: 180e12,
      powerW: 3400,
      powerSource: 'measured',
      settings: { powerMode: 'normal', powerLimitW: 3400 },
      locating: false,
      errors: [],
    })
    expect(
      reading.boards.map(({ hashrateHs, chipsWorking, serial }) => [hashrateHs, chipsWorking, serial]),
    ).toEqual([0, 1, 2].map((slot) => [60e12, 75, `SN0007B${String(slot)}`]))
    expect(reading.fans).toHaveLength(2)
    expect(reading.psuFans).toHaveLength(1)
    expect(reading.pools.map(({ url, active, alive }) => [url, active, alive])).toEqual([
      ['stratum+tcp://pool.example:3333', true, true],
      ['stratum+tcp://backup.example:3334', false, true],
    ])
  })

  it('takes new pools, all entries at once, and works for the first when its miner is back', async () => {
    const rig = await start(generation)
    const outcome = await rig.perform({ kind: 'set-pools', pools: NEW_POOLS })
    expect(outcome).toMatchObject({ outcome: 'accepted', note: null })
    const reading = await readUntil(rig, ({ state, pools }) => state === 'mining' && pools.length === 2)
    expect(reading.pools.map(({ url, user, active }) => [url, user, active])).toEqual([
      ['stratum+tcp://headframe.example:3333', 'rig7', true],
      ['stratum+tcp://second.example:3333', 'rig7', false],
    ])
    expect(rig.body.pools.map(({ password }) => password)).toEqual(['x', 'y'])
    expect(rig.mined.at(-1)).toMatchObject({ url: 'stratum+tcp://headframe.example:3333' })
  })

  it('leaves no old entry behind when fewer pools are written', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'set-pools', pools: NEW_POOLS.slice(0, 1) })
    expect(rig.body.pools).toEqual(NEW_POOLS.slice(0, 1))
  })

  it('gets its old pools back, with a note about the passwords it never shows', async () => {
    const rig = await start(generation)
    const family = createWhatsminer()
    const snapshot = await family.readPools(rig.link(), TOOLS)
    expect(snapshot).toMatchObject({ hasPasswords: false, pools: [{ user: 'bc1qexample.rig7' }, {}] })
    await rig.perform({ kind: 'set-pools', pools: NEW_POOLS })
    await readUntil(rig, ({ state }) => state === 'mining')
    const outcome = await rig.perform({ kind: 'restore-pools', snapshot })
    expect(outcome.note).toMatch(/never shows the passwords/)
    expect(rig.body.pools).toEqual([
      { url: 'stratum+tcp://pool.example:3333', user: 'bc1qexample.rig7', password: 'x' },
      { url: 'stratum+tcp://backup.example:3334', user: 'bc1qexample.rig7', password: 'x' },
    ])
  })

  it('shows by its readings that firmware said yes to pools and did nothing', async () => {
    const rig = await start(generation)
    rig.body.notes.set(WHATSMINER_NOTES.ignoresPools, true)
    expect(await rig.perform({ kind: 'set-pools', pools: NEW_POOLS })).toMatchObject({ outcome: 'accepted' })
    expect((await rig.read()).pools[0]?.url).toBe('stratum+tcp://pool.example:3333')
  })

  it('restarts its miner, which is away meanwhile', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'restart' })
    expect(['miner-down', 'starting']).toContain((await rig.read()).state)
    await readUntil(rig, ({ state }) => state === 'mining')
  })

  it('reboots', async () => {
    const rig = await start(generation)
    expect(await rig.perform({ kind: 'reboot' })).toMatchObject({ note: null })
    expect(rig.body.power).toBe('rebooting')
    await expect(rig.read()).rejects.toMatchObject({
      code: expect.stringMatching(/^rig\/(?:cut-off|unreachable)$/),
    })
    await readUntil(rig, ({ state }) => state === 'mining')
  })

  it('pauses and resumes', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'pause' })
    expect((await rig.read()).state).toBe('paused')
    await rig.perform({ kind: 'resume' })
    await readUntil(rig, ({ state }) => state === 'mining')
  })

  it('flashes its light, and stops it', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'locate', on: true })
    expect((await rig.read()).locating).toBe(true)
    await rig.perform({ kind: 'locate', on: false })
    expect((await rig.read()).locating).toBe(false)
  })

  it('changes its power mode, and the answer that is cut off counts as unknown', async () => {
    const rig = await start(generation)
    const { outcome } = await rig.perform({ kind: 'set-power-mode', mode: 'low' })
    expect(outcome).toBe(generation === 3 ? 'accepted' : 'unknown')
    const reading = await readUntil(rig, ({ state }) => state === 'mining')
    expect(reading.settings.powerMode).toBe('low')
    expect(reading.powerW).toBeLessThan(3400)
  })

  it('refuses a mode it does not have before anything is sent', async () => {
    const rig = await start(generation)
    await expect(rig.perform({ kind: 'set-power-mode', mode: 'turbo' })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('says that the password is wrong, and changes nothing', async () => {
    const rig = await start(generation)
    const stranger = rig.link({ username: 'super', password: 'guess' })
    await expect(rig.perform({ kind: 'pause' }, stranger)).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
    expect(rig.body.miner).toBe('running')
  })

  it('asks for a password where none was entered', async () => {
    const rig = await start(generation)
    await expect(rig.perform({ kind: 'pause' }, rig.link())).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
  })

  it('tells the owner where the switch is when the API takes no changes', async () => {
    const rig = await start(generation)
    rig.body.notes.set(WHATSMINER_NOTES.apiSwitch, false)
    await expect(rig.perform({ kind: 'set-pools', pools: NEW_POOLS })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringMatching(/WhatsMinerTool.*Miner API Switch/s),
    })
    expect(rig.body.pools[0]?.url).toBe('stratum+tcp://pool.example:3333')
  })
})

describe('a limit in watts', () => {
  it.each([2, 3] as const)('is taken by generation %i, no more than its model does', async (generation) => {
    const rig = await start(generation)
    expect(createWhatsminer().capabilities(await rig.read())['set-power-limit']).toEqual({ offered: true })
    await rig.perform({ kind: 'set-power-limit', watts: 2500 })
    expect((await readUntil(rig, ({ state }) => state === 'mining')).settings.powerLimitW).toBe(2500)
    await rig.perform({ kind: 'set-power-limit', watts: 9000 })
    expect((await readUntil(rig, ({ state }) => state === 'mining')).settings.powerLimitW).toBe(3400)
  })

  it('is not offered by the first generation, and refused in its words', async () => {
    const rig = await start(1)
    expect(createWhatsminer().capabilities(await rig.read())['set-power-limit']).toEqual({
      offered: false,
      because: 'A limit in watts needs API 2.0.5 or newer; this rig has 1.4.0.',
    })
    await expect(rig.perform({ kind: 'set-power-limit', watts: 2500 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })
})

describe('tokens', () => {
  it('are asked for once for many changes', async () => {
    const rig = await start(2)
    const asked: string[] = []
    const link = rig.link(OWNER, (request) => asked.push(request))
    // It gives out three at a time: a fourth would be refused.
    for (let i = 0; i < 6; i++) await rig.perform({ kind: 'locate', on: i % 2 === 0 }, link)
    expect(asked.filter((request) => request === 'rpc get_token')).toHaveLength(1)
  })

  it('are asked for anew when the rig has forgotten them in a reboot', async () => {
    const rig = await start(2)
    await rig.perform({ kind: 'reboot' })
    await readUntil(rig, ({ state }) => state === 'mining')
    expect(await rig.perform({ kind: 'locate', on: true })).toMatchObject({ outcome: 'accepted' })
    expect(rig.body.locating).toBe(true)
  })

  it('that are used up by other tools are explained', async () => {
    const rig = await start(2)
    for (let i = 0; i < 3; i++) await rig.link().rpc('{"cmd":"get_token"}')
    await expect(rig.perform({ kind: 'locate', on: true })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('Wait half an hour'),
    })
  })
})

describe('errors that a Whatsminer lists', () => {
  it.each(WHATSMINER_ERROR_SHAPES)('are read in the shape "%s"', async (shape) => {
    const rig = await start(2)
    rig.body.notes.set(WHATSMINER_NOTES.errors, [218, 531])
    rig.body.notes.set(WHATSMINER_NOTES.errorShape, shape)
    const { errors } = await rig.read()
    expect(errors.map(({ code, component }) => [code, component])).toEqual([
      ['218', 'psu'],
      ['531', 'board 1'],
    ])
    expect(errors[0]?.remedy).toContain('230 V')
  })

  it.each([1, 3] as const)('are read from where generation %i has them', async (generation) => {
    const rig = await start(generation)
    rig.body.notes.set(WHATSMINER_NOTES.errors, [110])
    expect((await rig.read()).errors).toMatchObject([{ code: '110', component: 'fan 0' }])
  })
})

describe('the third generation', () => {
  it('knows power modes by the older name too', async () => {
    const rig = await start(3)
    rig.body.notes.set(WHATSMINER_NOTES.powerModeCommand, 'set.miner.mode')
    await rig.perform({ kind: 'set-power-mode', mode: 'high' })
    expect(rig.body.powerMode).toBe('high')
  })

  it('is told by its old port what its new one does not know', async () => {
    const rig = await start(3)
    rig.body.notes.set(WHATSMINER_NOTES.powerModeCommand, 'none')
    expect(await rig.perform({ kind: 'set-power-mode', mode: 'low' })).toMatchObject({ outcome: 'unknown' })
    expect(rig.body.powerMode).toBe('low')
  })

  it('is read and told by its old port where nobody answers at the new one', async () => {
    const family = createWhatsminer()
    const rig = await startPracticeFirmware(whatsminerFirmware(2), {
      model: 'M60S_VK43',
      firmwareVersion: '20250101.11.REL',
      password: OWNER.password,
    })
    const { reading, failed } = await family.read(rig.link(), TOOLS)
    expect(failed).toEqual(['frame get.device.info'])
    expect(reading).toMatchObject({ model: 'M60SVK40', firmwareVersion: '20250101.11.REL', state: 'mining' })
    const locate = { kind: 'locate', on: true } as const
    expect(await family.perform(rig.link(OWNER), locate, reading, TOOLS)).toMatchObject({
      outcome: 'accepted',
    })
    expect(rig.body.locating).toBe(true)
  })
})
