/** The contract, implemented on a `Core`. Knows no transport. */
import { implement } from '@orpc/server'
import { contract } from '../../src-preload/contract/index.ts'
import { HeadframeError } from '../base/index.ts'
import { type Core, type PracticeControl } from './core.ts'
import { deviceRoutes } from './device-routes.ts'
import { historyRoutes } from './history-routes.ts'
import { moneyRoutes } from './money-routes.ts'

/** What the router needs of each request: nothing; callers were let in before. */
export type ApiContext = Record<never, never>

export type ApiRouter = ReturnType<typeof createRouter>

function practiceOf(core: Core): PracticeControl {
  if (core.practice) return core.practice
  throw new HeadframeError('practice/off', 'The practice farm is not running: start with --practice.')
}

export function createRouter(core: Core) {
  const os = implement(contract)
  return os.router({
    app: {
      health: os.app.health.handler(() => core.health()),
      info: os.app.info.handler(() => core.info()),
      dismissNotice: os.app.dismissNotice.handler(({ input }) => core.dismissNotice(input.id)),
    },
    overview: {
      get: os.overview.get.handler(() => core.overview.value),
      live: os.overview.live.handler(({ signal }) => core.overview.follow(signal)),
    },
    pools: {
      list: os.pools.list.handler(() => core.pools.items),
      live: os.pools.live.handler(({ signal }) => core.pools.follow(signal)),
      create: os.pools.create.handler(({ input }) => core.poolDesk.create(input)),
      update: os.pools.update.handler(({ input: { id, ...patch } }) => core.poolDesk.update(id, patch)),
      remove: os.pools.remove.handler(({ input }) => core.poolDesk.remove(input.id)),
      activate: os.pools.activate.handler(({ input }) => core.poolDesk.activate(input.id)),
      test: os.pools.test.handler(({ input }) => core.poolDesk.test(input)),
      testLive: os.pools.testLive.handler(({ input, signal }) => core.poolDesk.testLive(input, signal)),
      presets: os.pools.presets.handler(() => [...core.poolDesk.presets]),
    },
    downstreams: {
      list: os.downstreams.list.handler(() => core.downstreams.items),
      live: os.downstreams.live.handler(({ signal }) => core.downstreams.follow(signal)),
    },
    rigs: {
      list: os.rigs.list.handler(() => core.rigs.rigs.items),
      live: os.rigs.live.handler(({ signal }) => core.rigs.rigs.follow(signal)),
      get: os.rigs.get.handler(({ input }) => core.rigs.detail(input.id)),
      detailLive: os.rigs.detailLive.handler(({ input, signal }) => core.rigs.followDetail(input.id, signal)),
      update: os.rigs.update.handler(({ input: { id, ...patch } }) => core.rigs.update(id, patch)),
      remove: os.rigs.remove.handler(({ input }) => core.rigs.remove(input.id)),
      refresh: os.rigs.refresh.handler(({ input }) => core.rigs.refresh(input.id)),
      raw: os.rigs.raw.handler(({ input }) => core.rigs.raw(input.id)),
      act: os.rigs.act.handler(({ input: { id, action, dryRun, ...given } }) =>
        core.runs.act(id, action, given, dryRun),
      ),
      import: os.rigs.import.handler(({ input }) => core.rigs.import(input.text, input.dryRun)),
      setCredentials: os.rigs.setCredentials.handler(({ input: { username, password, ...target } }) =>
        core.rigs.setCredentials(target, username, password),
      ),
      removeCredentials: os.rigs.removeCredentials.handler(({ input }) => core.rigs.removeCredentials(input)),
      useFactoryLogin: os.rigs.useFactoryLogin.handler(({ input }) => core.rigs.useFactoryLogin(input.id)),
      template: os.rigs.template.handler(() => ({ workerTemplate: core.rigs.workerTemplate })),
      setTemplate: os.rigs.setTemplate.handler(async ({ input }) => {
        await core.rigs.setWorkerTemplate(input.workerTemplate)
        return { workerTemplate: core.rigs.workerTemplate }
      }),
    },
    rigGroups: {
      list: os.rigGroups.list.handler(() => core.rigs.groups.items),
      live: os.rigGroups.live.handler(({ signal }) => core.rigs.groups.follow(signal)),
      create: os.rigGroups.create.handler(({ input }) => core.rigs.createGroup(input.name)),
      update: os.rigGroups.update.handler(({ input }) => core.rigs.renameGroup(input.id, input.name)),
      remove: os.rigGroups.remove.handler(({ input }) => core.rigs.removeGroup(input.id)),
    },
    runs: {
      start: os.runs.start.handler(({ input }) => core.runs.start(input)),
      list: os.runs.list.handler(() => core.runs.runs.items),
      live: os.runs.live.handler(({ signal }) => core.runs.runs.follow(signal)),
      get: os.runs.get.handler(({ input }) => core.runs.get(input.id)),
      stop: os.runs.stop.handler(({ input }) => core.runs.stop(input.id)),
      undo: os.runs.undo.handler(({ input }) => core.runs.undo(input.id)),
    },
    scans: {
      suggestions: os.scans.suggestions.handler(() => core.scans.suggestions()),
      start: os.scans.start.handler(({ input }) => core.scans.start(input)),
      get: os.scans.get.handler(({ input }) => core.scans.get(input.id)),
      live: os.scans.live.handler(({ input, signal }) => core.scans.follow(input.id, signal)),
      stop: os.scans.stop.handler(({ input }) => core.scans.stop(input.id)),
    },
    tuning: {
      list: os.tuning.list.handler(() => core.tuning.tuning.items),
      live: os.tuning.live.handler(({ signal }) => core.tuning.tuning.follow(signal)),
      start: os.tuning.start.handler(({ input: { id, ...draft } }) => core.tuning.start(id, draft)),
      stop: os.tuning.stop.handler(({ input }) => core.tuning.stop(input.id, input.keep)),
      revert: os.tuning.revert.handler(({ input }) => core.tuning.revert(input.id)),
    },
    jobs: {
      current: os.jobs.current.handler(() => core.traffic.job(null)),
      ofPool: os.jobs.ofPool.handler(({ input }) => core.traffic.job(input.id)),
      timeline: os.jobs.timeline.handler(() => core.traffic.readTimeline()),
      timelineLive: os.jobs.timelineLive.handler(({ signal }) => core.traffic.timeline.follow(signal)),
    },
    warnings: {
      list: os.warnings.list.handler(() => core.traffic.warnings.items),
      live: os.warnings.live.handler(({ signal }) => core.traffic.warnings.follow(signal)),
    },
    routing: {
      get: os.routing.get.handler(() => core.routing.value),
      live: os.routing.live.handler(({ signal }) => core.routing.follow(signal)),
      set: os.routing.set.handler(({ input }) => core.setRouting(input)),
    },
    traffic: {
      links: os.traffic.links.handler(() => core.traffic.readLinks()),
      linksLive: os.traffic.linksLive.handler(({ signal }) => core.traffic.links.follow(signal)),
      framesLive: os.traffic.framesLive.handler(({ input, signal }) => core.traffic.frames(input.id, signal)),
      bandwidth: os.traffic.bandwidth.handler(() => core.traffic.bandwidth()),
    },
    audit: {
      state: os.audit.state.handler(() => core.audit.state()),
      configure: os.audit.configure.handler(({ input }) => core.audit.configure(input)),
      query: os.audit.query.handler(({ input }) => core.audit.query(input)),
      export: os.audit.export.handler(({ input }) => core.audit.export(input)),
    },
    blocks: { list: os.blocks.list.handler(() => core.blocks()) },
    devices: deviceRoutes(core),
    ...historyRoutes(core),
    ...moneyRoutes(core),
    practice: {
      state: os.practice.state.handler(() => practiceOf(core).state()),
      trigger: os.practice.trigger.handler(({ input }) => practiceOf(core).trigger(input.event)),
    },
  })
}
