import { describe, expect, it } from 'vitest'
import { fromHex, ManualClock, toHex } from '../../../../src-main/base/index.ts'
import { type LineSettings } from '../../../../src-main/drivers/index.ts'
import { plainFinder } from '../../../../src-main/drivers/simulated/nonce-finder.ts'
import {
  VirtualBitaxe,
  type VirtualBitaxeOptions,
} from '../../../../src-main/drivers/simulated/virtual-bitaxe.ts'

const LINE: LineSettings = { baudRate: 115_200, stopBits: 1 }

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Control {
  readonly clock: ManualClock
  readonly board: VirtualBitaxe
  /** Sends one packet. @returns the reply, hexadecimal */
  ask(packet: string): Promise<string>
  /** I2C: writes bytes to a part. */
  write(address: string, bytes: string): Promise<string>
  /** I2C: data of a write-read, v0. */
  read(address: string, register: string, count: number): Promise<string>
}

async function bitaxe(options: Partial<VirtualBitaxeOptions> = {}): Promise<Control> {
  const clock = new ManualClock()
  const board = new VirtualBitaxe({
    kind: 'bitaxe-gamma',
    clock,
    finder: plainFinder,
    serialNumber: 'T1',
    fixedZeroBits: 0,
    ...options,
  })
  const host = await board.ports[0]!.open(LINE)
  let received = ''
  host.onBytes((bytes) => {
    received += toHex(bytes)
  })
  const ask = async (packet: string): Promise<string> => {
    received = ''
    await host.write(fromHex(packet))
    await settle()
    return received
  }
  const packet = (command: string, data: string): string => {
    const length = 6 + data.length / 2
    return `${length.toString(16).padStart(2, '0')}00210005${command}${data}`
  }
  return {
    clock,
    board,
    ask,
    write: (address, bytes) => ask(packet('20', address + bytes)),
    read: async (address, register, count) => {
      const reply = await ask(packet('40', `${address}${register}${count.toString(16).padStart(2, '0')}`))
      expect(reply.slice(0, 6)).toBe(`${count.toString(16).padStart(2, '0')}0021`)
      return reply.slice(6)
    },
  }
}

/** Regulator on at 1.15 V, as bring-up leaves it. */
async function powered(control: Control): Promise<void> {
  for (const bytes of ['021f', '210002', '240004', '2b0002', '214c02', '021b', '0180'])
    await control.write('24', bytes)
}

describe('virtual bridge', () => {
  it('answers the packets of the protocol’s examples in both formats', async () => {
    const v0 = await bitaxe()
    expect(await v0.ask('0a0002000510a0860100')).toBe('040002a0860100')
    expect(await v0.ask('060000000600')).toBe('01000000')
    expect(await v0.ask('07000000060001')).toBe('01000001')
    expect(await v0.ask('060000000600')).toBe('01000001')
    expect(await v0.ask('090000000810ff00ff')).toBe('030000ff00ff')
    const v1 = await bitaxe({ format: 'v1' })
    expect(await v1.ask('060000000600')).toBe('0500000000')
    expect(await v1.ask('07000000060001')).toBe('0500000001')
  })

  it('refuses as the firmware does: unknown pages, absent parts, requests that do not add up', async () => {
    const { ask } = await bitaxe()
    expect(await ask('06000700aa00')).toBe('04000711')
    expect(await ask('0800070005304d01')).toBe('04000710')
    const coalesced = await ask('060001000600060002000600')
    expect(coalesced).toBe('0400ff11')
    const v1 = await bitaxe({ format: 'v1' })
    expect(await v1.ask('06000700aa00')).toBe('04000711')
  })

  it('forgets a request of which no more comes', async () => {
    const { clock, ask } = await bitaxe()
    expect(await ask('0600')).toBe('')
    clock.advance(5)
    expect(await ask('060001000600')).toBe('01000100')
  })

  it('does nothing that it is told while it is mute, and reports a NACK as text', async () => {
    const { board, ask } = await bitaxe()
    board.inject({ kind: 'control-mute' })
    expect(await ask('07000000060001')).toBe('')
    expect(board.view.power?.resetHigh).toBe(false)
    board.clear('control-mute')
    board.inject({ kind: 'i2c-nack', address: 0x4c })
    expect(await ask('0800010005304c01')).toMatch(/^0c0001ff/)
    expect(await ask('090001000540242102')).toMatch(/^020001/)
  })
})

