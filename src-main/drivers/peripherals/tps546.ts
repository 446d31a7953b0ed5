/**
 * TPS546D24: core voltage of most Bitaxe, over PMBus. What it is told is data in `tps546-config.ts`, how numbers are
 * written `pmbus.ts`. asic-serial 6.3. The only commands ever sent are those of the configuration, OPERATION,
 * ON_OFF_CONFIG and CLEAR_FAULTS; none stores anything.
 */
import { type Clock, equalBytes, HeadframeError, sleep } from '../../base/index.ts'
import { type I2cBus, type RequestOptions } from '../control/buses.ts'
import { offFailed, outOfRange, type Regulator, type RegulatorReadings, type VoltageLimits } from './kinds.ts'
import {
  decodeLinear11,
  decodeLinear16,
  describeStatusWord,
  encodeLinear11,
  encodeLinear16,
  encodeWholeLinear11,
  parseVoutMode,
  wordBytes,
} from './pmbus.ts'
import { orNull, PartRegisters } from './registers.ts'
import { requireWanted, Switching } from './switching.ts'
import { type Tps546Config, type Tps546Setting, tps546Settings } from './tps546-config.ts'

export const TPS546_ADDRESS = 0x24

const OPERATION = 0x01
const OPERATION_OFF = 0x00
const OPERATION_ON = 0x80
const ON_OFF_CONFIG = 0x02
/** Heeds the control pin too, so that nothing can start while it is configured. */
const ON_OFF_WHILE_CONFIGURED = 0x1f
/** Heeds OPERATION alone. */
const ON_OFF_BY_COMMAND = 0x1b
const CLEAR_FAULTS = 0x03
const VOUT_MODE = 0x20
const VOUT_COMMAND = 0x21
const STATUS_WORD = 0x79
const READ_VIN = 0x88
const READ_VOUT = 0x8b
const READ_IOUT = 0x8c
const READ_TEMPERATURE = 0x8d
export const TPS546_DEVICE_ID_REGISTER = 0xad

/** TPS546D24A and TPS546D24S. The B24 with half the current is none of ours: its limits would be wrong. */
export const TPS546_DEVICE_IDS: readonly Uint8Array[] = [
  Uint8Array.of(0x54, 0x49, 0x54, 0x6d, 0x24, 0x41),
  Uint8Array.of(0x54, 0x49, 0x54, 0x6d, 0x24, 0x62),
]

const POWER_UP_MS = 15
const IDENTIFY_ATTEMPTS = 6
const IDENTIFY_PAUSE_MS = 3
/** From switching on to a voltage that can be measured, and how often it is looked at. */
const RISE_MS = 100
const RISE_LOOKS = 5
/** How far the measured voltage may be from the one that was set. */
const VOLTAGE_TOLERANCE = 0.05
const OFF_ATTEMPTS = 3
/** All ones is what an absent part's lines float to. */
const FLOATING = 0xffff
/** Hotter than its own shutdown at 145 C it cannot report; a chip's limit of 120 C would hide a regulator on fire. */
const MAX_PLAUSIBLE_REGULATOR_C = 150
const MAX_PLAUSIBLE_INPUT_V = 20

export interface Tps546Options {
  readonly config: Tps546Config
  /** Of one domain, from the board's data. */
  readonly limits: VoltageLimits
}

export class Tps546 implements Regulator {
  readonly name = 'TPS546'
  readonly canTurnOff = true
  readonly #part: PartRegisters
  readonly #clock: Clock
  readonly #config: Tps546Config
  readonly #limits: VoltageLimits
  readonly #switching: Switching
  /** Of VOUT words; null until it was read from the part. */
  #exponent: number | null = null
  #isConfigured = false
  #isOn = false

  constructor(bus: I2cBus, clock: Clock, options: Tps546Options) {
    this.#part = new PartRegisters(bus, this.name, TPS546_ADDRESS)
    this.#clock = clock
    this.#config = options.config
    this.#limits = options.limits
    this.#switching = new Switching(clock)
  }

