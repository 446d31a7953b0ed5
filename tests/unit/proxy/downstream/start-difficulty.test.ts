import { describe, expect, it } from 'vitest'
import {
  nominalHashrateOf,
  startDifficultyOf,
} from '../../../../src-main/proxy/downstream/start-difficulty.ts'

describe('the difficulty a rig starts with', () => {
  it.each([
    ['NerdMinerV2/1.7.0', 80e3],
    ['cpuminer/2.5.1', 1e6],
    ['bitaxe/BM1370/v2.6.0', 1e12],
    ['NerdQAxe++/BM1370/v1.0', 4.8e12],
    ['cgminer/4.13.1 (gekko)', 100e9],
    ['bmminer/2.0.0/Antminer S19j Pro', 80e12],
    ['BOSminer-plus-tuner/0.1', 80e12],
    ['whatsminer/v1.0', 80e12],
  ])('suits its kind: %s', (userAgent, hashrateHs) => {
    expect(nominalHashrateOf(userAgent)).toBe(hashrateHs)
    // Six shares a minute: ten seconds of its hashes.
    expect(startDifficultyOf(userAgent, 6)).toBeCloseTo((hashrateHs * 10) / 2 ** 32, 6)
  })

  it.each([null, '', 'something/1.0'])(
    'is that of a middling rig when it does not say what it is: %s',
    (userAgent) => {
      expect(nominalHashrateOf(userAgent)).toBeNull()
      expect(startDifficultyOf(userAgent, 6)).toBeCloseTo((200e9 * 10) / 2 ** 32, 6)
    },
  )
})
