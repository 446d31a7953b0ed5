/** A fleet in memory behind the api: two rigs, a group, and whatever is asked of it done at once. */
import { type RigCalls, type RunCalls, type ScanCalls, type TuningCalls } from '../../src-main/api/index.ts'
import { HeadframeError } from '../../src-main/base/index.ts'
import {
  type CredentialsTarget,
  type FleetGroup,
  type LiveValue,
  type Rig,
  rigAction,
  type RigAction,
  type RigDetail,
  type RigImportResult,
  type RigPatch,
  type RigRawReplies,
  type Run,
  type RunItem,
  type Scan,
  type Tuning,
} from '../../src-preload/contract/index.ts'
import { CountedListView, CountedValueView } from './counted-views.ts'

export function fakeRig(known: Partial<Rig> = {}): Rig {
  const offered = { offered: true, because: '' }
  return {
    id: '02:00:00:00:00:01',
    name: 'Attic',
    namedByPerson: true,
    address: '192.0.2.7',
    mac: '02:00:00:00:00:01',
    serial: null,
    hostname: 'bitaxe',
    family: 'axeos',
    familyName: 'AxeOS',
    make: 'Bitaxe',
    model: 'Gamma',
    firmware: 'AxeOS',
    firmwareVersion: 'v2.15.0',
    state: 'mining',
    freshness: 'live',
    readAt: 1000,
    addedAt: 1,
    hashrateHs: 1.2e12,
    expectedHs: 1.25e12,
    effectiveHs: null,
    chipMaxC: 61.5,
    boardMaxC: null,
    fanRpm: 4200,
    fanPercent: 55,
    powerW: 18.4,
    powerSource: 'measured',
    efficiencyJTh: 15.3,
    uptimeS: 3600,
    accepted: 100,
    rejected: 1,
    lastShareAt: 999,
    bestShare: 4.29e9,
    pool: { url: 'stratum+tcp://pool.example.com:3333', user: 'farm.attic', alive: true },
    minesHere: false,
    managedBy: null,
    locating: false,
    errors: { count: 0, worst: null, first: null },
    group: null,
    place: { room: '', shelf: '' },
    notes: '',
    downstreamId: null,
    login: 'not-needed',
    problem: null,
    busy: null,
    capabilities: Object.fromEntries(
      rigAction.options.map((action) => [action, offered]),
    ) as Rig['capabilities'],
    canRestorePools: false,
    ...known,
  }
}

function fakeDetail(rig: Rig): RigDetail {
  const nothing = null
  return {
    rig,
    apiVersion: nothing,
    controlBoard: nothing,
    hashrates: {
      nowHs: 1.2e12,
      minuteHs: nothing,
      fiveMinutesHs: nothing,
      fifteenMinutesHs: nothing,
      hourHs: nothing,
      dayHs: nothing,
      averageHs: nothing,
    },
    stickerHs: nothing,
    boards: [],
    chips: [],
    fans: [],
    psuFans: [],
    temperatures: {
      ambientC: nothing,
      chipMaxC: 61.5,
      boardMaxC: nothing,
      regulatorC: nothing,
      waterInC: nothing,
      waterOutC: nothing,
    },
    inputVoltageV: nothing,
    inputCurrentA: nothing,
    settings: {
      powerMode: nothing,
      powerModes: [],
      powerLimitW: nothing,
      powerLimitRangeW: nothing,
      frequencyMHz: 525,
      frequencyOptionsMHz: [490, 525],
      coreVoltageMv: 1150,
      coreVoltageOptionsMv: [1150],
      fanAuto: true,
      fanPercent: nothing,
      targetC: nothing,
    },
    systemUptimeS: 3600,
    minerUptimeS: 3600,
    stale: nothing,
    rejectReasons: [],
    bestSession: nothing,
    blocksFound: nothing,
    pools: [],
    errors: [],
    wifiRssiDbm: -60,
    hashErrorPercent: 0.4,
    hardwareErrors: nothing,
    unread: [],
    credentials: {
      from: 'none',
      username: nothing,
      neededFor: 'nothing',
      factoryUsername: nothing,
      refused: false,
    },
  }
}

type Reach = (name: string, input: unknown) => Promise<void>

