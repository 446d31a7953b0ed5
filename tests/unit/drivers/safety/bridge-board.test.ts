import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { bitaxeGamma, bitaxeUltra } from '../../../../src-main/drivers/boards/bitaxe.ts'
import { BridgeClient } from '../../../../src-main/drivers/control/bridge-client.ts'
import { BridgeBoard } from '../../../../src-main/drivers/safety/bridge-board.ts'
import { bridgeParts } from '../../../../src-main/drivers/safety/bridge-parts.ts'
import { BenchBoard, pass } from '../../../support/bench-board.ts'
import { turn, within } from '../../../support/settled-time.ts'

function bench() {
  const clock = new ManualClock()
  const board = new BenchBoard(clock)
  const bridge = new BridgeClient(board.host, clock, 'v1')
  const parts = bridgeParts(bitaxeGamma, bridge.i2c, clock)
  if (!parts) throw new Error('no parts')
  return { clock, board, bridge, power: new BridgeBoard(bitaxeGamma, bridge, parts, clock) }
}

async function powered() {
  const it = bench()
  for (const step of it.power.powerUpSteps(1150)) await within(it.clock, step.run())
  return it
}

describe('power behind a bridge', () => {
  it('is not believed when the voltage sags after the regulator had it', async () => {
    const it = bench()
    const steps = it.power.powerUpSteps(1150)
    for (const step of steps.slice(0, -1)) await within(it.clock, step.run())
    let looks = 0
    it.board.swallow = ({ page, command, data }) => {
      // Its second look at READ_VOUT is the one after it has settled.
      if (page === 5 && command === 0x40 && data[1] === 0x8b && ++looks === 2) it.board.voltageRatio = 0.5
      return false
    }
    await expect(within(it.clock, steps.at(-1)!.run())).rejects.toMatchObject({
      code: 'safety/voltage-not-reached',
    })
  })

  it('never lets chips out of reset with a command that still waited when power was revoked', async () => {
    const it = await powered()
    it.board.isSilent = true
    const look = it.power.readHeat().catch(() => undefined)
    await turn()
    const release = it.power.release().run()
    await turn()
    it.power.revoke()
    it.board.isSilent = false
    await expect(within(it.clock, release)).rejects.toMatchObject({ code: 'control/cancelled' })
    await within(it.clock, look)
    await pass(it.clock, 2_000)
    expect(it.board.record.some(({ what }) => what === 'reset 1')).toBe(false)
  })

  it('takes power away before everything that waits', async () => {
    const it = await powered()
    await within(it.clock, it.power.release().run())
    it.board.isSilent = true
    const looks = [it.power.readHeat(), it.power.look(), it.power.setFan(300)].map((work) =>
      work.catch(() => undefined),
    )
    await turn()
    it.power.revoke()
    const off = it.power.shutdownSteps().map((step) => step.run())
    it.board.record.length = 0
    it.board.isSilent = false
    await within(it.clock, Promise.all([...off, ...looks]))
    const told = it.board.record.map(({ what }) => what)
    expect(told.slice(0, 2).sort()).toEqual(['24:01 00', 'reset 0'])
  })

  it('says that nothing was read, rather than that nothing is wrong, when the channel is gone', async () => {
    const it = await powered()
    it.board.host.unplug()
    await expect(it.power.readHeat()).rejects.toMatchObject({ code: 'control/closed' })
    await expect(it.power.look()).rejects.toMatchObject({ code: 'control/closed' })
  })

  it('knows that a board with a DS4432U cannot be switched off', () => {
    const clock = new ManualClock()
    const bridge = new BridgeClient(new BenchBoard(clock).host, clock, 'v1')
    const parts = bridgeParts(bitaxeUltra, bridge.i2c, clock)
    const power = new BridgeBoard(bitaxeUltra, bridge, parts!, clock)
    expect(power.abilities).toMatchObject({ canCutPower: false, canReset: true, measuresHeatWhenOff: true })
    expect(power.shutdownSteps().map(({ what }) => what)).toEqual([
      'hold the chips in reset',
      'lower the core voltage',
    ])
  })
})
