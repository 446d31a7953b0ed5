/**
 * GraphQL and LuCI of Braiins OS on a practice rig. A login gives a cookie; without one only model and version are told.
 * Governing document: rig API digest, section 5.2; recordings of 22.08 and 25.03.
 */
import { toHex } from '../../base/index.ts'
import { type BraiinsGroupDraft, type BraiinsMachine } from './braiins-machine.ts'
import { type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import {
  askedPaths,
  executeGraphql,
  GraphqlError,
  type GraphqlResolver,
  type GraphqlSource,
  parseGraphql,
} from './graphql-document.ts'

/** Told to anybody. */
const OPEN = new Set(['bosminer.info.modelName', 'bos.info.version.full', 'auth.login.void'])
const TYPES = new Set([
  'AutotuningOut',
  'BosError',
  'BosminerConfig',
  'BosminerError',
  'GroupList',
  'GroupListError',
  'QuotaStrategy',
  'VoidResult',
])
/** Serial numbers and new names of temperatures are known from this release on. */
const NEWER_SINCE = 25.03
const FAN_PLACES = 4

const DONE = { __typename: 'VoidResult', void: 'void' }

type Members = Readonly<Record<string, unknown>>

export class BraiinsGraphql {
  readonly #machine: BraiinsMachine
  readonly #sessions = new Set<string>()
  readonly #luciSessions = new Set<string>()
  #newCookie: string | null = null

  constructor(machine: BraiinsMachine) {
    this.#machine = machine
    machine.body.reboots.on(() => {
      this.#sessions.clear()
      this.#luciSessions.clear()
    })
  }

  answer({ method, headers, body }: FirmwareRequest): FirmwareReply {
    if (method !== 'POST') return { status: 405, body: '' }
    this.#newCookie = null
    try {
      const { query, variables } = membersOf(JSON.parse(body))
      if (typeof query !== 'string') throw new GraphqlError('No query')
      const { operation, selections } = parseGraphql(query, membersOf(variables))
      const isKnown = this.#sessions.has(cookieOf(headers['cookie']))
      if (!isKnown && askedPaths(selections).some((path) => !OPEN.has(path))) {
        throw new GraphqlError('Unauthorized')
      }
      const root = operation === 'query' ? this.#query() : this.#mutation()
      const data = executeGraphql(selections, root, TYPES)
      const cookie: Record<string, string> =
        this.#newCookie === null
          ? {}
          : { 'set-cookie': `session_id=${String(this.#newCookie)}; Path=/; HttpOnly` }
      return { json: { data }, headers: cookie }
    } catch (error) {
      const message = error instanceof GraphqlError ? error.message : 'Invalid request'
      return { json: { data: null, errors: [{ message }] } }
    }
  }

  /** Of a path from `/cgi-bin/luci` on. */
  answerLuci({ method, path, headers, body }: FirmwareRequest): FirmwareReply {
    if (path === '/cgi-bin/luci' && method === 'POST') {
      const form = new URLSearchParams(body)
      if (!this.#isRight(form.get('luci_username'), form.get('luci_password')))
        return { status: 403, body: 'Forbidden' }
      const session = toHex(this.#machine.body.entropy(16))
      this.#luciSessions.add(session)
      return {
        status: 302,
        headers: { 'set-cookie': `session_id=${session}; path=/cgi-bin/luci/`, location: '/cgi-bin/luci/' },
        body: '',
      }
    }
    if (!this.#luciSessions.has(cookieOf(headers['cookie']))) return { status: 403, body: 'Forbidden' }
    switch (path.replace('/cgi-bin/luci/', '')) {
      case 'admin/network/iface_status/lan':
        return { json: [{ macaddr: this.#machine.body.blueprint.mac }] }
      case 'bos/info':
        return { json: { version: this.#machine.fullVersion } }
      default:
        return { status: 404, body: 'Not Found' }
    }
  }

  #isRight(username: unknown, password: unknown): boolean {
    const { body } = this.#machine
    return (
      username === (body.blueprint.username ?? 'root') &&
      typeof password === 'string' &&
      body.login(password) === 'welcome'
    )
  }

  get #isNewer(): boolean {
    const version = /\b(\d{2}\.\d{2})\b/.exec(this.#machine.fullVersion.split('-').slice(4).join('-'))
    return Number(version?.[1] ?? 0) >= NEWER_SINCE
  }

  /* ---- Queries ---- */

  #query(): GraphqlSource {
    const { body, fullVersion, powerLimitsW } = this.#machine
    return {
      bos: {
        hostname: body.blueprint.name,
        faultLight: body.locating,
        uptime: { durationS: body.systemUptimeS },
        info: { version: { full: fullVersion } },
      },
      bosminer: {
        info: this.#info(),
        config: this.#config(),
        metadata: { autotuning: { powerTarget: powerLimitsW } },
      },
      ...(this.#isNewer ? { events: { appeals: [] } } : {}),
    }
  }

  #info(): GraphqlSource {
    const { body, modelName, powerTargetW } = this.#machine
    const { fanCount } = body.blueprint
    return {
      modelName,
      workSolver: body.miner === 'paused' ? null : this.#workSolver(),
      // Sockets without a fan stand still.
      fans: Array.from({ length: Math.max(fanCount, FAN_PLACES) }, (_, index) => ({
        name: String(index),
        rpm: index < fanCount ? body.fanRpm : 0,
        speed: body.fanDutyPercent,
      })),
      summary: { power: { approxConsumptionW: Math.round(body.powerW), limitW: powerTargetW } },
      poolGroups: this.#poolGroups(),
    }
  }

  #workSolver(): GraphqlSource {
    const { body, boardIds } = this.#machine
    const mhs = body.measures.hashrateHs() / 1e6
    const nominalMhs = body.expectedHs / 1e6
    const temperature = (name: string, degreesC: number): Members => ({ name, degreesC })
    return {
      realHashrate: { mhs5S: mhs },
      nominalMhs,
      childSolvers: boardIds.map((id) => ({
        name: String(id),
        realHashrate: { mhs5S: mhs / boardIds.length },
        nominalMhs: nominalMhs / boardIds.length,
        hwDetails: {
          chips: body.blueprint.chipsPerBoard,
          frequencyMhz: body.frequencyMHz,
          voltageV: body.coreVoltageMv / 1000,
          ...(this.#isNewer ? { hbSerialNumber: `${body.blueprint.serial}B${String(id)}` } : {}),
        },
        temperatures: this.#isNewer
          ? [
              temperature('Max Board', body.chipC - 15),
              temperature('Max Chip', body.chipC),
              temperature('Inlet', 25),
              temperature('Outlet', body.chipC - 15),
            ]
          : [temperature('Board', body.chipC - 15), temperature('Chip', body.chipC)],
      })),
    }
  }

  #poolGroups(): Members[] {
    const { body, groups, activePool } = this.#machine
    const { accepted, rejected } = body.measures.counts()
    return groups.map(({ name, pools }) => ({
      name,
      pools: pools.map((pool) => {
        const isActive = pool === activePool
        return {
          url: pool.url,
          user: pool.user,
          status: !isActive || body.measures.poolAlive() ? 'ALIVE' : 'DEAD',
          active: isActive && body.miner === 'running',
          shares: {
            acceptedSolutions: isActive ? accepted : 0,
            rejectedSolutions: isActive ? rejected : 0,
          },
        }
      }),
    }))
  }

  #config(): GraphqlSource {
    const { groups, powerTargetW } = this.#machine
    return {
      __typename: 'BosminerConfig',
      groups: groups.map(({ uid, strategy }) => ({
        id: uid,
        strategy: { __typename: 'QuotaStrategy', quota: membersOf(strategy['quota'])['value'] ?? 1 },
      })),
      autotuning: { mode: 'POWER_TARGET', powerTarget: powerTargetW, hashrateTarget: null },
    }
  }

  /* ---- Mutations ---- */

  #mutation(): GraphqlSource {
    const { body } = this.#machine
    const logIn: GraphqlResolver = ({ username, password }) => {
      if (!this.#isRight(username, password)) throw new GraphqlError('Invalid username or password')
      this.#newCookie = toHex(body.entropy(16))
      this.#sessions.add(this.#newCookie)
      return DONE
    }
    const setFaultLight: GraphqlResolver = ({ enable }) => {
      body.locating = enable === true
      return { enabled: body.locating }
    }
    const done =
      (act: () => void): GraphqlResolver =>
      () => {
        act()
        return DONE
      }
    return {
      auth: { login: logIn },
      bos: { setFaultLight, reboot: done(() => body.reboot()) },
      bosminer: {
        restart: done(() => body.restartMiner()),
        stop: done(() => body.pause()),
        start: done(() => body.resume()),
        config: {
          updateGroups: ({ groups }: Members) => this.#updateGroups(groups),
          updateAutotuning: ({ input, apply }: Members) => this.#updateAutotuning(input, apply),
        },
      },
    }
  }

  #updateGroups(list: unknown): Members {
    const drafts = Array.isArray(list) ? list.map(draftOf) : []
    const message = drafts.every((draft) => draft !== null)
      ? this.#machine.replaceGroups(drafts)
      : 'Invalid group'
    return message === null
      ? { __typename: 'GroupList', groups: this.#machine.groups.map(({ uid }) => ({ id: uid })) }
      : { __typename: 'GroupListError', message }
  }

  #updateAutotuning(input: unknown, apply: unknown): Members {
    const { powerTarget } = membersOf(input)
    const problem = this.#machine.setPowerTarget(powerTarget)
    if (problem !== null) throw new GraphqlError(problem)
    if (apply === true && this.#machine.body.miner === 'running') this.#machine.body.restartMiner()
    return { __typename: 'AutotuningOut', autotuning: { powerTarget, enabled: true } }
  }
}

function draftOf(value: unknown): BraiinsGroupDraft | null {
  const { name, quota, pools } = membersOf(value)
  if (typeof name !== 'string' || !Array.isArray(pools)) return null
  const drafts = pools.map((pool: unknown) => {
    const { url, user, password } = membersOf(pool)
    if (typeof url !== 'string' || typeof user !== 'string') return null
    return { url, user, password: typeof password === 'string' ? password : '', enabled: true }
  })
  if (!drafts.every((draft) => draft !== null)) return null
  return { name, strategy: { quota: { value: typeof quota === 'number' ? quota : 1 } }, pools: drafts }
}

function cookieOf(header: string | undefined): string {
  return /(?:^|;\s*)session_id=([^;\s]+)/.exec(header ?? '')?.[1] ?? ''
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}
