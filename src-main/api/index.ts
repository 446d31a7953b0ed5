export { type Core, type PracticeControl } from './core.ts'
export { LiveListView, LiveValueView } from './live-view.ts'
