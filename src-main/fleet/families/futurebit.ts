/**
 * FutureBit Apollo: GraphQL on port 5000. Everything, changes too, is a query; a login is a password without a user.
 * Governing document: rig API digest, section 5.11, and the maker's public schema.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, booleanOf, countOf, isObject, listOf, objectOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { requireJson } from '../transport/ask.ts'
import { type RigLink } from '../transport/rig-link.ts'
import {
  type Capabilities,
  type FamilyTools,
  type PoolsSnapshot,
  type PoolTarget,
  type ReadResult,
  type RigCommand,
  type RigFamily,
  type WriteOutcome,
} from './family.ts'
import { accepted, notSupported, offer, refused, requireOffered } from './offer.ts'
import { PartReader } from './part-reader.ts'
import { plainPools } from './plain-pools.ts'
import { type FuturebitReplies, futurebitReading } from './readings/futurebit.ts'
import { unlessSilent } from './unless-silent.ts'
import { LoginExpired, requireCredentials, WebSessions, wrongLogin } from './web-sessions.ts'

const PORT = 5000
const PATH = '/api/graphql'
const INTERVALS = ['int_30', 'int_300', 'int_900', 'int_3600', 'int_0']
const STATS_QUERY = `{ Miner {
  stats { result { stats {
    uuid version comport statVersion versions { miner }
    master { upTime hwAddr boardsW intervals { ${INTERVALS.map((name) => `${name} { bySol errorRate }`).join(' ')} } }
    pool { host port userName diff intervals { int_0 { sharesAccepted sharesRejected staleJobShares inService } } }
    fans { int_0 { rpm } }
    temperature { min avr max }
    slots { int_0 { chips pwrOn temperature temperature1 errors } }
    slaves { uid }
  } } error { message } }
  online { result { online { status } } error { message } }
} }`
const MCU_QUERY =
  '{ Mcu { stats { result { stats { hostname uptime network { name address mac } } } error { message } } } }'
const POOLS_QUERY =
  '{ Pool { list { result { pools { id enabled donation url username password proxy index } } error { message } } } }'
const SETTINGS_QUERY =
  '{ Settings { read { result { settings { minerMode voltage frequency } } error { message } } } }'
const LOGIN_QUERY =
  'query Login($input: AuthLoginInput!) { Auth { login(input: $input) { result { accessToken } error { message } } } }'
const POOLS_UPDATE =
  'query ($input: PoolUpdateAllInput!) { Pool { updateAll(input: $input) { result { pools { id } } error { message } } } }'
const SETTINGS_UPDATE =
  'query ($input: SettingsUpdateInput!) { Settings { update(input: $input) { result { settings { minerMode } } error { message } } } }'

const sessions = new WebSessions()

async function read(link: RigLink, { clock }: FamilyTools): Promise<ReadResult> {
  const parts = new PartReader()
  const replies: Partial<Record<keyof FuturebitReplies, unknown>> = {}
  const miner = await parts.ask('graphql Miner', () => openQuery(link, STATS_QUERY))
  replies.stats = at(miner, 'Miner', 'stats', 'result')
  replies.online = at(miner, 'Miner', 'online', 'result')
  for (const [part, asked, query, path] of [
    ['mcu', 'graphql Mcu', MCU_QUERY, ['Mcu', 'stats', 'result']],
    ['pools', 'graphql Pool', POOLS_QUERY, ['Pool', 'list', 'result']],
    ['settings', 'graphql Settings', SETTINGS_QUERY, ['Settings', 'read', 'result']],
  ] as const) {
    if (link.credentials === null) parts.failed.push(asked)
    else replies[part] = at(await parts.ask(asked, () => authorised(link, query)), ...path)
  }
  parts.requireSome()
  return { reading: futurebitReading(replies, clock.nowMs()), failed: parts.failed }
}

/** What newer versions show without a login, and older ones only with. */
async function openQuery(link: RigLink, query: string): Promise<unknown> {
  if (link.credentials !== null) return authorised(link, query)
  try {
    return await send(link, query, {}, null)
  } catch (error) {
    if (error instanceof LoginExpired) requireCredentials(link)
    throw error
  }
}

/** A query with the login's token. @returns `data`; every action in it went well */
function authorised(
  link: RigLink,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  return sessions.use(
    link,
    () => logIn(link),
    (token) => send(link, query, variables, token),
  )
}

async function logIn(link: RigLink): Promise<string> {
  const { password } = requireCredentials(link)
  const reply = await post(link, LOGIN_QUERY, { input: { password } }, null)
  const token = textOf(at(reply, 'data', 'Auth', 'login', 'result', 'accessToken'))
  if (token !== null) return token
  throw wrongLogin(
    textOf(at(reply, 'data', 'Auth', 'login', 'error', 'message')) ??
      textOf(at(reply, 'errors', 0, 'message')),
  )
}

async function send(
  link: RigLink,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  token: string | null,
): Promise<unknown> {
  const reply = await post(link, query, variables, token)
  const [failure] = listOf(at(reply, 'errors'))
  if (failure !== undefined) {
    const said = textOf(at(failure, 'message')) ?? 'it gives no reason'
    if (textOf(at(failure, 'extensions', 'code')) === 'UNAUTHENTICATED' || /authenticated/i.test(said)) {
      throw new LoginExpired()
    }
    throw refused(`The rig refused the request: ${said}.`, { answer: said })
  }
  const data = objectOf(at(reply, 'data'))
  for (const subject of Object.values(data)) {
    for (const action of Object.values(objectOf(subject))) {
      const said = textOf(at(action, 'error', 'message'))
      if (said !== null) throw refused(`The rig refused the request: ${said}.`, { answer: said })
    }
  }
  return data
}

