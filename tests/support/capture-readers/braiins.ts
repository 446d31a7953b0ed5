/** What reads the recordings of Braiins OS. */
import { readBraiinsGraphql } from '../../../src-main/fleet/families/readings/braiins-graphql.ts'
import { readBraiinsRest } from '../../../src-main/fleet/families/readings/braiins-rest.ts'
import { parseReply } from '../../../src-main/fleet/transport/repair-json.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { type CaptureReader } from '../captures.ts'

const AT_MS = 1_776_446_525_000

function value(bytes: Uint8Array): unknown {
  const parsed = parseReply(bytes)
  return parsed.ok ? parsed.value.value : undefined
}

const found: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  version: (bytes) =>
    rest({ version: value(bytes) }).apiVersion !== null ||
    graphql({ rpcVersion: value(bytes) }).apiVersion !== null,
  miner_details: (bytes) => rest({ 'miner/details': value(bytes) }).mac !== null,
  miner_stats: (bytes) => rest({ 'miner/stats': value(bytes) }).hashrates.nowHs !== null,
  miner_hw_hashboards: (bytes) => rest({ 'miner/hw/hashboards': value(bytes) }).boards.length > 0,
  cooling_state: (bytes) => rest({ 'cooling/state': value(bytes) }).fans.length > 0,
  performance_tuner_state: (bytes) =>
    rest({ 'performance/tuner-state': value(bytes) }).settings.powerLimitW !== null,
  pools: (bytes) => rest({ 'pools/': value(bytes) }).pools.length > 0,
  miner_errors: (bytes) =>
    readBraiinsRest(
      { 'miner/details': { bosminer_uptime_s: 90 * 86_400 }, 'miner/errors': value(bytes) },
      AT_MS,
    ).errors.length > 0,
  actions_locate: (bytes) => rest({ 'actions/locate': value(bytes) }).locating !== null,
  configuration_miner: (bytes) => rest({ 'configuration/miner': value(bytes) }).settings.powerLimitW !== null,
  network: (bytes) => rest({ 'network/': value(bytes) }).mac !== null,
  gql_system: (bytes) => graphql({ system: value(bytes) }).hashrates.nowHs !== null,
  gql_boards: (bytes) => graphql({ boards: value(bytes) }).boards.length === 3,
  gql_pools: (bytes) => graphql({ pools: value(bytes) }).pools.length > 0,
  gql_tuning: (bytes) => graphql({ tuning: value(bytes) }).settings.powerLimitW !== null,
  gql_events: (bytes) => graphql({ events: value(bytes) }).errors.length === 0 && value(bytes) !== undefined,
  web_net_conf: (bytes) => graphql({ network: value(bytes) }).mac !== null,
}

function rest(replies: Parameters<typeof readBraiinsRest>[0]): RigReading {
  return readBraiinsRest(replies, AT_MS)
}

function graphql(replies: Parameters<typeof readBraiinsGraphql>[0]): RigReading {
  return readBraiinsGraphql(replies, AT_MS)
}

export const readers: readonly CaptureReader[] = [
  {
    match: /^braiins-os\//,
    parses: (bytes, path) => found[/([^/]+)\.json$/.exec(path)?.[1] ?? '']?.(bytes) ?? false,
  },
]
