/**
 * Keeps a reading within what a rig can mean, whatever it said: lists of thousands, texts of megabytes and numbers beyond
 * all measure end here, so that no rig fills the memory or keeps the list of all rigs from being shown. Pure. Not here:
 * whether a value is plausible for its model.
 */
import { type RigReading } from './reading.ts'

/** Longer texts are cut: the longest of firmware are lists of errors and pool URLs. */
const LONGEST_TEXT = 500
/** Entries of a list; the first are kept. */
const MOST_ENTRIES = 128
const MOST_OF: Readonly<Record<string, number>> = { chips: 8192, firmwareOptions: 512 }
/** Of anything that is measured: a thousand times what all miners of the world hash. */
const LARGEST = 1e24
/** Members that count or name a moment: whole numbers as far as they are exact. */
const COUNTS: ReadonlySet<string> = new Set([
  'accepted',
  'rejected',
  'stale',
  'blocksFound',
  'lastShareAtMs',
  'sinceMs',
])
/** Without these an entry is none. */
const REQUIRED: ReadonlySet<string> = new Set(['slot', 'boardSlot', 'index', 'count', 'min', 'max'])

/** What is left out: an entry without its number, or a number that is none. */
const LEFT_OUT = Symbol('left out')

export function boundedReading(reading: RigReading): RigReading {
  // Nearly all are: a look is cheaper than a copy.
  if (isWithin('', reading)) return reading
  const bounded = boundedMembers(reading)
  // Every member keeps its kind, or is null where it may be: those that may not be stand in `REQUIRED`.
  return bounded === LEFT_OUT ? reading : (bounded as unknown as RigReading)
}

/** Whether nothing of it would be cut or left out. */
function isWithin(name: string, value: unknown): boolean {
  if (typeof value === 'number') return isMeant(name, value)
  if (typeof value === 'string') return value.length <= LONGEST_TEXT
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) {
    return value.length <= (MOST_OF[name] ?? MOST_ENTRIES) && value.every((entry) => isWithin('', entry))
  }
  for (const member in value) if (!isWithin(member, value[member as keyof typeof value])) return false
  return true
}

function boundedMembers(value: object): Readonly<Record<string, unknown>> | typeof LEFT_OUT {
  const members: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const bounded = boundedValue(name, member)
    if (bounded === LEFT_OUT && REQUIRED.has(name)) return LEFT_OUT
    members[name] = bounded === LEFT_OUT ? null : bounded
  }
  return members
}

function boundedValue(name: string, value: unknown): unknown {
  if (typeof value === 'number') return isMeant(name, value) ? value : LEFT_OUT
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? value.slice(0, LONGEST_TEXT) : value
  if (Array.isArray(value)) {
    return value
      .slice(0, MOST_OF[name] ?? MOST_ENTRIES)
      .map((entry) => boundedValue('', entry))
      .filter((entry) => entry !== LEFT_OUT)
  }
  return typeof value === 'object' && value !== null ? boundedMembers(value) : value
}

function isMeant(name: string, value: number): boolean {
  const largest = COUNTS.has(name) || REQUIRED.has(name) ? Number.MAX_SAFE_INTEGER : LARGEST
  if (!(Math.abs(value) <= largest)) return false
  return name !== 'slot' && name !== 'boardSlot' && name !== 'index'
    ? true
    : Number.isInteger(value) && value >= 0
}
