/**
 * Processor time and memory of any process, read from Linux's `/proc`: the same method for our own proxy and
 * for a foreign one. Where there is no such folder, `hasProcessFigures` says so.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export const NO_PROCESS_FIGURES = "needs Linux: reads processes' time and memory from /proc"

export function hasProcessFigures(): boolean {
  return existsSync('/proc/self/task') && existsSync('/proc/self/schedstat')
}

/**
 * Processor time so far of the threads that a process has now, milliseconds. To the nanosecond, whereas
 * `/proc/PID/stat` counts ticks of 10 ms; the time of threads that ended is not in it, so compare moments
 * between which none ends.
 */
export function threadsCpuMs(pid: number): number {
  const folder = `/proc/${pid}/task`
  let totalNs = 0
  for (const thread of readdirSync(folder)) {
    totalNs += Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  return totalNs / 1e6
}

/** Resident memory of a process, bytes. Buffers of the kernel are not in it. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kib === undefined) throw new Error(`no resident memory of process ${pid}`)
  return Number(kib) * 1024
}
