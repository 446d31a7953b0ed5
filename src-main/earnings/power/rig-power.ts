/** All candidates of every rig, in order of rank, from a report's inputs. */
import {
  type EnergySeries,
  type MeterInput,
  type RigInput,
  type ActivitySeries,
  type WorkSeries,
} from '../report/inputs.ts'
import { type PowerCandidate } from './choose.ts'
import { byEfficiency, byWatts, type Hashing, hashingOf } from './estimate.ts'
import { meteredRigs } from './meters.ts'
import { addColumns, emptyLine, type PowerLine, type SlotRange } from './power-line.ts'

export interface PowerInputs {
  readonly energy: readonly EnergySeries[]
  readonly activity: readonly ActivitySeries[]
  readonly work: readonly WorkSeries[]
  readonly rigs: readonly RigInput[]
  readonly meters: readonly MeterInput[]
}

export class RigPower {
  readonly #range: SlotRange
  readonly #energy = new Map<string, Extract<EnergySeries, { kind: 'rig' }>[]>()
  readonly #activity: Map<string, ActivitySeries[]>
  readonly #work: Map<string, WorkSeries[]>
  readonly #metered: Map<string, PowerLine>

  constructor(range: SlotRange, inputs: PowerInputs) {
    this.#range = range
    const meterLines = new Map<string, PowerLine>()
    for (const series of inputs.energy) {
      if (series.kind === 'rig') push(this.#energy, series.rigId, series)
      else {
        const line = meterLines.get(series.meterId) ?? emptyLine(range)
        addColumns(line, range, series)
        meterLines.set(series.meterId, line)
      }
    }
    this.#activity = groupBy(inputs.activity, ({ rigId }) => rigId)
    this.#work = groupBy(inputs.work, ({ rigKey }) => rigKey)
    const rigs = new Map(inputs.rigs.map((rig) => [rig.rigId, rig]))
    this.#metered = meteredRigs(range, inputs.meters, meterLines, (rigId) => {
      const rig = rigs.get(rigId)
      return rig === undefined ? null : this.#ownEnergyJ(rig)
    })
  }

  /** What may count for a rig, best first: only what a person chose, where that was done. */
  candidates(rig: RigInput): PowerCandidate[] {
    const metered = this.#metered.get(rig.rigId)
    const all: PowerCandidate[] = metered === undefined ? [] : [{ source: 'metered', line: metered }]
    all.push(...this.#own(rig))
    if (rig.source === 'entered' && rig.enteredW !== null) {
      all.push({ source: 'entered', line: byWatts(this.#range, this.#hashing(rig), rig.enteredW) })
    }
    return rig.source === null ? all : all.filter(({ source }) => source === rig.source)
  }

  /** Everything but plugs. */
  #own(rig: RigInput): PowerCandidate[] {
    const own: PowerCandidate[] = []
    for (const sensor of ['measured', 'estimated'] as const) {
      const series = (this.#energy.get(rig.rigId) ?? []).filter((one) => one.sensor === sensor)
      if (series.length === 0) continue
      const line = emptyLine(this.#range)
      for (const columns of series) addColumns(line, this.#range, columns)
      own.push({ source: sensor, line })
    }
    if (rig.joulesPerTh === null && rig.nameplateW === null) return own
    const hashing = this.#hashing(rig)
    if (rig.joulesPerTh !== null) {
      own.push({ source: 'estimated', line: byEfficiency(this.#range, hashing, rig.joulesPerTh) })
    }
    if (rig.nameplateW !== null) {
      own.push({ source: 'nameplate', line: byWatts(this.#range, hashing, rig.nameplateW) })
    }
    return own
  }

  #ownEnergyJ(rig: RigInput): Float64Array | null {
    const own = this.#own(rig)
    if (own.length === 0) return null
    const energyJ = new Float64Array(this.#range.count)
    for (let slot = 0; slot < energyJ.length; slot++) {
      const best = own.find(({ line }) => line.coveredMs[slot]! > 0)
      if (best !== undefined) energyJ[slot] = best.line.energyJ[slot]!
    }
    return energyJ
  }

  #hashing(rig: RigInput): Hashing {
    const work = rig.rigKeys.flatMap((rigKey) => this.#work.get(rigKey) ?? [])
    return hashingOf(this.#range, this.#activity.get(rig.rigId) ?? [], work)
  }
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

function groupBy<V>(values: readonly V[], key: (value: V) => string): Map<string, V[]> {
  const map = new Map<string, V[]>()
  for (const value of values) push(map, key(value), value)
  return map
}
