export { isCallMessage } from './call-message.ts'
export {
  type AuditCalls,
  type Core,
  type PoolCalls,
  type PoolTestDraft,
  type PracticeControl,
  type RigCalls,
  type RunCalls,
  type ScanCalls,
  type TrafficCalls,
  type TuningCalls,
} from './core.ts'
export { type DeviceCalls } from './device-calls.ts'
export { type HistoryCalls, type KeepingCalls } from './history-calls.ts'
export {
  type AccountCalls,
  type EarningsCalls,
  type MeterCalls,
  type MoneyCalls,
  type PayoutCalls,
} from './money-calls.ts'
export { toContractError } from './errors.ts'
export { type CallInterceptors, createInterceptors } from './interceptors.ts'
export { LiveListView, LiveValueView } from './live-view.ts'
export { describeApi } from './openapi.ts'
export { type ApiContext, type ApiRouter, createRouter } from './router.ts'
