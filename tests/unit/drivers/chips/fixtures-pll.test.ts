import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src-main/base/index.ts'
import { bm1362Chip } from '../../../../src-main/drivers/chips/bm1362.ts'
import { bm1366Chip } from '../../../../src-main/drivers/chips/bm1366.ts'
import { bm1368Chip } from '../../../../src-main/drivers/chips/bm1368.ts'
import { bm1370Chip } from '../../../../src-main/drivers/chips/bm1370.ts'
import { BM1397_PLL } from '../../../../src-main/drivers/chips/bm1397.ts'
import { encodeWrite } from '../../../../src-main/drivers/chips/command.ts'
import {
  bm1384ClockWord,
  bm1384ReadClock,
  bm1384SetClock,
} from '../../../../src-main/drivers/chips/gekko/bm1384-commands.ts'
import { bm1387Clock, bm1387SetClock } from '../../../../src-main/drivers/chips/gekko/bm1387-commands.ts'
import {
  GEKKO_PLL0_DIVIDER,
  gekkoPllRegister,
  solveGekkoPll,
} from '../../../../src-main/drivers/chips/pll-gekko.ts'
import {
  oscillatorMhz,
  pllMhz,
  pllRegister,
  type PllLimits,
  readPllRegister,
  solvePll,
} from '../../../../src-main/drivers/chips/pll.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { REGISTER } from '../../../../src-main/drivers/chips/registers.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors, hexNumber, type Vector } from './asic-vectors.ts'

interface Input {
  chip: string
  mhz: number
  fbRange?: [number, number]
  requestedMhz?: number
  fbRefPost?: string
  registerValue?: string
  fromMhz: number
  toMhz: number
  stepMhz: number
  mhzFrom: number
  mhzTo: number
}
interface Expected {
  fb: number
  refdiv: number
  postdiv1: number
  postdiv2: number
  actualMhz: number
  registerValue?: string
  frame?: string
  frames?: string[]
  fa: number
  fc1: number
  fc2: number
  word?: string
  followUp: string
  decodedMhz: number
  vcoMhz?: number
  flagNibble?: number
  steps: number
  firstMhz: number
  lastMhz: number
  fbRange: [number, number]
  refdivAllowed: number[]
  maxAbsErrorMhz: number
  flag50WhenVcoAtLeastMhz: number
  lowestReachableMhz: Record<string, number>
}

const LIMITS: Readonly<Record<string, PllLimits>> = {
  BM1362: bm1362Chip.pll,
  BM1366: bm1366Chip.pll,
  BM1368: bm1368Chip.pll,
  BM1370: bm1370Chip.pll,
  BM1397: BM1397_PLL,
}

function checkEspMiner({ id, input, expected }: Vector<Input, Expected>): void {
  const limits = LIMITS[input.chip]!
  expect([limits.feedbackMin, limits.feedbackMax], id).toEqual(input.fbRange)
  const setting = solvePll(input.mhz, limits)!
  expect(setting, id).toEqual({
    feedback: expected.fb,
    reference: expected.refdiv,
    post1: expected.postdiv1,
    post2: expected.postdiv2,
  })
  expect(pllMhz(setting), id).toBeCloseTo(expected.actualMhz, 6)
  const register = pllRegister(setting, limits)
  if (expected.registerValue !== undefined) expect(register, id).toBe(hexNumber(expected.registerValue))
  if (expected.frame !== undefined) {
    expect(toHex(encodeWrite('all', REGISTER.pll0, register)), id).toBe(expected.frame)
  }
}

function checkGekko({ id, input, expected }: Vector<Input, Expected>): void {
  const dividers = input.chip === 'BM1397' ? 'as-is' : 'less-one'
  const less = dividers === 'as-is' ? 0 : 1
  const setting = solveGekkoPll(input.mhz, dividers)!
  expect(setting, id).toEqual({
    feedback: expected.fa,
    reference: expected.fb,
    post1: expected.fc1 + less,
    post2: expected.fc2 + less,
  })
  expect(pllMhz(setting), id).toBeCloseTo(expected.actualMhz, 6)
  const divider = toHex(encodeWrite('all', REGISTER.pll0Divider, GEKKO_PLL0_DIVIDER))
  const clock = toHex(encodeWrite('all', REGISTER.pll0, gekkoPllRegister(setting, dividers)))
  const frames = input.chip === 'BM1397' ? [divider, divider, clock, clock] : [divider, clock]
  expect(frames, id).toEqual(expected.frames)
}

