export { loadOrCreateToken, TOKEN_FILE } from './api-token.ts'
export {
  type DataDirLock,
  defaultDataDir,
  LOCK_FILE,
  lockDataDir,
  type PlatformFolders,
  prepareDataDir,
} from './data-dir.ts'
export {
  type CheckAuthorityKey,
  formatPoolUrl,
  parsePoolUrl,
  type PoolUrl,
  type PoolUrlError,
  type PoolUrlPart,
} from './pool-url.ts'
export { fileFailure } from './failures.ts'
export { readText, replaceFile } from './private-file.ts'
export {
  type OpenedRigBook,
  openRigBook,
  RIG_BOOK_FILE,
  type RigBookContent,
  RigBookFileStore,
} from './rig-book-file.ts'
export { FileSecretStore, openFileSecrets, SECRETS_FILE, type SecretStore } from './secrets.ts'
export {
  type AuditLogSettings,
  defaultSettings,
  type ListenerSettings,
  type PoolSettings,
  type RoutingSettings,
  type Settings,
  SETTINGS_VERSION,
} from './settings.ts'
export {
  type OpenedSettings,
  openSettings,
  SETTINGS_FILE,
  type SettingsChange,
  type SettingsNotice,
  type SettingsStore,
} from './settings-store.ts'
export { type JsonFile, type JsonFileNotice, openJsonFile } from './json-file.ts'
export { type DeviceRecord, openDeviceFile, type OpenedDeviceFile } from './device-file.ts'
export { openTuningFile } from './tuning-file.ts'
