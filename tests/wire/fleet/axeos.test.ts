import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type RigCommand, type ReadResult } from '../../../src-main/fleet/families/family.ts'
import { axeos } from '../../../src-main/fleet/families/axeos.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { axeosFirmware } from '../../../src-main/practice/firmware/axeos.ts'
import { type AxeosGeneration } from '../../../src-main/practice/firmware/axeos-info.ts'
import { type BootFirmware, HANG_UP } from '../../../src-main/practice/firmware/firmware.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const tools = { clock: systemClock, entropy: systemEntropy }
const GENERATIONS: readonly AxeosGeneration[] = ['2.4', '2.12', '2.15']
const TARGET = { url: 'stratum+tcp://192.0.2.10:3333', user: 'farm.rig7', password: 'secret' }

const start = (generation: AxeosGeneration): Promise<PracticeFirmware> =>
  startPracticeFirmware(axeosFirmware(generation), {
    model: generation === '2.4' ? 'Supra' : 'Gamma',
    chipsPerBoard: 1,
    fanCount: 1,
    nameplateHs: 1.2e12,
    nameplateW: 18,
    frequencyMHz: 525,
    coreVoltageMv: 1150,
  })

async function read(rig: PracticeFirmware): Promise<RigReading> {
  return (await axeos.read(rig.link(), tools)).reading
}

async function perform(rig: PracticeFirmware, command: RigCommand) {
  return axeos.perform(rig.link(), command, await read(rig), tools)
}

/** The reading as soon as it satisfies; the rig may be away meanwhile. */
async function readUntil(rig: PracticeFirmware, done: (reading: RigReading) => boolean): Promise<RigReading> {
  let last: RigReading | null = null
  await expect
    .poll(
      async () => {
        last = await read(rig).catch(() => null)
        return last !== null && done(last)
      },
      { timeout: 5_000 },
    )
    .toBe(true)
  if (last === null) throw new Error('nothing was read')
  return last
}

const activeUrl = ({ pools }: RigReading): string | undefined => pools.find(({ active }) => active)?.url

