/** Who can be asked for what, and what that means for privacy, in plain words. Words only. */
import type { MoneySettings } from '@contract'

interface Choice<T> {
  value: T
  label: string
  hint: string
}

export const FACTS_SOURCES: readonly Choice<MoneySettings['factsSource']>[] = [
  {
    value: 'jobs',
    label: 'The jobs of your pools',
    hint: 'Asks nobody. Difficulty and height come with the work; the fees of past blocks are not known.',
  },
  { value: 'node', label: 'Your own node', hint: 'Asks nobody outside. Set it up below.' },
  { value: 'mempool', label: 'A mempool.space server', hint: 'The public one, or your own by its address.' },
  {
    value: 'esplora',
    label: 'An Esplora server',
    hint: 'Such as blockstream.info, or your own by its address.',
  },
]
export const PRICE_SOURCES: readonly Choice<MoneySettings['priceSource']>[] = [
  { value: 'none', label: 'Nobody', hint: 'Sums are in sats alone.' },
  { value: 'mempool', label: 'mempool.space', hint: 'Seven currencies, past days too.' },
  { value: 'kraken', label: 'Kraken', hint: 'The trades of this exchange.' },
  { value: 'coinbase', label: 'Coinbase', hint: 'The trades of this exchange.' },
  { value: 'coingecko', label: 'CoinGecko', hint: 'A mean of many exchanges; most currencies.' },
  { value: 'bitstamp', label: 'Bitstamp', hint: 'The trades of this exchange.' },
]
export const PAYOUT_SOURCES: readonly Choice<MoneySettings['payoutSource']>[] = [
  { value: 'none', label: 'Nobody', hint: 'Payments are entered by hand, or told by accounts.' },
  { value: 'node', label: 'Your own node', hint: 'Nobody outside learns your addresses.' },
  {
    value: 'esplora',
    label: 'An explorer (Esplora or mempool)',
    hint: 'It learns your addresses, and that they belong together.',
  },
  {
    value: 'electrum',
    label: 'An Electrum server',
    hint: 'It learns your addresses, unless it is your own.',
  },
]
export const PROXY_KINDS: readonly { value: MoneySettings['proxy']['kind']; label: string }[] = [
  { value: 'none', label: 'None: straight to them' },
  { value: 'http', label: 'HTTP proxy' },
  { value: 'socks5', label: 'SOCKS5 proxy (Tor)' },
]
export const PROFIT_SOURCES: readonly { value: MoneySettings['profitFrom']; label: string; hint: string }[] =
  [
    { value: 'expected', label: 'Expected', hint: 'Smooth, from the first day on. An estimate.' },
    { value: 'reported', label: 'Reported', hint: 'What pools say. Needs accounts.' },
    { value: 'received', label: 'Received', hint: 'What arrived. In lumps.' },
  ]
/** The usual ones; any other can be typed. */
export const CURRENCIES: readonly string[] = [
  'EUR',
  'USD',
  'GBP',
  'CHF',
  'CAD',
  'AUD',
  'JPY',
  'SEK',
  'NOK',
  'DKK',
  'PLN',
  'CZK',
  'BRL',
  'INR',
  'ZAR',
  'NZD',
]
