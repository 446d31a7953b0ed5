/** LuxOS's adapter against practice firmware over real sockets. */
import { describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import {
  type PoolTarget,
  type RigCommand,
  type WriteOutcome,
} from '../../../src-main/fleet/families/family.ts'
import { luxos } from '../../../src-main/fleet/families/luxos.ts'
import { at } from '../../../src-main/fleet/model/lenient.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { askRpc, commandRpc } from '../../../src-main/fleet/transport/ask.ts'
import { type BootFirmware, HANG_UP } from '../../../src-main/practice/firmware/firmware.ts'
import { luxosFirmware } from '../../../src-main/practice/firmware/luxos.ts'
import { type PracticeFirmware, startPracticeFirmware } from '../../support/practice-firmware.ts'
import { until } from '../../support/proxy/until.ts'

const TOOLS = { clock: systemClock, entropy: systemEntropy }
const NEW_POOL: PoolTarget = {
  url: 'stratum+tcp://headframe.example:3333',
  user: 'bc1qnew.rig7',
  password: '',
}
const SPARE: PoolTarget = { url: 'stratum+tcp://spare.example:3333', user: 'bc1qnew.rig7', password: 'y' }

const start = (boot: BootFirmware = luxosFirmware): Promise<PracticeFirmware> =>
  startPracticeFirmware(boot, {
    make: 'Antminer',
    model: 'S19k Pro',
    firmwareVersion: '2025.4.8.220305',
    boardCount: 3,
    chipsPerBoard: 7,
    coreVoltageMv: 13_500,
    restartMs: 30,
  })

async function read(rig: PracticeFirmware): Promise<RigReading> {
  return (await luxos.read(rig.link(), TOOLS)).reading
}

async function tell(rig: PracticeFirmware, command: RigCommand): Promise<WriteOutcome> {
  return luxos.perform(rig.link(), command, await read(rig), TOOLS)
}

const poolsOf = (reading: RigReading): unknown[] =>
  reading.pools.map(({ url, user, group, active }) => [url, user, group, active])

/** With some commands answered otherwise. */
const altered =
  (change: (request: string, answer: () => unknown) => unknown): BootFirmware =>
  (body) => {
    const firmware = luxosFirmware(body)
    return {
      ...firmware,
      rpc: (request) => change(request, () => firmware.rpc?.(request)) as string,
    }
  }

describe('LuxOS', () => {
  it('is read whole', async () => {
    const rig = await start()
    const { reading, failed } = await luxos.read(rig.link(), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({
      family: 'luxos',
      make: 'Antminer',
      model: 'S19k Pro',
      firmware: 'LuxOS',
      firmwareVersion: '2025.4.8.220305',
      apiVersion: '3.7',
      mac: '02:00:00:00:00:07',
      serial: 'SN0007',
      hostname: 'rig7',
      state: 'mining',
      hashrates: { nowHs: 4e12, hourHs: 4e12 },
      expectedHs: 4e12,
      stickerHs: 4e12,
      powerW: 60,
      powerSource: 'estimated',
      bestShare: 123_456,
      locating: false,
      errors: [],
      settings: {
        powerMode: 'default',
        frequencyMHz: 500,
        coreVoltageMv: 13_500,
        fanAuto: true,
        targetC: 60,
      },
    })
    expect(
      reading.boards.map(({ slot, label, chipsWorking, chipsExpected, voltageV }) => [
        slot,
        label,
        chipsWorking,
        chipsExpected,
        voltageV,
      ]),
    ).toEqual([
      [0, 'J7', 7, 7, 13.5],
      [1, 'J8', 7, 7, 13.5],
      [2, 'J9', 7, 7, 13.5],
    ])
    expect(reading.chips).toHaveLength(21)
    expect(reading.chips.every(({ working }) => working === true)).toBe(true)
    expect(poolsOf(reading)).toEqual([
      ['stratum+tcp://pool.example:3333', 'bc1qexample.rig7', 'default', true],
      ['stratum+tcp://backup.example:3334', 'bc1qexample.rig7', 'default', false],
    ])
    expect(luxos.capabilities(reading)).toMatchObject({
      'set-pools': { offered: true },
      'set-power-mode': { offered: true },
      'set-power-limit': { offered: false },
      'set-fan': { offered: true },
    })
  })

  it('is asked in one go, and command by command when that does not work', async () => {
    const asked: string[] = []
    const rig = await start(
      altered((request, answer) => {
        const { command } = JSON.parse(request) as { command: string }
        asked.push(command)
        return command.includes('+') ? 'no\0' : answer()
      }),
    )
    const { reading, failed } = await luxos.read(rig.link(), TOOLS)
    expect(failed).toEqual([])
    expect(reading).toMatchObject({ model: 'S19k Pro', hashrates: { nowHs: 4e12 } })
    expect(asked.filter((command) => command.includes('+'))).toHaveLength(1)
    expect(asked).toContain('events')
  })

  it('reads the rest when one answer is missing, and names it', async () => {
    const rig = await start(
      altered((request, answer) => {
        const { command } = JSON.parse(request) as { command: string }
        if (command.includes('+')) return 'Socket connect failed'
        return command === 'fans' ? '{"FANS": nonsense' : answer()
      }),
    )
    const { reading, failed } = await luxos.read(rig.link(), TOOLS)
    expect(failed).toEqual([])
    expect(reading.fans).toEqual([])
    expect(reading.hashrates.nowHs).toBe(4e12)
    const silent = await start(
      altered((request, answer) => {
        const { command } = JSON.parse(request) as { command: string }
        return command.includes('+') || command === 'fans' ? HANG_UP : answer()
      }),
    )
    expect((await luxos.read(silent.link(), TOOLS)).failed).toEqual(['rpc fans'])
  })

  it('works for new pools and forgets the old ones', async () => {
    const rig = await start()
    const outcome = await tell(rig, { kind: 'set-pools', pools: [NEW_POOL, SPARE] })
    expect(outcome).toMatchObject({ outcome: 'accepted', note: null })
    await until('it works for the pool', () => rig.mined.at(-1)?.url === NEW_POOL.url)
    expect(poolsOf(await read(rig))).toEqual([
      [NEW_POOL.url, NEW_POOL.user, 'default', true],
      [SPARE.url, SPARE.user, 'default', false],
    ])
    expect(rig.body.pools.map(({ password }) => password)).toEqual(['x', 'y'])
  })

  it('clears groups that shared its hashrate, and puts them back', async () => {
    const rig = await start()
    const link = rig.link()
    await commandRpc(link, 'addgroup', 'foremanGroup,3')
    await commandRpc(link, 'addpool', 'stratum+tcp://farm.example:3333,farm.rig7,x,1')
    const before = await luxos.readPools(link, TOOLS)
    expect(before.pools.map(({ url }) => url)).toEqual([
      'stratum+tcp://pool.example:3333',
      'stratum+tcp://backup.example:3334',
      'stratum+tcp://farm.example:3333',
    ])
    expect(before.hasPasswords).toBe(false)
    const shown = poolsOf(await read(rig))
    expect(shown[2]).toEqual(['stratum+tcp://farm.example:3333', 'farm.rig7', 'foremanGroup', false])

    await tell(rig, { kind: 'set-pools', pools: [NEW_POOL] })
    expect(poolsOf(await read(rig))).toMatchObject([
      [NEW_POOL.url, NEW_POOL.user, 'default', expect.anything()],
    ])

    await tell(rig, { kind: 'restore-pools', snapshot: before })
    await until('it works for the pool', () => rig.mined.at(-1)?.url === 'stratum+tcp://pool.example:3333')
    expect(poolsOf(await read(rig))).toEqual(shown)
    expect(at(await askRpc(link, 'groups'), 'GROUPS', 1, 'Quota')).toBe(3)
  })

  it('is not told of a pool with a comma, which would be read as two things', async () => {
    const rig = await start()
    await expect(
      tell(rig, { kind: 'set-pools', pools: [{ ...NEW_POOL, password: 'd=1,x' }] }),
    ).rejects.toMatchObject({ code: 'rig/not-supported' })
    expect(rig.body.pools).toHaveLength(2)
  })

  it('sleeps and wakes', async () => {
    const rig = await start()
    await tell(rig, { kind: 'pause' })
    const asleep = await read(rig)
    expect(asleep).toMatchObject({ state: 'paused', hashrates: { nowHs: 0 } })
    expect(asleep.errors.map(({ code, severity }) => [code, severity])).toEqual([['SLEEP', 'info']])
    await expect(tell(rig, { kind: 'set-frequency', megahertz: 400 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
    await tell(rig, { kind: 'resume' })
    await until('its miner runs', () => rig.body.miner === 'running')
    expect((await read(rig)).state).toBe('mining')
  })

  it('blinks and stops blinking', async () => {
    const rig = await start()
    await tell(rig, { kind: 'locate', on: true })
    expect((await read(rig)).locating).toBe(true)
    await tell(rig, { kind: 'locate', on: false })
    expect((await read(rig)).locating).toBe(false)
  })

  it('takes a profile though its thermal management is on, which stays on', async () => {
    const rig = await start()
    const outcome = await tell(rig, { kind: 'set-power-mode', mode: '400MHz' })
    expect(outcome.note).toContain('ATM')
    expect((await read(rig)).settings).toMatchObject({ powerMode: '400MHz', frequencyMHz: 400 })
    expect(at(await askRpc(rig.link(), 'atm'), 'ATM', 0, 'Enabled')).toBe(true)
    await expect(tell(rig, { kind: 'set-power-mode', mode: 'turbo' })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('takes clock, voltage and fan', async () => {
    const rig = await start()
    await tell(rig, { kind: 'set-frequency', megahertz: 450 })
    await tell(rig, { kind: 'set-voltage', millivolts: 13_200 })
    await tell(rig, { kind: 'set-fan', percent: 80 })
    expect((await read(rig)).settings).toMatchObject({
      frequencyMHz: 450,
      coreVoltageMv: 13_200,
      fanAuto: false,
      fanPercent: 80,
    })
    await tell(rig, { kind: 'set-fan', percent: null })
    expect((await read(rig)).settings.fanAuto).toBe(true)
    await expect(tell(rig, { kind: 'set-power-limit', watts: 50 })).rejects.toMatchObject({
      code: 'rig/not-supported',
    })
  })

  it('is away while it reboots, and comes back', async () => {
    const rig = await start()
    const outcome = await tell(rig, { kind: 'reboot' })
    expect(['accepted', 'unknown']).toContain(outcome.outcome)
    await expect(read(rig)).rejects.toMatchObject({
      code: expect.stringMatching(/^rig\/(?:cut-off|unreachable)$/) as string,
    })
    await until('it is back', () => rig.body.power === 'on')
    expect((await read(rig)).state).toBe('mining')
  })

  it('restarts its miner', async () => {
    const rig = await start()
    const before = rig.mined.length
    await tell(rig, { kind: 'restart' })
    await until('its miner has restarted', () => rig.mined.length === before + 2)
    expect(rig.mined.slice(before).map((pool) => pool?.url ?? null)).toEqual([
      null,
      'stratum+tcp://pool.example:3333',
    ])
  })

  it('leaves a session of another tool alone, and says who may hold it', async () => {
    const rig = await start()
    const link = rig.link()
    const foreign = at(await askRpc(link, 'logon'), 'SESSION', 0, 'SessionID')
    await expect(tell(rig, { kind: 'locate', on: true })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('Another tool') as string,
    })
    expect(rig.body.locating).toBe(false)
    expect(at(await askRpc(link, 'session'), 'SESSION', 0, 'SessionID')).toBe(foreign)
  })

  it('gives its session back, also when the rig refused', async () => {
    const rig = await start()
    await tell(rig, { kind: 'locate', on: true })
    await expect(tell(rig, { kind: 'set-fan', percent: 400 })).rejects.toMatchObject({
      code: 'rig/refused',
      message: expect.stringContaining('Invalid fan speed') as string,
    })
    expect(at(await askRpc(rig.link(), 'session'), 'SESSION', 0, 'SessionID')).toBe('')
  })
})
