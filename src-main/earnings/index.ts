/**
 * Earnings: what was earned and what it cost. The heart (money, expected, odds, tariff, power, report) is pure; what
 * reaches outside (facts, prices, accounts, meters) is started by the app and asks nothing that nobody chose.
 */
export { type PayoutScheme, type PoolTerms } from './expected/terms.ts'
export {
  type AccountDay,
  type AccountInput,
  type ActivitySeries,
  type DailyPrice,
  type EnergySeries,
  type MeterInput,
  type NetworkFact,
  type PayoutInput,
  type PoolInput,
  type PowerSource,
  type ProfitBasis,
  type ReportBucketWidth,
  type ReportInputs,
  type RigInput,
  type WorkSeries,
} from './report/inputs.ts'
export { type Tariff, type TariffPeriod, type TariffRates, type TariffSeason } from './tariff/tariff.ts'
