import { afterEach, describe, expect, it } from 'vitest'
import { HeadframeError } from '../../../../src-main/base/index.ts'
import { macOf, ScriptedFleet } from '../../../support/scripted-fleet.ts'
import { type ScriptedRig } from '../../../support/scripted-family.ts'

const LOGIN = { needed: 'to-read', factory: null, locks: true } as const

let farm: ScriptedFleet

afterEach(async () => {
  await farm.fleet.stop()
})

/** A rig that was read with its password, `secret-of-one`. */
async function withPassword(needed: 'to-read' | 'to-write' = 'to-read'): Promise<string> {
  farm = new ScriptedFleet({ login: { ...LOGIN, needed } })
  await farm.fleet.start()
  const [id = ''] = await farm.populate(1)
  farm.rigAt('192.0.2.1').password = 'secret-of-one'
  await farm.fleet.setCredentials({ scope: 'rig', id }, 'root', 'secret-of-one')
  await farm.pass(10_000)
  expect(farm.fleet.view(id)).toMatchObject({ login: 'entered', freshness: 'live' })
  return id
}

/** Another machine at the address of the first, which wants a password of its own. */
function anotherTakesItsAddress(): ScriptedRig {
  const other = farm.place('192.0.2.1', 9)
  other.password = 'secret-of-another'
  return other
}

describe('the password of a rig', () => {
  it('is not shown to another machine that took its address while it was away', async () => {
    const id = await withPassword()
    farm.rigs.delete('192.0.2.1')
    await farm.pass(60_000, 1000)
    const other = anotherTakesItsAddress()
    await farm.pass(600_000, 5000)
    expect(other.logins).toBe(0)
    expect(farm.fleet.view(id).problem).toMatchObject({ code: 'rig/other-rig' })
    // The other is a rig of its own now, without a login.
    expect(farm.fleet.view(macOf(9))).toMatchObject({ login: 'missing', address: '192.0.2.1' })
  })

  it('is not shown to another machine that took its address while Headframe was not running', async () => {
    const id = await withPassword()
    const other = anotherTakesItsAddress()
    await farm.restart()
    await farm.pass(600_000, 5000)
    expect(other.logins).toBe(0)
    expect(farm.fleet.view(id).problem).toMatchObject({ code: 'rig/other-rig' })
  })

  it('is not shown to another machine that took its address while this computer slept', async () => {
    const id = await withPassword()
    const other = anotherTakesItsAddress()
    farm.clock.setWallTime(farm.clock.nowMs() + 8 * 3_600_000)
    await farm.pass(60_000, 1000)
    expect(other.logins).toBe(0)
    expect(farm.fleet.view(id).problem).toMatchObject({ code: 'rig/other-rig' })
  })

  it('is not shown with a change, nor is the change made, where another machine took its address', async () => {
    const id = await withPassword('to-write')
    farm.clock.setWallTime(farm.clock.nowMs() + 3_600_000)
    const other = anotherTakesItsAddress()
    const item = await farm.until(farm.fleet.act(id, 'reboot', {}, false))
    expect(item).toMatchObject({ state: 'failed', problem: { code: 'rig/other-rig' } })
    expect([other.logins, other.commands]).toEqual([0, []])
  })

  it('is shown again to the rig itself after it was away', async () => {
    const id = await withPassword()
    const rig = farm.rigAt('192.0.2.1')
    farm.rigs.delete('192.0.2.1')
    await farm.pass(60_000, 1000)
    farm.rigs.set('192.0.2.1', rig)
    await farm.pass(330_000, 1000)
    expect(farm.fleet.view(id)).toMatchObject({ freshness: 'live', problem: null })
  })

  it('is not shown to what a search does not know and what does not say who it is', async () => {
    const id = await withPassword()
    const other = anotherTakesItsAddress()
    other.mac = null
    farm.isHiddenFromSearch.add('192.0.2.1')
    farm.clock.setWallTime(farm.clock.nowMs() + 3_600_000)
    await farm.pass(60_000, 1000)
    expect(other.logins).toBe(0)
    expect(farm.fleet.view(id).problem).toMatchObject({ code: 'rig/not-recognised' })
  })

  it('is not repeated in what is shown, although the rig repeats it', async () => {
    const id = await withPassword()
    const says = 'It says: setpool root,secret-of-one is unknown.'
    farm.rigAt('192.0.2.1').failure = new HeadframeError('rig/refused', says)
    await farm.pass(15_000)
    const item = await farm.until(farm.fleet.act(id, 'reboot', {}, false))
    expect(farm.fleet.view(id).problem?.message).toBe('It says: setpool root,*** is unknown.')
    expect(item.problem?.message).toBe('It says: setpool root,*** is unknown.')
    expect(JSON.stringify(item)).not.toContain('secret-of-one')
  })
})
