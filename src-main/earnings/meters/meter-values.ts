/**
 * What each kind of meter says, read from its answers. Pure.
 *
 * Shapes:
 * - Shelly, generation 1 (shelly-api-docs, "Gen1": `/status`, `meters[]` with `power` in W and `total` in watt-minutes,
 *   `emeters[]` with `total` in Wh; MQTT `shellies/<id>/relay/<n>/power|energy`, `emeter/<n>/power|total`). Sure.
 * - Shelly, generation 2 and later (shelly-api-docs, "Gen2+": `Shelly.GetStatus`, components Switch, PM1, Cover, Light with
 *   `apower` and `aenergy.total` in Wh; EM with `total_act_power` and EMData `total_act`; EM1 with `act_power` and EM1Data
 *   `total_act_energy`; MQTT `<prefix>/status/<component>:<n>`). Sure.
 * - Tasmota (tasmota.github.io, "JSON Status Responses": `Status 8`, `StatusSNS.ENERGY` with `Power` in W and `Total` in kWh,
 *   lists where it has several channels; MQTT `tele/<topic>/SENSOR`). Sure.
 */
import { type Answer } from '../outside/answer.ts'
import { meterError, noSuchChannel, notAMeter } from './meter-errors.ts'

/** What one answer says; a counter may come apart from the power. */
export interface MeterValues {
  readonly powerW: number
  readonly energyTotalWh: number | null
}

/** More hangs on no plug of a house. */
const MAX_POWER_W = 100_000
/** Noise of a plug without a load. */
const BACK_NOISE_W = -5

/** @throws HeadframeError `meters/bad-reading`, `meters/backwards`, `outside/changed` */
export function readPower(answer: Answer): number {
  const powerW = answer.number()
  if (powerW < BACK_NOISE_W && powerW >= -MAX_POWER_W) {
    throw meterError(
      'meters/backwards',
      `The meter shows ${powerW.toFixed(0)} W, as if what hangs on it gave power back. Turn its clamp round, or choose another channel.`,
      { powerW },
    )
  }
  if (Math.abs(powerW) > MAX_POWER_W) throw badReading(answer, powerW)
  return Math.max(0, powerW)
}

/** @param factor Wh in one of its units. @throws HeadframeError `meters/bad-reading`, `outside/changed` */
export function readEnergy(answer: Answer, factor: number): number {
  const energyWh = answer.number() * factor
  if (energyWh < 0 || energyWh > 1e12) throw badReading(answer, energyWh)
  return energyWh
}

function badReading(answer: Answer, value: number): Error {
  return meterError(
    'meters/bad-reading',
    `The meter says ${String(value)} for ${answer.path}, which cannot be. Check its calibration.`,
    {
      field: answer.path,
    },
  )
}

const WH_PER_WATT_MINUTE = 1 / 60

/** Of `/status`. @throws HeadframeError `meters/…`, `outside/changed` */
export function readGen1Status(answer: Answer, channel: number): MeterValues {
  const emeters = answer.find('emeters')?.items() ?? []
  const meters = emeters.length > 0 ? emeters : (answer.find('meters')?.items() ?? [])
  if (meters.length === 0) throw notAMeter('Shelly of generation 1')
  const meter = meters[channel]
  if (meter === undefined) throw noSuchChannel(channel, [...meters.keys()])
  const valid = meter.find('is_valid')
  if (valid !== undefined && !valid.boolean()) {
    throw meterError(
      'meters/bad-reading',
      'The plug says itself that its measurement is not valid. Restart the plug.',
    )
  }
  const total = meter.find('total')
  const factor = emeters.length > 0 ? 1 : WH_PER_WATT_MINUTE
  return {
    powerW: readPower(meter.get('power')),
    energyTotalWh: total === undefined ? null : readEnergy(total, factor),
  }
}

