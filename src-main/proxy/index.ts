export { type ShareCounts, type ShareDelta, emptyCounts, identityHolds } from './shares/accounting.ts'
export { type AuthorityKeyPair } from '../sv2/index.ts'
export { type EngineOptions, ProxyEngine } from './engine.ts'
export {
  type BlockStatus,
  type CurrentJobStatus,
  type DownstreamStatus,
  type EndpointStatus,
  type EngineReport,
  type PoolHealth,
  type PoolStatus,
  type RigState,
} from './engine-views.ts'
export { type ProbeOptions, type ProbeResult, type ProbeStep } from './upstream/pool-probe.ts'
export { type PoolStep } from './upstream/pool-session.ts'
export {
  DEFAULT_ROUTING,
  type FailoverSettings,
  type RouteRule,
  type RoutingConfig,
  type SplitShare,
} from './switching/routing.ts'
export { type ActivationResult } from './switching/activation.ts'
export { type StaleCause } from './shares/stale-cause.ts'
export { type PoolEvent } from './switching/switchboard.ts'
export {
  type PoolConfig,
  type PoolEndpoint,
  type UpstreamProblem,
  type UpstreamState,
} from './upstream/upstream.ts'
export {
  type AuditBatch,
  type AuditGap,
  type AuditLine,
  type AuditOptions,
  type AuditRecord,
  type BandwidthRate,
  type BandwidthRow,
  type BandwidthView,
  type CounterpartBytes,
  type Direction,
  type FrameField,
  type LinkSide,
  type LinkStatus,
  type MessageKind,
  type PoolTimeline,
  type TimelineJob,
  type TimelineTip,
  type TimelineView,
  type TrafficFrame,
  type WarningCode,
  type WarningSeverity,
  type WatchdogWarning,
  type WatchedFrames,
} from './insight/insight-views.ts'
export { type Insight } from './insight/insight.ts'
