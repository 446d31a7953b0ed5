/** What reads the captures of Antminers: stock, and Hiveon's. */
import { antminerReading } from '../../../src-main/fleet/families/readings/antminer.ts'
import { statusErrors } from '../../../src-main/fleet/families/readings/antminer-errors.ts'
import {
  readBitmainConfiguration,
  readBitmainPools,
  readBitmainSummary,
  readBitmainVersion,
} from '../../../src-main/fleet/families/readings/bitmain-replies.ts'
import { readBitmainStats } from '../../../src-main/fleet/families/readings/bitmain-stats.ts'
import { isRefusal, requireJson, rpcStatusOf } from '../../../src-main/fleet/index.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_741_500_000_000

export const readers: readonly CaptureReader[] = [
  {
    match: /^antminer\/[^/]+\/(rpc\/)?(summary|config|devdetails)\.json$|^antminer\/.*web\/summary\.json$/,
    parses(bytes, path) {
      const reply = requireJson(bytes, path)
      if (!path.endsWith('summary.json')) return isRefusal(rpcStatusOf(reply))
      const summary = readBitmainSummary(reply)
      return (summary?.hashrates.nowHs ?? 0) > 0 && statusErrors(summary?.status).length === 0
    },
  },
  {
    match: /^antminer\/.*\/version\.json$/,
    parses: (bytes, path) => readBitmainVersion(requireJson(bytes, path)).type !== null,
  },
  {
    match: /^antminer\/.*\/pools(\.first-pool)?\.json$/,
    parses: (bytes, path) => readBitmainPools(requireJson(bytes, path), AT_MS, 501_234)[0]?.active === true,
  },
  {
    match: /^antminer\/.*\/stats\.json$/,
    parses: (bytes, path) => readBitmainStats(requireJson(bytes, path))?.boards.length === 3,
  },
  {
    // Its hashrates are all 0, which is why nothing is taken from it but that it lives.
    match: /^antminer\/.*\/devs\.json$/,
    parses: (bytes, path) => rpcStatusOf(requireJson(bytes, path)).code === 9,
  },
  {
    match: /^antminer\/.*\/get_system_info\.json$/,
    parses: (bytes, path) => antminerReading({ systemInfo: requireJson(bytes, path) }, AT_MS).model === 'S19',
  },
  {
    match: /^antminer\/.*\/get_miner_conf\.json$/,
    parses: (bytes, path) => readBitmainConfiguration(requireJson(bytes, path)).mode === '0',
  },
  {
    match: /^antminer\/.*\/(blink|reboot|set_miner_conf)\.json$/,
    parses: (bytes, path) => JSON.stringify(requireJson(bytes, path)) === '{"success":true}',
  },
  {
    match: /^antminer\/.*manifest\.json$/,
    parses: (bytes, path) => requireJson(bytes, path) !== null,
  },
]
