/**
 * What a person would enter about money on a first evening, for the practice farm: a tariff, terms of its pools, where
 * facts and prices come from, an account and a smart plug. All of it leads to the farm's own stand-ins on this machine.
 */
import { type MoneyContent, type MoneyBook, type KeptMeter } from './money-book.ts'

const ACCOUNT = 'practice-account'
const METER = 'practice-plug'
/** Never spent from: the public key hash is all zeros (regtest). */
const ADDRESS = 'bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202'

export interface PracticeMoney {
  /** Where its stand-ins answer. */
  readonly url: string
  readonly poolIds: readonly string[]
  /** Fleet ids of the rigs that hang on the plug. */
  readonly pluggedRigs: readonly string[]
}

/** The port that the stand-ins had before, so that what is stored stays good. */
export function practicePort(book: MoneyBook): number | undefined {
  const { url } = book.content.accounts.find(({ id }) => id === ACCOUNT) ?? { url: '' }
  return URL.canParse(url) ? Number(new URL(url).port) : undefined
}

/** Enters all of it once; later only brings addresses up to date, so that whatever a person changed stays. */
export async function seedPracticeMoney(book: MoneyBook, practice: PracticeMoney): Promise<void> {
  await book.change((content) => {
    const known = content.accounts.find(({ id }) => id === ACCOUNT)
    return known ? moved(content, known.url, practice.url) : first(content, practice)
  })
}

function first(content: MoneyContent, { url, poolIds, pluggedRigs }: PracticeMoney): MoneyContent {
  const plug: KeptMeter = {
    id: METER,
    kind: 'shelly-gen2',
    name: 'Plug on the shelf',
    address: url,
    ...{ channel: 0, topic: '', powerPath: '', energyPath: '', energyUnit: 'Wh', user: '' },
    hasPassword: false,
    rigIds: [...pluggedRigs],
  }
  return {
    ...content,
    settings: {
      ...content.settings,
      tariffs: [nightAndDay],
      poolTerms: poolIds.map((poolId) => ({ poolId, scheme: 'FPPS', feePpm: 20_000, assumed: false })),
      factsSource: 'mempool',
      factsUrl: url,
      priceSource: 'mempool',
    },
    accounts: [
      ...content.accounts,
      {
        ...{ id: ACCOUNT, kind: 'ckpool-own', name: 'Practice account', url, user: '', hasKey: false },
        poolId: poolIds[0] ?? null,
        address: ADDRESS,
      },
    ],
    meters: [...content.meters, plug],
  }
}

/** The stand-ins listen elsewhere than before. */
function moved(content: MoneyContent, before: string, url: string): MoneyContent {
  const { settings } = content
  return {
    ...content,
    settings: { ...settings, factsUrl: settings.factsUrl === before ? url : settings.factsUrl },
    accounts: content.accounts.map((account) => (account.url === before ? { ...account, url } : account)),
    meters: content.meters.map((meter) => (meter.address === before ? { ...meter, address: url } : meter)),
  }
}

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
const nightAndDay: MoneyContent['settings']['tariffs'][number] = {
  validFrom: '2020-01-01',
  name: 'Night and day',
  standingMicrosPerDay: 250_000,
  rates: {
    kind: 'periods',
    seasons: [
      {
        name: 'All year',
        from: '01-01',
        to: '12-31',
        periods: [
          { name: 'Day', microsPerKwh: 320_000, days: EVERY_DAY, from: '07:00', to: '23:00' },
          { name: 'Night', microsPerKwh: 210_000, days: EVERY_DAY, from: '23:00', to: '07:00' },
        ],
      },
    ],
  },
}
