/**
 * The second port of Compac and Terminus A1 and A2: two ASCII bytes out, none to seven bytes back. It switches the
 * regulator, sets core voltage, fan and light, and measures. (Serial ASIC digest 4.11.) 115200 8N1; whoever speaks on it
 * waits `TELEMETRY_PAUSE_MS` after a command, reads for as long, and waits as long again.
 */

export const TELEMETRY_PAUSE_MS = 100

/** Offset above the regulator's base that a byte can say, millivolts. */
export const CORE_OFFSET_MV = { min: 0, max: 500, step: 5 } as const

export type TelemetryLight = 'off' | 'heartbeat' | 'work' | 'on'

const LIGHTS: Readonly<Record<TelemetryLight, string>> = { off: '-', heartbeat: 'H', work: 'N', on: 'O' }

function command(letter: string, argument: string | number): Uint8Array {
  const second = typeof argument === 'string' ? argument.charCodeAt(0) : argument
  return Uint8Array.of(letter.charCodeAt(0), second)
}

/** Asks for the firmware's version: one byte, see `parseTelemetryVersion`. */
export const askVersion: Uint8Array = command('?', 'v')

/** Asks which fields `askReadings` brings: one byte, firmware 3 only. */
export const askFields: Uint8Array = command('M', '.')

/** Asks for all readings: up to 7 bytes, see `parseReadings`. */
export const askReadings: Uint8Array = command('G', '.')

/** Answers with one byte. */
export function setRegulator(isOn: boolean): Uint8Array {
  return command('B', isOn ? 'O' : '-')
}

/**
 * Sets the core voltage above the regulator's base, in steps of 5 mV, rounded down. Answers with one byte.
 * @param millivolts what is outside 0 to 500 becomes the end of that range, which is all the firmware knows
 */
export function setCoreOffset(millivolts: number): Uint8Array {
  const { min, max, step } = CORE_OFFSET_MV
  if (Number.isNaN(millivolts)) throw new RangeError('a core voltage is a number')
  return command('V', Math.floor(Math.min(Math.max(millivolts, min), max) / step))
}

/** Answers with one byte. @param percent what is outside 0 to 100 becomes the end of that range */
export function setFanPercent(percent: number): Uint8Array {
  if (Number.isNaN(percent)) throw new RangeError('a fan duty is a number')
  return command('F', Math.round(Math.min(Math.max(percent, 0), 100)))
}

/** Answers with one byte. */
export function setLight(light: TelemetryLight): Uint8Array {
  return command('L', LIGHTS[light])
}

export interface TelemetryVersion {
  readonly major: 1 | 2 | 3
  readonly minor: number
}

/** @param byte reply to `askVersion`; null for a firmware that nobody knows: power nothing then */
export function parseTelemetryVersion(byte: number): TelemetryVersion | null {
  const major = byte >> 4
  return major === 1 || major === 2 || major === 3 ? { major, minor: byte & 0x0f } : null
}

/** Index of each field in the reply to `askReadings`, and its bit in the mask. */
const FIELD = { vin: 0, iin: 1, vout: 2, iout: 3, temp1: 4, temp2: 5, tach: 6 } as const
type Field = keyof typeof FIELD

/** Bit of the mask: the input's current is on the high scale. */
const HIGH_SCALE = 0x80

function maskOf(...fields: readonly Field[]): number {
  return fields.reduce((mask, field) => mask | (1 << FIELD[field]), 0)
}

/** Fields that firmware before 3 brings without being asked which; null for firmware 3: send `askFields`. */
export function impliedFields(version: TelemetryVersion): number | null {
  switch (version.major) {
    case 1:
      return maskOf('vin', 'vout', 'temp1')
    case 2:
      return version.minor === 0
        ? maskOf('vin', 'iin', 'vout', 'iout', 'temp1', 'tach') | HIGH_SCALE
        : maskOf('vin', 'iin', 'vout', 'temp1', 'temp2', 'tach')
    case 3:
      return null
  }
}

/** Null: the firmware has no such field, the reply was too short for it, or the sensor gave no reading. */
export interface TelemetryReadings {
  readonly inputMv: number | null
  readonly inputMa: number | null
  /** Of one chip: two of them share the regulator's output. */
  readonly coreMv: number | null
  readonly coreMa: number | null
  /** 125 stands for anything hotter. */
  readonly temp1C: number | null
  readonly temp2C: number | null
  readonly fanRpm: number | null
}

/**
 * @param reply of `askReadings`, in full or cut short
 * @param fields of `impliedFields` or the byte that `askFields` brought
 */
export function parseReadings(
  reply: Uint8Array,
  version: TelemetryVersion,
  fields: number,
): TelemetryReadings {
  const raw = (field: Field): number | null =>
    (fields & maskOf(field)) === 0 ? null : (reply[FIELD[field]] ?? null)
  const inputScale = (fields & HIGH_SCALE) === 0 ? LOW_CURRENT : HIGH_CURRENT
  return {
    inputMv: scaled(raw('vin'), version.major === 1 ? FIRST_INPUT : LATER_INPUT),
    inputMa: scaled(raw('iin'), inputScale),
    coreMv: scaled(raw('vout'), CORE_VOLTAGE),
    coreMa: scaled(raw('iout'), HIGH_CURRENT),
    temp1C: celsius(raw('temp1')),
    temp2C: celsius(raw('temp2')),
    fanRpm: scaled(raw('tach'), 30),
  }
}

/** Millivolts and milliamperes of one step of a byte: the converter's reference is 2.048 V. */
const REFERENCE_STEP = 2048 / 255
const FIRST_INPUT = 6000 / 255
const LATER_INPUT = REFERENCE_STEP * 12
const CORE_VOLTAGE = REFERENCE_STEP / 2
const HIGH_CURRENT = REFERENCE_STEP * 20
const LOW_CURRENT = REFERENCE_STEP * 3.125

function scaled(byte: number | null, step: number): number | null {
  return byte === null ? null : byte * step
}

const HOTTEST_BYTE = 218
const HOTTEST_C = 125

function celsius(byte: number | null): number | null {
  if (byte === null || byte === 0) return null
  return byte > HOTTEST_BYTE ? HOTTEST_C : (byte * 175) / HOTTEST_BYTE - 50
}
