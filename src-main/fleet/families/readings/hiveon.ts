/**
 * Hiveon firmware on Antminers: Bitmain's tables with the watts it computes added (`chain_power`, `3250 W`). Pure.
 * Governing document: rig API digest, sections 1.2 and 5.1; capture `antminer/s19jpro-hiveon`.
 */
import { type RigReading } from '../../model/reading.ts'
import { type BitmainReplies, bitmainReading } from './antminer.ts'
import { antminerModelName } from './antminer-models.ts'

/** `Antminer S19JPRO Hiveon` is `S19j Pro`. */
export function hiveonModelName(type: string | null): string | null {
  const name =
    antminerModelName(type)
      ?.replace(/\s*hiveon\s*/i, '')
      .trim() ?? null
  if (name === null || name === '') return null
  const [, series = name, revision = '', rest = ''] = /^([ST]\d+)([A-Z]?)\s*(PRO|XP)?$/.exec(name) ?? []
  if (series === name) return name
  const ending = rest === 'PRO' ? ' Pro' : rest === 'XP' ? ' XP' : ''
  return `${series}${revision.toLowerCase()}${ending}`
}

export function hiveonReading(replies: BitmainReplies, atMs: number): RigReading {
  return bitmainReading(
    { family: 'hiveon', firmware: 'Hiveon', powerSource: 'estimated', modelName: hiveonModelName },
    replies,
    atMs,
  )
}
