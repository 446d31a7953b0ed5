import { describe, expect, it } from 'vitest'
import { antminer } from '../../../src-main/fleet/families/antminer.ts'
import { antminerFirmware, type AntminerGeneration } from '../../../src-main/practice/firmware/antminer.ts'
import { type BootFirmware, HANG_UP } from '../../../src-main/practice/firmware/firmware.ts'
import { type RigBlueprint } from '../../../src-main/practice/firmware/rig-body.ts'
import { activeUrl, type FamilyRig, familyRig, TOOLS } from '../../support/family-rig.ts'
import { startPracticeFirmware } from '../../support/practice-firmware.ts'

const LOGIN = { username: 'root', password: 'right & proper' }
const TARGET = { url: 'stratum+tcp://192.0.2.10:3333', user: 'farm.rig7', password: 'secret' }

const MACHINES: Readonly<Record<AntminerGeneration, Partial<RigBlueprint>>> = {
  'old-web': {
    model: 'S9',
    firmwareVersion: 'Fri Nov 17 17:37:49 CST 2017',
    boardCount: 3,
    chipsPerBoard: 63,
    nameplateHs: 13.5e12,
    nameplateW: 1323,
    frequencyMHz: 550,
    fanCount: 2,
  },
  'before-2023-07': {
    model: 'S19 Pro',
    firmwareVersion: 'Tue Dec  6 16:12:30 CST 2022',
    boardCount: 3,
    chipsPerBoard: 114,
    nameplateHs: 110e12,
    nameplateW: 3250,
    frequencyMHz: 675,
    fanCount: 4,
  },
  'since-2023-07': {
    model: 'S21',
    firmwareVersion: 'Thu Oct 9 18:55:45 CST 2025',
    boardCount: 3,
    chipsPerBoard: 108,
    nameplateHs: 200e12,
    nameplateW: 3500,
    frequencyMHz: 490,
    fanCount: 4,
  },
}
const GENERATIONS = Object.keys(MACHINES) as AntminerGeneration[]

async function start(
  generation: AntminerGeneration,
  wrap = (boot: BootFirmware) => boot,
): Promise<FamilyRig> {
  const practice = await startPracticeFirmware(wrap(antminerFirmware(generation)), {
    make: 'Antminer',
    restartMs: 300,
    rebootMs: 800,
    ...MACHINES[generation],
    ...LOGIN,
  })
  return familyRig(practice, antminer, LOGIN)
}

