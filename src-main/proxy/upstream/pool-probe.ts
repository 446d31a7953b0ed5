/** The connection test: goes as far as the first job on a connection of its own, and says how far it got. */
import { type Clock } from '../../base/index.ts'
import { type PoolStep } from './pool-session.ts'
import { isHopeless, type PoolConfig, type UpstreamProblem } from './upstream.ts'
import { type RunnerParts, UpstreamRunner } from './upstream-runner.ts'

export interface ProbeStep {
  readonly step: PoolStep
  readonly ok: boolean
  readonly tookMs: number
  readonly detail: string
}

export interface ProbeResult {
  readonly ok: boolean
  readonly steps: ProbeStep[]
  readonly problem: UpstreamProblem | null
}

const ORDER: readonly PoolStep[] = ['connect', 'handshake', 'open', 'job']
/** Longer than any wait inside a session. */
const PROBE_TIMEOUT_MS = 90_000

/** Never throws: what went wrong is the result. */
export function probePool(config: PoolConfig, parts: RunnerParts, clock: Clock): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const steps: ProbeStep[] = []
    let lastMs = clock.monotonicMs()
    const note = (step: PoolStep, ok: boolean, detail: string): void => {
      const nowMs = clock.monotonicMs()
      steps.push({ step, ok, tookMs: nowMs - lastMs, detail })
      lastMs = nowMs
    }
    let done = false
    const finish = (problem: UpstreamProblem | null): void => {
      if (done) return
      done = true
      timer.cancel()
      const missing = ORDER.find((step) => !steps.some((seen) => seen.step === step) && applies(step, config))
      if (problem && missing) note(missing, false, problem.message)
      runner.stop()
      resolve({ ok: problem === null, steps, problem })
    }
    const runner = new UpstreamRunner<never>(
      config,
      {
        onState: (state) => {
          if (isHopeless(state)) finish(state.problem)
        },
        onJob: () => finish(null),
        onDropped: () => {},
        onOutcome: () => {},
      },
      { ...parts, onStep: (step, detail) => note(step, true, detail) },
    )
    const timer = clock.after(PROBE_TIMEOUT_MS, () =>
      finish({
        code: 'pool/no-job',
        message: `${config.name} gave no job within ${PROBE_TIMEOUT_MS / 1000} s.`,
        atMs: clock.nowMs(),
      }),
    )
    runner.start()
  })
}

/** SV1 has no handshake of its own. */
function applies(step: PoolStep, { endpoint }: PoolConfig): boolean {
  return step !== 'handshake' || endpoint.protocol === 'stratum-v2'
}
