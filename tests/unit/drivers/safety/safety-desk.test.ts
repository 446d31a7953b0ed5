import { describe, expect, it } from 'vitest'
import { HeadframeError, ManualClock, silentLogger } from '../../../../src-main/base/index.ts'
import { bitaxeGamma } from '../../../../src-main/drivers/boards/bitaxe.ts'
import { defaultSettings } from '../../../../src-main/drivers/boards/check-settings.ts'
import { type ByteLink, type PortAddress } from '../../../../src-main/drivers/model/byte-link.ts'
import { type PowerCut } from '../../../../src-main/drivers/model/power.ts'
import { type AttachedDevice, type VendorRequest } from '../../../../src-main/drivers/model/usb.ts'
import { SafetyDesk, type SafetyEvent } from '../../../../src-main/drivers/safety/safety-desk.ts'
import { BenchBoard, pass } from '../../../support/bench-board.ts'
import { within } from '../../../support/settled-time.ts'

function device(serialNumber: string, ports = 2): AttachedDevice {
  return {
    key: `c0de:cafe:${serialNumber}`,
    vendorId: 0xc0de,
    productId: 0xcafe,
    manufacturer: 'OSMU',
    product: 'Bitaxe',
    serialNumber,
    bcdDevice: 0x0500,
    ports: Array.from({ length: ports }, (_, i): PortAddress => ({
      kind: 'channel',
      name: `${serialNumber}.${i}`,
    })),
  }
}

function desk() {
  const clock = new ManualClock()
  const ports = new Map<string, () => ByteLink>()
  const opened: string[] = []
  const requests: VendorRequest[] = []
  let usbFailure: Error | null = null
  const events: SafetyEvent[] = []
  const safety = new SafetyDesk({
    clock,
    log: silentLogger,
    openPort: async (address) => {
      const name = address.kind === 'channel' ? address.name : address.path
      opened.push(name)
      const open = ports.get(name)
      if (!open) throw new HeadframeError('port/busy', `${name} is in use`)
      return open()
    },
    openUsbControl: async () => {
      if (usbFailure) throw usbFailure
      return {
        vendorOut: async (request) => void requests.push(request),
        close: async () => undefined,
      }
    },
  })
  safety.onEvent((event) => events.push(event))
  const plug = (serialNumber: string, board: BenchBoard): void => {
    let first = true
    ports.set(`${serialNumber}.0`, () => {
      const link = first ? board.host : board.reconnect()
      first = false
      return link
    })
  }
  const notices = (): string[] =>
    events.flatMap((event) => (event.kind === 'notice' ? [event.notice.message] : []))
  return {
    clock,
    safety,
    events,
    ports,
    opened,
    requests,
    plug,
    notices,
    noUsb: (error: Error) => void (usbFailure = error),
  }
}

const settings = defaultSettings(bitaxeGamma)

describe('a Bitaxe whose model USB does not tell', () => {
  it('is counted at a voltage that all candidates allow, then settled', async () => {
    const it = desk()
    const board = new BenchBoard(it.clock)
    it.plug('A', board)
    const outcome = await within(
      it.clock,
      it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null }),
    )
    expect(outcome).toMatchObject({ kind: 'open' })
    expect(outcome.kind === 'open' && outcome.candidates.map(({ id }) => id)).toEqual([
      'bitaxe-gamma',
      'bitaxe-supra-402',
      'bitaxe-ultra-207',
    ])
    const power = it.safety.authority('c0de:cafe:A')
    await within(it.clock, power.powerUp(null))
    expect(board.resetLevel).toBe(1)
    await expect(within(it.clock, power.setCoreVoltage(1200))).rejects.toMatchObject({
      code: 'safety/out-of-range',
    })
    await within(it.clock, power.release())
    const settled = await within(it.clock, it.safety.settle('c0de:cafe:A', { model: 0x1370, count: 1 }))
    expect(settled).toEqual({ kind: 'ready', boardId: 'bitaxe-gamma' })
    await within(it.clock, power.powerUp(1200))
    expect(board.resetLevel).toBe(1)
    expect(board.voltagesMv.every((mv) => mv <= 1200)).toBe(true)
    expect(it.safety.views[0]).toMatchObject({ boardId: 'bitaxe-gamma', state: 'on', coreVoltageMv: 1200 })
  })

  it('is counted anew each time, whatever model the settings remember', async () => {
    const it = desk()
    it.plug('A', new BenchBoard(it.clock))
    const outcome = await within(
      it.clock,
      it.safety.attach({ device: device('A'), boardId: 'bitaxe-max', settings: null }),
    )
    expect(outcome.kind).toBe('open')
    await expect(within(it.clock, it.safety.authority('c0de:cafe:A').powerUp(1400))).rejects.toMatchObject({
      code: 'safety/out-of-range',
    })
  })

  it('is left without power when its chips make it a board that is not driven', async () => {
    const it = desk()
    const board = new BenchBoard(it.clock)
    it.plug('A', board)
    await within(it.clock, it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null }))
    const power = it.safety.authority('c0de:cafe:A')
    await within(it.clock, power.powerUp(null))
    const settled = await within(it.clock, it.safety.settle('c0de:cafe:A', { model: 0x1370, count: 2 }))
    expect(settled).toMatchObject({ kind: 'not-driven', boardId: 'bitaxe-gamma-duo' })
    expect(board.lastToldOff).toEqual({ reset: true, regulator: true })
    expect(board.resetLevel).toBe(0)
    expect(board.operation).toBe(0)
    await expect(power.powerUp(null)).rejects.toMatchObject({ code: 'safety/unreachable' })
  })

  it('gets no voltage when something unknown sits on its bus', async () => {
    const it = desk()
    const board = new BenchBoard(it.clock)
    board.addPart(0x48, { 0xf8: [0] })
    it.plug('A', board)
    const outcome = await within(
      it.clock,
      it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null }),
    )
    expect(outcome.kind).toBe('unknown')
    expect(board.voltagesMv).toEqual([])
    expect(board.record.some(({ what }) => what === '24:01 80' || what === 'reset 1')).toBe(false)
  })
})

