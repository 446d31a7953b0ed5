/** Tuning of small boards. */
import { z } from 'zod'
import { momentMs } from './values.ts'

/** A number that was measured; null where nothing was said. */
const measured = z.number().nullable()

export const tuningGoal = z.enum(['hashrate', 'efficiency', 'quiet'])
export type TuningGoal = z.infer<typeof tuningGoal>

export const tuningDraft = z.object({
  goal: tuningGoal,
  maxChipC: z.number().min(40).max(75).default(65),
  maxRegulatorC: z.number().min(50).max(100).default(85),
  maxPowerW: z.number().positive().max(5000).nullable().default(null).describe('null: what the board says'),
  maxErrorPercent: z.number().min(0.1).max(10).default(1),
  stepSeconds: z.number().int().min(1).max(1800).default(90).describe('How long each setting is watched'),
})
export type TuningDraft = z.input<typeof tuningDraft>

export const tuningTrial = z.object({
  frequencyMHz: z.number(),
  coreVoltageMv: z.number(),
  startedAt: momentMs,
  endedAt: momentMs.nullable(),
  hashrateHs: measured,
  powerW: measured,
  efficiencyJTh: measured,
  chipC: measured,
  regulatorC: measured,
  errorPercent: measured,
  fanPercent: measured,
  verdict: z.enum(['running', 'good', 'too-hot', 'too-many-errors', 'too-much-power', 'too-slow', 'failed']),
  because: z.string(),
})
export type TuningTrial = z.infer<typeof tuningTrial>

export const tuning = z.object({
  id: z.string().describe('Of the rig'),
  state: z.enum(['running', 'done', 'stopped', 'failed', 'reverted']),
  goal: tuningGoal,
  startedAt: momentMs,
  endedAt: momentMs.nullable(),
  before: z.object({ frequencyMHz: z.number(), coreVoltageMv: z.number() }),
  best: z.number().int().nullable().describe('Index into trials'),
  trials: z.array(tuningTrial),
  message: z.string(),
})
export type Tuning = z.infer<typeof tuning>
