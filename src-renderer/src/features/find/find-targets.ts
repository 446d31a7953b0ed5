/** What a person wrote as places to look at, and what a search found, in order. Pure. */
import type { Rig, Scan, ScanFind } from '@contract'

/** Commas, semicolons, spaces and lines all part one target from the next. */
export function splitTargets(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((target) => target !== ''))]
}

export interface SortedFinds {
  rigs: ScanFind[]
  declined: ScanFind[]
  others: ScanFind[]
}

export function sortFinds(finds: readonly ScanFind[]): SortedFinds {
  const sorted: SortedFinds = { rigs: [], declined: [], others: [] }
  for (const find of finds) {
    if (find.outcome === 'rig') sorted.rigs.push(find)
    else if (find.outcome === 'declined') sorted.declined.push(find)
    else sorted.others.push(find)
  }
  return sorted
}

/** Whether sending it here would change anything, and is possible as far as can be seen. */
export function canBeSent(rig: Rig | undefined): boolean {
  return (
    rig !== undefined &&
    rig.minesHere !== true &&
    rig.capabilities['send-to-headframe'].offered &&
    rig.state !== 'unreachable'
  )
}

/** 0 to 1; 1 also while it only listens. */
export function scanProgress(scan: Scan): number {
  if (scan.state !== 'running' || scan.total === 0) return 1
  return Math.min(1, scan.tried / scan.total)
}
