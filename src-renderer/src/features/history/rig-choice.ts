/** Rigs with a history, to choose from: searched, and by group. Pure. */
import type { HistorySource, Rig } from '@contract'

export interface SourceRow {
  id: string
  name: string
  /** What there is to say beside the name: `removed`, `smart plug`, its group. */
  note: string
  group: string | null
}

const NOTES: Partial<Record<HistorySource['kind'], string>> = {
  meter: 'smart plug',
  'proxy-rig': 'known by its connection only',
}

export function sourceRows(sources: readonly HistorySource[], rigs: readonly Rig[]): SourceRow[] {
  const groups = new Map(rigs.map((rig) => [rig.id, rig.group?.name ?? null]))
  return sources
    .map(({ id, name, kind, present }) => {
      const group = groups.get(id) ?? null
      return { id, name, group, note: present ? (NOTES[kind] ?? group ?? '') : 'removed' }
    })
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
}

export function searchRows(rows: readonly SourceRow[], text: string): SourceRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter((row) => {
    const all = `${row.name} ${row.note}`.toLowerCase()
    return words.every((word) => all.includes(word))
  })
}

export interface GroupChoice {
  name: string
  ids: string[]
}
export function groupChoices(rows: readonly SourceRow[]): GroupChoice[] {
  const groups = new Map<string, string[]>()
  for (const { id, group } of rows) if (group !== null) groups.set(group, [...(groups.get(group) ?? []), id])
  return [...groups].map(([name, ids]) => ({ name, ids })).sort((a, b) => a.name.localeCompare(b.name))
}
