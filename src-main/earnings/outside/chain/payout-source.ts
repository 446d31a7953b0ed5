/**
 * What watching an address is: what a source is asked, what it finds, and how one round is held against the one before.
 * A payout stays in view for six confirmations; one that another round no longer finds was taken back by the chain.
 * Pure, apart from the sources' `scan`.
 */
import { type OutsideClient } from '../http.ts'
import { type Trace } from '../facts/network-facts.ts'
import { type CheckedAddress } from './address.ts'

export type PayoutSourceId = 'node' | 'esplora' | 'electrum'

/** An output that pays a watched address. */
export interface FoundOutput {
  /** `<txid>:<output>`. */
  readonly reference: string
  readonly sats: number
  /** Of its block; null while it is in none. */
  readonly height: number | null
  /** Null while it is in none, and where the source does not say. */
  readonly blockHash: string | null
  /** Header time of its block, or of this round. Epoch milliseconds. */
  readonly atMs: number
  /** Newly mined coins: a block of one's own, or a pool that pays in its coinbase. */
  readonly coinbase: boolean
  /** Its transaction spends coins of the same address: what comes back is change and no payout. */
  readonly change: boolean
}

export interface ScanRequest {
  readonly client: OutsideClient
  readonly address: CheckedAddress
  /** Blocks from here on are wanted, with everything that is in no block yet. */
  readonly fromHeight: number
  /** Outputs of the address that were found before, as references: what spends one of them is change. */
  readonly known: ReadonlySet<string>
  /** Payouts still in view. */
  readonly open: readonly OpenPayout[]
  readonly signal: AbortSignal
  readonly trace: Trace
  /** Called when everything below a height is done, so that a long first round can be taken up again. */
  readonly onReached: (height: number, found: readonly FoundOutput[]) => void
}

export interface ScanResult {
  readonly outputs: readonly FoundOutput[]
  readonly tipHeight: number
  /** A sentence on what this source cannot see; null if it sees everything. */
  readonly limits: string | null
}

export interface PayoutSource {
  readonly id: PayoutSourceId
  /** @throws HeadframeError `outside/…` */
  scan(request: ScanRequest): Promise<ScanResult>
}

/** A payout that the chain might still take back. */
export interface OpenPayout {
  readonly reference: string
  readonly sats: number
  readonly height: number | null
  readonly blockHash: string | null
  readonly atMs: number
  readonly coinbase: boolean
}

/** What is kept of an address from round to round, and over restarts. JSON-safe. */
export interface PayoutProgress {
  /** The chain's height when the last round was complete to it; null before the first. */
  readonly scannedHeight: number | null
  readonly open: readonly OpenPayout[]
  /** References of all outputs of the address, change too. */
  readonly known: readonly string[]
}

export const NO_PROGRESS: PayoutProgress = { scannedHeight: null, open: [], known: [] }

/** Blocks on top of a payout's, its own counted, from which on it is settled. */
export const SETTLED_CONFIRMATIONS = 6
/** The first block with segregated witness on the main network: no output to a newer form of address is older. */
export const SEGWIT_HEIGHT = 481_824

/** A payout that is new or changed. In the form of the ledger's `PayoutRecord`, whose kind is `chain`. */
export interface ChainPayout {
  readonly addressId: string
  readonly address: string
  readonly reference: string
  readonly sats: number
  readonly atMs: number
  /** Null: in no block yet, or, after a reorganisation, in none any longer. */
  readonly height: number | null
  readonly coinbase: boolean
  /** found: first seen. confirmed: now in a block. moved: in another block. gone: in none any longer. */
  readonly change: 'found' | 'confirmed' | 'moved' | 'gone'
}

/** Where a round begins. @param fromHeight of the person's choosing, or 0 */
export function scanStart(progress: PayoutProgress, fromHeight: number): number {
  const { scannedHeight } = progress
  return scannedHeight === null ? fromHeight : Math.max(0, scannedHeight - SETTLED_CONFIRMATIONS)
}

/** How many confirmations a payout has. */
export function confirmationsOf(height: number | null, tipHeight: number): number {
  return height === null ? 0 : Math.max(0, tipHeight - height + 1)
}

/**
 * Holds what a round found against what was known.
 * @returns what changed, in the order found, and what to keep
 */
export function reconcile(
  progress: PayoutProgress,
  outputs: readonly FoundOutput[],
  tipHeight: number,
): {
  readonly progress: PayoutProgress
  readonly changes: readonly Omit<ChainPayout, 'addressId' | 'address'>[]
} {
  const open = new Map(progress.open.map((payout) => [payout.reference, payout]))
  const known = new Set(progress.known)
  const changes: Omit<ChainPayout, 'addressId' | 'address'>[] = []
  const stillOpen: OpenPayout[] = []
  for (const { change, ...payout } of outputs) {
    const before = open.get(payout.reference)
    open.delete(payout.reference)
    if (!change) {
      const what = changeOf(before, payout, known.has(payout.reference))
      if (what !== null) changes.push(changed(payout, what))
      if (confirmationsOf(payout.height, tipHeight) < SETTLED_CONFIRMATIONS) stillOpen.push(payout)
    }
    known.add(payout.reference)
  }
  for (const payout of open.values()) {
    changes.push(changed({ ...payout, height: null }, 'gone'))
    known.delete(payout.reference)
  }
  return { progress: { scannedHeight: tipHeight, open: stillOpen, known: [...known] }, changes }
}

/**
 * Takes in what a round found below a height before it is complete: nothing is judged gone yet.
 * @param height up to which everything was found
 */
export function advance(
  progress: PayoutProgress,
  found: readonly FoundOutput[],
  height: number,
): {
  readonly progress: PayoutProgress
  readonly changes: readonly Omit<ChainPayout, 'addressId' | 'address'>[]
} {
  const known = new Set(progress.known)
  const changes = found.flatMap(({ change, ...payout }) =>
    change || known.has(payout.reference) ? [] : [changed(payout, 'found')],
  )
  for (const { reference } of found) known.add(reference)
  return { progress: { ...progress, scannedHeight: height, known: [...known] }, changes }
}

/** Null if there is nothing to tell. */
function changeOf(
  before: OpenPayout | undefined,
  now: OpenPayout,
  known: boolean,
): ChainPayout['change'] | null {
  if (before === undefined) return known ? null : 'found'
  if (before.height === null) return now.height === null ? null : 'confirmed'
  if (now.height === null) return 'gone'
  const otherBlock = before.blockHash !== null && now.blockHash !== null && before.blockHash !== now.blockHash
  return otherBlock || before.height !== now.height ? 'moved' : null
}

function changed(
  { reference, sats, atMs, height, coinbase }: OpenPayout,
  change: ChainPayout['change'],
): Omit<ChainPayout, 'addressId' | 'address'> {
  return { reference, sats, atMs, height, coinbase, change }
}