  /** Cold parts answer late or with all ones: six tries (asic-serial 6.3). */
  async identify(): Promise<void> {
    await sleep(this.#clock, POWER_UP_MS)
    let found: Uint8Array | null = null
    for (let attempt = 0; attempt < IDENTIFY_ATTEMPTS; attempt++) {
      if (attempt > 0) await sleep(this.#clock, IDENTIFY_PAUSE_MS)
      // A length byte precedes the six of the id.
      const block = await orNull(this.#part.readBytes(TPS546_DEVICE_ID_REGISTER, 7))
      found = block?.subarray(1) ?? found
      const id = found
      if (id !== null && block?.[0] === 6 && TPS546_DEVICE_IDS.some((known) => equalBytes(known, id))) return
    }
    throw this.#part.wrongPart(
      found === null ? 'nothing' : Array.from(found, (byte) => byte.toString(16)).join(' '),
    )
  }

  async configure(): Promise<void> {
    this.#isConfigured = false
    await this.#switching.run(async (signal) => {
      await this.#part.writeVerified(OPERATION, [OPERATION_OFF], { signal })
      this.#isOn = false
      await this.#part.write(ON_OFF_CONFIG, [ON_OFF_WHILE_CONFIGURED], { signal })
      await this.#readExponent(signal)
      for (const setting of tps546Settings(this.#config)) await this.#apply(setting, signal)
      await this.#part.writeVerified(OPERATION, [OPERATION_OFF], { signal })
      await this.#part.writeVerified(ON_OFF_CONFIG, [ON_OFF_BY_COMMAND], { signal })
    })
    this.#isConfigured = true
  }

  async setCoreVoltage(coreVoltageMv: number): Promise<void> {
    const volts = this.#requireAllowed(coreVoltageMv)
    const exponent = this.#exponent
    if (!this.#isConfigured || exponent === null) {
      const text = 'The regulator was not configured, so it is not switched on. Start the board anew.'
      throw new HeadframeError('safety/not-configured', text)
    }
    await this.#switching.run(async (signal) => {
      try {
        await this.#part.writeVerified(VOUT_COMMAND, wordBytes(encodeLinear16(volts, exponent)), { signal })
        requireWanted(signal)
        this.#isOn = true
        await this.#part.writeVerified(OPERATION, [OPERATION_ON], { signal })
        await this.#awaitVoltage(volts, exponent, signal)
      } catch (error) {
        // Whoever ended it switches off; else it ends here, and off.
        if (!signal.aborted) await this.#turnOff()
        throw error
      }
    })
  }

  async off(): Promise<void> {
    this.#switching.end()
    await this.#turnOff()
  }

