/** Entry of the hashing thread. */
import { parentPort } from 'node:worker_threads'
import { runHashingThread } from '../../practice/index.ts'

if (parentPort) runHashingThread(parentPort)
