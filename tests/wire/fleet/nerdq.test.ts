import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type RigCommand } from '../../../src-main/fleet/families/family.ts'
import { nerdq } from '../../../src-main/fleet/families/nerdq.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { HANG_UP } from '../../../src-main/practice/firmware/firmware.ts'
import { type NerdqGeneration, nerdqFirmware } from '../../../src-main/practice/firmware/nerdq.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const tools = { clock: systemClock, entropy: systemEntropy }
const TARGET = { url: 'stratum+tcp://192.0.2.10:3333', user: 'farm.rig7', password: 'secret' }

const start = (generation: NerdqGeneration): Promise<PracticeFirmware> =>
  startPracticeFirmware(nerdqFirmware(generation), {
    model: 'NerdQAxe++',
    nameplateHs: 4.8e12,
    nameplateW: 76,
    frequencyMHz: 600,
    coreVoltageMv: 1150,
  })

const read = async (rig: PracticeFirmware): Promise<RigReading> =>
  (await nerdq.read(rig.link(), tools)).reading

const perform = async (rig: PracticeFirmware, command: RigCommand) =>
  nerdq.perform(rig.link(), command, await read(rig), tools)

describe.each<NerdqGeneration>(['1.0', '1.1'])('NerdQ %s', (generation) => {
  it('says what it is and does', async () => {
    const rig = await start(generation)
    const { reading, failed } = await nerdq.read(rig.link(), tools)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      make: 'NerdAxe',
      model: 'NerdQAxe++',
      firmware: 'NerdQ',
      mac: '02:00:00:00:00:07',
      state: 'mining',
      hashrates: { nowHs: 4.8e12, dayHs: 4.8e12 },
      expectedHs: 4.8e12,
      bestShare: generation === '1.0' ? 123_000 : 123_456,
      inputVoltageV: 12.25,
      // Its chips list 0 °C each.
      chips: [],
      settings: { fanAuto: true, frequencyMHz: 600 },
    })
    expect(reading.pools).toMatchObject([
      { index: 0, url: 'stratum+tcp://pool.example:3333', active: true, alive: true },
      { index: 1, url: 'stratum+tcp://backup.example:3334', active: false },
    ])
    expect(reading.fans.map(({ rpm }) => rpm)).toEqual([3300, 3300])
  })

  it('is moved to another pool and back', async () => {
    const rig = await start(generation)
    const before = await nerdq.readPools(rig.link(), tools)
    await perform(rig, { kind: 'set-pools', pools: [TARGET] })
    await expect.poll(() => rig.mined.at(-1)).toEqual(TARGET)
    // Newer firmware connects anew without a restart.
    expect(rig.body.pools.map(({ url }) => url)).toEqual([TARGET.url, TARGET.url])
    await expect
      .poll(() =>
        read(rig)
          .then(({ state }) => state)
          .catch(() => null),
      )
      .toBe('mining')
    await perform(rig, { kind: 'restore-pools', snapshot: before })
    await expect.poll(() => rig.mined.at(-1)?.url).toBe('stratum+tcp://pool.example:3333')
    expect(rig.body.pools.map(({ url }) => url)).toEqual([
      'stratum+tcp://pool.example:3333',
      'stratum+tcp://backup.example:3334',
    ])
  })

  it('shuts its chips down and comes back by a restart', async () => {
    const rig = await start(generation)
    await perform(rig, { kind: 'pause' })
    const paused = await read(rig)
    expect(paused).toMatchObject({ state: 'paused', hashrates: { nowHs: 0 } })
    expect(paused.errors[0]).toMatchObject({ code: 'shutdown', severity: 'warning' })
    await perform(rig, { kind: 'resume' })
    await expect
      .poll(() =>
        read(rig)
          .then(({ state }) => state)
          .catch(() => null),
      )
      .toBe('mining')
  })

  it('takes whole numbers for frequency and voltage, within what its board lists', async () => {
    const rig = await start(generation)
    await perform(rig, { kind: 'set-frequency', megahertz: 575.4 })
    await perform(rig, { kind: 'set-voltage', millivolts: 1175 })
    expect(rig.body).toMatchObject({ frequencyMHz: 575, coreVoltageMv: 1175 })
    await expect(perform(rig, { kind: 'set-voltage', millivolts: 1500 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('sets its fans by hand and back to automatic', async () => {
    const rig = await start(generation)
    await perform(rig, { kind: 'set-fan', percent: 70 })
    expect((await read(rig)).settings).toMatchObject({ fanAuto: false, fanPercent: 70 })
    expect(rig.body.fanPercent).toBe(70)
    await perform(rig, { kind: 'set-fan', percent: null })
    expect((await read(rig)).settings).toMatchObject({ fanAuto: true, fanPercent: null })
  })
})

describe('NerdQ', () => {
  it('restarts and is away meanwhile', async () => {
    const rig = await start('1.1')
    await perform(rig, { kind: 'reboot' })
    await expect.poll(() => rig.body.power).toBe('rebooting')
    await expect(read(rig)).rejects.toMatchObject({ code: expect.stringMatching(/^rig\//) as unknown })
  })

  it('is only read while it wants one-time codes, and says so', async () => {
    const rig = await start('1.1')
    rig.body.notes.set('otp', true)
    const reading = await read(rig)
    const offered = nerdq.capabilities(reading)
    for (const capability of Object.values(offered)) {
      expect(capability).toEqual({
        offered: false,
        because: expect.stringContaining('One-time codes') as unknown,
      })
    }
    await expect(perform(rig, { kind: 'set-pools', pools: [TARGET] })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
    expect(rig.mined).toHaveLength(1)
  })

  it('takes Stratum V2 only where it shows that it knows it', async () => {
    const url = 'stratum2+tcp://192.0.2.10:3336/9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnan'
    const rig = await start('1.1')
    await perform(rig, { kind: 'set-pools', pools: [{ ...TARGET, url }] })
    await expect.poll(() => rig.mined.at(-1)?.url).toBe(url)
    const old = await start('1.0')
    await expect(perform(old, { kind: 'set-pools', pools: [{ ...TARGET, url }] })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('is not taken for one that lacks a path when it sends us to its page', async () => {
    const rig = await startPracticeFirmware((body) => {
      const { http = () => HANG_UP } = nerdqFirmware('1.0')(body)
      return {
        family: 'nerdq',
        ports: { http: [80] },
        http: (request) =>
          request.path === '/api/system/asic' ? { status: 302, headers: { location: '/' } } : http(request),
      }
    })
    const { reading, failed } = await nerdq.read(rig.link(), tools)
    expect(failed).toEqual([])
    expect(reading.settings.frequencyOptionsMHz).toEqual([])
    expect(nerdq.capabilities(reading)['set-frequency']).toMatchObject({ offered: false })
  })

  it('says that it is none when only a page answers', async () => {
    const rig = await startPracticeFirmware(() => ({
      family: 'x',
      ports: { http: [80] },
      http: () => ({ headers: { 'content-type': 'text/html' }, body: '<html><title>Router</title></html>' }),
    }))
    await expect(read(rig)).rejects.toMatchObject({ code: 'rig/bad-reply' })
  })
})
