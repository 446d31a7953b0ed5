import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { type HistoryDb } from '../../../../src-main/history/database/history-db.ts'
import { type MetricColumn, METRICS } from '../../../../src-main/history/telemetry/metrics.ts'
import { type Sample, type SampleValues } from '../../../../src-main/history/telemetry/samples.ts'
import { DAY_MS, FIVE_MINUTES_MS, HOUR_MS, type Slot } from '../../../../src-main/history/telemetry/slots.ts'
import { TelemetryStore } from '../../../../src-main/history/telemetry/store.ts'
import { historyDatabases } from '../../../support/history-databases.ts'

/** A UTC midnight. */
const START = Date.UTC(2026, 10, 22)
const RIG = { kind: 'rig', key: 'aa:bb:cc:00:00:01' } as const
const OTHER = { kind: 'rig', key: 'aa:bb:cc:00:00:02' } as const
const METER = { kind: 'meter', key: 'plug-1' } as const

const sample = (atMs: number, values: SampleValues, source: Sample['source'] = RIG): Sample => ({
  source,
  atMs,
  values,
})

/** A sample each 5 s with a power that tells its place. */
const run = (fromMs: number, count: number, source: Sample['source'] = RIG): Sample[] =>
  Array.from({ length: count }, (_, i) =>
    sample(fromMs + i * 5000, { power_dw: 1000 + i, covered_ms: 5000 }, source),
  )

