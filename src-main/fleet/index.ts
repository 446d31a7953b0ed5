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
  type LocalAddress,
  type ProxySide,
  type StratumListener,
} from './ports.ts'
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
