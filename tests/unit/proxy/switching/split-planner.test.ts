import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DWELL_MS, SplitPlanner, type SplitPool } from '../../../../src-main/proxy/switching/split-planner.ts'

const STEP_S = 5
const HOUR_STEPS = 3600 / STEP_S
const TERA = 1e12

/** Chance that is the same each time. */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function poisson(mean: number, next: () => number): number {
  let count = 0
  for (let product = next(); product > Math.exp(-mean); product *= next()) count++
  return count
}

interface FakeRig {
  readonly id: string
  readonly trueHs: number
  readonly fromStep: number
  readonly toStep: number
  poolId: string | null
  workHashes: number
  /** Of the last steps, newest last: what the rig is presumed to deliver. */
  readonly window: number[]
  readonly movedMs: number[]
}

interface Outcome {
  /** Work credited to each pool, by step. */
  readonly credited: Map<string, number[]>
  readonly rigs: FakeRig[]
  readonly moves: number
}

/** A farm of rigs that find six shares a minute each, with the noise that shares have. */
function simulate(options: {
  readonly hashrates: readonly number[]
  readonly pools: readonly SplitPool[]
  readonly hours: number
  readonly seed: number
  /** When rigs come and go, in steps. */
  readonly stays?: readonly (readonly [number, number])[]
}): Outcome {
  const { hashrates, pools, hours, seed, stays } = options
  const next = chance(seed)
  const planner = new SplitPlanner()
  planner.setPools(pools)
  const steps = hours * HOUR_STEPS
  const rigs = hashrates.map((trueHs, n): FakeRig => {
    const [fromStep, toStep] = stays?.[n] ?? [0, steps]
    return { id: `r${n}`, trueHs, fromStep, toStep, poolId: null, workHashes: 0, window: [], movedMs: [] }
  })
  const credited = new Map(pools.map(({ poolId }) => [poolId, [0]]))
  let moves = 0
  for (let step = 0; step < steps; step++) {
    const present = rigs.filter(({ fromStep, toStep }) => fromStep <= step && step < toStep)
    const planned = planner.plan(
      present.map(({ id, poolId, workHashes, window, trueHs }) => ({
        id,
        poolId,
        workHashes,
        // As the proxy knows it: a guess at first, then the shares of five minutes.
        hashrateHs:
          window.length < 8
            ? 2 * trueHs
            : window.reduce((sum, work) => sum + work, 0) / (window.length * STEP_S),
      })),
      step * STEP_S * 1000,
    )
    for (const { rigId, poolId } of planned) {
      const rig = rigs[Number(rigId.slice(1))]!
      if (rig.poolId !== null) {
        moves++
        rig.movedMs.push(step * STEP_S * 1000)
      }
      rig.poolId = poolId
    }
    const done = new Map<string, number>()
    for (const rig of present) {
      // Six shares a minute.
      const work = poisson(STEP_S / 10, next) * rig.trueHs * 10
      rig.workHashes += work
      rig.window.push(work)
      if (rig.window.length > 60) rig.window.shift()
      done.set(rig.poolId!, (done.get(rig.poolId!) ?? 0) + work)
    }
    for (const [poolId, sums] of credited) sums.push(sums.at(-1)! + (done.get(poolId) ?? 0))
  }
  return { credited, rigs, moves }
}

/** How far each hour was from the wanted parts, at worst, in parts of one. */
function worstHour({ credited }: Outcome, pools: readonly SplitPool[], hours: number): number {
  let worst = 0
  for (let hour = 0; hour < hours; hour++) {
    const [from, to] = [hour * HOUR_STEPS, (hour + 1) * HOUR_STEPS]
    const works = pools.map(({ poolId }) => credited.get(poolId)![to]! - credited.get(poolId)![from]!)
    const total = works.reduce((sum, work) => sum + work, 0)
    for (const [n, { ratio }] of pools.entries()) worst = Math.max(worst, Math.abs(works[n]! / total - ratio))
  }
  return worst
}

const pools = (...ratios: readonly number[]): SplitPool[] =>
  ratios.map((ratio, n) => ({ poolId: `p${n}`, ratio }))

