/** The desk of devices between threads that are made up: what each is told of a device, in which order, and what is shown. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { DeviceBook } from '../../../src-main/app/device-book.ts'
import { type ChainStatus } from '../../../src-main/app/device-chains.ts'
import { DeviceDesk } from '../../../src-main/app/device-desk.ts'
import { HeadframeError, ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import {
  type AttachedDevice,
  type AttachOutcome,
  defaultSettings,
  findBoardModel,
} from '../../../src-main/drivers/index.ts'
import { type Rig } from '../../../src-preload/contract/index.ts'

function usb(
  numbers: string,
  serialNumber: string | null,
  product: string,
  manufacturer: string,
  ports: readonly string[],
): AttachedDevice {
  const [vendor = '', productId = ''] = numbers.split(':')
  return {
    key: serialNumber === null ? `${numbers}@1-2` : `${numbers}:${serialNumber}`,
    vendorId: parseInt(vendor, 16),
    productId: parseInt(productId, 16),
    manufacturer,
    product,
    serialNumber,
    bcdDevice: null,
    ports: ports.map((path) => ({ kind: 'tty', path })),
  }
}

const STICK = usb('10c4:ea60', null, 'CP2102 USB to UART Bridge Controller', 'Silicon Labs', ['/dev/ttyUSB3'])
const BITAXE = usb('c0de:cafe', 'AB12', 'Bitaxe', 'OSMU', ['/dev/ttyACM0', '/dev/ttyACM1'])
const COMPAC = usb('0403:6015', 'FT7', 'CompacF Bitcoin Miner', 'GekkoScience', ['/dev/ttyUSB0'])
const GAMMA: AttachOutcome = { kind: 'ready', boardId: 'bitaxe-gamma' }
const OPEN: AttachOutcome = { kind: 'open', candidates: [{ id: 'bitaxe-gamma', name: 'Bitaxe Gamma' }] }
const BM1370 = { model: 0x1370, count: 1 }

type Answer = (argument: never) => unknown

/** Threads that note what they are told and answer at once; others by name. */
async function deskOf(answers: Record<string, Answer> = {}, dataDir?: string) {
  const clock = new ManualClock()
  const dir = dataDir ?? (await mkdtemp(join(tmpdir(), 'headframe-desk-')))
  if (dataDir === undefined) onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  const calls: { name: string; argument: unknown }[] = []
  const rigs = new Map<string, Rig>()
  const told: string[] = []
  const given: Record<string, Answer> = { ...answers }
  const call = async (name: string, argument: unknown): Promise<unknown> => {
    calls.push({ name, argument })
    return given[name]?.(argument as never)
  }
  const book = await DeviceBook.open(dir, clock)
  const desk = new DeviceDesk({
    clock,
    log: silentLogger,
    book,
    safety: { call } as never,
    mining: { call } as never,
    platform: 'linux',
    downstreams: () => [],
    poolName: () => null,
    cutAll: async () => void (await call('stopAll', null)),
    startTuning: () => Promise.reject(new Error('nothing is tuned here')),
    sawRig: (rig) => void rigs.set(rig.id, rig),
    forgetRig: (id) => void rigs.delete(id),
    tell: (_severity, _title, detail) => void told.push(detail),
    misbehave: null,
  })
  return {
    ...{ clock, desk, book, dir, calls, rigs, told, given },
    seen: (device: AttachedDevice) => desk.detail(device.key).device,
    names: () => calls.map(({ name }) => name),
    argumentsOf: (name: string) => calls.filter((each) => each.name === name).map(({ argument }) => argument),
    async attach(device: AttachedDevice) {
      desk.attached(device)
      await settled()
    },
    async detach(device: AttachedDevice) {
      desk.detached(device.key)
      await settled()
    },
    async pass(ms: number) {
      clock.advance(ms)
      await settled()
    },
  }
}

