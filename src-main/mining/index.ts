export * from './job.ts'
export { type CreateShareChecker, type OnHash, type ShareChecker } from './share-checker.ts'