describe.each(GENERATIONS)('Antminer with firmware %s', (generation) => {
  const machine = MACHINES[generation]

  it('says what it is, what it does and for whom', async () => {
    const rig = await start(generation)
    const { reading, failed } = await rig.result()
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'antminer',
      make: 'Antminer',
      model: machine.model,
      firmware: 'Stock',
      firmwareVersion: machine.firmwareVersion,
      mac: '02:00:00:00:00:07',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: machine.nameplateHs, averageHs: machine.nameplateHs },
      expectedHs: machine.nameplateHs,
      bestShare: 123_456,
      locating: false,
      errors: [],
    })
    expect(
      reading.boards.map(({ chipsWorking, chipsExpected, missing }) => [
        chipsWorking,
        chipsExpected,
        missing,
      ]),
    ).toEqual(Array.from({ length: 3 }, () => [machine.chipsPerBoard, machine.chipsPerBoard, false]))
    expect(reading.fans.map(({ rpm, ok }) => [rpm, ok])).toEqual(
      Array.from({ length: machine.fanCount ?? 0 }, () => [3300, true]),
    )
    expect(reading.temperatures.chipMaxC).toBeGreaterThan(40)
    expect(activeUrl(reading)).toBe('stratum+tcp://pool.example:3333')
    expect(reading.pools.map(({ user }) => user)).toEqual(['bc1qexample.rig7', 'bc1qexample.rig7'])
  })

  it('is read without a login, but for its network address', async () => {
    const rig = await start(generation)
    const { reading, failed } = await rig.result(null)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({ model: machine.model, state: 'mining', mac: null, locating: null })
    expect(rig.asked.filter((asked) => asked.includes('cgi-bin'))).toEqual([])
  })

  it('refuses a wrong password, and wants one for changes', async () => {
    const rig = await start(generation)
    const wrong = { username: 'root', password: 'guess' }
    await expect(rig.read(wrong)).rejects.toMatchObject({ code: 'rig/wrong-password' })
    await expect(rig.perform({ kind: 'set-pools', pools: [TARGET] }, wrong)).rejects.toMatchObject({
      code: 'rig/wrong-password',
    })
    await expect(rig.perform({ kind: 'set-pools', pools: [TARGET] }, null)).rejects.toMatchObject({
      code: 'rig/login-missing',
    })
    expect(rig.practice.body.pools[0]?.url).toBe('stratum+tcp://pool.example:3333')
  })

  it('is moved to another pool and back, in three places, nothing else changed', async () => {
    const rig = await start(generation)
    const { body, mined } = rig.practice
    await rig.perform({ kind: 'set-fan', percent: 70 })
    await expect.poll(() => body.miner).toBe('running')
    const before = await antminer.readPools(rig.practice.link(LOGIN), TOOLS)
    expect(before).toMatchObject({ hasPasswords: true })
    expect(before.pools.map(({ password }) => password)).toEqual(['x', 'x'])

    const outcome = await rig.perform({ kind: 'set-pools', pools: [TARGET] })
    expect(outcome.outcome).toBe('accepted')
    expect(mined.at(-1)).toBeNull()
    await expect.poll(() => mined.at(-1)).toEqual(TARGET)
    const moved = await rig.readUntil((reading) => activeUrl(reading) === TARGET.url)
    expect(moved.pools).toHaveLength(1)
    expect(body.pools.map(({ url }) => url)).toEqual([TARGET.url, '', ''])
    expect(moved.settings).toMatchObject({ fanAuto: false, fanPercent: 70 })
    expect(body.fanPercent).toBe(70)
    expect(body.frequencyMHz).toBe(machine.frequencyMHz)

    await rig.perform({ kind: 'restore-pools', snapshot: before })
    await rig.readUntil((reading) => activeUrl(reading) === 'stratum+tcp://pool.example:3333')
    expect(body.pools.map(({ url, password }) => [url, password])).toEqual([
      ['stratum+tcp://pool.example:3333', 'x'],
      ['stratum+tcp://backup.example:3334', 'x'],
      ['', ''],
    ])
  })

  it('says that its miner program is away while it starts anew', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'set-pools', pools: [TARGET] })
    const { reading, failed } = await rig.result()
    expect(reading).toMatchObject({
      state: 'miner-down',
      mac: '02:00:00:00:00:07',
      hashrates: { nowHs: null },
    })
    // Its label says nothing of a rig at rest; the service on port 6060 measures on.
    expect(reading.powerSource).toBe(generation === 'since-2023-07' ? 'measured' : null)
    expect(failed).toEqual([])
    await rig.readUntil(({ state }) => state === 'mining')
  })

  it('reboots without an answer, and comes back', async () => {
    const rig = await start(generation)
    expect(await rig.perform({ kind: 'reboot' })).toMatchObject({ outcome: 'unknown' })
    await expect(rig.read()).rejects.toMatchObject({
      code: expect.stringMatching(/^rig\/(unreachable|cut-off)$/) as unknown,
    })
    await rig.readUntil(({ state }) => state === 'mining')
  })

  it('blinks until it is told to stop', async () => {
    const rig = await start(generation)
    const on = await rig.perform({ kind: 'locate', on: true })
    // The old page falls silent over it.
    expect(on.outcome).toBe(generation === 'old-web' ? 'unknown' : 'accepted')
    expect((await rig.read()).locating).toBe(true)
    await rig.perform({ kind: 'locate', on: false })
    expect((await rig.read()).locating).toBe(false)
  })

  it('offers what its generation has, and says why not otherwise', async () => {
    const rig = await start(generation)
    const offered = antminer.capabilities(await rig.read())
    const isNew = generation !== 'old-web'
    expect(
      Object.fromEntries(Object.entries(offered).map(([kind, { offered: has }]) => [kind, has])),
    ).toEqual({
      'set-pools': true,
      restart: false,
      reboot: true,
      pause: isNew,
      resume: isNew,
      locate: true,
      'set-power-mode': isNew,
      'set-power-limit': false,
      'set-frequency': false,
      'set-voltage': false,
      'set-fan': true,
    })
    for (const capability of Object.values(offered)) {
      if (!capability.offered) expect(capability.because).toMatch(/\.$/)
    }
    await expect(rig.perform({ kind: 'set-frequency', megahertz: 600 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
    const sv2 = 'stratum2+tcp://192.0.2.10:3336/9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnan'
    await expect(rig.perform({ kind: 'set-pools', pools: [{ ...TARGET, url: sv2 }] })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })
})

describe.each(['before-2023-07', 'since-2023-07'] as const)('Antminer with JSON pages, %s', (generation) => {
  it('sleeps and wakes', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'pause' })
    expect(await rig.read()).toMatchObject({ state: 'paused', hashrates: { nowHs: 0 } })
    expect(rig.practice.body.pools[0]?.url).toBe('stratum+tcp://pool.example:3333')
    await rig.perform({ kind: 'resume' })
    await rig.readUntil(({ state }) => state === 'mining')
    expect(rig.practice.mined.at(-1)?.url).toBe('stratum+tcp://pool.example:3333')
  })

  it('changes its power mode and keeps it over a change of pools', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'set-power-mode', mode: '3' })
    const low = await rig.readUntil(({ state }) => state === 'mining')
    expect(low.settings).toMatchObject({ powerMode: '3' })
    expect(low.expectedHs).toBe((MACHINES[generation].nameplateHs ?? 0) * 0.8)
    await rig.perform({ kind: 'set-pools', pools: [TARGET] })
    await rig.readUntil((reading) => activeUrl(reading) === TARGET.url)
    expect((await rig.read()).settings.powerMode).toBe('3')
    await expect(rig.perform({ kind: 'set-power-mode', mode: '9' })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('stays asleep when its pools are changed meanwhile', async () => {
    const rig = await start(generation)
    await rig.perform({ kind: 'pause' })
    await rig.perform({ kind: 'set-pools', pools: [TARGET] })
    expect(await rig.read()).toMatchObject({ state: 'paused' })
  })

  it('keeps three pools, and says what was left out', async () => {
    const rig = await start(generation)
    const pools = [1, 2, 3, 4].map((n) => ({ ...TARGET, user: `farm.rig${String(n)}` }))
    const { note } = await rig.perform({ kind: 'set-pools', pools })
    expect(note).toMatch(/3 pools/)
    expect(rig.practice.body.pools.map(({ user }) => user)).toEqual(['farm.rig1', 'farm.rig2', 'farm.rig3'])
  })
})

