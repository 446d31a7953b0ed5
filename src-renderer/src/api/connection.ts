/**
 * The one connection to the core: opens it, notices its end, tries again with backoff, and tells every
 * screen how it stands. Calls made through `client` go over whichever link is open now; without one they
 * fail at once with `DisconnectedError`, because a command must not fire minutes after the click.
 */
import { createORPCClient } from '@orpc/client'
import { shallowRef, type ShallowRef } from 'vue'
import type { Client, Link } from './client.ts'
import { DisconnectedError } from './problem.ts'
import type { Transport } from './transport.ts'

export type ConnectionState =
  | { phase: 'connecting'; attempt: number }
  | { phase: 'live' }
  /** Lost or never reached; tries again at `retryAt` (local epoch ms). */
  | { phase: 'disconnected'; attempt: number; retryAt: number }
  | { phase: 'unauthorised' }
  /** The core was replaced by another version while this page was open; only a reload helps. */
  | { phase: 'incompatible'; pageVersion: string; coreVersion: string }

export interface Connection {
  readonly state: Readonly<ShallowRef<ConnectionState>>
  readonly client: Client
  start(): void
  stop(): void
  /** Tries at once instead of waiting for the backoff. */
  retryNow(): void
  /** Gives up a link that is open but gives no sign of life, and opens a new one. */
  reset(): void
  /** Calls back at every change of state; returns an unsubscribe. */
  onChange(listener: (state: ConnectionState) => void): () => void
}

export interface ConnectionOptions {
  transport: Transport
  now?: () => number
  /** 0 to 1, for jitter. */
  random?: () => number
}

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 10_000

/** Doubles up to ten seconds, give or take a fifth so that many open pages do not return at once. */
export function retryDelayMs(attempt: number, random: number): number {
  const base = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10))
  return Math.round(base * (0.8 + 0.4 * random))
}

export function createConnection(options: ConnectionOptions): Connection {
  const now = options.now ?? Date.now
  const random = options.random ?? Math.random
  const state = shallowRef<ConnectionState>({ phase: 'connecting', attempt: 1 })
  const listeners = new Set<(state: ConnectionState) => void>()

  let link: Link | null = null
  let closeLink: (() => void) | null = null
  let attemptAbort: AbortController | null = null
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let firstVersion: string | null = null
  let running = false

  const client: Client = createORPCClient<Client>({
    call(path, input, callOptions) {
      if (link === null) return Promise.reject(new DisconnectedError())
      return link.call(path, input, callOptions)
    },
  })

  function enter(next: ConnectionState): void {
    state.value = next
    for (const listener of [...listeners]) listener(next)
  }

  function waitAndRetry(attempt: number): void {
    const delayMs = retryDelayMs(attempt, random())
    enter({ phase: 'disconnected', attempt, retryAt: now() + delayMs })
    retryTimer = setTimeout(() => void tryOpen(attempt + 1), delayMs)
  }

  async function tryOpen(attempt: number): Promise<void> {
    clearTimeout(retryTimer)
    attemptAbort?.abort()
    const abort = new AbortController()
    attemptAbort = abort
    enter({ phase: 'connecting', attempt })

    const outcome = await options.transport.open(abort.signal)
    if (abort.signal.aborted) {
      if (outcome.kind === 'open') outcome.close()
      return
    }
    if (outcome.kind === 'unauthorised') return enter({ phase: 'unauthorised' })
    if (outcome.kind === 'unreachable') return waitAndRetry(attempt)

    link = outcome.link
    closeLink = outcome.close
    void outcome.closed.then(() => {
      if (link !== outcome.link) return
      link = null
      closeLink = null
      if (running && state.value.phase !== 'incompatible') waitAndRetry(1)
    })
    await greet(attempt, abort.signal)
  }

  /** The first call over a new link: proves that it works, and that the page fits the core. */
  async function greet(attempt: number, signal: AbortSignal): Promise<void> {
    try {
      const { version } = await client.app.info(undefined, { signal })
      if (signal.aborted || link === null) return
      firstVersion ??= version
      enter(
        version === firstVersion
          ? { phase: 'live' }
          : { phase: 'incompatible', pageVersion: firstVersion, coreVersion: version },
      )
    } catch {
      if (signal.aborted || link === null) return
      dropLink()
      waitAndRetry(attempt)
    }
  }

  function dropLink(): void {
    const close = closeLink
    link = null
    closeLink = null
    close?.()
  }

  return {
    state,
    client,
    start() {
      if (running) return
      running = true
      void tryOpen(1)
    },
    stop() {
      running = false
      clearTimeout(retryTimer)
      attemptAbort?.abort()
      dropLink()
    },
    retryNow() {
      if (running && state.value.phase !== 'live') void tryOpen(1)
    },
    reset() {
      if (!running) return
      dropLink()
      void tryOpen(1)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
