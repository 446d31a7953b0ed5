export { type CheckAuthorityKey, type PoolUrl, type PoolUrlError, type PoolUrlPart } from './pool-url.ts'
export {
  defaultSettings,
  type ListenerSettings,
  type PoolSettings,
  type Settings,
  SETTINGS_VERSION,
} from './settings.ts'