/** Components that measure, in the order in which a channel is looked for, and where their counters are. */
const GEN2_COMPONENTS = [
  { name: 'switch', power: 'apower', counter: null, total: 'total' },
  { name: 'pm1', power: 'apower', counter: null, total: 'total' },
  { name: 'em1', power: 'act_power', counter: 'em1data', total: 'total_act_energy' },
  { name: 'em', power: 'total_act_power', counter: 'emdata', total: 'total_act' },
  { name: 'cover', power: 'apower', counter: null, total: 'total' },
  { name: 'light', power: 'apower', counter: null, total: 'total' },
] as const

/** Of `Shelly.GetStatus`. @throws HeadframeError `meters/…`, `outside/changed` */
export function readGen2Status(answer: Answer, channel: number): MeterValues {
  const measuring = new Set<number>()
  for (const { name, power, counter, total } of GEN2_COMPONENTS) {
    const component = answer.find(`${name}:${String(channel)}`)
    const watts = component?.find(power)
    if (component === undefined || watts === undefined) continue
    const energy =
      counter === null
        ? component.find('aenergy')?.find(total)
        : answer.find(`${counter}:${String(channel)}`)?.find(total)
    return { powerW: readPower(watts), energyTotalWh: energy === undefined ? null : readEnergy(energy, 1) }
  }
  for (const [key, component] of answer.entries()) {
    const [, name, number] = /^(\w+):(\d+)$/.exec(key) ?? []
    const known = GEN2_COMPONENTS.find((one) => one.name === name)
    if (known !== undefined && !component.isNull && component.find(known.power) !== undefined)
      measuring.add(Number(number))
  }
  throw measuring.size === 0
    ? notAMeter('Shelly of generation 2 or later')
    : noSuchChannel(channel, [...measuring])
}

/** Part of a reading that came by itself: power, counter, or both. */
export interface MeterPart {
  readonly powerW?: number
  readonly energyTotalWh?: number
}

/**
 * Of one MQTT message `status/<component>:<n>`.
 * @returns null for a component that is not this channel's or says nothing of power
 * @throws HeadframeError `meters/…`, `outside/changed`
 */
export function readGen2Component(component: string, answer: Answer, channel: number): MeterPart | null {
  for (const { name, power, counter, total } of GEN2_COMPONENTS) {
    if (component === `${name}:${String(channel)}`) {
      const watts = answer.find(power)
      if (watts === undefined) return null
      const energy = counter === null ? answer.find('aenergy')?.find(total) : undefined
      return {
        powerW: readPower(watts),
        ...(energy === undefined ? {} : { energyTotalWh: readEnergy(energy, 1) }),
      }
    }
    if (counter !== null && component === `${counter}:${String(channel)}`) {
      const energy = answer.find(total)
      return energy === undefined ? null : { energyTotalWh: readEnergy(energy, 1) }
    }
  }
  return null
}

const WH_PER_KWH = 1_000

/** Of what holds `ENERGY`. @throws HeadframeError `meters/…`, `outside/changed` */
export function readTasmotaSensors(answer: Answer, channel: number): MeterValues {
  const energy = answer.find('ENERGY')
  if (energy === undefined) throw notAMeter('Tasmota plug')
  const power = energy.get('Power')
  const total = energy.find('Total')
  // One counter for several channels says nothing of one of them.
  const apart = total !== undefined && total.isList === power.isList
  return {
    powerW: readPower(ofChannel(power, channel)),
    energyTotalWh: apart ? readEnergy(ofChannel(total, channel), WH_PER_KWH) : null,
  }
}

function ofChannel(answer: Answer, channel: number): Answer {
  if (!answer.isList) {
    if (channel > 0) throw noSuchChannel(channel, [0])
    return answer
  }
  const items = answer.items()
  const item = items[channel]
  if (item === undefined) throw noSuchChannel(channel, [...items.keys()])
  return item
}

/** A part of a message by its path, as `a.b[0].c`; all of it for an empty path. @throws HeadframeError `outside/changed` */
export function partAt(answer: Answer, path: string): Answer {
  let part = answer
  for (const step of path.trim().split('.')) {
    if (step === '') continue
    const [name = '', ...indices] = step.split('[')
    part = part.get(name)
    for (const index of indices) part = part.at(Number(index.replace(']', '')))
  }
  return part
}
