/** Entry of the thread of the practice farm's USB boards. */
import { parentPort, workerData } from 'node:worker_threads'
import { type PracticeBoardPlan, runBoardsThread } from '../../practice/index.ts'

if (parentPort) runBoardsThread(parentPort, workerData as readonly PracticeBoardPlan[])
