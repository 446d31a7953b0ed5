/** Which rigs a person asked to see. Pure. */
import type { Downstream } from '@contract'

export type RigStateFilter = 'all' | Downstream['state']

export interface RigFilter {
  text: string
  state: RigStateFilter
}

/** Every word must be found in the name, the address or the firmware, in any order and case. */
export function filterRigs(rigs: readonly Downstream[], filter: RigFilter): readonly Downstream[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0 && filter.state === 'all') return rigs
  return rigs.filter((rig) => {
    if (filter.state !== 'all' && rig.state !== filter.state) return false
    if (words.length === 0) return true
    const text = `${rig.name}\n${rig.address}\n${rig.userAgent ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

export function countStates(rigs: readonly Downstream[]): Record<RigStateFilter, number> {
  const counts = { all: rigs.length, hashing: 0, quiet: 0, subscribing: 0 }
  for (const rig of rigs) counts[rig.state] += 1
  return counts
}
