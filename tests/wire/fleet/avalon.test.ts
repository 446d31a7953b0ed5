import { describe, expect, it } from 'vitest'
import { type Clock, ManualClock, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { avalon } from '../../../src-main/fleet/families/avalon.ts'
import {
  type Capabilities,
  type FamilyTools,
  type RigCommand,
} from '../../../src-main/fleet/families/family.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type RigLink } from '../../../src-main/fleet/transport/rig-link.ts'
import { avalonFirmware } from '../../../src-main/practice/firmware/avalon.ts'
import { AVALON_NOTES, type AvalonKind } from '../../../src-main/practice/firmware/avalon-says.ts'
import { HANG_UP } from '../../../src-main/practice/firmware/firmware.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'

const TOOLS: FamilyTools = { clock: systemClock, entropy: systemEntropy }
const OWNER = { username: 'root', password: 'shaft' }
const KINDS: readonly AvalonKind[] = ['a', 'q', 'nano3', 'nano3s', 'mini3']
const MODELS: Readonly<Record<AvalonKind, string>> = {
  a: 'A1246',
  q: 'Q',
  nano3: 'Nano 3',
  nano3s: 'Nano 3S',
  mini3: 'Mini 3',
}
const POOL = { url: 'stratum+tcp://headframe.example:3333', user: 'rig7', password: 'y' }

const start = (kind: AvalonKind, clock: Clock = systemClock, model = 'A1246'): Promise<PracticeFirmware> =>
  startPracticeFirmware(
    avalonFirmware(kind),
    {
      model,
      firmwareVersion: '25052801_14a19a2',
      boardCount: kind === 'a' ? 3 : 1,
      chipsPerBoard: 12,
      nameplateHs: 81e12,
      nameplateW: 3400,
      password: OWNER.password,
    },
    undefined,
    clock,
  )

const read = async (rig: PracticeFirmware): Promise<RigReading> =>
  (await avalon.read(rig.link(), TOOLS)).reading
const perform = async (rig: PracticeFirmware, command: RigCommand, link: RigLink = rig.link(OWNER)) =>
  avalon.perform(link, command, await read(rig), TOOLS)

/** Reads until it is so. */
async function readUntil(rig: PracticeFirmware, isSo: (reading: RigReading) => boolean): Promise<RigReading> {
  for (let tries = 0; tries < 100; tries++) {
    const reading = await read(rig).catch(() => null)
    if (reading !== null && isSo(reading)) return reading
    await new Promise((resolve) => systemClock.after(20, () => resolve(null)))
  }
  throw new Error('It never became so')
}

const offered = (capabilities: Capabilities): string[] =>
  Object.entries(capabilities)
    .filter(([, capability]) => capability.offered)
    .map(([kind]) => kind)

describe.each(KINDS)('a practice Avalon %s', (kind) => {
  it('is read, all of it, in the form that it understands', async () => {
    const rig = await start(kind)
    const { reading, failed } = await avalon.read(rig.link(), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'avalon',
      make: 'Avalon',
      model: MODELS[kind],
      firmwareVersion: '25052801_14a19a2',
      mac: '02:00:00:00:00:07',
      serial: '0201020000000007',
      state: 'mining',
      hashrates: { nowHs: 81e12, minuteHs: 81e12 },
      expectedHs: 81e12,
      powerW: 3400,
      powerSource: 'measured',
      wifiRssiDbm: kind === 'a' || kind === 'q' ? null : -55,
      errors: [],
    })
    const boards = kind === 'a' ? 3 : 1
    expect(reading.boards.map(({ hashrateHs, chipsWorking }) => [hashrateHs, chipsWorking])).toEqual(
      Array(boards).fill([81e12 / boards, 12]),
    )
    expect(reading.chips).toHaveLength(12 * boards)
    expect(reading.pools.map(({ index, url, user, active }) => [index, url, user, active])).toEqual([
      [0, 'stratum+tcp://pool.example:3333', 'bc1qexample.rig7', true],
      [1, 'stratum+tcp://backup.example:3334', 'bc1qexample.rig7', false],
    ])
  })

  it('is offered what its firmware lists, and told why not for the rest', async () => {
    const rig = await start(kind)
    const capabilities = avalon.capabilities(await read(rig))
    expect(offered(capabilities)).toEqual(
      {
        a: ['set-pools', 'reboot', 'pause', 'resume', 'locate', 'set-power-mode'],
        q: ['set-pools', 'reboot', 'pause', 'resume', 'set-power-mode'],
        nano3: ['reboot', 'locate', 'set-power-mode'],
        nano3s: ['set-pools', 'reboot', 'set-power-mode'],
        mini3: ['set-pools', 'reboot', 'pause', 'resume', 'set-power-mode'],
      }[kind],
    )
    for (const capability of Object.values(capabilities)) {
      if (!capability.offered) expect(capability.because).toMatch(/\.$/)
    }
  })

  it('reboots', async () => {
    const rig = await start(kind)
    const { outcome } = await perform(rig, { kind: 'reboot' })
    expect(outcome).toBe(kind === 'mini3' ? 'unknown' : 'accepted')
    expect(rig.body.power).toBe('rebooting')
    await readUntil(rig, ({ state }) => state === 'mining')
  })

  it('changes its work mode', async () => {
    const rig = await start(kind)
    const mode = kind === 'a' ? '1' : '2'
    await perform(rig, { kind: 'set-power-mode', mode })
    const { settings } = await readUntil(rig, (reading) => reading.settings.powerMode === mode)
    expect(settings.powerModes.find(({ id }) => id === mode)?.label).toMatch(/\(\d+ W now\)$/)
  })

  it('refuses a work mode that it does not have before anything is sent', async () => {
    const rig = await start(kind)
    await expect(perform(rig, { kind: 'set-power-mode', mode: '7' })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })
})

describe.each(['a', 'q', 'nano3s', 'mini3'] as const)('pools of a practice Avalon %s', (kind) => {
  it('are written, all three entries, and taken after the reboot', async () => {
    const rig = await start(kind)
    await perform(rig, { kind: 'set-pools', pools: [POOL] })
    const reading = await readUntil(rig, ({ state, pools }) => state === 'mining' && pools.length === 3)
    // None is left that the rig could fail over to against the person's will.
    expect(reading.pools.map(({ url, user }) => [url, user])).toEqual(Array(3).fill([POOL.url, POOL.user]))
    expect(rig.mined.at(-1)).toEqual(POOL)
  })

  it('are kept and put back, with their passwords where the rig shows them', async () => {
    const rig = await start(kind)
    const snapshot = await avalon.readPools(rig.link(), TOOLS)
    expect(snapshot.hasPasswords).toBe(kind === 'q')
    await perform(rig, { kind: 'set-pools', pools: [POOL] })
    await readUntil(rig, ({ state, pools }) => state === 'mining' && pools[0]?.url === POOL.url)
    const { note } = await perform(rig, { kind: 'restore-pools', snapshot })
    if (kind === 'q') expect(note).toBeNull()
    const reading = await readUntil(
      rig,
      ({ state, pools }) => state === 'mining' && pools[0]?.url !== POOL.url,
    )
    expect(reading.pools.slice(0, 2).map(({ url }) => url)).toEqual([
      'stratum+tcp://pool.example:3333',
      'stratum+tcp://backup.example:3334',
    ])
  })

  it('are refused with a wrong password, and without one', async () => {
    const rig = await start(kind)
    const wrong = rig.link({ username: 'root', password: 'guess' })
    await expect(perform(rig, { kind: 'set-pools', pools: [POOL] }, wrong)).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
    await expect(perform(rig, { kind: 'set-pools', pools: [POOL] }, rig.link())).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
    expect(rig.body.power).toBe('on')
  })

  it('are not written with a comma in them, which would part them elsewhere', async () => {
    const rig = await start(kind)
    const pools = [{ ...POOL, password: 'd=1024,x' }]
    await expect(perform(rig, { kind: 'set-pools', pools })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
    expect(rig.body.power).toBe('on')
  })
})

describe.each(['a', 'q', 'mini3'] as const)('soft-off of a practice Avalon %s', (kind) => {
  it('comes at the second it was set for, by the clock of the rig, and so does soft-on', async () => {
    // Hours from ours: the second is right only if it is counted from the rig's own.
    const clock = new ManualClock(Date.now() - 7 * 3_600_000)
    const rig = await start(kind, clock)
    expect(await perform(rig, { kind: 'pause' })).toMatchObject({ outcome: 'accepted' })
    clock.advance(3_000)
    expect((await read(rig)).state).not.toBe('paused')
    clock.advance(3_000)
    const resting = await read(rig)
    expect(resting).toMatchObject({ state: 'paused', hashrates: { nowHs: 0 } })
    expect(resting.hashrates.averageHs).toBe(81e12)
    const { outcome } = await perform(rig, { kind: 'resume' })
    expect(outcome).toBe(kind === 'a' ? 'unknown' : 'accepted')
    clock.advance(6_000)
    clock.advance(1_000)
    expect(rig.body.miner).toBe('running')
  })
})

describe('the light', () => {
  it.each(['a', 'nano3'] as const)('of a practice Avalon %s is switched on and off', async (kind) => {
    const rig = await start(kind)
    await perform(rig, { kind: 'locate', on: true })
    expect((await read(rig)).locating).toBe(true)
    await perform(rig, { kind: 'locate', on: false })
    expect((await read(rig)).locating).toBe(false)
  })

  it('is not asked of a Nano 3S, which has none', async () => {
    const rig = await start('nano3s')
    await expect(perform(rig, { kind: 'locate', on: true })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })
})

describe('what goes wrong', () => {
  it('shows the errors that the power supply and the boards report', async () => {
    const rig = await start('a')
    rig.body.notes.set(AVALON_NOTES.supplyError, 2048)
    rig.body.notes.set(AVALON_NOTES.boardError, 16)
    expect((await read(rig)).errors.map(({ code, component }) => [code, component])).toEqual([
      ['PS 2048', 'psu'],
      ['ECHU 16', 'board 0'],
    ])
  })

  it('reads what it can when one reply is cut in the middle', async () => {
    const rig = await startPracticeFirmware(
      (body) => {
        const whole = avalonFirmware('a')(body)
        return {
          family: whole.family,
          ports: whole.ports,
          rpc(request) {
            const reply = whole.rpc?.(request) ?? HANG_UP
            if (typeof reply !== 'string' || !request.includes('stats')) return reply
            return reply.slice(0, reply.indexOf('GHSmm'))
          },
        }
      },
      { model: 'A1246' },
    )
    const { reading } = await avalon.read(rig.link(), TOOLS)
    expect(reading).toMatchObject({ model: 'A1246', expectedHs: null })
    expect(reading.pools).toHaveLength(2)
  })

  it('names what fell silent, and keeps what was said before', async () => {
    const rig = await startPracticeFirmware((body) => {
      const whole = avalonFirmware('q')(body)
      return {
        family: whole.family,
        ports: whole.ports,
        rpc: (request) => (request.includes('pools') ? HANG_UP : (whole.rpc?.(request) ?? HANG_UP)),
      }
    })
    const { reading, failed } = await avalon.read(rig.link(), TOOLS)
    expect(failed).toEqual(['rpc pools'])
    expect(reading).toMatchObject({ model: 'Q', pools: [], state: 'mining' })
  })

  it('fails when nobody is there', async () => {
    const rig = await start('q')
    await rig.stop()
    await expect(avalon.read(rig.link(), TOOLS)).rejects.toMatchObject({ code: 'rig/unreachable' })
  })
})
