import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../../src-main/base/index.ts'
import { antminerU } from '../../../../../src-main/drivers/chips/icarus/antminer-u.ts'
import { u3VoltageCommand } from '../../../../../src-main/drivers/chips/icarus/antminer-commands.ts'
import {
  mhzOfStepWord,
  u1ClockWord,
  u3ClockWord,
} from '../../../../../src-main/drivers/chips/icarus/clock-words.ts'
import { icarus } from '../../../../../src-main/drivers/chips/icarus/icarus.ts'
import { type ChipProfile, type NonceReply } from '../../../../../src-main/drivers/model/chip.ts'

function nonceOf(profile: ChipProfile, hex: string): NonceReply {
  const [reply] = profile.createDecoder().push(fromHex(hex))
  if (reply?.kind !== 'nonce') throw new Error(`${hex} is no nonce`)
  return reply
}

describe('a plain Icarus device', () => {
  it('may mean the current work or the one before', () => {
    const reply = nonceOf(icarus, '02fb05ff')
    expect(icarus.guesses(reply, 0).map(({ slot }) => slot)).toEqual([0, 1])
    expect(icarus.guesses(reply, 1).map(({ slot }) => slot)).toEqual([1, 0])
  })

  it('names the engine by the top bits of the nonce, none for a number of engines that halves no range', () => {
    const reply = nonceOf(icarus, '82540e46')
    expect(icarus.origin(reply, 1).chip).toBe(0)
    expect(icarus.origin(reply, 2).chip).toBe(1)
    expect(icarus.origin(reply, 4).chip).toBe(2)
    expect(icarus.origin(reply, 3).chip).toBeNull()
  })

  it('has the nonces of probes for busy work', () => {
    expect(icarus.isBusyWork(nonceOf(icarus, '000187a2'))).toBe(true)
    expect(icarus.isBusyWork(nonceOf(icarus, '417c0f36'))).toBe(true)
    expect(icarus.isBusyWork(nonceOf(icarus, '02fb05ff'))).toBe(false)
  })

  it('keeps its clock: nothing is sent for the one it has, and another is refused', () => {
    expect(icarus.setFrequency(336, 1)).toEqual([])
    expect(icarus.setFrequency(500, 1)).toBeNull()
    expect(icarus.setFrequency(NaN, 1)).toBeNull()
  })

  it('wants new work 150 ms before its range is scanned', () => {
    expect(icarus.jobIntervalMs(336, 1)).toBeCloseTo(12_782.6 - 150, 0)
  })
})

describe('an AntMiner U1 or U2', () => {
  it('names the work by five bits of its last byte', () => {
    const [guess] = antminerU.guesses(nonceOf(antminerU, '02fb05ffe7'), 0)
    expect(guess?.slot).toBe(7)
    expect(antminerU.jobSlots).toHaveLength(31)
  })

  it('sets 200 MHz, waits, and reports it as the clock that results', () => {
    const steps = antminerU.setFrequency(200, 1)
    expect(steps?.map((step) => (step.op === 'send' ? toHex(step.bytes).slice(0, 6) : step.op))).toEqual([
      '820380',
      'wait',
    ])
    expect(antminerU.actualFrequencyMhz(200)).toBe(200)
  })

  it('never sends a clock outside its range, nor one above what was asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: -1000, max: 5000 }), (mhz) => {
        const actual = antminerU.actualFrequencyMhz(mhz)
        expect(actual === null).toBe(antminerU.setFrequency(mhz, 1) === null)
        if (actual === null) return
        expect(actual).toBeLessThanOrEqual(mhz)
        expect(actual).toBeGreaterThan(mhz - 1.001)
        expect(actual).toBeGreaterThanOrEqual(99)
        expect(actual).toBeLessThanOrEqual(400)
      }),
    )
  })

  it('reaches every clock of its grid exactly', () => {
    for (let mhz = 100; mhz <= 400; mhz += 6.25) expect(u1ClockWord(mhz).mhz).toBe(mhz)
  })

  it('climbs in steps of 25 MHz', () => {
    expect(antminerU.ramp(100, 200)).toEqual([125, 150, 175, 200])
    expect(antminerU.ramp(200, 160)).toEqual([175, 160])
  })
})

describe('an AntMiner U3', () => {
  it('is given the fastest clock of its table that is not above the one wanted', () => {
    expect(mhzOfStepWord(u3ClockWord(230) ?? 0)).toBe(225)
    expect(u3ClockWord(99)).toBeNull()
    expect(u3ClockWord(251)).toBeNull()
    expect(u3ClockWord(NaN)).toBeNull()
  })

  it('takes 725 to 850 mV and nothing else', () => {
    expect(toHex(u3VoltageCommand(775) ?? new Uint8Array())).toBe('aab775de')
    expect([724, 851, 775.5, NaN].map(u3VoltageCommand)).toEqual([null, null, null, null])
  })
})
