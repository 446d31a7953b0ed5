/** What people do with pools: add, change, remove, test, switch. Tells the proxy and the views. */
import {
  type Activation,
  type Pool,
  type PoolDraft,
  type PoolPatch,
  type PoolPreset,
  type PoolTest,
} from '../../src-preload/contract/index.ts'
import { type PoolCalls, type PoolTestDraft } from '../api/index.ts'
import { type Clock, errorText } from '../base/index.ts'
import { BIP320_MASK } from '../mining/index.ts'
import { type PoolConfig, type ProbeResult, type ProbeStep } from '../proxy/index.ts'
import { type SecretStore, type SettingsStore } from '../settings/index.ts'
import { type FarmViews } from './farm-views.ts'
import { type MiningEvent, type MiningProcedures } from './mining-service.ts'
import { type Notices } from './notices.ts'
import { poolConfig, poolEndpoint, mayShareSecret } from './pool-config.ts'
import { type PoolList } from './pool-list.ts'
import { POOL_PRESETS } from './pool-presets.ts'
import { type ThreadClient } from './thread-link.ts'

export interface PoolDeskParts {
  readonly clock: Clock
  readonly list: PoolList
  readonly secrets: SecretStore
  readonly settings: SettingsStore
  readonly views: FarmViews
  readonly notices: Notices
  readonly mining: ThreadClient<MiningProcedures>
}

type Step = PoolTest['steps'][number]

export class PoolDesk implements PoolCalls {
  readonly #parts: PoolDeskParts
  /** Followers of running tests, by the number the test was given. */
  readonly #tests = new Map<number, (step: ProbeStep) => void>()
  #nextTest = 1

  constructor(parts: PoolDeskParts) {
    this.#parts = parts
  }

  get presets(): readonly PoolPreset[] {
    return POOL_PRESETS
  }

  async create(draft: PoolDraft): Promise<Pool> {
    const { id } = await this.#parts.list.create(draft)
    await this.changed()
    return this.#parts.views.pool(id)
  }

  async update(id: string, patch: PoolPatch): Promise<Pool> {
    await this.#parts.list.update(id, patch)
    await this.changed()
    return this.#parts.views.pool(id)
  }

  async remove(id: string): Promise<void> {
    await this.#parts.list.remove(id, this.#parts.views.activePoolId)
    await this.changed()
  }

  async activate(id: string): Promise<Activation> {
    const { list, mining, views } = this.#parts
    list.require(id)
    const { switchedAtMs, tookMs, downstreams } = await mining.call('activate', id)
    const activation = { switchedAt: Math.round(switchedAtMs), tookMs, downstreams }
    await list.setActive(id)
    views.noteSwitch(id, activation)
    return activation
  }

  async test(draft: PoolTestDraft): Promise<PoolTest> {
    let last: PoolTest | undefined
    for await (const state of this.testLive(draft)) last = state
    if (!last) throw new Error('a test always says how it went')
    return last
  }

  /** Every step as it is done; the last value has `done`. */
  async *testLive(draft: PoolTestDraft, signal?: AbortSignal): AsyncGenerator<PoolTest, void, void> {
    const config = await this.#testConfig(draft)
    const steps: Step[] = [{ step: 'address', ok: true, tookMs: 0, detail: describeEndpoint(config) }]
    const id = this.#nextTest++
    let wake = (): void => {}
    let result: ProbeResult | null = null
    let failure: unknown = null
    this.#tests.set(id, (step) => {
      steps.push(step)
      wake()
    })
    const stop = (): void => wake()
    signal?.addEventListener('abort', stop, { once: true })
    this.#parts.mining
      .call('probe', { id, config })
      .then((probed) => (result = probed))
      .catch((error: unknown) => (failure = error))
      .finally(() => wake())
    try {
      let told = 0
      for (;;) {
        if (signal?.aborted) return
        if (failure !== null) throw failure
        const finished = result as ProbeResult | null
        if (finished) {
          const { ok, problem } = finished
          const shown = problem ? { code: problem.code, message: problem.message, at: problem.atMs } : null
          return yield { ok, done: true, steps: [...steps.slice(0, 1), ...finished.steps], problem: shown }
        }
        if (told < steps.length) {
          told = steps.length
          yield { ok: true, done: false, steps: [...steps], problem: null }
        } else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      this.#tests.delete(id)
      signal?.removeEventListener('abort', stop)
      // Whoever asked has left: the test need not go on.
      if (!result && failure === null) void this.#parts.mining.call('endProbe', id)
    }
  }

  onProbeStep({ id, step }: Extract<MiningEvent, { kind: 'probe-step' }>): void {
    this.#tests.get(id)?.(step)
  }

  /** Tells the proxy of the list as it is now. */
  async changed(): Promise<void> {
    const { settings, mining, views } = this.#parts
    await mining.call('setPools', {
      pools: await this.configs(),
      activePoolId: settings.current.activePoolId,
    })
    views.publish()
  }

  /** Pools whose stored URL can no longer be used are left out and named in a notice. */
  async configs(): Promise<PoolConfig[]> {
    const { list, secrets, notices, clock } = this.#parts
    const configs: PoolConfig[] = []
    for (const pool of list.all) {
      try {
        configs.push(await poolConfig(pool, secrets))
      } catch (error) {
        const detail = `${errorText(error)} Edit the pool to correct it.`
        notices.add('error', `${pool.name} cannot be used`, detail, clock.nowMs())
      }
    }
    return configs
  }

  async #testConfig(draft: PoolTestDraft): Promise<PoolConfig> {
    const { list, secrets } = this.#parts
    const stored = draft.id === undefined ? undefined : list.require(draft.id)
    const endpoint = poolEndpoint(draft.url)
    // The stored password is for the stored server, wherever the draft may lead.
    const secretRef = stored && mayShareSecret(stored.url, draft.url) ? stored.secretRef : null
    const password = draft.password ?? (secretRef ? ((await secrets.get(secretRef)) ?? '') : '')
    return {
      id: 'test',
      name: stored?.name ?? 'The pool',
      endpoint,
      userIdentity: draft.userIdentity,
      password,
      enabled: true,
      versionRollingMask: BIP320_MASK,
      knownRollableSize: null,
      lines: 'shared',
      namesRigs: false,
      fallback: null,
      mayMoveTo: 'same-host',
      listens: false,
      payoutAddress: null,
    }
  }
}

const TRANSPORT_WORDS = { tcp: '', tls: ', TLS', ws: ', WebSocket', wss: ', WebSocket over TLS' } as const

function describeEndpoint({ endpoint }: PoolConfig): string {
  const { protocol, transport, host, port } = endpoint
  const spoken = protocol === 'stratum-v2' ? 'Stratum V2, encrypted' : 'Stratum V1'
  return `${spoken}, ${host} port ${port}${TRANSPORT_WORDS[transport]}`
}
