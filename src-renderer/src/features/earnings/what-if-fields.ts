/** The levers of a what-if: how far each goes, how it is written, and what is sent for where it stands. Pure. */
import type { WhatIf } from '@contract'
import { formatMeanTariff } from '../../format/energy.ts'
import { formatHashrate } from '../../format/hashrate.ts'
import { formatDifficulty } from '../../format/difficulty.ts'
import { formatBtcPrice } from '../../format/money.ts'
import type { WhatIfQuery } from '../../stores/earnings.ts'

export type LeverId = 'price' | 'difficulty' | 'tariff' | 'hashrate' | 'power'
/** Per lever, as a part of how it is now in thousandths; absent is as now. */
export type Levers = Partial<Record<LeverId, number>>

export interface Lever {
  id: LeverId
  label: string
  meaning: string
  /** What it is now; null where that is not known, and it cannot be moved. */
  base: number | null
  format: (value: number) => string
  /** Thousandths of now. */
  min: number
  max: number
}

/** Levers as they can be moved from what is assumed now. */
export function leversOf(now: WhatIf['assumed'], currency: string, minorDigits: number): Lever[] {
  return [
    {
      id: 'price',
      label: 'Price of a bitcoin',
      meaning: 'As it is now, unless you move it.',
      base: now.minorPerBtc,
      format: (value) => formatBtcPrice(Math.round(value), currency, minorDigits),
      min: 200,
      max: 3000,
    },
    {
      id: 'difficulty',
      label: 'Network difficulty',
      meaning: 'It rises when more people mine: the same work then earns less.',
      base: now.difficulty,
      format: formatDifficulty,
      min: 400,
      max: 2500,
    },
    {
      id: 'tariff',
      label: 'Tariff',
      meaning: 'One price at all hours, in place of yours.',
      base: now.microsPerKwh,
      format: (value) => formatMeanTariff(value, currency),
      min: 0,
      max: 4000,
    },
    {
      id: 'hashrate',
      label: 'Hashrate',
      meaning: 'More rigs, or fewer, or slower ones.',
      base: now.hashrateHs,
      format: formatHashrate,
      min: 0,
      max: 4000,
    },
    {
      id: 'power',
      label: 'Power drawn',
      meaning: 'More or less for the same hashrate changes how efficient the farm is.',
      base: now.powerW,
      format: (value) => `${Math.round(value).toLocaleString('en-US')} W`,
      min: 200,
      max: 4000,
    },
  ]
}

/** What is asked of the core; levers that stand as now are left out, so that it keeps what it knows exactly. */
export function queryOf(levers: Levers, base: readonly Lever[]): WhatIfQuery {
  const moved = (id: LeverId): number | null => {
    const thousandths = levers[id]
    return thousandths === undefined || thousandths === 1000 ? null : thousandths
  }
  const scaled = (id: LeverId): number | null => {
    const thousandths = moved(id)
    const now = base.find((lever) => lever.id === id)?.base ?? null
    return thousandths === null || now === null ? null : (now * thousandths) / 1000
  }
  const [price, difficulty, tariff] = [scaled('price'), scaled('difficulty'), scaled('tariff')]
  const [hashrate, power] = [moved('hashrate'), moved('power')]
  return {
    ...(price === null ? {} : { minorPerBtc: Math.max(1, Math.round(price)) }),
    ...(difficulty === null ? {} : { difficulty }),
    ...(tariff === null ? {} : { microsPerKwh: Math.round(tariff / 100) * 100 }),
    ...(hashrate === null ? {} : { hashratePpm: hashrate * 1000 }),
    ...(power === null ? {} : { powerPpm: power * 1000 }),
  }
}

/** `as now`, `+25 %`, `a third`. */
export function changeText(thousandths: number): string {
  if (thousandths === 1000) return 'as now'
  const percent = (thousandths - 1000) / 10
  const size = Math.abs(percent)
  const digits = size < 10 && !Number.isInteger(size) ? size.toFixed(1) : String(Math.round(size))
  return `${percent > 0 ? '+' : '−'}${digits} %`
}
