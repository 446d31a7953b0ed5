/**
 * Notices devices that come and go, from any number of sources: this machine's USB, the practice farm's simulated
 * boards. Asks each second, and at once when a source says that something changed. A source that fails or hangs keeps
 * what it had and does not hold up the others.
 */
import { type Clock, errorText, Listeners, type Timer, type Unsubscribe } from '../../base/index.ts'
import { type AttachedDevice } from '../model/usb.ts'

export interface DeviceSource {
  /** For messages, for instance `USB`. */
  readonly name: string
  list(): Promise<readonly AttachedDevice[]>
  /** Asks to be listed again soon. Not needed for correctness. */
  onChange?(listener: () => void): Unsubscribe
}

export type HotplugEvent =
  | { readonly kind: 'attached'; readonly device: AttachedDevice }
  /** Same key, other ports or words. */
  | { readonly kind: 'changed'; readonly device: AttachedDevice }
  | { readonly kind: 'detached'; readonly device: AttachedDevice }
  /** Several vanished together: a hub that cannot feed them, rather than a cable. Follows their `detached`. */
  | {
      readonly kind: 'hub-power'
      readonly devices: readonly AttachedDevice[]
      /** Sentences. */
      readonly message: string
    }
  /** A source cannot be asked; said once, until `recovered`. */
  | { readonly kind: 'trouble'; readonly source: string; readonly message: string }
  | { readonly kind: 'recovered'; readonly source: string }

export interface HotplugOptions {
  readonly clock: Clock
  /** How many ports a device will have once all are there; 0 for one that nobody knows. */
  readonly expectedPorts: (device: AttachedDevice) => number
}

const POLL_MS = 1_000
/** Ports of one device appear one after another. */
const PORT_WAIT_MS = 2_000
const LIST_TIMEOUT_MS = 5_000
/** A call that never ended is given up for good after this. */
const ABANDON_MS = 60_000
const TOGETHER_MS = 1_000

export class HotplugWatcher {
  readonly #clock: Clock
  readonly #expectedPorts: (device: AttachedDevice) => number
  readonly #events = new Listeners<HotplugEvent>()
  readonly #sources = new Map<DeviceSource, SourceState>()
  #timer: Timer | null = null
  #vanished: { readonly device: AttachedDevice; readonly atMs: number }[] = []

  constructor(options: HotplugOptions) {
    this.#clock = options.clock
    this.#expectedPorts = options.expectedPorts
  }

