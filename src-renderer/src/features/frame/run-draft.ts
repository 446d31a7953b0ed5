/** What an action still needs from the person, and the order that comes of it. Pure. */
import type { ActionInput, RigAction, RigDetail, RunDraft } from '@contract'

export interface RunFields {
  poolId: string
  mode: string
  watts: number | null
  megahertz: number | null
  millivolts: number | null
  fanAuto: boolean
  percent: number | null
  workerTemplate: string
  batchSize: number | null
  pauseSeconds: number | null
  stopAfterFailures: number | null
}

export function startFields(input: ActionInput): RunFields {
  return {
    poolId: input.poolId ?? '',
    mode: input.mode ?? '',
    watts: input.watts ?? null,
    megahertz: input.megahertz ?? null,
    millivolts: input.millivolts ?? null,
    fanAuto: input.percent === undefined || input.percent === null,
    percent: input.percent ?? 60,
    workerTemplate: input.workerTemplate ?? '',
    batchSize: 5,
    pauseSeconds: 1,
    stopAfterFailures: 3,
  }
}

/** What belongs to the action itself; null while something is missing. */
export function actionInputOf(action: RigAction, fields: RunFields, input: ActionInput): ActionInput | null {
  const template = fields.workerTemplate.trim()
  const named = template === '' ? {} : { workerTemplate: template }
  switch (action) {
    case 'send-to-headframe':
      return named
    case 'send-to-pool':
      return fields.poolId === '' ? null : { poolId: fields.poolId, ...named }
    case 'set-power-mode':
      return fields.mode === '' ? null : { mode: fields.mode }
    case 'set-power-limit':
      return fields.watts === null ? null : { watts: fields.watts }
    case 'set-frequency':
      return fields.megahertz === null ? null : { megahertz: fields.megahertz }
    case 'set-voltage':
      return fields.millivolts === null ? null : { millivolts: fields.millivolts }
    case 'set-fan':
      if (fields.fanAuto) return { percent: null }
      return fields.percent === null ? null : { percent: fields.percent }
    default:
      return input
  }
}

/** The whole order; null while something is missing or wrong. */
export function runDraftOf(
  action: RigAction,
  rigIds: readonly string[],
  fields: RunFields,
  input: ActionInput,
): RunDraft | null {
  const own = actionInputOf(action, fields, input)
  const { batchSize, pauseSeconds, stopAfterFailures } = fields
  if (own === null || batchSize === null || pauseSeconds === null || stopAfterFailures === null) return null
  if (rigIds.length === 0) return null
  return {
    ...own,
    action,
    rigIds: [...rigIds],
    batchSize,
    pauseMs: Math.round(pauseSeconds * 1000),
    stopAfterFailures,
  }
}

/** What several rigs offer between them. */
export interface SharedSettings {
  /** With how many of the kinds of rigs know each. */
  modes: { id: string; label: string; kinds: number }[]
  kinds: number
  wattsRange: { min: number; max: number } | null
  frequencies: number[]
  voltages: number[]
}

const sorted = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b)

/** From one detail for each kind of rig among them. */
export function sharedSettings(details: readonly RigDetail[]): SharedSettings {
  const modes = new Map<string, { id: string; label: string; kinds: number }>()
  for (const { settings } of details)
    for (const { id, label } of settings.powerModes)
      modes.set(id, { id, label, kinds: (modes.get(id)?.kinds ?? 0) + 1 })
  const ranges = details.flatMap(({ settings }) => settings.powerLimitRangeW ?? [])
  return {
    modes: [...modes.values()],
    kinds: details.length,
    // Within what each of them allows.
    wattsRange:
      ranges.length === 0
        ? null
        : { min: Math.max(...ranges.map(({ min }) => min)), max: Math.min(...ranges.map(({ max }) => max)) },
    frequencies: sorted(details.flatMap(({ settings }) => settings.frequencyOptionsMHz)),
    voltages: sorted(details.flatMap(({ settings }) => settings.coreVoltageOptionsMv)),
  }
}
