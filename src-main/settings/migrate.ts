/**
 * From the text of a settings file to checked settings of the current version. Pure. Each complaint names
 * the field, because the file may have been edited by hand.
 */
import { type z } from 'zod'
import { err, errorText, ok, type Result } from '../base/index.ts'
import { type Settings, SETTINGS_VERSION, settingsSchema } from './settings.ts'

/** `steps[n]` turns a file of version n + 1 into one of version n + 2. */
const steps: readonly ((old: Record<string, unknown>) => Record<string, unknown>)[] = [linesPerRig]

/** Version 2 says how rigs share a pool in a word, and has room for routing and the audit log. */
function linesPerRig(old: Record<string, unknown>): Record<string, unknown> {
  const pools: unknown = old['pools']
  if (!Array.isArray(pools)) return old
  const changed = pools.map((pool: unknown) => {
    if (typeof pool !== 'object' || pool === null) return pool
    const { aggregated, ...rest } = pool as Record<string, unknown>
    return aggregated === undefined ? rest : { ...rest, lines: aggregated === false ? 'per-rig' : 'shared' }
  })
  return { ...old, pools: changed }
}

export type SettingsProblem =
  /** Not to be touched: a newer program wrote it. */
  | { kind: 'newer'; version: number }
  /** One sentence that names the field or the place. */
  | { kind: 'broken'; reason: string }

/** Reads, migrates and checks the text of a settings file. */
export function parseSettings(text: string): Result<Settings, SettingsProblem> {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    return err({ kind: 'broken', reason: `it is not JSON: ${errorText(error)}` })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return err({ kind: 'broken', reason: 'it does not hold a JSON object' })
  }
  let fields = content as Record<string, unknown>
  const version = fields['version']
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    return err({ kind: 'broken', reason: 'version: is not a whole number from 1' })
  }
  if (version > SETTINGS_VERSION) return err({ kind: 'newer', version })
  for (let from = version; from < SETTINGS_VERSION; from++) {
    fields = { ...steps[from - 1]!(fields), version: from + 1 }
  }
  const checked = settingsSchema.safeParse(fields)
  if (!checked.success) return err({ kind: 'broken', reason: describeIssues(checked.error) })
  return ok(checked.data)
}

/** `pools[1].userIdentity: Too small…; ui.theme: …`, at most three complaints. */
export function describeIssues(error: z.ZodError): string {
  const complaints = error.issues.map((issue) => {
    let place = ''
    for (const key of issue.path) {
      if (typeof key === 'number') place += `[${key}]`
      else place += place === '' ? String(key) : `.${String(key)}`
    }
    return place === '' ? issue.message : `${place}: ${issue.message}`
  })
  const more = complaints.length > 3 ? `; and ${complaints.length - 3} more` : ''
  return complaints.slice(0, 3).join('; ') + more
}