describe('boards that were left running', () => {
  it.each([settings, { ...settings, enabled: false }, null])(
    'are switched off when they are plugged in, enabled or not',
    async (chosen) => {
      const it = desk()
      const board = new BenchBoard(it.clock)
      board.resetLevel = 1
      board.operation = 0x80
      it.plug('A', board)
      await within(it.clock, it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: chosen }))
      expect(board.record[0]!.what).toBe('reset 0')
      expect(board.resetLevel).toBe(0)
      expect(board.operation).toBe(0)
      expect(it.notices().join(' ')).toContain('found running')
    },
  )

  it('are switched off even when they are of an unknown kind', async () => {
    const it = desk()
    const board = new BenchBoard(it.clock)
    board.resetLevel = 1
    board.addPart(0x48, { 0xf8: [0] })
    it.plug('A', board)
    await within(it.clock, it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null }))
    expect(board.resetLevel).toBe(0)
    expect(it.notices().join(' ')).toContain('running')
  })

  it('are sought until their port can be had', async () => {
    const it = desk()
    const board = new BenchBoard(it.clock)
    board.resetLevel = 1
    board.operation = 0x80
    await expect(
      within(it.clock, it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null })),
    ).rejects.toMatchObject({ code: 'port/busy' })
    expect(it.events.at(-1)).toMatchObject({ kind: 'unreachable', code: 'port/busy' })
    it.plug('A', board)
    await pass(it.clock, 2_000)
    expect(it.events.some(({ kind }) => kind === 'attached')).toBe(true)
    expect(board.resetLevel).toBe(0)
    expect(board.operation).toBe(0)
  })
})

describe('control that is lost', () => {
  it('cuts at once, finds the board again, and stops it before anything else', async () => {
    const it = desk()
    const board = new BenchBoard(it.clock)
    it.plug('A', board)
    await within(it.clock, it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null }))
    const power = it.safety.authority('c0de:cafe:A')
    const cuts: PowerCut[] = []
    power.onCut((cut) => cuts.push(cut))
    await within(it.clock, power.powerUp(null))
    board.host.unplug()
    await pass(it.clock, 50)
    expect(cuts.map(({ cause }) => cause)).toEqual(['control-lost'])
    expect(board.resetLevel).toBe(1)
    await expect(power.powerUp(null)).rejects.toMatchObject({ code: 'safety/unreachable' })
    await pass(it.clock, 3_000)
    expect(it.events.some(({ kind }) => kind === 'attached')).toBe(true)
    expect(board.resetLevel).toBe(0)
    expect(board.operation).toBe(0)
    await within(it.clock, power.powerUp(null))
    expect(board.resetLevel).toBe(1)
  })

  it('is not sought any more once the board was detached', async () => {
    const it = desk()
    const board = new BenchBoard(it.clock)
    it.plug('A', board)
    await within(it.clock, it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null }))
    await within(it.clock, it.safety.detach('c0de:cafe:A', 'unplugged'))
    const times = it.opened.length
    await pass(it.clock, 60_000, 100)
    expect(it.opened).toHaveLength(times)
    expect(() => it.safety.authority('c0de:cafe:A')).toThrow(HeadframeError)
  })
})

