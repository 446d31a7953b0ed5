/** The way to the hashing loop: in a worker thread, or in this one. Both carry the same messages. */
import { type MessagePort, Worker } from 'node:worker_threads'
import { type Clock, errorText, type Logger, systemClock } from '../../base/index.ts'
import { type HashingCommand, HashingLoop, type HashingReport } from './hashing.ts'

export interface HashingLink {
  send(command: HashingCommand): void
  /** Ends the hashing; no report comes afterwards. */
  stop(): Promise<void>
}

export type OpenHashing = (onReport: (report: HashingReport) => void) => HashingLink

/** Hashes in this thread, in turns of some milliseconds: for tests, and where there are no threads. */
export function hashingInProcess(clock: Clock): OpenHashing {
  return (onReport) => {
    const loop = new HashingLoop(clock, onReport)
    return {
      send: (command) => loop.command(command),
      stop() {
        loop.stop()
        return Promise.resolve()
      },
    }
  }
}

/**
 * Hashes in a thread of its own, one for all rigs.
 * @param threadFile a module that calls `runHashingThread`
 */
export function hashingInThread(threadFile: URL, log: Logger): OpenHashing {
  return (onReport) => {
    const worker = new Worker(threadFile, { name: 'hashing' })
    let stopping = false
    worker.on('message', (report: HashingReport) => {
      if (!stopping) onReport(report)
    })
    // The rigs then show no hashrate; the rest goes on.
    worker.on('error', (error) => log.error('the hashing thread failed', { error: errorText(error) }))
    return {
      send: (command) => worker.postMessage(command),
      async stop() {
        stopping = true
        await worker.terminate()
      },
    }
  }
}

/** What the hashing thread runs, until it is terminated. */
export function runHashingThread(port: MessagePort): void {
  const loop = new HashingLoop(systemClock, (report) => port.postMessage(report))
  port.on('message', (command: HashingCommand) => loop.command(command))
}
