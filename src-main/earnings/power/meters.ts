/**
 * What smart plugs say of each rig. A plug with one rig is that rig's; one with several is shared out by the rigs' own
 * figures of the same slot, and evenly where none has any. A rig on several plugs (two power supplies) has the sum of
 * them, and none where one of them is silent: half of a rig's power would look like a good rig.
 */
import { distribute } from '../money/distribute.ts'
import { type MeterInput } from '../report/inputs.ts'
import { emptyLine, type PowerLine, type SlotRange } from './power-line.ts'

/**
 * @param lines by meter id; a meter without one is silent
 * @param ownEnergyJ joules by slot that a rig's own figures make, or null; asked only for rigs that share a plug
 * @returns by rig id, for every rig on a plug
 */
export function meteredRigs(
  range: SlotRange,
  meters: readonly MeterInput[],
  lines: ReadonlyMap<string, PowerLine>,
  ownEnergyJ: (rigId: string) => Float64Array | null,
): Map<string, PowerLine> {
  const rigs = new Map<string, PowerLine>()
  for (const meter of meters) {
    const rigIds = [...new Set(meter.rigIds)]
    const line = lines.get(meter.meterId) ?? emptyLine(range)
    const parts = rigIds.length < 2 ? [line] : shareOut(range, line, rigIds.map(ownEnergyJ))
    rigIds.forEach((rigId, i) => {
      const before = rigs.get(rigId)
      rigs.set(rigId, before === undefined ? parts[i]! : both(range, before, parts[i]!))
    })
  }
  return rigs
}

function shareOut(range: SlotRange, line: PowerLine, own: readonly (Float64Array | null)[]): PowerLine[] {
  const parts = own.map(() => ({ energyJ: new Float64Array(range.count), coveredMs: line.coveredMs }))
  const evenly = own.map(() => 1)
  for (let slot = 0; slot < range.count; slot++) {
    if (line.coveredMs[slot] === 0 || line.energyJ[slot] === 0) continue
    const weights = own.map((energyJ) => energyJ?.[slot] ?? 0)
    const known = weights.some((weight) => weight > 0)
    distribute(line.energyJ[slot]!, known ? weights : evenly).forEach((part, i) => {
      parts[i]!.energyJ[slot] = part
    })
  }
  return parts
}

function both(range: SlotRange, a: PowerLine, b: PowerLine): PowerLine {
  const sum = emptyLine(range)
  for (let slot = 0; slot < range.count; slot++) {
    sum.coveredMs[slot] = Math.min(a.coveredMs[slot]!, b.coveredMs[slot]!)
    if (sum.coveredMs[slot]! > 0) sum.energyJ[slot] = a.energyJ[slot]! + b.energyJ[slot]!
  }
  return sum
}
