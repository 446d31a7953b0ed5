/** Energy and what it costs: whole watt-hours, tariffs in millionths of the currency unit per kWh. */
import { minorDigitsOf, UNKNOWN } from './money.ts'
import { formatCount, formatScaled } from './number.ts'

/** Whole watt-hours: `840 Wh`, `12.3 kWh`, `1.24 MWh`. Unknown is a dash. */
export function formatEnergy(energyWh: number | null): string {
  if (energyWh === null) return UNKNOWN
  if (energyWh < 999.5) return `${Math.round(energyWh)} Wh`
  // Bills speak of kilowatt-hours until they are very many.
  if (energyWh < 9_999_500) {
    const kwh = energyWh / 1000
    return `${kwh < 99.95 ? kwh.toFixed(1) : formatCount(Math.round(kwh))} kWh`
  }
  const { digits, prefix } = formatScaled(energyWh, ['', 'k', 'M', 'G', 'T'])
  return `${digits} ${prefix}Wh`
}

const writers = new Map<string, Intl.NumberFormat>()

/** A tariff: 284500 of EUR is `€0.2845 per kWh`; no more decimals than it has, no fewer than the currency. */
export function formatTariff(microsPerKwh: number | null, currency: string): string {
  return microsPerKwh === null ? UNKNOWN : `${formatTariffBare(microsPerKwh, currency)} per kWh`
}

/** A tariff that was worked out, such as a mean: four decimals say all that it knows. */
export function formatMeanTariff(microsPerKwh: number | null, currency: string): string {
  return formatTariff(microsPerKwh === null ? null : Math.round(microsPerKwh / 100) * 100, currency)
}

/** The same without its unit, where the heading has it. */
export function formatTariffBare(microsPerKwh: number | null, currency: string): string {
  if (microsPerKwh === null) return UNKNOWN
  let writer = writers.get(currency)
  if (writer === undefined) {
    const least = minorDigitsOf(currency)
    writer = new Intl.NumberFormat('en-US', {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: least,
      maximumFractionDigits: Math.max(least, 6),
    })
    writers.set(currency, writer)
  }
  return writer.format(microsPerKwh / 1_000_000)
}

/** What a person types for a tariff, in whole currency units per kWh, as millionths; null if it is no price. */
export function parseTariff(text: string): number | null {
  const match = /^(\d{1,2})(?:[.,](\d{1,6}))?$/.exec(text.trim())
  if (match === null) return null
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0'))
}

/** What `parseTariff` reads back: `0.2845`. */
export function tariffText(microsPerKwh: number): string {
  const text = (microsPerKwh / 1_000_000).toFixed(6).replace(/0+$/, '').replace(/\.$/, '')
  return text
}
