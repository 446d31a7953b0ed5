/**
 * The fleet of a pretend core: known rigs and what else is on the network, scans that progress, runs that write, verify
 * and can be undone, groups, logins. It behaves as the contract says and talks to nobody.
 */
import { ORPCError } from '@orpc/server'
import type {
  FleetGroup,
  Rig,
  RigAction,
  RigDetail,
  RigRawReplies,
  Run,
  RunItem,
  Scan,
  ScanFind,
  ScanSuggestion,
  Tuning,
} from '../../src-preload/contract/index.ts'
import { PRETEND_GROUPS, PRETEND_STRANGERS, pretendRigDetail } from './pretend-fleet-rigs.ts'
import { bestPretendTrial, PRETEND_TRIALS, pretendRaw, pretendTrial } from './pretend-rig-page.ts'
import { PretendList, PretendValue } from './pretend-streams.ts'

export interface PretendFleetOptions {
  now: () => number
  rigs?: readonly Rig[]
  /** On the network and not known yet: what a scan finds. */
  hidden?: readonly Rig[]
  groups?: readonly FleetGroup[]
  /** Whether a scan also meets what is no rig for Bitcoin. */
  strangers?: boolean
}

/** What a run is told, after the contract has filled in its defaults. */
interface RunOrder {
  action: RigAction
  rigIds: string[]
  dryRun: boolean
  batchSize: number
  pauseMs: number
  stopAfterFailures: number
  poolId?: string | undefined
  mode?: string | undefined
  watts?: number | undefined
  on?: boolean | undefined
}

interface ScanOrder {
  targets: string[]
  mdns: boolean
  reports: boolean
  listenSeconds: number
}

const WRITE_MS = 600
const VERIFY_MS = 1400
const SCAN_STEP_MS = 120
const HERE = 'stratum+tcp://192.0.2.10:3333'

const refuse = (
  status: 'BAD_REQUEST' | 'NOT_FOUND',
  code: string,
  message: string,
  context: Record<string, string> = {},
): ORPCError<string, unknown> => new ORPCError(status, { message, data: { code, context } })

const TARGET =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2}|-\d{1,3}(?:\.\d{1,3}){0,3})?|[a-z][a-z0-9.-]*)(?::\d{1,5}(?:-\d{1,5})?)?$/i

function addressesIn(target: string): number {
  const prefix = /\/(\d+)$/.exec(target)?.[1]
  if (prefix !== undefined) return Math.max(1, 2 ** (32 - Number(prefix)) - 2)
  return 1
}

export class PretendFleet {
  readonly rigs = new PretendList<Rig>()
  readonly groups = new PretendList<FleetGroup>()
  readonly runs = new PretendList<Run>()
  readonly tunings = new PretendList<Tuning>()
  readonly scans = new Map<string, PretendValue<Scan>>()
  hidden: Rig[]
  suggestions: ScanSuggestion[] = [
    { target: '192.0.2.0/24', label: 'Ethernet, 192.0.2.10', addresses: 254, preferred: true },
    { target: '198.51.100.0/24', label: 'Wi-Fi, 198.51.100.7', addresses: 254, preferred: false },
  ]
  workerTemplate = '{worker}'
  /** Logins that were stored, by `scope/id`; passwords go in and never out. */
  readonly logins = new Map<string, { username: string; password: string }>()
  /** Rigs whose writes fail, and in which words. */
  readonly failing = new Map<string, string>()
  /** Rigs that say yes and then show no proof. */
  readonly unproven = new Set<string>()
  /** Details that differ from what follows from the rig. */
  readonly details = new Map<string, Partial<RigDetail>>()
  /** Raw replies that differ from the usual ones. */
  readonly raws = new Map<string, RigRawReplies>()
  /** How long each setting of a tuning seems to be watched. */
  tuningStepMs = 1500
  readonly #strangers: boolean
  readonly #now: () => number
  readonly #before = new Map<string, Map<string, Rig>>()
  readonly #stopped = new Set<string>()

