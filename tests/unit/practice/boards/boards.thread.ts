import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type PracticeBoardPlan } from '../../../../src-main/practice/boards/board-shed.ts'
import { runBoardsThread } from '../../../../src-main/practice/boards/practice-boards.ts'

runBoardsThread(parentPort as MessagePort, workerData as readonly PracticeBoardPlan[])