/** Everything that waits for neither time nor an answer. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A call that answers when the test says so. */
function held<T>(): { answer: () => Promise<T>; give: (value: T) => void } {
  const waiting: ((value: T) => void)[] = []
  return {
    answer: () => new Promise((resolve) => waiting.push(resolve)),
    give: (value) => waiting.shift()?.(value),
  }
}

describe('a device that may be anything', () => {
  it('is asked about, and no thread is told of it until a person has said what it is', async () => {
    const it = await deskOf()
    await it.attach(STICK)
    expect(it.seen(STICK)).toMatchObject({ state: 'ask', model: null, problem: null, settings: null })
    expect(it.seen(STICK).candidates.length).toBeGreaterThan(0)
    expect(it.calls).toEqual([])
    expect(it.rigs.size).toBe(0)
    await expect(it.desk.choose(STICK.key, 'bitaxe-gamma')).rejects.toMatchObject({ code: 'board/unknown' })
    await expect(it.desk.act(STICK.key, 'stop')).rejects.toMatchObject({ code: 'device/cannot' })
    await expect(it.desk.update(STICK.key, { frequencyMhz: 200 })).rejects.toMatchObject({
      code: 'device/cannot',
    })
    expect(it.calls).toEqual([])
  })

  it('that is no miner is left alone, also when it is plugged in again and after a restart', async () => {
    const it = await deskOf()
    await it.attach(STICK)
    await it.desk.choose(STICK.key, null)
    await settled()
    expect(it.seen(STICK)).toMatchObject({ state: 'unsupported' })
    await it.detach(STICK)
    await it.attach(STICK)
    expect(it.argumentsOf('attach')).toEqual([])
    const next = await deskOf({}, it.dir)
    await next.attach(STICK)
    expect(next.seen(STICK)).toMatchObject({ state: 'unsupported' })
    expect(next.argumentsOf('attach')).toEqual([])
  })
})

describe('a device that goes while a thread fails', () => {
  it('is let go by the safety thread all the same: a board with a supply of its own may still hear', async () => {
    const it = await deskOf({
      attach: () => GAMMA,
      detachDevice: () => Promise.reject(new Error('the mining thread has troubles of its own')),
    })
    await it.attach(BITAXE)
    await it.detach(BITAXE)
    expect(it.argumentsOf('detach')).toEqual([{ key: BITAXE.key, cause: 'unplugged' }])
  })

  it('is not said to be started anew when it does not mine', async () => {
    const it = await deskOf({ attach: () => GAMMA })
    await it.attach(BITAXE)
    await expect(it.desk.act(BITAXE.key, 'restart')).rejects.toMatchObject({ code: 'device/not-running' })
    expect(it.argumentsOf('restartDevice')).toEqual([])
  })
})

describe('a device whose driver is missing', () => {
  it('says what is needed, and no thread is told of it', async () => {
    const it = await deskOf()
    await it.attach({ ...COMPAC, ports: [] })
    const { state, doing } = it.seen(COMPAC)
    expect(state).toBe('driver')
    expect(doing).not.toBe('')
    expect(it.calls).toEqual([])
    // Its port came.
    it.given['attach'] = () => ({ kind: 'ready', boardId: 'gekko-compac-f' })
    await it.attach(COMPAC)
    expect(it.names()).toContain('attachDevice')
  })
})

