/** What reads the captures of AxeOS and NerdQ. */
import { readAxeos } from '../../../src-main/fleet/families/readings/axeos.ts'
import { readNerdq } from '../../../src-main/fleet/families/readings/nerdq.ts'
import { requireJson } from '../../../src-main/fleet/transport/ask.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_780_000_000_000

export const readers: readonly CaptureReader[] = [
  {
    match: /^bitaxe\/.*\/system_info\.json$/,
    parses: (bytes, path) => readAxeos(requireJson(bytes, path), null, AT_MS)?.make === 'Bitaxe',
  },
  {
    match: /^nerdqaxe\/.*\/system_info\.json$/,
    parses: (bytes, path) => readNerdq(requireJson(bytes, path), null, AT_MS)?.model === 'NerdQAxe++',
  },
  {
    // Nothing of a reading is in it but the lists, which therefore must be found.
    match: /^(?:bitaxe|nerdqaxe)\/.*\/system_asic\.json$/,
    parses(bytes, path) {
      const settings = readAxeos({ ASICModel: 'x' }, requireJson(bytes, path), AT_MS)?.settings
      return (
        (settings?.frequencyOptionsMHz.length ?? 0) > 5 && (settings?.coreVoltageOptionsMv.length ?? 0) > 5
      )
    },
  },
]
