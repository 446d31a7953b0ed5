/**
 * Talks Braiins OS's REST interface (`/api/v1`, 25.07 and later). A login gives a token that lives an hour from its last
 * use and goes into `Authorization` as it is, without `Bearer`. Not here: what replies mean (`readings/braiins-rest.ts`).
 * Governing document: rig API digest, section 5.2.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, booleanOf, isObject, listOf, textOf } from '../model/lenient.ts'
import { type RigReading } from '../model/reading.ts'
import { requireJson } from '../transport/ask.ts'
import { type HttpReply, type HttpRequest, type RigCredentials, type RigLink } from '../transport/rig-link.ts'
import { parseReply } from '../transport/repair-json.ts'
import { type PoolsSnapshot, type PoolTarget, type RigCommand, type WriteOutcome } from './family.ts'
import { type PartReader } from './part-reader.ts'
import { accepted, notSupported, refused } from './offer.ts'
import { type BraiinsRestReplies } from './readings/braiins-rest.ts'
import { LoginExpired, type WebSessions, wrongLogin } from './web-sessions.ts'

const READS = [
  'miner/details',
  'miner/stats',
  'miner/hw/hashboards',
  'cooling/state',
  'performance/tuner-state',
  'pools/',
  'miner/errors',
  'actions/locate',
  'configuration/miner',
  'configuration/constraints',
] as const
const WRITE_TIMEOUT_MS = 10_000

export class BraiinsRestApi {
  readonly #link: RigLink
  readonly #sessions: WebSessions

  constructor(link: RigLink, sessions: WebSessions) {
    this.#link = link
    this.#sessions = sessions
  }

  /** @throws HeadframeError `rig/wrong-password`, `rig/…` of the link */
  async read(reader: PartReader, version: unknown): Promise<BraiinsRestReplies> {
    const replies: Partial<Record<(typeof READS)[number] | 'network/', unknown>> = {}
    for (const path of READS) {
      const reply = await reader.ask(`GET /api/v1/${path}`, () => this.#get(path))
      if (reply !== undefined) replies[path] = reply
    }
    if (replies['miner/details'] === undefined) {
      replies['network/'] = await reader.ask('GET /api/v1/network/', () => this.#get('network/'))
    }
    return { version, ...replies }
  }

  async readPools(): Promise<PoolsSnapshot> {
    const groups = listOf(await this.#get('pools/'))
    return {
      pools: groups.flatMap((group) =>
        listOf(at(group, 'pools')).map((pool) => ({
          url: textOf(at(pool, 'url')) ?? '',
          user: textOf(at(pool, 'user')) ?? '',
          password: '',
        })),
      ),
      hasPasswords: false,
      own: groups.map((group) => ({
        name: textOf(at(group, 'name')),
        strategy: at(group, 'strategy') ?? null,
        enabled: listOf(at(group, 'pools')).map((pool) => booleanOf(at(pool, 'enabled')) ?? true),
      })),
    }
  }

  /** @throws HeadframeError `rig/refused` with the rig's words, `rig/wrong-password`, `rig/…` of the link */
  async perform(command: RigCommand, reading: RigReading): Promise<WriteOutcome> {
    switch (command.kind) {
      case 'set-pools':
        return this.#setGroups([await this.#onlyGroup(command.pools)])
      case 'restore-pools':
        return this.#setGroups(groupsOf(command.snapshot))
      case 'restart':
        return this.#leave('actions/restart', 10_000, 5 * 60_000)
      case 'reboot':
        return this.#leave('actions/reboot', 30_000, 10 * 60_000)
      case 'pause':
        await this.#put('actions/pause')
        return accepted(3_000, 60_000)
      case 'resume':
        // What was stopped as a whole has nobody to resume it.
        await this.#put(reading.state === 'stopped' ? 'actions/start' : 'actions/resume')
        return accepted(15_000, 10 * 60_000)
      case 'locate':
        await this.#put('actions/locate', command.on)
        return accepted(500, 15_000)
      case 'set-power-limit':
        await this.#put('performance/power-target', { watt: Math.round(command.watts) })
        return accepted(5_000, 5 * 60_000, 'It takes its time to tune itself to the new limit.')
      default:
        throw notSupported('Braiins OS does not offer this.')
    }
  }

  /* ---- Pools ---- */

  /** Under the name of the first group that there is: whoever owns it stays to be seen. */
  async #onlyGroup(pools: readonly PoolTarget[]): Promise<unknown> {
    const [first] = listOf(await this.#get('pools/'))
    return {
      name: textOf(at(first, 'name')) ?? 'main',
      load_balance_strategy: { quota: { value: 1 } },
      pools: pools.map((pool) => ({ ...pool, enabled: true })),
    }
  }

  async #setGroups(groups: readonly unknown[]): Promise<WriteOutcome> {
    await this.#put('pools/batch', groups)
    return accepted(10_000, 5 * 60_000)
  }

  /* ---- Asking ---- */

  async #get(path: string): Promise<unknown> {
    const asked = `GET /api/v1/${path}`
    const reply = await this.#send({ path: `/api/v1/${path}` })
    requireYes(reply, asked)
    return requireJson(reply.body, asked)
  }

  async #put(path: string, json?: unknown): Promise<void> {
    const body = json === undefined ? {} : { json }
    const request: HttpRequest = {
      method: 'PUT',
      path: `/api/v1/${path}`,
      timeoutMs: WRITE_TIMEOUT_MS,
      ...body,
    }
    requireYes(await this.#send(request), `PUT /api/v1/${path}`)
  }

  /** It may be gone before it has answered. */
  async #leave(path: string, settlesInMs: number, patienceMs: number): Promise<WriteOutcome> {
    try {
      await this.#put(path)
    } catch (error) {
      const isCut = error instanceof HeadframeError && /^rig\/(?:timeout|cut-off)$/.test(error.code)
      if (!isCut) throw error
      return { outcome: 'unknown', note: null, settlesInMs, patienceMs }
    }
    return accepted(settlesInMs, patienceMs)
  }

  /** A token that is no longer taken is replaced once; a fresh one that is not taken is the end of it. */
  #send(request: HttpRequest): Promise<HttpReply> {
    return this.#sessions.use(
      this.#link,
      (credentials) => this.#logIn(credentials),
      async (token) => {
        const headers = { ...request.headers, authorization: token }
        const reply = await this.#link.http({ ...request, headers })
        if (reply.status === 401) throw new LoginExpired()
        return reply
      },
    )
  }

  async #logIn(credentials: RigCredentials): Promise<string> {
    const reply = await this.#link.http({ method: 'POST', path: '/api/v1/auth/login', json: credentials })
    if (reply.status === 401 || reply.status === 403) throw wrongLogin(null)
    requireYes(reply, 'POST /api/v1/auth/login')
    const token = textOf(at(requireJson(reply.body, 'POST /api/v1/auth/login'), 'token'))
    if (token === null) throw wrongLogin(null)
    return token
  }
}

