import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../../src-main/base/index.ts'
import {
  askFields,
  askReadings,
  askVersion,
  impliedFields,
  parseReadings,
  parseTelemetryVersion,
  setCoreOffset,
  setFanPercent,
  setLight,
  setRegulator,
} from '../../../../../src-main/drivers/chips/gekko/telemetry.ts'

describe('the telemetry port of A1 and A2', () => {
  it('is spoken to in pairs of bytes', () => {
    const said = [askVersion, askFields, askReadings, setRegulator(true), setRegulator(false)].map((bytes) =>
      String.fromCharCode(...bytes),
    )
    expect(said).toEqual(['?v', 'M.', 'G.', 'BO', 'B-'])
    const lights = (['off', 'heartbeat', 'work', 'on'] as const).map((light) =>
      String.fromCharCode(...setLight(light)),
    )
    expect(lights).toEqual(['L-', 'LH', 'LN', 'LO'])
  })

  it('says no core voltage and no fan duty beyond what the firmware knows', () => {
    expect([299, -5, Infinity].map((mv) => toHex(setCoreOffset(mv)))).toEqual(['563b', '5600', '5664'])
    expect([49.6, -5, 300].map((percent) => toHex(setFanPercent(percent)))).toEqual(['4632', '4600', '4664'])
    expect(() => setCoreOffset(NaN)).toThrow(RangeError)
    expect(() => setFanPercent(NaN)).toThrow(RangeError)
  })

  it('knows firmware 1, 2 and 3', () => {
    expect(parseTelemetryVersion(0x21)).toEqual({ major: 2, minor: 1 })
    expect([0x00, 0x40, 0xff].map(parseTelemetryVersion)).toEqual([null, null, null])
  })

  it('knows what firmware 1 and 2 measure, and asks firmware 3', () => {
    expect(impliedFields({ major: 1, minor: 0 })).toBe(0x15)
    expect(impliedFields({ major: 2, minor: 0 })).toBe(0xdf)
    expect(impliedFields({ major: 2, minor: 1 })).toBe(0x77)
    expect(impliedFields({ major: 3, minor: 0 })).toBeNull()
  })

  it('reads 0 degrees as no reading, and anything beyond the scale as 125', () => {
    const temperature = (byte: number): number | null =>
      parseReadings(Uint8Array.of(0, 0, 0, 0, byte), { major: 1, minor: 0 }, 0x15).temp1C
    expect(temperature(0)).toBeNull()
    expect(temperature(255)).toBe(125)
    expect(temperature(218)).toBe(125)
    expect(temperature(87)).toBeCloseTo(19.8, 1)
  })

  it('has nothing for a field that is not in the mask, or not in the reply', () => {
    const reply = fromHex('3464953296643c')
    const version = { major: 3, minor: 0 } as const
    const some = parseReadings(reply, version, 0x11)
    expect(some).toMatchObject({ inputMa: null, coreMv: null, coreMa: null, temp2C: null, fanRpm: null })
    expect(some.inputMv).not.toBeNull()
    fc.assert(
      fc.property(fc.nat(7), fc.nat(255), (length, fields) => {
        const { fanRpm, temp1C } = parseReadings(reply.subarray(0, length), version, fields)
        expect(fanRpm === null).toBe(length < 7 || (fields & 0x40) === 0)
        expect(temp1C === null).toBe(length < 5 || (fields & 0x10) === 0)
      }),
    )
  })

  it('measures the input current on the scale that the mask names, the core always on the high one', () => {
    const reply = fromHex('00640064000000')
    const low = parseReadings(reply, { major: 3, minor: 0 }, 0x0a)
    const high = parseReadings(reply, { major: 3, minor: 0 }, 0x8a)
    expect(low.inputMa).toBeCloseTo(2509.8, 1)
    expect(high.inputMa).toBeCloseTo(16_062.7, 1)
    expect(low.coreMa).toBe(high.coreMa)
  })
})
