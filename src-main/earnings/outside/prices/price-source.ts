/** What a source of prices is: paths and parsers, no behaviour. Prices stay decimal text until they are whole units. */
import { type Answer } from '../answer.ts'

export type PriceSourceId = 'mempool' | 'kraken' | 'coinbase' | 'coingecko' | 'bitstamp'

export const DAY_S = 86_400

export interface DayClose {
  /** Whole days since 1970-01-01, UTC. */
  readonly day: number
  /** Decimal text. */
  readonly price: string
}

export interface PriceSource {
  readonly id: PriceSourceId
  readonly name: string
  /** `https://host`. */
  readonly origin: string
  /** ISO 4217, upper case. */
  readonly currencies: readonly string[]
  readonly spot: {
    path(currency: string): string
    /** @returns decimal text. @throws HeadframeError `outside/…` */
    parse(answer: Answer, currency: string): string
  }
  /** Daily closes back in time. */
  readonly closes: {
    /** Days that one request gives at most. */
    readonly daysPerRequest: number
    /** How far back they go, days before today; null for all the way. */
    readonly reachDays: number | null
    /** @param fromDay @param toDay included, before `today` */
    path(currency: string, fromDay: number, toDay: number, today: number): string
    /** May hold other days too. @throws HeadframeError `outside/…` */
    parse(answer: Answer, currency: string): DayClose[]
  }
}

export const isoOfDay = (day: number): string => new Date(day * DAY_S * 1000).toISOString()