/** Pools of a snapshot come group after group. */
function groupsOf({ pools, own }: PoolsSnapshot): unknown[] {
  let from = 0
  const groups = listOf(own).map((group) => {
    const enabled = listOf(at(group, 'enabled'))
    const mine = pools.slice(from, from + enabled.length)
    from += enabled.length
    const strategy = at(group, 'strategy')
    return {
      name: textOf(at(group, 'name')) ?? 'main',
      load_balance_strategy: isObject(strategy) ? strategy : { quota: { value: 1 } },
      pools: mine.map((pool, index) => ({ ...pool, enabled: enabled[index] !== false })),
    }
  })
  return groups.filter((group) => group.pools.length > 0)
}

/** @throws HeadframeError `rig/refused` with its words for a status of 400 and above */
function requireYes({ status, body }: HttpReply, asked: string): void {
  if (status >= 200 && status < 300) return
  const parsed = parseReply(body)
  const said = parsed.ok ? parsed.value.value : null
  const words =
    textOf(at(said, 'message')) ??
    textOf(at(said, 'error')) ??
    textOf(at(said, 'detail')) ??
    (parsed.ok ? textOf(said) : parsed.error.kind === 'text' ? parsed.error.text : null) ??
    `status ${String(status)}`
  throw refused(`The rig refused: ${words}.`, { asked, status, answer: words })
}
