/**
 * Chips as a field of coloured numbers, a board at a time: which of their values can be shown, the text in each tile, and
 * where each lies between the lowest and the highest. Pure.
 */
import type { RigBoard, RigChip } from '@contract'
import { formatHashrate, hashrateQuantity } from '../../format/hashrate.ts'
import { formatCount } from '../../format/number.ts'

export type ChipMetricId = 'temperature' | 'hashrate' | 'errors' | 'frequency' | 'voltage'
/** heat: cold to hot. plenty: less to more, and more is better. fault: anything above none is bad. */
export type ChipRamp = 'heat' | 'plenty' | 'fault'

interface ChipMetric {
  id: ChipMetricId
  label: string
  ramp: ChipRamp
  /** Both ends of the scale, by the lowest and the highest value. Never so narrow that a trifle looks like a fire. */
  ends: (low: number, high: number) => readonly [number, number]
  read: (chip: RigChip) => number | null
}

const METRICS: readonly ChipMetric[] = [
  {
    id: 'temperature',
    label: 'Temperature',
    ramp: 'heat',
    // Warm is warm on every rig: what all its chips share shows as well.
    ends: (low, high) => [Math.min(low, 45), Math.max(high, 85)],
    read: (chip) => chip.temperatureC,
  },
  {
    id: 'hashrate',
    label: 'Hashrate',
    ramp: 'plenty',
    ends: (low, high) => [Math.min(low, high * 0.5), high],
    read: (chip) => chip.hashrateHs,
  },
  {
    id: 'errors',
    label: 'Errors',
    ramp: 'fault',
    ends: (_low, high) => [0, Math.max(high, 10)],
    read: (chip) => chip.errors,
  },
  {
    id: 'frequency',
    label: 'Frequency',
    ramp: 'plenty',
    ends: (low, high) => [Math.min(low, high * 0.7), high],
    read: (chip) => chip.frequencyMHz,
  },
  {
    id: 'voltage',
    label: 'Voltage',
    ramp: 'plenty',
    ends: (low, high) => [Math.min(low, high * 0.7), high],
    read: (chip) => chip.voltageV,
  },
]

/** What at least one chip says. */
export function knownChipMetrics(chips: readonly RigChip[]): { value: ChipMetricId; label: string }[] {
  return METRICS.filter((metric) => chips.some((chip) => metric.read(chip) !== null)).map(
    ({ id, label }) => ({
      value: id,
      label,
    }),
  )
}

export interface ChipTile {
  key: string
  /** In the tile: the number alone, a dash where the chip says nothing, a cross where it does not work. */
  text: string
  state: 'known' | 'unknown' | 'dead'
  /** From the lowest, 0, to the highest, 1. */
  ratio: number
  /** Everything that is known of it, for the tip and for reading aloud. */
  title: string
  facts: string
}

export interface ChipFieldBoard {
  slot: number
  title: string
  tiles: ChipTile[]
  deadCount: number
}

export interface ChipField {
  ramp: ChipRamp
  unit: string
  /** Ends of the scale, as text with the unit. */
  low: string
  high: string
  boards: ChipFieldBoard[]
}

