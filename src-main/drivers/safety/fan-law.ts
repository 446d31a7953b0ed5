/**
 * How fast the fan turns: fixed, by a curve, or so that the chip keeps a temperature (PID 5 / 0.1 / 2 on percent, as
 * the boards' own firmware does; asic-serial 6.5). Pure. Whatever the law, a chip that is near its limit or whose
 * temperature is not known gets full speed.
 */
import { type FanSetting } from '../model/board.ts'

const KP = 5
const KI = 0.1
const KD = 2
export const FULL_PERMILLE = 1000

/** What the law remembers between looks. */
export interface FanMemory {
  /** Percent that the integral part has gathered. */
  readonly integral: number
  readonly lastC: number | null
}

export const FRESH_FAN: FanMemory = { integral: 0, lastC: null }

export interface FanInput {
  /** The hottest chip; null: not known. */
  readonly chipC: number | null
  /** From here on it is full speed. */
  readonly warnC: number
  /** Of the board's fan. */
  readonly minPermille: number
  /** Since the last look, milliseconds. */
  readonly elapsedMs: number
}

/** @returns the duty, `minPermille` to 1000, and what to remember */
export function fanDuty(
  setting: FanSetting,
  memory: FanMemory,
  { chipC, warnC, minPermille, elapsedMs }: FanInput,
): { readonly permille: number; readonly memory: FanMemory } {
  if (chipC === null || !Number.isFinite(chipC)) return { permille: FULL_PERMILLE, memory: FRESH_FAN }
  const limited = (permille: number, least = minPermille): number =>
    Number.isFinite(permille) ? Math.round(Math.min(FULL_PERMILLE, Math.max(least, permille))) : FULL_PERMILLE
  if (chipC >= warnC) return { permille: FULL_PERMILLE, memory: { ...memory, lastC: chipC } }
  switch (setting.mode) {
    case 'fixed':
      return { permille: limited(setting.permille), memory: { ...FRESH_FAN, lastC: chipC } }
    case 'curve':
      return { permille: limited(onCurve(setting.points, chipC)), memory: { ...FRESH_FAN, lastC: chipC } }
    case 'target': {
      // A least duty that is no number must not become the duty.
      const least = setting.minPermille > minPermille ? setting.minPermille : minPermille
      const seconds = Math.max(0, elapsedMs) / 1000
      const errorC = chipC - setting.chipC
      // Held within what the fan can do, so that it does not have to unwind first.
      const integral = Math.min(100, Math.max(0, memory.integral + KI * errorC * seconds))
      const slope = memory.lastC === null || seconds === 0 ? 0 : (chipC - memory.lastC) / seconds
      const percent = KP * errorC + integral + KD * slope
      return { permille: limited(percent * 10, least), memory: { integral, lastC: chipC } }
    }
  }
}

/** Straight lines between points; the ends go on flat. Full speed if there is no point. */
function onCurve(
  points: readonly { readonly chipC: number; readonly permille: number }[],
  chipC: number,
): number {
  const first = points[0]
  if (!first) return FULL_PERMILLE
  if (chipC <= first.chipC) return first.permille
  for (let i = 1; i < points.length; i++) {
    const low = points[i - 1]!
    const high = points[i]!
    if (chipC > high.chipC) continue
    const share = (chipC - low.chipC) / (high.chipC - low.chipC)
    return low.permille + share * (high.permille - low.permille)
  }
  return points.at(-1)!.permille
}
