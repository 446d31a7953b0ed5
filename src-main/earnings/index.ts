/**
 * Earnings: what was earned and what it cost. The heart (money, expected, odds, tariff, power, report) is pure; what
 * reaches outside (facts, prices, accounts, meters) is started by the app and asks nothing that nobody chose.
 */
export {
  type AccountConfig,
  type AccountKind,
  type AccountNeed,
  type AccountReport,
  type ReportedDay,
  type ReportedPayout,
} from './accounts/account-kind.ts'
export { ACCOUNT_KINDS, accountProblem, belongsToPool, findAccountKind } from './accounts/account-kinds.ts'
export {
  type AccountCheck,
  type AccountNews,
  type AccountState,
  type AccountStatus,
  AccountWatch,
  type AccountWatchOptions,
} from './accounts/account-watch.ts'
export { type BlocksSoFar, expectedBlocksSoFar } from './expected/blocks-so-far.ts'
export { type Formula } from './expected/expectation.ts'
export { SCHEME_WORDS } from './expected/schemes.ts'
export { subsidyAtHeight } from './expected/subsidy.ts'
export { type PayoutScheme, type PoolTerms } from './expected/terms.ts'
export { type MeterSample } from './meters/energy-count.ts'
export { type FoundMeter } from './meters/http-meter.ts'
export { type MeterCheck } from './meters/meter-check.ts'
export {
  METER_KINDS,
  type MeterConfig,
  type MeterKind,
  type MeterKindFacts,
  meterProblem,
  type MeterReading,
} from './meters/meter-config.ts'
export { METER_ERROR_CODES, type MeterErrorCode } from './meters/meter-errors.ts'
export {
  type MeterState,
  type MeterStatus,
  MeterWatch,
  type MeterWatchOptions,
} from './meters/meter-watch.ts'
export { type Minor, type MinorPerBtc, type MicrosPerKwh, type Sats, SATS_PER_BTC } from './money/amounts.ts'
export { formatMinor, minorDigits, minorPerUnit } from './money/currency.ts'
export { valueOfSats } from './money/value.ts'
export { chanceWords, durationWords, soloChances, type SoloChances, soloWords } from './odds/chances.ts'
export { judgeLuck, type Luck, type LuckInputs, type LuckVerdict } from './odds/luck.ts'
export { POWER_SOURCE_WORDS } from './power/choose.ts'
export { DAY_COLUMNS, daysCsv, PAYOUT_COLUMNS, payoutsCsv, valuePayouts } from './report/csv.ts'
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
export {
  type BreakEven,
  type DailyFigures,
  type EarningsReport,
  type Figures,
  type GroupRow,
  type PoolFormula,
  type PoolRow,
  type ReportMark,
  type ReportRow,
  type RigRow,
  type StackSeries,
  type Statement,
  type ValuedPayout,
  type WhatIfChange,
  type WhatIfResult,
} from './report/output.ts'
export { makeReport } from './report/report.ts'
export { makeStatement, monthRange } from './report/statement.ts'
export { makeWhatIf } from './report/what-if.ts'
export { checkTariff, requireTariffs, type TariffProblem, type TariffProblemCode } from './tariff/check.ts'
export { formatDay, localEdges, type LocalUnit, parseDay, type WeekStart } from './tariff/days.ts'
export { describeTariff } from './tariff/describe.ts'
export { weekByHour } from './tariff/price-table.ts'
export { isTimeZone, ZoneClock } from './tariff/zone-clock.ts'
export { type Tariff, type TariffPeriod, type TariffRates, type TariffSeason } from './tariff/tariff.ts'
export { checkAddress } from './outside/chain/address.ts'
export { type PayoutProgressStore } from './outside/chain/payout-keeper.ts'
export { type ChainPayout, type PayoutProgress } from './outside/chain/payout-source.ts'
export { type OutsideConfig } from './outside/config.ts'
export { type JobFactsInput } from './outside/facts/job-facts.ts'
export { hostOfUrl, OutsideClient } from './outside/http.ts'
export { type OutsideState, OutsideWorld } from './outside/outside-world.ts'
export { type PriceOfDay } from './outside/prices/price-keeper.ts'
export { OutgoingRegister } from './outside/register.ts'
export { checkProxyUrl, type ProxyConfig } from './outside/way-out.ts'
export { type NetworkFacts } from './outside/facts/network-facts.ts'
export { parseElectrumAddress } from './outside/chain/electrum-link.ts'
export { type AddressState } from './outside/chain/payout-keeper.ts'
export { NOTHING_OUTSIDE } from './outside/config.ts'
export { OUTSIDE_ERROR_CODES, type OutsideErrorCode } from './outside/failures.ts'
export { type OutsideCheck, type OutsideCheckKind } from './outside/outside-world.ts'
export { PRICE_SOURCES } from './outside/prices/sources.ts'
export { type OutgoingDescription, type OutgoingEntry } from './outside/register.ts'
export { isOwnNetwork } from './outside/way-out.ts'
export { type PriceSourceId } from './outside/prices/price-source.ts'