describe('every board at once', () => {
  it('is switched off though one of them does not answer', async () => {
    const it = desk()
    const boards = ['A', 'B', 'C'].map((name) => ({ name, board: new BenchBoard(it.clock) }))
    for (const { name, board } of boards) {
      it.plug(name, board)
      await within(it.clock, it.safety.attach({ device: device(name), boardId: 'bitaxe', settings: null }))
      await within(it.clock, it.safety.authority(`c0de:cafe:${name}`).powerUp(null))
    }
    boards[1]!.board.isSilent = true
    const stopping = it.safety.stopAll()
    await pass(it.clock, 50)
    for (const { name, board } of boards) {
      expect(board.resetLevel).toBe(name === 'B' ? 1 : 0)
      expect(board.operation).toBe(name === 'B' ? 0x80 : 0)
    }
    await within(it.clock, stopping)
    boards[1]!.board.isSilent = false
    await pass(it.clock, 60_000, 50)
    expect(boards[1]!.board.resetLevel).toBe(0)
  })

  it('is off and let go when the program ends', async () => {
    const it = desk()
    const board = new BenchBoard(it.clock)
    it.plug('A', board)
    await within(it.clock, it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null }))
    await within(it.clock, it.safety.authority('c0de:cafe:A').powerUp(null))
    await within(it.clock, it.safety.close())
    expect(board.lastToldOff).toEqual({ reset: true, regulator: true })
    expect(board.host.end?.kind).toBe('closed')
    expect(it.safety.views).toEqual([])
  })
})

describe('boards that get no power from us', () => {
  it('are not spoken to when they are known and not driven', async () => {
    const it = desk()
    const outcome = await it.safety.attach({ device: device('A'), boardId: 'emberone-00', settings: null })
    expect(outcome).toMatchObject({ kind: 'not-driven', boardId: 'emberone-00' })
    expect(it.opened).toEqual([])
  })

  it('are refused when nobody knows them', async () => {
    const it = desk()
    await expect(
      it.safety.attach({ device: device('A'), boardId: 'toaster', settings: null }),
    ).rejects.toMatchObject({ code: 'board/unknown' })
  })

  it('mine without their reset line, and say so, when USB cannot be had', async () => {
    const it = desk()
    it.noUsb(new HeadframeError('usb/no-access', 'No permission.'))
    const outcome = await within(
      it.clock,
      it.safety.attach({ device: device('F', 1), boardId: 'gekko-compac-f', settings: null }),
    )
    expect(outcome).toEqual({ kind: 'ready', boardId: 'gekko-compac-f' })
    expect(it.notices().join(' ')).toContain('No permission.')
    await within(it.clock, it.safety.authority('c0de:cafe:F').powerUp(null))
    expect(it.safety.views[0]).toMatchObject({ state: 'on', canReset: false, canCutPower: false })
  })

  it('are held in reset while they are off, where they have such a line', async () => {
    const it = desk()
    await within(
      it.clock,
      it.safety.attach({ device: device('F', 1), boardId: 'gekko-compac-f', settings: null }),
    )
    const values = (): number[] => it.requests.map(({ value }) => value)
    expect(values()).toEqual([0x20f0])
    const power = it.safety.authority('c0de:cafe:F')
    await within(it.clock, power.powerUp(null))
    expect(values().slice(1)).toEqual([0x20f0, 0x20f2, 0x20f0, 0x20f2])
    // Nobody signs: three seconds later the chips are in reset.
    await pass(it.clock, 4_000)
    expect(values().at(-1)).toBe(0x20f0)
    expect(it.safety.views[0]).toMatchObject({ state: 'off', cut: { cause: 'hashing-silent' } })
  })

  it('do not get out of reset when they are stopped in the middle of a pulse', async () => {
    const it = desk()
    await within(
      it.clock,
      it.safety.attach({ device: device('F', 1), boardId: 'gekko-compac-f', settings: null }),
    )
    const power = it.safety.authority('c0de:cafe:F')
    const starting = power.powerUp(null).catch(() => undefined)
    await pass(it.clock, 500)
    await within(it.clock, power.release())
    await within(it.clock, starting)
    await pass(it.clock, 3_000)
    expect(it.requests.at(-1)?.value).toBe(0x20f0)
  })
})

describe('a control port that another program holds', () => {
  it('is had within a second of being free, as long as it may be one that tries new ports for modems', async () => {
    const it = desk()
    const attached = it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null })
    await expect(within(it.clock, attached)).rejects.toMatchObject({ code: 'port/busy' })
    await pass(it.clock, 9_500)
    expect(it.opened).toHaveLength(10)
    expect(it.events.at(-1)).toMatchObject({ kind: 'unreachable', code: 'port/busy' })
    it.plug('A', new BenchBoard(it.clock))
    await pass(it.clock, 1_500)
    expect(it.events.some(({ kind }) => kind === 'attached')).toBe(true)
  })

  it('is sought less and less often when it stays held', async () => {
    const it = desk()
    const attached = it.safety.attach({ device: device('A'), boardId: 'bitaxe', settings: null })
    await expect(within(it.clock, attached)).rejects.toMatchObject({ code: 'port/busy' })
    await pass(it.clock, 120_000, 50)
    // Each second at first, each half minute then.
    expect(it.opened.length).toBeGreaterThan(16)
    expect(it.opened.length).toBeLessThan(22)
    await it.safety.detach('c0de:cafe:A', 'unplugged')
  })
})
