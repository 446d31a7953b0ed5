/** Entry of a worker thread that does nothing but notice when the machine does not let even it run in time. */
import { parentPort } from 'node:worker_threads'

const PERIOD_MS = 5

let dueMs = performance.now() + PERIOD_MS
let worstMs = 0

setInterval(() => {
  const nowMs = performance.now()
  worstMs = Math.max(worstMs, nowMs - dueMs)
  dueMs = nowMs + PERIOD_MS
}, PERIOD_MS)

/** Asked by any message; answers with the worst since it was asked last. */
parentPort?.on('message', () => {
  parentPort?.postMessage(worstMs)
  worstMs = 0
})
