export { type History, type HistoryQueries } from './history.ts'
export * from './records.ts'
