import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { knownBoards } from '../../../../src-main/drivers/boards/models.ts'
import {
  type DeviceSource,
  type HotplugEvent,
  HotplugWatcher,
} from '../../../../src-main/drivers/discovery/hotplug.ts'
import { expectedPorts } from '../../../../src-main/drivers/discovery/match-board.ts'
import { type AttachedDevice } from '../../../../src-main/drivers/model/usb.ts'

function bitaxe(serialNumber: string, portCount = 2): AttachedDevice {
  return {
    key: `c0de:cafe:${serialNumber}`,
    vendorId: 0xc0de,
    productId: 0xcafe,
    manufacturer: 'OSMU',
    product: 'Bitaxe',
    serialNumber,
    bcdDevice: 0x0500,
    ports: Array.from({ length: portCount }, (_, index) => ({ kind: 'tty', path: `/dev/ttyACM${index}` })),
  }
}

interface Plugs extends DeviceSource {
  /** What is listed next; a failure or a list that never comes if set to one. */
  now: readonly AttachedDevice[] | Error | 'hangs'
  asked: number
  changed: () => void
}

function plugs(name = 'USB'): Plugs {
  const source: Plugs = {
    name,
    now: [],
    asked: 0,
    changed: () => undefined,
    async list() {
      source.asked += 1
      if (source.now === 'hangs') return await new Promise<never>(() => undefined)
      if (source.now instanceof Error) throw source.now
      return source.now
    },
    onChange(listener) {
      source.changed = listener
      return () => {
        source.changed = () => undefined
      }
    },
  }
  return source
}

function watched(...sources: DeviceSource[]): {
  watcher: HotplugWatcher
  events: HotplugEvent[]
  told: () => string[]
  pass: (ms: number) => Promise<void>
} {
  const clock = new ManualClock()
  const watcher = new HotplugWatcher({ clock, expectedPorts: expectedPorts(knownBoards, 'linux') })
  const events: HotplugEvent[] = []
  watcher.onEvent((event) => events.push(event))
  for (const source of sources) watcher.addSource(source)
  watcher.start()
  const told = (): string[] =>
    events.splice(0).map((event) => {
      if ('device' in event) return `${event.kind} ${event.device.serialNumber} ${event.device.ports.length}`
      if (event.kind === 'hub-power') return `${event.kind} ${event.devices.length}`
      return `${event.kind} ${event.source}`
    })
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  return {
    watcher,
    events,
    told,
    async pass(ms) {
      await settle()
      for (let passed = 0; passed < ms; passed += 100) {
        clock.advance(100)
        await settle()
      }
    },
  }
}

describe('devices that come and go', () => {
  it('are noticed within a second, coming, changing and going', async () => {
    const source = plugs()
    const { watcher, told, pass } = watched(source)
    await pass(100)
    source.now = [bitaxe('A')]
    await pass(1_000)
    expect(told()).toEqual(['attached A 2'])
    expect(watcher.devices.map(({ key }) => key)).toEqual(['c0de:cafe:A'])
    source.now = [{ ...bitaxe('A'), bcdDevice: 0x0510 }]
    await pass(1_000)
    expect(told()).toEqual(['changed A 2'])
    source.now = []
    await pass(1_000)
    expect(told()).toEqual(['detached A 2'])
    await pass(3_000)
    expect(told()).toEqual([])
  })

  it('that are there already are noticed at once', async () => {
    const source = plugs()
    source.now = [bitaxe('A')]
    const { told, pass } = watched(source)
    await pass(0)
    expect(told()).toEqual(['attached A 2'])
  })

  it('are noticed at once when the source says so, and not missed when it says so while it is asked', async () => {
    const source = plugs()
    const { told, pass } = watched(source)
    await pass(100)
    source.now = [bitaxe('A')]
    source.changed()
    source.now = []
    source.changed()
    await pass(0)
    expect(told()).toEqual(['attached A 2', 'detached A 2'])
  })

  it('wait for their second port', async () => {
    const source = plugs()
    const { told, pass } = watched(source)
    source.now = [bitaxe('A', 1)]
    await pass(1_000)
    expect(told()).toEqual([])
    source.now = [bitaxe('A', 2)]
    await pass(1_000)
    expect(told()).toEqual(['attached A 2'])
  })

  it('come with what they have when their second port does not', async () => {
    const source = plugs()
    source.now = [bitaxe('A', 1)]
    const { told, pass } = watched(source)
    await pass(1_900)
    expect(told()).toEqual([])
    await pass(200)
    expect(told()).toEqual(['attached A 1'])
    source.now = [bitaxe('A', 2)]
    await pass(1_000)
    expect(told()).toEqual(['changed A 2'])
  })

  it('are not spoken of when they went before they were complete', async () => {
    const source = plugs()
    source.now = [bitaxe('A', 1)]
    const { told, pass } = watched(source)
    await pass(1_000)
    source.now = []
    await pass(1_000)
    source.now = [bitaxe('A', 1)]
    await pass(1_500)
    expect(told()).toEqual([])
  })

  it('that vanish together point at their hub, in words', async () => {
    const source = plugs()
    source.now = [bitaxe('A'), bitaxe('B')]
    const { events, told, pass } = watched(source)
    await pass(0)
    told()
    source.now = [bitaxe('B')]
    await pass(1_000)
    source.now = []
    await pass(1_000)
    expect(events.at(-1)).toMatchObject({
      kind: 'hub-power',
      message: expect.stringContaining('Bitaxe, Bitaxe vanished together'),
    })
    expect(told()).toEqual(['detached A 2', 'detached B 2', 'hub-power 2'])
  })

  it('that vanish one by one do not', async () => {
    const source = plugs()
    source.now = [bitaxe('A'), bitaxe('B')]
    const { told, pass } = watched(source)
    await pass(0)
    source.now = [bitaxe('B')]
    await pass(1_000)
    await pass(2_000)
    source.now = []
    await pass(1_000)
    expect(told()).toEqual(['attached A 2', 'attached B 2', 'detached A 2', 'detached B 2'])
  })
})

