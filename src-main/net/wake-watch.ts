/**
 * Notices that this machine slept and that its network addresses changed: both leave connections that look open and are
 * dead. Looks now and then; what to do about it is for the listener.
 */
import { type NetworkInterfaceInfo } from 'node:os'
import { type Clock, type Timer } from '../base/index.ts'

export interface WakeWatchOptions {
  readonly clock: Clock
  /** The addresses this machine has now, in any order: `interfaceAddresses(networkInterfaces())`. */
  listAddresses(): readonly string[]
  /** The machine slept, or this process did, for about so long. */
  onWake(sleptMs: number): void
  onNetworkChange(change: NetworkChange): void
  /** 5 s unless given. */
  readonly periodMs?: number
}

export interface NetworkChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

const DEFAULT_PERIOD_MS = 5_000
/** Periods that a look may be late on a busy machine; beyond that nobody was awake. */
const LATE_PERIODS = 6

export class WakeWatch {
  readonly #options: WakeWatchOptions
  readonly #periodMs: number
  #timer: Timer | null = null
  #lookedAtMs = 0
  #lookedAtMonotonicMs = 0
  #addresses: ReadonlySet<string> = new Set()

  constructor(options: WakeWatchOptions) {
    this.#options = options
    this.#periodMs = options.periodMs ?? DEFAULT_PERIOD_MS
  }

  /** Harmless when repeated. */
  start(): void {
    if (this.#timer !== null) return
    this.#noteTime()
    this.#addresses = new Set(this.#options.listAddresses())
    this.#timer = this.#options.clock.every(this.#periodMs, () => this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #look(): void {
    const sleptMs = this.#sleptMs()
    this.#noteTime()
    const before = this.#addresses
    const now = new Set(this.#options.listAddresses())
    this.#addresses = now
    const added = [...now].filter((address) => !before.has(address))
    const removed = [...before].filter((address) => !now.has(address))
    if (sleptMs > LATE_PERIODS * this.#periodMs) this.#options.onWake(sleptMs)
    // The listener of the wake may have stopped us.
    if (this.#timer !== null && added.length + removed.length > 0) {
      this.#options.onNetworkChange({ added, removed })
    }
  }

  /**
   * How much later this look comes than it should. The monotonic clock counts sleep on some systems and stands still on
   * others (Linux), where only wall time tells. Wall time that a person or a time server sets forward looks the same and
   * does no harm; set back, it says nothing.
   */
  #sleptMs(): number {
    const { clock } = this.#options
    const passedMs = Math.max(
      clock.nowMs() - this.#lookedAtMs,
      clock.monotonicMs() - this.#lookedAtMonotonicMs,
    )
    return passedMs - this.#periodMs
  }

  #noteTime(): void {
    const { clock } = this.#options
    this.#lookedAtMs = clock.nowMs()
    this.#lookedAtMonotonicMs = clock.monotonicMs()
  }
}

/** `interface address/bits` of each address that others can reach; what `os.networkInterfaces` says, for `WakeWatch`. */
export function interfaceAddresses(
  interfaces: Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>,
): readonly string[] {
  return Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos.filter(({ internal }) => !internal).map(({ address, cidr }) => `${name} ${cidr ?? address}`),
  )
}