describe('a board of a family', () => {
  const answers = { attach: () => OPEN, identifyDevice: () => BM1370, settle: () => GAMMA }

  it('is opened, asked what it is, settled, told its fan and given to mining, in this order', async () => {
    const it = await deskOf(answers)
    await it.attach(BITAXE)
    expect(it.names()).toEqual(['attach', 'identifyDevice', 'settle', 'setFan', 'attachDevice'])
    expect(it.argumentsOf('attach')).toMatchObject([{ boardId: 'bitaxe', settings: null }])
    expect(it.argumentsOf('identifyDevice')).toMatchObject([
      { id: BITAXE.key, dataPort: { path: '/dev/ttyACM1' } },
    ])
    expect(it.argumentsOf('settle')).toEqual([{ key: BITAXE.key, ...BM1370 }])
    expect(it.argumentsOf('attachDevice')).toMatchObject([
      { model: { id: 'bitaxe-gamma' }, dataPort: { path: '/dev/ttyACM1' }, settings: { frequencyMhz: 525 } },
    ])
    expect(it.seen(BITAXE)).toMatchObject({ model: { name: 'Bitaxe Gamma' }, problem: null })
    expect(it.rigs.get(BITAXE.key)).toBeUndefined()
    await it.pass(1_000)
    expect(it.rigs.get(BITAXE.key)).toMatchObject({ model: 'Bitaxe Gamma', family: 'usb' })
  })

  it('whose chips do not answer is tried again, later each time, until they do', async () => {
    const it = await deskOf({ ...answers, identifyDevice: () => ({ model: null, count: 0 }) })
    await it.attach(BITAXE)
    expect(it.seen(BITAXE)).toMatchObject({ state: 'blocked', problem: { code: 'chip/none-answered' } })
    await it.pass(999)
    expect(it.argumentsOf('attach')).toHaveLength(1)
    await it.pass(1)
    expect(it.argumentsOf('attach')).toHaveLength(2)
    await it.pass(1_999)
    expect(it.argumentsOf('attach')).toHaveLength(2)
    it.given['identifyDevice'] = () => BM1370
    await it.pass(1)
    expect(it.names().at(-1)).toBe('attachDevice')
    expect(it.seen(BITAXE)).toMatchObject({ problem: null, state: 'starting' })
    await it.pass(600_000)
    expect(it.argumentsOf('attachDevice')).toHaveLength(1)
  })

  it('that is not driven says why, and gets neither power nor work', async () => {
    const because = 'It has two chips on one bus.'
    const it = await deskOf({ ...answers, settle: () => ({ kind: 'not-driven', boardId: 'x', because }) })
    await it.attach(BITAXE)
    expect(it.seen(BITAXE)).toMatchObject({ state: 'unsupported', doing: because })
    expect(it.names()).not.toContain('attachDevice')
  })

  it('that a person wants off is not powered only to see what it is', async () => {
    const it = await deskOf(answers)
    await it.attach(BITAXE)
    await it.desk.act(BITAXE.key, 'stop')
    await it.detach(BITAXE)
    it.calls.length = 0
    await it.attach(BITAXE)
    expect(it.names()).toEqual(['attach'])
    expect(it.seen(BITAXE)).toMatchObject({ state: 'stopped', model: { name: 'Bitaxe Gamma' } })
  })
})

describe('a port that another program holds', () => {
  const busy = (): never => {
    throw new HeadframeError('port/busy', 'screen (pid 77) holds /dev/ttyACM0.')
  }

  it('is told with its holder; safety goes on trying, and mining begins when it had it', async () => {
    const it = await deskOf({ attach: busy })
    await it.attach(BITAXE)
    expect(it.seen(BITAXE)).toMatchObject({
      state: 'blocked',
      problem: { code: 'port/busy', message: expect.stringContaining('screen') },
    })
    await it.pass(60_000)
    expect(it.names()).toEqual(['attach'])
    it.desk.onSafety({ kind: 'attached', key: BITAXE.key, outcome: GAMMA })
    await settled()
    expect(it.names()).toEqual(['attach', 'setFan', 'attachDevice'])
    expect(it.seen(BITAXE).problem).toBeNull()
  })

  it('in mining is tried again by itself', async () => {
    const it = await deskOf({ attach: () => GAMMA, attachDevice: busy })
    await it.attach(BITAXE)
    expect(it.seen(BITAXE)).toMatchObject({ state: 'blocked', problem: { code: 'port/busy' } })
    it.given['attachDevice'] = () => undefined
    await it.pass(1_000)
    expect(it.argumentsOf('attachDevice')).toHaveLength(2)
    expect(it.seen(BITAXE).problem).toBeNull()
  })

  it('is not tried any more once the board is unplugged', async () => {
    const it = await deskOf({ attach: () => GAMMA, attachDevice: busy })
    await it.attach(BITAXE)
    await it.detach(BITAXE)
    await it.pass(600_000)
    expect(it.argumentsOf('attachDevice')).toHaveLength(1)
    expect(it.seen(BITAXE)).toMatchObject({ state: 'gone', problem: null })
  })
})

