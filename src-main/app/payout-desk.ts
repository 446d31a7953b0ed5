/** What was received: payouts found and entered, and the addresses that are watched for them. */
import { type z } from 'zod'
import {
  type Payout,
  type PayoutAddress,
  type payoutAddressDraft,
  type payoutDraft,
} from '../../src-preload/contract/index.ts'
import { type PayoutCalls } from '../api/index.ts'
import { type Clock, type Entropy, HeadframeError, toHex } from '../base/index.ts'
import { checkAddress, type OutsideState, valueOfSats } from '../earnings/index.ts'
import { type Payout as PayoutRow } from '../history/index.ts'
import { type HistoryProcedures } from './history-service.ts'
import { type KeptAddress, type MoneyBook } from './money-book.ts'
import { type ReaderProcedures } from './reading/reader-service.ts'
import { payoutReach, uniquePayouts } from './reading/report-inputs.ts'
import { type ThreadClient } from './thread-link.ts'

export interface PayoutDeskParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly book: MoneyBook
  readonly history: ThreadClient<HistoryProcedures>
  readonly reader: ThreadClient<ReaderProcedures>
  /** Of the watch of addresses. */
  outside(): OutsideState
  /** The list of addresses changed. */
  onAddresses(): Promise<void>
}

const DAY_MS = 86_400_000
const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)

export class PayoutDesk implements PayoutCalls {
  readonly #parts: PayoutDeskParts

  constructor(parts: PayoutDeskParts) {
    this.#parts = parts
  }

  async addresses(): Promise<PayoutAddress[]> {
    const { book, reader } = this.#parts
    const payouts = await reader.call('payouts', { kind: 'chain' })
    return book.content.addresses.map((kept) => this.#view(kept, payouts))
  }

  async watch(draft: z.infer<typeof payoutAddressDraft>): Promise<PayoutAddress> {
    const checked = checkAddress(draft.address)
    if (!checked.ok) {
      throw new HeadframeError('address/invalid', checked.error, { context: { field: 'address' } })
    }
    const { book, entropy } = this.#parts
    if (book.content.addresses.some(({ address }) => address === draft.address)) {
      throw new HeadframeError('address/known', 'That address is watched already.')
    }
    const kept: KeptAddress = { ...draft, id: toHex(entropy(6)) }
    await book.change((content) => ({ ...content, addresses: [...content.addresses, kept] }))
    await this.#parts.onAddresses()
    return this.#view(kept, [])
  }

  async unwatch(id: string): Promise<void> {
    const { book } = this.#parts
    if (!book.content.addresses.some((address) => address.id === id)) {
      throw new HeadframeError('address/unknown', 'That address is not watched any more.')
    }
    await book.change((content) => ({
      ...content,
      addresses: content.addresses.filter((address) => address.id !== id),
    }))
    await this.#parts.onAddresses()
  }

  async list(from: number | undefined, to: number | undefined): Promise<Payout[]> {
    const range = {
      ...(from === undefined ? {} : { fromMs: from }),
      ...(to === undefined ? {} : { toMs: to }),
    }
    const rows = await this.#parts.reader.call('payouts', payoutReach(range))
    const unconfirmed = rows.filter(({ kind, height }) => kind === 'chain' && height === null)
    const shown = [...unconfirmed, ...uniquePayouts(rows)]
      .filter(({ atMs }) => atMs >= (from ?? 0) && atMs < (to ?? Infinity))
      .sort((a, b) => b.atMs - a.atMs)
    return this.#views(shown)
  }

  async add({ at, sats, note, poolId }: z.infer<typeof payoutDraft>): Promise<Payout> {
    const { history, entropy, reader } = this.#parts
    const reference = `manual/${poolId ?? ''}/${toHex(entropy(8))}`
    await history.call('recordLedger', {
      payouts: [
        { kind: 'manual', reference, accountId: null, address: null, sats, atMs: at, height: null, note },
      ],
    })
    const rows = await reader.call('payouts', { fromMs: at, toMs: at + 1, kind: 'manual' })
    const [payout] = await this.#views(rows.filter((row) => row.reference === reference))
    if (!payout) throw new HeadframeError('payout/unknown', 'The payout was removed meanwhile.')
    return payout
  }

  async remove(id: string): Promise<void> {
    const { reader, history } = this.#parts
    const rows = await reader.call('payouts', {})
    const payout = rows.find((row) => String(row.id) === id)
    if (!payout) throw new HeadframeError('payout/unknown', 'There is no such payout; it was removed.')
    if (payout.kind !== 'manual') {
      throw new HeadframeError(
        'payout/not-manual',
        'Only payouts that were entered by hand can be removed; this one was found.',
      )
    }
    await history.call('removePayout', payout.id)
  }

  #view(kept: KeptAddress, payouts: readonly PayoutRow[]): PayoutAddress {
    const { book, outside } = this.#parts
    const own = payouts.filter(({ address, height }) => address === kept.address && height !== null)
    const received = { receivedSats: own.reduce((sum, { sats }) => sum + sats, 0), payouts: own.length }
    if (book.content.settings.payoutSource === 'none') {
      const message = 'Nobody is asked yet: choose where to look for payouts under Sources.'
      return { ...kept, ...received, state: 'off', message, checkedAt: null }
    }
    const state = outside().payouts.addresses.find(({ addressId }) => addressId === kept.id)
    const problem = state?.problem ?? null
    return {
      ...kept,
      ...received,
      state: problem !== null ? stateOf(problem.code) : state?.checkedAtMs == null ? 'waiting' : 'ok',
      message: problem?.text ?? state?.limits ?? '',
      checkedAt: state?.checkedAtMs ?? null,
    }
  }

  async #views(rows: readonly PayoutRow[]): Promise<Payout[]> {
    const { book, reader } = this.#parts
    const { currency } = book.content.settings
    const days = [...new Set(rows.map(({ atMs }) => dayOf(atMs)))]
    const prices = await reader.call('pricesOn', { currency, days })
    return rows.map((row) => {
      const minorPerBtc = prices[dayOf(row.atMs)] ?? null
      const account = book.content.accounts.find(({ id }) => id === row.accountId)
      const address = book.content.addresses.find((candidate) => candidate.address === row.address)
      const entered = row.kind === 'manual' ? (row.reference.split('/')[1] ?? '') : ''
      return {
        id: String(row.id),
        at: row.atMs,
        sats: row.sats,
        kind: row.kind,
        reference: row.reference,
        address: row.address,
        poolId: account?.poolId ?? address?.poolId ?? (entered === '' ? null : entered),
        accountName: account?.name ?? null,
        confirmed: row.kind !== 'chain' || row.height !== null,
        note: row.note ?? '',
        minorPerBtc,
        valueMinor: minorPerBtc === null ? null : valueOfSats(row.sats, minorPerBtc),
      }
    })
  }
}

function stateOf(code: string): PayoutAddress['state'] {
  switch (code) {
    case 'outside/refused':
      return 'wrong-key'
    case 'outside/changed':
      return 'changed'
    default:
      return 'unreachable'
  }
}
