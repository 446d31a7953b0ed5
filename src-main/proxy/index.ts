export { type ShareCounts, type ShareDelta, emptyCounts, identityHolds } from './shares/accounting.ts'
export { type AuthorityKeyPair, type EngineOptions, ProxyEngine } from './engine.ts'
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
export { type ProbeResult, type ProbeStep } from './upstream/pool-probe.ts'
export {
  DEFAULT_ROUTING,
  type FailoverSettings,
  type RouteRule,
  type RoutingConfig,
  type SplitShare,
} from './switching/routing.ts'
export { type ActivationResult, type PoolEvent } from './switching/switchboard.ts'
export {
  type PoolConfig,
  type PoolEndpoint,
  type UpstreamProblem,
  type UpstreamState,
} from './upstream/upstream.ts'
