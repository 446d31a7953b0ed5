export { type ShareCounts, type ShareDelta, emptyCounts, identityHolds } from './shares/accounting.ts'
export { type EngineOptions, ProxyEngine } from './engine.ts'
export {
  type BlockStatus,
  type CurrentJobStatus,
  type DownstreamStatus,
  type EngineReport,
  type PoolStatus,
  type RigState,
} from './engine-views.ts'
export { type ProbeResult, type ProbeStep } from './upstream/pool-probe.ts'
export { type ActivationResult, type PoolEvent } from './switching/switchboard.ts'
export {
  type PoolConfig,
  type PoolEndpoint,
  type UpstreamProblem,
  type UpstreamState,
} from './upstream/upstream.ts'
