/** Entry of the mining thread. */
import { parentPort } from 'node:worker_threads'
import { runMiningService } from '../mining-service.ts'

if (parentPort) runMiningService(parentPort)
