import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bm1368DieC } from '../../../../src-main/drivers/peripherals/die-sensor.ts'
import { decodeDiode, diodeC } from '../../../../src-main/drivers/peripherals/diode.ts'
import { ds4432uCode } from '../../../../src-main/drivers/peripherals/ds4432u.ts'
import { emc2101Duty, emc2101Rpm } from '../../../../src-main/drivers/peripherals/emc2101.ts'
import { emc2103Rpm } from '../../../../src-main/drivers/peripherals/emc2103.ts'
import { duty255, emc2302Rpm } from '../../../../src-main/drivers/peripherals/emc2302.ts'
import {
  ina260CurrentMa,
  ina260PowerW,
  ina260VoltageMv,
} from '../../../../src-main/drivers/peripherals/ina260.ts'
import { plausibleC } from '../../../../src-main/drivers/peripherals/kinds.ts'
import {
  decodeLinear11,
  decodeLinear16,
  describeStatusWord,
  encodeLinear11,
  encodeLinear16,
  encodeWholeLinear11,
  parseVoutMode,
  wordBytes,
} from '../../../../src-main/drivers/peripherals/pmbus.ts'
import { tmp1075C } from '../../../../src-main/drivers/peripherals/tmp1075.ts'
import { tmp451C } from '../../../../src-main/drivers/peripherals/tmp451.ts'
import { hasSharedFixtures, sharedFixture } from '../../../support/shared-fixtures.ts'

describe('temperatures', () => {
  it('of a diode are eighths of a degree, and its faults are no temperature', () => {
    expect(decodeDiode(0x3c, 0x40)).toEqual({ kind: 'celsius', celsius: 60.25 })
    expect(decodeDiode(0x7f, 0x00)).toEqual({ kind: 'fault', fault: 'diode-open' })
    expect(decodeDiode(0x7f, 0xe0)).toEqual({ kind: 'fault', fault: 'diode-short' })
    expect(diodeC(0xff, 0xff, 0)).toBeNull()
    expect(diodeC(0x80, 0x00, 0)).toBeNull()
    expect(diodeC(0x3c, 0x40, 5)).toBe(65.25)
  })

  it('outside 0 to 120 C are no readings, and neither is what is not a number', () => {
    expect([-1, 0, 120, 120.1, Number.NaN].map(plausibleC)).toEqual([null, 0, 120, null, null])
    expect(diodeC(0xf6, 0x00, 20)).toBeNull()
  })

  it('of any two bytes are null or within what a board can have', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.integer({ min: -10, max: 10 }), (high, low, offset) => {
        const celsius = diodeC(high, low, offset)
        if (celsius !== null) expect(celsius >= 0 && celsius <= 120).toBe(true)
      }),
    )
  })

  it('of a BM1368 need the bit that says there is one', () => {
    expect(bm1368DieC(0x8000_07d0)).toBeCloseTo(43.1696, 4)
    expect(bm1368DieC(0x0000_07d0)).toBeNull()
    expect(bm1368DieC(0xffff_ffff)).toBeNull()
  })
})

describe('fans', () => {
  it('stand still where no turn was counted, and have no speed where the count cannot be', () => {
    expect([1200, 65535, 65000, 0].map(emc2101Rpm)).toEqual([4500, 0, 83, null])
    expect(emc2302Rpm(0xff, 0xf8, 1)).toBe(0)
    expect(emc2302Rpm(0, 0, 1)).toBeNull()
    expect(emc2103Rpm(0xfff8)).toBe(0)
    expect(emc2103Rpm(0x0007)).toBeNull()
    expect(emc2103Rpm(2000 << 3)).toBe(3932)
  })

  it('run at full speed when what they are told is not a number, and never beyond the scale', () => {
    expect([0, 250, 500, 1000, 2000, -5, Number.NaN].map(emc2101Duty)).toEqual([0, 15, 31, 63, 63, 0, 63])
    expect([0, 500, 1000, Number.NaN].map(duty255)).toEqual([0, 127, 255, 255])
  })
})

describe('PMBus numbers', () => {
  it('are written as the firmware of these boards writes them', () => {
    const hex = (word: number): string => word.toString(16).padStart(4, '0')
    expect([4.8, 6.5, 25, 30, 50, 0.25, 0.125].map(encodeLinear11).map(hex)).toEqual([
      'ca66',
      'cb40',
      'db20',
      'dbc0',
      'e320',
      'aa00',
      'a200',
    ])
    expect([0, 3, 105, 145, 650].map(encodeWholeLinear11).map(hex)).toEqual([
      '0000',
      '0003',
      '0069',
      '0091',
      '028a',
    ])
    expect([1.15, 1.2, 3.6].map((volts) => hex(encodeLinear16(volts, -9)))).toEqual(['024c', '0266', '0733'])
    expect(wordBytes(0x024c)).toEqual([0x4c, 0x02])
  })

  it('come back within one step and never above what was asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 1023, noNaN: true }), (value) => {
        const back = decodeLinear11(encodeLinear11(value))
        expect(back <= value && back >= value * (1 - 1 / 256)).toBe(true)
        const volts = value / 500
        const word = decodeLinear16(encodeLinear16(volts, -9), -9)
        expect(word <= volts && volts - word < 1 / 512).toBe(true)
      }),
    )
  })

  it('that do not fit are refused', () => {
    expect(() => encodeLinear11(0)).toThrow(RangeError)
    expect(() => encodeLinear11(-4)).toThrow(RangeError)
    expect(() => encodeLinear11(Number.NaN)).toThrow(RangeError)
    expect(() => encodeLinear16(-1, -9)).toThrow(RangeError)
    expect(() => encodeLinear16(Number.NaN, -9)).toThrow(RangeError)
    expect(() => encodeLinear16(200, -9)).toThrow(RangeError)
  })

  it('say what is wrong in words, and an output that is off is no fault while it should be', () => {
    expect(describeStatusWord(0x0840, false)).toEqual([])
    expect(describeStatusWord(0x0840, true)).toEqual(['switched itself off', 'power not good'])
    expect(describeStatusWord(0x4010, true)).toEqual(['output current too high', 'output current'])
    expect(describeStatusWord(0, true)).toEqual([])
  })
})

