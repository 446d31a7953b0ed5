/**
 * What the api needs of the running program: the contract's procedures as plain calls. `app` implements it,
 * the router (`router.ts`) carries it to callers. Knows no transport.
 *
 * Every call may throw `HeadframeError`; the router turns its code into the contract's error.
 */
import {
  type Activation,
  type AppInfo,
  type Block,
  type CurrentJob,
  type Downstream,
  type HistorySeries,
  type Overview,
  type Pool,
  type PoolDraft,
  type PoolPatch,
  type PoolTest,
  type PracticeEvent,
  type PracticeState,
} from '../../src-preload/contract/index.ts'
import { type historyQuery } from '../../src-preload/contract/index.ts'
import { type z } from 'zod'
import { type LiveListView, type LiveValueView } from './live-view.ts'

export interface PracticeControl {
  state(): PracticeState
  /** Resolves when the event has happened. */
  trigger(event: PracticeEvent): Promise<PracticeState>
}

export interface Core {
  health(): { status: 'ok'; version: string; uptimeMs: number }
  info(): AppInfo
  /** @throws HeadframeError `notice/unknown` */
  dismissNotice(id: string): void

  readonly overview: LiveValueView<Overview>
  readonly pools: LiveListView<Pool>
  readonly downstreams: LiveListView<Downstream>

  /** @throws HeadframeError `pool/invalid-url`, with context `part` and `field` */
  createPool(draft: PoolDraft): Promise<Pool>
  /** @throws HeadframeError `pool/unknown`, `pool/invalid-url` */
  updatePool(id: string, patch: PoolPatch): Promise<Pool>
  /** @throws HeadframeError `pool/unknown`, `pool/active` */
  removePool(id: string): Promise<void>
  /** @throws HeadframeError `pool/unknown`, `pool/disabled`, or why the pool could not be used */
  activatePool(id: string): Promise<Activation>
  testPool(draft: {
    url: string
    userIdentity: string
    password?: string | undefined
    id?: string | undefined
  }): Promise<PoolTest>

  currentJob(): Promise<CurrentJob | null>
  blocks(): Promise<Block[]>
  history(query: z.infer<typeof historyQuery>): Promise<HistorySeries>

  /** Null without the practice farm. */
  readonly practice: PracticeControl | null

  /** Stops everything in order; harmless when repeated. */
  stop(): Promise<void>
}
