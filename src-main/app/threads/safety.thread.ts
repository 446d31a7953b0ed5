/** Entry of the safety thread. */
import { parentPort } from 'node:worker_threads'
import { runSafetyService } from '../safety-service.ts'

if (parentPort) runSafetyService(parentPort)
