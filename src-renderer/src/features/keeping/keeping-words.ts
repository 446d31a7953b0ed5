/** The history as a file, in words: its parts, what it will grow to, what a choice costs. Pure. */
import type { ExportQuery, HistoryBackup, KeepingState, Retention } from '@contract'
import { formatBytes, formatPlural } from '../../format/number.ts'

const MB = 1_000_000

type Part = KeepingState['parts'][number]['part']
export const PARTS: Record<Part, { label: string; meaning: string; colour: string }> = {
  raw: { label: 'Every reading', meaning: 'As rigs were read, every few seconds.', colour: '--series-1' },
  'five-minutes': {
    label: 'Five minutes',
    meaning: 'Sums, lowest and highest; kept for ever.',
    colour: '--series-2',
  },
  hours: { label: 'Hours', meaning: 'For charts of months; kept for ever.', colour: '--series-6' },
  days: { label: 'Days', meaning: 'For charts of years; kept for ever.', colour: '--series-3' },
  shares: {
    label: 'Shares',
    meaning: 'By minute, then by five minutes; kept for ever.',
    colour: '--series-5',
  },
  money: { label: 'Money', meaning: 'Prices, payouts, network figures.', colour: '--series-4' },
  other: {
    label: 'The rest',
    meaning: 'Names, events, and what a database needs for itself.',
    colour: '--series-8',
  },
}

export interface Forecast {
  /** A year from now, in bytes. */
  bytes: number
  over: boolean
  text: string
}

/** What is there plus a year of growth, beside the budget. Null until the growth is known. */
export function forecastOf({ sizeBytes, yearForecastBytes, retention }: KeepingState): Forecast | null {
  if (yearForecastBytes === null) return null
  const bytes = sizeBytes + yearForecastBytes
  const budget = retention.budgetMegabytes === null ? null : retention.budgetMegabytes * MB
  const grows = `A year adds about ${formatBytes(yearForecastBytes)}: ${formatBytes(bytes)} a year from now`
  if (budget === null) return { bytes, over: false, text: `${grows}. No limit is set.` }
  const over = bytes > budget
  return {
    bytes,
    over,
    text: over
      ? `${grows}, which is more than the ${formatBytes(budget)} it may take. Every reading would then be kept for a shorter time.`
      : `${grows}, within the ${formatBytes(budget)} it may take.`,
  }
}

/** How large every reading is at present, for one day of them. Null until some days are there. */
export function rawBytesPerDay(state: KeepingState, now: number): number | null {
  const raw = state.parts.find(({ part }) => part === 'raw')
  if (raw === undefined || raw.from === null || raw.bytes === 0) return null
  const days = (now - raw.from) / 86_400_000
  return days < 0.5 ? null : raw.bytes / days
}

/** What keeping every reading this long takes: `14 days of every reading take about 342 MB.` */
export function rawCost(state: KeepingState, days: number, now: number): string | null {
  const perDay = rawBytesPerDay(state, now)
  if (perDay === null) return null
  return `${formatPlural(days, 'day', 'days')} of every reading take about ${formatBytes(perDay * days)} on this farm.`
}

/** How many backups there can be at once, and what they take. */
export function backupCost(state: KeepingState, { backupEvery, keepDaily, keepWeekly }: Retention): string {
  if (backupEvery === 'off') return 'No backup is made by itself.'
  const count = (backupEvery === 'day' ? keepDaily : 0) + keepWeekly
  return `Up to ${formatPlural(count, 'backup', 'backups')}, about ${formatBytes(count * state.sizeBytes)} at the present size.`
}

export const BACKUP_KINDS: Record<HistoryBackup['kind'], string> = {
  automatic: 'by itself',
  'by-hand': 'by hand',
  'before-migration': 'before an update',
  'before-restore': 'before a restore',
  damaged: 'the damaged history, kept aside',
}

export const EXPORTS: readonly { value: ExportQuery['kind']; label: string; hint: string }[] = [
  { value: 'rig-hours', label: 'Rigs by the hour', hint: 'Every value of every rig, an hour in a row' },
  { value: 'rig-days', label: 'Rigs by the day', hint: 'The same, a day in a row' },
  { value: 'samples', label: 'Every reading', hint: 'As read, for as long as they are kept. Large.' },
  { value: 'share-hours', label: 'Shares by the hour', hint: 'By rig and pool' },
  { value: 'share-days', label: 'Shares by the day', hint: 'By rig and pool' },
  { value: 'events', label: 'Events', hint: 'Switches, restarts, alerts' },
  { value: 'payouts', label: 'Payouts', hint: 'What was received' },
  { value: 'prices', label: 'Prices', hint: 'Daily closes' },
  { value: 'facts', label: 'Network', hint: 'Difficulty, height, fees' },
]

/** `headframe-rig-hours-2025-11-22-to-2026-11-22.csv`, days of the reader. */
export function exportFileName(
  kind: ExportQuery['kind'],
  from: number,
  to: number,
  format: 'csv' | 'jsonl',
): string {
  const day = (at: number): string => {
    const date = new Date(at)
    const pad = (value: number): string => String(value).padStart(2, '0')
    return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
  }
  return `headframe-${kind}-${day(from)}-to-${day(to)}.${format}`
}
