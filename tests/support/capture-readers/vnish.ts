/** What reads the captures of rigs with VNish. */
import { vnishReading } from '../../../src-main/fleet/families/readings/vnish.ts'
import { at, isRefusal, requireJson, rpcStatusOf } from '../../../src-main/fleet/index.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_773_783_714_000

export const readers: readonly CaptureReader[] = [
  {
    match: /^vnish\/.*web\/info\.json$/,
    parses: (bytes, path) => vnishReading({ info: requireJson(bytes, path) }, AT_MS).model === 'S21 Pro',
  },
  {
    match: /^vnish\/.*web\/summary\.json$/,
    parses: (bytes, path) =>
      vnishReading({ info: null, summary: requireJson(bytes, path) }, AT_MS).boards.length === 3,
  },
  {
    match: /^vnish\/.*web\/settings\.json$/,
    parses: (bytes, path) =>
      vnishReading({ info: null, settings: requireJson(bytes, path) }, AT_MS).settings.coreVoltageMv ===
      12_700,
  },
  {
    match: /^vnish\/.*web\/unlock\.json$/,
    parses: (bytes, path) => typeof at(requireJson(bytes, path), 'token') === 'string',
  },
  {
    match: /^vnish\/.*web\/root\.html$/,
    parses: (bytes) => /<meta name="firmware" content="AnthillOS">/.test(new TextDecoder().decode(bytes)),
  },
  {
    match: /^vnish\/.*privileged\/(settings|find-miner)\.json$/,
    parses: (bytes, path) => {
      const reply = requireJson(bytes, path)
      return at(reply, 'on') === true || at(reply, 'restart_required') === false
    },
  },
  {
    // Its RPC refuses to say who it is.
    match: /^vnish\/.*rpc\/version\.json$/,
    parses: (bytes, path) => isRefusal(rpcStatusOf(requireJson(bytes, path))),
  },
  {
    match: /^vnish\/.*rpc\/devdetails\.json$/,
    parses: (bytes, path) => rpcStatusOf(requireJson(bytes, path)).code === 69,
  },
  {
    match: /^vnish\/.*manifest\.json$/,
    parses: (bytes, path) => requireJson(bytes, path) !== null,
  },
]
