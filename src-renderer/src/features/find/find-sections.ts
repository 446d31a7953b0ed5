/** What a search found, parted by what can be done with it. Pure. */
import type { Rig, ScanFind } from '@contract'
import { poolHost } from '../../format/text.ts'
import { canBeSent } from './find-targets.ts'

export type FindSectionId = 'sendable' | 'login' | 'here' | 'reading' | 'not'

export interface FoundRow {
  found: ScanFind
  /** Undefined until it is a rig of the fleet. */
  rig: Rig | undefined
  /** Where it mines, or why it cannot be sent. */
  standing: string
  /** How many of its family want a login, where it is the first of several of them; else 0. */
  familyCount: number
}

export interface FindSection {
  id: FindSectionId
  title: string
  rows: FoundRow[]
}

const TITLES: readonly (readonly [FindSectionId, string])[] = [
  ['sendable', 'Mine elsewhere'],
  ['login', 'Need their login first'],
  ['reading', 'Being read'],
  ['not', 'Cannot be sent from here'],
  ['here', 'Mine here already'],
]

function sectionOf(rig: Rig | undefined): FindSectionId {
  if (rig === undefined) return 'reading'
  if (rig.minesHere === true) return 'here'
  if (canBeSent(rig)) return 'sendable'
  if (rig.capabilities['send-to-headframe'].needsLogin === true) return 'login'
  return rig.freshness === 'never' && rig.problem === null ? 'reading' : 'not'
}

function standingOf(found: ScanFind, rig: Rig | undefined, section: FindSectionId): string {
  if (found.note !== '') return found.note
  if (rig === undefined) return ''
  if (section === 'not') {
    const { offered, because } = rig.capabilities['send-to-headframe']
    return offered ? 'It does not answer now.' : because
  }
  if (section === 'login' && rig.login === 'wrong') return 'It refused the password.'
  if (section === 'here') return 'Headframe'
  return rig.pool === null ? '' : poolHost(rig.pool.url)
}

/** Those with something in them, what needs a person first. Within one: by family where logins are asked for, else as found. */
export function findSections(
  finds: readonly ScanFind[],
  find: (id: string) => Rig | undefined,
): FindSection[] {
  const rows = new Map<FindSectionId, FoundRow[]>()
  for (const found of finds) {
    const rig = found.rigId === null ? undefined : find(found.rigId)
    const section = sectionOf(rig)
    const row = { found, rig, standing: standingOf(found, rig, section), familyCount: 0 }
    rows.set(section, [...(rows.get(section) ?? []), row])
  }
  const logins = rows.get('login')
  if (logins !== undefined) rows.set('login', byFamily(logins))
  return TITLES.flatMap(([id, title]) => {
    const own = rows.get(id)
    return own === undefined ? [] : [{ id, title, rows: own }]
  })
}

function byFamily(rows: readonly FoundRow[]): FoundRow[] {
  const families = new Map<string, FoundRow[]>()
  for (const row of rows) {
    const family = row.rig?.family ?? ''
    families.set(family, [...(families.get(family) ?? []), row])
  }
  return [...families.values()].flatMap((own) =>
    own.map((row, index) => ({ ...row, familyCount: index === 0 && own.length > 1 ? own.length : 0 })),
  )
}
