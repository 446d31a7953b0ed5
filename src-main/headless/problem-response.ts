/** Refusals that no procedure made, in the same shape as the contract's errors over HTTP. */
import { type ServerResponse } from 'node:http'

const KINDS: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  421: 'MISDIRECTED_REQUEST',
}

/** Status, code and sentence. */
export type Problem = readonly [status: number, code: string, message: string]

export function sendProblem(response: ServerResponse, ...[status, code, message]: Problem): void {
  const body = {
    defined: false,
    code: KINDS[status] ?? 'INTERNAL_SERVER_ERROR',
    status,
    message,
    data: { code, context: {} },
  }
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
