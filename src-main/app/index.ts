export { type CommandLine, parseCommandLine, USAGE } from './command-line.ts'
export { type CoreOptions, type HostPort, type RunningCore, startCore } from './core.ts'
export { createFileLogger, type FileLog } from './file-log.ts'
export { loadPageFiles, type PageFile, pagePolicy } from './page-files.ts'
