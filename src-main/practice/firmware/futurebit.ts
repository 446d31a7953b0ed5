/**
 * The Apollo's own software on a practice rig: GraphQL on port 5000, a web page on 80 that leads to `/overview`.
 * Governing documents: rig API digest, section 5.11; the maker's public schema.
 */
import { rounded } from './figures.ts'
import { toHex } from '../../base/index.ts'
import { type BootFirmware, type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { parseSelection, project, type Selection } from './graphql-query.ts'
import { type RigBody } from './rig-body.ts'

/** Modes and what they do to the clock. */
const MODES: Readonly<Record<string, number>> = { eco: 0.8, balanced: 1, turbo: 1.15 }
const OPEN = new Set(['Auth.login', 'Miner.stats', 'Miner.online'])
const INTERVALS = [30, 300, 900, 3600, 0]

interface StoredPool {
  readonly id: number
  readonly index: number
  readonly enabled: boolean
  readonly donation: number | null
  readonly url: string
  readonly username: string
  readonly password: string
  readonly proxy: string | null
}

/** @param closed whether statistics want a login too, as in older versions */
export function futurebitFirmware(closed = false): BootFirmware {
  return (body) => {
    const tokens = new Set<string>()
    if (body.powerMode === '') body.powerMode = 'balanced'
    let pools: StoredPool[] = body.pools.map(({ url, user, password }, order) => ({
      id: order + 1,
      index: order + 1,
      enabled: true,
      donation: order === 0 ? 1 : null,
      url,
      username: user,
      password,
      proxy: null,
    }))

    function http({ method, path, headers, body: text }: FirmwareRequest): FirmwareReply {
      if (path === '/') return { status: 308, headers: { location: '/overview' } }
      if (path !== '/api/graphql' || method !== 'POST') return { status: 404, body: '' }
      const { query, variables } = JSON.parse(text) as { query: string; variables?: { input?: unknown } }
      const selection = parseSelection(query)
      if (selection === null) return failure('Syntax Error', 'GRAPHQL_PARSE_FAILED', 400)
      const isKnown = tokens.has((headers['authorization'] ?? '').replace(/^Bearer /, ''))
      const data: Record<string, unknown> = {}
      for (const [subject, actions] of Object.entries(selection)) {
        const answers: Record<string, unknown> = {}
        for (const [action, asked] of Object.entries(actions ?? {})) {
          const name = `${subject}.${action}`
          if (!isKnown && (!OPEN.has(name) || (closed && name !== 'Auth.login'))) {
            return failure('You must be authenticated to access this resource', 'UNAUTHENTICATED')
          }
          const answer = resolve(name, variables?.input)
          if (answer === undefined) {
            return failure(`Cannot query field "${action}"`, 'GRAPHQL_VALIDATION_FAILED', 400)
          }
          answers[action] = project(answer, asked as Selection | null)
        }
        data[subject] = answers
      }
      return { json: { data } }
    }

    function resolve(name: string, input: unknown): unknown {
      const given = (input ?? {}) as Readonly<Record<string, unknown>>
      switch (name) {
        case 'Auth.login': {
          if (body.login(String(given['password'])) !== 'welcome') {
            return { result: null, error: { message: 'Invalid password' } }
          }
          const accessToken = toHex(body.entropy(16))
          tokens.add(accessToken)
          return done({ accessToken })
        }
        case 'Miner.stats':
          return done({ stats: [unitOf(body)] })
        case 'Miner.online':
          return done({
            online: {
              status: body.miner === 'running' ? 'online' : body.miner === 'paused' ? 'offline' : 'pending',
            },
          })
        case 'Miner.start':
          body.resume()
          return { error: null }
        case 'Miner.stop':
          body.pause()
          return { error: null }
        case 'Miner.restart':
          body.savePools(
            pools
              .filter(({ enabled }) => enabled)
              .map(({ url, username, password }) => ({ url, user: username, password })),
          )
          body.frequencyMHz = body.blueprint.frequencyMHz * (MODES[body.powerMode] ?? 1)
          body.restartMiner()
          return { error: null }
        case 'Mcu.stats':
          return done({
            stats: {
              hostname: body.blueprint.name,
              uptime: String(body.systemUptimeS),
              network: [
                { name: 'docker0', address: '172.17.0.1', mac: '02:42:00:00:00:01' },
                { name: 'eth0', address: '127.0.0.1', mac: body.blueprint.mac },
              ],
            },
          })
        case 'Mcu.reboot':
          body.reboot()
          return { error: null }
        case 'Pool.list':
          return done({ pools })
        case 'Pool.updateAll':
          pools = (given['pools'] as readonly Omit<StoredPool, 'id'>[]).map((pool, order) => ({
            ...pool,
            id: order + 1,
          }))
          return done({ pools })
        case 'Settings.read':
          return done({ settings: settingsOf(body) })
        case 'Settings.update': {
          const mode = String(given['minerMode'])
          if (MODES[mode] === undefined)
            return { result: null, error: { message: 'Failed to update settings' } }
          body.powerMode = mode
          return done({ settings: settingsOf(body) })
        }
        default:
          return undefined
      }
    }

    return { family: 'futurebit', ports: { http: [80, 5000] }, http }
  }
}

const done = (result: object): object => ({ result, error: null })

function failure(message: string, code: string, status = 200): FirmwareReply {
  return { status, json: { errors: [{ message, extensions: { code } }], data: null } }
}

function settingsOf(body: RigBody): object {
  return { minerMode: body.powerMode, voltage: 50, frequency: 45 }
}

/** Rates in GH/s, many figures as text, as the miner program writes them. */
function unitOf(body: RigBody): object {
  const { blueprint, measures } = body
  const { accepted, rejected, stale, difficulty } = measures.counts()
  const pool = /^(?:[a-z0-9+]+:\/\/)?([^/:]+):(\d+)/i.exec(body.pool?.url ?? '')
  const bySol = rounded(measures.hashrateHs() / 1e9, 1)
  return {
    uuid: 'unit-0',
    version: 'v2',
    comport: '/dev/ttyS1',
    statVersion: '1.2',
    versions: { miner: blueprint.firmwareVersion },
    master: {
      upTime: body.minerUptimeS,
      hwAddr: '00:00:00:00:00:00',
      boardsW: body.powerW,
      intervals: Object.fromEntries(
        INTERVALS.map((seconds) => [`int_${String(seconds)}`, { bySol, errorRate: body.hashErrorPercent }]),
      ),
    },
    pool: {
      host: pool?.[1] ?? null,
      port: pool === null ? null : Number(pool[2]),
      userName: body.pool?.user ?? null,
      diff: difficulty,
      intervals: {
        int_0: {
          sharesAccepted: accepted,
          sharesRejected: rejected,
          staleJobShares: stale,
          inService: measures.poolAlive() ? 1 : 0,
        },
      },
    },
    fans: { int_0: { rpm: Array.from({ length: blueprint.fanCount }, () => body.fanRpm) } },
    temperature: { min: 0, avr: body.chipC - 5, max: body.chipC },
    slots: {
      int_0: {
        chips: blueprint.chipsPerBoard,
        pwrOn: 1,
        temperature: body.chipC - 8,
        temperature1: 0,
        errors: 0,
      },
    },
    slaves: [{ uid: blueprint.serial }],
  }
}
