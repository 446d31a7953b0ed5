/** The desk of devices while the other threads take their time: what a person says meanwhile is not lost. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DeviceBook } from '../../../src-main/app/device-book.ts'
import { DeviceDesk } from '../../../src-main/app/device-desk.ts'
import { HeadframeError, ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { type AttachedDevice, type AttachOutcome } from '../../../src-main/drivers/index.ts'

const GAMMA: AttachedDevice = {
  key: '1209:f1e1:G1',
  vendorId: 0x1209,
  productId: 0xf1e1,
  manufacturer: 'Headframe practice',
  product: 'Practice Bitaxe Gamma',
  serialNumber: 'G1',
  bcdDevice: null,
  ports: [
    { kind: 'channel', name: 'G1/control' },
    { kind: 'channel', name: 'G1/data' },
  ],
}
const ANONYMOUS: AttachedDevice = {
  key: '10c4:ea60@1-1',
  vendorId: 0x10c4,
  productId: 0xea60,
  manufacturer: 'Silicon Labs',
  product: 'CP2102 USB to UART Bridge Controller',
  serialNumber: null,
  bcdDevice: null,
  ports: [{ kind: 'tty', path: '/dev/ttyUSB9' }],
}
const READY: AttachOutcome = { kind: 'ready', boardId: 'practice-bitaxe-gamma' }

interface Call {
  readonly name: string
  readonly argument: unknown
}

/** Threads that do as they are told; `hold` makes the calls of one name wait. */
async function desk() {
  const clock = new ManualClock()
  const calls: Call[] = []
  const held = new Map<string, (() => void)[]>()
  const answers: Record<string, (argument: unknown) => unknown> = { attach: () => READY }
  const call = async (name: string, argument: unknown): Promise<unknown> => {
    calls.push({ name, argument })
    const waiting = held.get(name)
    if (waiting) await new Promise<void>((resolve) => waiting.push(resolve))
    return answers[name]?.(argument)
  }
  const book = await DeviceBook.open(await mkdtemp(join(tmpdir(), 'headframe-desk-')), clock)
  const it = new DeviceDesk({
    clock,
    log: silentLogger,
    book,
    safety: { call } as never,
    mining: { call } as never,
    platform: 'linux',
    downstreams: () => [],
    poolName: () => null,
    cutAll: async () => void (await call('stopAll', null)),
    startTuning: () => Promise.reject(new Error('not here')),
    sawRig: () => undefined,
    forgetRig: () => undefined,
    tell: () => undefined,
    misbehave: null,
  })
  return {
    clock,
    calls,
    answers,
    desk: it,
    hold: (name: string) => held.set(name, []),
    letGo(name: string) {
      const waiting = held.get(name) ?? []
      held.delete(name)
      for (const go of waiting) go()
    },
    named: (name: string) => calls.filter((each) => each.name === name).map(({ argument }) => argument),
  }
}

