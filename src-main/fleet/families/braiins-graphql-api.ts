/**
 * Talks Braiins OS's GraphQL (before 25.07), and LuCI for the one thing it does not tell: the MAC address. A login gives a
 * cookie. Not here: what answers mean (`readings/braiins-graphql.ts`).
 * Governing document: rig API digest, section 5.2.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, countOf, isObject, listOf, type LooseObject, objectOf, textOf } from '../model/lenient.ts'
import { askRpc, requireGoodStatus, requireJson } from '../transport/ask.ts'
import { type HttpReply, type RigCredentials, type RigLink } from '../transport/rig-link.ts'
import { type PoolsSnapshot, type RigCommand, type WriteOutcome } from './family.ts'
import { type PartReader } from './part-reader.ts'
import { accepted, notSupported, refused } from './offer.ts'
import { type BraiinsGraphqlReplies } from './readings/braiins-graphql.ts'
import { braiinsVersion } from './readings/braiins-rest.ts'
import { LoginExpired, type WebSessions, wrongLogin } from './web-sessions.ts'

/** Told to anybody. */
const OPEN_QUERY = '{ bosminer { info { modelName } } bos { info { version { full } } } }'
const SYSTEM_QUERY = `{
  bos { hostname faultLight uptime { durationS } info { version { full } } }
  bosminer { info {
    workSolver { realHashrate { mhs5S } nominalMhs }
    fans { name rpm speed }
    summary { power { approxConsumptionW limitW } }
  } }
}`
const POOLS_QUERY = `{ bosminer {
  config { ... on BosminerConfig { groups { id strategy { ... on QuotaStrategy { quota } } } } }
  info { poolGroups { name pools { url user status active shares { acceptedSolutions rejectedSolutions } } } }
} }`
const TUNING_QUERY = `{ bosminer {
  config { ... on BosminerConfig { autotuning { mode powerTarget hashrateTarget } } }
  info { summary { power { limitW } } }
} }`
const LIMITS_QUERY = '{ bosminer { metadata { autotuning { powerTarget { default min max } } } } }'
const EVENTS_QUERY = '{ events { appeals { id kind message timestamp } } }'
/** Serial numbers of hashboards are known from this release on. */
const SERIALS_SINCE = 25.03

const LOGIN = `mutation ($username: String!, $password: String!) {
  auth { login(username: $username, password: $password) { ... on VoidResult { void } } }
}`
const SET_LIGHT = 'mutation ($enable: Boolean!) { bos { setFaultLight(enable: $enable) { enabled } } }'
const SET_GROUPS = `mutation ($groups: [Group!]!) { bosminer { config { updateGroups(groups: $groups) {
  ... on GroupList { groups { id } }
  ... on GroupListError { message }
} } } }`
const SET_POWER = `mutation ($limit: Int!) { bosminer { config {
  updateAutotuning(input: { powerTarget: $limit }, apply: true) {
    ... on AutotuningOut { autotuning { powerTarget enabled } }
  }
} } }`
const RESTART = 'mutation { bosminer { restart { ... on BosminerError { message } } } }'
const STOP = 'mutation { bosminer { stop { ... on VoidResult { void } } } }'
const START = 'mutation { bosminer { start { ... on VoidResult { void } } } }'
const REBOOT = 'mutation { bos { reboot { ... on VoidResult { void } } } }'

const WRITE_TIMEOUT_MS = 15_000
/** LuCI answers only tools that it knows. */
const LUCI_AGENT = { 'user-agent': 'BTC Tools v0.1' }

/** Logins of the two parts, which do not share them. */
export interface BraiinsSessions {
  readonly graphql: WebSessions
  readonly luci: WebSessions
}

export class BraiinsGraphqlApi {
  readonly #link: RigLink
  readonly #sessions: BraiinsSessions

  constructor(link: RigLink, sessions: BraiinsSessions) {
    this.#link = link
    this.#sessions = sessions
  }

