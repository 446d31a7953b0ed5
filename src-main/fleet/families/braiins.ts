/**
 * Talks Braiins OS (BOS+): REST from 25.07 on, GraphQL before, chosen by which of the two answers. Without a login it is
 * read by its RPC on 4028, which tells less. Not here: the two interfaces (`braiins-rest-api.ts`,
 * `braiins-graphql-api.ts`) and what they say (`readings/`). Governing document: rig API digest, section 5.2.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, countOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { isRefusal, joinedReply, rpcStatusOf } from '../model/rpc-reply.ts'
import { askRpc, requireJson } from '../transport/ask.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { BraiinsGraphqlApi, type BraiinsSessions } from './braiins-graphql-api.ts'
import { BraiinsRestApi } from './braiins-rest-api.ts'
import {
  type Capabilities,
  type FamilyTools,
  type PoolsSnapshot,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from './family.ts'
import { PartReader } from './part-reader.ts'
import { offer, refused, requireOffered } from './offer.ts'
import { readBraiinsGraphql } from './readings/braiins-graphql.ts'
import { braiinsVersion, readBraiinsRest } from './readings/braiins-rest.ts'
import { readBraiinsRpc } from './readings/braiins-rpc.ts'
import { machineName } from './readings/machine-name.ts'
import { WebSessions } from './web-sessions.ts'

const RPC_READS = [
  'version',
  'summary',
  'devs',
  'devdetails',
  'temps',
  'fans',
  'pools',
  'tunerstatus',
] as const
/** Of the REST interface: the next would be another interface. */
const KNOWN_API_MAJOR = 1

type Api =
  | { readonly kind: 'rest'; readonly api: BraiinsRestApi; readonly version: unknown }
  | { readonly kind: 'graphql'; readonly api: BraiinsGraphqlApi; readonly open: unknown }

/** Keeps the logins that its rigs gave. */
export function braiinsFamily(): RigFamily {
  const tokens = new WebSessions()
  const cookies: BraiinsSessions = { graphql: new WebSessions(), luci: new WebSessions() }

  /** @throws HeadframeError `rig/…` if neither answers */
  async function choose(link: RigLink): Promise<Api> {
    const version = await readApiVersion(link)
    if (version !== null) return { kind: 'rest', api: new BraiinsRestApi(link, tokens), version }
    const api = new BraiinsGraphqlApi(link, cookies)
    return { kind: 'graphql', api, open: await api.readOpen() }
  }

  async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
    if (link.credentials === null)
      return readWithoutLogin(link, new BraiinsGraphqlApi(link, cookies), () => clock.nowMs())
    const reader = new PartReader()
    const chosen = await choose(link)
    if (chosen.kind === 'rest') {
      const replies = await chosen.api.read(reader, chosen.version)
      reader.requireSome()
      return { reading: readBraiinsRest(replies, clock.nowMs()), failed: reader.failed }
    }
    const replies = await chosen.api.read(reader, chosen.open)
    reader.requireSome()
    return { reading: readBraiinsGraphql(replies, clock.nowMs()), failed: reader.failed }
  }

  async function readPools(link: RigLink): Promise<PoolsSnapshot> {
    return (await choose(link)).api.readPools()
  }

  async function perform(link: RigLink, command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
    if (command.kind !== 'restore-pools') requireOffered(capabilities(reading)[command.kind])
    if (command.kind === 'set-power-limit') requireInRange(command.watts, reading)
    const { api } = await choose(link)
    return api.perform(command, reading)
  }

  return {
    id: 'braiins',
    name: 'Braiins OS',
    login: { needed: 'to-write', factory: { username: 'root', password: '' }, locks: false },
    pollEveryMs: 15_000,
    read,
    capabilities,
    readPools,
    perform,
  }
}

/** Of the REST interface; null if there is none. It tells its version to anybody, or wants a login for it. */
async function readApiVersion(link: RigLink): Promise<unknown> {
  const reply = await link.http({ path: '/api/v1/version' })
  if (reply.status === 401) return {}
  if (reply.status !== 200) return null
  try {
    const version = requireJson(reply.body, 'GET /api/v1/version')
    return countOf(at(version, 'major')) === null ? null : version
  } catch (error) {
    // Older releases answer every path with their page.
    if (error instanceof HeadframeError && error.code === 'rig/bad-reply') return null
    throw error
  }
}

async function readWithoutLogin(
  link: RigLink,
  graphql: BraiinsGraphqlApi,
  nowMs: () => number,
): Promise<ReadResult> {
  const reader = new PartReader()
  const joined = await reader.ask('rpc joined', () => askRpc(link, RPC_READS.join('+')))
  const replies: Partial<Record<(typeof RPC_READS)[number], unknown>> = {}
  for (const command of RPC_READS) {
    const reply =
      joinedReply(joined, command) ?? (await reader.ask(`rpc ${command}`, () => askRpc(link, command)))
    if (reply !== undefined && !isRefusal(rpcStatusOf(reply))) replies[command] = reply
  }
  const open = await reader.ask('graphql model', () => graphql.readOpen())
  reader.requireSome()
  const known = readBraiinsRpc(replies, nowMs())
  const named = machineName(textOf(at(open, 'bosminer', 'info', 'modelName')))
  return {
    reading: {
      ...known,
      ...(named.model === null ? {} : named),
      firmwareVersion: braiinsVersion(textOf(at(open, 'bos', 'info', 'version', 'full'))),
    },
    failed: reader.failed.filter((label) => label !== 'rpc joined'),
  }
}

function capabilities({ apiVersion, firmwareVersion }: RigReading): Capabilities {
  // The RPC's own version, 3.7, is told by releases without REST.
  const major = Number(apiVersion?.split('.').length === 3 ? apiVersion.split('.')[0] : KNOWN_API_MAJOR)
  if (major > KNOWN_API_MAJOR) {
    return offer(
      {},
      `Braiins OS ${firmwareVersion ?? ''} speaks a newer interface (${String(apiVersion)}) than is known here. Change it on the rig’s own page until Headframe knows it.`,
    )
  }
  const tunesItself = 'Braiins OS sets clock and voltage of its chips by itself: set a power limit instead.'
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: true,
      resume: true,
      locate: true,
      'set-power-limit': true,
      'set-power-mode': 'Braiins OS has no power modes: set a power limit instead.',
      'set-frequency': tunesItself,
      'set-voltage': tunesItself,
      'set-fan': 'Braiins OS steers its fans by temperature. Its cooling is set on the rig’s own page.',
    },
    'Braiins OS does not offer this.',
  )
}

function requireInRange(watts: number, { settings: { powerLimitRangeW: range } }: RigReading): void {
  if (range === null || (watts >= range.min && watts <= range.max)) return
  throw refused(
    `This rig can be limited to between ${String(range.min)} and ${String(range.max)} W, not to ${String(watts)} W. Choose a value between them.`,
  )
}
