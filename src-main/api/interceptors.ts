/**
 * What every host hands to its call handler, so that failures look the same on every port: over HTTP, a
 * WebSocket or a message port.
 */
import { ORPCError } from '@orpc/server'
import { type Logger } from '../base/index.ts'
import { malformedRequest, toContractError } from './errors.ts'

type Intercept = <T>(options: { next: () => Promise<T> }) => Promise<T>

export interface CallInterceptors {
  /** Around taking a request apart and calling. */
  readonly interceptors: Intercept[]
  /** Around the call alone, its checks included. */
  readonly clientInterceptors: Intercept[]
}

export function createInterceptors(log: Logger): CallInterceptors {
  return {
    interceptors: [
      async ({ next }) => {
        try {
          return await next()
        } catch (error) {
          throw error instanceof ORPCError ? error : malformedRequest(error)
        }
      },
    ],
    clientInterceptors: [
      async <T>({ next }: { next: () => Promise<T> }): Promise<T> => {
        try {
          const answer = await next()
          return isStream(answer) ? (guardStream(answer, log) as T) : answer
        } catch (error) {
          throw toContractError(error, log)
        }
      },
    ],
  }
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
}

/** A stream can still fail after its first value: then, too, only the contract's error crosses. */
async function* guardStream(
  stream: AsyncIterable<unknown>,
  log: Logger,
): AsyncGenerator<unknown, void, void> {
  try {
    yield* stream
  } catch (error) {
    throw toContractError(error, log)
  }
}