  /** Model and version, which every release tells without a login. @throws HeadframeError `rig/…` */
  async readOpen(): Promise<unknown> {
    return dataOf(await this.#post(OPEN_QUERY, {}, null), 'model')
  }

  /**
   * @param open what `readOpen` gave
   * @throws HeadframeError `rig/wrong-password`, `rig/…` of the link
   */
  async read(reader: PartReader, open: unknown): Promise<BraiinsGraphqlReplies> {
    const version = Number(braiinsVersion(textOf(at(open, 'bos', 'info', 'version', 'full'))) ?? 0)
    const boardsQuery = boardsQueryOf(version >= SERIALS_SINCE)
    const ask = (label: string, query: string): Promise<unknown> =>
      reader.ask(`graphql ${label}`, () => this.#query(query, label))
    return {
      model: open,
      system: await ask('system', SYSTEM_QUERY),
      boards: await ask('boards', boardsQuery),
      pools: await ask('pools', POOLS_QUERY),
      tuning: await ask('tuning', TUNING_QUERY),
      limits: await this.#askIfKnown(reader, 'limits', LIMITS_QUERY),
      events: await this.#askIfKnown(reader, 'events', EVENTS_QUERY),
      rpcVersion: await reader.ask('rpc version', () => askRpc(this.#link, 'version')),
      network: await reader.ask('GET /cgi-bin/luci', () => this.#readNetwork()),
    }
  }

  async readPools(): Promise<PoolsSnapshot> {
    const data = await this.#query(POOLS_QUERY, 'pools')
    const quotas = listOf(at(data, 'bosminer', 'config', 'groups'))
    const groups = listOf(at(data, 'bosminer', 'info', 'poolGroups'))
    return {
      pools: groups.flatMap((group) =>
        listOf(at(group, 'pools')).map((pool) => ({
          url: textOf(at(pool, 'url')) ?? '',
          user: textOf(at(pool, 'user')) ?? '',
          password: '',
        })),
      ),
      hasPasswords: false,
      own: groups.map((group, index) => ({
        name: textOf(at(group, 'name')),
        quota: countOf(at(quotas[index], 'strategy', 'quota')) ?? 1,
        count: listOf(at(group, 'pools')).length,
      })),
    }
  }

  /** @throws HeadframeError `rig/refused` with the rig's words, `rig/wrong-password`, `rig/…` of the link */
  async perform(command: RigCommand): Promise<WriteOutcome> {
    switch (command.kind) {
      case 'set-pools': {
        const [first] = listOf((await this.readPools()).own)
        const name = textOf(at(first, 'name')) ?? 'main'
        return this.#setGroups([{ name, quota: 1, pools: command.pools }])
      }
      case 'restore-pools':
        return this.#setGroups(groupsOf(command.snapshot))
      case 'restart':
        return this.#leave(RESTART, 'restart', 10_000, 5 * 60_000)
      case 'reboot':
        return this.#leave(REBOOT, 'reboot', 30_000, 10 * 60_000)
      case 'pause':
        await this.#mutate(STOP, 'stop')
        return accepted(3_000, 60_000)
      case 'resume':
        await this.#mutate(START, 'start')
        return accepted(15_000, 10 * 60_000)
      case 'locate':
        await this.#mutate(SET_LIGHT, 'setFaultLight', { enable: command.on })
        return accepted(500, 15_000)
      case 'set-power-limit':
        await this.#mutate(SET_POWER, 'updateAutotuning', { limit: Math.round(command.watts) })
        return accepted(10_000, 5 * 60_000, 'It takes its time to tune itself to the new limit.')
      default:
        throw notSupported('Braiins OS does not offer this.')
    }
  }

  /** Saved by one, worked for after the other. */
  async #setGroups(groups: readonly unknown[]): Promise<WriteOutcome> {
    await this.#mutate(SET_GROUPS, 'updateGroups', { groups })
    return this.#leave(RESTART, 'restart', 10_000, 5 * 60_000)
  }

  /* ---- Asking ---- */

  /** What this release does not know is absent without having failed. */
  async #askIfKnown(reader: PartReader, label: string, query: string): Promise<unknown> {
    return reader.ask(`graphql ${label}`, async () => {
      try {
        return await this.#query(query, label)
      } catch (error) {
        if (error instanceof HeadframeError && error.code === 'rig/refused') return undefined
        throw error
      }
    })
  }

  #query(query: string, label: string, variables: LooseObject = {}): Promise<unknown> {
    return this.#sessions.graphql.use(
      this.#link,
      (credentials) => this.#logIn(credentials),
      async (cookie) => {
        const reply = await this.#post(query, variables, cookie)
        if (isLoggedOut(reply)) throw new LoginExpired()
        return dataOf(reply, label)
      },
    )
  }

  /** @throws HeadframeError `rig/refused` also for a refusal that comes as data */
  async #mutate(mutation: string, label: string, variables: LooseObject = {}): Promise<void> {
    const message = messageIn(await this.#query(mutation, label, variables))
    if (message !== null) throw refused(`The rig refused: ${message}.`, { asked: label, answer: message })
  }

  async #leave(
    mutation: string,
    label: string,
    settlesInMs: number,
    patienceMs: number,
  ): Promise<WriteOutcome> {
    try {
      await this.#mutate(mutation, label)
    } catch (error) {
      const isCut = error instanceof HeadframeError && /^rig\/(?:timeout|cut-off)$/.test(error.code)
      if (!isCut) throw error
      return { outcome: 'unknown', note: null, settlesInMs, patienceMs }
    }
    return accepted(settlesInMs, patienceMs)
  }

