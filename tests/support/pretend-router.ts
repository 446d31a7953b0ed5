/** The contract implemented over a pretend core: what each procedure reads and changes there. */
import { implement, ORPCError } from '@orpc/server'
import { contract, type AuditRecord, type PoolTest } from '../../src-preload/contract/index.ts'
import type { PretendCore } from './pretend-core.ts'
import { pretendDevicesRouter } from './pretend-devices.ts'
import { pretendEarningsRoutes } from './pretend-earnings-router.ts'
import { pretendPool } from './pretend-farm.ts'
import { pretendHistoryRouter } from './pretend-history-router.ts'

const failure = (
  status: 'BAD_REQUEST' | 'NOT_FOUND' | 'CONFLICT',
  code: string,
  message: string,
  context: Record<string, string | null> = {},
): ORPCError<string, unknown> => new ORPCError(status, { message, data: { code, context } })

/** The parts of a pool URL that the real core checks, as far as screens need to see it happen. */
function checkUrl(url: string): void {
  if (!url.includes('://'))
    throw failure(
      'BAD_REQUEST',
      'pool/invalid-url',
      'The pool URL has no scheme. Start it with stratum2+tcp:// or stratum+tcp://',
      { field: 'url', part: 'scheme', suggestion: `stratum+tcp://${url}` },
    )
}

