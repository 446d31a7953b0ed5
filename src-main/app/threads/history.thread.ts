/** Entry of the history thread. */
import { parentPort } from 'node:worker_threads'
import { runHistoryService } from '../history-service.ts'

if (parentPort) runHistoryService(parentPort)
