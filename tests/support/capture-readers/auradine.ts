/** What reads the captures of Auradine: each reply alone must give what it is asked for. */
import { type AuradineReplies, auradineReading } from '../../../src-main/fleet/families/readings/auradine.ts'
import { requireJson } from '../../../src-main/fleet/index.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_703_715_300_000

const FOUND: Readonly<Record<keyof AuradineReplies, (read: RigReading) => boolean>> = {
  version: (read) => read.apiVersion === '1.0',
  summary: (read) => read.hashrates.nowHs !== null,
  devs: (read) => read.boards.length === 3,
  pools: (read) => read.pools.length === 3,
  ipreport: (read) => read.model === 'AT1500',
  fan: (read) => read.fans.length === 4,
  led: (read) => read.locating === false,
  mode: (read) => read.settings.powerLimitW === 2000,
  psu: (read) => read.powerW === 58.94,
  temperature: (read) => read.chips.length > 0,
  voltage: (read) => read.chips.length > 0,
  frequency: (read) => read.chips.length > 0,
  asccount: (read) => read.boards.length > 0,
}

export const readers: readonly CaptureReader[] = Object.entries(FOUND).map(([name, found]) => ({
  match: new RegExp(`^auradine/.*/${name}\\.json$`),
  parses: (bytes, path) => found(auradineReading({ [name]: requireJson(bytes, path) }, AT_MS)),
}))
