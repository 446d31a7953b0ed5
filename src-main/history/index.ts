export { type History, type HistoryQueries } from './history.ts'
export {
  HISTORY_FILE,
  openHistory,
  type OpenedHistory,
  type OpenHistoryOptions,
  openHistoryQueries,
} from './open.ts'
export * from './records.ts'
