/** The procedures of history and of its keeping over a pretend core. */
import { implement } from '@orpc/server'
import { contract, type ExploreSeries } from '../../src-preload/contract/index.ts'
import type { PretendCore } from './pretend-core.ts'

export function pretendHistoryRouter(core: PretendCore) {
  const os = implement(contract)
  return {
    history: {
      series: os.history.series.handler(({ input }) => {
        const to = input.to ?? core.now()
        const from = input.from ?? to - 3_600_000
        return {
          metric: input.metric,
          bucketMs: 60_000,
          points: core.history(from, to, input.points, { metric: input.metric, rig: input.rig }),
        }
      }),
      explore: os.history.explore.handler(async ({ input }) => {
        if (!core.explored.yields) return core.explored.explore(input)
        const series: ExploreSeries[] = []
        for (const [place, line] of input.lines.entries()) {
          await new Promise((next) => setTimeout(next, 8))
          const one = core.explored.explore({ ...input, lines: [line] })
          series.push(...one.series.map((each) => ({ ...each, line: place })))
        }
        return { ...core.explored.explore({ ...input, lines: [] }), series }
      }),
      sources: os.history.sources.handler(() => core.explored.sources()),
      events: os.history.events.handler(({ input }) =>
        core.explored.events({ ...input, from: input.from ?? 0, to: input.to ?? Date.now() }),
      ),
      analysis: os.history.analysis.handler(({ input }) =>
        core.explored.analysis(input.from ?? 0, input.to ?? Date.now(), input.rig),
      ),
    },
    keeping: {
      state: os.keeping.state.handler(() => core.keeping.value.value),
      live: os.keeping.live.handler(({ signal }) => core.keeping.value.open(signal)),
      configure: os.keeping.configure.handler(({ input }) => core.keeping.configure(input)),
      backup: os.keeping.backup.handler(() => core.keeping.backup()),
      removeBackup: os.keeping.removeBackup.handler(({ input }) => core.keeping.remove(input.name)),
      verify: os.keeping.verify.handler(({ input }) => core.keeping.verify(input.backup)),
      restore: os.keeping.restore.handler(({ input }) => core.keeping.restore(input.name)),
      export: os.keeping.export.handler(({ input }) => core.keeping.export(input)),
      testDatabase: os.keeping.testDatabase.handler(() => core.keeping.databaseTest),
      useDatabase: os.keeping.useDatabase.handler(({ input }) => core.keeping.useDatabase(input)),
    },
  }
}
