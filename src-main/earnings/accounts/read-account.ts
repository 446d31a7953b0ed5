/**
 * One reading of an account: its requests one after another at the pool's pace, what each came to, and the report that they
 * make together. The first request must answer; what another lacks is null in the report and said.
 */
import { type Clock, errorText, HeadframeError } from '../../base/index.ts'
import { type OutsideClient } from '../outside/http.ts'
import {
  type AccountConfig,
  type AccountKind,
  type AccountReport,
  type AccountRequest,
  EMPTY_REPORT,
} from './account-kind.ts'

/** How one request ended. */
export interface AccountStep {
  /** What it was to bring: "balance". */
  readonly what: string
  /** Null if it answered. */
  readonly error: HeadframeError | null
}

export interface AccountReading {
  /** Null if the account could not be read. */
  readonly report: AccountReport | null
  /** In the order of asking; ends early where the first failed. */
  readonly steps: readonly AccountStep[]
}

/** Id of an account's entry in the register. */
export function accountEntry({ id }: Pick<AccountConfig, 'id'>): string {
  return `account/${id}`
}

/** Every answer is far below it: a year of days is some ten KiB. */
const LIMIT_BYTES = 1024 * 1024
const TIMEOUT_MS = 20_000

/** Never throws: failures are in the steps. @param base of `accountBase` */
export async function readAccount(
  client: OutsideClient,
  clock: Clock,
  kind: AccountKind,
  base: string,
  config: AccountConfig,
  signal?: AbortSignal,
): Promise<AccountReading> {
  const steps: AccountStep[] = []
  let report: AccountReport = EMPTY_REPORT
  const trimmed: AccountConfig = {
    ...config,
    address: config.address.trim(),
    user: config.user.trim(),
    key: config.key.trim(),
  }
  for (const request of kind.requests(base, trimmed, clock.nowMs())) {
    if (steps.length > 0 && kind.pauseMs > 0) await pause(clock, kind.pauseMs, signal)
    try {
      report = { ...report, ...(await ask(client, kind, config, request, signal)) }
      steps.push({ what: request.what, error: null })
    } catch (thrown) {
      const error = failureOf(thrown, kind)
      steps.push({ what: request.what, error })
      if (request.optional !== true) return { report: null, steps }
      // Whoever says "too often" or goes away is not asked four more times.
      if (endsReading(error)) break
    }
  }
  return { report, steps }
}

function ask(
  client: OutsideClient,
  kind: AccountKind,
  config: AccountConfig,
  { url, headers = {}, body, read }: AccountRequest,
  signal: AbortSignal | undefined,
): Promise<Partial<AccountReport>> {
  return client.json(
    {
      entry: accountEntry(config),
      url,
      headers,
      timeoutMs: TIMEOUT_MS,
      limitBytes: LIMIT_BYTES,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    },
    (answer, of) => {
      const refusal = kind.refusal?.(answer, of) ?? null
      if (refusal !== null) throw refusal
      return read(answer, of)
    },
  )
}

/** Ends early when `signal` aborts. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve()
      return
    }
    const end = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.after(delayMs, end)
    signal?.addEventListener('abort', end, { once: true })
  })
}

const ENDING: ReadonlySet<string> = new Set([
  'outside/rate-limited',
  'outside/unreachable',
  'outside/no-name',
  'outside/proxy-down',
  'outside/proxy-refused',
  'outside/not-chosen',
  'outside/given-up',
])

function endsReading({ code }: HeadframeError): boolean {
  return ENDING.has(code)
}

/** A parser that throws anything else has met a form nobody thought of: as good as a changed one. */
function failureOf(thrown: unknown, { name }: AccountKind): HeadframeError {
  if (thrown instanceof HeadframeError) return thrown
  return new HeadframeError(
    'outside/changed',
    `${name} answered in a form that cannot be read. Its interface may have changed: look for a newer Headframe.`,
    { context: { field: 'the answer', reason: errorText(thrown) }, cause: thrown },
  )
}
