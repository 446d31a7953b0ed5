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
  type CurrentJob,
  type Downstream,
  type HistorySeries,
  type JobTimeline,
  type Link,
  type Overview,
  type Pool,
  type PoolDraft,
  type PoolPatch,
  type PoolPreset,
  type PoolTest,
  type PracticeEvent,
  type PracticeState,
  type Routing,
  type TrafficFrames,
  type Warning,
} from '../../src-preload/contract/index.ts'
import { type historyQuery } from '../../src-preload/contract/index.ts'
import { type z } from 'zod'
import { type LiveListView, type LiveValueView } from './live-view.ts'

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

  blocks(): Promise<Block[]>
  history(query: z.infer<typeof historyQuery>): Promise<HistorySeries>

  /** Null without the practice farm. */
  readonly practice: PracticeControl | null

  /** Stops everything in order; harmless when repeated. */
  stop(): Promise<void>
}
