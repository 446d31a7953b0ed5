/**
 * The rigs on the network: who they are, how they are, what they are told. Joins the rig book, the keeper that polls, the
 * logins and the runs; each of them does its own. Not here: looking for rigs (`discovery/`), how a firmware is talked to
 * (`families/`).
 */
import { HeadframeError, Listeners, type Unsubscribe } from '../base/index.ts'
import { Adoption, type RigFind } from './book/adoption.ts'
import { RigBook } from './book/rig-book.ts'
import { type BookRig } from './book/rig-book-file.ts'
import { ActionDesk } from './control/action-desk.ts'
import { Credentials } from './control/credentials.ts'
import { pause } from './control/pause.ts'
import { PoolsVault } from './control/pools-vault.ts'
import { Runs } from './control/runs.ts'
import { checkTemplate } from './control/worker-names.ts'
import { type Identified } from './discovery/identified.ts'
import { identify } from './discovery/identify.ts'
import { probeLinks } from './discovery/probe-link.ts'
import { factoryLogin, type RigFamily } from './families/family.ts'
import { type FleetCalls, type FleetChange, type ImportPlan } from './fleet-calls.ts'
import { isSame } from './model/identity.ts'
import { type RigReading } from './model/reading.ts'
import { RigKeeper } from './polling/rig-keeper.ts'
import { type Stranger } from './polling/rig-reader.ts'
import { DEFAULT_FLEET_OPTIONS, type FleetOptions, type FleetParts } from './ports.ts'
import { type AccessibleRig, type RigAccess } from './rig-access.ts'
import { openLink } from './transport/open-link.ts'
import { type RigAddress, type RigLink } from './transport/rig-link.ts'
import {
  type ActionValues,
  type AdoptionView,
  type GroupView,
  type LoginTarget,
  type RawRepliesView,
  type RigActionName,
  type RigChange,
  type RigDetailView,
  type RigView,
  type RunItemView,
  type RunRequest,
  type RunView,
} from './views/view-types.ts'

/** The program itself has five seconds to stop. */
const LET_WRITES_END_MS = 2000
/** To say what became of them, after their connections were ended. */
const LET_RUNS_END_MS = 500

/** One rig by itself needs no batches. */
const ALONE = { batchSize: 1, pauseMs: 0, stopAfterFailures: 1 } as const

export class Fleet implements FleetCalls, RigAccess {
  readonly #parts: FleetParts
  readonly #options: FleetOptions
  readonly #changes = new Listeners<FleetChange>()
  readonly #stopping = new AbortController()
  #stopped: Promise<void> | null = null
  readonly #book: RigBook
  readonly #credentials: Credentials
  readonly #vault: PoolsVault
  readonly #keeper: RigKeeper
  readonly #adoption: Adoption
  readonly #runs: Runs
  readonly #identify: (address: RigAddress) => Promise<Identified>

