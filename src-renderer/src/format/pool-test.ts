/** The steps of a connection test: which a URL calls for, and what each does, in plain words. */
import type { PoolTest, PoolTestStepName } from '@contract'

export interface StepWording {
  label: string
  /** What this step does, a sentence. */
  meaning: string
}

const STEPS: Record<PoolTestStepName, StepWording> = {
  address: { label: 'Read the URL', meaning: 'Takes it apart: what is spoken, host, port and key.' },
  dns: { label: 'Look up the host', meaning: 'Asks which addresses stand behind the name.' },
  tcp: { label: 'Reach the pool', meaning: 'Opens a connection to the host and port.' },
  tls: { label: 'Encrypt with TLS', meaning: 'Agrees on encryption and checks the certificate.' },
  upgrade: { label: 'Open the WebSocket', meaning: 'Asks the web server there to carry mining messages.' },
  noise: {
    label: 'Check who it is',
    meaning: 'Agrees on encryption, and the pool proves that it holds the key in its URL.',
  },
  setup: { label: 'Agree on the protocol', meaning: 'Asks which version and features the pool speaks.' },
  channel: { label: 'Sign in', meaning: 'Gives your account, and gets room to search.' },
  job: { label: 'Receive work', meaning: 'Waits for the first work. With it, rigs could begin.' },
}

export function testStepWording(step: PoolTestStepName): StepWording {
  return STEPS[step]
}

/** The steps that a URL calls for, in order. For one that cannot be read: those that every pool has. */
export function expectedSteps(url: string): PoolTestStepName[] {
  const scheme = /^\s*([a-z0-9+.-]+):\/\//i.exec(url)?.[1]?.toLowerCase() ?? ''
  const webSocket = /\+wss?$/.test(scheme)
  const tls = /\+(ssl|tls|wss)$/.test(scheme)
  const v2 = /^(stratum2|sv2)\+/.test(scheme)
  return [
    'address',
    'dns',
    'tcp',
    ...(tls ? (['tls'] as const) : []),
    ...(webSocket ? (['upgrade'] as const) : []),
    ...(v2 ? (['noise'] as const) : []),
    'setup',
    'channel',
    'job',
  ]
}

/**
 * waiting: not begun. running: now. ok and failed: done. skipped: the pool needed no such step, or none of it
 * was reported. unreached: an earlier step failed, or the test was ended.
 */
export type StepState = 'waiting' | 'running' | 'ok' | 'failed' | 'skipped' | 'unreached'

export interface ShownStep extends StepWording {
  step: PoolTestStepName
  state: StepState
  tookMs: number | null
  detail: string
}

/** What to draw of a test so far. `ended`: nothing more will come, whatever the test itself says. */
export function shownSteps(url: string, test: PoolTest | null, ended: boolean): ShownStep[] {
  const reported = test?.steps ?? []
  const expected = expectedSteps(url)
  const names = [...expected]
  // A core may know steps that the URL does not give away: they go before the next one that both know.
  for (const [index, { step }] of reported.entries()) {
    if (names.includes(step)) continue
    const before = reported.slice(0, index).findLast((each) => names.includes(each.step))?.step
    names.splice(before === undefined ? 0 : names.indexOf(before) + 1, 0, step)
  }
  const over = ended || test?.done === true
  const lastReported = names.findLastIndex((name) => reported.some((each) => each.step === name))
  return names.map((step, index) => {
    const own = reported.find((each) => each.step === step)
    const base = { step, ...STEPS[step] }
    if (own !== undefined)
      return { ...base, state: own.ok ? 'ok' : 'failed', tookMs: own.tookMs, detail: own.detail }
    const state: StepState =
      index < lastReported
        ? 'skipped'
        : over
          ? 'unreached'
          : index === lastReported + 1
            ? 'running'
            : 'waiting'
    return { ...base, state, tookMs: null, detail: '' }
  })
}