  #post(query: string, variables: LooseObject, cookie: string | null): Promise<HttpReply> {
    return this.#link.http({
      method: 'POST',
      path: '/graphql',
      json: { query, variables },
      headers: cookie === null ? {} : { cookie: `session_id=${cookie}` },
      timeoutMs: WRITE_TIMEOUT_MS,
    })
  }

  async #logIn({ username, password }: RigCredentials): Promise<string> {
    const reply = await this.#post(LOGIN, { username, password }, null)
    const cookie = cookieIn(reply)
    if (cookie !== null) return cookie
    if (reply.status >= 404) requireGoodStatus(reply, 'POST /graphql (login)')
    throw wrongLogin(null)
  }

  /* ---- LuCI ---- */

  /** GraphQL took the password: what LuCI has against it does not matter to the rest. */
  async #readNetwork(): Promise<unknown> {
    try {
      return await this.#askLuci()
    } catch (error) {
      if (!(error instanceof HeadframeError) || error.code !== 'rig/wrong-password') throw error
      throw refused('Its web page did not let us in, so its MAC address stays unknown.')
    }
  }

  #askLuci(): Promise<unknown> {
    const path = '/cgi-bin/luci/admin/network/iface_status/lan'
    return this.#sessions.luci.use(
      this.#link,
      (credentials) => this.#logInToLuci(credentials),
      async (cookie) => {
        const headers = { ...LUCI_AGENT, cookie: `session_id=${cookie}` }
        const reply = await this.#link.http({ path, headers })
        if (reply.status === 401 || reply.status === 403) throw new LoginExpired()
        requireGoodStatus(reply, `GET ${path}`)
        return requireJson(reply.body, `GET ${path}`)
      },
    )
  }

  async #logInToLuci({ username, password }: RigCredentials): Promise<string> {
    const form = new URLSearchParams({ luci_username: username, luci_password: password })
    const reply = await this.#link.http({
      method: 'POST',
      path: '/cgi-bin/luci',
      body: form.toString(),
      headers: { ...LUCI_AGENT, 'content-type': 'application/x-www-form-urlencoded' },
    })
    const cookie = cookieIn(reply)
    if (cookie === null) throw wrongLogin(null)
    return cookie
  }
}

function boardsQueryOf(hasSerials: boolean): string {
  return `{ bosminer { info { workSolver { childSolvers {
  name nominalMhs realHashrate { mhs5S }
  hwDetails { chips frequencyMhz voltageV${hasSerials ? ' hbSerialNumber' : ''} }
  temperatures { name degreesC }
} } } } }`
}

/** Pools of a snapshot come group after group. */
function groupsOf({ pools, own }: PoolsSnapshot): unknown[] {
  let from = 0
  return listOf(own)
    .map((group) => {
      const count = countOf(at(group, 'count')) ?? 0
      const mine = pools.slice(from, from + count)
      from += count
      return {
        name: textOf(at(group, 'name')) ?? 'main',
        quota: countOf(at(group, 'quota')) ?? 1,
        pools: mine,
      }
    })
    .filter((group) => group.pools.length > 0)
}

function cookieIn({ headers }: HttpReply): string | null {
  return /(?:^|[\s,;])session_id=([^;,\s]+)/.exec(headers['set-cookie'] ?? '')?.[1] ?? null
}

function isLoggedOut({ status, body }: HttpReply): boolean {
  if (status === 401 || status === 403) return true
  const words = new TextDecoder().decode(body.subarray(0, 2_000))
  return (
    words.includes('"errors"') && /unauthori[sz]ed|unauthenticated|not logged in|login required/i.test(words)
  )
}

/** @throws HeadframeError `rig/refused` with what GraphQL says is wrong, `rig/bad-reply` */
function dataOf(reply: HttpReply, label: string): unknown {
  const asked = `graphql ${label}`
  if (reply.status !== 400) requireGoodStatus(reply, asked)
  const answer = requireJson(reply.body, asked)
  const errors = listOf(at(answer, 'errors'))
  if (errors.length > 0) {
    const words = textOf(at(errors[0], 'message')) ?? 'it gives no reason'
    throw refused(`The rig refused: ${words}.`, { asked, answer: words })
  }
  return objectOf(at(answer, 'data'))
}

/** The `message` of an error that came as the result of a mutation. */
function messageIn(data: unknown): string | null {
  if (!isObject(data)) return null
  const message = textOf(data['message'])
  if (message !== null) return message
  for (const member of Object.values(data)) {
    const found = messageIn(member)
    if (found !== null) return found
  }
  return null
}