  /** What is attached now. */
  get devices(): readonly AttachedDevice[] {
    return [...this.#sources.values()].flatMap(({ present }) => [...present.values()])
  }

  onEvent(listener: (event: HotplugEvent) => void): Unsubscribe {
    return this.#events.on(listener)
  }

  /** @returns how to take the source away; its devices are then detached */
  addSource(source: DeviceSource): Unsubscribe {
    const state = new SourceState()
    this.#sources.set(source, state)
    if (this.#timer !== null) this.#listen(source, state)
    return () => {
      if (!this.#sources.delete(source)) return
      state.stop()
      for (const device of state.present.values()) this.#events.emit({ kind: 'detached', device })
    }
  }

  start(): void {
    if (this.#timer !== null) return
    this.#timer = this.#clock.every(POLL_MS, () => this.poll())
    for (const [source, state] of this.#sources) this.#listen(source, state)
  }

  /** Says nothing more; what is attached stays known. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    for (const state of this.#sources.values()) state.stop()
  }

  /** Asks all sources now. */
  poll(): void {
    for (const [source, state] of this.#sources) this.#ask(source, state)
  }

  #listen(source: DeviceSource, state: SourceState): void {
    state.stop()
    state.unsubscribe = source.onChange?.(() => this.#ask(source, state)) ?? null
    this.#ask(source, state)
  }

  #ask(source: DeviceSource, state: SourceState): void {
    if (this.#timer === null) return
    const nowMs = this.#clock.monotonicMs()
    if (state.askedAtMs !== null && nowMs - state.askedAtMs < ABANDON_MS) {
      state.askAgain = true
      return
    }
    const turn = state.begin(nowMs)
    const isCurrent = (): boolean => state.turn === turn && this.#sources.get(source) === state
    const timeout = this.#clock.after(LIST_TIMEOUT_MS, () => {
      if (isCurrent()) this.#trouble(source, state, `it did not answer for ${LIST_TIMEOUT_MS / 1000} seconds`)
    })
    // A source may throw before it promises anything.
    const listed = new Promise<readonly AttachedDevice[]>((resolve) => resolve(source.list()))
    listed
      .then(
        (devices) => {
          if (isCurrent() && this.#timer !== null) this.#compare(source, state, devices)
        },
        (error: unknown) => {
          if (isCurrent()) this.#trouble(source, state, errorText(error))
        },
      )
      .finally(() => {
        timeout.cancel()
        if (!isCurrent()) return
        state.askedAtMs = null
        if (!state.askAgain) return
        state.askAgain = false
        this.#ask(source, state)
      })
  }

  #trouble(source: DeviceSource, state: SourceState, why: string): void {
    if (state.inTrouble) return
    state.inTrouble = true
    this.#events.emit({
      kind: 'trouble',
      source: source.name,
      message: `${source.name} devices cannot be listed: ${why}. What was found before is kept; it is tried again each second.`,
    })
  }

  #compare(source: DeviceSource, state: SourceState, devices: readonly AttachedDevice[]): void {
    if (state.inTrouble) {
      state.inTrouble = false
      this.#events.emit({ kind: 'recovered', source: source.name })
    }
    const listed = new Map(devices.map((device) => [device.key, device]))
    const events: HotplugEvent[] = []
    for (const [key, device] of state.present) {
      if (listed.has(key)) continue
      state.present.delete(key)
      events.push({ kind: 'detached', device })
    }
    for (const key of state.waiting.keys()) if (!listed.has(key)) state.waiting.delete(key)
    for (const [key, device] of listed) {
      const before = state.present.get(key)
      if (before !== undefined) {
        if (sameDevice(before, device)) continue
        state.present.set(key, device)
        events.push({ kind: 'changed', device })
      } else if (this.#isComplete(state, device)) {
        state.waiting.delete(key)
        state.present.set(key, device)
        events.push({ kind: 'attached', device })
      }
    }
    for (const event of events) this.#events.emit(event)
    this.#noteVanished(events.flatMap((event) => (event.kind === 'detached' ? [event.device] : [])))
  }

  #isComplete(state: SourceState, device: AttachedDevice): boolean {
    if (device.ports.length >= this.#expectedPorts(device)) return true
    const nowMs = this.#clock.monotonicMs()
    const sinceMs = state.waiting.get(device.key) ?? nowMs
    state.waiting.set(device.key, sinceMs)
    return nowMs - sinceMs >= PORT_WAIT_MS
  }

  #noteVanished(devices: readonly AttachedDevice[]): void {
    if (devices.length === 0) return
    const nowMs = this.#clock.monotonicMs()
    const recent = this.#vanished.filter(({ atMs }) => nowMs - atMs <= TOGETHER_MS)
    this.#vanished = [...recent, ...devices.map((device) => ({ device, atMs: nowMs }))]
    if (this.#vanished.length < 2) return
    const together = this.#vanished.map(({ device }) => device)
    const names = together.map((device) => device.product ?? device.key).join(', ')
    this.#events.emit({
      kind: 'hub-power',
      devices: together,
      message: `${names} vanished together. Most likely the hub cannot feed them: use a hub with a power supply of its own that gives each socket what its stick draws, or spread them over several.`,
    })
  }
}

class SourceState {
  readonly present = new Map<string, AttachedDevice>()
  /** Devices that lack ports, and since when. */
  readonly waiting = new Map<string, number>()
  unsubscribe: Unsubscribe | null = null
  inTrouble = false
  /** Counts calls, so that the answer to one that was given up is not taken for an answer to the last. */
  turn = 0
  askedAtMs: number | null = null
  askAgain = false

  begin(nowMs: number): number {
    this.askedAtMs = nowMs
    this.askAgain = false
    this.turn += 1
    return this.turn
  }

  stop(): void {
    this.unsubscribe?.()
    this.unsubscribe = null
  }
}

function sameDevice(a: AttachedDevice, b: AttachedDevice): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