  constructor(options: PretendFleetOptions) {
    this.#now = options.now
    this.#strangers = options.strangers ?? true
    this.hidden = [...(options.hidden ?? [])]
    this.rigs.change(options.rigs ?? [])
    this.groups.change(options.groups ?? PRETEND_GROUPS.map((group) => ({ ...group, rigCount: 0 })))
    this.#countGroups()
  }

  // ---- rigs ---------------------------------------------------------------------------------------

  requireRig(id: string): Rig {
    const rig = this.rigs.find(id)
    if (rig !== undefined) return rig
    throw refuse(
      'NOT_FOUND',
      'rig/unknown',
      'There is no such rig. It may have been removed in another window.',
    )
  }

  change(id: string, change: Partial<Rig>): Rig {
    const rig = { ...this.requireRig(id), ...change }
    this.rigs.change([rig])
    return rig
  }

  detail(id: string): RigDetail {
    return pretendRigDetail(this.requireRig(id), this.details.get(id))
  }

  /** The detail again whenever the list of rigs changed. */
  async *watchDetail(
    id: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ revision: number; value: RigDetail }, void, void> {
    let revision = 1
    for await (const _event of this.rigs.open(signal)) yield { revision: revision++, value: this.detail(id) }
  }

  update(
    id: string,
    patch: {
      name?: string | undefined
      notes?: string | undefined
      place?: { room?: string | undefined; shelf?: string | undefined } | undefined
      groupId?: string | null | undefined
    },
  ): Rig {
    const rig = this.requireRig(id)
    const group = patch.groupId == null ? null : this.groups.find(patch.groupId)
    const place = {
      room: patch.place?.room ?? rig.place.room,
      shelf: patch.place?.shelf ?? rig.place.shelf,
    }
    const name = patch.name ?? rig.name
    const changed = this.change(id, {
      name: name === '' ? (rig.hostname ?? rig.address) : name,
      namedByPerson: patch.name === undefined ? rig.namedByPerson : name !== '',
      notes: patch.notes ?? rig.notes,
      place,
      group:
        patch.groupId === undefined ? rig.group : group == null ? null : { id: group.id, name: group.name },
    })
    this.#countGroups()
    return changed
  }

  remove(id: string): void {
    this.requireRig(id)
    this.rigs.change([], [id])
    this.#countGroups()
  }

  useLogin(scope: string, id: string, username: string, password: string): void {
    this.logins.set(`${scope}/${id}`, { username, password })
    const wrong = password === 'wrong'
    for (const rig of this.rigs.all)
      if (
        rig.login !== 'not-needed' &&
        ((scope === 'rig' && rig.id === id) ||
          (scope === 'group' && rig.group?.id === id) ||
          (scope === 'family' && rig.family === id))
      )
        this.change(rig.id, {
          login: wrong ? 'wrong' : 'entered',
          problem: wrong
            ? {
                code: 'rig/wrong-password',
                message: 'It refused this password. It is not tried again until you change it.',
                at: this.#now(),
              }
            : null,
        })
  }

  forgetLogin(scope: string, id: string): void {
    this.logins.delete(`${scope}/${id}`)
    const rig = this.rigs.find(id)
    if (scope === 'rig' && rig !== undefined && rig.login !== 'not-needed')
      this.change(id, { login: 'missing' })
  }

  // ---- groups -------------------------------------------------------------------------------------

  putGroup(id: string | null, name: string): FleetGroup {
    const known = id === null ? undefined : this.groups.find(id)
    if (id !== null && known === undefined)
      throw refuse('NOT_FOUND', 'group/unknown', 'There is no such group.')
    if (this.groups.all.some((group) => group.name === name && group.id !== id))
      throw refuse('BAD_REQUEST', 'group/name-taken', `There is a group “${name}” already.`, {
        field: 'name',
      })
    const group = {
      rigCount: 0,
      hasCredentials: false,
      ...known,
      id: id ?? `group-${this.groups.revision}`,
      name,
    }
    this.groups.change([group])
    for (const rig of this.rigs.all)
      if (rig.group?.id === group.id) this.change(rig.id, { group: { id: group.id, name } })
    return group
  }

  removeGroup(id: string): void {
    this.groups.change([], [id])
    for (const rig of this.rigs.all) if (rig.group?.id === id) this.change(rig.id, { group: null })
  }

