/**
 * What auto-tune may try on a board: the lists and limits that the fleet's search works with, for boards whose heat
 * can be read and whose voltage can be set. Never wider than the board's table.
 */
import { err, HeadframeError, ok, type Result } from '../../base/index.ts'
import { type BoardModel, type Range } from '../model/board.ts'

/** In the shape that the fleet's tuning plan takes its grid and limits in. */
export interface BoardTuningLimits {
  /** Ascending. */
  readonly frequenciesMHz: readonly number[]
  /** Ascending. */
  readonly voltagesMv: readonly number[]
  /** Below where a warning is given, so that the search does not end on the edge of a shutdown. */
  readonly maxChipC: number
  readonly maxRegulatorC: number
  /** Null: the board does not say. */
  readonly maxPowerW: number | null
}

const FREQUENCY_STEP_MHZ = 25
const VOLTAGE_STEP_MV = 25
/** Distance that tuning keeps from what shuts a board down. */
const REGULATOR_MARGIN_C = 10
const POWER_SHARE = 0.9

/** @returns why not: `board/not-tunable` */
export function tuningLimits(model: BoardModel): Result<BoardTuningLimits, HeadframeError> {
  if (model.coreVoltageMv === null || model.bridge === null) {
    return err(
      new HeadframeError(
        'board/not-tunable',
        `${model.name} cannot be tuned by itself: its voltage cannot be set or its heat cannot be read. Choose a frequency by hand.`,
        { context: { board: model.id } },
      ),
    )
  }
  const { limits } = model
  return ok({
    frequenciesMHz: choices(model.frequencyMhz, FREQUENCY_STEP_MHZ),
    voltagesMv: choices(model.coreVoltageMv, VOLTAGE_STEP_MV),
    maxChipC: limits.chipWarnC,
    maxRegulatorC: (limits.regulatorTripC ?? 100) - REGULATOR_MARGIN_C,
    maxPowerW: limits.maxPowerW === null ? null : limits.maxPowerW * POWER_SHARE,
  })
}

/** Values on the range's own grid, about `spacing` apart, its ends and its default among them. */
function choices(range: Range, spacing: number): number[] {
  const stride = Math.max(range.step, Math.round(spacing / range.step) * range.step)
  const values = new Set([range.max, range.default])
  for (let value = range.min; value <= range.max; value += stride) values.add(value)
  return [...values].sort((a, b) => a - b)
}