export class FakeFleet implements RigCalls {
  readonly rigs = new CountedListView<Rig>()
  readonly groups = new CountedListView<FleetGroup>()
  readonly runs = new CountedListView<Run>()
  readonly tunings = new CountedListView<Tuning>()
  readonly details = new Map<string, CountedValueView<RigDetail>>()
  readonly scans = new Map<string, CountedValueView<Scan>>()
  workerTemplate = '{worker}'
  readonly #reach: Reach

  constructor(reach: Reach) {
    this.#reach = reach
    const rigs = [fakeRig(), fakeRig({ id: '02:00:00:00:00:02', name: 'Cellar' })]
    this.rigs.apply(rigs)
    for (const rig of rigs) this.details.set(rig.id, new CountedValueView(fakeDetail(rig)))
    this.groups.apply([{ id: 'g1', name: 'House', rigCount: 0, hasCredentials: false }])
  }

  get followers(): number {
    const lists = [this.rigs, this.groups, this.runs, this.tunings]
    return [...lists, ...this.details.values(), ...this.scans.values()].reduce(
      (sum, { followers }) => sum + followers,
      0,
    )
  }

  detail(id: string): RigDetail {
    return this.#detail(id).value
  }

  followDetail(id: string, signal?: AbortSignal): AsyncGenerator<LiveValue<RigDetail>, void, void> {
    return this.#detail(id).follow(signal)
  }

  async update(id: string, patch: RigPatch): Promise<Rig> {
    await this.#reach('updateRig', { id, patch })
    const rig = this.#require(id)
    const { name = rig.name, notes = rig.notes, place = {} } = patch
    const { room = rig.place.room, shelf = rig.place.shelf } = place
    const changed = { ...rig, name, notes, place: { room, shelf } }
    this.rigs.apply([changed])
    return changed
  }

