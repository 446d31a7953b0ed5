/** Whether anybody accepts connections at a port: one TCP handshake, nothing is said. The first step towards an address. */
import { connect } from 'node:net'
import { type Clock, systemErrorCode } from '../../base/index.ts'

/**
 * open: accepted. refused: somebody is there, not at this port. silent: no answer in time, or no way there.
 * overloaded: this machine has no socket left to ask with.
 */
export type Knock = 'open' | 'refused' | 'silent' | 'overloaded'

export interface KnockOptions {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

export type Knocker = (options: KnockOptions) => Promise<Knock>

const OUT_OF_SOCKETS = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EAGAIN'])

/** Never throws; an aborted knock is silent. */
export const knock: Knocker = ({ host, port, timeoutMs, clock, signal }) =>
  new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve('silent')
      return
    }
    const socket = connect({ host, port, noDelay: true })
    const settle = (outcome: Knock): void => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.destroy()
      resolve(outcome)
    }
    const onAbort = (): void => settle('silent')
    const timer = clock.after(timeoutMs, () => settle('silent'))
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => settle('open'))
    socket.once('error', (error) => {
      const code = systemErrorCode(error) ?? ''
      if (OUT_OF_SOCKETS.has(code)) settle('overloaded')
      else settle(code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'refused' : 'silent')
    })
  })
