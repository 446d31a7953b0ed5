/**
 * The REST interface of Braiins OS on a practice rig: a token for all of it but its version.
 * Governing document: rig API digest, section 5.2; recordings of 25.07 and 26.04.
 */
import { toHex } from '../../base/index.ts'
import { type BraiinsGroupDraft, type BraiinsMachine } from './braiins-machine.ts'
import { type FirmwareReply, type FirmwareRequest } from './firmware.ts'

const TOKEN_MS = 3_600_000
const NANOS_PER_MS = 1_000_000
const INLET_C = 25
const WINDOWS = [
  'last_5s',
  'last_15s',
  'last_30s',
  'last_1m',
  'last_5m',
  'last_15m',
  'last_30m',
  'last_1h',
  'last_24h',
  'since_restart',
] as const

type Members = Readonly<Record<string, unknown>>

export class BraiinsRest {
  readonly #machine: BraiinsMachine
  /** When each was used last. */
  readonly #tokens = new Map<string, number>()

  constructor(machine: BraiinsMachine) {
    this.#machine = machine
    machine.body.reboots.on(() => this.#tokens.clear())
  }

  /** Of a path below `/api/v1/`. */
  answer(path: string, { method, headers, body }: FirmwareRequest): FirmwareReply {
    if (path === 'version' && method === 'GET') return { json: { major: 1, minor: 0, patch: 0 } }
    if (path === 'auth/login' && method === 'POST') return this.#logIn(parse(body))
    if (!this.#isKnown(headers['authorization'])) return { status: 401, json: { message: 'Unauthorized' } }
    const reply =
      method === 'GET' ? this.#read(path) : method === 'PUT' ? this.#change(path, parse(body)) : null
    return reply ?? { status: 404, json: { message: 'Not found' } }
  }

  #logIn(members: unknown): FirmwareReply {
    const { username, password } = membersOf(members)
    const { body } = this.#machine
    const right =
      username === (body.blueprint.username ?? 'root') &&
      typeof password === 'string' &&
      body.login(password) === 'welcome'
    if (!right) return { status: 401, json: { message: 'Invalid credentials' } }
    const token = toHex(body.entropy(16))
    this.#tokens.set(token, body.clock.monotonicMs())
    return { json: { token, timeout_s: TOKEN_MS / 1000 } }
  }

  #isKnown(token: string | undefined): boolean {
    const nowMs = this.#machine.body.clock.monotonicMs()
    const usedMs = token === undefined ? undefined : this.#tokens.get(token)
    if (token === undefined || usedMs === undefined || nowMs - usedMs > TOKEN_MS) return false
    this.#tokens.set(token, nowMs)
    return true
  }

  /* ---- Reading ---- */

