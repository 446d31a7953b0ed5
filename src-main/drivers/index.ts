export {
  type BoardControlKind,
  type BoardFamily,
  type BoardIdentity,
  boardIdentity,
  type BoardModel,
  type BoardPattern,
  type BoardSettings,
  type FanSetting,
  type KnownBoard,
  type Range,
  type RecognisedBoard,
  type SafetyLimits,
} from './model/board.ts'
export {
  type ByteLink,
  type LineSettings,
  type LinkEnd,
  type OpenPort,
  type PortAddress,
} from './model/byte-link.ts'
export { type ChipId, type ChipProfile } from './model/chip.ts'
export { type BoardReadings, type HashingSign, type PowerAuthority, type PowerCut } from './model/power.ts'
export { type AttachedDevice, type OpenUsbControl, type UsbControl } from './model/usb.ts'
export {
  BoardPort,
  type BoardPortOptions,
  type ChannelPort,
  ChannelPorts,
} from './transport/channel-ports.ts'
export { type MemoryLink, memoryLinkPair, type MemoryLinkOptions } from './transport/memory-link.ts'
export {
  MessageChannelPort,
  type MessagePortLike,
  type PortMessage,
  serveMessagePort,
} from './transport/message-port.ts'
export { canCutPower, canHoldReset, measuresHeat } from './boards/abilities.ts'
export {
  checkCoreVoltage,
  checkFan,
  checkFrequency,
  checkSettings,
  defaultSettings,
} from './boards/check-settings.ts'
export { expectedRateHs } from './boards/expected-rate.ts'
export { boardModels, findBoardModel, knownBoards } from './boards/models.ts'
export { type FoundParts, settle, type Settled } from './boards/settle-family.ts'
export { type BoardTuningLimits, tuningLimits } from './boards/tuning-limits.ts'
export { createOpenPort } from './transport/open-port.ts'
export { findPortHolders, type PortHolder, type PortHolders } from './transport/port-holders.ts'
export { openSerialLink, type SerialEnvironment } from './transport/serial-link.ts'
export { listDevices, type PortRow, type UsbRow } from './discovery/list-devices.ts'
export {
  type BoardMatch,
  concernsBoards,
  type DrivenBoard,
  expectedPorts,
  matchBoard,
  type MatchOptions,
} from './discovery/match-board.ts'
export { ChainSession } from './hashing/chain-session.ts'
export { type ChainView } from './hashing/chain-view.ts'
export { type ChainEvent } from './hashing/event-log.ts'
export { type ChainHealth } from './hashing/chain-health.ts'
export { type ChainReport, type ChipRate, type NonceCounts } from './hashing/chain-stats.ts'
export { type JobTiming } from './hashing/job-feed.ts'
export { type RateEstimate } from './hashing/rate-window.ts'
export { type FailureReason } from './hashing/recovery-plan.ts'
export { type ChainSessionParts, type ClockSetting, type SessionBoard } from './hashing/session-parts.ts'
export { type SessionState, type SessionStateName } from './hashing/session-state.ts'
export { chipProfile } from './chips/profiles.ts'
export { identifyChips } from './hashing/identify-chips.ts'
export { createOpenUsbControl } from './transport/usb-control.ts'
export { listUsbHandles, type ListUsbHandles, type UsbHandle } from './transport/usb-package.ts'
export { type Fault, type FaultKind } from './simulated/faults.ts'
export { createVirtualBoard } from './simulated/make-board.ts'
export { type NonceFinder, plainFinder } from './simulated/nonce-finder.ts'
export { type VirtualBoardOptions } from './simulated/virtual-bitaxe.ts'
export {
  type PowerEvent,
  type VirtualBoard,
  type VirtualBoardKind,
  type VirtualBoardView,
  type VirtualPowerView,
} from './simulated/virtual-board.ts'
export { type DeviceSource, type HotplugEvent, HotplugWatcher } from './discovery/hotplug.ts'
export { createSystemDevices } from './discovery/system-devices.ts'
export {
  type AttachOutcome,
  type SafetyAttachment,
  SafetyDesk,
  type SafetyDeskParts,
  type SafetyEvent,
} from './safety/safety-desk.ts'
export { type SafetyNotice, type SafetyState, type SafetyView } from './safety/safety-views.ts'
export {
  ALIVE_LIMIT_MS,
  ALIVE_PERIOD_MS,
  heard,
  listen,
  type Watchdog,
  watchdogFrom,
} from './safety/watchdog.ts'
export {
  type AccessVerdict,
  judgeAccess,
  portGroup,
  type PortRights,
  readGroups,
  readPortRights,
} from './discovery/linux-access.ts'
export { type PlatformNote, platformNotes } from './discovery/platform-notes.ts'
export { type InstallStep, UDEV_RULES_NAME, udevInstallSteps, udevRules } from './discovery/udev-rules.ts'
export { openPatiently, type PatientOpening } from './transport/open-patiently.ts'