  #countGroups(): void {
    this.groups.change(
      this.groups.all.map((group) => ({
        ...group,
        rigCount: this.rigs.all.filter((rig) => rig.group?.id === group.id).length,
      })),
    )
  }

  // ---- runs ---------------------------------------------------------------------------------------

  startRun(order: RunOrder): Run {
    const id = `run-${this.runs.revision}`
    const items = order.rigIds.map((rigId) => this.#plan(rigId, order))
    const able = items.filter((item) => item.state === 'planned').length
    const run: Run = {
      id,
      action: order.action,
      dryRun: order.dryRun,
      state: order.dryRun || able === 0 ? 'done' : 'running',
      message: order.dryRun ? `Would tell ${able} of ${items.length}.` : '',
      startedAt: this.#now(),
      endedAt: order.dryRun || able === 0 ? this.#now() : null,
      items,
      undoes: null,
      undoneBy: null,
      canUndo: false,
    }
    this.runs.change([run])
    if (run.state === 'running') this.#nextBatch(id, order)
    return run
  }

  #plan(rigId: string, order: RunOrder): RunItem {
    const rig = this.requireRig(rigId)
    const capability = rig.capabilities[order.action]
    const out = !capability.offered || rig.state === 'unreachable'
    return {
      rigId,
      rigName: rig.name,
      state: out ? 'skipped' : 'planned',
      message: !capability.offered
        ? capability.because
        : rig.state === 'unreachable'
          ? 'It does not answer now.'
          : planText(rig, order),
      proof: null,
      problem: null,
      startedAt: null,
      endedAt: null,
      canUndo: false,
    }
  }

  #nextBatch(runId: string, order: RunOrder): void {
    const run = this.runs.find(runId)
    if (run === undefined) return
    const failures = run.items.filter((item) => item.state === 'failed').length
    const batch = run.items.filter((item) => item.state === 'planned').slice(0, order.batchSize)
    if (this.#stopped.has(runId))
      return this.#endRun(runId, 'stopped', 'Stopped by you. The others were not begun.')
    if (failures >= order.stopAfterFailures && batch.length > 0)
      return this.#endRun(runId, 'stopped', `Stopped after ${failures} failures. The others were not begun.`)
    if (batch.length === 0) return this.#endRun(runId, 'done', '')
    const ids = new Set(batch.map((item) => item.rigId))
    this.#setItems(runId, ids, () => ({ state: 'writing', message: 'Telling it', startedAt: this.#now() }))
    setTimeout(() => {
      this.#setItems(runId, ids, ({ rigId }) =>
        this.failing.has(rigId)
          ? {
              state: 'failed',
              message: 'It refused.',
              endedAt: this.#now(),
              problem: { code: 'rig/refused', message: this.failing.get(rigId) ?? '', at: this.#now() },
            }
          : { state: 'verifying', message: 'It said yes; reading it back' },
      )
      setTimeout(() => {
        this.#setItems(runId, ids, (item) => {
          if (item.state !== 'verifying') return {}
          if (this.unproven.has(item.rigId))
            return {
              state: 'unproven',
              message: 'It says so itself, but no share came in 60 s.',
              endedAt: this.#now(),
              canUndo: true,
            }
          this.#remember(runId, item.rigId)
          this.#apply(item.rigId, order)
          return { state: 'done', message: 'Done', endedAt: this.#now(), ...doneTexts(order.action) }
        })
        setTimeout(() => this.#nextBatch(runId, order), order.pauseMs)
      }, VERIFY_MS)
    }, WRITE_MS)
  }

  #setItems(runId: string, ids: ReadonlySet<string>, change: (item: RunItem) => Partial<RunItem>): void {
    const run = this.runs.find(runId)
    if (run === undefined) return
    this.runs.change([
      { ...run, items: run.items.map((item) => (ids.has(item.rigId) ? { ...item, ...change(item) } : item)) },
    ])
  }

  #endRun(runId: string, state: 'done' | 'stopped', message: string): void {
    const run = this.runs.find(runId)
    if (run === undefined) return
    this.runs.change([
      {
        ...run,
        state,
        message,
        endedAt: this.#now(),
        canUndo: run.items.some((item) => item.canUndo),
        items: run.items.map((item) =>
          item.state === 'planned'
            ? { ...item, state: 'skipped', message: 'Not begun: stopped before.' }
            : item,
        ),
      },
    ])
  }

  stopRun(id: string): Run {
    this.#stopped.add(id)
    return this.requireRun(id)
  }

  undoRun(id: string): Run {
    const run = this.requireRun(id)
    const rigIds = run.items.filter((item) => item.canUndo).map((item) => item.rigId)
    const undo = this.startRun({
      action: run.action === 'pause' ? 'resume' : 'restore-pools',
      rigIds,
      dryRun: false,
      batchSize: 5,
      pauseMs: 500,
      stopAfterFailures: 3,
    })
    const linked = { ...undo, undoes: id }
    this.runs.change([linked, { ...this.requireRun(id), undoneBy: undo.id, canUndo: false }])
    const before = this.#before.get(id)
    for (const [rigId, rig] of before ?? [])
      if (this.rigs.find(rigId) !== undefined)
        this.change(rigId, { pool: rig.pool, minesHere: rig.minesHere })
    return linked
  }

  requireRun(id: string): Run {
    const run = this.runs.find(id)
    if (run === undefined) throw refuse('NOT_FOUND', 'run/unknown', 'There is no such action any more.')
    return run
  }

  #remember(runId: string, rigId: string): void {
    const before = this.#before.get(runId) ?? new Map<string, Rig>()
    before.set(rigId, this.requireRig(rigId))
    this.#before.set(runId, before)
  }

  #apply(rigId: string, { action, on }: RunOrder): void {
    const rig = this.requireRig(rigId)
    if (action === 'send-to-headframe')
      this.change(rigId, {
        pool: { url: HERE, user: rig.pool?.user ?? rig.name, alive: true },
        minesHere: true,
        canRestorePools: true,
      })
    if (action === 'pause') this.change(rigId, { state: 'paused', hashrateHs: null })
    if (action === 'resume') this.change(rigId, { state: 'mining', hashrateHs: rig.expectedHs })
    if (action === 'locate') this.change(rigId, { locating: on ?? true })
  }

  // ---- discovery ----------------------------------------------------------------------------------

  startScan(order: ScanOrder): Scan {
    for (const target of order.targets)
      if (!TARGET.test(target))
        throw refuse(
          'BAD_REQUEST',
          'scan/bad-target',
          `“${target}” is no address, range or name. Write it like 192.168.1.0/24, 192.168.1.20-80 or rig.local:8080.`,
          { target },
        )
    const targets =
      order.targets.length > 0
        ? order.targets
        : this.suggestions.filter(({ preferred }) => preferred).map(({ target }) => target)
    const id = `scan-${this.scans.size + 1}`
    const now = this.#now()
    const listens = order.mdns || order.reports
    const scan: Scan = {
      id,
      state: 'running',
      startedAt: now,
      endedAt: null,
      targets,
      total: targets.reduce((sum, target) => sum + addressesIn(target), 0),
      tried: 0,
      answered: 0,
      listeningUntil: listens ? now + order.listenSeconds * 1000 : null,
      firstRigMs: null,
      finds: [],
      problem: null,
    }
    const value = new PretendValue(scan)
    this.scans.set(id, value)
    const known = this.rigs.all
      .filter((rig) => rig.state !== 'unreachable')
      .map((rig, index) => findOf(rig, now, { moved: index === 3 }))
    const fresh = this.hidden.map((rig) => findOf(rig, now, { isNew: true }))
    const waiting = [...known, ...fresh, ...(this.#strangers ? strangers(now) : [])]
    this.#scanOn(value, waiting, Math.max(1, Math.ceil(waiting.length / 14)))
    return scan
  }

  #scanOn(value: PretendValue<Scan>, waiting: ScanFind[], each: number): void {
    setTimeout(() => {
      const scan = value.value
      if (scan.state !== 'running') return
      const now = this.#now()
      const come = waiting.splice(0, each).map((find) => ({ ...find, at: now }))
      for (const find of come) {
        const rig = this.hidden.find((one) => one.id === find.rigId)
        if (rig !== undefined) this.rigs.change([{ ...rig, addedAt: now }])
      }
      this.hidden = this.hidden.filter((rig) => this.rigs.find(rig.id) === undefined)
      const tried = Math.min(scan.total, scan.tried + Math.ceil(scan.total / 16))
      const over = tried === scan.total && waiting.length === 0 && (scan.listeningUntil ?? 0) <= now
      value.set({
        ...scan,
        tried,
        answered: scan.answered + come.length,
        finds: [...scan.finds, ...come],
        firstRigMs:
          scan.firstRigMs ?? (come.some(({ outcome }) => outcome === 'rig') ? now - scan.startedAt : null),
        state: over ? 'done' : 'running',
        endedAt: over ? now : null,
        listeningUntil: over ? null : scan.listeningUntil,
      })
      if (!over) this.#scanOn(value, waiting, each)
    }, SCAN_STEP_MS)
  }

  requireScan(id: string): PretendValue<Scan> {
    const scan = this.scans.get(id)
    if (scan === undefined) throw refuse('NOT_FOUND', 'scan/unknown', 'This search is over and forgotten.')
    return scan
  }

  stopScan(id: string): Scan {
    const value = this.requireScan(id)
    value.set({ ...value.value, state: 'stopped', endedAt: this.#now(), listeningUntil: null })
    return value.value
  }

  /** Lines of `address, name, …`; dry or not. */
  importList(text: string, dryRun: boolean) {
    const lines = text
      .split('\n')
      .map((content, index) => ({ content: content.trim(), line: index + 1 }))
      .filter(({ content }) => content !== '' && !/^address\b/i.test(content))
      .map(({ content, line }) => {
        const address = content.split(/[,;\t]/)[0]!.trim()
        if (!TARGET.test(address))
          return { line, address, outcome: 'refused' as const, message: `“${address}” is no address.` }
        const known = this.rigs.all.find((rig) => rig.address === address)
        return known === undefined
          ? { line, address, outcome: 'new' as const, message: 'Will be looked for and added.' }
          : {
              line,
              address,
              outcome: 'known' as const,
              message: `Known as ${known.name}; its line is taken over.`,
            }
      })
    const targets = lines.filter(({ outcome }) => outcome !== 'refused').map(({ address }) => address)
    const scan =
      dryRun || targets.length === 0
        ? null
        : this.startScan({ targets, mdns: false, reports: false, listenSeconds: 1 })
    return { lines, scanId: scan?.id ?? null }
  }

  // ---- tuning -------------------------------------------------------------------------------------

  rawOf(id: string): RigRawReplies {
    return this.raws.get(id) ?? pretendRaw(this.requireRig(id), this.#now())
  }

  startTuning(id: string, goal: Tuning['goal']): Tuning {
    const { frequencyMHz, coreVoltageMv } = this.detail(id).settings
    const tuning: Tuning = {
      id,
      state: 'running',
      goal,
      startedAt: this.#now(),
      endedAt: null,
      before: { frequencyMHz: frequencyMHz ?? 525, coreVoltageMv: coreVoltageMv ?? 1150 },
      best: null,
      trials: [],
      message: 'Begins with the present settings.',
    }
    this.tunings.change([tuning])
    this.#tryNext(id)
    return tuning
  }

  #tryNext(id: string): void {
    const tuning = this.tunings.find(id)
    if (tuning?.state !== 'running') return
    const { trials } = tuning
    if (trials.length >= PRETEND_TRIALS) {
      this.endTuning(id, 'done')
      return
    }
    const trial = pretendTrial(trials.length, this.#now(), this.tuningStepMs)
    const { frequencyMHz, coreVoltageMv } = trial
    this.tunings.change([
      {
        ...tuning,
        trials: [...trials, { ...trial, endedAt: null, verdict: 'running', because: '' }],
        message: `Watches ${frequencyMHz} MHz at ${coreVoltageMv} mV.`,
      },
    ])
    setTimeout(() => {
      const now = this.tunings.find(id)
      if (now?.state !== 'running') return
      const watched = [...now.trials.slice(0, -1), trial]
      this.tunings.change([{ ...now, trials: watched, best: bestPretendTrial(watched) }])
      this.#tryNext(id)
    }, this.tuningStepMs)
  }

  endTuning(id: string, state: 'done' | 'stopped' | 'reverted'): Tuning {
    const tuning = this.tunings.find(id)
    if (tuning === undefined) throw refuse('NOT_FOUND', 'tuning/unknown', 'This rig is not being tuned.')
    const best = tuning.best === null ? undefined : tuning.trials[tuning.best]
    const setting = state === 'reverted' || best === undefined ? tuning.before : best
    const { settings } = this.detail(id)
    this.details.set(id, {
      ...this.details.get(id),
      settings: { ...settings, frequencyMHz: setting.frequencyMHz, coreVoltageMv: setting.coreVoltageMv },
    })
    const words = `${setting.frequencyMHz} MHz at ${setting.coreVoltageMv} mV`
    const ended: Tuning = {
      ...tuning,
      state,
      endedAt: this.#now(),
      message: state === 'reverted' ? `Back at ${words}.` : `Runs at ${words}, the best that was found.`,
      trials: tuning.trials.map((trial) =>
        trial.verdict === 'running'
          ? { ...trial, verdict: 'failed', because: 'Ended before it had been watched long enough.' }
          : trial,
      ),
    }
    this.tunings.change([ended])
    this.rigs.change([{ ...this.requireRig(id) }])
    return ended
  }

  // ---- life ---------------------------------------------------------------------------------------

  /** One second: rigs that answer are read again, a few at a time. */
  step(second: number): void {
    const now = this.#now()
    this.rigs.change(
      this.rigs.all
        .filter((rig, index) => rig.freshness === 'live' && (index + second) % 5 === 0)
        .map((rig) => {
          const drift = 1 + 0.02 * Math.sin(second / 3 + rig.name.length)
          const hashes = rig.state === 'mining' && rig.hashrateHs !== null
          return {
            ...rig,
            readAt: now,
            hashrateHs: hashes ? (rig.expectedHs ?? 1e12) * 0.98 * drift : rig.hashrateHs,
            accepted: hashes && rig.accepted !== null ? rig.accepted + 1 : rig.accepted,
            lastShareAt: hashes ? now - 1000 : rig.lastShareAt,
          }
        }),
    )
  }
}

function planText(rig: Rig, { action, mode, watts, poolId }: RunOrder): string {
  const user = rig.pool?.user ?? rig.name
  switch (action) {
    case 'send-to-headframe':
      return `Would set ${HERE} as ${user}; now at ${rig.pool?.url ?? 'no pool'}`
    case 'send-to-pool':
      return `Would set the pool ${poolId ?? ''} as ${user}`
    case 'set-power-mode':
      return `Would change to ${mode ?? 'another mode'}`
    case 'set-power-limit':
      return `Would limit it to ${watts ?? 0} W`
    default:
      return 'Would be told.'
  }
}

function doneTexts(action: RigAction): Partial<RunItem> {
  if (action === 'send-to-headframe' || action === 'send-to-pool')
    return { proof: 'A share came in over the new pool 1.2 s after the change.', canUndo: true }
  if (action === 'pause') return { proof: 'It reports 0 H/s and the state “paused”.', canUndo: true }
  if (action === 'reboot' || action === 'restart') return { proof: 'It came back with an uptime of 4 s.' }
  return { proof: 'Read back as it was set.' }
}

function findOf(rig: Rig, at: number, given: Partial<ScanFind> = {}): ScanFind {
  return {
    address: rig.address,
    outcome: 'rig',
    rigId: rig.id,
    isNew: false,
    moved: false,
    make: rig.make,
    model: rig.model,
    firmware: rig.firmware,
    firmwareVersion: rig.firmwareVersion,
    mac: rig.mac,
    note: given.moved === true ? 'Was at 192.0.2.199 before.' : '',
    at,
    ...given,
  }
}

function strangers(at: number): ScanFind[] {
  return PRETEND_STRANGERS.map((stranger) => ({
    ...stranger,
    rigId: null,
    isNew: false,
    moved: false,
    firmware: null,
    firmwareVersion: null,
    mac: null,
    at,
  }))
}
