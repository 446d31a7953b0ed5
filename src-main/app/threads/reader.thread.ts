/** Entry of the reader thread. */
import { parentPort } from 'node:worker_threads'
import { runReaderService } from '../reading/reader-service.ts'

if (parentPort) runReaderService(parentPort)