describe.each(GENERATIONS)('AxeOS %s', (generation) => {
  it('says what it is, what it does and for whom', async () => {
    const rig = await start(generation)
    const result = await axeos.read(rig.link(), tools)
    expect(result.failed).toEqual([])
    expect(result.reading).toMatchObject({
      make: 'Bitaxe',
      model: generation === '2.4' ? 'Supra' : 'Gamma',
      firmware: 'AxeOS',
      mac: '02:00:00:00:00:07',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 1.2e12, minuteHs: generation === '2.4' ? null : 1.2e12 },
      powerW: 18,
      powerSource: 'measured',
      bestShare: generation === '2.4' ? 123_000 : 123_456,
      settings: { frequencyMHz: 525, coreVoltageMv: 1150, fanAuto: true },
    })
    expect(result.reading.expectedHs).toBeCloseTo(1.2e12, -10)
    expect(result.reading.pools.map(({ url, user, active }) => ({ url, user, active }))).toEqual([
      { url: 'stratum+tcp://pool.example:3333', user: 'bc1qexample.rig7', active: true },
      { url: 'stratum+tcp://backup.example:3334', user: 'bc1qexample.rig7', active: false },
    ])
  })

  it('is moved to another pool and back, and works for it only after its restart', async () => {
    const rig = await start(generation)
    const before = await axeos.readPools(rig.link(), tools)
    expect(before.pools.map(({ url }) => url)).toEqual([
      'stratum+tcp://pool.example:3333',
      'stratum+tcp://backup.example:3334',
    ])
    const outcome = await perform(rig, { kind: 'set-pools', pools: [TARGET] })
    expect(outcome.outcome).toBe('accepted')
    expect(rig.body.power).toBe('on')
    expect(rig.mined.at(-1)?.url).toBe('stratum+tcp://pool.example:3333')
    await expect.poll(() => rig.mined.at(-1)).toEqual(TARGET)
    const moved = await readUntil(rig, (reading) => activeUrl(reading) === TARGET.url)
    // With one pool alone an outage must not lead back to the old one.
    expect(rig.body.pools.map(({ url }) => url)).toEqual([TARGET.url, TARGET.url])
    expect(moved.systemUptimeS).toBeLessThan(5)

    await axeos.perform(rig.link(), { kind: 'restore-pools', snapshot: before }, moved, tools)
    await expect.poll(() => rig.mined.at(-1)?.url).toBe('stratum+tcp://pool.example:3333')
    await readUntil(rig, (reading) => activeUrl(reading) === 'stratum+tcp://pool.example:3333')
    expect(rig.body.pools.map(({ url, user }) => ({ url, user }))).toEqual([
      { url: 'stratum+tcp://pool.example:3333', user: 'bc1qexample.rig7' },
      { url: 'stratum+tcp://backup.example:3334', user: 'bc1qexample.rig7' },
    ])
  })

  it('restarts, and is away meanwhile', async () => {
    const rig = await start(generation)
    expect(await perform(rig, { kind: 'reboot' })).toMatchObject({ outcome: 'accepted' })
    await expect.poll(() => rig.body.power).toBe('rebooting')
    await expect(read(rig)).rejects.toMatchObject({
      code: expect.stringMatching(/^rig\/(unreachable|cut-off)$/) as unknown,
    })
    await readUntil(rig, ({ state }) => state === 'mining' || state === 'starting')
  })

  it('sets its fan by hand and back to automatic', async () => {
    const rig = await start(generation)
    await perform(rig, { kind: 'set-fan', percent: 80 })
    expect(rig.body.fanPercent).toBe(80)
    expect((await read(rig)).settings).toMatchObject({ fanAuto: false, fanPercent: 80 })
    expect((await read(rig)).fans[0]).toMatchObject({ dutyPercent: 80, rpm: 4800 })
    await perform(rig, { kind: 'set-fan', percent: null })
    expect((await read(rig)).settings).toMatchObject({ fanAuto: true })
  })

  it('does not offer what it does not have, and says why', async () => {
    const rig = await start(generation)
    const offered = axeos.capabilities(await read(rig))
    const has = (kind: keyof typeof offered): boolean => offered[kind].offered
    expect(has('set-pools') && has('reboot') && has('set-fan')).toBe(true)
    expect(has('restart') || has('set-power-mode') || has('set-power-limit')).toBe(false)
    expect(has('locate')).toBe(generation !== '2.4')
    expect(has('set-frequency')).toBe(generation !== '2.4')
    expect(has('pause')).toBe(generation === '2.15')
    for (const capability of Object.values(offered)) {
      if (!capability.offered) expect(capability.because).toMatch(/\.$/)
    }
    await expect(perform(rig, { kind: 'set-power-limit', watts: 10 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })
})

describe('AxeOS with lists of frequencies', () => {
  it('changes frequency and voltage within what its board lists', async () => {
    const rig = await start('2.12')
    expect((await read(rig)).settings).toMatchObject({
      frequencyOptionsMHz: [425, 450, 475, 500, 525, 550, 575, 600, 625],
      coreVoltageOptionsMv: [1050, 1100, 1150, 1200, 1250],
    })
    await perform(rig, { kind: 'set-frequency', megahertz: 550 })
    await perform(rig, { kind: 'set-voltage', millivolts: 1200 })
    expect((await read(rig)).settings).toMatchObject({ frequencyMHz: 550, coreVoltageMv: 1200 })
    await expect(perform(rig, { kind: 'set-frequency', megahertz: 900 })).rejects.toMatchObject({
      code: 'rig/not-supported',
      message: expect.stringContaining('425 to 625 MHz') as unknown,
    })
    expect(rig.body.frequencyMHz).toBe(550)
  })

  it('greets on its screen, and is not told a second time to stop', async () => {
    const rig = await start('2.12')
    await perform(rig, { kind: 'locate', on: true })
    expect(rig.body.locating).toBe(true)
    await perform(rig, { kind: 'locate', on: false })
    expect(rig.body.locating).toBe(true)
  })
})

describe('AxeOS with pool slots', () => {
  it('answers flat pool members with yes and changes nothing', async () => {
    const rig = await start('2.15')
    const reply = await rig.link().http({
      method: 'PATCH',
      path: '/api/system',
      json: { stratumURL: '192.0.2.10', stratumPort: 3333, stratumUser: 'farm.rig7' },
    })
    expect(reply.status).toBe(200)
    expect(activeUrl(await read(rig))).toBe('stratum+tcp://pool.example:3333')
  })

  it('keeps the slots it has: a free one is taken, and the same one again', async () => {
    const rig = await start('2.15')
    await perform(rig, { kind: 'set-pools', pools: [TARGET] })
    const moved = await readUntil(rig, (reading) => activeUrl(reading) === TARGET.url)
    expect(moved.pools.map(({ index }) => index)).toEqual([2, 3, 0, 1])
    await perform(rig, { kind: 'set-pools', pools: [TARGET] })
    const again = await readUntil(rig, ({ systemUptimeS }) => (systemUptimeS ?? 9) < 2)
    expect(again.pools.map(({ index }) => index)).toEqual([2, 3, 0, 1])
  })

  it('overwrites the last slot that is not in use when all are taken', async () => {
    const pools = Array.from({ length: 8 }, (_, i) => ({
      url: `stratum+tcp://pool${i}.example:3333`,
      user: 'me',
      password: 'x',
    }))
    const rig = await startPracticeFirmware(axeosFirmware('2.15'), { model: 'Gamma' }, pools)
    await perform(rig, { kind: 'set-pools', pools: [TARGET, { ...TARGET, user: 'other' }] })
    const moved = await readUntil(rig, (reading) => activeUrl(reading) === TARGET.url)
    expect(moved.pools.map(({ index, user }) => `${index} ${user}`).slice(0, 2)).toEqual([
      '7 farm.rig7',
      '6 other',
    ])
    expect(moved.pools).toHaveLength(8)
  })

  it('takes a Stratum V2 pool with its key', async () => {
    const rig = await start('2.15')
    const url = 'stratum2+tcp://192.0.2.10:3336/9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnan'
    await perform(rig, { kind: 'set-pools', pools: [{ ...TARGET, url }] })
    await readUntil(rig, (reading) => activeUrl(reading) === url)
    expect(rig.mined.at(-1)?.url).toBe(url)
    const old = await start('2.12')
    await expect(perform(old, { kind: 'set-pools', pools: [{ ...TARGET, url }] })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('pauses and resumes', async () => {
    const rig = await start('2.15')
    await perform(rig, { kind: 'pause' })
    expect(await read(rig)).toMatchObject({ state: 'paused', hashrates: { nowHs: 0 } })
    await perform(rig, { kind: 'resume' })
    await readUntil(rig, ({ state }) => state === 'mining')
  })

  it('comes out of its overheat lock by Resume', async () => {
    const rig = await start('2.15')
    rig.body.notes.set('overheat_mode', true)
    rig.body.pause()
    const hot = await read(rig)
    expect(hot.state).toBe('overheated')
    expect(hot.errors[0]).toMatchObject({ code: 'overheat_mode', severity: 'error' })
    expect(hot.errors[0]?.remedy).toContain('Resume')
    await perform(rig, { kind: 'resume' })
    await readUntil(rig, ({ state }) => state === 'mining')
  })

  it('tells the whole state over its live socket, then what changed', async () => {
    const rig = await start('2.15')
    const readings: ReadResult[] = []
    const abort = new AbortController()
    const following = axeos.follow?.(rig.link(), tools, (result) => readings.push(result), abort.signal)
    await expect.poll(() => readings.length).toBeGreaterThan(0)
    rig.body.frequencyMHz = 600
    await expect.poll(() => readings.at(-1)?.reading.settings.frequencyMHz).toBe(600)
    // What did not change is still known, the lists of its board included.
    expect(readings.at(-1)?.reading).toMatchObject({ model: 'Gamma', hostname: 'rig7' })
    expect(readings.at(-1)?.reading.settings.frequencyOptionsMHz).toHaveLength(9)
    abort.abort()
    await following
  })

  it('ends following when the rig restarts, and says where there is nothing to follow', async () => {
    const rig = await start('2.15')
    let count = 0
    const following = axeos.follow?.(rig.link(), tools, () => count++, new AbortController().signal)
    await expect.poll(() => count).toBeGreaterThan(0)
    rig.body.reboot()
    await following
    const old = await start('2.12')
    await expect(
      axeos.follow?.(old.link(), tools, () => undefined, new AbortController().signal),
    ).rejects.toMatchObject({ code: 'rig/not-supported' })
  })
})

describe('what answers where AxeOS should', () => {
  const answering =
    (json: unknown, status = 200): BootFirmware =>
    () => ({ family: 'x', ports: { http: [80] }, http: () => ({ status, json }) })

  it('is refused when it is a lamp bridge', async () => {
    const bridge = await startPracticeFirmware(answering({ name: 'Hue', modelid: 'BSB002' }))
    await expect(read(bridge)).rejects.toMatchObject({ code: 'rig/bad-reply' })
  })

  it('is told to be on a private network when it refuses us', async () => {
    const rig = await startPracticeFirmware(answering('Unauthorized', 401))
    await expect(read(rig)).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('private') as unknown,
    })
  })

  it('is read without its lists when those fail', async () => {
    const rig = await startPracticeFirmware((body) => {
      const { http = () => HANG_UP } = axeosFirmware('2.12')(body)
      return {
        family: 'axeos',
        ports: { http: [80] },
        http: (request) => (request.path === '/api/system/asic' ? HANG_UP : http(request)),
      }
    })
    const { reading, failed } = await axeos.read(rig.link(), tools)
    expect(failed).toEqual(['GET /api/system/asic'])
    expect(reading).toMatchObject({ state: 'mining', settings: { frequencyOptionsMHz: [] } })
  })

  it('is not restarted when it said yes to new pools and kept the old ones', async () => {
    // A fork that answers like 2.12 and has the settings of 2.15.
    const rig = await startPracticeFirmware((body) => {
      const { http = () => HANG_UP } = axeosFirmware('2.12')(body)
      return {
        family: 'axeos',
        ports: { http: [80] },
        http: (request) => (request.method === 'PATCH' ? { body: '' } : http(request)),
      }
    })
    await expect(perform(rig, { kind: 'set-pools', pools: [TARGET] })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('did not keep') as unknown,
    })
    expect(rig.mined).toHaveLength(1)
  })
})
