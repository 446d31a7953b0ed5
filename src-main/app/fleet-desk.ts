/** The fleet as the contract shows it: live views kept from its changes, and its readings on their way to the history. */
import {
  type CredentialsTarget,
  type FleetGroup,
  type LiveValue,
  type Rig,
  type RigDetail,
  type RigImportResult,
  type RigPatch,
  type RigRawReplies,
  type Run,
} from '../../src-preload/contract/index.ts'
import { LiveListView, LiveValueView, type RigCalls, type RunCalls } from '../api/index.ts'
import { HeadframeError } from '../base/index.ts'
import { type FleetCalls, type FleetChange } from '../fleet/index.ts'

export interface FleetDeskParts {
  readonly fleet: FleetCalls
  /** A rig as it is now, after anything about it changed; `detail` is asked for if there is a new reading. */
  sawRig(rig: Rig, detail: () => RigDetail): void
  /** A run as it is now. */
  sawRun(run: Run): void
  /** A rig was removed. */
  forgetRig(id: string): void
  /** Looks for rigs at these; resolves with the scan's id. */
  scan(targets: readonly string[]): Promise<string>
}

/** Runs that are listed; older ones are forgotten. */
const RUNS_LISTED = 100

export class FleetDesk implements RigCalls {
  readonly rigs = new LiveListView<Rig>((a, b) => a.addedAt - b.addedAt)
  readonly groups = new LiveListView<FleetGroup>()
  readonly #runs = new LiveListView<Run>((a, b) => b.startedAt - a.startedAt)
  readonly runCalls: RunCalls
  readonly #parts: FleetDeskParts
  readonly #fleet: FleetCalls
  /** Of rigs whose page is open. */
  readonly #details = new Map<string, LiveValueView<RigDetail>>()
  /** Rigs that are not read over the network: devices on this machine's own ports. */
  readonly #guests = new Map<string, () => RigDetail>()

  constructor(parts: FleetDeskParts) {
    this.#parts = parts
    const { fleet } = parts
    this.#fleet = fleet
    this.runCalls = {
      runs: this.#runs,
      act: (rigId, action, input, dryRun) => fleet.act(rigId, action, input, dryRun),
      start: (draft) => fleet.startRun(draft),
      get: (id) => fleet.run(id),
      stop: (id) => fleet.stopRun(id),
      undo: (id) => fleet.undoRun(id),
    }
    fleet.onChange((change) => this.#onChange(change))
  }

  /** Fills the views; once, after the fleet started. */
  begin(): void {
    this.rigs.replace(this.#fleet.list())
    this.groups.replace(this.#fleet.groups())
  }

  detail(id: string): RigDetail {
    return this.#guests.get(id)?.() ?? this.#fleet.detail(id)
  }

  /** A rig that somebody else reads, as it is now. What the fleet does with rigs it cannot do with this one. */
  sawGuest(rig: Rig, detail: () => RigDetail): void {
    this.#guests.set(rig.id, detail)
    this.rigs.apply([rig])
    this.#details.get(rig.id)?.set(detail())
    this.#parts.sawRig(rig, detail)
  }

  forgetGuest(id: string): void {
    if (!this.#guests.delete(id)) return
    this.rigs.apply([], [id])
    this.#parts.forgetRig(id)
  }

  async *followDetail(id: string, signal?: AbortSignal): AsyncGenerator<LiveValue<RigDetail>, void, void> {
    const first = this.detail(id)
    const view = this.#details.get(id) ?? new LiveValueView(first)
    this.#details.set(id, view)
    try {
      yield* view.follow(signal)
    } finally {
      if (!view.followed) this.#details.delete(id)
    }
  }

  update(id: string, patch: RigPatch): Promise<Rig> {
    if (this.#guests.has(id)) return Promise.reject(guestRefused())
    return this.#fleet.update(id, patch)
  }

  remove(id: string): Promise<void> {
    if (this.#guests.has(id)) return Promise.reject(guestRefused())
    return this.#fleet.remove(id)
  }

  refresh(id: string): Promise<Rig> {
    return this.#fleet.refresh(id)
  }

  raw(id: string): RigRawReplies {
    return this.#fleet.raw(id)
  }

  async import(text: string, dryRun: boolean): Promise<RigImportResult> {
    const { lines, targets } = await this.#fleet.import(text, dryRun)
    return { lines, scanId: dryRun || targets.length === 0 ? null : await this.#parts.scan(targets) }
  }

  setCredentials(target: CredentialsTarget, username: string, password: string): Promise<void> {
    return this.#fleet.setCredentials(target, username, password)
  }

  removeCredentials(target: CredentialsTarget): Promise<void> {
    return this.#fleet.removeCredentials(target)
  }

  useFactoryLogin(id: string): Promise<Rig> {
    return this.#fleet.useFactoryLogin(id)
  }

  get workerTemplate(): string {
    return this.#fleet.workerTemplate
  }

  setWorkerTemplate(template: string): Promise<void> {
    return this.#fleet.setWorkerTemplate(template)
  }

  createGroup(name: string): Promise<FleetGroup> {
    return this.#fleet.createGroup(name)
  }

  renameGroup(id: string, name: string): Promise<FleetGroup> {
    return this.#fleet.renameGroup(id, name)
  }

  removeGroup(id: string): Promise<void> {
    return this.#fleet.removeGroup(id)
  }

  #onChange(change: FleetChange): void {
    switch (change.kind) {
      case 'rigs':
        return this.#onRigs(change.ids)
      case 'groups':
        return this.groups.replace(this.#fleet.groups())
      case 'run': {
        const listed = this.#fleet.runs().slice(0, RUNS_LISTED)
        const run = listed.find(({ id }) => id === change.id)
        const known = new Set(listed.map(({ id }) => id))
        const forgotten = this.#runs.items.map(({ id }) => id).filter((id) => !known.has(id))
        if (run) this.#parts.sawRun(run)
        return this.#runs.apply(run ? [run] : [], forgotten)
      }
      case 'template':
    }
  }

  #onRigs(ids: readonly string[]): void {
    const present: Rig[] = []
    const gone: string[] = []
    for (const id of new Set(ids)) {
      const rig = this.#find(id)
      if (rig) present.push(rig)
      else if (this.rigs.find(id)) gone.push(id)
    }
    for (const id of gone) this.#parts.forgetRig(id)
    this.rigs.apply(present, gone)
    for (const rig of present) {
      this.#details.get(rig.id)?.set(this.#fleet.detail(rig.id))
      this.#parts.sawRig(rig, () => this.#fleet.detail(rig.id))
    }
  }

  /** Undefined if it was removed. */
  #find(id: string): Rig | undefined {
    try {
      return this.#fleet.view(id)
    } catch (error) {
      if (error instanceof HeadframeError && error.code === 'rig/unknown') return undefined
      throw error
    }
  }
}

function guestRefused(): HeadframeError {
  return new HeadframeError(
    'device/elsewhere',
    'This rig hangs on a port of this machine. Name it, set it and forget it on the page of USB devices.',
  )
}