describe('the code of a DS4432U', () => {
  it('lowers below the nominal voltage, raises above it, and is refused beyond what it can make', () => {
    expect([1.1, 1.166, 1.2, 1.3, 1.5].map(ds4432uCode)).toEqual([0xe1, 0xd0, 0xc6, 0xab, 0x0c])
    for (const volts of [0, 0.045, 2.4, -1, Number.NaN]) expect(() => ds4432uCode(volts)).toThrow(RangeError)
  })

  it('never falls as the voltage rises', () => {
    const offset = (code: number): number => (code >= 0x80 ? -(code & 0x7f) : code)
    for (let mv = 1000; mv < 1600; mv++) {
      expect(offset(ds4432uCode((mv + 1) / 1000))).toBeGreaterThanOrEqual(offset(ds4432uCode(mv / 1000)))
    }
  })
})

interface Vector {
  readonly id: string
  readonly input: Readonly<Record<string, string | number>>
  readonly expected: Readonly<Record<string, string | number>>
}

/** What our functions say, in the words of the fixture. */
function judge({ id, input, expected }: Vector): Record<string, unknown> {
  const kind = id.slice('peripherals/'.length).replace(/-[^-]*$/, '')
  const hex = (name: string): number => parseInt(String(input[name]), 16)
  const asHex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  if (kind === 'tmp1075') return { celsius: tmp1075C(hex('raw')) }
  if (kind === 'tmp451') return { celsius: tmp451C(hex('high'), hex('low')) }
  if (kind === 'linear11') return { value: decodeLinear11(hex('raw')) }
  if (kind === 'vout-mode') {
    const { exponent } = parseVoutMode(hex('voutMode'))
    return { exponent, oneVoltRaw: encodeLinear16(1, exponent) }
  }
  if (kind === 'ulinear16') {
    const { exponent } = parseVoutMode(hex('voutMode'))
    const word = encodeLinear16(Number(input.volts), exponent)
    const bytes = wordBytes(word).map((byte) => asHex(byte, 2))
    return {
      raw: asHex(word, 4),
      decodedVolts: decodeLinear16(word, exponent),
      i2cWrite: `2421${bytes.join('')}`,
    }
  }
  if (kind === 'ds4432u') {
    const code = asHex(ds4432uCode(Number(input.volts)), 2)
    return { code, i2cWrite: `48f8${code}` }
  }
  if (kind === 'emc2101-ext') return { celsius: diodeC(hex('reg01'), hex('reg10'), 0) }
  if (kind === 'emc2101-fault') {
    const reading = decodeDiode(hex('reg01'), hex('reg10'))
    return { fault: reading.kind === 'fault' ? reading.fault : null }
  }
  if (kind === 'emc2101-rpm') return { rpm: emc2101Rpm(Number(input.tachCount)) }
  if (kind === 'emc2101-duty') return { reg4c: asHex(emc2101Duty(Number(input.percent) * 10), 2) }
  if (kind === 'emc2302-rpm') return { rpm: emc2302Rpm(hex('reg3e'), hex('reg3f'), Number(input.multiplier)) }
  if (kind.startsWith('ina260')) {
    if (hex('register') === 1) return { value: ina260CurrentMa(hex('raw')), unit: 'mA' }
    return { value: ina260VoltageMv(hex('raw')), unit: 'mV' }
  }
  if (kind === 'bm1368-temp') {
    const celsius = bm1368DieC(hex('raw'))
    return { celsius: celsius === null ? null : Number(celsius.toFixed(4)) }
  }
  throw new Error(`no function for ${id}: ${JSON.stringify(expected)}`)
}

describe('the power of an INA260', () => {
  it('is hundredths of a watt, and current has a sign', () => {
    expect(ina260PowerW(1544)).toBeCloseTo(15.44)
    expect(ina260CurrentMa(0xfff0)).toBe(-20)
  })
})

describe.runIf(hasSharedFixtures)('shared vectors of peripherals', () => {
  const vectors = hasSharedFixtures
    ? (JSON.parse(sharedFixture('asic/peripherals.json')) as { vectors: Vector[] }).vectors
    : []

  it('are all here', () => {
    expect(vectors).toHaveLength(54)
  })

  it.each(vectors.map((vector) => [vector.id, vector] as const))('%s', (_id, vector) => {
    expect(judge(vector)).toEqual(vector.expected)
  })
})
