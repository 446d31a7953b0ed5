/** The adapter for Braiins OS against practice firmware of both generations over real sockets. */
import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { braiinsFamily } from '../../../src-main/fleet/families/braiins.ts'
import {
  type PoolTarget,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from '../../../src-main/fleet/families/family.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type BraiinsGeneration, braiinsFirmware } from '../../../src-main/practice/firmware/braiins.ts'
import {
  type BootFirmware,
  type FirmwareReply,
  type FirmwareRequest,
  HANG_UP,
} from '../../../src-main/practice/firmware/firmware.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'
import { until } from '../../support/proxy/until.ts'

const TOOLS = { clock: systemClock, entropy: systemEntropy }
const LOGIN = { username: 'root', password: 'secret' }
const NEW_POOL: PoolTarget = {
  url: 'stratum+tcp://headframe.example:3333',
  user: 'bc1qnew.rig7',
  password: 'p',
}

interface Stand {
  readonly rig: PracticeFirmware
  readonly family: RigFamily
  /** `POST /api/v1/auth/login` and so on, as they came. */
  readonly asked: string[]
  read(): Promise<RigReading>
  tell(command: RigCommand): Promise<WriteOutcome>
}

type Change = (request: FirmwareRequest) => FirmwareReply | typeof HANG_UP | null

async function start(
  generation: BraiinsGeneration,
  firmwareVersion: string,
  change: Change = () => null,
): Promise<Stand> {
  const asked: string[] = []
  const boot: BootFirmware = (body) => {
    const firmware = braiinsFirmware(generation)(body)
    return {
      ...firmware,
      http: (request) => {
        asked.push(`${request.method} ${request.path}`)
        return change(request) ?? firmware.http?.(request) ?? HANG_UP
      },
    }
  }
  const rig = await startPracticeFirmware(boot, {
    make: 'Antminer',
    model: generation === 'rest' ? 'S19 XP' : 'S9',
    firmwareVersion,
    boardCount: 3,
    coreVoltageMv: 12_900,
    username: 'root',
    password: 'secret',
    restartMs: 30,
  })
  const family = braiinsFamily()
  const read = async (): Promise<RigReading> => (await family.read(rig.link(LOGIN), TOOLS)).reading
  return {
    rig,
    family,
    asked,
    read,
    tell: async (command) => family.perform(rig.link(LOGIN), command, await read(), TOOLS),
  }
}

const COMMON = {
  family: 'braiins',
  make: 'Antminer',
  firmware: 'Braiins OS',
  mac: '02:00:00:00:00:07',
  hostname: 'rig7',
  state: 'mining',
  hashrates: { nowHs: 4e12 },
  expectedHs: 4e12,
  powerW: 60,
  powerSource: 'estimated',
  locating: false,
  errors: [],
  settings: {
    powerMode: 'power target',
    powerLimitW: 60,
    powerLimitRangeW: { min: 24, max: 72 },
  },
}

describe('Braiins OS from 25.07 on', () => {
  it('is read whole by REST', async () => {
    const { rig, family } = await start('rest', '25.07')
    const { reading, failed } = await family.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      ...COMMON,
      model: 'S19 XP',
      firmwareVersion: '25.07',
      apiVersion: '1.0.0',
      controlBoard: 'Amlogic',
      serial: 'SN0007',
      stickerHs: 4e12,
      bestShare: 123_456,
    })
    expect(
      reading.boards.map(({ label, serial, chipsWorking, chipMaxC, inletC }) => [
        label,
        serial,
        chipsWorking,
        chipMaxC,
        inletC,
      ]),
    ).toEqual(['1', '2', '3'].map((label) => [label, `SN0007B${label}`, 4, rig.body.chipC, 25]))
    expect(reading.hashErrorPercent).toBeCloseTo(0.2, 2)
    expect(reading.fans).toEqual(
      [0, 1].map((label) => ({ label: String(label), rpm: 3300, dutyPercent: 55, ok: null })),
    )
    expect(reading.pools.map(({ url, group, active }) => [url, group, active])).toEqual([
      ['stratum+tcp://pool.example:3333', 'Default', true],
      ['stratum+tcp://backup.example:3334', 'Default', false],
    ])
  })

  it('is logged in to once for many polls, and once more when it forgot the login', async () => {
    const { asked, read, tell, rig } = await start('rest', '25.07')
    const logins = (): number => asked.filter((each) => each === 'POST /api/v1/auth/login').length
    await read()
    await read()
    expect(logins()).toBe(1)
    await tell({ kind: 'reboot' })
    await until('it is back', () => rig.body.power === 'on')
    await read()
    expect(logins()).toBe(2)
  })

  it('shows its login as it is, without a word before it', async () => {
    const headers: (string | undefined)[] = []
    const { read } = await start('rest', '25.07', (request) => {
      headers.push(request.headers['authorization'])
      return null
    })
    await read()
    expect(new Set(headers.filter((header) => header !== undefined)).size).toBe(1)
    expect(headers.at(-1)).toMatch(/^[0-9a-f]{32}$/)
  })

  it('is not asked again and again when it gives logins that it does not take', async () => {
    const { asked, read } = await start('rest', '25.07', ({ path }) =>
      path === '/api/v1/miner/details' ? { status: 401, json: {} } : null,
    )
    await expect(read()).rejects.toMatchObject({ code: 'rig/wrong-password' })
    expect(asked.filter((each) => each.includes('auth/login'))).toHaveLength(1)
  })

  it('refuses a wrong password once', async () => {
    const { rig, family, asked } = await start('rest', '25.07')
    const wrong = rig.link({ username: 'root', password: 'guess' })
    await expect(family.read(wrong, TOOLS)).rejects.toMatchObject({ code: 'rig/wrong-password' })
    expect(asked).toEqual(['GET /api/v1/version', 'POST /api/v1/auth/login'])
  })

  it('tells by its RPC what it tells without a password', async () => {
    const { rig, family } = await start('rest', '25.07')
    const { reading, failed } = await family.read(rig.link(), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      make: 'Antminer',
      model: 'S19 XP',
      firmwareVersion: '25.07',
      apiVersion: '3.7',
      mac: null,
      state: 'mining',
      hashrates: { nowHs: 4e12, minuteHs: 4e12 },
      expectedHs: 4e12,
      powerW: 60,
      settings: { powerLimitW: 60 },
      temperatures: { chipMaxC: rig.body.chipC },
    })
    expect(reading.boards).toHaveLength(3)
    expect(reading.pools.map(({ active }) => active)).toEqual([true, false])
    await expect(family.perform(rig.link(), { kind: 'pause' }, reading, TOOLS)).rejects.toMatchObject({
      code: 'rig/login-missing',
    })
  })

  it('reads the rest when one answer breaks, and names it', async () => {
    const { rig, family } = await start('rest', '25.07', ({ path }) =>
      path === '/api/v1/miner/details' ? { status: 500, body: 'oops' } : null,
    )
    const { reading, failed } = await family.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual(['GET /api/v1/miner/details'])
    expect(reading).toMatchObject({
      model: null,
      mac: '02:00:00:00:00:07',
      hashrates: { nowHs: 4e12 },
      state: 'mining',
    })
  })

  it('takes pools as one list, works for them after its restart, and gets its groups back', async () => {
    const { rig, family, read, tell } = await start('rest', '25.07')
    const before = await family.readPools(rig.link(LOGIN), TOOLS)
    expect(before).toMatchObject({ hasPasswords: false })
    await tell({ kind: 'set-pools', pools: [NEW_POOL] })
    expect(rig.mined.at(-1)).toBeNull()
    await until('it works for the pool', () => rig.mined.at(-1)?.url === NEW_POOL.url)
    expect((await read()).pools).toMatchObject([{ url: NEW_POOL.url, group: 'Default', active: true }])
    const groups = {
      ...before,
      own: [
        { name: 'foremanGroup', strategy: { fixedshareratio: { value: 0.7 } }, enabled: [true] },
        { name: 'spare', strategy: { quota: { value: 2 } }, enabled: [false] },
      ],
    }
    await tell({ kind: 'restore-pools', snapshot: groups })
    await until('it works for the pool', () => rig.mined.at(-1)?.url === 'stratum+tcp://pool.example:3333')
    expect((await read()).pools.map(({ url, group, active }) => [url, group, active])).toEqual([
      ['stratum+tcp://pool.example:3333', 'foremanGroup', true],
      ['stratum+tcp://backup.example:3334', 'spare', false],
    ])
    // Whoever manages it stays to be seen after a change.
    await tell({ kind: 'set-pools', pools: [NEW_POOL] })
    expect((await read()).pools[0]?.group).toBe('foremanGroup')
    expect(await family.readPools(rig.link(LOGIN), TOOLS)).toMatchObject({
      own: [{ name: 'foremanGroup', strategy: { quota: { value: 1 } }, enabled: [true] }],
    })
  })

  it('says with the words of the rig why a pool was not taken', async () => {
    const { tell } = await start('rest', '25.07')
    await expect(
      tell({ kind: 'set-pools', pools: [{ ...NEW_POOL, url: 'ftp://nowhere' }] }),
    ).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('Invalid pool URL: ftp://nowhere') as string,
    })
  })
})

