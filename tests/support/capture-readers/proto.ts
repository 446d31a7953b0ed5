/** What reads the captures of Proto Rigs. */
import { type ProtoReplies, readProto } from '../../../src-main/fleet/families/readings/proto.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { requireJson } from '../../../src-main/fleet/transport/ask.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_780_000_000_000
/** A reading needs this much to be one at all. */
const BARE: ProtoReplies = { system: { 'system-info': { model: 'Rig' } } }

const reader = (
  name: keyof ProtoReplies,
  file: string,
  found: (reading: RigReading) => boolean,
): CaptureReader => ({
  match: new RegExp(`^proto/.*/${file}\\.json$`),
  parses(bytes, path) {
    const reading = readProto({ ...BARE, [name]: requireJson(bytes, path) }, AT_MS)
    return reading !== null && found(reading)
  },
})

export const readers: readonly CaptureReader[] = [
  reader('system', 'system', ({ serial }) => serial !== null),
  reader('network', 'network', ({ mac }) => mac !== null),
  reader('mining', 'mining', ({ state, powerW }) => state === 'mining' && powerW !== null),
  reader('telemetry', 'telemetry_full', ({ boards }) => boards.length === 4),
  reader('pools', 'pools', ({ pools }) => pools.length === 2),
]
