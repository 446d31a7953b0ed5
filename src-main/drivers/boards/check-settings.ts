/**
 * Whether a board may be told what somebody asks for: the first of two gates before its voltage and clock (the second
 * is where bytes are made). Pure; messages name the range.
 */
import { err, HeadframeError, ok, type Result } from '../../base/index.ts'
import { type BoardModel, type BoardSettings, type FanSetting, type Range } from '../model/board.ts'

type Checked<T> = Result<T, HeadframeError>

/** Steps of 6.25 are exact in binary; this only forgives what reading text may have done to a number. */
const GRID_TOLERANCE = 1e-6

/** @returns why not: `board/frequency-out-of-range` */
export function checkFrequency(model: BoardModel, frequencyMhz: number): Checked<number> {
  return checkRange(model.frequencyMhz, frequencyMhz, (allowed) =>
    refuse(
      'board/frequency-out-of-range',
      `${model.name} cannot be set to ${said(frequencyMhz)} MHz: choose ${allowed('MHz')}.`,
      model,
    ),
  )
}

/**
 * @param coreVoltageMv null where the voltage cannot be set
 * @returns why not: `board/voltage-out-of-range`, `board/voltage-not-settable`, `board/voltage-missing`
 */
export function checkCoreVoltage(model: BoardModel, coreVoltageMv: number | null): Checked<number | null> {
  const { coreVoltageMv: range } = model
  if (range === null) {
    if (coreVoltageMv === null) return ok(null)
    return err(
      refuse(
        'board/voltage-not-settable',
        `The core voltage of ${model.name} cannot be set: leave it out.`,
        model,
      ),
    )
  }
  if (coreVoltageMv === null) {
    return err(
      refuse('board/voltage-missing', `${model.name} needs a core voltage: ${describe(range, 'mV')}.`, model),
    )
  }
  return checkRange(range, coreVoltageMv, (allowed) =>
    refuse(
      'board/voltage-out-of-range',
      `${model.name} cannot be set to ${said(coreVoltageMv)} mV: choose ${allowed('mV')}.`,
      model,
    ),
  )
}

/**
 * Boards without a fan take any setting: there is nothing it could do.
 * @returns why not: `board/fan-out-of-range`, `board/fan-curve-invalid`
 */
export function checkFan(model: BoardModel, fan: FanSetting): Checked<FanSetting> {
  if (model.fan === null) return ok(fan)
  const least = model.fan.minPermille
  const percent = `${least / 10} to 100 %`
  switch (fan.mode) {
    case 'fixed':
      if (within(fan.permille, least, 1000)) return ok(fan)
      return err(
        refuse('board/fan-out-of-range', `The fan of ${model.name} runs at ${percent}: choose that.`, model),
      )
    case 'target': {
      const hottest = model.limits.chipWarnC
      if (within(fan.chipC, COOLEST_TARGET_C, hottest) && within(fan.minPermille, least, 1000)) return ok(fan)
      return err(
        refuse(
          'board/fan-out-of-range',
          `Choose a target of ${COOLEST_TARGET_C} to ${hottest} °C for ${model.name}, with a least duty of ${percent}.`,
          model,
        ),
      )
    }
    case 'curve': {
      const { points } = fan
      const rises = points.every(
        ({ chipC, permille }, i) =>
          within(chipC, 0, model.limits.chipTripC) &&
          within(permille, least, 1000) &&
          (i === 0 || (chipC > points[i - 1]!.chipC && permille >= points[i - 1]!.permille)),
      )
      if (rises && points.length >= 2 && points.length <= MAX_CURVE_POINTS) return ok(fan)
      return err(
        refuse(
          'board/fan-curve-invalid',
          `A fan curve for ${model.name} has 2 to ${MAX_CURVE_POINTS} points, each hotter and no slower than the one before, from 0 to ${model.limits.chipTripC} °C and ${percent}.`,
          model,
        ),
      )
    }
  }
}

/** Everything at once. @returns the first thing that is wrong, as of the checks above */
export function checkSettings(model: BoardModel, settings: BoardSettings): Checked<BoardSettings> {
  for (const checked of [
    checkFrequency(model, settings.frequencyMhz),
    checkCoreVoltage(model, settings.coreVoltageMv),
    checkFan(model, settings.fan),
  ]) {
    if (!checked.ok) return checked
  }
  return ok(settings)
}

/** What a board does before anybody chose: the table's own numbers, cooled to a target well below the warning. */
export function defaultSettings(model: BoardModel): BoardSettings {
  return {
    enabled: true,
    frequencyMhz: model.frequencyMhz.default,
    coreVoltageMv: model.coreVoltageMv?.default ?? null,
    fan: { mode: 'target', chipC: model.limits.chipWarnC - 10, minPermille: model.fan?.minPermille ?? 250 },
  }
}

/** Below this a target would only make noise. */
const COOLEST_TARGET_C = 35
const MAX_CURVE_POINTS = 8

function checkRange(
  range: Range,
  value: number,
  refusal: (allowed: (unit: string) => string) => HeadframeError,
): Checked<number> {
  const steps = (value - range.min) / range.step
  const onGrid = Math.abs(steps - Math.round(steps)) <= GRID_TOLERANCE
  if (within(value, range.min, range.max) && onGrid) return ok(value)
  return err(refusal((unit) => describe(range, unit)))
}

/** False for NaN and infinities too. */
function within(value: number, min: number, max: number): boolean {
  return Number.isFinite(value) && value >= min && value <= max
}

function describe({ min, max, step }: Range, unit: string): string {
  if (min === max) return `${min} ${unit}, its only setting`
  return `${min} to ${max} ${unit} in steps of ${step}`
}

function said(value: number): string {
  return Number.isFinite(value) ? String(value) : 'something that is no number of'
}

function refuse(code: `board/${string}`, message: string, model: BoardModel): HeadframeError {
  return new HeadframeError(code, message, { context: { board: model.id } })
}
