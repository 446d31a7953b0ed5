/** Runs the built headless host as a process of its own, as a person's machine would, on free ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const entry = join(root, 'out/main/headless.js')

export interface ReadyLine {
  readonly event: 'ready'
  readonly dashboard: string
  readonly token: string
  readonly stratum: string
  readonly stratumV2: string
  readonly authorityKey: string
  readonly dataDir: string
  readonly pid: number
}

export interface HeadlessProcess {
  readonly ready: ReadyLine
  readonly child: ChildProcess
  /** Everything it said on stderr so far. */
  readonly stderr: () => string
  /** JSON lines on stdout so far. */
  readonly lines: () => unknown[]
  get<T>(path: string): Promise<T>
  send<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>
  /** Ends it with a signal and waits. @returns exit code, null after SIGKILL */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

const READY_LIMIT_MS = 30_000

export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'headframe-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** @throws if it does not say that it is ready; the error holds what it said instead */
export async function startHeadless(dataDir: string, args: readonly string[] = []): Promise<HeadlessProcess> {
  if (!existsSync(entry)) throw new Error(`${entry} is missing: run npm run build first`)
  const child = spawn(
    process.execPath,
    [
      entry,
      '--json',
      '--data-dir',
      dataDir,
      '--dashboard',
      '127.0.0.1:0',
      '--stratum',
      '127.0.0.1:0',
      '--stratum-v2',
      '127.0.0.1:0',
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const lines = (): unknown[] =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown)
  const deadlineMs = Date.now() + READY_LIMIT_MS
  while (!stdout.includes('\n')) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}: ${stderr}`)
    if (Date.now() > deadlineMs) {
      child.kill('SIGKILL')
      throw new Error(`no ready line within ${READY_LIMIT_MS / 1000} s: ${stderr}`)
    }
    await new Promise((next) => setTimeout(next, 20))
  }
  const ready = lines()[0] as ReadyLine
  const send = async <T>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> => {
    const response = await fetch(`${ready.dashboard}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${ready.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T }
  }
  return {
    ready,
    child,
    stderr: () => stderr,
    lines,
    send,
    async get<T>(path: string) {
      const { status, body } = await send<T>('GET', path)
      if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`)
      return body
    },
    async end(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
      return child.exitCode
    },
  }
}

/** Asks until `accept` likes the answer. @throws after the limit, with what was awaited and the last answer */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  accept: (answer: T) => boolean,
  limitMs = 30_000,
): Promise<T> {
  const deadlineMs = Date.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (accept(answer)) return answer
    if (Date.now() > deadlineMs) {
      throw new Error(
        `waited ${limitMs / 1000} s for ${what}; last: ${JSON.stringify(answer).slice(0, 2000)}`,
      )
    }
    await new Promise((next) => setTimeout(next, 200))
  }
}