/** GraphQL's servers answer with JSON whatever the status. */
async function post(
  link: RigLink,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  token: string | null,
): Promise<unknown> {
  const reply = await link.http({
    method: 'POST',
    path: PATH,
    port: PORT,
    ...(token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
    json: { query, variables },
  })
  const answer = requireJson(reply.body, `POST ${PATH}`)
  if (isObject(answer)) return answer
  throw new HeadframeError(
    'rig/bad-reply',
    'The rig answered GraphQL with something else. Check that its firmware is the one shown here.',
    { context: { status: reply.status } },
  )
}

function capabilities({ settings }: RigReading): Capabilities {
  return offer(
    {
      'set-pools': true,
      restart: true,
      reboot: true,
      pause: true,
      resume: true,
      'set-power-mode':
        settings.powerModes.length > 0 ||
        'Its modes are read with a login: enter the password of its web page.',
      locate: 'An Apollo has no light that flashes on demand.',
      'set-power-limit': 'An Apollo has modes instead of power limits: choose one of those.',
      'set-fan': 'An Apollo takes temperatures for its fan, not speeds: set them in its web page.',
    },
    'Clock and voltage of an Apollo belong to its custom mode, in units of its maker: set them in its web page.',
  )
}

interface ApolloPool {
  readonly index: number
  readonly enabled: boolean
  readonly donation: number | null
  readonly url: string
  readonly username: string
  readonly password: string
  readonly proxy: string | null
}

async function listPools(link: RigLink): Promise<ApolloPool[]> {
  return poolsIn(at(await authorised(link, POOLS_QUERY), 'Pool', 'list', 'result', 'pools'))
}

function poolsIn(list: unknown): ApolloPool[] {
  return listOf(list).flatMap((item, order) => {
    const url = textOf(at(item, 'url'))
    if (url === null) return []
    return {
      index: countOf(at(item, 'index')) ?? order + 1,
      enabled: booleanOf(at(item, 'enabled')) ?? true,
      donation: countOf(at(item, 'donation')),
      url,
      username: textOf(at(item, 'username')) ?? '',
      password: textOf(at(item, 'password')) ?? '',
      proxy: textOf(at(item, 'proxy')),
    }
  })
}

/** Writes the whole list and starts the miner anew, which is when it is read. */
async function writePools(
  link: RigLink,
  pools: readonly ApolloPool[],
  note: string | null,
): Promise<WriteOutcome> {
  await authorised(link, POOLS_UPDATE, { input: { pools } })
  await act(link, 'Miner', 'restart')
  return accepted(10_000, 180_000, note)
}

async function setPools(link: RigLink, targets: readonly PoolTarget[]): Promise<WriteOutcome> {
  const { pools, note } = plainPools(targets, 'An Apollo', Infinity)
  const before = await listPools(link)
  return writePools(
    link,
    pools.map(({ url, user, password }, order) => ({
      index: order + 1,
      enabled: true,
      // Its owner's own choice, which is no part of a pool's address.
      donation: before[order]?.donation ?? null,
      url,
      username: user,
      password,
      proxy: before[order]?.proxy ?? null,
    })),
    note,
  )
}

async function restorePools(link: RigLink, { pools, own }: PoolsSnapshot): Promise<WriteOutcome> {
  const kept = poolsIn(own)
  if (kept.length > 0) return writePools(link, kept, null)
  const entries = plainPools(pools, null, Infinity).pools.map(({ url, user, password }, order) => ({
    index: order + 1,
    enabled: true,
    donation: null,
    url,
    username: user,
    password,
    proxy: null,
  }))
  return writePools(link, entries, null)
}

/** An action without a result. */
function act(link: RigLink, subject: 'Miner' | 'Mcu', action: string): Promise<unknown> {
  return authorised(link, `{ ${subject} { ${action} { error { message } } } }`)
}

async function perform(link: RigLink, command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
  if (command.kind !== 'restore-pools') requireOffered(capabilities(reading)[command.kind])
  switch (command.kind) {
    case 'set-pools':
      return setPools(link, command.pools)
    case 'restore-pools':
      return restorePools(link, command.snapshot)
    case 'restart':
      await act(link, 'Miner', 'restart')
      return accepted(10_000, 180_000)
    case 'pause':
      await act(link, 'Miner', 'stop')
      return accepted(5_000, 60_000)
    case 'resume':
      await act(link, 'Miner', 'start')
      return accepted(10_000, 180_000)
    case 'reboot':
      return unlessSilent(() => act(link, 'Mcu', 'reboot'), accepted(20_000, 300_000))
    case 'set-power-mode':
      if (!reading.settings.powerModes.some(({ id }) => id === command.mode)) {
        throw notSupported(`This rig has no mode "${command.mode}". Choose one of its own.`)
      }
      await authorised(link, SETTINGS_UPDATE, { input: { minerMode: command.mode } })
      await act(link, 'Miner', 'restart')
      return accepted(10_000, 180_000)
    default:
      throw notSupported('An Apollo has no such command.')
  }
}

export const futurebit: RigFamily = {
  id: 'futurebit',
  name: 'FutureBit Apollo',
  login: { needed: 'to-read', factory: null, locks: false },
  pollEveryMs: 15_000,
  read,
  capabilities,
  async readPools(link) {
    const own = await listPools(link)
    return {
      pools: own
        .filter(({ enabled }) => enabled)
        .map(({ url, username, password }) => ({ url, user: username, password })),
      hasPasswords: own.every(({ password }) => password !== ''),
      own,
    }
  },
  perform: (link, command, reading) => perform(link, command, reading),
}