describe('sources of devices', () => {
  it('that fail keep what they had, say so once, and recover', async () => {
    const source = plugs()
    source.now = [bitaxe('A')]
    const { watcher, told, events, pass } = watched(source)
    await pass(0)
    told()
    source.now = new Error('udevadm exited with error code: 1')
    await pass(1_000)
    expect(events[0]).toMatchObject({
      kind: 'trouble',
      message: expect.stringContaining('udevadm exited with error code: 1'),
    })
    await pass(3_000)
    expect(told()).toEqual(['trouble USB'])
    expect(watcher.devices).toHaveLength(1)
    source.now = []
    await pass(1_000)
    expect(told()).toEqual(['recovered USB', 'detached A 2'])
  })

  it('that throw at once are no worse than those that reject', async () => {
    const source: DeviceSource = {
      name: 'broken',
      list() {
        throw new Error('a bug')
      },
    }
    const { told, pass } = watched(source)
    await pass(1_000)
    expect(told()).toEqual(['trouble broken'])
  })

  it('that hang hold up nobody else, and are asked again after a minute, not each second', async () => {
    const [hanging, healthy] = [plugs('USB'), plugs('practice')]
    hanging.now = 'hangs'
    const { told, pass } = watched(hanging, healthy)
    await pass(1_000)
    healthy.now = [bitaxe('P')]
    await pass(5_000)
    expect(told()).toEqual(['attached P 2', 'trouble USB'])
    expect(hanging.asked).toBe(1)
    hanging.now = [bitaxe('A')]
    await pass(56_000)
    expect(told()).toEqual(['recovered USB', 'attached A 2'])
  })

  it('are taken away with their devices', async () => {
    const [usb, practice] = [plugs('USB'), plugs('practice')]
    usb.now = [bitaxe('A')]
    const { watcher, told, pass } = watched(usb)
    const remove = watcher.addSource(practice)
    practice.now = [bitaxe('P')]
    await pass(1_000)
    expect(watcher.devices).toHaveLength(2)
    told()
    remove()
    remove()
    expect(told()).toEqual(['detached P 2'])
    expect(watcher.devices.map(({ serialNumber }) => serialNumber)).toEqual(['A'])
  })

  it('are left alone after stopping, and heard again after another start', async () => {
    const source = plugs()
    const { watcher, told, pass } = watched(source)
    await pass(1_000)
    watcher.stop()
    watcher.stop()
    const { asked } = source
    source.now = [bitaxe('A')]
    source.changed()
    watcher.poll()
    await pass(3_000)
    expect(source.asked).toBe(asked)
    watcher.start()
    await pass(0)
    expect(told()).toEqual(['attached A 2'])
  })
})