/** Everything that does not wait for time or an answer. */
async function turns(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('the desk of devices', () => {
  it('lets a board run at what was chosen while its ports were being opened', async () => {
    const it = await desk()
    it.hold('attachDevice')
    it.desk.attached(GAMMA)
    await turns()
    await it.desk.update(GAMMA.key, { frequencyMhz: 450 })
    it.calls.length = 0
    it.letGo('attachDevice')
    await turns()
    expect(it.named('retuneDevice')).toEqual([
      { id: GAMMA.key, settings: { frequencyMhz: 450, coreVoltageMv: 1150 } },
    ])
  })

  it('tells a board the fan that was chosen while its control could not be had, once it is found', async () => {
    const it = await desk()
    it.desk.attached(GAMMA)
    await turns()
    it.answers['setFan'] = () => {
      throw new HeadframeError('safety/unreachable', 'The control port cannot be had.')
    }
    it.desk.onSafety({ kind: 'unreachable', key: GAMMA.key, code: 'port/busy', message: 'Busy.' })
    const fan = { mode: 'fixed', percent: 80 } as const
    expect((await it.desk.update(GAMMA.key, { fan })).settings?.fan).toEqual(fan)
    delete it.answers['setFan']
    it.calls.length = 0
    it.desk.onSafety({ kind: 'attached', key: GAMMA.key, outcome: READY })
    await turns()
    expect(it.named('setFan')).toEqual([{ key: GAMMA.key, fan: { mode: 'fixed', permille: 800 } }])
  })

  it('leaves alone what a person took for a board, and then says is none', async () => {
    const it = await desk()
    it.desk.attached(ANONYMOUS)
    await turns()
    const [candidate] = it.desk.detail(ANONYMOUS.key).device.candidates
    it.answers['attach'] = () => ({ kind: 'ready', boardId: candidate!.id })
    await it.desk.choose(ANONYMOUS.key, candidate!.id)
    await turns()
    it.calls.length = 0
    await it.desk.choose(ANONYMOUS.key, null)
    await turns()
    expect(it.named('detachDevice')).toHaveLength(1)
    expect(it.named('detach')).toEqual([{ key: ANONYMOUS.key, cause: 'stopped' }])
    expect(it.named('attach')).toEqual([])
    expect(it.desk.detail(ANONYMOUS.key).device.model).toBeNull()
  })

  it('acknowledges a cut of a board that is unplugged, so that it does not come back switched off', async () => {
    const it = await desk()
    it.desk.attached(GAMMA)
    await turns()
    const cut = { cause: 'too-hot', message: 'Too hot.', atMs: 1, latched: true } as const
    it.desk.onSafety({ kind: 'cut', key: GAMMA.key, cut })
    it.desk.detached(GAMMA.key)
    await turns()
    await it.desk.act(GAMMA.key, 'acknowledge')
    expect(it.named('acknowledge')).toEqual([GAMMA.key])
  })

  it('changes nothing of a board when a part of what is asked is refused', async () => {
    const it = await desk()
    it.desk.attached(GAMMA)
    await turns()
    await expect(it.desk.update(GAMMA.key, { name: 'Attic', frequencyMhz: 9_999 })).rejects.toThrow('9999')
    expect(it.desk.detail(GAMMA.key).device).toMatchObject({ name: 'Practice Bitaxe Gamma G1' })
  })

  it('keeps the clock of a board that is being tuned to whoever tunes it; stopping and air are free', async () => {
    const it = await desk()
    it.desk.attached(GAMMA)
    await turns()
    it.desk.subject(GAMMA.key)!.setBusy('tuning')
    await expect(it.desk.update(GAMMA.key, { frequencyMhz: 600 })).rejects.toMatchObject({
      code: 'device/busy',
    })
    await it.desk.update(GAMMA.key, { fan: { mode: 'fixed', percent: 100 } })
    await it.desk.update(GAMMA.key, { enabled: false })
    expect(it.named('detachDevice')).toHaveLength(1)
  })

  it('holds up nobody who ends the program while a board is tuned: what it ran at before is kept', async () => {
    const it = await desk()
    it.desk.attached(GAMMA)
    await turns()
    const subject = it.desk.subject(GAMMA.key)!
    it.desk.stop()
    await subject.apply({ frequencyMHz: 450, coreVoltageMv: 1100 })
    expect(it.desk.detail(GAMMA.key).device.settings).toMatchObject({
      frequencyMhz: 450,
      coreVoltageMv: 1100,
    })
  })

  it('shows a board as stopped that was stopped while its port was busy', async () => {
    const it = await desk()
    it.desk.attached(GAMMA)
    await turns()
    it.desk.onSafety({ kind: 'unreachable', key: GAMMA.key, code: 'port/busy', message: 'Busy.' })
    expect(it.desk.detail(GAMMA.key).device.state).toBe('blocked')
    expect((await it.desk.act(GAMMA.key, 'stop')).state).toBe('stopped')
  })

  it('says what a board waits for that cannot have its port yet, and waits no longer once it is stopped', async () => {
    const it = await desk()
    it.hold('attachDevice')
    it.desk.attached(GAMMA)
    await turns()
    const why = '/dev/ttyACM1 is in use by ModemManager (process 77). It tries out new ports for modems.'
    it.desk.onWait(GAMMA.key, why)
    expect(it.desk.detail(GAMMA.key).device).toMatchObject({ state: 'starting', doing: why })
    const stopped = it.desk.act(GAMMA.key, 'stop')
    // At once: in turn it would be told only when the port was had, or given up.
    await expect.poll(() => it.named('detachDevice')).toHaveLength(1)
    it.letGo('attachDevice')
    expect((await stopped).state).toBe('stopped')
    expect(it.named('detachDevice')).toHaveLength(2)
    it.desk.onWait(GAMMA.key, why)
    expect(it.desk.detail(GAMMA.key).device.doing).not.toBe(why)
  })
})
