/**
 * What the api needs of the running program: the contract's procedures as plain calls. `app` implements it,
 * the router (`router.ts`) carries it to callers. Knows no transport.
 *
 * Every call may throw `HeadframeError`; the router turns its code into the contract's error.
 */
import {
  type Activation,
  type AppInfo,
  type auditExport,
  type AuditChunk,
  type AuditPage,
  type auditQuery,
  type AuditSettings,
  type AuditState,
  type Bandwidth,
  type Block,
  type ActionInput,
  type CredentialsTarget,
  type CurrentJob,
  type Downstream,
  type FleetGroup,
  type JobTimeline,
  type Link,
  type LiveValue,
  type Overview,
  type Pool,
  type PoolDraft,
  type PoolPatch,
  type PoolPreset,
  type PoolTest,
  type PracticeEvent,
  type PracticeState,
  type Rig,
  type RigAction,
  type RigDetail,
  type RigImportResult,
  type RigPatch,
  type RigRawReplies,
  type Routing,
  type Run,
  type runDraft,
  type RunItem,
  type Scan,
  type scanDraft,
  type ScanSuggestion,
  type TrafficFrames,
  type Tuning,
  type tuningDraft,
  type Warning,
} from '../../src-preload/contract/index.ts'
import { type z } from 'zod'
import { type DeviceCalls } from './device-calls.ts'
import { type HistoryCalls, type KeepingCalls } from './history-calls.ts'
import { type LiveListView, type LiveValueView } from './live-view.ts'
import {
  type AccountCalls,
  type EarningsCalls,
  type MeterCalls,
  type MoneyCalls,
  type PayoutCalls,
} from './money-calls.ts'

export interface PracticeControl {
  state(): PracticeState
  /** Resolves when the event has happened. */
  trigger(event: PracticeEvent): Promise<PracticeState>
}

export interface PoolTestDraft {
  url: string
  userIdentity: string
  password?: string | undefined
  /** Use the stored password of this pool. */
  id?: string | undefined
}

/** What people do with pools. */
export interface PoolCalls {
  readonly presets: readonly PoolPreset[]
  /** @throws HeadframeError `pool/invalid-url`, with context `part` and `field` */
  create(draft: PoolDraft): Promise<Pool>
  /** @throws HeadframeError `pool/unknown`, `pool/invalid-url` */
  update(id: string, patch: PoolPatch): Promise<Pool>
  /** @throws HeadframeError `pool/unknown`, `pool/active` */
  remove(id: string): Promise<void>
  /** @throws HeadframeError `pool/unknown`, `pool/disabled`, or why the pool could not be used */
  activate(id: string): Promise<Activation>
  test(draft: PoolTestDraft): Promise<PoolTest>
  /** The same test step by step; ends after the last step, or when `signal` aborts. */
  testLive(draft: PoolTestDraft, signal?: AbortSignal): AsyncGenerator<PoolTest, void, void>
}

/** What people look at of jobs and connections. */
export interface TrafficCalls {
  /**
   * The decoded job of a pool, or of the one in use for null; null before its first.
   * @throws HeadframeError `pool/unknown`
   */
  job(poolId: string | null): Promise<CurrentJob | null>
  /** Kept up to date while it is followed; `readTimeline` asks at once. */
  readonly timeline: LiveValueView<JobTimeline>
  readTimeline(): Promise<JobTimeline>
  readonly warnings: LiveListView<Warning>
  /** Kept up to date while it is followed; `readLinks` asks at once. */
  readonly links: LiveListView<Link>
  readLinks(): Promise<Link[]>
  /** @throws HeadframeError `link/unknown` */
  frames(linkId: string, signal?: AbortSignal): AsyncGenerator<TrafficFrames, void, void>
  bandwidth(): Promise<Bandwidth>
}

/** The record of mining traffic. */
export interface AuditCalls {
  state(): Promise<AuditState>
  configure(settings: AuditSettings): Promise<AuditState>
  /** @throws HeadframeError `audit/…` */
  query(query: z.infer<typeof auditQuery>): Promise<AuditPage>
  /** @throws HeadframeError `audit/…` */
  export(query: z.infer<typeof auditExport>): Promise<AuditChunk>
}