describe.each(historyDatabases)('telemetry on $name', ({ open }) => {
  const opened = async (): Promise<{ db: HistoryDb; store: TelemetryStore }> => {
    const db = await open()
    return { db, store: new TelemetryStore(db, { breathe: () => Promise.resolve() }) }
  }
  const rows = async (db: HistoryDb): Promise<number> => {
    const [row] = await db.queries
      .selectFrom('samples')
      .select((select) => select.fn.countAll<number>().as('count'))
      .execute()
    return Number(row!.count)
  }
  const blocks = (db: HistoryDb, span: number) =>
    db.queries.selectFrom('series_blocks').selectAll().where('span', '=', span).orderBy('metric').execute()
  const daySums = async (
    store: TelemetryStore,
    column: MetricColumn,
    fromMs = START,
  ): Promise<Slot | null> => {
    const { sources } = await store.sums({ metrics: [column], steps: { edges: [fromMs, fromMs + DAY_MS] } })
    return sources[0]?.sums[column]?.[0] ?? null
  }

  describe('recording', () => {
    it('says what it recorded and what was there already', async () => {
      const { store } = await opened()
      const samples = run(START, 10)
      expect(await store.record(samples)).toMatchObject({ recorded: 10, duplicates: 0 })
      expect(await store.record([...samples.slice(5), ...run(START + 50_000, 3)])).toMatchObject({
        recorded: 3,
        duplicates: 5,
      })
    })

    it('counts two samples of one moment in one batch as one', async () => {
      const { store } = await opened()
      const twice = [sample(START, { power_dw: 10 }), sample(START, { power_dw: 20 })]
      expect(await store.record(twice)).toMatchObject({ recorded: 1, duplicates: 1 })
      expect(await daySums(store, 'power_dw')).toMatchObject({ sum: 10, count: 1 })
    })

    it('knows a sample again that was folded in between', async () => {
      const { store } = await opened()
      const samples = run(START, 10)
      await store.record(samples)
      await store.fold(START + HOUR_MS)
      expect(await store.record(samples)).toMatchObject({ recorded: 0, duplicates: 10 })
      const again = await store.record([...samples, sample(START + 1, { power_dw: 5 })])
      expect(again).toMatchObject({ recorded: 1, duplicates: 10 })
    })

    it('takes more samples than fit one statement', async () => {
      const { db, store } = await opened()
      expect(await store.record(run(START, 1201))).toMatchObject({ recorded: 1201 })
      expect(await rows(db)).toBe(1201)
    })

    it('refuses what is no moment, no figure or nothing, and records the rest', async () => {
      const { store } = await opened()
      const outcome = await store.record([
        sample(-1, { power_dw: 1 }),
        sample(0.5, { power_dw: 1 }),
        sample(START, {}),
        sample(START, { power_dw: null }),
        sample(START + 1, { power_dw: 0.5, fan_rpm: 1200 }),
        sample(START + 2, { power_dw: NaN, hashrate_10khs: 2e12 }),
      ])
      expect(outcome).toEqual({
        recorded: 1,
        duplicates: 0,
        refused: { 'bad-moment': 2, 'bad-value': 3, empty: 3, 'too-many-sources': 0, crowded: 0 },
      })
      expect(await daySums(store, 'fan_rpm')).toMatchObject({ sum: 1200 })
    })

    it('refuses a source whose name is longer than any rig has', async () => {
      const { store } = await opened()
      const outcome = await store.record([
        sample(START, { power_dw: 1 }, { kind: 'rig', key: 'x'.repeat(301) }),
      ])
      expect(outcome).toMatchObject({ recorded: 0, refused: { 'too-many-sources': 1 } })
    })

    it('records nothing of nothing', async () => {
      const { store } = await opened()
      expect(await store.record([])).toMatchObject({ recorded: 0, duplicates: 0 })
    })
  })

  describe('folding', () => {
    it('moves whole hours out of the rows and leaves the running one', async () => {
      const { db, store } = await opened()
      await store.record([...run(START, 720), ...run(START + HOUR_MS, 5)])
      expect(await store.fold(START + HOUR_MS + 60_000)).toMatchObject({
        sources: 1,
        folded: 720,
        damaged: [],
      })
      expect(await rows(db)).toBe(5)
      expect((await blocks(db, 0)).map(({ metric, start }) => [metric, start])).toEqual([
        [0, START],
        [1, START],
        [7, START],
      ])
      expect((await blocks(db, 1)).map(({ metric, start }) => [metric, start])).toEqual([
        [1, START],
        [7, START],
      ])
      expect(await blocks(db, 2)).toHaveLength(2)
    })

    it('has nothing to do twice', async () => {
      const { db, store } = await opened()
      await store.record(run(START, 100))
      await store.fold(START + HOUR_MS)
      const before = await blocks(db, 1)
      expect(await store.fold(START + HOUR_MS)).toMatchObject({ sources: 0, folded: 0 })
      expect(await blocks(db, 1)).toEqual(before)
    })

    it('keeps plain days that other programs can add up', async () => {
      const { db, store } = await opened()
      await store.record([...run(START, 720), ...run(START + DAY_MS, 2)])
      await store.fold(START + 2 * DAY_MS)
      const days = await db.queries
        .selectFrom('series_days')
        .selectAll()
        .where('metric', '=', METRICS.find(({ column }) => column === 'power_dw')!.id)
        .orderBy('day')
        .execute()
      expect(days).toMatchObject([
        { day: START / DAY_MS, sum: (720 * (1000 + 1719)) / 2, count: 720, min: 1000, max: 1719 },
        { day: START / DAY_MS + 1, sum: 2001, count: 2, min: 1000, max: 1001 },
      ])
    })

    it('takes a source with a long backlog in several steps', async () => {
      const { db, store } = await opened()
      for (let day = 0; day < 5; day++) {
        await store.record(
          Array.from({ length: 1000 }, (_, i) => sample(START + day * DAY_MS + i * 60_000, { power_dw: i })),
        )
      }
      expect(await store.fold(START + 10 * DAY_MS)).toMatchObject({ sources: 1, folded: 5000 })
      expect(await rows(db)).toBe(0)
      expect(await daySums(store, 'power_dw', START + 4 * DAY_MS)).toEqual({
        sum: 499_500,
        count: 1000,
        min: 0,
        max: 999,
      })
    })

    it('folds what a clock that was far ahead wrote, and not what one was a little ahead', async () => {
      const { db, store } = await opened()
      await store.record([...run(START + HOUR_MS, 3), ...run(START + 400 * DAY_MS, 4)])
      expect(await store.fold(START)).toMatchObject({ folded: 4 })
      expect(await rows(db)).toBe(3)
    })

    it('refuses more samples in an hour than an hour has', async () => {
      const { store } = await opened()
      await store.record(Array.from({ length: 7300 }, (_, i) => sample(START + i * 490, { power_dw: 1 })))
      expect(await store.fold(START + HOUR_MS)).toMatchObject({ folded: 7200, refused: { crowded: 100 } })
      expect(await daySums(store, 'power_dw')).toMatchObject({ sum: 7200, count: 7200 })
    })

    it('leaves figures out that a day could not add up exactly, and keeps the rest of their samples', async () => {
      const { store } = await opened()
      // 375 of them are what an hour can come to.
      const large = (from: number, count: number): Sample[] =>
        Array.from({ length: count }, (_, i) => sample(START + from + i, { power_dw: 1e12, fan_rpm: 1 }))
      await store.record(large(0, 300))
      expect(await store.fold(START + HOUR_MS)).toMatchObject({ folded: 300, refused: { 'bad-value': 0 } })
      await store.record(large(1000, 100))
      expect(await store.fold(START + HOUR_MS)).toMatchObject({ folded: 100, refused: { 'bad-value': 25 } })
      expect(await daySums(store, 'power_dw')).toMatchObject({ sum: 3.75e14, count: 375 })
      expect(await daySums(store, 'fan_rpm')).toMatchObject({ sum: 400, count: 400 })
    })

    it('leaves rows and blocks as they were when it fails half way', async () => {
      const { db, store } = await opened()
      await store.record(run(START, 50))
      // Days are the last that a fold writes.
      await sql`ALTER TABLE series_days RENAME TO days_away`.execute(db.queries)
      await expect(store.fold(START + HOUR_MS)).rejects.toThrow()
      await sql`ALTER TABLE days_away RENAME TO series_days`.execute(db.queries)
      expect(await rows(db)).toBe(50)
      expect(await blocks(db, 1)).toEqual([])
      await store.fold(START + HOUR_MS)
      expect(await daySums(store, 'power_dw')).toMatchObject({ count: 50 })
    })
  })

  describe('forgetting', () => {
    it('lets raw samples of whole days go and keeps what they came to', async () => {
      const { db, store } = await opened()
      await store.record([...run(START, 720), ...run(START + DAY_MS, 720)])
      await store.fold(START + 3 * DAY_MS)
      const before = await daySums(store, 'power_dw')
      expect(await store.forgetRaw(START + DAY_MS + 5 * HOUR_MS)).toBe(3)
      expect(await daySums(store, 'power_dw')).toEqual(before)
      expect((await blocks(db, 0)).every(({ start }) => start === START + DAY_MS)).toBe(true)
    })

    it('never takes a sample that is not folded yet', async () => {
      const { db, store } = await opened()
      await store.record(run(START, 10))
      await store.forgetRaw(START + 30 * DAY_MS)
      expect(await rows(db)).toBe(10)
    })

    it('need not keep raw what is old already when it is folded', async () => {
      const { db, store } = await opened()
      await store.record([...run(START, 10), ...run(START + DAY_MS, 10)])
      await store.fold(START + 3 * DAY_MS, START + DAY_MS + 1000)
      expect(new Set((await blocks(db, 0)).map(({ start }) => start))).toEqual(new Set([START + DAY_MS]))
      expect(await daySums(store, 'power_dw')).toMatchObject({ count: 10 })
    })
  })

  describe('charts', () => {
    it('show seconds while every sample is there', async () => {
      const { store } = await opened()
      await store.record(run(START, 12))
      const query = {
        metric: 'power_dw',
        sources: [RIG],
        together: false,
        fromMs: START,
        toMs: START + 60_000,
        points: 12,
      } as const
      const before = await store.series(query)
      expect(before.bucketMs).toBe(5000)
      expect(before.lines[0]!.values).toEqual(Array.from({ length: 12 }, (_, i) => (1000 + i) / 10))
      await store.fold(START + HOUR_MS)
      expect(await store.series(query)).toEqual(before)
    })

    it('leave gaps where nothing was measured', async () => {
      const { store } = await opened()
      await store.record([sample(START, { power_dw: 100 }), sample(START + 20_000, { power_dw: 300 })])
      const { lines } = await store.series({
        metric: 'power_dw',
        sources: [RIG],
        together: false,
        fromMs: START,
        toMs: START + 30_000,
        points: 3,
      })
      expect(lines[0]!.values).toEqual([10, null, 30])
    })

    it('have the lowest and highest sample of each bucket', async () => {
      const { store } = await opened()
      await store.record(run(START, 720))
      await store.fold(START + HOUR_MS)
      const { bucketMs, lines } = await store.series({
        metric: 'power_dw',
        sources: 'rigs',
        together: false,
        fromMs: START,
        toMs: START + HOUR_MS,
        points: 12,
      })
      expect(bucketMs).toBe(FIVE_MINUTES_MS)
      expect(lines[0]).toMatchObject({ source: RIG, sourceCounts: null })
      expect(lines[0]!.mins!.slice(0, 2)).toEqual([100, 106])
      expect(lines[0]!.maxs!.slice(0, 2)).toEqual([105.9, 111.9])
      expect(lines[0]!.values[0]).toBeCloseTo(102.95)
    })

    it('add rigs up, and say how many a point stands for', async () => {
      const { store } = await opened()
      await store.record([
        sample(START, { hashrate_10khs: 100 }),
        sample(START + 1000, { hashrate_10khs: 300 }),
        sample(START, { hashrate_10khs: 50 }, OTHER),
        sample(START + FIVE_MINUTES_MS, { hashrate_10khs: 7 }, OTHER),
        sample(START, { hashrate_10khs: 1_000_000 }, METER),
      ])
      await store.fold(START + HOUR_MS)
      const { lines } = await store.series({
        metric: 'hashrate_10khs',
        sources: 'rigs',
        together: true,
        fromMs: START,
        toMs: START + 3 * FIVE_MINUTES_MS,
        points: 3,
      })
      expect(lines).toEqual([
        {
          source: null,
          values: [2_500_000, 70_000, null],
          mins: [1_500_000, 70_000, null],
          maxs: [3_500_000, 70_000, null],
          sourceCounts: [2, 1, 0],
        },
      ])
    })

    it('take the hottest chip of several rigs and the mean of their errors', async () => {
      const { store } = await opened()
      await store.record([
        sample(START, { chip_max_dc: 600, hash_error_ppm: 10_000 }),
        sample(START, { chip_max_dc: 700, hash_error_ppm: 30_000 }, OTHER),
      ])
      const range = { sources: 'rigs', together: true, fromMs: START, toMs: START + 1000, points: 1 } as const
      const hottest = await store.series({ metric: 'chip_max_dc', ...range })
      expect(hottest.lines[0]).toMatchObject({ values: [70], mins: [60], maxs: [70] })
      const errors = await store.series({ metric: 'hash_error_ppm', ...range })
      expect(errors.lines[0]!.values).toEqual([2])
    })

    it('show an amount as what it came to or as its rate, without lowest and highest', async () => {
      const { store } = await opened()
      await store.record([sample(START, { energy_j: 500 }), sample(START + 5000, { energy_j: 700 })])
      const range = { metric: 'energy_j', sources: [RIG], together: true, fromMs: START, points: 1 } as const
      const sum = await store.series({ ...range, toMs: START + 10_000 })
      expect(sum.lines[0]).toMatchObject({ values: [1200], mins: null, maxs: null })
      const rate = await store.series({ ...range, toMs: START + 10_000, asRate: true })
      expect(rate.lines[0]!.values).toEqual([120])
    })

    it('have a line of gaps for a source that is not known', async () => {
      const { store } = await opened()
      const { lines } = await store.series({
        metric: 'power_dw',
        sources: [RIG],
        together: false,
        fromMs: START,
        toMs: START + 2000,
        points: 2,
      })
      expect(lines).toEqual([
        { source: RIG, values: [null, null], mins: [null, null], maxs: [null, null], sourceCounts: null },
      ])
    })

    it('of very many rigs show what coarser slots have', async () => {
      const { store } = await opened()
      const rigs = Array.from({ length: 120 }, (_, i) => ({ kind: 'rig', key: `rig-${i}` }) as const)
      await store.record(rigs.flatMap((rig, i) => [sample(START + i * 1000, { power_dw: 10 }, rig)]))
      const widthOf = async (
        hours: number,
        sources: 'rigs' | readonly Sample['source'][],
      ): Promise<number> => {
        const toMs = START + hours * HOUR_MS
        const range = { metric: 'power_dw', together: true, fromMs: START, toMs, points: 1000 } as const
        return (await store.series({ ...range, sources })).bucketMs
      }
      expect(await widthOf(1, 'rigs')).toBe(5000)
      expect(await widthOf(24, 'rigs')).toBe(FIVE_MINUTES_MS)
      expect(await widthOf(24, rigs.slice(0, 1))).toBe(120_000)
      expect(await widthOf(10 * 24, 'rigs')).toBe(HOUR_MS)
      expect(await widthOf(10 * 24, rigs.slice(0, 1))).toBe(900_000)
      expect(await widthOf(300 * 24, 'rigs')).toBe(DAY_MS)
      expect(await widthOf(300 * 24, rigs.slice(0, 1))).toBe(12 * HOUR_MS)
    })

    it('widen to five minutes where the raw samples of the range are gone', async () => {
      const { store } = await opened()
      await store.record([...run(START, 720), ...run(START + DAY_MS, 720)])
      await store.fold(START + 3 * DAY_MS)
      const fine = { metric: 'power_dw', sources: [RIG], together: false, points: 1000 } as const
      const first = { ...fine, fromMs: START, toMs: START + HOUR_MS }
      const second = { ...fine, fromMs: START + DAY_MS, toMs: START + DAY_MS + HOUR_MS }
      expect((await store.series(first)).bucketMs).toBe(5000)
      await store.forgetRaw(START + DAY_MS)
      expect((await store.series(second)).bucketMs).toBe(5000)
      const widened = await store.series(first)
      expect(widened.bucketMs).toBe(FIVE_MINUTES_MS)
      expect(widened.lines[0]!.values[0]).toBeCloseTo(102.95)
      await store.forgetRaw(START + 2 * DAY_MS)
      expect((await store.series(second)).bucketMs).toBe(FIVE_MINUTES_MS)
    })

    it('come to the same from raw samples, five minutes, hours and days', async () => {
      const { store } = await opened()
      const samples = Array.from({ length: 3000 }, (_, i) =>
        sample(START + i * 60_000, { power_dw: (i * 7919) % 1000, energy_j: i }),
      )
      await store.record(samples)
      for (const isFolded of [false, true]) {
        if (isFolded) await store.fold(START + 10 * DAY_MS)
        for (const points of [3000, 1000, 600, 50, 10, 3, 1]) {
          const query = { sources: [RIG], together: false, fromMs: START, toMs: START + 3 * DAY_MS, points }
          const energy = await store.series({ ...query, metric: 'energy_j' })
          expect(energy.lines[0]!.values.reduce((sum: number, value) => sum + (value ?? 0), 0)).toBe(
            (3000 * 2999) / 2,
          )
          const power = await store.series({ ...query, metric: 'power_dw' })
          for (const [i, at] of power.at.entries()) {
            const inside = samples.filter(({ atMs }) => atMs >= at && atMs < at + power.bucketMs)
            const figures = inside.map(({ values }) => values.power_dw!)
            const mean = figures.reduce((sum, value) => sum + value, 0) / figures.length / 10
            if (figures.length === 0) expect(power.lines[0]!.values[i]).toBeNull()
            else {
              expect(power.lines[0]!.values[i]).toBeCloseTo(mean, 9)
              expect(power.lines[0]!.mins![i]).toBe(Math.min(...figures) / 10)
              expect(power.lines[0]!.maxs![i]).toBe(Math.max(...figures) / 10)
            }
          }
        }
      }
    })
  })

  describe('exact sums', () => {
    it('are those of the samples whatever the order, the duplicates and the moments of folding', async () => {
      const anySample = fc.record({
        atMs: fc
          .integer({ min: START / 60_000, max: (START + 3 * DAY_MS) / 60_000 })
          .map((minute) => minute * 60_000),
        energy_j: fc.option(fc.integer({ min: 0, max: 1e11 }), { nil: null }),
        power_dw: fc.option(fc.integer({ min: -100, max: 50_000 }), { nil: null }),
        isOther: fc.boolean(),
      })
      const anyStep = fc.oneof(
        fc.record({ kind: fc.constant('record' as const), samples: fc.array(anySample, { maxLength: 40 }) }),
        fc.record({ kind: fc.constant('again' as const), from: fc.nat(100) }),
        fc.record({
          kind: fc.constant('fold' as const),
          nowMs: fc.integer({ min: START, max: START + 4 * DAY_MS }),
        }),
      )
      const { store } = await opened()
      let runs = 0
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), async (steps) => {
          // Other rigs for each run: a new database would take longer than all else.
          const rigs = [++runs, ++runs].map((number) => ({ kind: 'rig', key: `rig-${number}` }) as const)
          const kept = new Map<string, Sample>()
          const sent: Sample[] = []
          const send = async (samples: readonly Sample[]): Promise<void> => {
            await store.record(samples)
            for (const one of samples) {
              const name = `${one.source.key} ${one.atMs}`
              const isEmpty = Object.values(one.values).every((value) => value === null)
              if (!kept.has(name) && !isEmpty) kept.set(name, one)
            }
          }
          for (const step of steps) {
            if (step.kind === 'fold') await store.fold(step.nowMs)
            else if (step.kind === 'again') await send(sent.slice(step.from, step.from + 20))
            else {
              const samples = step.samples.map(({ atMs, isOther, ...values }) =>
                sample(atMs, values, rigs[isOther ? 1 : 0]),
              )
              sent.push(...samples)
              await send(samples)
            }
          }
          for (const stepMs of [FIVE_MINUTES_MS, HOUR_MS, DAY_MS]) {
            const { edges, sources, damage } = await store.sums({
              metrics: ['energy_j', 'power_dw'],
              sources: rigs,
              steps: { fromMs: START, toMs: START + 4 * DAY_MS, stepMs },
            })
            expect(damage.count).toBe(0)
            for (const source of rigs) {
              for (const column of ['energy_j', 'power_dw'] as const) {
                const own = [...kept.values()].filter((one) => one.source.key === source.key)
                const expected = plainSums(own, column, edges)
                const found = sources.find((one) => one.source.key === source.key)?.sums[column]
                expect(found ?? expected.map(() => null)).toEqual(expected)
              }
            }
          }
        }),
        { numRuns: 25 },
      )
    })

    it('reach from edge to edge as days of a time zone do', async () => {
      const { store } = await opened()
      await store.record(Array.from({ length: 96 }, (_, i) => sample(START + i * 1_800_000, { energy_j: 1 })))
      await store.fold(START + 5 * DAY_MS)
      const sums = async (offsetMs: number): Promise<(number | null)[]> => {
        const edges = [0, DAY_MS, 2 * DAY_MS].map((atMs) => START + atMs - offsetMs)
        const { sources } = await store.sums({ metrics: ['energy_j'], steps: { edges } })
        return sources[0]!.sums.energy_j!.map((slot) => slot?.sum ?? null)
      }
      expect(await sums(0)).toEqual([48, 48])
      // Two hours east, five and a half hours east, eight hours west.
      expect(await sums(2 * HOUR_MS)).toEqual([44, 48])
      expect(await sums(5.5 * HOUR_MS)).toEqual([37, 48])
      expect(await sums(-8 * HOUR_MS)).toEqual([48, 32])
    })

    it('begin and end at whole five minutes and say so', async () => {
      const { store } = await opened()
      await store.record([sample(START, { energy_j: 1 }), sample(START + FIVE_MINUTES_MS, { energy_j: 2 })])
      const { edges, sources } = await store.sums({
        metrics: ['energy_j'],
        steps: { edges: [START + 1, START + FIVE_MINUTES_MS + 299_999] },
      })
      expect(edges).toEqual([START, START + FIVE_MINUTES_MS])
      expect(sources[0]!.sums.energy_j).toEqual([{ sum: 1, count: 1, min: 1, max: 1 }])
    })

    it('refuse edges that do not rise', async () => {
      const { store } = await opened()
      await expect(
        store.sums({ metrics: ['energy_j'], steps: { edges: [START, START - DAY_MS] } }),
      ).rejects.toThrow(RangeError)
    })
  })

  describe('a damaged block', () => {
    const damage = (db: HistoryDb, span: number, metric: number) =>
      db.queries
        .updateTable('series_blocks')
        .set({ bytes: Uint8Array.of(1, 2, 3) })
        .where('span', '=', span)
        .where('metric', '=', metric)
        .where('start', '=', START)
        .execute()

    it('is a gap that is reported, and the rest is served', async () => {
      const { db, store } = await opened()
      await store.record([...run(START, 720), ...run(START + HOUR_MS, 720)])
      await store.fold(START + 2 * HOUR_MS)
      await damage(db, 0, 7)
      const query = {
        metric: 'power_dw',
        sources: [RIG],
        together: false,
        fromMs: START,
        toMs: START + 2 * HOUR_MS,
      } as const
      const raw = await store.series({ ...query, points: 120 })
      expect(raw.lines[0]!.values.map((value) => value === null)).toEqual(
        Array.from({ length: 120 }, (_, i) => i < 60),
      )
      expect(raw.damage).toMatchObject({ count: 1, where: [{ metric: 7, span: 0, startMs: START }] })
      const slots = await store.series({ ...query, points: 24 })
      expect(slots.lines[0]!.values).not.toContain(null)
      expect(slots.damage.count).toBe(0)
    })

    it('of moments takes its hour along', async () => {
      const { db, store } = await opened()
      await store.record(run(START, 720))
      await store.fold(START + HOUR_MS)
      await damage(db, 0, 0)
      const { lines, damage: report } = await store.series({
        metric: 'power_dw',
        sources: [RIG],
        together: false,
        fromMs: START,
        toMs: START + HOUR_MS,
        points: 60,
      })
      expect(lines[0]!.values.every((value) => value === null)).toBe(true)
      expect(report).toMatchObject({ count: 1, where: [{ metric: 0 }] })
    })

    it('is replaced by what is folded into it, and that is said', async () => {
      const { db, store } = await opened()
      await store.record(run(START, 100))
      await store.fold(START + HOUR_MS)
      await damage(db, 1, 7)
      await store.record(run(START + HOUR_MS, 10))
      const { damaged } = await store.fold(START + 2 * HOUR_MS)
      expect(damaged).toMatchObject([{ metric: 7, span: 1, startMs: START }])
      const { sources } = await store.sums({
        metrics: ['power_dw'],
        steps: { fromMs: START, toMs: START + 2 * HOUR_MS, stepMs: FIVE_MINUTES_MS },
      })
      expect(sources[0]!.sums.power_dw!.map((slot) => slot?.count ?? 0).slice(0, 13)).toEqual([
        ...Array.from({ length: 12 }, () => 0),
        10,
      ])
    })
  })

  describe('sources', () => {
    it('are listed with the time they were seen and the key that the proxy knows them by', async () => {
      const { store } = await opened()
      await store.record([...run(START, 100), ...run(START + 2 * DAY_MS, 2, METER)])
      await store.linkRig(RIG.key, 'rig-key-1')
      await store.linkRig('never seen', 'rig-key-2')
      const before = await store.sources()
      expect(before).toEqual([
        { ...RIG, rigKey: 'rig-key-1', firstMs: START, lastMs: START + 99 * 5000 },
        { ...METER, rigKey: null, firstMs: START + 2 * DAY_MS, lastMs: START + 2 * DAY_MS + 5000 },
        { kind: 'rig', key: 'never seen', rigKey: 'rig-key-2', firstMs: null, lastMs: null },
      ])
      await store.fold(START + 3 * DAY_MS)
      expect(await store.sources()).toMatchObject([
        { firstMs: START, lastMs: START + FIVE_MINUTES_MS },
        { firstMs: START + 2 * DAY_MS, lastMs: START + 2 * DAY_MS },
        { firstMs: null },
      ])
    })
  })
})

function plainSums(
  samples: readonly Sample[],
  column: MetricColumn,
  edges: readonly number[],
): (Slot | null)[] {
  return edges.slice(1).map((toMs, i) => {
    const figures = samples.flatMap(({ atMs, values }) => {
      const value = values[column] ?? null
      return value !== null && atMs >= edges[i]! && atMs < toMs ? [value] : []
    })
    if (figures.length === 0) return null
    return {
      sum: Number(figures.reduce((sum, value) => sum + BigInt(value), 0n)),
      count: figures.length,
      min: Math.min(...figures),
      max: Math.max(...figures),
    }
  })
}