  async read(): Promise<RegulatorReadings> {
    const poll: RequestOptions = { urgency: 'poll' }
    const status = await this.#word(STATUS_WORD, poll)
    const vin = await this.#word(READ_VIN, poll)
    const vout = await this.#word(READ_VOUT, poll)
    const iout = await this.#word(READ_IOUT, poll)
    const temperature = await this.#word(READ_TEMPERATURE, poll)
    const inputV = vin === null ? null : within(decodeLinear11(vin), 0, MAX_PLAUSIBLE_INPUT_V)
    const { voutMaxV, ioutFaultA, voltageDomains } = this.#config
    const outputV =
      vout === null || this.#exponent === null
        ? null
        : within(decodeLinear16(vout, this.#exponent), 0, voutMaxV * 1.5)
    // Near zero it may read a little below.
    const outputA = iout === null ? null : within(decodeLinear11(iout), -2, ioutFaultA * 2)
    const regulatorC =
      temperature === null ? null : within(decodeLinear11(temperature), 0, MAX_PLAUSIBLE_REGULATOR_C)
    return {
      inputVoltageMv: inputV === null ? null : inputV * 1000,
      coreVoltageMv: outputV === null ? null : (outputV * 1000) / voltageDomains,
      currentMa: outputA === null ? null : Math.max(0, outputA) * 1000,
      regulatorC,
      powerW: outputV === null || outputA === null ? null : outputV * Math.max(0, outputA),
      faults: status === null ? ['status cannot be read'] : describeStatusWord(status, this.#isOn),
    }
  }

  async clearFaults(): Promise<readonly string[]> {
    const faults = describeStatusWord(await this.#part.readWordLe(STATUS_WORD), this.#isOn)
    await this.#part.write(CLEAR_FAULTS, [])
    return faults
  }

  /** @returns volts of the output @throws HeadframeError `safety/out-of-range` */
  #requireAllowed(coreVoltageMv: number): number {
    const { minMv, maxMv } = this.#limits
    const { voutMinV, voutMaxV, voltageDomains } = this.#config
    const volts = (coreVoltageMv * voltageDomains) / 1000
    // Comparisons with NaN are false: written so that it is refused.
    const isAllowed =
      coreVoltageMv >= minMv && coreVoltageMv <= maxMv && volts >= voutMinV && volts <= voutMaxV
    if (isAllowed) return volts
    throw outOfRange(coreVoltageMv, this.#limits)
  }

  async #readExponent(signal: AbortSignal): Promise<void> {
    const mode = await this.#part.readByte(VOUT_MODE, { signal })
    const { exponent, isRelativeLinear } = parseVoutMode(mode)
    // Limits are written as ratios: a part that takes them for volts would be limited wrongly.
    if (!isRelativeLinear || exponent < -12 || exponent > -4) {
      throw this.#part.wrongPart(`voltage mode ${mode.toString(16)}`)
    }
    this.#exponent = exponent
  }

  async #apply(setting: Tps546Setting, signal: AbortSignal): Promise<void> {
    const exponent = this.#exponent ?? 0
    const { register, value } = setting
    const write = async (bytes: readonly number[]): Promise<void> => {
      requireWanted(signal)
      await this.#part.write(register, bytes, { signal })
    }
    if (value.kind === 'byte') await write([value.byte])
    else if (value.kind === 'word') await write(wordBytes(value.word))
    else if (value.kind === 'block') await write([value.bytes.length, ...value.bytes])
    else if (value.kind === 'linear16') await write(wordBytes(encodeLinear16(value.number, exponent)))
    else
      await write(wordBytes(value.whole ? encodeWholeLinear11(value.number) : encodeLinear11(value.number)))
    if (!setting.checked || (value.kind !== 'linear11' && value.kind !== 'linear16')) return
    const word = await this.#part.readWordLe(register, { signal })
    const got = value.kind === 'linear16' ? decodeLinear16(word, exponent) : decodeLinear11(word)
    if (Math.abs(got - value.number) <= value.number * VOLTAGE_TOLERANCE) return
    throw new HeadframeError(
      'i2c/not-taken',
      `The regulator did not keep ${setting.name} (${value.number} was set, ${got} is there). It gets no voltage; unplug the board and plug it in again.`,
      { context: { register, wanted: value.number, got } },
    )
  }

  async #awaitVoltage(volts: number, exponent: number, signal: AbortSignal): Promise<void> {
    let measured: number | null = null
    for (let look = 0; look < RISE_LOOKS; look++) {
      await this.#switching.wait(RISE_MS, signal)
      const word = await this.#word(READ_VOUT, { signal })
      measured = word === null ? null : decodeLinear16(word, exponent)
      if (measured !== null && Math.abs(measured - volts) <= volts * VOLTAGE_TOLERANCE) return
    }
    const seen =
      measured === null ? 'nothing could be measured' : `${Math.round(measured * 1000)} mV were measured`
    throw new HeadframeError(
      'safety/voltage-not-reached',
      `The regulator was set to ${Math.round(volts * 1000)} mV, but ${seen}. It was switched off; check the power supply.`,
      {
        context: {
          wantedMv: Math.round(volts * 1000),
          measuredMv: measured === null ? null : measured * 1000,
        },
      },
    )
  }

  async #turnOff(): Promise<void> {
    this.#isOn = false
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#part.writeVerified(OPERATION, [OPERATION_OFF], { urgency: 'shutdown' })
        return
      } catch (error) {
        if (attempt >= OFF_ATTEMPTS) throw offFailed(this.name, error)
      }
    }
  }

  async #word(register: number, options: RequestOptions): Promise<number | null> {
    const word = await orNull(this.#part.readWordLe(register, options))
    return word === FLOATING ? null : word
  }
}

function within(value: number, min: number, max: number): number | null {
  return value >= min && value <= max ? value : null
}
