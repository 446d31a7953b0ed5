import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from '../../../../src-main/base/index.ts'
import { type PowerCut } from '../../../../src-main/drivers/model/power.ts'
import { type AttachedDevice } from '../../../../src-main/drivers/model/usb.ts'
import { SafetyDesk } from '../../../../src-main/drivers/safety/safety-desk.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'
import { pass } from '../../../support/bench-board.ts'
import { within } from '../../../support/settled-time.ts'

const device: AttachedDevice = {
  key: '10c4:ea70:GS-1',
  vendorId: 0x10c4,
  productId: 0xea70,
  manufacturer: 'Silicon Labs',
  product: 'GekkoScience Compac A1',
  serialNumber: 'GS-1',
  bcdDevice: null,
  ports: [
    { kind: 'channel', name: 'data' },
    { kind: 'channel', name: 'telemetry' },
  ],
}

/** A stick whose controller speaks firmware 1: VIN, VOUT and TEMP1. */
function stick() {
  const clock = new ManualClock()
  const told: string[] = []
  const state = { celsius: 50, isOn: false, isLatched: false, isMute: false }
  const tempByte = (): number => Math.round(((state.celsius + 50) * 218) / 175)
  const open = () => {
    const { host, board } = memoryLinkPair({ name: 'telemetry' })
    board.onBytes((bytes) => {
      if (state.isMute) return
      const letter = String.fromCharCode(bytes[0] ?? 0)
      const second = String.fromCharCode(bytes[1] ?? 0)
      const answer = (...reply: number[]): void => void board.write(Uint8Array.from(reply))
      if (letter === '?') return answer(0x10)
      if (letter === 'G') {
        const vout = state.isOn && state.isLatched ? 160 : 0
        return answer(212, 0, vout, 0, tempByte(), 0, 0)
      }
      told.push(letter === 'B' ? `B${second}` : `${letter} ${bytes[1]}`)
      if (letter === 'B') state.isOn = second === 'O'
      answer(0)
    })
    return host
  }
  const safety = new SafetyDesk({
    clock,
    log: silentLogger,
    openPort: async () => open(),
    openUsbControl: async () => ({
      vendorOut: async ({ data }) => {
        told.push(`latch ${data[1]}`)
        state.isLatched = data[1] === 0
      },
      close: async () => undefined,
    }),
  })
  const cuts: PowerCut[] = []
  const attach = async () => {
    const outcome = await within(clock, safety.attach({ device, boardId: 'gekko-compac-a1', settings: null }))
    const power = safety.authority(device.key)
    power.onCut((cut) => cuts.push(cut))
    return { outcome, power }
  }
  return { clock, told, state, safety, cuts, attach }
}

describe('a Compac A1', () => {
  it('gets its latch, its fan, its voltage, and its regulator last', async () => {
    const it = stick()
    const { outcome, power } = await it.attach()
    expect(outcome).toEqual({ kind: 'ready', boardId: 'gekko-compac-a1' })
    expect(it.state).toMatchObject({ isOn: false, isLatched: false })
    it.told.length = 0
    await within(it.clock, power.powerUp(null))
    expect(it.told).toEqual(['latch 0', 'F 100', 'V 60', 'BO'])
  })

  it('is off within two seconds of being too hot, regulator and latch', async () => {
    const it = stick()
    const { power } = await it.attach()
    await within(it.clock, power.powerUp(null))
    it.clock.every(500, () => power.sign({ hashing: true, sinceNonceMs: null }))
    await pass(it.clock, 3_000)
    expect(it.cuts).toEqual([])
    it.state.celsius = 104
    await pass(it.clock, 2_000)
    expect(it.cuts.map(({ cause }) => cause)).toEqual(['too-hot'])
    expect(it.state.isOn).toBe(false)
    await pass(it.clock, 2_000)
    expect(it.state.isLatched).toBe(false)
  })

  it('is cut when its telemetry falls silent, by the latch alone if need be', async () => {
    const it = stick()
    const { power } = await it.attach()
    await within(it.clock, power.powerUp(null))
    it.clock.every(500, () => power.sign({ hashing: true, sinceNonceMs: null }))
    await pass(it.clock, 2_000)
    it.state.isMute = true
    await pass(it.clock, 15_000, 50)
    expect(it.cuts).toHaveLength(1)
    expect(it.state.isLatched).toBe(false)
  })

  it('gets no power when it is hot already', async () => {
    const it = stick()
    const { power } = await it.attach()
    it.state.celsius = 95
    it.told.length = 0
    await expect(within(it.clock, power.powerUp(null))).rejects.toMatchObject({ code: 'safety/too-hot' })
    expect(it.told).not.toContain('BO')
    expect(it.state.isLatched).toBe(false)
  })

  it('is switched off when it is found running', async () => {
    const it = stick()
    it.state.isOn = true
    it.state.isLatched = true
    await it.attach()
    expect(it.state).toMatchObject({ isOn: false, isLatched: false })
  })
})
