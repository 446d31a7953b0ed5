/**
 * How a simulated board can be told to misbehave, while it runs. Counted, not random: `everyNth` 3 spoils the third,
 * the sixth and so on, so that a test can say what must follow.
 */

export type Fault =
  /** Of every nth reply one byte is lost on the line. */
  | { readonly kind: 'lost-bytes'; readonly everyNth: number }
  /** Every nth reply arrives with a bit flipped. */
  | { readonly kind: 'wrong-crc'; readonly everyNth: number }
  /** Replies come so much later: beyond a job change if long enough. */
  | { readonly kind: 'late-replies'; readonly byMs: number }
  /** Every nth nonce names the job before. */
  | { readonly kind: 'old-job-id'; readonly everyNth: number }
  /** Every nth nonce is reported twice. */
  | { readonly kind: 'repeated-nonce'; readonly everyNth: number }
  /** Every nth nonce is none: a hardware error. */
  | { readonly kind: 'wrong-nonce'; readonly everyNth: number }
  /** From this chip on nothing is heard: the chain breaks there. Chips count from 0. */
  | { readonly kind: 'dead-chip'; readonly chip: number }
  /** This chip answers, and finds nothing. */
  | { readonly kind: 'silent-chip'; readonly chip: number }
  /** Whenever the data port is opened, or the chips leave reset, noise arrives first. */
  | { readonly kind: 'start-garbage' }
  /** Chips never answer; writes are accepted. */
  | { readonly kind: 'mute' }
  /** The control port never answers; what it is told it does not do either. */
  | { readonly kind: 'control-mute' }
  /** Heat beyond what the chip makes itself, watts, while it has power: a heatsink that came off. */
  | { readonly kind: 'overheat'; readonly addedW: number }
  /** The fan stands still, whatever it is told. */
  | { readonly kind: 'stuck-fan' }
  /** The chip's temperature reads so, whatever it is. */
  | { readonly kind: 'sensor-reads'; readonly as: 'zero' | 'diode-open' | 'all-ones' }
  /** A part on the I2C bus, or all of them (null), acknowledges nothing. */
  | { readonly kind: 'i2c-nack'; readonly address: number | null }
  /** The regulator reads FF so many times: a cold start. */
  | { readonly kind: 'cold-regulator'; readonly reads: number }
  /** The regulator reports a fault and switches off. */
  | { readonly kind: 'regulator-fault' }

export type FaultKind = Fault['kind']

export class Faults {
  readonly #active = new Map<FaultKind, Fault>()
  readonly #counts = new Map<FaultKind, number>()

  /** In place of one of the same kind. */
  inject(fault: Fault): void {
    this.#active.set(fault.kind, fault)
    this.#counts.delete(fault.kind)
  }

  /** @param kind all if absent */
  clear(kind?: FaultKind): void {
    if (kind === undefined) this.#active.clear()
    else this.#active.delete(kind)
  }

  get all(): readonly Fault[] {
    return [...this.#active.values()]
  }

  get<K extends FaultKind>(kind: K): Extract<Fault, { kind: K }> | null {
    return (this.#active.get(kind) as Extract<Fault, { kind: K }> | undefined) ?? null
  }

  /** Counts one more occasion. @returns whether this is one of those that go wrong */
  strikes(kind: 'lost-bytes' | 'wrong-crc' | 'old-job-id' | 'repeated-nonce' | 'wrong-nonce'): boolean {
    const fault = this.get(kind)
    if (fault === null) return false
    const count = this.count(kind)
    return count % Math.max(1, fault.everyNth) === 0
  }

  /** Counts one more occasion of a fault since it was injected. @returns 1 for the first */
  count(kind: FaultKind): number {
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    return count
  }
}