describe('Antminer S9 with its sparse tables', () => {
  it('keeps the numbers of its chains and fans as labels', async () => {
    const rig = await start('old-web')
    const { boards, fans } = await rig.read()
    expect(boards.map(({ slot, label }) => [slot, label])).toEqual([
      [0, 'Chain 6'],
      [1, 'Chain 7'],
      [2, 'Chain 8'],
    ])
    expect(fans.map(({ label }) => label)).toEqual(['Fan 3', 'Fan 6'])
  })

  it('estimates its power from the label and says so', async () => {
    const rig = await start('old-web')
    expect(await rig.read()).toMatchObject({ powerW: 1323, powerSource: 'estimated' })
  })

  it('refuses texts that its old page would write wrong', async () => {
    const rig = await start('old-web')
    await expect(
      rig.perform({ kind: 'set-pools', pools: [{ ...TARGET, user: 'a"b' }] }),
    ).rejects.toMatchObject({ code: 'rig/not-supported' })
    expect(rig.practice.body.pools[0]?.url).toBe('stratum+tcp://pool.example:3333')
  })

  it('is not told twice to do what it did without an answer', async () => {
    const rig = await start('old-web', (boot) => (body) => {
      const firmware = boot(body)
      return {
        ...firmware,
        http: (request) => {
          const reply = firmware.http?.(request) ?? HANG_UP
          return request.path.endsWith('/set_miner_conf.cgi') && request.headers.authorization !== undefined
            ? HANG_UP
            : reply
        },
      }
    })
    expect(await rig.perform({ kind: 'set-pools', pools: [TARGET] })).toMatchObject({ outcome: 'unknown' })
    expect(rig.practice.body.pools[0]).toEqual(TARGET)
  })
})

describe('Antminer with port 6060', () => {
  it('measures its power and names what is wrong in plain words', async () => {
    const rig = await start('since-2023-07')
    rig.practice.body.notes.set('warning', 'J1:2')
    rig.practice.body.notes.set('complaints', [{ type: 'fans', status: 'e', code: 2, msg: 'fan lost' }])
    const { powerW, powerSource, errors } = await rig.read()
    expect([powerW, powerSource]).toEqual([3500, 'measured'])
    expect(errors).toMatchObject([
      { code: 'J1:2', component: 'board 1', severity: 'error', text: 'Chips are missing on a hashboard' },
      { code: 'fans:2', component: 'fan', severity: 'error', text: 'fan lost' },
    ])
    for (const { remedy } of errors) expect(remedy).not.toBeNull()
  })
})

describe('Antminer that answers badly', () => {
  const broken =
    (rpc: (request: string) => string) =>
    (boot: BootFirmware): BootFirmware =>
    (body) => ({ ...boot(body), rpc })

  it('is read from its pages where the RPC is closed to this machine', async () => {
    const denied = `{"STATUS":[{"STATUS":"E","Code":45,"Msg":"Access denied"}],"id":1}\0`
    const rig = await start(
      'since-2023-07',
      broken(() => denied),
    )
    const { reading } = await rig.result()
    expect(reading).toMatchObject({ model: 'S21', state: 'mining', hashrates: { nowHs: 200e12 } })
    expect(reading.boards).toHaveLength(3)
    expect(activeUrl(reading)).toBe('stratum+tcp://pool.example:3333')
  })

  it('gives what it can when one answer is cut and another is no JSON', async () => {
    const rig = await start('before-2023-07', (boot) => (body) => {
      const firmware = boot(body)
      return {
        ...firmware,
        rpc: (request) => {
          if (request.includes('pools')) return '<html>oops</html>'
          if (request.includes('summary'))
            return '{"STATUS":[{"STATUS":"S"}],"SUMMARY":[{"Elapsed":5,"GHS 5s":"110000.5","GHS'
          return firmware.rpc?.(request) ?? HANG_UP
        },
      }
    })
    const { reading, failed } = await rig.result()
    expect(failed).toEqual(['rpc pools'])
    expect(reading).toMatchObject({ hashrates: { nowHs: 110_000.5e9 }, pools: [] })
    expect(reading.boards).toHaveLength(3)
  })

  it('is given up at once when nobody is there', async () => {
    const rig = await start('before-2023-07')
    await rig.practice.stop()
    await expect(rig.read()).rejects.toMatchObject({ code: 'rig/unreachable' })
  })
})
