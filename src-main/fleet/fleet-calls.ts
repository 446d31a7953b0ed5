/** Everything that can be asked of the fleet; `fleet.ts` has the class. */
import { type Unsubscribe } from '../base/index.ts'
import { type Identified } from './discovery/identified.ts'
import { type RigAddress } from './transport/rig-link.ts'
import {
  type ActionValues,
  type AdoptionView,
  type GroupView,
  type ImportLineView,
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

/** What changed; ask again for what you show. `rigs` with the ids of those that are new, read, renamed or gone. */
export type FleetChange =
  | { readonly kind: 'rigs'; readonly ids: readonly string[] }
  | { readonly kind: 'groups' }
  | { readonly kind: 'run'; readonly id: string }
  | { readonly kind: 'template' }

export interface ImportPlan {
  readonly lines: ImportLineView[]
  /** What to scan so that the new ones are identified, in the words that a scan takes. Empty for a dry run. */
  readonly targets: string[]
}

export interface FleetCalls {
  /** Loads what is known and begins to poll. @throws HeadframeError as the store's `load` does */
  start(): Promise<void>
  /** Ends polls, follows and runs; what is being written is awaited for a moment. */
  stop(): Promise<void>
  onChange(listener: (change: FleetChange) => void): Unsubscribe

  /** All, in the order they were added; with what the proxy says now. */
  list(): RigView[]
  /** @throws HeadframeError `rig/unknown` */
  view(id: string): RigView
  /** @throws HeadframeError `rig/unknown` */
  detail(id: string): RigDetailView
  /** @throws HeadframeError `rig/unknown`, `group/unknown`, `settings/not-writable` */
  update(id: string, change: RigChange): Promise<RigView>
  /** Forgets a rig with its login. @throws HeadframeError `rig/unknown`, `rig/busy` */
  remove(id: string): Promise<void>
  /** Reads it now; a failure is in its `problem`. @throws HeadframeError `rig/unknown` */
  refresh(id: string): Promise<RigView>
  /** Secrets are masked. @throws HeadframeError `rig/unknown` */
  raw(id: string): RawRepliesView

  groups(): GroupView[]
  /** @throws HeadframeError `group/name-taken` */
  createGroup(name: string): Promise<GroupView>
  /** @throws HeadframeError `group/unknown`, `group/name-taken` */
  renameGroup(id: string, name: string): Promise<GroupView>
  /** Its rigs stay. @throws HeadframeError `group/unknown` */
  removeGroup(id: string): Promise<void>

  /** @throws HeadframeError `rig/unknown`, `group/unknown`, `family/unknown` */
  setCredentials(target: LoginTarget, username: string, password: string): Promise<void>
  /** @throws HeadframeError as `setCredentials` */
  removeCredentials(target: LoginTarget): Promise<void>
  /** Stores what the maker set as this rig's login, and reads it. @throws HeadframeError `rig/unknown`, `rig/no-factory-login` */
  useFactoryLogin(id: string): Promise<RigView>

  readonly workerTemplate: string
  /** @throws HeadframeError `rig/bad-template` */
  setWorkerTemplate(template: string): Promise<void>

  /** Adds a find of a scan, or says which known rig it is. @throws HeadframeError `settings/not-writable` */
  adopt(find: Extract<Identified, { kind: 'rig' }>): Promise<AdoptionView>
  /** Where rigs are known to be: a scan asks there first. */
  knownAddresses(): RigAddress[]
  /** Checks a list; unless it is a dry run, remembers names and groups for the rigs that a scan of `targets` finds. */
  import(text: string, dryRun: boolean): Promise<ImportPlan>

  /** One rig; resolves when it is proven, or not. @throws HeadframeError `rig/unknown`, `action/invalid` */
  act(rigId: string, action: RigActionName, values: ActionValues, dryRun: boolean): Promise<RunItemView>
  /** Many rigs; goes on after it resolved. @throws HeadframeError `rig/unknown`, `action/invalid` */
  startRun(request: RunRequest): Promise<RunView>
  /** Newest first. */
  runs(): RunView[]
  /** @throws HeadframeError `run/unknown` */
  run(id: string): RunView
  /** Begins no more rigs. @throws HeadframeError `run/unknown` */
  stopRun(id: string): RunView
  /** @throws HeadframeError `run/unknown`, `run/not-undoable` */
  undoRun(id: string): Promise<RunView>
}