describe('a board that was cut for good', () => {
  const cut = { cause: 'too-hot', message: 'The chip reached 90 °C.', atMs: 5, latched: true } as const

  it('is started by nobody before somebody acknowledged it, also after a restart', async () => {
    const it = await deskOf({ attach: () => GAMMA })
    await it.attach(BITAXE)
    it.desk.onSafety({ kind: 'cut', key: BITAXE.key, cut })
    await settled()
    expect(it.seen(BITAXE)).toMatchObject({ state: 'cut', cut: { cause: 'too-hot', mustAcknowledge: true } })
    await expect(it.desk.act(BITAXE.key, 'start')).rejects.toMatchObject({ code: 'device/must-acknowledge' })
    await vi.waitFor(async () => {
      expect(await readFile(join(it.dir, 'devices.json'), 'utf8')).toContain('too-hot')
    })

    const next = await deskOf({ attach: () => GAMMA }, it.dir)
    await next.attach(BITAXE)
    expect(next.names()).not.toContain('attachDevice')
    expect(next.seen(BITAXE)).toMatchObject({ state: 'cut', cut: { message: cut.message } })
    await next.desk.act(BITAXE.key, 'acknowledge')
    await settled()
    expect(next.names()).toContain('attachDevice')
    expect(next.seen(BITAXE)).toMatchObject({ cut: null, state: 'starting' })
  })

  it('only for a rest starts by itself: nothing is kept of it', async () => {
    const it = await deskOf({ attach: () => GAMMA })
    await it.attach(BITAXE)
    it.desk.onSafety({ kind: 'cut', key: BITAXE.key, cut: { ...cut, latched: false } })
    await settled()
    expect(it.book.all).toMatchObject([{ cut: null }])
    await it.desk.act(BITAXE.key, 'start')
  })
})

