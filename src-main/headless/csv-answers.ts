/** Tables for spreadsheets and tax offices: the paths that answer with CSV to whoever accepts `text/csv`. */
import { type ServerResponse } from 'node:http'
import { call } from '@orpc/server'
import { type ApiRouter, toContractError } from '../api/index.ts'
import { type Logger } from '../base/index.ts'
import { sendProblem } from './problem-response.ts'

/** By path: which table it is. */
const TABLES: Readonly<Record<string, 'days' | 'payouts'>> = {
  '/api/earnings': 'days',
  '/api/payouts': 'payouts',
}

/** The table that a request asks for; undefined if it asks for something else. */
export function wantedTable(
  method: string | undefined,
  path: string,
  accept: string | undefined,
): 'days' | 'payouts' | undefined {
  if (method !== 'GET' || !/\btext\/csv\b/i.test(accept ?? '')) return undefined
  return TABLES[path]
}

/** Answers with the table, or with the same problem as the path would give as JSON. */
export async function sendTable(
  kind: 'days' | 'payouts',
  router: ApiRouter,
  query: URLSearchParams,
  log: Logger,
  response: ServerResponse,
): Promise<void> {
  const { bucket: _days, ...range } = Object.fromEntries(query)
  try {
    const { fileName, text } = await call(router.earnings.csv, { ...range, kind }, { context: {} })
    response.writeHead(200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${fileName}"`,
    })
    response.end(text)
  } catch (failure) {
    const error = toContractError(failure, log)
    const { code } = error.data as { code: string }
    sendProblem(response, error.status, code, error.message)
  }
}
