/** What the supervisor does with a board whose steps hang, fail or do not stop: no bus, only the order of steps. */
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from '../../../../src-main/base/index.ts'
import { bitaxeGamma } from '../../../../src-main/drivers/boards/bitaxe.ts'
import { defaultSettings } from '../../../../src-main/drivers/boards/check-settings.ts'
import { type BoardPower, type PowerStep } from '../../../../src-main/drivers/safety/board-power.ts'
import { NO_ABILITIES, PlainBoard } from '../../../../src-main/drivers/safety/plain-board.ts'
import { BoardSupervisor } from '../../../../src-main/drivers/safety/supervisor.ts'
import { TripRecord } from '../../../../src-main/drivers/safety/trip-record.ts'
import { pass } from '../../../support/bench-board.ts'
import { within } from '../../../support/settled-time.ts'

type Script = (what: string) => Promise<void>

class ScriptedPower extends PlainBoard implements BoardPower {
  override readonly abilities = { ...NO_ABILITIES, canReset: true, canCutPower: true }
  readonly done: string[] = []
  script: Script = async () => undefined

  #step(what: string): PowerStep {
    return {
      what,
      limitMs: 1_000,
      run: async () => {
        this.done.push(what)
        await this.script(what)
      },
    }
  }

  override powerUpSteps(): readonly PowerStep[] {
    return ['one', 'two', 'three'].map((what) => this.#step(what))
  }

  override release(): PowerStep {
    return this.#step('release')
  }

  override shutdownSteps(): readonly PowerStep[] {
    return ['reset', 'regulator'].map((what) => this.#step(what))
  }
}

async function set() {
  const clock = new ManualClock()
  const power = new ScriptedPower()
  const supervisor = new BoardSupervisor({
    key: 'scripted',
    model: bitaxeGamma,
    power,
    clock,
    log: silentLogger,
    trips: new TripRecord(),
    fan: defaultSettings(bitaxeGamma).fan,
    isProvisional: false,
  })
  await within(clock, supervisor.start())
  power.done.length = 0
  return { clock, power, supervisor }
}

const never = (): Promise<void> => new Promise(() => undefined)

describe('steps of a supervisor', () => {
  it('goes no further with a start that was stopped meanwhile, though its step took no notice', async () => {
    const it = await set()
    let finish: () => void = () => undefined
    it.power.script = (what) =>
      what === 'two' ? new Promise((resolve) => void (finish = resolve)) : Promise.resolve()
    const starting = it.supervisor.powerUp(1150).catch(() => 'refused')
    await pass(it.clock, 100)
    await within(it.clock, it.supervisor.release())
    finish()
    expect(await within(it.clock, starting)).toBe('refused')
    await pass(it.clock, 3_000)
    expect(it.power.done).toEqual(['one', 'two', 'reset', 'regulator'])
    expect(it.supervisor.view.state).toBe('off')
  })

  it('gives up a start whose step hangs, and switches off', async () => {
    const it = await set()
    it.power.script = (what) => (what === 'three' ? never() : Promise.resolve())
    await expect(within(it.clock, it.supervisor.powerUp(1150))).rejects.toMatchObject({
      code: 'safety/timed-out',
    })
    expect(it.power.done).toEqual(['one', 'two', 'three', 'reset', 'regulator'])
    expect(it.supervisor.view.state).toBe('off')
  })

  it('tries each step of a shutdown twice, waits for none for ever, and leaves none out', async () => {
    const it = await set()
    await within(it.clock, it.supervisor.powerUp(1150))
    it.power.done.length = 0
    it.power.script = (what) => (what === 'reset' ? never() : Promise.reject(new Error('no')))
    const began = it.clock.monotonicMs()
    await within(it.clock, it.supervisor.release())
    expect(it.clock.monotonicMs() - began).toBeLessThanOrEqual(2_100)
    expect(it.power.done).toEqual(['reset', 'reset', 'regulator', 'regulator'])
    expect(it.supervisor.view).toMatchObject({ state: 'unsafe' })
    expect(it.supervisor.view.stillOn).toHaveLength(2)
  })

  it('begins to switch off in the same turn in which it is told to stop', async () => {
    const it = await set()
    await within(it.clock, it.supervisor.powerUp(1150))
    it.power.done.length = 0
    void it.supervisor.stop()
    expect(it.power.done).toEqual(['reset'])
  })
})
