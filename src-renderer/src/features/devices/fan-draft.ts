/** A fan setting while a person writes it: fields may be empty, and every mode keeps what was written in it. Pure. */
import type { DeviceFan } from '@contract'

export type FanMode = DeviceFan['mode']

export interface CurvePoint {
  /** Tells points apart while they are added and removed. */
  key?: number
  chipC: number | null
  percent: number | null
}

export interface FanDraft {
  mode: FanMode
  chipC: number | null
  leastPercent: number | null
  percent: number | null
  points: CurvePoint[]
}

/** What the modes that are not in use begin with. */
const USUAL_TARGET_C = 60
const USUAL_CURVE: readonly { chipC: number; percent: number }[] = [
  { chipC: 40, percent: 30 },
  { chipC: 55, percent: 55 },
  { chipC: 68, percent: 100 },
]

export function fanDraft(fan: DeviceFan, minPercent: number): FanDraft {
  const points = fan.mode === 'curve' ? fan.points : USUAL_CURVE
  return {
    mode: fan.mode,
    chipC: fan.mode === 'target' ? fan.chipC : USUAL_TARGET_C,
    leastPercent: fan.mode === 'target' ? fan.minPercent : minPercent,
    percent: fan.mode === 'fixed' ? fan.percent : Math.max(70, minPercent),
    points: points.map(({ chipC, percent }) => ({ chipC, percent: Math.max(percent, minPercent) })),
  }
}

/** @returns what is wrong with a curve, a sentence; null when nothing is */
export function curveProblem(points: readonly CurvePoint[]): string | null {
  for (const [index, { chipC, percent }] of points.entries()) {
    if (chipC === null || percent === null) return 'A point has no number in range.'
    const before = points[index - 1]
    if (before?.chipC == null || before.percent === null) continue
    if (chipC <= before.chipC) return 'Temperatures have to rise from point to point.'
    if (percent < before.percent) return 'The fan must not get slower as the chip gets hotter.'
  }
  return null
}

/** @returns null while it makes no sense */
export function fanOfDraft({ mode, chipC, leastPercent, percent, points }: FanDraft): DeviceFan | null {
  switch (mode) {
    case 'target':
      return chipC === null || leastPercent === null ? null : { mode, chipC, minPercent: leastPercent }
    case 'fixed':
      return percent === null ? null : { mode, percent }
    case 'curve': {
      if (curveProblem(points) !== null) return null
      const whole = points.flatMap((point) =>
        point.chipC === null || point.percent === null
          ? []
          : [{ chipC: point.chipC, percent: point.percent }],
      )
      return { mode, points: whole }
    }
  }
}
