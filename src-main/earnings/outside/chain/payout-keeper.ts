/**
 * Watching addresses, one after the other: keeps each one's progress, tells what changed, remembers how the last look
 * ended.
 */
import { type Clock, errorText, HeadframeError } from '../../../base/index.ts'
import { type WatchedAddress } from '../config.ts'
import { badAddress, behind } from '../failures.ts'
import { type Trace } from '../facts/network-facts.ts'
import { type OutsideClient } from '../http.ts'
import { pause } from '../pause.ts'
import { checkAddress, type CheckedAddress } from './address.ts'
import {
  advance,
  type ChainPayout,
  NO_PROGRESS,
  type OpenPayout,
  type PayoutProgress,
  type PayoutSource,
  reconcile,
  type ScanResult,
  scanStart,
  SEGWIT_HEIGHT,
  SETTLED_CONFIRMATIONS,
} from './payout-source.ts'

/** Keeps progress over restarts: a small JSON document for each address. */
export interface PayoutProgressStore {
  load(addressId: string): Promise<PayoutProgress | null>
  save(addressId: string, progress: PayoutProgress): Promise<void>
}

/** How it stands with one address. */
export interface AddressState {
  readonly addressId: string
  /** Epoch milliseconds of the last complete look; null if there was none since the program started. */
  readonly checkedAtMs: number | null
  /** Null if the last look went well, and before the first. */
  readonly problem: { readonly code: string; readonly text: string } | null
  /** A sentence on what the source cannot see; null if it sees everything. */
  readonly limits: string | null
  /** Payouts that the chain might still take back, those in no block first. */
  readonly open: readonly OpenPayout[]
  readonly tipHeight: number | null
}

export interface LookOptions {
  readonly client: OutsideClient
  readonly source: PayoutSource
  /** Id of the source's entry in the register. */
  readonly entry: string
  readonly addresses: readonly WatchedAddress[]
  readonly signal: AbortSignal
  readonly trace: Trace
  readonly onChange: (payout: ChainPayout) => void
}

/** Between addresses. */
const ADDRESS_PAUSE_MS = 2_000
/** These are about the other side as a whole: further addresses would end the same way. */
const ABOUT_THE_SOURCE: ReadonlySet<string> = new Set([
  'outside/not-chosen',
  'outside/unreachable',
  'outside/no-name',
  'outside/proxy-down',
  'outside/proxy-refused',
  'outside/refused',
  'outside/rate-limited',
  'outside/behind',
  'outside/no-cookie',
  'outside/given-up',
])

export class PayoutKeeper {
  readonly #clock: Clock
  readonly #store: PayoutProgressStore
  readonly #pauseMs: number
  readonly #states = new Map<string, AddressState>()

  /** @param pauseMs between addresses; 2 s unless given */
  constructor(clock: Clock, store: PayoutProgressStore, pauseMs = ADDRESS_PAUSE_MS) {
    this.#clock = clock
    this.#store = store
    this.#pauseMs = pauseMs
  }

  state(addressId: string): AddressState {
    return this.#states.get(addressId) ?? { addressId, ...UNSEEN }
  }

  /** Forgets addresses that are no longer watched. */
  keepOnly(addressIds: ReadonlySet<string>): void {
    for (const id of this.#states.keys()) if (!addressIds.has(id)) this.#states.delete(id)
  }

  /**
   * Looks at every address once.
   * @throws HeadframeError the first failure, after the other addresses were looked at where that makes sense
   */
  async look(options: LookOptions): Promise<void> {
    const { addresses, signal } = options
    const failures: unknown[] = []
    for (const [index, watched] of addresses.entries()) {
      if (index > 0) await pause(this.#clock, this.#pauseMs, signal)
      if (signal.aborted) return
      try {
        await this.#lookAt(watched, options)
      } catch (error) {
        if (signal.aborted) return
        this.#note(watched.id, { problem: problemOf(error) })
        failures.push(error)
        if (error instanceof HeadframeError && ABOUT_THE_SOURCE.has(error.code)) break
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  async #lookAt(watched: WatchedAddress, options: LookOptions): Promise<void> {
    const { client, source, entry, signal, trace } = options
    const of = { entry, host: watched.address }
    const address = checkAddress(watched.address)
    if (!address.ok) throw badAddress(of, address.error)
    let progress = (await this.#store.load(watched.id)) ?? NO_PROGRESS
    const tell = (changes: readonly Omit<ChainPayout, 'addressId' | 'address'>[]): void => {
      for (const change of changes) {
        options.onChange({ addressId: watched.id, address: address.value.address, ...change })
      }
    }
    // In order, and none of them after the last.
    let saving: Promise<void> = Promise.resolve()
    const result = await source.scan({
      client,
      address: address.value,
      fromHeight: scanStart(progress, watched.fromHeight ?? firstHeight(address.value)),
      known: new Set(progress.known),
      open: progress.open,
      signal,
      trace,
      onReached: (height, found) => {
        const step = advance(progress, found, height)
        progress = step.progress
        tell(step.changes)
        saving = saving.then(() => this.#store.save(watched.id, step.progress))
      },
    })
    await saving
    requireForward(progress, result, of)
    const { progress: next, changes } = reconcile(progress, result.outputs, result.tipHeight)
    tell(changes)
    await this.#store.save(watched.id, next)
    trace('Payouts', summaryOf(result))
    this.#note(watched.id, {
      checkedAtMs: this.#clock.nowMs(),
      problem: null,
      limits: result.limits,
      open: [...next.open].sort((a, b) => (b.height ?? Infinity) - (a.height ?? Infinity)),
      tipHeight: result.tipHeight,
    })
  }

  #note(addressId: string, change: Partial<AddressState>): void {
    this.#states.set(addressId, { ...this.state(addressId), ...change })
  }
}

const UNSEEN = { checkedAtMs: null, problem: null, limits: null, open: [], tipHeight: null } as const

/** @throws HeadframeError `outside/behind`: what one who lags does not see is not gone */
function requireForward(
  { scannedHeight }: PayoutProgress,
  { tipHeight }: ScanResult,
  of: { readonly entry: string; readonly host: string },
): void {
  if (scannedHeight === null || tipHeight + SETTLED_CONFIRMATIONS >= scannedHeight) return
  throw behind(
    of,
    `The source of payouts knows the chain up to block ${String(tipHeight)} only, and ${String(scannedHeight)} was known before.`,
  )
}

/** Spares the node a look through blocks from before this form of address. */
function firstHeight({ segwit, networks }: CheckedAddress): number {
  return segwit && networks.includes('mainnet') ? SEGWIT_HEIGHT : 0
}

function summaryOf({ outputs, limits }: ScanResult): string {
  const payouts = outputs.filter(({ change }) => !change)
  const waiting = payouts.filter(({ height }) => height === null).length
  const text = `${String(payouts.length)} found${waiting > 0 ? `, ${String(waiting)} of them in no block yet` : ''}`
  return limits === null ? text : `${text}. ${limits}`
}

export function problemOf(error: unknown): { readonly code: string; readonly text: string } {
  return { code: error instanceof HeadframeError ? error.code : 'internal', text: errorText(error) }
}
