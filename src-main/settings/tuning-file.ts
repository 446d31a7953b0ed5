/** The last tuning of each rig, in tuning.json: what it was set to before outlives a crash. */
import { z } from 'zod'
import { type Clock } from '../base/index.ts'
import { type JsonFileNotice, openJsonFile } from './json-file.ts'

const measured = z.number().nullable()
const setting = z.object({ frequencyMHz: z.number(), coreVoltageMv: z.number() })

const trial = setting.extend({
  startedAt: z.number(),
  endedAt: measured,
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

const tuning = z.object({
  id: z.string(),
  state: z.enum(['running', 'done', 'stopped', 'failed', 'reverted']),
  goal: z.enum(['hashrate', 'efficiency', 'quiet']),
  startedAt: z.number(),
  endedAt: measured,
  before: setting,
  best: z.number().nullable(),
  trials: z.array(trial),
  message: z.string(),
})
type TuningRecord = z.infer<typeof tuning>

const VERSION = 1
const file = z.object({ version: z.literal(VERSION), tunings: z.array(tuning).max(10_000) })

export interface OpenedTuningFile {
  readonly store: {
    load(): Promise<TuningRecord[]>
    save(all: readonly TuningRecord[]): Promise<void>
  }
  readonly notices: readonly JsonFileNotice[]
}

/** @throws HeadframeError `settings/newer-version`, `settings/not-readable`, `settings/not-writable` */
export async function openTuningFile(dataDir: string, clock: Clock): Promise<OpenedTuningFile> {
  const { loaded, notices, save } = await openJsonFile(dataDir, clock, {
    fileName: 'tuning.json',
    what: 'What is known of tuning',
    afterLoss: 'Rigs run on as they are; their settings from before tuning are not known any more.',
    schema: file,
    version: VERSION,
    empty: { tunings: [] as TuningRecord[] },
  })
  return {
    store: {
      load: () => Promise.resolve(loaded.tunings),
      save: (all) => save({ tunings: [...all] }),
    },
    notices,
  }
}