describe('virtual Bitaxe Gamma', () => {
  it('names its regulator and gives voltage only when it was configured and switched on', async () => {
    const control = await bitaxe()
    const { board, read, write } = control
    expect(await read('24', 'ad', 7)).toBe('065449546d2441')
    expect(await read('24', '20', 1)).toBe('97')
    await write('24', '0180')
    expect(board.view.power).toMatchObject({ regulatorOn: false, coreMv: 0 })
    expect(await read('24', '79', 2)).toBe('4008')
    await powered(control)
    expect(board.view.power?.regulatorOn).toBe(true)
    expect(board.view.power?.coreMv).toBeCloseTo(1148.4, 1)
    expect(await read('24', '8b', 2)).toBe('4c02')
    expect(await read('24', '79', 2)).toBe('0000')
    await write('24', '0100')
    expect(board.view.power?.regulatorOn).toBe(false)
    expect(board.powerHistory.map(({ what }) => what)).toEqual(['core-on', 'core-off'])
  })

  it('keeps a voltage within the limits it was given, and says that it was asked for more', async () => {
    const control = await bitaxe()
    await powered(control)
    await control.write('24', '210008')
    expect(control.board.view.power?.coreMv).toBe(2000)
    expect(await control.read('24', '79', 2)).toBe('0080')
    await control.write('24', '03')
    await control.write('24', '214c02')
    expect(await control.read('24', '79', 2)).toBe('0000')
  })

  it('measures heat with the diode only while the chip has power, and drives a fan that can be read', async () => {
    const control = await bitaxe()
    const { board, clock, read, write } = control
    expect(await read('4c', 'fe', 1)).toBe('5d')
    expect(['16', '28']).toContain(await read('4c', 'fd', 1))
    expect((await read('4c', '01', 1)) + (await read('4c', '10', 1))).toBe('7f00')
    await powered(control)
    clock.advance(1_000)
    const high = Number.parseInt(await read('4c', '01', 1), 16)
    expect(high).toBeGreaterThanOrEqual(25)
    expect(high).toBeLessThan(30)
    expect((await read('4c', '46', 1)) + (await read('4c', '47', 1))).toBe('ffff')
    await write('4c', '0304')
    await write('4c', '4a23')
    await write('4c', '4c3f')
    const count = Number.parseInt((await read('4c', '47', 1)) + (await read('4c', '46', 1)), 16)
    expect(Math.round(5_400_000 / count)).toBe(6000)
    board.inject({ kind: 'stuck-fan' })
    expect((await read('4c', '46', 1)) + (await read('4c', '47', 1))).toBe('ffff')
    expect(board.view.power).toMatchObject({ fanDutyRatio: 1, fanRatio: 0 })
  })

  it('gets hot with its fan standing, stays cool with it, and remembers having been cooked', async () => {
    async function hashingFor(fanDuty: string, ms: number): Promise<VirtualBitaxe> {
      const control = await bitaxe()
      const { board, clock } = control
      await control.write('4c', '4a23')
      await control.write('4c', `4c${fanDuty}`)
      await powered(control)
      await control.ask('07000000060001')
      const data = await board.ports[1]!.open(LINE)
      for (const frame of GAMMA_MINING) {
        await data.write(fromHex(frame))
        await settle()
      }
      expect(board.view.hashing).toBe(true)
      expect(board.view.power!.powerW).toBeGreaterThan(14)
      clock.advance(ms)
      return board
    }
    const cool = await hashingFor('3f', 120_000)
    expect(cool.view.power!.chipC).toBeGreaterThan(45)
    expect(cool.view.power!.chipC).toBeLessThan(65)
    expect(cool.view.power!.cooked).toBe(false)
    const hot = await hashingFor('00', 40_000)
    expect(hot.view.power!.chipC).toBeGreaterThan(75)
    const cooked = await hashingFor('00', 300_000)
    expect(cooked.view.power!.cooked).toBe(true)
    cooked.powerCycle()
    expect(cooked.view).toMatchObject({ hashing: false, pluggedIn: true })
    expect(cooked.view.power).toMatchObject({ regulatorOn: false, cooked: true })
    for (const board of [cool, hot, cooked]) board.stop()
  })

  it('goes on hashing when its ports are closed and when USB is unplugged', async () => {
    const control = await bitaxe()
    const { board, clock } = control
    await powered(control)
    await control.ask('07000000060001')
    const data = await board.ports[1]!.open(LINE)
    for (const frame of GAMMA_MINING) {
      await data.write(fromHex(frame))
      await settle()
    }
    await data.close()
    await settle()
    board.unplug()
    await expect(board.ports[1]!.open(LINE)).rejects.toMatchObject({ code: 'port/not-found' })
    const { hashes } = board.view
    clock.advance(2_000)
    expect(board.view).toMatchObject({ pluggedIn: false, hashing: true })
    expect(board.view.hashes).toBeGreaterThan(hashes + 400)
    board.replug()
    const again = await board.ports[0]!.open(LINE)
    expect(again.end).toBeNull()
    board.stop()
  })

  it('switches itself off when its regulator fails, and stays so until it is switched anew', async () => {
    const control = await bitaxe()
    await powered(control)
    control.board.inject({ kind: 'regulator-fault' })
    expect(await control.read('24', '79', 2)).toBe('4088')
    expect(control.board.view.power?.regulatorOn).toBe(false)
    control.board.clear()
    expect(await control.read('24', '79', 2)).toBe('4088')
    for (const bytes of ['0100', '03', '0180']) await control.write('24', bytes)
    expect(await control.read('24', '79', 2)).toBe('0000')
    expect(control.board.view.power?.regulatorOn).toBe(true)
  })
})

describe('virtual Bitaxe Ultra', () => {
  it('has its voltage set by a DS4432U and its supply measured by an INA260', async () => {
    const { board, read, write } = await bitaxe({ kind: 'bitaxe-ultra' })
    expect(board.view.power?.coreMv).toBeGreaterThan(1400)
    expect(await read('48', 'f8', 1)).toBe('00')
    await write('48', 'f8c6')
    expect(board.view.power!.coreMv / 1000).toBeCloseTo(1.2, 2)
    expect(await read('40', 'fe', 2)).toBe('5449')
    const millivolts = Number.parseInt(await read('40', '02', 2), 16) * 1.25
    expect(millivolts).toBeGreaterThan(5000)
    expect(millivolts).toBeLessThan(5100)
  })
})

const GAMMA_MINING = [
  '55aa510900a49000ffff1c',
  '55aa51090018f000c10004',
  '55aa51090014000000ff08',
  '55aa4109003c800082aa05',
  '55aa5109000840a8023003',
  '55aa51090010000c2fb718',
  '55aa2156680100000000043a0217d76854685519a7cb044f88726355919e61a98bcf71a0c28795ea54db8c36414b06ddf5f00000000000000000965201001d3996bca3f4670dfcd4f201c162b96dfd55646b00000020721c',
]
