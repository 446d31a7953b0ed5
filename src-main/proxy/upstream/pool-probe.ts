/**
 * The connection test: goes as far as the first job on a connection of its own, and says how far it got and how long
 * each step took. Always the endpoint it is asked for; a fallback is a test of its own.
 */
import { type ErrorCode } from '../../base/index.ts'
import { type PoolStep } from './pool-session.ts'
import { type LinesParts, UpstreamLines } from './upstream-lines.ts'
import { isHopeless, type PoolConfig, type PoolEndpoint, type UpstreamProblem } from './upstream.ts'

export interface ProbeStep {
  readonly step: PoolStep
  readonly ok: boolean
  /** Since the step before. */
  readonly tookMs: number
  /** What was found, or what is wrong and what to do. */
  readonly detail: string
}

export interface ProbeResult {
  readonly ok: boolean
  readonly steps: ProbeStep[]
  readonly problem: UpstreamProblem | null
}

export interface ProbeOptions {
  /** Called with each step as it ends. */
  readonly onStep?: (step: ProbeStep) => void
  /** Gives the test up. */
  readonly signal?: AbortSignal
}

const ORDER: readonly PoolStep[] = ['dns', 'tcp', 'tls', 'upgrade', 'noise', 'setup', 'channel', 'job']
/** Longer than any wait inside a session. */
const PROBE_TIMEOUT_MS = 90_000

/** Never throws: what went wrong is the result. */
export function probePool(
  config: PoolConfig,
  parts: LinesParts,
  { onStep, signal }: ProbeOptions = {},
): Promise<ProbeResult> {
  const { clock } = parts
  return new Promise((resolve) => {
    const steps: ProbeStep[] = []
    let lastMs = clock.monotonicMs()
    const note = (step: PoolStep, ok: boolean, detail: string): void => {
      if (done || steps.some((seen) => seen.step === step)) return
      const nowMs = clock.monotonicMs()
      const taken = { step, ok, tookMs: nowMs - lastMs, detail }
      steps.push(taken)
      lastMs = nowMs
      onStep?.(taken)
    }
    let done = false
    const finish = (problem: UpstreamProblem | null): void => {
      if (done) return
      if (problem) note(failedStep(problem.code, steps, config.endpoint), false, problem.message)
      done = true
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      line.stop()
      resolve({ ok: problem === null, steps, problem })
    }
    const lines = new UpstreamLines<never>({
      ...parts,
      onStep: (step, detail) => note(step, true, detail),
    })
    const line = lines.open({ ...config, fallback: null }, null, {
      onState: (state) => {
        if (isHopeless(state)) finish(state.problem)
      },
      onJob: () => finish(null),
      onDropped: () => {},
      onOutcome: () => {},
    })
    const giveUp = (code: ErrorCode, message: string): void => finish({ code, message, atMs: clock.nowMs() })
    const onAbort = (): void => giveUp('pool/test-stopped', 'The connection test was stopped.')
    const timer = clock.after(PROBE_TIMEOUT_MS, () =>
      giveUp('pool/no-job', `${config.name} gave no job within ${PROBE_TIMEOUT_MS / 1000} s.`),
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    else line.start()
  })
}

/** The step a failure belongs to: what its code says, else the first that was not reached. */
function failedStep(code: ErrorCode, steps: readonly ProbeStep[], endpoint: PoolEndpoint): PoolStep {
  if (code === 'connect/name-not-found' || code === 'connect/name-server-silent') return 'dns'
  const reached = (step: PoolStep): boolean => steps.some((seen) => seen.step === step)
  const tcp = code.startsWith('connect/') ? 'tcp' : undefined
  if (tcp && !reached(tcp)) return tcp
  return ORDER.find((step) => applies(step, endpoint) && !reached(step)) ?? 'job'
}

function applies(step: PoolStep, { protocol, transport }: PoolEndpoint): boolean {
  switch (step) {
    // Found out by code alone: an address has no name to look up.
    case 'dns':
      return false
    case 'tls':
      return transport === 'tls' || transport === 'wss'
    case 'upgrade':
      return transport === 'ws' || transport === 'wss'
    case 'noise':
      return protocol === 'stratum-v2'
    default:
      return true
  }
}