  async remove(id: string): Promise<void> {
    await this.#reach('removeRig', id)
    this.rigs.apply([], [this.#require(id).id])
  }

  async refresh(id: string): Promise<Rig> {
    await this.#reach('refreshRig', id)
    return this.#require(id)
  }

  raw(id: string): RigRawReplies {
    const { id: rigId } = this.#require(id)
    const request = 'GET /api/system/info'
    return { rigId, replies: [{ request, at: 1000, text: '{"power":18.4}', bytes: 14, repaired: [] }] }
  }

  async import(text: string, dryRun: boolean): Promise<RigImportResult> {
    await this.#reach('importRigs', { text, dryRun })
    const lines = [{ line: 1, address: text, outcome: 'new' as const, message: 'will be looked for' }]
    return { lines, scanId: dryRun ? null : 's1' }
  }

  async setCredentials(target: CredentialsTarget, username: string, password: string): Promise<void> {
    await this.#reach('setCredentials', { ...target, username, password })
  }

  async removeCredentials(target: CredentialsTarget): Promise<void> {
    await this.#reach('removeCredentials', target)
  }

  async useFactoryLogin(id: string): Promise<Rig> {
    await this.#reach('useFactoryLogin', id)
    return this.#require(id)
  }

  async setWorkerTemplate(template: string): Promise<void> {
    await this.#reach('setWorkerTemplate', template)
    this.workerTemplate = template
  }

  async createGroup(name: string): Promise<FleetGroup> {
    await this.#reach('createGroup', name)
    const group = { id: `g${this.groups.items.length + 1}`, name, rigCount: 0, hasCredentials: false }
    this.groups.apply([group])
    return group
  }

  async renameGroup(id: string, name: string): Promise<FleetGroup> {
    await this.#reach('renameGroup', { id, name })
    const group = { ...this.#group(id), name }
    this.groups.apply([group])
    return group
  }

  async removeGroup(id: string): Promise<void> {
    await this.#reach('removeGroup', id)
    this.groups.apply([], [this.#group(id).id])
  }

  readonly runCalls: RunCalls = {
    runs: this.runs,
    act: async (rigId, action, input, dryRun) => {
      await this.#reach('act', { rigId, action, input: plain(input), dryRun })
      return runItem(this.#require(rigId))
    },
    start: async (draft) => {
      await this.#reach('startRun', plain(draft))
      const items = draft.rigIds.map((rigId) => runItem(this.#require(rigId)))
      return this.#newRun(draft.action, items, draft.dryRun, null)
    },
    get: (id) => this.#run(id),
    stop: (id) => {
      const run: Run = { ...this.#run(id), state: 'stopped' }
      this.runs.apply([run])
      return run
    },
    undo: async (id) => {
      await this.#reach('undoRun', id)
      const { items } = this.#run(id)
      return this.#newRun('restore-pools', items, false, id)
    },
  }

  readonly scanCalls: ScanCalls = {
    suggestions: () => [
      { target: '192.0.2.0/24', label: 'eth0, 192.0.2.5', addresses: 254, preferred: true },
    ],
    start: async (draft) => {
      await this.#reach('startScan', plain(draft))
      const scan = newScan(`s${this.scans.size + 1}`, draft.targets)
      this.scans.set(scan.id, new CountedValueView(scan))
      return scan
    },
    get: (id) => this.#scan(id).value,
    follow: (id, signal) => this.#scan(id).follow(signal),
    stop: (id) => {
      const view = this.#scan(id)
      view.set({ ...view.value, state: 'stopped' })
      return view.value
    },
  }

  readonly tuningCalls: TuningCalls = {
    tuning: this.tunings,
    start: async (rigId, draft) => {
      await this.#reach('startTuning', { rigId, draft })
      const tuning: Tuning = {
        id: this.#require(rigId).id,
        state: 'running',
        goal: draft.goal,
        startedAt: 5,
        endedAt: null,
        before: { frequencyMHz: 525, coreVoltageMv: 1150 },
        best: null,
        trials: [],
        message: 'Watching 525 MHz at 1150 mV.',
      }
      this.tunings.apply([tuning])
      return tuning
    },
    stop: async (rigId, keep) => {
      await this.#reach('stopTuning', { rigId, keep })
      return this.#endTuning(rigId, 'stopped')
    },
    revert: async (rigId) => {
      await this.#reach('revertTuning', rigId)
      return this.#endTuning(rigId, 'reverted')
    },
  }

  #newRun(action: RigAction, items: RunItem[], dryRun: boolean, undoes: string | null): Run {
    const run: Run = {
      id: `run${this.runs.items.length + 1}`,
      action,
      dryRun,
      state: 'running',
      message: '',
      startedAt: 4,
      endedAt: null,
      items,
      undoes,
      undoneBy: null,
      canUndo: false,
    }
    this.runs.apply([run])
    return run
  }

  #endTuning(rigId: string, state: Tuning['state']): Tuning {
    const tuning = this.tunings.find(rigId)
    if (!tuning) throw new HeadframeError('tuning/none', 'That rig is not being tuned.')
    const ended = { ...tuning, state, endedAt: 6 }
    this.tunings.apply([ended])
    return ended
  }

  #detail(id: string): CountedValueView<RigDetail> {
    return found(this.details.get(id), 'rig')
  }

  #require(id: string): Rig {
    return found(this.rigs.find(id), 'rig')
  }

  #group(id: string): FleetGroup {
    return found(this.groups.find(id), 'group')
  }

  #run(id: string): Run {
    return found(this.runs.find(id), 'run')
  }

  #scan(id: string): CountedValueView<Scan> {
    return found(this.scans.get(id), 'scan')
  }
}

function found<T>(value: T | undefined, subject: string): T {
  if (value === undefined) throw new HeadframeError(`${subject}/unknown`, `There is no such ${subject}.`)
  return value
}

/** Without members that were not given. */
function plain<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}

function runItem({ id, name }: Rig): RunItem {
  return {
    rigId: id,
    rigName: name,
    state: 'done',
    message: 'Did what was asked.',
    proof: '3 shares',
    problem: null,
    startedAt: 4,
    endedAt: 5,
    canUndo: false,
  }
}

function newScan(id: string, targets: string[]): Scan {
  return {
    id,
    state: 'running',
    startedAt: 3,
    endedAt: null,
    targets,
    total: 254,
    tried: 0,
    answered: 0,
    listeningUntil: null,
    firstRigMs: null,
    finds: [],
    problem: null,
  }
}
