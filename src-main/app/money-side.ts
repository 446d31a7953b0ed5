/** Earnings and everything that they are counted with, beside the proxy: built, started and stopped together. */
import { type CurrentJob, type FleetGroup, type Rig } from '../../src-preload/contract/index.ts'
import { type Clock, DisposalStack, type Entropy, errorText, type Logger } from '../base/index.ts'
import { OutgoingRegister, OutsideClient } from '../earnings/index.ts'
import { type JsonFileNotice, type PoolSettings } from '../settings/index.ts'
import { AccountDesk } from './account-desk.ts'
import { EarningsDesk } from './earnings-desk.ts'
import { type NamedRig } from './history-desk.ts'
import { type HistorySide } from './history-side.ts'
import { MeterDesk } from './meter-desk.ts'
import { type MoneyBook } from './money-book.ts'
import { MoneyDesk, type MoneyDeskParts } from './money-desk.ts'
import { PayoutDesk } from './payout-desk.ts'
import { openPayoutProgress } from './payout-progress-file.ts'
import { termsOfPools } from './pool-terms.ts'

/** Jobs come every half minute or so. */
const JOB_FACTS_EVERY_MS = 30_000

export interface MoneySideParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly dataDir: string
  readonly book: MoneyBook
  readonly side: HistorySide
  /** In place of public sources of prices. */
  readonly priceOrigins: MoneyDeskParts['priceOrigins']
  pools(): readonly PoolSettings[]
  rigs(): readonly Rig[]
  groups(): readonly FleetGroup[]
  named(): readonly NamedRig[]
  /** The job being hashed; null before the first. */
  job(): Promise<CurrentJob | null>
  tell(notice: JsonFileNotice): void
}

export interface MoneySide {
  readonly earnings: EarningsDesk
  readonly money: MoneyDesk
  readonly accounts: AccountDesk
  readonly payouts: PayoutDesk
  readonly meters: MeterDesk
  stop(): Promise<void>
}

/** @throws HeadframeError `settings/…` if what was entered cannot be read */
export async function startMoney(parts: MoneySideParts): Promise<MoneySide> {
  const { clock, entropy, book, side, dataDir } = parts
  const log = parts.log.child('money')
  const { history, reader } = side
  const disposal = new DisposalStack()
  const client = new OutsideClient({ register: new OutgoingRegister(clock), clock })
  disposal.add('outside client', () => client.stop())
  const progress = await openPayoutProgress(dataDir, clock)
  for (const notice of progress.notices) parts.tell(notice)
  const nowMs = clock.nowMs()
  const money = new MoneyDesk({
    ...{ clock, entropy, log, book, client, history, reader },
    progress: progress.store,
    priceOrigins: parts.priceOrigins,
    lastFact: await reader.call('latestFact', nowMs),
    lastPrice: await reader.call('latestPrice', { currency: book.content.settings.currency, nowMs }),
    onPayout: (text) => side.events.add('payout', text),
  })
  const accounts = new AccountDesk({
    ...{ clock, entropy, log, book, client },
    pools: () => parts.pools(),
    record: ({ state, days, payouts }) =>
      history.call('recordLedger', { accountStates: [state], accountDays: days, payouts }),
  })
  const meters = new MeterDesk({
    ...{ clock, entropy, log, book, client },
    record: (sample) => side.recordMeter(sample),
  })
  const earnings = new EarningsDesk({
    ...{ clock, book, reader },
    rigs: () => parts.rigs(),
    groups: () => parts.groups(),
    named: () => parts.named(),
    pools: () => parts.pools(),
    terms: () => termsOfPools(parts.pools(), book.content.settings.poolTerms),
  })
  const payouts = new PayoutDesk({
    ...{ clock, entropy, book, history, reader },
    outside: () => money.outside(),
    onAddresses: () => money.follow(),
  })
  disposal.add('outside', () => money.stop())
  disposal.add('accounts', () => accounts.stop())
  disposal.add('meters', () => meters.stop())
  // It tells height, difficulty and reward without asking anybody.
  const noteJob = async (): Promise<void> => {
    const job = await parts.job().catch(() => null)
    if (job === null) return
    const { receivedAt, height, networkDifficulty, rewardSats, feesSats } = job
    money.noteJob({ atMs: receivedAt, height, difficulty: networkDifficulty, rewardSats, feesSats })
  }
  const jobs = clock.every(JOB_FACTS_EVERY_MS, () => void noteJob())
  disposal.add('facts of jobs', () => jobs.cancel())
  await money.start()
  await accounts.start()
  await meters.start()
  return {
    ...{ earnings, money, accounts, payouts, meters },
    async stop() {
      for (const { name, error } of await disposal.dispose()) {
        log.warn('could not stop a part', { part: name, error: errorText(error) })
      }
    },
  }
}
