/**
 * Ninety days (or as many as asked) of a mixed home farm, hour by hour: what it hashed, drew, earned and cost, with what happens in
 * real life: half a day without Headframe, a day without a price, days that cost more than they made. The same every time.
 */
import type { EarningsReport, PayoutScheme } from '../../src-preload/contract/index.ts'

export interface PretendEarner {
  id: string
  name: string
  group: { id: string; name: string } | null
  hashrateHs: number
  watts: number
  powerSource: EarningsReport['rigs'][number]['powerSource']
}
export interface PretendEarningPool {
  id: string
  name: string
  scheme: PayoutScheme
  feePpm: number
  assumed: boolean
  /** Of the work. */
  part: number
}

const HEATING = { id: 'heating', name: 'Heating' }
const NIGHT = { id: 'night', name: 'Night tariff' }
export const PRETEND_EARNERS: readonly PretendEarner[] = [
  {
    id: 'cellar-s21',
    name: 'cellar-s21-1',
    group: HEATING,
    hashrateHs: 2.7e14,
    watts: 3640,
    powerSource: 'metered',
  },
  {
    id: 'garage-avalon',
    name: 'garage-avalon-q-2',
    group: HEATING,
    hashrateHs: 9e13,
    watts: 1660,
    powerSource: 'measured',
  },
  {
    id: 'attic-s19',
    name: 'attic-s19-3',
    group: NIGHT,
    hashrateHs: 9.6e13,
    watts: 3180,
    powerSource: 'estimated',
  },
  {
    id: 'office-nerdq',
    name: 'office-nerdqaxe-4',
    group: NIGHT,
    hashrateHs: 4.8e12,
    watts: 76,
    powerSource: 'measured',
  },
  {
    id: 'shed-gamma',
    name: 'shed-gamma-5',
    group: null,
    hashrateHs: 1.2e12,
    watts: 18,
    powerSource: 'measured',
  },
  {
    id: 'barn-old',
    name: 'barn-s9-6',
    group: null,
    hashrateHs: 1.35e13,
    watts: 1320,
    powerSource: 'nameplate',
  },
]
export const PRETEND_EARNING_POOLS: readonly PretendEarningPool[] = [
  { id: 'braidpool', name: 'Copper Ridge', scheme: 'FPPS', feePpm: 20_000, assumed: false, part: 0.72 },
  { id: 'northern', name: 'Northern Lode', scheme: 'PPLNS', feePpm: 10_000, assumed: true, part: 0.24 },
  { id: 'solo', name: 'Solo at home', scheme: 'SOLO', feePpm: 20_000, assumed: false, part: 0.04 },
]

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const SUBSIDY_SATS = 312_500_000
export const FEES_SATS = 2_140_000

/** Between 0 and 1, the same for the same number. */
export function chanceOf(seed: number): number {
  let t = (seed * 0x9e3779b1) >>> 0
  t = Math.imul(t ^ (t >>> 15), 1 | t)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

/** Price of a bitcoin at the close of a day, in cents; wanders, with a bad stretch. */
export function priceOf(day: number, today: number): number {
  const age = today - day
  const slow = Math.sin(day / 17) * 420_000 + Math.sin(day / 5.3) * 160_000
  const dip = age > 18 && age < 26 ? -1_650_000 : 0
  return Math.round(9_240_000 + slow + dip + (chanceOf(day) - 0.5) * 240_000)
}
/** Of the network: a new one every two weeks. */
export const difficultyOf = (day: number): number => 1.462e14 * (1 + 0.018 * ((Math.floor(day / 14) % 5) - 1))

/** Peak on weekdays from 7 to 21, night else, in millionths per kWh. */
function microsAt(at: number): number {
  const date = new Date(at)
  const weekday = date.getUTCDay() >= 1 && date.getUTCDay() <= 5
  return weekday && date.getUTCHours() >= 6 && date.getUTCHours() < 20 ? 88_000 : 52_000
}

export interface PretendHour {
  at: number
  day: number
  /** Part of the hour that Headframe was there. */
  covered: number
  work: number
  energyWh: number
  costMicros: number
  difficulty: number
}

/** Whole hours up to now, oldest first. */
export function pretendHours(days: number, now: number, rigs: readonly PretendEarner[]): PretendHour[] {
  const hashrateHs = rigs.reduce((sum, rig) => sum + rig.hashrateHs, 0)
  const watts = rigs.reduce((sum, rig) => sum + rig.watts, 0)
  const today = Math.floor(now / DAY)
  const first = Math.floor((now - days * DAY) / HOUR)
  const last = Math.floor(now / HOUR)
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const at = (first + index) * HOUR
    const day = Math.floor(at / DAY)
    const age = today - day
    const hour = (at % DAY) / HOUR
    const off = (age === 9 && hour < 15) || (age === 41 && hour > 10) || (age === 42 && hour < 20)
    const covered = off ? 0 : at + HOUR > now ? (now - at) / HOUR : 1
    const share = covered * (0.9 + 0.16 * chanceOf(first + index)) * (age === 27 ? 0.55 : 1)
    const energyWh = watts * covered * (0.97 + 0.05 * chanceOf(first + index + 77))
    return {
      at,
      day,
      covered,
      work: (hashrateHs * 3600 * share) / 2 ** 32,
      energyWh,
      costMicros: (energyWh / 1000) * microsAt(at),
      difficulty: difficultyOf(day),
    }
  })
}
