import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import {
  decodeColumn,
  decodeFloats,
  decodeNumbers,
  encodeColumn,
  encodeFloats,
  MAX_COLUMN_LENGTH,
} from '../../../../src-main/history/telemetry/columns.ts'

const MAX = Number.MAX_SAFE_INTEGER

const anyInteger = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, MAX, -MAX, 2 ** 24, 2 ** 24 - 1, 2 ** 48, -(2 ** 48)),
)
/** Lists as telemetry makes them (steady, climbing, noise around a level with outliers) and lists of anything. */
const anyColumn = fc.oneof(
  fc.array(fc.option(anyInteger, { nil: null, freq: 4 }), { maxLength: 300 }),
  fc
    .record({
      level: anyInteger,
      step: fc.integer({ min: -100, max: 10_000 }),
      noise: fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 300 }),
      outlierAt: fc.nat(300),
      outlier: anyInteger,
    })
    .map(({ level, step, noise, outlierAt, outlier }) =>
      noise.map((deviation, i) => {
        const value = i === outlierAt ? outlier : level + i * step + deviation
        return Number.isSafeInteger(value) ? value : null
      }),
    ),
)
const anyFloats = fc.array(
  fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null, freq: 4 }),
  { maxLength: 100 },
)

/** -0 is not kept by integer columns. */
const plain = (values: readonly (number | null)[]): (number | null)[] =>
  values.map((value) => (value === null ? null : value + 0))

describe('a column of whole numbers', () => {
  it.each([
    ['nothing', [], '01 00 00'],
    ['absent numbers alone', [null, null, null], '01 80 03 00'],
    ['one number', [7], '01 01 01 07'],
    ['a negative number', [-1], '01 01 01 41'],
    ['a number of two bytes', [64], '01 01 01 80 01'],
    ['a constant', [300, 300, 300], '01 01 03 ac 04'],
    ['a constant with a gap', [5, null, 5], '01 81 03 05 05'],
    // Above base 10: 0, 1, 1, 0 in one bit each.
    ['a packed list', [10, 11, 11, 10], '01 02 04 0a 01 06'],
    // Above base -2: 0, 2, 5 in three bits: 101 010 000.
    ['numbers across zero', [-2, 0, 3], '01 02 03 42 03 50 01'],
    // First 1000, all differences 5000.
    ['an even climb', [1000, 6000, 11_000, 16_000], '01 09 04 a8 0f 88 4e'],
  ] as const)('holds %s in the bytes that the layout draws', (_, values, hex) => {
    expect(toHex(encodeColumn(values))).toBe(hex.replaceAll(' ', ''))
    expect(decodeColumn(fromHex(hex))).toEqual({ ok: true, value: values })
  })

  it('gives back any list as it was', () => {
    fc.assert(
      fc.property(anyColumn, (values) => {
        expect(decodeColumn(encodeColumn(values))).toEqual({ ok: true, value: plain(values) })
      }),
      { numRuns: 1000 },
    )
  })

  it('gives NaN for what is absent to those who want it quick', () => {
    const decoded = decodeNumbers(encodeColumn([1, null, 3]))
    expect(decoded).toEqual({ ok: true, value: Float64Array.of(1, NaN, 3) })
  })

  it('holds the whole span of safe integers', () => {
    const values = [MAX, -MAX, 0, null, MAX - 1, -MAX, 1]
    expect(decodeColumn(encodeColumn(values))).toEqual({ ok: true, value: values })
    expect(decodeColumn(encodeColumn([-MAX, 0]))).toEqual({ ok: true, value: [-MAX, 0] })
    expect(decodeColumn(encodeColumn([1, MAX]))).toEqual({ ok: true, value: [1, MAX] })
  })

  it('drops the sign of minus zero', () => {
    expect(decodeColumn(encodeColumn([-0, 5, -MAX, MAX]))).toEqual({ ok: true, value: [0, 5, -MAX, MAX] })
  })

  it('lets an outlier widen only the numbers around it', () => {
    const calm = Array.from({ length: 288 }, (_, i) => 600 + ((i * 7) % 13))
    const restarted = calm.map((value, i) => (i === 100 ? 1_000_000_000 : value))
    expect(encodeColumn(restarted).length - encodeColumn(calm).length).toBeLessThan(300)
    expect(decodeColumn(encodeColumn(restarted))).toEqual({ ok: true, value: restarted })
  })

  it('stays far below eight bytes a number where rigs are calm', () => {
    const times = Array.from({ length: 720 }, (_, i) => i * 5000 + ((i * 37) % 11))
    expect(encodeColumn(times).length).toBeLessThan(720)
  })

  it('holds the longest list and refuses a longer one', () => {
    const longest = Array.from({ length: MAX_COLUMN_LENGTH }, (_, i) => i % 5)
    expect(decodeColumn(encodeColumn(longest))).toEqual({ ok: true, value: longest })
    expect(() => encodeColumn([...longest, 1])).toThrow(RangeError)
  })

  it.each([NaN, Infinity, 0.5, 2 ** 53])('refuses to pack %d', (value) => {
    expect(() => encodeColumn([1, value])).toThrow(RangeError)
  })
})