  constructor(parts: FleetParts) {
    this.#parts = parts
    this.#options = { ...DEFAULT_FLEET_OPTIONS, ...parts.options }
    const { clock, entropy, log, secrets } = parts
    const tools = { clock, entropy }
    this.#identify =
      parts.identify ??
      ((address) => identify(address, { clock, openLink: probeLinks(tools), signal: this.#stopping.signal }))
    this.#book = new RigBook(parts)
    this.#credentials = new Credentials(secrets, entropy)
    this.#vault = new PoolsVault(secrets)
    this.#keeper = new RigKeeper({
      tools,
      log,
      book: this.#book,
      credentials: this.#credentials,
      vault: this.#vault,
      families: parts.families,
      openLink: parts.openLink ?? ((request) => openLink({ ...request, ...tools })),
      proxy: parts.proxy,
      options: this.#options,
      onChange: (ids) => this.#changed(ids),
      identify: (address) => this.#identify(address),
      onStranger: (stranger) => this.#meet(stranger),
    })
    this.#adoption = new Adoption({
      book: this.#book,
      clock,
      log,
      isStillThere: (id) => this.#isStillThere(id),
      onDescribed: (id) => this.#changed([id]),
      onAdded: (id) => this.#onAdded(id),
      onMoved: (id) => this.#onMoved(id),
      onGroups: () => this.#changes.emit({ kind: 'groups' }),
    })
    const desk = new ActionDesk({
      tools,
      book: this.#book,
      keeper: this.#keeper,
      vault: this.#vault,
      proxy: parts.proxy,
      options: this.#options,
      signal: this.#stopping.signal,
    })
    this.#runs = new Runs({
      clock,
      entropy,
      log,
      signal: this.#stopping.signal,
      nameOf: (id) => this.view(id).name,
      isBusy: (id) => this.#keeper.isBusy(id),
      plan: (id, action, values) => desk.plan(id, action, values),
      perform: (id, command, onPhase) => desk.perform(id, command, onPhase),
      onChange: (id) => this.#changes.emit({ kind: 'run', id }),
    })
  }

  async start(): Promise<void> {
    await this.#book.load()
    const { rigs, groups } = this.#book
    await this.#credentials.load([
      ...rigs.map(({ id }) => ({ scope: 'rig', id }) as const),
      ...groups.map(({ id }) => ({ scope: 'group', id }) as const),
      ...this.#parts.families.map(({ id }) => ({ scope: 'family', id }) as const),
    ])
    await this.#vault.load(rigs.map(({ id }) => id))
    if (this.#stopping.signal.aborted) return
    for (const rig of rigs) {
      if (this.#familyById(rig.family)) this.#keeper.add(rig.id)
      else
        this.#parts.log.warn('a rig has a firmware family that is not known', {
          rig: rig.id,
          family: rig.family,
        })
    }
  }

  /** A write that is under way may end; one that takes longer than the program has left is given up and not proven. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    const ended = new AbortController()
    void this.#runs.settled().then(() => ended.abort())
    await pause(this.#parts.clock, LET_WRITES_END_MS, ended.signal)
    this.#keeper.stop()
    await pause(this.#parts.clock, LET_RUNS_END_MS, ended.signal)
    await this.#book.flush()
  }

  onChange(listener: (change: FleetChange) => void): Unsubscribe {
    return this.#changes.on(listener)
  }

  /* ---- Rigs ---- */

  list(): RigView[] {
    return this.#watched().map(({ id }) => this.#keeper.view(id))
  }

  view(id: string): RigView {
    return this.#keeper.view(id)
  }

  detail(id: string): RigDetailView {
    return this.#keeper.detail(id)
  }

  async update(id: string, { name, notes, place, groupId }: RigChange): Promise<RigView> {
    const rig = this.#book.require(id)
    if (typeof groupId === 'string') this.#book.requireGroup(groupId)
    await this.#book.change(id, {
      ...(name === undefined ? {} : { name: name.trim() }),
      ...(notes === undefined ? {} : { notes }),
      ...(groupId === undefined ? {} : { groupId }),
      place: { room: place?.room ?? rig.place.room, shelf: place?.shelf ?? rig.place.shelf },
    })
    if (groupId !== undefined && groupId !== rig.groupId) {
      this.#changes.emit({ kind: 'groups' })
      this.#keeper.startAnew(id)
    }
    this.#changed([id])
    return this.view(id)
  }

  async remove(id: string): Promise<void> {
    this.#book.require(id)
    if (this.#keeper.isBusy(id)) {
      throw new HeadframeError(
        'rig/busy',
        'Something is being done with this rig. Remove it when that is over.',
      )
    }
    await this.#book.remove(id)
    this.#keeper.remove(id)
    await this.#credentials.delete({ scope: 'rig', id })
    await this.#vault.forget(id)
    this.#changed([id])
    this.#changes.emit({ kind: 'groups' })
  }

  async refresh(id: string): Promise<RigView> {
    await this.#keeper.refresh(id)
    return this.view(id)
  }

  raw(id: string): RawRepliesView {
    return this.#keeper.raw(id)
  }

  /* ---- Groups ---- */

  groups(): GroupView[] {
    return this.#book.groups.map(({ id }) => this.#groupView(id))
  }

  async createGroup(name: string): Promise<GroupView> {
    const { id } = await this.#book.createGroup(name)
    this.#changes.emit({ kind: 'groups' })
    return this.#groupView(id)
  }

  async renameGroup(id: string, name: string): Promise<GroupView> {
    await this.#book.renameGroup(id, name)
    this.#changes.emit({ kind: 'groups' })
    this.#changed(this.#idsOf({ scope: 'group', id }))
    return this.#groupView(id)
  }

  async removeGroup(id: string): Promise<void> {
    const ids = this.#idsOf({ scope: 'group', id })
    await this.#book.removeGroup(id)
    await this.#credentials.delete({ scope: 'group', id })
    this.#changes.emit({ kind: 'groups' })
    this.#changed(ids)
  }

  /* ---- Logins ---- */

  async setCredentials(target: LoginTarget, username: string, password: string): Promise<void> {
    this.#checkTarget(target)
    await this.#credentials.set(target, { username, password })
    this.#onLogin(target)
  }

  async removeCredentials(target: LoginTarget): Promise<void> {
    this.#checkTarget(target)
    await this.#credentials.delete(target)
    this.#onLogin(target)
  }

  async useFactoryLogin(id: string): Promise<RigView> {
    const rig = this.#book.require(id)
    const factory = factoryLogin(this.#keeper.familyOf(rig), rig.firmwareVersion)
    if (factory === null) {
      throw new HeadframeError(
        'rig/no-factory-login',
        'This firmware comes without a login, so there is none to try.',
      )
    }
    await this.#credentials.set({ scope: 'rig', id }, factory)
    return this.refresh(id)
  }

  get workerTemplate(): string {
    return this.#book.workerTemplate
  }

  async setWorkerTemplate(template: string): Promise<void> {
    checkTemplate(template)
    await this.#book.setWorkerTemplate(template.trim())
    this.#changes.emit({ kind: 'template' })
  }

  /* ---- Finds and lists ---- */

  adopt(find: RigFind): Promise<AdoptionView> {
    return this.#adoption.adopt(find)
  }

  knownAddresses(): RigAddress[] {
    return this.#book.rigs.map(({ host, port }) => ({ host, port }))
  }

  import(text: string, dryRun: boolean): Promise<ImportPlan> {
    return this.#adoption.importList(text, dryRun)
  }

  /* ---- Actions ---- */

  act(rigId: string, action: RigActionName, values: ActionValues, dryRun: boolean): Promise<RunItemView> {
    return this.#runs.act({ ...values, ...ALONE, action, rigIds: [rigId], dryRun })
  }

  async startRun(request: RunRequest): Promise<RunView> {
    return this.#runs.start(request)
  }

  runs(): RunView[] {
    return this.#runs.list()
  }

  run(id: string): RunView {
    return this.#runs.get(id)
  }

  stopRun(id: string): RunView {
    return this.#runs.stop(id)
  }

  async undoRun(id: string): Promise<RunView> {
    return this.#runs.undo(id)
  }

  /* ---- One rig, alone with it: for control and tuning ---- */

  rig(id: string): AccessibleRig {
    return this.#keeper.rig(id)
  }

  get ids(): readonly string[] {
    return this.#keeper.ids
  }

  exclusively<T>(id: string, work: (link: RigLink) => Promise<T>): Promise<T> {
    return this.#keeper.exclusively(id, work)
  }

  readNow(id: string, link: RigLink): Promise<RigReading> {
    return this.#keeper.readNow(id, link)
  }

  setBusy(id: string, action: string | null): void {
    this.#keeper.setBusy(id, action)
  }

  /** What answers at its address may be one that does not say who it is when it is read; a search asks in more ways. */
  async #isStillThere(id: string): Promise<boolean> {
    const said = await this.#keeper.isStillThere(id)
    if (said !== 'unclear') return said === 'yes'
    const rig = this.#book.require(id)
    const found = await this.#identify({ host: rig.host, port: rig.port })
    return found.kind === 'rig' && isSame(rig, found) === 'yes'
  }

  /** Who took the address of a known rig is a rig to know as well. */
  #meet(stranger: Stranger): void {
    const { log } = this.#parts
    const { address, family, make, model, firmware, firmwareVersion, mac, serial, hostname } = stranger
    const find: RigFind = {
      kind: 'rig',
      address,
      family,
      make,
      model,
      firmware,
      firmwareVersion,
      mac,
      serial,
      hostname,
    }
    this.adopt(find).catch((error: unknown) => {
      log.warn('a rig that took the address of another could not be added', { error: String(error) })
    })
  }

  #onAdded(id: string): void {
    if (this.#stopping.signal.aborted) return
    this.#keeper.add(id)
    this.#changed([id])
  }

  #onMoved(id: string): void {
    this.#keeper.startAnew(id)
    this.#changed([id])
  }

  /** A new login may open what was closed. */
  #onLogin(target: LoginTarget): void {
    const ids = this.#idsOf(target)
    for (const id of ids) this.#keeper.startAnew(id)
    this.#changed(ids)
    if (target.scope === 'group') this.#changes.emit({ kind: 'groups' })
  }

  #checkTarget({ scope, id }: LoginTarget): void {
    if (scope === 'rig') this.#book.require(id)
    else if (scope === 'group') this.#book.requireGroup(id)
    else if (!this.#familyById(id)) {
      throw new HeadframeError('family/unknown', `There is no firmware family "${id}".`, { context: { id } })
    }
  }

  #idsOf({ scope, id }: LoginTarget): string[] {
    return this.#watched()
      .filter((rig) => (scope === 'rig' ? rig.id : scope === 'group' ? rig.groupId : rig.family) === id)
      .map((rig) => rig.id)
  }

  #watched(): BookRig[] {
    return this.#book.rigs.filter(({ id }) => this.#keeper.isWatched(id))
  }

  #groupView(id: string): GroupView {
    const { name } = this.#book.requireGroup(id)
    return {
      id,
      name,
      rigCount: this.#book.rigs.filter(({ groupId }) => groupId === id).length,
      hasCredentials: this.#credentials.has({ scope: 'group', id }),
    }
  }

  #familyById(id: string): RigFamily | undefined {
    return this.#parts.families.find((family) => family.id === id)
  }

  #changed(ids: readonly string[]): void {
    if (ids.length > 0) this.#changes.emit({ kind: 'rigs', ids })
  }
}
