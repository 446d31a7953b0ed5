/** A practice Proto Rig: ProtoOS with its REST interface. Rig API digest, section 5.10. */
import { toHex } from '../../base/index.ts'
import { type BootFirmware, type Firmware, type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { joinPoolUrl, splitPoolUrl } from './pool-parts.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

const BASE = '/api/v1/'
const MOST_POOLS = 3
const MAX_TOKENS = 16
/** What anybody may read. */
const OPEN = new Set(['system', 'system/status', 'network', 'hashboards', 'hardware'])
const HOME_PAGE = '<!doctype html><html><head><title>Proto OS</title></head><body></body></html>'
const MODES = new Set(['MaximumHashrate', 'Efficiency'])

type Members = Readonly<Record<string, unknown>>

export const protoFirmware: BootFirmware = (body) => new Proto(body).firmware

class Proto {
  readonly #body: RigBody
  readonly #tokens = new Set<string>()
  #names: string[] = ['Primary Pool', 'Backup Pool', 'Third Pool']
  #targetW: number
  #mode = 'MaximumHashrate'

  constructor(body: RigBody) {
    this.#body = body
    this.#targetW = body.blueprint.nameplateW
    body.reboots.on(() => this.#tokens.clear())
  }

  get firmware(): Firmware {
    return { family: 'proto', ports: { http: [80] }, http: (request) => this.#answer(request) }
  }

  #answer(request: FirmwareRequest): FirmwareReply {
    const { method, path } = request
    if (!path.startsWith(BASE)) return { headers: { 'content-type': 'text/html' }, body: HOME_PAGE }
    const name = path.slice(BASE.length)
    if (name === 'auth/login' && method === 'POST') return this.#login(request.body)
    if (!(method === 'GET' && OPEN.has(name)) && !this.#mayPass(request)) {
      return message(401, 'Missing or invalid bearer token')
    }
    return method === 'GET' ? this.#read(name, request.query) : this.#write(`${method} ${name}`, request)
  }

  #login(text: string): FirmwareReply {
    const { password } = members(text)
    if (typeof password !== 'string') return message(400, 'password is required')
    if (this.#body.password === null) return message(403, 'No password was set yet')
    if (this.#body.login(password) !== 'welcome') return message(401, 'Invalid password')
    const token = toHex(this.#body.entropy(16))
    const [oldest] = this.#tokens
    if (this.#tokens.size >= MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest)
    this.#tokens.add(token)
    return { json: { access_token: token, refresh_token: toHex(this.#body.entropy(16)) } }
  }

  /** Nobody can log in before a password was set, so that everything is open until then. */
  #mayPass({ headers }: FirmwareRequest): boolean {
    const token = /^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.[1]
    return this.#body.password === null || (token !== undefined && this.#tokens.has(token))
  }

  /* ---- Reading ---- */

  #read(name: string, query: URLSearchParams): FirmwareReply {
    const { blueprint, systemUptimeS } = this.#body
    switch (name) {
      case 'system':
        return { json: { 'system-info': this.#system() } }
      case 'system/status':
        return { json: { onboarded: true, password_set: this.#body.password !== null } }
      case 'network':
        return {
          json: {
            'network-info': {
              dhcp: true,
              hostname: blueprint.name,
              ip_address: '127.0.0.1',
              mac: blueprint.mac.toUpperCase(),
            },
          },
        }
      case 'hashboards':
        return {
          json: {
            'hashboards-info': this.#boards().map(({ index, serial }) => ({
              hb_sn: serial,
              slot: index + 1,
              mining_asic: 'MC1',
              mining_asic_count: blueprint.chipsPerBoard,
            })),
          },
        }
      case 'mining':
        return { json: { 'mining-status': { ...this.#mining(), reboot_uptime_s: systemUptimeS } } }
      case 'mining/target':
        return { json: this.#target() }
      case 'telemetry':
        return { json: this.#telemetry(new Set((query.get('level') ?? 'miner').split(','))) }
      case 'pools':
        return { json: { pools: this.#body.pools.map((pool, id) => this.#pool(pool, id)) } }
      case 'cooling':
        return { json: { 'cooling-status': this.#cooling() } }
      case 'errors':
        return { json: this.#errors() }
    }
    return message(404, 'Not found')
  }

  #system(): unknown {
    const { firmwareVersion: version, serial, name, model } = this.#body.blueprint
    const part = (each: string): unknown => ({ name: each, version })
    return {
      board: 'C3',
      cb_sn: serial,
      manufacturer: 'Proto',
      model,
      product_name: `Proto ${model}`,
      os: { name: 'ProtoOS', variant: 'release', version, hostname: name },
      mining_driver_sw: part('mcdd'),
      web_server: part('miner-api-server'),
      web_dashboard: part('miner-web'),
      uptime_seconds: this.#body.systemUptimeS,
    }
  }

  get #status(): string {
    if (this.#body.pools.length === 0) return 'NoPools'
    return { running: 'Mining', starting: 'PoweringOn', paused: 'Stopped' }[this.#body.miner]
  }

  #mining(): Record<string, unknown> {
    const { measures, expectedHs, powerW, minerUptimeS, blueprint } = this.#body
    const rateGhs = measures.hashrateHs() / 1e9
    return {
      status: this.#status,
      mining_uptime_s: minerUptimeS,
      hashrate_ghs: rateGhs,
      average_hashrate_ghs: rateGhs,
      ideal_hashrate_ghs: expectedHs / 1e9,
      power_usage_watts: powerW,
      power_target_watts: this.#targetW,
      power_efficiency_jth: rateGhs === 0 ? 0 : powerW / (rateGhs / 1000),
      average_asic_temp_c: this.#body.chipC,
      average_hb_temp_c: this.#body.chipC - 12,
      hashboards_installed: blueprint.boardCount,
      hashboards_mining: rateGhs === 0 ? 0 : blueprint.boardCount,
      hw_errors: 0,
    }
  }

  #target(): Record<string, unknown> {
    const { nameplateW } = this.#body.blueprint
    return {
      power_target_watts: this.#targetW,
      performance_mode: this.#mode,
      balance_bays: false,
      hash_on_disconnect: false,
      power_target_min_watts: Math.round(nameplateW * 0.4),
      power_target_max_watts: nameplateW,
      default_power_target_watts: nameplateW,
    }
  }

  #boards(): { index: number; serial: string }[] {
    const { boardCount, serial } = this.#body.blueprint
    return Array.from({ length: boardCount }, (_, index) => ({ index, serial: `HB-${serial}-${index}` }))
  }

  #telemetry(levels: ReadonlySet<string>): Record<string, unknown> {
    const { measures, powerW, chipC, blueprint } = this.#body
    const rateThs = measures.hashrateHs() / 1e12
    const share = 1 / blueprint.boardCount
    const metric = (value: number, unit: string): unknown => ({ value, unit })
    const efficiency = rateThs === 0 ? 0 : powerW / rateThs
    const chips = (value: number, unit: string): unknown => ({
      unit,
      values: Array.from({ length: blueprint.chipsPerBoard }, () => value),
    })
    const withChips = levels.has('asic')
    return {
      timestamp: new Date(this.#body.clock.nowMs()).toISOString(),
      miner: {
        hashrate: metric(rateThs, 'TH/s'),
        temperature: metric(chipC - 12, '°C'),
        power: metric(powerW, 'W'),
        efficiency: metric(efficiency, 'J/TH'),
      },
      ...(levels.has('hashboard') || withChips
        ? {
            hashboards: this.#boards().map(({ index, serial }) => ({
              index,
              serial_number: serial,
              hashrate: metric(rateThs * share, 'TH/s'),
              temperature: { inlet: chipC - 22, outlet: chipC - 6, average: chipC - 12, unit: '°C' },
              power: metric(powerW * share, 'W'),
              efficiency: metric(efficiency, 'J/TH'),
              voltage: metric(this.#body.coreVoltageMv / 1000, 'V'),
              current: metric(powerW * share * (1000 / this.#body.coreVoltageMv), 'A'),
              ...(withChips
                ? {
                    asics: {
                      hashrate: chips((rateThs * share) / blueprint.chipsPerBoard, 'TH/s'),
                      temperature: chips(chipC, '°C'),
                    },
                  }
                : {}),
            })),
          }
        : {}),
      ...(levels.has('psu')
        ? {
            psus: [
              {
                index: 0,
                serial_number: `PSU-${blueprint.serial}`,
                voltage: { input: 230, output: 14.5, unit: 'V' },
                current: { input: powerW / 230, output: powerW / 14.5, unit: 'A' },
                power: { input: powerW, output: powerW * 0.93, unit: 'W' },
                temperature: { ambient: 30, average: 38, hotspot: 45, unit: '°C' },
              },
            ],
          }
        : {}),
    }
  }

  #pool(pool: BodyPool, id: number): Record<string, unknown> {
    const parts = splitPoolUrl(pool.url)
    const active = id === this.#body.activePool
    const counts = this.#body.measures.counts()
    const alive = active && this.#body.measures.poolAlive()
    return {
      id,
      name: this.#names[id] ?? '',
      priority: id,
      url: joinPoolUrl({ ...parts, authorityKey: '' }),
      user: pool.user,
      status: alive ? 'Active' : active ? 'Dead' : 'Idle',
      protocol: parts.sv2 ? 'Stratum V2' : 'Stratum V1',
      v2_authority_pubkey: parts.authorityKey,
      accepted: active ? counts.accepted : 0,
      rejected: active ? counts.rejected : 0,
      current_difficulty: active ? counts.difficulty : 0,
      best_difficulty_share: active ? counts.bestDifficulty : 0,
      last_share_time: active && counts.lastShareAtMs !== null ? Math.floor(counts.lastShareAtMs / 1000) : 0,
    }
  }

  #cooling(): Record<string, unknown> {
    const { fanPercent, fanDutyPercent, fanRpm, blueprint } = this.#body
    return {
      fan_mode: fanPercent === null ? 'Auto' : 'Manual',
      speed_percentage: fanDutyPercent,
      ...(fanPercent === null ? { target_temperature_c: 50 } : {}),
      fans: Array.from({ length: blueprint.fanCount }, (_, i) => ({
        slot: i + 1,
        rpm: fanRpm,
        percentage: fanDutyPercent,
      })),
    }
  }

  #errors(): unknown {
    const errors = this.#body.notes.get('errors')
    return Array.isArray(errors) ? errors : []
  }

  /* ---- Writing ---- */

  #write(what: string, { body: text, query }: FirmwareRequest): FirmwareReply {
    switch (what) {
      case 'POST pools':
        return this.#setPools(text)
      case 'PUT mining/target':
        return this.#setTarget(members(text))
      case 'POST mining/start':
        this.#body.resume()
        return message(202, 'Mining started')
      case 'POST mining/stop':
        this.#body.pause()
        return message(202, 'Mining stopped')
      case 'POST system/reboot':
        this.#body.reboot()
        return message(202, 'Rebooting')
      case 'POST system/locate':
        this.#body.locating = query.get('enable') !== 'false'
        return message(202, 'Locate')
      case 'PUT cooling':
        return this.#setCooling(members(text))
    }
    return message(404, 'Not found')
  }

  /** Replaces all. */
  #setPools(text: string): FirmwareReply {
    const list = parsed(text)
    if (!Array.isArray(list)) return message(400, 'Expected an array of pools')
    if (list.length > MOST_POOLS) return message(422, 'At most three pools can be configured')
    const pools = (list as Members[]).map(
      ({ url, username, password, priority, name, v2_authority_pubkey: key }, i) => ({
        rank: typeof priority === 'number' ? priority : i,
        name: typeof name === 'string' ? name : '',
        good:
          typeof url === 'string' && /^stratum2?\+tcp:\/\/[^/]+$/.test(url) && typeof username === 'string',
        pool: {
          url: joinPoolUrl({
            ...splitPoolUrl(String(url)),
            authorityKey: typeof key === 'string' ? key : '',
          }),
          user: String(username),
          password: typeof password === 'string' ? password : '',
        },
      }),
    )
    if (pools.some(({ good }) => !good))
      return message(422, 'A pool needs a stratum+tcp or stratum2+tcp URL and a username')
    pools.sort((a, b) => a.rank - b.rank)
    this.#names = pools.map(({ name }) => name)
    this.#body.savePools(pools.map(({ pool }) => pool))
    if (this.#body.miner !== 'paused') this.#body.restartMiner()
    return message(200, 'Pools configured')
  }

  #setTarget({ power_target_watts: watts, performance_mode: mode }: Members): FirmwareReply {
    const { power_target_min_watts: min, power_target_max_watts: max } = this.#target()
    if (watts !== undefined) {
      if (typeof watts !== 'number' || watts < Number(min) || watts > Number(max)) {
        return message(422, `power_target_watts must be ${String(min)} to ${String(max)}`)
      }
      this.#targetW = watts
      this.#body.powerLimitW = watts
    }
    if (mode !== undefined) {
      if (typeof mode !== 'string' || !MODES.has(mode)) return message(422, 'Unknown performance_mode')
      this.#mode = mode
      this.#body.powerMode = mode
    }
    return { json: this.#target() }
  }

  #setCooling({ mode, speed_percentage: speed }: Members): FirmwareReply {
    if (mode === 'Auto') this.#body.fanPercent = null
    else if (mode === 'Manual' && typeof speed === 'number' && speed >= 0 && speed <= 100)
      this.#body.fanPercent = speed
    else return message(400, 'Invalid cooling configuration')
    return { json: { mode, ...(mode === 'Manual' ? { speed_percentage: speed } : {}) } }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

function members(text: string): Members {
  const value = parsed(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}

function message(status: number, words: string): FirmwareReply {
  return { status, json: { message: words } }
}
