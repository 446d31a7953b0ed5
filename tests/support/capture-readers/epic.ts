/** What reads the recordings of ePIC's firmware. */
import { readEpic } from '../../../src-main/fleet/families/readings/epic.ts'
import { parseReply } from '../../../src-main/fleet/transport/repair-json.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type CaptureReader } from '../captures.ts'

const found: Readonly<Record<string, (reply: unknown) => boolean>> = {
  summary: (summary) => epic({ summary }).boards.length === 3,
  capabilities: (capabilities) => epic({ capabilities }).model === 'S19 XP',
  network: (network) => epic({ network }).mac !== null,
  // Zeros of a rig without chip sensors.
  chip_temps: (temps) => epic({ 'temps/chip': temps }).chips.length === 0 && Array.isArray(temps),
  temps: (temps) => epic({ temps, summary: { HBStatus: [{ Index: 0 }] } }).boards[0]?.boardC === 42.875,
}

function epic(replies: Parameters<typeof readEpic>[0]): RigReading {
  return readEpic(replies, 1_755_134_759_000)
}

export const readers: readonly CaptureReader[] = [
  {
    match: /^epic\//,
    parses: (bytes, path) => {
      const parsed = parseReply(bytes)
      const name = /([^/]+)\.json$/.exec(path)?.[1] ?? ''
      return parsed.ok && (found[name]?.(parsed.value.value) ?? false)
    },
  },
]