describe('a column of floats', () => {
  it('gives back any list bit by bit', () => {
    fc.assert(
      fc.property(anyFloats, (values) => {
        const decoded = decodeFloats(encodeFloats(values))
        expect(decoded.ok).toBe(true)
        if (!decoded.ok) return
        expect(decoded.value.length).toBe(values.length)
        for (const [i, value] of values.entries()) expect(Object.is(decoded.value[i], value)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('packs whole numbers like a column of whole numbers', () => {
    expect(encodeFloats([4, null, 4096])).toEqual(encodeColumn([4, null, 4096]))
  })

  it('draws eight bytes a number, little endian', () => {
    expect(toHex(encodeFloats([0.5, null]))).toBe('01840201000000000000e03f')
  })

  it.each([NaN, Infinity])('refuses to pack %d', (value) => {
    expect(() => encodeFloats([value])).toThrow(RangeError)
  })
})

describe('damaged bytes of a column', () => {
  const columns = fc.oneof(anyColumn.map(encodeColumn), anyFloats.map(encodeFloats))
  /** Whether every way of reading gives the declared length or says what is wrong. */
  const reads = (bytes: Uint8Array): boolean => {
    let refusals = 0
    for (const decoded of [decodeColumn(bytes), decodeFloats(bytes), decodeNumbers(bytes)]) {
      if (decoded.ok) expect(decoded.value.length).toBeLessThanOrEqual(MAX_COLUMN_LENGTH)
      else {
        expect(decoded.error.kind).toBe('damaged')
        refusals++
      }
    }
    return refusals < 3
  }

  it('are refused when they end early', () => {
    fc.assert(
      fc.property(columns, (bytes) => {
        for (let length = 0; length < bytes.length; length++) {
          expect(decodeFloats(bytes.subarray(0, length)).ok).toBe(false)
          expect(decodeColumn(bytes.subarray(0, length)).ok).toBe(false)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('are refused when something follows', () => {
    fc.assert(fc.property(columns, (bytes) => !decodeFloats(Uint8Array.of(...bytes, 0)).ok))
  })

  it('are refused or read to their declared length whichever bit flips', () => {
    fc.assert(
      fc.property(columns, (bytes) => {
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const flipped = bytes.slice()
          flipped[bit >> 3]! ^= 1 << (bit & 7)
          reads(flipped)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('of any kind never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isVersioned) => {
        if (isVersioned && bytes.length > 0) bytes[0] = 1
        reads(bytes)
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['another version', '02 01 01 07', 'version'],
    ['an undefined shape', '01 41 01 07', 'shape'],
    ['an undefined layout', '01 05 01 07', 'not defined'],
    ['more numbers than a column holds', '01 01 81 80 04 07', 'more numbers'],
    ['a length without end', '01 01 80 80 80 80 80 80 80 80 80 80 80 80', 'beyond'],
    ['a constant without numbers', '01 01 00 07', 'fit the count'],
    ['numbers without a layout', '01 00 01', 'fit the count'],
    ['differences of one number', '01 09 01 07 07', 'fewer than two'],
    ['a width of 0', '01 02 02 00 00', 'width'],
    ['a width of 54', '01 02 01 00 36 00 00 00 00 00 00 00', 'width'],
    ['bits behind the last number', '01 02 04 0a 01 16', 'bits behind'],
    ['presence behind the last number', '01 81 03 0d 05', 'presence behind'],
    ['a climb beyond the safe integers', '01 09 03 bf ff ff ff ff ff ff 1f 01', 'beyond'],
    ['a fraction in a column of whole numbers', '01 04 01 00 00 00 00 00 00 e0 3f', 'no column holds'],
  ])('are refused for %s', (_, hex, reason) => {
    const decoded = decodeColumn(fromHex(hex))
    expect(decoded.ok ? 'nothing' : decoded.error.reason).toContain(reason)
  })
})