describe('Braiins OS before 25.07', () => {
  it('is read whole by GraphQL', async () => {
    const { rig, family } = await start('graphql', '22.08')
    const { reading, failed } = await family.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({ ...COMMON, model: 'S9', firmwareVersion: '22.08', apiVersion: '3.7' })
    expect(
      reading.boards.map(({ label, serial, boardC, chipMaxC }) => [label, serial, boardC, chipMaxC]),
    ).toEqual(['6', '7', '8'].map((label) => [label, null, rig.body.chipC - 15, rig.body.chipC]))
    expect(reading.fans.map(({ rpm }) => rpm)).toEqual([3300, 3300, 0, 0])
  })

  it('has names of its own for temperatures, serial numbers and events in 25.03', async () => {
    const { rig, family } = await start('graphql', '25.03')
    const { reading, failed } = await family.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual([])
    expect(reading.boards[0]).toMatchObject({ serial: 'SN0007B6', chipMaxC: rig.body.chipC, inletC: 25 })
  })

  it('is logged in to once for many polls, and once more when it forgot the login', async () => {
    const { rig, read, tell } = await start('graphql', '22.08')
    const logins: string[] = []
    const login = rig.body.login.bind(rig.body)
    rig.body.login = (password) => {
      logins.push(password)
      return login(password)
    }
    await read()
    await read()
    // Once for GraphQL, once for LuCI.
    expect(logins).toHaveLength(2)
    await tell({ kind: 'reboot' })
    await until('it is back', () => rig.body.power === 'on')
    await read()
    expect(logins).toHaveLength(4)
  })

  it('refuses a wrong password once', async () => {
    const { rig, family, asked } = await start('graphql', '22.08')
    const wrong = rig.link({ username: 'root', password: 'guess' })
    await expect(family.read(wrong, TOOLS)).rejects.toMatchObject({ code: 'rig/wrong-password' })
    // Whether there is REST, what is open to all, and the login.
    expect(asked).toEqual(['GET /api/v1/version', 'POST /graphql', 'POST /graphql'])
  })

  it('is read though its web page lets nobody in', async () => {
    const { rig, family } = await start('graphql', '22.08', ({ path }) =>
      path.startsWith('/cgi-bin/luci') ? { status: 403, body: 'Forbidden' } : null,
    )
    const { reading, failed } = await family.read(rig.link(LOGIN), TOOLS)
    expect(failed).toEqual(['GET /cgi-bin/luci'])
    expect(reading).toMatchObject({ mac: null, hashrates: { nowHs: 4e12 } })
  })

  it('saves pools and restarts to work for them, and gets the old ones back', async () => {
    const { rig, family, read, tell } = await start('graphql', '22.08')
    const before = await family.readPools(rig.link(LOGIN), TOOLS)
    await tell({ kind: 'set-pools', pools: [NEW_POOL] })
    await until('it works for the pool', () => rig.mined.at(-1)?.url === NEW_POOL.url)
    expect((await read()).pools).toMatchObject([{ url: NEW_POOL.url, group: 'Default', active: true }])
    await tell({ kind: 'restore-pools', snapshot: before })
    await until('it works for the pool', () => rig.mined.at(-1)?.url === 'stratum+tcp://pool.example:3333')
    expect((await read()).pools).toHaveLength(2)
    await expect(
      tell({ kind: 'set-pools', pools: [{ ...NEW_POOL, url: 'ftp://nowhere' }] }),
    ).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('Invalid pool URL') as string,
    })
  })
})

