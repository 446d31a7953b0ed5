/**
 * The agreement of `PowerAuthority` carried between the safety thread and the mining thread, which talk to each
 * other and to nobody else about it. Each also hears whether the other lives: safety takes power away from boards
 * whose hashing side fell silent (that is its own affair), and here every board is told to stop when safety does.
 */
import { type Clock, HeadframeError, Listeners, type Timer } from '../base/index.ts'
import { type FanSetting, type HashingSign, type PowerAuthority, type PowerCut } from '../drivers/index.ts'
import { serveThread, ThreadClient, type ThreadPort } from './thread-link.ts'

interface PowerProcedures extends Record<string, (argument: never) => unknown> {
  powerUp(request: { id: string; coreVoltageMv: number | null }): Promise<void>
  resetChips(request: { id: string; lowMs: number; settleMs: number }): Promise<void>
  setCoreVoltage(request: { id: string; coreVoltageMv: number }): Promise<void>
  setFan(request: { id: string; fan: FanSetting }): Promise<void>
  sign(request: { id: string; sign: HashingSign }): void
  release(id: string): Promise<void>
}

type PowerEvent =
  { readonly kind: 'alive' } | { readonly kind: 'cut'; readonly id: string; readonly cut: PowerCut }

const ALIVE_EVERY_MS = 500
/** Six signs missed: safety is not late, it is gone. */
const SILENCE_MS = 3000
const NO_ANSWER = 'The part of Headframe that watches heat and power does not answer'

export interface ServedPower {
  /** Tells the hashing side that power was taken from a board. */
  cut(id: string, cut: PowerCut): void
  stop(): void
}

/** @param authorityOf a board's authority. @throws HeadframeError when there is no such board */
export function servePower(
  port: ThreadPort,
  clock: Clock,
  authorityOf: (id: string) => Omit<PowerAuthority, 'onCut'>,
): ServedPower {
  const procedures: PowerProcedures = {
    powerUp: ({ id, coreVoltageMv }) => authorityOf(id).powerUp(coreVoltageMv),
    resetChips: ({ id, lowMs, settleMs }) => authorityOf(id).resetChips(lowMs, settleMs),
    setCoreVoltage: ({ id, coreVoltageMv }) => authorityOf(id).setCoreVoltage(coreVoltageMv),
    setFan: ({ id, fan }) => authorityOf(id).setFan(fan),
    sign: ({ id, sign }) => authorityOf(id).sign(sign),
    release: (id) => authorityOf(id).release(),
  }
  const post = serveThread<PowerEvent>(port, procedures)
  const alive = clock.every(ALIVE_EVERY_MS, () => post({ kind: 'alive' }))
  return { cut: (id, cut) => post({ kind: 'cut', id, cut }), stop: () => alive.cancel() }
}

/** The safety thread as the mining thread sees it. */
export class RemotePower {
  readonly #clock: Clock
  readonly #client: ThreadClient<PowerProcedures, PowerEvent>
  readonly #cuts = new Map<string, Listeners<PowerCut>>()
  readonly #watch: Timer
  #heardMonotonicMs: number
  #isSilent = false

  constructor(port: ThreadPort, clock: Clock) {
    this.#clock = clock
    this.#heardMonotonicMs = clock.monotonicMs()
    this.#client = new ThreadClient(port, (event) => this.#on(event))
    this.#watch = clock.every(ALIVE_EVERY_MS, () => this.#look())
  }

  authority(id: string): PowerAuthority {
    const client = this.#client
    const listeners = this.#cuts.get(id) ?? new Listeners<PowerCut>()
    this.#cuts.set(id, listeners)
    return {
      powerUp: (coreVoltageMv) => this.#asked(client.call('powerUp', { id, coreVoltageMv })),
      resetChips: (lowMs, settleMs) => client.call('resetChips', { id, lowMs, settleMs }),
      setCoreVoltage: (coreVoltageMv) => client.call('setCoreVoltage', { id, coreVoltageMv }),
      setFan: (fan) => client.call('setFan', { id, fan }),
      // What it would say of a board that it does not know any more, its cut has said.
      sign: (sign) => void client.call('sign', { id, sign }).catch(() => undefined),
      release: () => this.#asked(client.call('release', id)),
      onCut: (listener) => listeners.on(listener),
    }
  }

  forget(id: string): void {
    this.#cuts.delete(id)
  }

  stop(): void {
    this.#watch.cancel()
    this.#client.end(new Error('the safety thread was left'))
  }

  /** It is asked all the same, for it may be late and not gone; but nobody waits for the answer of who is silent. */
  #asked(answer: Promise<void>): Promise<void> {
    if (!this.#isSilent) return answer
    answer.catch(() => undefined)
    return Promise.reject(
      new HeadframeError('safety/not-there', `${NO_ANSWER}, so nothing is known of the board's power.`),
    )
  }

  #on(event: PowerEvent): void {
    this.#heardMonotonicMs = this.#clock.monotonicMs()
    this.#isSilent = false
    if (event.kind === 'cut') this.#cuts.get(event.id)?.emit(event.cut)
  }

  #look(): void {
    if (this.#isSilent || this.#clock.monotonicMs() - this.#heardMonotonicMs < SILENCE_MS) return
    this.#isSilent = true
    const cut: PowerCut = {
      cause: 'control-lost',
      message: `${NO_ANSWER}, so the board was stopped. Restart Headframe; if it happens again, report it with the log.`,
      atMs: this.#clock.nowMs(),
      latched: false,
    }
    for (const listeners of this.#cuts.values()) listeners.emit(cut)
  }
}
