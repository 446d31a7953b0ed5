/** Parts of the hashrate in whole percent that always add up to 100 and are never less than 1. Pure. */
import type { Downstream, Routing } from '@contract'
import { groupOf } from './routing-edits.ts'

export type SplitPart = Routing['split'][number]

/** Shares `whole` among `weights` in whole numbers of at least 1, as near to the weights as that allows. */
function apportion(weights: readonly number[], whole: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const exact = weights.map((weight) => (whole * weight) / total)
  const parts = exact.map((value) => Math.max(1, Math.floor(value)))
  const sum = (): number => parts.reduce((added, part) => added + part, 0)
  const byRemainder = exact.map((value, index) => ({ index, remainder: value - Math.floor(value) }))
  byRemainder.sort((a, b) => b.remainder - a.remainder)
  for (const { index } of byRemainder) {
    if (sum() >= whole) break
    parts[index] = (parts[index] ?? 0) + 1
  }
  // What the smallest got beyond their part comes from the largest.
  while (sum() > whole) {
    const largest = parts.indexOf(Math.max(...parts))
    parts[largest] = (parts[largest] ?? 1) - 1
  }
  return parts
}

/** Sets one part; the others share the rest in the proportion they had. */
export function changePart(parts: readonly SplitPart[], poolId: string, percent: number): SplitPart[] {
  const others = parts.filter((part) => part.poolId !== poolId)
  if (others.length === 0) return parts.map((part) => ({ ...part, percent: 100 }))
  const own = Math.max(1, Math.min(100 - others.length, Math.round(Number.isFinite(percent) ? percent : 1)))
  const rest = apportion(
    others.map((part) => part.percent),
    100 - own,
  )
  return parts.map((part) =>
    part.poolId === poolId
      ? { ...part, percent: own }
      : { ...part, percent: rest[others.indexOf(part)] ?? 1 },
  )
}

/** Another pool joins with a tenth, or with as much as there is for it. */
export function addPart(parts: readonly SplitPart[], poolId: string): SplitPart[] {
  if (parts.length === 0) return [{ poolId, percent: 100 }]
  return changePart([...parts, { poolId, percent: 1 }], poolId, 10)
}

/** What a part had goes to the others. */
export function removePart(parts: readonly SplitPart[], poolId: string): SplitPart[] {
  const left = parts.filter((part) => part.poolId !== poolId)
  const [first] = left
  if (first === undefined) return []
  const rest = apportion(
    left.map((part) => part.percent),
    100,
  )
  return left.map((part, index) => ({ ...part, percent: rest[index] ?? 1 }))
}

/** Rigs that the split is about: those without a rule of their own or through a group. */
export function freeRigs(routing: Routing, rigs: readonly Downstream[]): Downstream[] {
  const ruled = new Set(routing.rigs.map((rule) => rule.rigKey))
  return rigs.filter(
    (rig) => !ruled.has(rig.rigKey) && (groupOf(routing, rig.rigKey)?.poolId ?? null) === null,
  )
}

/** Which part of these rigs' hashrate works for each pool now, 0 to 1; null while they have none. */
export function measuredRatio(rigs: readonly Downstream[], poolId: string): number | null {
  const total = rigs.reduce((sum, rig) => sum + rig.hashrateHs, 0)
  if (total === 0) return null
  return rigs.reduce((sum, rig) => sum + (rig.poolId === poolId ? rig.hashrateHs : 0), 0) / total
}