describe.each([
  ['rest', '25.07'],
  ['graphql', '22.08'],
] as const)('Braiins OS by %s', (generation, version) => {
  it('pauses and resumes', async () => {
    const { rig, read, tell } = await start(generation, version)
    await tell({ kind: 'pause' })
    expect((await read()).state).toBe('paused')
    await tell({ kind: 'resume' })
    await until('its miner runs', () => rig.body.miner === 'running')
    expect((await read()).state).toBe('mining')
  })

  it('blinks and stops blinking', async () => {
    const { read, tell } = await start(generation, version)
    await tell({ kind: 'locate', on: true })
    expect((await read()).locating).toBe(true)
    await tell({ kind: 'locate', on: false })
    expect((await read()).locating).toBe(false)
  })

  it('takes a power limit within what it allows', async () => {
    const { rig, read, tell } = await start(generation, version)
    await tell({ kind: 'set-power-limit', watts: 40 })
    await until('its miner runs', () => rig.body.miner === 'running')
    expect(await read()).toMatchObject({ powerW: 40, settings: { powerLimitW: 40 } })
    await expect(tell({ kind: 'set-power-limit', watts: 3000 })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('between 24 and 72 W') as string,
    })
    for (const command of [
      { kind: 'set-power-mode', mode: 'eco' },
      { kind: 'set-frequency', megahertz: 400 },
      { kind: 'set-voltage', millivolts: 12_000 },
      { kind: 'set-fan', percent: 50 },
    ] as const) {
      await expect(tell(command)).rejects.toMatchObject({ code: 'rig/not-supported' })
    }
  })

  it('restarts its miner', async () => {
    const { rig, tell } = await start(generation, version)
    const before = rig.mined.length
    await tell({ kind: 'restart' })
    await until('its miner has restarted', () => rig.mined.length === before + 2)
  })

  it('is away while it reboots, and comes back', async () => {
    const { rig, read, tell } = await start(generation, version)
    const outcome = await tell({ kind: 'reboot' })
    expect(['accepted', 'unknown']).toContain(outcome.outcome)
    await expect(read()).rejects.toMatchObject({
      code: expect.stringMatching(/^rig\/(?:cut-off|unreachable)$/) as string,
    })
    await until('it is back', () => rig.body.power === 'on')
    expect((await read()).state).toBe('mining')
  })
})

it('offers no changes for an interface that is not known yet', async () => {
  const { rig, family } = await start('rest', '30.01', ({ path }) =>
    path === '/api/v1/version' ? { json: { major: 2, minor: 0, patch: 0 } } : null,
  )
  const { reading } = await family.read(rig.link(LOGIN), TOOLS)
  const { 'set-pools': setPools } = family.capabilities(reading)
  expect(setPools).toMatchObject({ offered: false, because: expect.stringContaining('2.0.0') as string })
})