function checkBm1384({ id, input, expected }: Vector<Input, Expected>): void {
  const { word, mhz } = bm1384ClockWord(input.mhz)!
  expect(word, id).toBe(hexNumber(expected.word!))
  expect(mhz, id).toBe(expected.decodedMhz)
  expect(toHex(bm1384SetClock(word)), id).toBe(expected.frame)
  expect(toHex(bm1384ReadClock('all')), id).toBe(expected.followUp)
}

function checkBm1387({ id, input, expected }: Vector<Input, Expected>): void {
  expect(toHex(bm1387SetClock(input.mhz)!), id).toBe(expected.frame)
  expect(bm1387Clock(input.mhz)?.mhz, id).toBe(expected.actualMhz)
}

function checkDecoding({ id, input, expected }: Vector<Input, Expected>): void {
  const register = hexNumber(input.registerValue ?? `40${input.fbRefPost!}`)
  const setting = readPllRegister(register, bm1370Chip.pll)!
  expect(pllMhz(setting), id).toBeCloseTo(expected.decodedMhz, 6)
  if (expected.vcoMhz !== undefined) expect(oscillatorMhz(setting), id).toBe(expected.vcoMhz)
  if (expected.flagNibble !== undefined) {
    expect(register >>> 28, id).toBe(expected.flagNibble)
    // Factory boards and our search choose the same dividers for a BM1362.
    expect(pllRegister(solvePll(expected.decodedMhz, bm1362Chip.pll)!, bm1362Chip.pll), id).toBe(register)
  }
}

function checkUnreachable({ id, input, expected }: Vector<Input, Expected>): void {
  expect(solvePll(input.mhz, LIMITS[input.chip]!), id).toBeNull()
  expect(chipProfile('BM1370').setFrequency(input.mhz, 1), id).toBeNull()
  for (const [chips, mhz] of Object.entries(expected.lowestReachableMhz)) {
    const limits = LIMITS[chips.slice(0, 6)]!
    expect(pllMhz(solvePll(mhz, limits)!), `${id} ${chips}`).toBeCloseTo(mhz, 3)
    expect(solvePll(mhz - 1, limits), `${id} ${chips}`).toBeNull()
  }
}

function checkRamp({ id, input, expected }: Vector<Input, Expected>): void {
  const { startMhz, ramp } = chipProfile('BM1370')
  expect(startMhz, id).toBe(expected.firstMhz)
  const writes = [startMhz, ...ramp(input.fromMhz, input.toMhz)]
  expect(writes, id).toHaveLength(expected.steps)
  expect(writes.at(-1), id).toBe(expected.lastMhz)
  for (const [i, mhz] of writes.entries()) expect(mhz, id).toBe(input.fromMhz + i * input.stepMhz)
}

function checkProperty({ id, input, expected }: Vector<Input, Expected>): void {
  const limits = LIMITS[input.chip]!
  for (let mhz = input.mhzFrom; mhz <= input.mhzTo; mhz += input.stepMhz) {
    const setting = solvePll(mhz, limits)!
    expect(setting.feedback, id).toBeGreaterThanOrEqual(expected.fbRange[0])
    expect(setting.feedback, id).toBeLessThanOrEqual(expected.fbRange[1])
    expect(expected.refdivAllowed, id).toContain(setting.reference)
    expect(Math.abs(pllMhz(setting) - mhz), id).toBeLessThanOrEqual(expected.maxAbsErrorMhz)
    const isFast = oscillatorMhz(setting) >= expected.flag50WhenVcoAtLeastMhz
    expect(pllRegister(setting, limits) >>> 24, id).toBe(isFast ? 0x50 : 0x40)
  }
}

/** By the beginning of the id. */
const CHECKS: readonly [string, (vector: Vector<Input, Expected>) => void][] = [
  ['pll/esp-', checkEspMiner],
  ['pll/repo-test-', checkEspMiner],
  ['pll/gekko-bm1384-', checkBm1384],
  ['pll/gekko-bm1387-', checkBm1387],
  ['pll/gekko-', checkGekko],
  ['pll/decode-', checkDecoding],
  ['pll/unreachable-low', checkUnreachable],
  ['pll/ramp-count', checkRamp],
  ['pll/property', checkProperty],
]

describe.runIf(hasSharedFixtures)('clocks of the shared fixtures', () => {
  it('solves, encodes and refuses as every vector says', () => {
    for (const vector of asicVectors<Input, Expected>('pll')) {
      const check = CHECKS.find(([beginning]) => vector.id.startsWith(beginning))?.[1]
      if (check === undefined) throw new Error(`no test for ${vector.id}`)
      check(vector)
    }
  })
})
