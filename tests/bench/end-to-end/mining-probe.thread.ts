/**
 * The mining thread of the product with an instrument beside it: runs what `threads/mining.thread.ts` runs,
 * and answers `ProbeProcedures` on a port of its own.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { runMiningService } from '../../../src-main/app/mining-service.ts'
import { serveThread } from '../../../src-main/app/thread-link.ts'
import { probeProcedures } from './loop-probe.ts'

if (parentPort) {
  runMiningService(parentPort)
  serveThread((workerData as { probePort: MessagePort }).probePort, probeProcedures)
}
