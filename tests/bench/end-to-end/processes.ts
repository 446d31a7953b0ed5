/**
 * Processes of the end-to-end benches: what is measured, on a processor core of its own where the system
 * allows, and everything else on the others. All end with the process that started them.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Procedures, ThreadClient, type ThreadPort } from '../../../src-main/app/thread-link.ts'

/** `measured` is pinned to the last core, `other` keeps off it, `free` goes where the system puts it. */
export type Place = 'measured' | 'other' | 'free'

/** Command and arguments that start `command` in its place. */
function placed(place: Place, command: string, args: readonly string[]): readonly [string, string[]] {
  const cores = allowedCores()
  const measured = cores.at(-1)
  if (place === 'free' || cores.length < 2 || measured === undefined || !hasTaskset()) {
    return [command, [...args]]
  }
  const list = place === 'measured' ? String(measured) : cores.slice(0, -1).join(',')
  return ['taskset', ['-c', list, command, ...args]]
}

function allowedCores(): number[] {
  if (process.platform !== 'linux') return []
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

let tasksetFound: boolean | undefined

function hasTaskset(): boolean {
  try {
    if (tasksetFound === undefined) execFileSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' })
    tasksetFound ??= true
  } catch {
    tasksetFound = false
  }
  return tasksetFound
}

const running = new Set<number>()
let endedCpuMs = 0
/** Unit of the times in `/proc/PID/stat` on every Linux there is. */
const MS_PER_TICK = 10

/** Processor time so far of all processes started here, milliseconds; 0 where the system does not tell. */
export function helpersCpuMs(): number {
  let cpuMs = endedCpuMs
  for (const pid of running) cpuMs += cpuMsOf(pid)
  return cpuMs
}

function cpuMsOf(pid: number): number {
  try {
    // After the name, which may hold blanks: utime and stime are the 12th and 13th of the rest.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
  } catch {
    return 0
  }
}

function account(child: ChildProcess): void {
  const { pid } = child
  if (pid === undefined) return
  running.add(pid)
  child.once('exit', () => running.delete(pid))
}

/** A process of our own that serves procedures to the one that started it. */
export interface ServingProcess<P extends Procedures> {
  readonly client: ThreadClient<P>
  readonly pid: number
  stop(): Promise<void>
}

/**
 * Starts a TypeScript entry of this folder.
 * @param nodeFlags for instance `--single-threaded-gc`
 */
export function startServing<P extends Procedures>(
  entryPath: string,
  place: Place,
  nodeFlags: readonly string[] = [],
): ServingProcess<P> {
  const [command, args] = placed(place, process.execPath, [...nodeFlags, entryPath])
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const client = new ThreadClient<P>({
    postMessage: (message) => void child.send(message as object),
    on: (event, listener) => child.on(event, listener),
  })
  account(child)
  child.once('exit', (code, signal) => {
    client.end(new Error(`${entryPath} ended with ${signal ?? `code ${code}`}`))
  })
  return { client, pid: pidOf(child), stop: () => ended(child, () => child.disconnect()) }
}

/** The other side of `startServing`: the port to whoever started this process. */
export function parentPort(): ThreadPort {
  process.on('disconnect', () => process.exit())
  return {
    postMessage: (message) => void process.send?.(message),
    on: (event, listener) => process.on(event, listener),
  }
}

function pidOf({ pid, spawnfile }: ChildProcess): number {
  if (pid === undefined) throw new Error(`${spawnfile} could not be started`)
  return pid
}

/** A program that is not ours and answers nothing: it is given arguments, and interrupted in the end. */
export interface ForeignProcess {
  readonly pid: number
  /** Why it ended; null while it runs. */
  readonly outcome: string | null
  /** The last of what it printed. */
  readonly output: string
  stop(): Promise<void>
}

/** Lines of a foreign program's output that are kept. */
const OUTPUT_LINES = 100
const INTERRUPT_LIMIT_MS = 5000

export function startForeign(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  place: Place,
): ForeignProcess {
  const [command, allArgs] = placed(place, path, args)
  const child = spawn(command, allArgs, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pid = pidOf(child)
  account(child)
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (lines.push(line) > OUTPUT_LINES) lines.shift()
    })
  }
  let outcome: string | null = null
  child.once('exit', (code, signal) => (outcome = `ended with ${signal ?? `code ${code}`}`))
  process.once('exit', () => child.kill('SIGKILL'))
  return {
    pid,
    get outcome() {
      return outcome
    },
    get output() {
      return lines.join('\n')
    },
    stop() {
      const kill = setTimeout(() => child.kill('SIGKILL'), INTERRUPT_LIMIT_MS)
      child.once('exit', () => clearTimeout(kill))
      return ended(child, () => child.kill('SIGINT'))
    },
  }
}

/** A process that answers each line on stdin with one line of JSON. */
export interface LineProcess {
  ask<T>(command: string): Promise<T>
  /** Waits for a line that nobody asked for, such as the port it listens on. */
  next<T>(): Promise<T>
  stop(): Promise<void>
}

export function startLineProcess(path: string, args: readonly string[], place: Place): LineProcess {
  const [command, allArgs] = placed(place, path, args)
  const child = spawn(command, allArgs, { stdio: ['pipe', 'pipe', 'inherit'] })
  account(child)
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = []
  const unread: string[] = []
  let failure: Error | null = null
  createInterface({ input: child.stdout }).on('line', (line) => {
    const first = waiting.shift()
    if (first) first.resolve(line)
    else unread.push(line)
  })
  child.once('exit', (code, signal) => {
    failure = new Error(`${path} ended with ${signal ?? `code ${code}`}; its reason is above`)
    for (const { reject } of waiting) reject(failure)
  })
  const next = async <T>(): Promise<T> => {
    const line =
      unread.shift() ??
      (await new Promise<string>((resolve, reject) => {
        if (failure) reject(failure)
        else waiting.push({ resolve, reject })
      }))
    return JSON.parse(line) as T
  }
  return {
    next,
    ask: (line) => {
      child.stdin.write(`${line}\n`)
      return next()
    },
    stop: () => ended(child, () => child.stdin.end()),
  }
}

function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
    return Promise.resolve()
  endedCpuMs += cpuMsOf(child.pid)
  running.delete(child.pid)
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    end()
  })
}
