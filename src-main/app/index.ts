export { type CoreOptions, type HostPort, type RunningCore, startCore } from './core.ts'
export { createFileLogger, type FileLog } from './file-log.ts'