  #read(path: string): FirmwareReply | null {
    switch (path.replace(/\/$/, '')) {
      case 'miner/details':
        return { json: this.#details() }
      case 'miner/stats':
        return { json: this.#stats() }
      case 'miner/hw/hashboards':
        return { json: { hashboards: this.#hashboards() } }
      case 'cooling/state':
        return { json: this.#cooling() }
      case 'performance/tuner-state':
        return { json: this.#tuner() }
      case 'pools':
        return { json: this.#groups() }
      case 'miner/errors':
        return { json: { errors: [] } }
      case 'actions/locate':
        return { json: this.#machine.body.locating }
      case 'configuration/miner':
        return {
          json: {
            pool_groups: [],
            tuner: {
              enabled: true,
              hashrate_target: null,
              power_target: { watt: this.#machine.powerTargetW },
              tuner_mode: 1,
            },
          },
        }
      case 'configuration/constraints':
        return { json: this.#constraints() }
      case 'network':
        return {
          json: {
            hostname: this.#machine.body.blueprint.name,
            mac_address: this.#machine.body.blueprint.mac,
          },
        }
      default:
        return null
    }
  }

  #details(): Members {
    const { body, modelName, fullVersion } = this.#machine
    const { mac, serial, name, nameplateHs } = body.blueprint
    return {
      bos_mode: 4,
      bos_version: { bos_plus: true, current: fullVersion, major: fullVersion },
      bosminer_uptime_s: body.minerUptimeS,
      control_board_soc_family: 3,
      hostname: name,
      mac_address: mac,
      miner_identity: { brand: 1, miner_model: modelName, model: 18, name: modelName },
      platform: 4,
      psu_info: { model_name: 'APW121215d/e', serial_number: null },
      serial_number: serial,
      status: body.miner === 'paused' ? 3 : 2,
      sticker_hashrate: { gigahash_per_second: nameplateHs / 1e9 },
      system_uptime: body.systemUptimeS,
      system_uptime_s: body.systemUptimeS,
    }
  }

  #stats(): Members {
    const { body } = this.#machine
    const { bestDifficulty } = body.measures.counts()
    const ths = body.measures.hashrateHs() / 1e12
    return {
      miner_stats: this.#solver(1),
      pool_stats: { ...this.#poolStats(true), best_share: Math.round(bestDifficulty) },
      power_stats: {
        approximated_consumption: { watt: Math.round(body.powerW) },
        efficiency: { joule_per_terahash: ths === 0 ? 0 : body.powerW / ths },
      },
    }
  }

  /** @param ratio of the whole */
  #solver(ratio: number): Members {
    const { body } = this.#machine
    const ghs = (body.measures.hashrateHs() / 1e9) * ratio
    const { bestDifficulty } = body.measures.counts()
    return {
      best_share: Math.round(bestDifficulty),
      best_share_str: String(Math.round(bestDifficulty)),
      error_hashrate: { megahash_per_second: (ghs * 1000 * body.hashErrorPercent) / 100 },
      found_blocks: 0,
      nominal_hashrate: { gigahash_per_second: (body.expectedHs / 1e9) * ratio },
      real_hashrate: Object.fromEntries(WINDOWS.map((window) => [window, { gigahash_per_second: ghs }])),
    }
  }

  #poolStats(active: boolean): Members {
    const { accepted, rejected, stale, difficulty, lastShareAtMs } = this.#machine.body.measures.counts()
    return {
      accepted_shares: active ? accepted : 0,
      rejected_shares: active ? rejected : 0,
      stale_shares: active ? stale : 0,
      last_difficulty: difficulty,
      last_share_time:
        !active || lastShareAtMs === null
          ? null
          : {
              seconds: Math.floor(lastShareAtMs / 1000),
              nanos: Math.floor(lastShareAtMs % 1000) * NANOS_PER_MS,
            },
    }
  }

  #hashboards(): Members[] {
    const { body, boardIds } = this.#machine
    const { chipsPerBoard, serial } = body.blueprint
    return boardIds.map((id) => ({
      board_name: 'BHB56801',
      board_temp: { degree_c: body.chipC - 15 },
      chip_type: 'BM1366',
      chips_count: chipsPerBoard,
      current_frequency: { hertz: body.frequencyMHz * 1e6 },
      current_voltage: { volt: body.coreVoltageMv / 1000 },
      enabled: true,
      highest_chip_temp: { id: 1, location: 1, temperature: { degree_c: body.chipC } },
      highest_outlet_temp: { degree_c: body.chipC - 15 },
      id: String(id),
      lowest_inlet_temp: { degree_c: INLET_C },
      model: 'BHB56801',
      serial_number: `${serial}B${String(id)}`,
      stats: this.#solver(1 / boardIds.length),
    }))
  }

  #cooling(): Members {
    const { body } = this.#machine
    return {
      fans: Array.from({ length: body.blueprint.fanCount }, (_, position) => ({
        position,
        rpm: body.fanRpm,
        target_speed_ratio: body.fanDutyPercent / 100,
      })),
      highest_temperature: { id: null, location: 1, temperature: { degree_c: body.chipC } },
    }
  }

  #tuner(): Members {
    const { powerTargetW, body } = this.#machine
    return {
      mode_state: { powertargetmodestate: { current_target: { watt: powerTargetW }, profile: null } },
      overall_tuner_state: body.miner === 'running' ? 2 : 3,
    }
  }

  #groups(): Members[] {
    const { body, groups, activePool } = this.#machine
    return groups.map(({ uid, name, strategy, pools }) => ({
      uid,
      name,
      strategy,
      pools: pools.map((pool) => {
        const isActive = pool === activePool
        return {
          active: isActive && body.miner === 'running',
          alive: !isActive || body.measures.poolAlive(),
          enabled: pool.enabled,
          stats: this.#poolStats(isActive),
          uid: pool.uid,
          url: pool.url,
          user: pool.user,
        }
      }),
    }))
  }

  #constraints(): Members {
    const limits = this.#machine.powerLimitsW
    return {
      tuner_constraints: {
        power_target: {
          default: { watt: limits.default },
          min: { watt: limits.min },
          max: { watt: limits.max },
        },
      },
    }
  }

  /* ---- Changing ---- */

  #change(path: string, param: unknown): FirmwareReply | null {
    const { body } = this.#machine
    switch (path) {
      case 'actions/pause': {
        const wasPaused = body.miner === 'paused'
        body.pause()
        return { json: wasPaused }
      }
      case 'actions/resume':
      case 'actions/start': {
        const wasMining = body.miner !== 'paused'
        body.resume()
        return { json: wasMining }
      }
      case 'actions/stop':
        body.pause()
        return { json: false }
      case 'actions/restart':
        body.restartMiner()
        return { json: true }
      case 'actions/reboot':
        body.reboot()
        return { status: 204 }
      case 'actions/locate':
        if (typeof param !== 'boolean') return refuse('Expected a boolean')
        body.locating = param
        return { json: param }
      case 'performance/power-target': {
        const { watt } = membersOf(param)
        const problem = this.#machine.setPowerTarget(watt)
        return problem === null ? { json: { watt } } : refuse(problem)
      }
      case 'pools/batch':
        return this.#setGroups(param)
      default:
        return null
    }
  }

  #setGroups(param: unknown): FirmwareReply {
    const drafts = Array.isArray(param) ? param.map(draftOf) : []
    if (!drafts.every((draft) => draft !== null)) return refuse('Invalid pool group')
    const problem = this.#machine.replaceGroups(drafts)
    if (problem !== null) return refuse(problem)
    const { body } = this.#machine
    if (body.miner === 'running') body.restartMiner()
    return { json: param }
  }
}

function draftOf(value: unknown): BraiinsGroupDraft | null {
  const { name, load_balance_strategy: strategy, pools, uid } = membersOf(value)
  // It makes the ids itself and takes none.
  if (typeof name !== 'string' || uid !== undefined || !Array.isArray(pools)) return null
  const drafts = pools.map((pool: unknown) => {
    const { url, user, password, enabled } = membersOf(pool)
    if (typeof url !== 'string' || typeof user !== 'string') return null
    return { url, user, password: typeof password === 'string' ? password : '', enabled: enabled !== false }
  })
  if (!drafts.every((draft) => draft !== null)) return null
  return { name, strategy: membersOf(strategy), pools: drafts }
}

function refuse(message: string): FirmwareReply {
  return { status: 400, json: { message } }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}