describe('a plug that is pulled', () => {
  it('while the board is looked at ends that: it is let go, and never given to mining', async () => {
    const looking = held<AttachOutcome>()
    const it = await deskOf({ attach: looking.answer })
    await it.attach(BITAXE)
    await it.detach(BITAXE)
    looking.give(GAMMA)
    await settled()
    expect(it.names()).not.toContain('attachDevice')
    expect(it.names().at(-1)).toBe('detach')
    expect(it.argumentsOf('detach')).toEqual([{ key: BITAXE.key, cause: 'unplugged' }])
    expect(it.seen(BITAXE)).toMatchObject({ state: 'gone', readings: null })
  })

  it('twice in a moment leaves the board mining once', async () => {
    const looking = held<AttachOutcome>()
    const it = await deskOf({ attach: looking.answer })
    await it.attach(BITAXE)
    for (let times = 0; times < 2; times++) {
      it.desk.detached(BITAXE.key)
      it.desk.attached(BITAXE)
    }
    looking.give(GAMMA)
    await settled()
    looking.give(GAMMA)
    await settled()
    expect(it.names().slice(-3)).toEqual(['attach', 'setFan', 'attachDevice'])
    expect(it.argumentsOf('attach')).toHaveLength(2)
    expect(it.argumentsOf('attachDevice')).toHaveLength(1)
    expect(it.seen(BITAXE)).toMatchObject({ state: 'starting', problem: null })
  })

  it('is told as that, and not as a control port that was lost in the same moment', async () => {
    const it = await deskOf({ attach: () => GAMMA })
    await it.attach(BITAXE)
    const lost = { code: 'control/lost', message: 'The control port is gone.' }
    it.desk.onSafety({ kind: 'unreachable', key: BITAXE.key, ...lost })
    await it.detach(BITAXE)
    expect(it.seen(BITAXE)).toMatchObject({ state: 'gone', problem: null })
    it.desk.onSafety({ kind: 'unreachable', key: BITAXE.key, ...lost })
    expect(it.seen(BITAXE)).toMatchObject({ state: 'gone', problem: null })
  })

  it('leaves the name and the settings, until the device is forgotten', async () => {
    const it = await deskOf({ attach: () => GAMMA })
    await it.attach(BITAXE)
    await it.desk.update(BITAXE.key, { name: 'Attic', frequencyMhz: 450 })
    await expect(it.desk.forget(BITAXE.key)).rejects.toMatchObject({ code: 'device/plugged-in' })
    await it.detach(BITAXE)
    await it.attach(BITAXE)
    expect(it.seen(BITAXE)).toMatchObject({ name: 'Attic', settings: { frequencyMhz: 450 } })
    expect(it.argumentsOf('attachDevice').at(-1)).toMatchObject({ settings: { frequencyMhz: 450 } })
    await it.detach(BITAXE)
    await it.pass(1_000)
    await it.desk.forget(BITAXE.key)
    expect(it.book.all).toEqual([])
    expect(it.rigs.size).toBe(0)
    expect(it.desk.devices.items).toEqual([])
    expect(() => it.desk.detail(BITAXE.key)).toThrow(/no such device/)
    await it.attach(BITAXE)
    const usual = defaultSettings(findBoardModel('bitaxe-gamma')!)
    expect(it.seen(BITAXE).settings).toMatchObject({ frequencyMhz: usual.frequencyMhz })
  })
})

describe('a board that mined', () => {
  const worked = {
    id: BITAXE.key,
    rigKey: 'Bitaxe',
    shares: { accepted: 4, refused: 0 },
    problem: null,
    shareDifficulty: 1,
    versionRolling: true,
    jobIntervalMs: 1,
    lastNonceAtMs: 1,
    chain: {
      state: 'hashing',
      doing: 'Hashing at 525 MHz.',
      frequency: { actualMhz: 525, targetMhz: 525, chosenMhz: 525, ceilingMhz: null },
      counts: { nonces: 9, shares: 4, stale: 0, duplicates: 0, hardwareErrors: 1, foreign: 0 },
      line: { skippedBytes: 2, badFrames: 0 },
      rate: { isSettling: true, nonces: 9, coveredMs: 1, hashrateHs: 0, sigmaRatio: null },
      health: { verdict: 'unknown', reasons: [] },
      chips: [],
      events: [],
      jobs: null,
      ticket: { difficulty: 1 },
      bestDifficulty: 0,
      expectedHs: 1,
      cut: null,
    },
  } as unknown as ChainStatus

  it('keeps what it counted when it is stopped: it was shown as one that nobody had ever started', async () => {
    const it = await deskOf({ attach: () => GAMMA })
    await it.attach(BITAXE)
    it.desk.onChains([worked])
    expect(it.seen(BITAXE)).toMatchObject({ state: 'hashing', nonces: 9 })
    await it.desk.act(BITAXE.key, 'stop')
    it.desk.onChains([])
    expect(it.seen(BITAXE)).toMatchObject({
      state: 'stopped',
      nonces: 9,
      hardwareErrors: 1,
      shares: { accepted: 4 },
      hashrateHs: null,
      frequencyMhz: null,
    })
    expect(it.desk.detail(BITAXE.key).counts).toMatchObject({ shares: 4, skippedBytes: 2 })
  })
})
