import { describe, expect, it } from 'vitest'
import { newPoolMemory } from '../../../../src-main/proxy/upstream/pool-session.ts'
import { MAX_RIG_NAMES, RigNames } from '../../../../src-main/proxy/upstream/rig-names.ts'

function names() {
  const memory = newPoolMemory()
  const asked: string[] = []
  const rigNames = new RigNames('account.farm', memory)
  const userFor = (rigName: string, nowMs = 0): string =>
    rigNames.userFor(rigName, nowMs, (user) => void asked.push(user))
  return { memory, asked, rigNames, userFor }
}

describe('the names of rigs at a V1 pool', () => {
  it('are asked for once, also by two rigs of one name, and used after a yes', () => {
    const { asked, rigNames, userFor } = names()
    expect([userFor('x.a'), userFor('y.a'), userFor('x.a')]).toEqual(Array(3).fill('account.farm'))
    rigNames.onReply('account.a', true)
    expect([userFor('x.a'), userFor('y.a'), asked]).toEqual(['account.a', 'account.a', ['account.a']])
  })

  it('are not asked for where the rig has ours or none', () => {
    const { asked, userFor } = names()
    expect([userFor(''), userFor('x.farm'), userFor('account')]).toEqual(Array(3).fill('account.farm'))
    expect(asked).toEqual([])
  })

  it('that were refused stay refused, whatever is said later', () => {
    const { rigNames, userFor } = names()
    userFor('a')
    rigNames.onReply('account.a', false)
    rigNames.onReply('account.a', true)
    expect(userFor('a')).toBe('account.farm')
  })

  it('are given up after three refusals, unless one was ever accepted', () => {
    for (const first of [false, true]) {
      const { memory, rigNames, userFor } = names()
      for (const [n, name] of ['a', 'b', 'c', 'd'].entries()) {
        userFor(name)
        rigNames.onReply(`account.${name}`, first && n === 0)
      }
      expect(memory.namesRefused).toBe(!first)
    }
  })

  it('are given up when the pool hangs up on the question, not when it ends much later', () => {
    for (const [laterMs, refused] of [
      [4_000, true],
      [6_000, false],
    ] as const) {
      const { memory, rigNames, userFor } = names()
      userFor('a', 1_000)
      rigNames.onHungUp(1_000 + laterMs)
      expect(memory.namesRefused).toBe(refused)
    }
  })

  it('are bounded', () => {
    const { asked, userFor } = names()
    for (let n = 0; n < MAX_RIG_NAMES + 50; n++) userFor(`rig${n}`)
    expect(asked).toHaveLength(MAX_RIG_NAMES)
  })
})
