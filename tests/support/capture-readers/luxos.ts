/** What reads the recordings of LuxOS. */
import { readLuxos } from '../../../src-main/fleet/families/readings/luxos.ts'
import { parseReply } from '../../../src-main/fleet/transport/repair-json.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_760_242_394_000

const found: Readonly<Record<string, (reply: unknown) => boolean>> = {
  version: (version) => lux({ version }).firmwareVersion !== null,
  config: (config) => lux({ config }).mac !== null,
  summary: (summary) => lux({ summary }).hashrates.nowHs !== null,
  devs: (devs) => lux({ devs }).boards.length === 3,
  stats: (stats) => lux({ stats }).expectedHs !== null,
  pools: (pools) => lux({ pools }).pools.length === 4,
  fans: (fans) => lux({ fans }).fans.length === 4,
  temps: (temps) => lux({ temps, devs: { DEVS: [{ ASC: 0 }] } }).boards[0]?.inletC === 34,
  power: (power) => lux({ power }).powerW !== null,
  profiles: (profiles) => lux({ profiles }).settings.powerModes.length === 25,
  events: (events) => lux({ events }).errors.length === 2,
  voltageget_0: (reply) =>
    lux({ voltages: [reply], devs: { DEVS: [{ ASC: 0 }] } }).boards[0]?.voltageV === 11.88,
  healthchipget_0: (reply) => lux({ chips: [reply] }).chips.length === 77,
}

function lux(replies: Parameters<typeof readLuxos>[0]): RigReading {
  return readLuxos(replies, AT_MS)
}

export const readers: readonly CaptureReader[] = [
  {
    match: /^luxos\//,
    parses: (bytes, path) => {
      const parsed = parseReply(bytes)
      const name = /([^/]+)\.json$/.exec(path)?.[1] ?? ''
      return parsed.ok && (found[name]?.(parsed.value.value) ?? false)
    },
  },
]
