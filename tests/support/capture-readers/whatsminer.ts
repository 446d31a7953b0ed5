/** What reads the captures of Whatsminers: each reply alone must give what it is asked for. */
import { readWhatsminer } from '../../../src-main/fleet/families/readings/whatsminer.ts'
import { readWhatsminerV3 } from '../../../src-main/fleet/families/readings/whatsminer-v3.ts'
import { at, isRefusal, requireJson, rpcStatusOf } from '../../../src-main/fleet/index.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_780_000_000_000

const old = (name: string, found: (read: ReturnType<typeof readWhatsminer>) => boolean): CaptureReader => ({
  match: new RegExp(`^whatsminer/v2-20230803/${name}\\.json$`),
  parses: (bytes, path) => found(readWhatsminer({ [name]: requireJson(bytes, path) }, AT_MS)),
})
const frame = (
  name: string,
  as: string,
  found: (read: ReturnType<typeof readWhatsminerV3>) => boolean,
): CaptureReader => ({
  match: new RegExp(`^whatsminer/v3-m60s-vk40/${name}\\.json$`),
  parses: (bytes, path) => found(readWhatsminerV3({ [as]: requireJson(bytes, path) }, AT_MS)),
})

export const readers: readonly CaptureReader[] = [
  old('summary', ({ hashrates }) => hashrates.nowHs === 124.5e12),
  old('devs', ({ boards }) => boards.length === 3),
  old('pools', ({ pools }) => pools.length === 3),
  old('status', ({ settings }) => settings.powerLimitW === 3600),
  old('get_version', ({ apiVersion }) => apiVersion === '2.0.5'),
  old('get_psu', ({ psuFans }) => psuFans[0]?.rpm === 6000),
  old('get_miner_info', ({ locating }) => locating === false),
  old('get_error_code', ({ errors }) => errors.length === 0),
  {
    match: /^whatsminer\/v2-20230803\/get_error_code_with_errors\.json$/,
    parses: (bytes, path) =>
      readWhatsminer({ get_error_code: requireJson(bytes, path) }, AT_MS).errors.length === 2,
  },
  frame('get_device_info', 'info', ({ model }) => model === 'M60SVK40'),
  frame('get_miner_status_summary', 'summary', ({ powerW }) => powerW === 3156),
  frame('get_miner_status_edevs', 'edevs', ({ boards }) => boards.length === 3),
  frame('get_miner_status_pools', 'pools', ({ pools }) => pools.length === 3),
  {
    match: /^whatsminer\/v2-m60s-vk40-replies\/privileged\/\w+\.json$/,
    parses(bytes, path) {
      const status = rpcStatusOf(requireJson(bytes, path))
      return !isRefusal(status) && status.message === 'API command OK'
    },
  },
  {
    match: /^whatsminer\/v2-m60s-vk40-replies\/rpc\/get_token\.json$/,
    parses: (bytes, path) => at(requireJson(bytes, path), 'Msg', 'newsalt') === '12345678',
  },
  {
    match: /^whatsminer\/v2-m60s-vk40-replies\/manifest\.json$/,
    parses: (bytes, path) => requireJson(bytes, path) !== null,
  },
]