/** The test as far as it came, step by step. */
async function* tell(
  test: PoolTest,
  stepMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PoolTest, void, void> {
  yield { ok: false, done: false, steps: [], problem: null }
  for (let length = 1; length <= test.steps.length; length++) {
    if (stepMs > 0) await new Promise((next) => setTimeout(next, stepMs))
    if (signal?.aborted === true) return
    if (length < test.steps.length)
      yield { ok: false, done: false, steps: test.steps.slice(0, length), problem: null }
  }
  yield test
}

function matches(record: AuditRecord, query: Partial<Record<keyof AuditRecord | 'from' | 'to', unknown>>) {
  if (typeof query.from === 'number' && record.at < query.from) return false
  if (typeof query.to === 'number' && record.at > query.to) return false
  for (const key of ['side', 'direction', 'kind'] as const)
    if (query[key] !== undefined && record[key] !== query[key]) return false
  const text = typeof query.text === 'string' ? query.text.toLowerCase() : ''
  return `${record.name} ${record.linkName} ${record.text}`.toLowerCase().includes(text)
}

const CHUNK_RECORDS = 200

function asText(records: readonly AuditRecord[], format: 'ndjson' | 'csv'): string {
  if (format === 'ndjson') return records.map((record) => `${JSON.stringify(record)}\n`).join('')
  const cell = (value: unknown): string => `"${String(value).replaceAll('"', '""')}"`
  return records.map((record) => `${Object.values(record).map(cell).join(',')}\n`).join('')
}

export function pretendRouter(core: PretendCore) {
  const os = implement(contract)
  return os.router({
    app: {
      health: os.app.health.handler(() => ({ status: 'ok', version: core.info.version, uptimeMs: 1 })),
      info: os.app.info.handler(() => core.info),
      dismissNotice: os.app.dismissNotice.handler(({ input }) => {
        core.info = { ...core.info, notices: core.info.notices.filter((notice) => notice.id !== input.id) }
      }),
    },
    overview: {
      get: os.overview.get.handler(() => core.overview),
      live: os.overview.live.handler(({ signal }) => core.overviewValue.open(signal)),
    },
    pools: {
      list: os.pools.list.handler(() => core.pools.all),
      live: os.pools.live.handler(({ signal }) => core.pools.open(signal)),
      create: os.pools.create.handler(({ input }) => {
        checkUrl(input.url)
        const { password, ...draft } = input
        const given = Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined))
        const pool = pretendPool({
          ...given,
          id: `pool-${core.pools.all.length + 1}`,
          hasPassword: (password ?? '') !== '',
          priority: core.pools.all.length,
          protocol: /^(stratum2|sv2)/.test(input.url) ? 'stratum-v2' : 'stratum-v1',
          encrypted: !/^stratum\+(tcp|ws):/.test(input.url),
        })
        core.pools.change([pool])
        return pool
      }),
      update: os.pools.update.handler(({ input }) => {
        const { id, password, priority, ...patch } = input
        if (patch.url !== undefined) checkUrl(patch.url)
        const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
        const hasPassword = password === undefined ? core.requirePool(id).hasPassword : password !== ''
        core.pools.change([{ ...core.requirePool(id), ...given, hasPassword }])
        if (priority !== undefined) {
          const order = core.pools.all
            .filter((pool) => pool.id !== id)
            .sort((a, b) => a.priority - b.priority)
          order.splice(priority, 0, core.requirePool(id))
          core.pools.change(order.map((pool, index) => ({ ...pool, priority: index })))
        }
        return core.requirePool(id)
      }),
      remove: os.pools.remove.handler(({ input }) => {
        if (core.requirePool(input.id).active)
          throw failure(
            'CONFLICT',
            'pool/active',
            'Rigs work for this pool now. Switch to another pool first, then remove it.',
          )
        core.pools.change([], [input.id])
      }),
      activate: os.pools.activate.handler(({ input }) => core.activate(input.id)),
      test: os.pools.test.handler(() => core.poolTest),
      testLive: os.pools.testLive.handler(({ input, signal }) => {
        checkUrl(input.url)
        return tell(core.poolTest, core.testStepMs, signal)
      }),
      presets: os.pools.presets.handler(() => core.presets),
    },
    downstreams: {
      list: os.downstreams.list.handler(() => core.rigs.all),
      live: os.downstreams.live.handler(({ signal }) => core.rigs.open(signal)),
    },
    rigs: {
      list: os.rigs.list.handler(() => core.fleet.rigs.all),
      live: os.rigs.live.handler(({ signal }) => core.fleet.rigs.open(signal)),
      get: os.rigs.get.handler(({ input }) => core.fleet.detail(input.id)),
      detailLive: os.rigs.detailLive.handler(({ input, signal }) => {
        core.fleet.requireRig(input.id)
        return core.fleet.watchDetail(input.id, signal)
      }),
      update: os.rigs.update.handler(({ input: { id, ...patch } }) => core.fleet.update(id, patch)),
      remove: os.rigs.remove.handler(({ input }) => core.fleet.remove(input.id)),
      refresh: os.rigs.refresh.handler(({ input }) => core.fleet.change(input.id, { readAt: core.now() })),
      raw: os.rigs.raw.handler(({ input }) => core.fleet.rawOf(input.id)),
      act: os.rigs.act.handler(({ input: { id, ...order } }) => {
        const run = core.fleet.startRun({
          ...order,
          rigIds: [id],
          batchSize: 1,
          pauseMs: 0,
          stopAfterFailures: 1,
        })
        return run.items[0]!
      }),
      import: os.rigs.import.handler(({ input }) => core.fleet.importList(input.text, input.dryRun)),
      setCredentials: os.rigs.setCredentials.handler(({ input }) =>
        core.fleet.useLogin(input.scope, input.id, input.username, input.password),
      ),
      removeCredentials: os.rigs.removeCredentials.handler(({ input }) =>
        core.fleet.forgetLogin(input.scope, input.id),
      ),
      useFactoryLogin: os.rigs.useFactoryLogin.handler(({ input }) => {
        core.fleet.useLogin('rig', input.id, 'root', 'factory')
        return core.fleet.requireRig(input.id)
      }),
      template: os.rigs.template.handler(() => ({ workerTemplate: core.fleet.workerTemplate })),
      setTemplate: os.rigs.setTemplate.handler(({ input }) => {
        core.fleet.workerTemplate = input.workerTemplate
        return input
      }),
    },
    rigGroups: {
      list: os.rigGroups.list.handler(() => core.fleet.groups.all),
      live: os.rigGroups.live.handler(({ signal }) => core.fleet.groups.open(signal)),
      create: os.rigGroups.create.handler(({ input }) => core.fleet.putGroup(null, input.name)),
      update: os.rigGroups.update.handler(({ input }) => core.fleet.putGroup(input.id, input.name)),
      remove: os.rigGroups.remove.handler(({ input }) => core.fleet.removeGroup(input.id)),
    },
    runs: {
      start: os.runs.start.handler(({ input }) => core.fleet.startRun(input)),
      list: os.runs.list.handler(() => core.fleet.runs.all),
      live: os.runs.live.handler(({ signal }) => core.fleet.runs.open(signal)),
      get: os.runs.get.handler(({ input }) => core.fleet.requireRun(input.id)),
      stop: os.runs.stop.handler(({ input }) => core.fleet.stopRun(input.id)),
      undo: os.runs.undo.handler(({ input }) => core.fleet.undoRun(input.id)),
    },
    scans: {
      suggestions: os.scans.suggestions.handler(() => core.fleet.suggestions),
      start: os.scans.start.handler(({ input }) => core.fleet.startScan(input)),
      get: os.scans.get.handler(({ input }) => core.fleet.requireScan(input.id).value),
      live: os.scans.live.handler(({ input, signal }) => core.fleet.requireScan(input.id).open(signal)),
      stop: os.scans.stop.handler(({ input }) => core.fleet.stopScan(input.id)),
    },
    tuning: {
      list: os.tuning.list.handler(() => core.fleet.tunings.all),
      live: os.tuning.live.handler(({ signal }) => core.fleet.tunings.open(signal)),
      start: os.tuning.start.handler(({ input }) => core.fleet.startTuning(input.id, input.goal)),
      stop: os.tuning.stop.handler(({ input }) =>
        core.fleet.endTuning(input.id, input.keep === 'best' ? 'stopped' : 'reverted'),
      ),
      revert: os.tuning.revert.handler(({ input }) => core.fleet.endTuning(input.id, 'reverted')),
    },
    jobs: {
      current: os.jobs.current.handler(() => core.job),
      ofPool: os.jobs.ofPool.handler(({ input }) => {
        const pool = core.requirePool(input.id)
        return core.jobs.get(pool.id) ?? (pool.active ? core.job : null)
      }),
      timeline: os.jobs.timeline.handler(() => core.timeline.value),
      timelineLive: os.jobs.timelineLive.handler(({ signal }) => core.timeline.open(signal)),
    },
    warnings: {
      list: os.warnings.list.handler(() => core.warnings.all),
      live: os.warnings.live.handler(({ signal }) => core.warnings.open(signal)),
    },
    routing: {
      get: os.routing.get.handler(() => core.routing.value),
      live: os.routing.live.handler(({ signal }) => core.routing.open(signal)),
      set: os.routing.set.handler(({ input }) => core.setRouting(input)),
    },
    traffic: {
      links: os.traffic.links.handler(() => core.links.all),
      linksLive: os.traffic.linksLive.handler(({ signal }) => core.links.open(signal)),
      framesLive: os.traffic.framesLive.handler(({ input, signal }) => {
        if (core.links.find(input.id) === undefined)
          throw failure('NOT_FOUND', 'link/unknown', 'This connection has ended.')
        return core.watchFrames(input.id, signal)
      }),
      bandwidth: os.traffic.bandwidth.handler(() => core.bandwidth),
    },
    audit: {
      state: os.audit.state.handler(() => core.auditState),
      configure: os.audit.configure.handler(({ input }) => {
        core.auditState = { ...core.auditState, settings: input }
        return core.auditState
      }),
      query: os.audit.query.handler(({ input }) => {
        const found = core.auditRecords.filter((record) => matches(record, input))
        const from = Number(input.cursor ?? 0)
        const end = from + input.limit
        return { records: found.slice(from, end), nextCursor: end < found.length ? String(end) : null }
      }),
      export: os.audit.export.handler(({ input }) => {
        const found = core.auditRecords.filter((record) => matches(record, input))
        const from = Number(input.cursor ?? 0)
        const end = from + CHUNK_RECORDS
        return {
          text: asText(found.slice(from, end), input.format),
          nextCursor: end < found.length ? String(end) : null,
        }
      }),
    },
    blocks: { list: os.blocks.list.handler(() => core.blocks) },
    devices: pretendDevicesRouter(core.devices),
    ...pretendHistoryRouter(core),
    ...pretendEarningsRoutes(core.earnings),
    practice: {
      state: os.practice.state.handler(() => {
        if (core.practice === null) throw failure('NOT_FOUND', 'practice/off', 'Not practising.')
        return core.practice
      }),
      trigger: os.practice.trigger.handler(() => {
        if (core.practice === null) throw failure('NOT_FOUND', 'practice/off', 'Not practising.')
        core.practice = { ...core.practice, chainHeight: core.practice.chainHeight + 1 }
        return core.practice
      }),
    },
  })
}