const farm = fc.oneof(
  fc.constant([1]),
  fc.array(fc.double({ min: 0.5, max: 200, noNaN: true }), { minLength: 2, maxLength: 12 }),
  fc.array(fc.double({ min: 1, max: 120, noNaN: true }), { minLength: 40, maxLength: 60 }),
)
const parts = fc.oneof(
  fc.double({ min: 0.02, max: 0.98, noNaN: true }).map((part) => pools(part, 1 - part)),
  fc.constantFrom(pools(0.9, 0.1), pools(0.5, 0.5), pools(0.6, 0.3, 0.1)),
)

describe('a split of the hashrate', () => {
  it('is kept within 2 percentage points over every hour, by any farm of 1 to 60 rigs of unequal size', () => {
    fc.assert(
      fc.property(farm, parts, fc.nat(), (teras, wanted, seed) => {
        const outcome = simulate({ hashrates: teras.map((t) => t * TERA), pools: wanted, hours: 2, seed })
        expect(worstHour(outcome, wanted, 2)).toBeLessThan(0.02)
      }),
      { numRuns: 60, seed: 11 },
    )
  })

  it('of 90 to 10 by one rig is made of slices of about a minute and ten', () => {
    const { rigs, moves } = simulate({ hashrates: [TERA], pools: pools(0.9, 0.1), hours: 3, seed: 5 })
    expect(moves / 3).toBeGreaterThan(6)
    expect(moves / 3).toBeLessThan(24)
    const pauses = rigs[0]!.movedMs.slice(1).map((atMs, n) => atMs - rigs[0]!.movedMs[n]!)
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(DWELL_MS)
    expect(Math.max(...pauses)).toBeGreaterThan(5 * 60_000)
  })

  it('of a large farm needs few moves: not one in ten rigs moves in an hour', () => {
    const hashrates = Array.from({ length: 60 }, (_, n) => (1 + (n % 7) * 3) * TERA)
    const { moves } = simulate({ hashrates, pools: pools(0.8, 0.2), hours: 4, seed: 3 })
    expect(moves / 4).toBeLessThan(0.2 * 60)
  })

  it('moves no rig twice within the dwell time', () => {
    fc.assert(
      fc.property(farm, parts, fc.nat(), (teras, wanted, seed) => {
        const { rigs } = simulate({ hashrates: teras.map((t) => t * TERA), pools: wanted, hours: 1, seed })
        for (const { movedMs } of rigs) {
          for (let n = 1; n < movedMs.length; n++) {
            expect(movedMs[n]! - movedMs[n - 1]!).toBeGreaterThanOrEqual(DWELL_MS)
          }
        }
      }),
      { numRuns: 25, seed: 12 },
    )
  })

  it('holds while rigs come and go', () => {
    const next = chance(9)
    const hashrates = Array.from({ length: 30 }, () => (1 + 20 * next()) * TERA)
    const stays = hashrates.map((_, n): [number, number] =>
      n < 10
        ? [0, 4 * HOUR_STEPS]
        : [Math.floor(next() * 2 * HOUR_STEPS), Math.floor((2 + 2 * next()) * HOUR_STEPS)],
    )
    const wanted = pools(0.7, 0.3)
    const outcome = simulate({ hashrates, pools: wanted, hours: 4, seed: 4, stays })
    expect(worstHour(outcome, wanted, 4)).toBeLessThan(0.02)
  })

  it('begins anew with other parts, and never repays what nobody could deliver', () => {
    const planner = new SplitPlanner()
    planner.setPools(pools(0.5, 0.5))
    const rig = { id: 'r0', hashrateHs: TERA, poolId: 'p0', workHashes: 0 }
    // Two hours in which only one pool got anything.
    planner.plan([rig], 0)
    planner.plan([{ ...rig, workHashes: 7200 * TERA }], 7_200_000)
    expect(Math.abs(planner.owedRatio('p1', TERA))).toBeLessThanOrEqual(0.05)
    planner.setPools(pools(0.9, 0.1))
    expect(planner.owedRatio('p1', TERA)).toBe(0)
    planner.setPools(pools(0.9, 0.1))
    expect(planner.owedRatio('p0', TERA)).toBe(0)
  })

  it('places nobody when there is no pool, and finds a new place for rigs whose pool is gone', () => {
    const planner = new SplitPlanner()
    const rigs = [{ id: 'r0', hashrateHs: TERA, poolId: 'gone', workHashes: 0 }]
    expect(planner.plan(rigs, 0)).toEqual([])
    planner.setPools(pools(1))
    expect(planner.plan(rigs, 5000)).toEqual([{ rigId: 'r0', poolId: 'p0' }])
  })
})
