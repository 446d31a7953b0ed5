/** The contract's procedures on what was recorded, implemented on a `Core`. */
import { implement } from '@orpc/server'
import { contract } from '../../src-preload/contract/index.ts'
import { type Core } from './core.ts'

const os = implement(contract)

export function historyRoutes(core: Core) {
  return {
    history: os.history.router({
      series: os.history.series.handler(({ input }) => core.history.series(input)),
      explore: os.history.explore.handler(({ input }) => core.history.explore(input)),
      sources: os.history.sources.handler(() => core.history.sources()),
      events: os.history.events.handler(({ input }) => core.history.events(input)),
      analysis: os.history.analysis.handler(({ input }) => core.history.analysis(input)),
    }),
    keeping: os.keeping.router({
      state: os.keeping.state.handler(() => core.keeping.read()),
      live: os.keeping.live.handler(({ signal }) => core.keeping.state.follow(signal)),
      configure: os.keeping.configure.handler(({ input }) => core.keeping.configure(input)),
      backup: os.keeping.backup.handler(() => core.keeping.backup()),
      removeBackup: os.keeping.removeBackup.handler(({ input }) => core.keeping.removeBackup(input.name)),
      verify: os.keeping.verify.handler(({ input }) => core.keeping.verify(input.backup ?? null)),
      restore: os.keeping.restore.handler(({ input }) => core.keeping.restore(input.name)),
      export: os.keeping.export.handler(({ input }) => core.keeping.export(input)),
      testDatabase: os.keeping.testDatabase.handler(({ input }) => core.keeping.testDatabase(input)),
      useDatabase: os.keeping.useDatabase.handler(({ input }) => core.keeping.useDatabase(input)),
    }),
  }
}
