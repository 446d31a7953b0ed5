/** A history in memory behind the api: a rig, an event, a backup. */
import { type HistoryCalls, type KeepingCalls } from '../../src-main/api/index.ts'
import { HeadframeError } from '../../src-main/base/index.ts'
import {
  type HistoryBackup,
  type KeepingState,
  type Retention,
  type RigAnalysis,
} from '../../src-preload/contract/index.ts'
import { CountedValueView } from './counted-views.ts'

type Reach = (name: string, input: unknown) => Promise<void>

const RETENTION: Retention = {
  rawDays: 14,
  shareMinuteDays: 14,
  budgetMegabytes: null,
  backupEvery: 'day',
  keepDaily: 3,
  keepWeekly: 4,
}

const BACKUP: HistoryBackup = {
  name: 'history-1.sqlite',
  at: 5,
  bytes: 4096,
  kind: 'by-hand',
  verified: true,
}

const ANALYSIS: RigAnalysis = {
  rigId: '02:00:00:00:00:01',
  name: 'Attic',
  coveredMs: 3_600_000,
  coveredRatio: 1,
  reachableRatio: 0.99,
  hashingRatio: 0.9,
  hashrateHs: 1.2e12,
  expectedHs: 1.25e12,
  ofExpectedRatio: 0.96,
  shareHashrateHs: null,
  energyKwh: 0.018,
  powerW: 18,
  efficiencyJTh: 15,
  chipMaxC: 61,
  restarts: 1,
  shares: { valid: 10, acknowledged: 9, rejected: 1, stale: 0, lost: 0 },
  rejects: [{ reason: 'stale-share', count: 1 }],
}

function keepingState(retention: Retention, backups: HistoryBackup[]): KeepingState {
  return {
    database: { kind: 'sqlite', where: 'history.sqlite', version: 4 },
    writing: true,
    problem: null,
    sizeBytes: 8192,
    parts: [{ part: 'raw', bytes: 4096, from: 1 }],
    yearForecastBytes: null,
    freeBytes: 1e9,
    retention,
    effectiveRawDays: retention.rawDays,
    backups,
    backupsBy: 'headframe',
    task: null,
  }
}

export class FakeHistory {
  readonly #reach: Reach
  readonly state = new CountedValueView<KeepingState>(keepingState(RETENTION, []))
  readonly calls: HistoryCalls
  readonly keeping: KeepingCalls

  constructor(reach: Reach) {
    this.#reach = reach
    this.calls = this.#historyCalls()
    this.keeping = this.#keepingCalls()
  }

  get followers(): number {
    return this.state.followers
  }

  #historyCalls(): HistoryCalls {
    const reach = this.#reach
    return {
      async series(query) {
        await reach('history', query)
        const points = [
          { at: query.from ?? 0, value: 1e12 },
          { at: (query.from ?? 0) + 60_000, value: null },
        ]
        return { metric: query.metric, bucketMs: 60_000, points }
      },
      async explore(query) {
        await reach('explore', query)
        const { metric } = query.lines[0]!
        const columns = { mean: [1, null], min: [0, null], max: [2, null], rigCount: null }
        const series = [{ line: 0, rig: null, name: 'All rigs', metric, unit: 'W' as const, ...columns }]
        return { bucketMs: 1000, at: [query.from, query.from + 1000], series, damaged: 0 }
      },
      async sources() {
        await reach('sources', null)
        const seen = { present: true, firstAt: 1, lastAt: 2 }
        return [{ id: ANALYSIS.rigId, kind: 'rig', name: 'Attic', rigKey: 'r1', ...seen }]
      },
      async events(query) {
        await reach('events', query)
        const text = 'North serves from here on.'
        return [{ id: '1', at: query.from ?? 0, kind: 'pool-switch', rigId: null, subject: 'North', text }]
      },
      async analysis({ from = 0, to = 1 }) {
        await reach('analysis', { from, to })
        const { rigId: _id, name: _name, ...farm } = ANALYSIS
        return { from, to, rigs: [ANALYSIS], farm }
      },
    }
  }

  #keepingCalls(): KeepingCalls {
    const reach = this.#reach
    const { state } = this
    const change = (changes: Partial<KeepingState>): KeepingState => {
      state.set({ ...state.value, ...changes })
      return state.value
    }
    const requireBackup = (name: string): HistoryBackup => {
      const backup = state.value.backups.find((candidate) => candidate.name === name)
      if (!backup) throw new HeadframeError('history/no-such-backup', 'There is no such backup.')
      return backup
    }
    return {
      state,
      async read() {
        await reach('keeping', null)
        return state.value
      },
      async configure(retention) {
        await reach('configureKeeping', retention)
        return change({ retention })
      },
      async backup() {
        await reach('backup', null)
        change({ backups: [BACKUP] })
        return BACKUP
      },
      async removeBackup(name) {
        await reach('removeBackup', name)
        requireBackup(name)
        change({ backups: [] })
      },
      async verify(backup) {
        await reach('verify', backup)
        if (backup !== null) requireBackup(backup)
        return { of: backup ?? 'history.sqlite', sound: true, problems: [], checkedBytes: 8192, tookMs: 3 }
      },
      async restore(name) {
        await reach('restore', name)
        requireBackup(name)
        return { from: name, keptAside: 'history.before.sqlite', lost: 'An hour is not in it.' }
      },
      async export(query) {
        await reach('export', query)
        return { text: 'day\r\n', rows: 0, cursor: null }
      },
      async testDatabase(draft) {
        await reach('testDatabase', draft)
        return { ok: true, steps: [{ step: 'connect', ok: true, detail: 'PostgreSQL 15' }] }
      },
      async useDatabase(draft) {
        await reach('useDatabase', draft)
        return { restartNeeded: true }
      },
    }
  }
}
