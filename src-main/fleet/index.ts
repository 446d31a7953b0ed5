export { Fleet } from './fleet.ts'
export { type FleetCalls, type FleetChange, type ImportPlan } from './fleet-calls.ts'
export {
  type BookGroup,
  type BookRig,
  DEFAULT_WORKER_TEMPLATE,
  EMPTY_RIG_BOOK,
  type RigBookFile,
  type RigBookStore,
} from './book/rig-book-file.ts'
export {
  type ConfiguredPool,
  DEFAULT_FLEET_OPTIONS,
  type DownstreamSeen,
  type FleetOptions,
  type FleetParts,
  type FleetSecrets,
  type LinkOpener,
  type LinkRequest,
  type LocalAddress,
  type ProxySide,
  type StratumListener,
} from './ports.ts'
export { SILENT_CODES } from './views/rig-views.ts'
export {
  type ActionValues,
  type AdoptionView,
  type GroupView,
  type LoginTarget,
  type RawRepliesView,
  RIG_ACTIONS,
  type RigActionName,
  type RigChange,
  type RigDetailView,
  type RigView,
  type RunItemView,
  type RunRequest,
  type RunView,
} from './views/view-types.ts'
export {
  at,
  averageOf,
  booleanOf,
  countOf,
  difficultyOf,
  durationOf,
  ghsToHs,
  hashrateIn,
  isObject,
  lastShareOf,
  listOf,
  type LooseObject,
  macOf,
  maxOf,
  measureOf,
  mhsToHs,
  numberOf,
  objectOf,
  sumOf,
  temperatureOf,
  textOf,
  thsToHs,
} from './model/lenient.ts'
export { isRefusal, joinedReply, rpcRequest, type RpcStatus, rpcStatusOf } from './model/rpc-reply.ts'
export { askJson, askRpc, commandRpc, requireGoodStatus, requireJson } from './transport/ask.ts'
export {
  DEFAULT_LINK_LIMITS,
  type LinkLimits,
  openLink,
  type OpenLinkOptions,
} from './transport/open-link.ts'
export {
  type JsonRepair,
  parseReply,
  type ParsedReply,
  type UnreadableReply,
} from './transport/repair-json.ts'
export {
  type HttpAuth,
  type HttpReply,
  type HttpRequest,
  type RigAddress,
  type RigCredentials,
  type RigLink,
  type RpcOptions,
} from './transport/rig-link.ts'
export { isTextReply, parseTextReply } from './transport/text-reply.ts'
export { rigSubject } from './tuning/rig-subject.ts'
export { type TuningMeasures, type TuningSetting } from './tuning/tuning-plan.ts'
export { type TuningLook, type TuningStart, type TuningSubject } from './tuning/tuning-subject.ts'
export { Tuner, type TunerParts, type TuningMemory, type TuningRequest } from './tuning/tuner.ts'
export { type TuningTrialView, type TuningView } from './tuning/tuning-views.ts'
export { type Candidate, type CandidateSource, type Listening } from './discovery/candidate.ts'
export { type Identified } from './discovery/identified.ts'
export {
  DEFAULT_IDENTIFY_TIMINGS,
  identify,
  type IdentifyParts,
  type IdentifyTimings,
  type ProbeLinkOpener,
} from './discovery/identify.ts'
export { antminerReports, type ReportSourceOptions, whatsminerReports } from './discovery/ip-report.ts'
export { mdnsSource, type MdnsOptions } from './discovery/mdns.ts'
export { ownSubnets, type SubnetSuggestion } from './discovery/own-subnets.ts'
export { probeLinks } from './discovery/probe-link.ts'
export { startScan } from './discovery/scan.ts'
export {
  DEFAULT_SCAN_CONCURRENCY,
  DEFAULT_SCAN_TIMINGS,
  type RunningScan,
  type ScanFindEvent,
  type ScanParts,
  type ScanProblem,
  type ScanProgress,
  type ScanTimings,
} from './discovery/scan-parts.ts'
export { MAX_TARGETS, parseTargets, type TargetOptions } from './discovery/targets.ts'
export { addressText } from './model/identity.ts'
export { FAMILIES, familyOf } from './families/index.ts'
