/** What a search is given, and what it tells of itself; `scan.ts` does it. */
import { type Clock, type Unsubscribe } from '../../base/index.ts'
import { type RigAddress } from '../transport/rig-link.ts'
import { type Candidate, type CandidateSource } from './candidate.ts'
import { type Identified } from './identified.ts'
import { DEFAULT_IDENTIFY_TIMINGS, type IdentifyTimings, type ProbeLinkOpener } from './identify.ts'
import { type Knocker } from './knock.ts'
import { type HostLookup } from './look-up.ts'

export interface ScanTimings {
  /** For one handshake; silent addresses cost it once, known rigs twice. */
  readonly knockMs: number
  readonly identify: IdentifyTimings
  /** Between two tellings of progress that have no find in them. */
  readonly tellEveryMs: number
}

export const DEFAULT_SCAN_TIMINGS: ScanTimings = {
  knockMs: 800,
  identify: DEFAULT_IDENTIFY_TIMINGS,
  tellEveryMs: 100,
}

/**
 * Addresses knocked at, measured to find a /24 in one round of silence. With three ports each this is at most 768 half-open
 * connections; thousands upset consumer routers and some systems.
 */
export const DEFAULT_SCAN_CONCURRENCY = 256
export const DEFAULT_IDENTIFY_CONCURRENCY = 48

export interface ScanParts {
  /** Of `parseTargets`: in the order to try. */
  readonly targets: readonly RigAddress[]
  /** Rigs known from before: asked twice before they count as silent. */
  readonly known?: readonly RigAddress[]
  readonly clock: Clock
  readonly openLink: ProbeLinkOpener
  /** Beside private ones, for names and candidates: CIDR. */
  readonly allowedRanges?: readonly string[]
  /** Announcements and report buttons to listen to, for `listenMs`. */
  readonly sources?: readonly CandidateSource[]
  readonly listenMs?: number
  readonly concurrency?: number
  readonly identifyConcurrency?: number
  readonly timings?: ScanTimings
  readonly knock?: Knocker
  readonly lookUp?: HostLookup
}

export interface ScanProblem {
  readonly code: string
  readonly message: string
}

export interface ScanFindEvent {
  readonly identified: Identified
  readonly atMs: number
}

export interface ScanProgress {
  readonly state: 'running' | 'done' | 'stopped'
  readonly startedAtMs: number
  readonly endedAtMs: number | null
  /** Addresses to try, candidates included. */
  readonly total: number
  readonly tried: number
  /** Somebody accepted a connection there. */
  readonly answered: number
  /** From the start to the first rig; null while there is none. */
  readonly firstRigMs: number | null
  /** From the start until every address was tried and identified, listening apart; null before. */
  readonly completeMs: number | null
  /** For announcements and report buttons; null when nobody listens. */
  readonly listeningUntilMs: number | null
  /** In the order found, each address once. */
  readonly finds: readonly ScanFindEvent[]
  /** What could not be done while the rest went on. */
  readonly problems: readonly ScanProblem[]
}

export interface RunningScan {
  readonly progress: ScanProgress
  /** Resolves when it is over, by itself or stopped; never rejects. */
  readonly done: Promise<ScanProgress>
  /** Progress as it comes, at once for finds and the end. */
  onProgress(listener: (progress: ScanProgress) => void): Unsubscribe
  /** Each find once, as it comes. */
  onFind(listener: (find: ScanFindEvent) => void): Unsubscribe
  /** Tries an address that was learnt meanwhile, before the others. */
  add(candidate: Candidate): void
  /** Ends it; resolves when nothing of it is under way any more. */
  stop(): Promise<ScanProgress>
}
