/** What reads the captures of SealMiner. */
import {
  type SealminerReplies,
  sealminerReading,
} from '../../../src-main/fleet/families/readings/sealminer.ts'
import { requireJson } from '../../../src-main/fleet/index.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_773_869_546_000

const FOUND: readonly (readonly [string, keyof SealminerReplies, (read: RigReading) => boolean])[] = [
  ['version', 'version', (read) => read.apiVersion === '3.7'],
  ['summary', 'summary', (read) => read.hashrates.averageHs === 206_860_473_510_000],
  ['pools', 'pools', (read) => read.pools[0]?.accepted === 322],
  ['get_system_info', 'systemInfo', (read) => read.model === 'A2'],
]

export const readers: readonly CaptureReader[] = FOUND.map(([name, part, found]) => ({
  match: new RegExp(`^sealminer/.*/${name}\\.json$`),
  parses: (bytes, path) => found(sealminerReading({ [part]: requireJson(bytes, path) }, AT_MS)),
}))