const volts = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} V`

function factsOf(chip: RigChip): string {
  const parts = [
    chip.working === false ? 'does not work' : null,
    chip.temperatureC === null ? null : `${Math.round(chip.temperatureC * 10) / 10} °C`,
    chip.hashrateHs === null ? null : formatHashrate(chip.hashrateHs),
    chip.frequencyMHz === null ? null : `${Math.round(chip.frequencyMHz)} MHz`,
    chip.voltageV === null ? null : volts(chip.voltageV),
    chip.errors === null ? null : `${formatCount(chip.errors)} ${chip.errors === 1 ? 'error' : 'errors'}`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? 'says nothing' : parts.join(', ')
}

export function chipField(
  chips: readonly RigChip[],
  boards: readonly RigBoard[],
  metricId: ChipMetricId,
): ChipField {
  const metric = METRICS.find(({ id }) => id === metricId) ?? METRICS[0]!
  const known = chips.map(metric.read).filter((value) => value !== null)
  const top = known.reduce((a, b) => Math.max(a, b), -Infinity)
  const bottom = known.reduce((a, b) => Math.min(a, b), Infinity)
  const [low, high] = known.length === 0 ? [0, 1] : metric.ends(bottom, top)
  const span = high - low

  const { unit, text, end } = textsOf(metric, high)
  const labels = new Map(boards.map((board) => [board.slot, board.label]))
  const bySlot = new Map<number, RigChip[]>()
  for (const chip of chips) {
    const list = bySlot.get(chip.boardSlot)
    if (list === undefined) bySlot.set(chip.boardSlot, [chip])
    else list.push(chip)
  }
  const single = bySlot.size === 1 && boards.length <= 1
  return {
    ramp: metric.ramp,
    unit,
    low: end(low),
    high: end(high),
    boards: [...bySlot]
      .sort(([a], [b]) => a - b)
      .map(([slot, own]) => {
        const title = boardTitle(labels.get(slot) ?? '', slot)
        const tiles = [...own]
          .sort((a, b) => a.index - b.index)
          .map((chip): ChipTile => {
            const value = metric.read(chip)
            const dead = chip.working === false
            return {
              key: `${slot}/${chip.index}`,
              text: dead ? '×' : value === null ? '–' : text(value),
              state: dead ? 'dead' : value === null ? 'unknown' : 'known',
              ratio: value === null || span === 0 ? 0 : Math.min(1, Math.max(0, (value - low) / span)),
              title: single ? `Chip ${chip.index + 1}` : `${title}, chip ${chip.index + 1}`,
              facts: factsOf(chip),
            }
          })
        return { slot, title, tiles, deadCount: tiles.filter(({ state }) => state === 'dead').length }
      }),
  }
}

/** `Board 2`, unless the rig's own word for it says more than a number. */
export function boardTitle(label: string, slot: number): string {
  const own = label.trim()
  if (own === '') return `Board ${slot + 1}`
  return /^\d+$/.test(own) ? `Board ${own}` : own
}

function textsOf(
  metric: ChipMetric,
  high: number,
): { unit: string; text: (value: number) => string; end: (value: number) => string } {
  switch (metric.id) {
    case 'temperature':
      return {
        unit: '°C',
        text: (value) => String(Math.round(value)),
        end: (value) => `${Math.round(value)} °C`,
      }
    case 'hashrate': {
      // One unit for all of them, that of the fastest: tiles must compare.
      const { unit } = hashrateQuantity(high)
      const scale = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 }[unit.replace('H/s', '')] ?? 1
      const digits = high / scale < 9.995 ? 2 : high / scale < 99.5 ? 1 : 0
      return {
        unit,
        text: (value) => (value / scale).toFixed(digits),
        end: (value) => `${(value / scale).toFixed(digits)} ${unit}`,
      }
    }
    case 'errors':
      return {
        unit: 'errors',
        text: (value) => (value > 999 ? '>999' : String(value)),
        end: (value) => `${formatCount(Math.round(value))} errors`,
      }
    case 'frequency':
      return {
        unit: 'MHz',
        text: (value) => String(Math.round(value)),
        end: (value) => `${Math.round(value)} MHz`,
      }
    case 'voltage':
      return { unit: 'V', text: (value) => value.toFixed(value < 10 ? 2 : 1), end: volts }
  }
}

/** How strongly a tile is coloured, as CSS. The page's own tones, so that both themes stay readable. */
export function tileColour(ramp: ChipRamp, ratio: number): string {
  const percent = (value: number): string => `${Math.round(value * 100)}%`
  if (ramp === 'plenty')
    return `color-mix(in oklab, var(--accent) ${percent(0.08 + 0.4 * ratio)}, var(--surface))`
  if (ramp === 'fault')
    return ratio === 0
      ? 'color-mix(in oklab, var(--good) 10%, var(--surface))'
      : `color-mix(in oklab, var(--bad) ${percent(0.18 + 0.4 * ratio)}, var(--surface))`
  const tone =
    ratio < 0.5
      ? `color-mix(in oklab, var(--warn) ${percent(ratio * 2)}, var(--info))`
      : `color-mix(in oklab, var(--bad) ${percent(ratio * 2 - 1)}, var(--warn))`
  return `color-mix(in oklab, ${tone} ${percent(0.18 + 0.3 * ratio)}, var(--surface))`
}
