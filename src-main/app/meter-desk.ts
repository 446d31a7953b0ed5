/** Smart plugs: kept in the money book, read by the watch, their energy handed to the history. */
import { type z } from 'zod'
import {
  type Meter,
  type meterDraft,
  type MeterPatch,
  type SourceCheck,
} from '../../src-preload/contract/index.ts'
import { LiveListView, type MeterCalls } from '../api/index.ts'
import { type Clock, type Entropy, HeadframeError, type Logger, toHex } from '../base/index.ts'
import {
  type MeterConfig,
  meterProblem,
  type MeterSample,
  MeterWatch,
  type OutsideClient,
} from '../earnings/index.ts'
import { type KeptMeter, type MoneyBook, patched, SECRETS } from './money-book.ts'

export interface MeterDeskParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly book: MoneyBook
  readonly client: OutsideClient
  record(sample: MeterSample): void
}

export class MeterDesk implements MeterCalls {
  readonly meters = new LiveListView<Meter>()
  readonly #parts: MeterDeskParts
  readonly #watch: MeterWatch

  constructor(parts: MeterDeskParts) {
    this.#parts = parts
    this.#watch = new MeterWatch(parts)
    this.#watch.onState(() => this.#publish())
    this.#watch.onSample((sample) => parts.record(sample))
  }

  async start(): Promise<void> {
    await this.#follow()
    this.#watch.start()
  }

  stop(): Promise<void> {
    return this.#watch.stop()
  }

  async create(draft: z.infer<typeof meterDraft>): Promise<Meter> {
    const { password, ...entered } = draft
    const { book, entropy } = this.#parts
    const id = toHex(entropy(6))
    const meter: KeptMeter = { ...entered, id, hasPassword: false }
    requireUsable(configOf(meter, password ?? ''))
    const hasPassword = await book.keepSecret(SECRETS.meter(id), password, false)
    await book.change((content) => ({ ...content, meters: [...content.meters, { ...meter, hasPassword }] }))
    await this.#follow()
    return this.#require(id)
  }

  async update(id: string, patch: MeterPatch): Promise<Meter> {
    const { book } = this.#parts
    const kept = this.#kept(id)
    const { password: entered, ...changes } = patch
    const meter = patched(kept, changes)
    // A password is for the plug that it was entered for.
    const password = entered ?? (meter.address === kept.address ? undefined : '')
    requireUsable(configOf(meter, ''))
    const hasPassword = await book.keepSecret(SECRETS.meter(id), password, kept.hasPassword)
    await book.change((content) => ({
      ...content,
      meters: content.meters.map((each) => (each.id === id ? { ...meter, hasPassword } : each)),
    }))
    await this.#follow()
    return this.#require(id)
  }

  async remove(id: string): Promise<void> {
    this.#kept(id)
    const { book } = this.#parts
    await book.change((content) => ({
      ...content,
      meters: content.meters.filter((meter) => meter.id !== id),
    }))
    await book.forgetSecret(SECRETS.meter(id))
    await this.#follow()
  }

  async check(draft: z.infer<typeof meterDraft>, id: string | undefined): Promise<SourceCheck> {
    const { password, ...entered } = draft
    const isKnown = id !== undefined && this.#kept(id).address === draft.address
    const stored = isKnown ? await this.#parts.book.secret(SECRETS.meter(id)) : undefined
    const meter: KeptMeter = { ...entered, id: 'check', hasPassword: false }
    const { ok, steps } = await this.#watch.check(configOf(meter, password ?? stored ?? ''))
    return { ok, steps: steps.map((step) => ({ ...step })) }
  }

  #kept(id: string): KeptMeter {
    const meter = this.#parts.book.content.meters.find((candidate) => candidate.id === id)
    if (!meter) throw new HeadframeError('meter/unknown', 'There is no such smart plug; it was removed.')
    return meter
  }

  #require(id: string): Meter {
    const meter = this.meters.find(id)
    if (!meter) throw new HeadframeError('meter/unknown', 'There is no such smart plug; it was removed.')
    return meter
  }

  /** Brings the watch up to what is kept. */
  async #follow(): Promise<void> {
    const { book } = this.#parts
    const configs = await Promise.all(
      book.content.meters.map(async (meter) =>
        configOf(meter, (meter.hasPassword ? await book.secret(SECRETS.meter(meter.id)) : undefined) ?? ''),
      ),
    )
    this.#watch.setMeters(configs)
    this.#publish()
  }

  #publish(): void {
    const states = new Map(this.#watch.states().map((state) => [state.meterId, state]))
    this.meters.replace(
      this.#parts.book.content.meters.map((meter): Meter => {
        const state = states.get(meter.id)
        return {
          ...meter,
          state: state?.status ?? 'waiting',
          message: state?.message ?? '',
          checkedAt: state?.readAtMs ?? null,
          // An old figure is not what it draws now.
          powerW: state === undefined || state.stale ? null : state.powerW,
        }
      }),
    )
  }
}

function configOf({ hasPassword: _, rigIds: _rigs, ...meter }: KeptMeter, password: string): MeterConfig {
  return { ...meter, enabled: true, password }
}

function requireUsable(config: MeterConfig): void {
  const problem = meterProblem(config)
  if (problem !== null) throw new HeadframeError('meter/invalid', problem)
}