/** What people know and change of rigs. */
export interface RigCalls {
  readonly rigs: LiveListView<Rig>
  readonly groups: LiveListView<FleetGroup>
  /** @throws HeadframeError `rig/unknown` */
  detail(id: string): RigDetail
  /** The same, again after every reading. @throws HeadframeError `rig/unknown` */
  followDetail(id: string, signal?: AbortSignal): AsyncGenerator<LiveValue<RigDetail>, void, void>
  /** @throws HeadframeError `rig/unknown`, `group/unknown` */
  update(id: string, patch: RigPatch): Promise<Rig>
  /** @throws HeadframeError `rig/unknown`, `rig/busy` */
  remove(id: string): Promise<void>
  /** Reads it now; a failure is in the rig's `problem`. @throws HeadframeError `rig/unknown` */
  refresh(id: string): Promise<Rig>
  /** @throws HeadframeError `rig/unknown` */
  raw(id: string): RigRawReplies
  import(text: string, dryRun: boolean): Promise<RigImportResult>
  /** @throws HeadframeError `rig/unknown`, `group/unknown`, `family/unknown` */
  setCredentials(target: CredentialsTarget, username: string, password: string): Promise<void>
  /** @throws HeadframeError as `setCredentials` */
  removeCredentials(target: CredentialsTarget): Promise<void>
  /** @throws HeadframeError `rig/unknown`, `rig/no-factory-login` */
  useFactoryLogin(id: string): Promise<Rig>
  readonly workerTemplate: string
  /** @throws HeadframeError `rig/bad-template` */
  setWorkerTemplate(template: string): Promise<void>
  /** @throws HeadframeError `group/name-taken` */
  createGroup(name: string): Promise<FleetGroup>
  /** @throws HeadframeError `group/unknown`, `group/name-taken` */
  renameGroup(id: string, name: string): Promise<FleetGroup>
  /** @throws HeadframeError `group/unknown` */
  removeGroup(id: string): Promise<void>
}

/** What people tell rigs. */
export interface RunCalls {
  readonly runs: LiveListView<Run>
  /**
   * One rig; resolves when it is proven, or not.
   * @throws HeadframeError `rig/unknown`, `action/invalid`
   */
  act(rigId: string, action: RigAction, input: ActionInput, dryRun: boolean): Promise<RunItem>
  /** @throws HeadframeError `rig/unknown`, `action/invalid` */
  start(draft: z.infer<typeof runDraft>): Promise<Run>
  /** @throws HeadframeError `run/unknown` */
  get(id: string): Run
  /** @throws HeadframeError `run/unknown` */
  stop(id: string): Run
  /** @throws HeadframeError `run/unknown`, `run/not-undoable` */
  undo(id: string): Promise<Run>
}

/** How rigs are found. */
export interface ScanCalls {
  suggestions(): ScanSuggestion[]
  /** @throws HeadframeError `scan/bad-target`, `scan/too-many`, `scan/public-address`, `scan/nothing-to-do` */
  start(draft: z.infer<typeof scanDraft>): Promise<Scan>
  /** @throws HeadframeError `scan/unknown` */
  get(id: string): Scan
  /** @throws HeadframeError `scan/unknown` */
  follow(id: string, signal?: AbortSignal): AsyncGenerator<LiveValue<Scan>, void, void>
  /** @throws HeadframeError `scan/unknown` */
  stop(id: string): Scan
}

/** Tuning of small boards. */
export interface TuningCalls {
  readonly tuning: LiveListView<Tuning>
  /** @throws HeadframeError `rig/unknown`, `tuning/not-supported`, `tuning/running` */
  start(rigId: string, draft: z.infer<typeof tuningDraft>): Promise<Tuning>
  /** @throws HeadframeError `tuning/none` */
  stop(rigId: string, keep: 'best' | 'before'): Promise<Tuning>
  /** @throws HeadframeError `tuning/none` */
  revert(rigId: string): Promise<Tuning>
}

export interface Core {
  health(): { status: 'ok'; version: string; uptimeMs: number }
  info(): AppInfo
  /** @throws HeadframeError `notice/unknown` */
  dismissNotice(id: string): void

  readonly overview: LiveValueView<Overview>
  readonly pools: LiveListView<Pool>
  readonly downstreams: LiveListView<Downstream>
  readonly routing: LiveValueView<Routing>
  /** @throws HeadframeError `routing/invalid` */
  setRouting(routing: Routing): Promise<Routing>

  readonly poolDesk: PoolCalls
  readonly traffic: TrafficCalls
  readonly audit: AuditCalls

  readonly rigs: RigCalls
  readonly runs: RunCalls
  readonly scans: ScanCalls
  readonly tuning: TuningCalls
  readonly devices: DeviceCalls

  blocks(): Promise<Block[]>

  readonly history: HistoryCalls
  readonly keeping: KeepingCalls
  readonly earnings: EarningsCalls
  readonly money: MoneyCalls
  readonly accounts: AccountCalls
  readonly payouts: PayoutCalls
  readonly meters: MeterCalls

  /** Null without the practice farm. */
  readonly practice: PracticeControl | null

  /** Stops everything in order; harmless when repeated. */
  stop(): Promise<void>
}
