/**
 * VNish (AnthillOS) on a practice rig, 1.2 and 1.3: REST with a token that a password unlocks, open to some questions, and
 * Bitmain's RPC, which refuses to say who it is. The maker's fee is a pool of its own in the list.
 * Governing document: rig API digest, section 5.3; capture `vnish/s21pro-1.2.7`.
 */
import { rounded } from './figures.ts'
import { toHex } from '../../base/index.ts'
import { answerBitmainRpc, type BitmainProgram, shortDifficulty, timeAgo } from './bitmain-tables.ts'
import { type BootFirmware, type Firmware, type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

/** 1.2 has `chains` and `find-miner`; 1.3 has `boards`, `locate-miner`, throttling and a power limit. */
export type VnishGeneration = '1.2' | '1.3'

const BASE = '/api/v1/'
/** Says the answer went out before it goes away. */
const REBOOT_AFTER_S = 3
const MAX_TOKENS = 20

const PAGE = `<!DOCTYPE html>
<html lang="en"><head><meta charset="UTF-8"><meta name="firmware" content="AnthillOS"><title>Firmware</title></head>
<body><div id="app"></div></body></html>
`

export function vnishFirmware(generation: VnishGeneration): BootFirmware {
  return (body) => {
    const rest = restPages(body, generation)
    const { fanCount, boardCount, model, firmwareVersion } = body.blueprint
    const program: BitmainProgram = {
      body,
      description: 'cgminer 4.11.1',
      version: {
        BMMiner: '4.11.1',
        Miner: firmwareVersion,
        CompileTime: 'Mon Dec 22 19:12:30 UTC 2025',
        Type: `Antminer ${model} (Vnish ${firmwareVersion})`,
      },
      places: {
        chains: boardCount,
        firstChain: 1,
        fans: fanCount,
        usedFans: Array.from({ length: fanCount }, (_, index) => index + 1),
      },
      hasNewApi: false,
    }
    return {
      family: 'vnish',
      ports: { http: [80], rpc: [4028] },
      rpc(request) {
        // Seen in the capture: everything but its name.
        return /"?version"?/.test(request)
          ? `${JSON.stringify({ STATUS: [{ STATUS: 'E', When: Math.floor(body.clock.nowMs() / 1000), Code: 0, Msg: 'Invalid command', Description: 'cgminer 4.11.1' }] })}\0`
          : answerBitmainRpc(program, request)
      },
      http(request) {
        if (!request.path.startsWith(BASE)) {
          return { headers: { 'content-type': 'text/html' }, body: PAGE }
        }
        return rest(request)
      },
    } satisfies Firmware
  }
}

/* ---- REST ---- */

interface Settings {
  fanMode: { name: string; param?: number }
  preset: string
  volt: number
  freq: number
  throttlePercent: number
  powerLimitW: number
  powerLimitOn: boolean
}

const OPEN = [
  'info',
  'status',
  'chains',
  'boards',
  'chips',
  'model',
  'layout',
  'ui',
  'perf-summary',
  'unlock',
]

function restPages(body: RigBody, generation: VnishGeneration): (request: FirmwareRequest) => FirmwareReply {
  const { blueprint } = body
  const isNew = generation === '1.3'
  const tokens: string[] = []
  const watts = Math.round(blueprint.nameplateW)
  const presets = [0.8, 1, 1.2].map((factor) => String(Math.round(watts * factor)))
  const settings: Settings = {
    fanMode: { name: 'auto', param: 65 },
    preset: presets[1] ?? '',
    volt: Math.round(blueprint.coreVoltageMv / 10),
    freq: blueprint.frequencyMHz,
    throttlePercent: 100,
    powerLimitW: watts,
    powerLimitOn: false,
  }
  let restartRequired = false

  const unlock = (sent: unknown): FirmwareReply => {
    const { pw } = (sent ?? {}) as { pw?: unknown }
    switch (body.login(typeof pw === 'string' ? pw : '')) {
      case 'welcome': {
        const token = toHex(body.entropy(16))
        tokens.push(token)
        if (tokens.length > MAX_TOKENS) tokens.shift()
        return { json: { token } }
      }
      case 'locked':
        return { status: 429, json: { unlock_timeout: 300 } }
      case 'wrong':
        return { status: 403, json: { unlock_timeout: null } }
    }
  }

  const isUnlocked = ({ headers }: FirmwareRequest): boolean =>
    tokens.includes((headers.authorization ?? '').replace(/^Bearer\s+/i, ''))

  const save = (sent: unknown): FirmwareReply => {
    const miner = member(sent, 'miner')
    const pools = member(miner, 'pools')
    if (Array.isArray(pools)) {
      const ordered = (pools as unknown[])
        .map((entry, position) => ({ entry, order: Number(member(entry, 'order') ?? position) }))
        .sort((a, b) => a.order - b.order)
        .map(({ entry }): BodyPool => ({
          url: textOf(member(entry, 'url')),
          user: textOf(member(entry, 'user')),
          password: textOf(member(entry, 'pass')),
        }))
      body.savePools(ordered.filter(({ url }) => url !== ''))
      restartRequired = true
    }
    const overclock = member(miner, 'overclock')
    const preset = member(overclock, 'preset')
    // One that it does not have is passed over, with the same good answer.
    if (typeof preset === 'string' && presets.includes(preset)) {
      settings.preset = preset
      body.powerLimitW = Number(preset)
      restartRequired = true
    }
    const globals = member(overclock, 'globals')
    if (typeof member(globals, 'freq') === 'number') {
      settings.freq = Number(member(globals, 'freq'))
      body.frequencyMHz = settings.freq
      restartRequired = true
    }
    if (typeof member(globals, 'volt') === 'number') {
      settings.volt = Number(member(globals, 'volt'))
      body.coreVoltageMv = settings.volt * 10
      restartRequired = true
    }
    const mode = member(member(miner, 'cooling'), 'mode')
    if (typeof member(mode, 'name') === 'string') {
      settings.fanMode = mode as Settings['fanMode']
      body.fanPercent = settings.fanMode.name === 'manual' ? Number(settings.fanMode.param) : null
    }
    const misc = member(miner, 'misc')
    if (isNew && typeof member(misc, 'power_limit') === 'number') {
      settings.powerLimitW = Number(member(misc, 'power_limit'))
    }
    if (isNew && typeof member(misc, 'power_limit_enabled') === 'boolean') {
      settings.powerLimitOn = member(misc, 'power_limit_enabled') === true
      body.powerLimitW = settings.powerLimitOn ? settings.powerLimitW : null
    }
    return { json: { restart_required: restartRequired, reboot_required: false } }
  }

  const started = (): FirmwareReply => {
    restartRequired = false
    body.restartMiner()
    return { json: null }
  }

  const act = (name: string, sent: unknown): FirmwareReply | null => {
    switch (name) {
      case 'mining/stop':
      case 'mining/pause':
        body.pause()
        return { json: null }
      case 'mining/start':
      case 'mining/resume':
        return body.miner === 'paused' ? started() : { status: 500, json: { err: 'miner is running' } }
      case 'mining/restart':
        return started()
      case 'mining/switch-pool':
        body.savePools(body.pools, Number(member(sent, 'pool_id')))
        body.restartMiner()
        return { json: null }
      case 'mining/throttle':
        if (!isNew) return null
        settings.throttlePercent = Number(member(sent, 'percent'))
        return { json: { restart_required: false, reboot_required: false } }
      case 'system/reboot':
        body.reboot()
        return { json: { after: REBOOT_AFTER_S } }
      case 'settings':
        return save(sent)
      // Both change over from what it was; what is sent with them is not looked at.
      case 'find-miner':
        body.locating = !body.locating
        return { json: { on: body.locating } }
      case 'locate-miner':
        if (!isNew) return null
        body.locating = !body.locating
        return { json: { is_enabled: body.locating } }
      default:
        return null
    }
  }

  const read = (name: string): FirmwareReply | null => {
    switch (name) {
      case 'info':
        return { json: info(body) }
      case 'status':
        return {
          json: {
            ...minerStatus(body),
            ...(isNew ? { throttled: settings.throttlePercent } : {}),
            restart_required: restartRequired,
            reboot_required: false,
            find_miner: body.locating,
            unlocked: tokens.length > 0,
            unlock_timeout: null,
          },
        }
      case 'summary':
        return { json: { miner: summary(body, settings, isNew) } }
      case 'chains':
        return isNew ? null : { json: chipLists(body) }
      case 'boards':
        return isNew ? { json: chipLists(body) } : null
      case 'settings':
        return { json: settingsView(body, settings, isNew) }
      case 'autotune/presets':
        return {
          json: presets.map((name_, index) => ({
            name: name_,
            pretty: `${name_} watt`,
            status: index === 2 ? 'untuned' : 'tuned',
            modded_psu_required: index === 2,
          })),
        }
      case 'perf-summary':
        return { json: { current_preset: { name: settings.preset, pretty: `${settings.preset} watt` } } }
      default:
        return null
    }
  }

  return (request) => {
    const name = request.path.slice(BASE.length).replace(/\/+$/, '')
    const sent = parsed(request.body)
    if (name === 'unlock' && request.method === 'POST') return unlock(sent)
    if (!(request.method === 'GET' && OPEN.includes(name)) && !isUnlocked(request)) {
      return { status: 401, json: { err: 'Unauthorized' } }
    }
    return (
      (request.method === 'POST' ? act(name, sent) : read(name)) ?? {
        status: 404,
        json: { err: 'not found' },
      }
    )
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/* ---- What it says ---- */

const ghs = (hs: number): number => rounded(hs / 1e9, 3)

function info(body: RigBody): Record<string, unknown> {
  const { model, firmwareVersion, mac, name, serial } = body.blueprint
  return {
    miner: `Antminer ${model}`,
    model: model.toLowerCase().replaceAll(' ', ''),
    fw_name: 'Vnish',
    fw_version: firmwareVersion,
    platform: 'aml',
    install_type: 'nand',
    build_time: '2025-12-22 19:12:30',
    algorithm: 'sha256d',
    hr_measure: 'GH/s',
    system: {
      os: 'GNU/Linux',
      miner_name: model,
      file_system_version: '',
      network_status: { mac: mac.toUpperCase(), dhcp: true, ip: '192.0.2.20', hostname: name },
      uptime: uptimeText(body.systemUptimeS),
    },
    serial,
  }
}

/** `1:55`, from the first day on `2 days, 01:55`. */
function uptimeText(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor(seconds / 3600) % 24
  const minutes = String(Math.floor(seconds / 60) % 60).padStart(2, '0')
  return days === 0
    ? `${String(hours)}:${minutes}`
    : `${String(days)} days, ${String(hours).padStart(2, '0')}:${minutes}`
}

function minerStatus(body: RigBody): Record<string, unknown> {
  const states = { running: 'mining', starting: 'restarting', paused: 'stopped' } as const
  return { miner_state: states[body.miner], miner_state_time: body.minerUptimeS }
}

function summary(body: RigBody, settings: Settings, isNew: boolean): Record<string, unknown> {
  const { model, firmwareVersion, boardCount, fanCount, nameplateHs } = body.blueprint
  const isRunning = body.miner === 'running'
  const rate = ghs(body.measures.hashrateHs())
  const range = (max: number): { min: number; max: number } =>
    isRunning ? { min: Math.round(max - 8), max: Math.round(max) } : { min: 0, max: 0 }
  const isManual = settings.fanMode.name === 'manual'
  return {
    miner_status: {
      ...minerStatus(body),
      ...(isNew ? { throttled: settings.throttlePercent } : {}),
    },
    miner_type: `Antminer ${model} (Vnish ${firmwareVersion})`,
    hr_stock: ghs(nameplateHs),
    average_hashrate: rate / 1000,
    instant_hashrate: rate / 1000,
    hr_realtime: rate,
    hr_nominal: ghs(body.expectedHs),
    hr_average: rate,
    pcb_temp: range(body.chipC - 12),
    chip_temp: range(body.chipC),
    power_consumption: Math.round(body.powerW),
    power_usage: Math.round(body.powerW),
    power_efficiency: rate === 0 ? 0 : body.powerW / (rate / 1000),
    hw_errors_percent: 0,
    hr_error: 0,
    hw_errors: 0,
    devfee_percent: 2.8,
    devfee: rate * 0.028,
    pools: poolList(body),
    cooling: {
      fan_num: fanCount,
      fans: Array.from({ length: fanCount }, (_, id) => ({
        id,
        rpm: body.fanRpm,
        status: 'ok',
        max_rpm: 6500,
      })),
      settings: { mode: isNew ? settings.fanMode : { name: settings.fanMode.name } },
      fan_duty: isManual ? Number(settings.fanMode.param) : body.fanDutyPercent,
    },
    chains: Array.from({ length: boardCount }, (_, index) => ({
      id: index + 1,
      frequency: body.frequencyMHz,
      voltage: body.coreVoltageMv,
      power_consumption: Math.round(body.powerW / boardCount),
      hashrate_ideal: ghs(body.expectedHs / boardCount),
      hashrate_rt: rate / boardCount,
      hashrate_percentage: 100,
      hr_error: 0,
      hw_errors: 0,
      pcb_temp: range(body.chipC - 12),
      chip_temp: range(body.chipC),
      chip_statuses: { red: 0, orange: 0, grey: body.blueprint.chipsPerBoard },
      status: { state: isRunning ? 'mining' : 'stopped' },
    })),
    found_blocks: 0,
    best_share: Math.round(body.measures.counts().bestDifficulty),
    psu: { psu_power_metering: true },
  }
}

function poolList(body: RigBody): Record<string, unknown>[] {
  const counts = body.measures.counts()
  const isMining = body.miner === 'running' && body.measures.poolAlive()
  const own = body.pools.map(({ url, user }, id) => {
    const isActive = id === body.activePool && isMining
    return {
      id,
      url: url.replace(/^stratum\+tcp:\/\//, ''),
      pool_type: 'UserPool',
      user,
      status: isActive ? 'active' : id === body.activePool ? 'offline' : 'working',
      asic_boost: true,
      diff: isActive ? shortDifficulty(counts.difficulty) : '',
      accepted: isActive ? counts.accepted : 0,
      rejected: isActive ? counts.rejected : 0,
      stale: isActive ? counts.stale : 0,
      ls_diff: isActive ? counts.difficulty : 0,
      ls_time: isActive ? timeAgo(body, counts.lastShareAtMs) : '0',
      diffa: 0,
      ping: isActive ? 8 : 0,
    }
  })
  return [
    ...own,
    {
      id: own.length,
      url: 'DevFee',
      pool_type: 'DevFee',
      user: 'DevFee',
      status: isMining ? 'active' : 'offline',
      asic_boost: true,
      diff: '16.4K',
      accepted: Math.floor(counts.accepted * 0.028),
      rejected: 0,
      stale: 0,
      ls_diff: 16_384,
      ls_time: '0:00:13',
      diffa: 0,
      ping: 49,
    },
  ]
}

function chipLists(body: RigBody): Record<string, unknown>[] {
  const { boardCount, chipsPerBoard } = body.blueprint
  const perChip = ghs(body.measures.hashrateHs() / boardCount / chipsPerBoard)
  return Array.from({ length: boardCount }, (_, index) => ({
    id: index + 1,
    freq: body.frequencyMHz,
    hr_nominal: ghs(body.expectedHs / boardCount),
    hr_realtime: ghs(body.measures.hashrateHs() / boardCount),
    chips: Array.from({ length: chipsPerBoard }, (_unused, id) => ({
      id,
      hr: perChip,
      freq: Math.round(body.frequencyMHz),
      temp: body.miner === 'running' ? Math.round(body.chipC) : 0,
      volt: 300,
      errs: 0,
      grade: 'grey',
      throttled: false,
    })),
    sensors: [],
    status: { state: body.miner === 'running' ? 'mining' : 'stopped' },
  }))
}

function settingsView(body: RigBody, settings: Settings, isNew: boolean): Record<string, unknown> {
  const { boardCount, chipsPerBoard } = body.blueprint
  return {
    miner: {
      cooling: { mode: settings.fanMode, fan_min_count: 4, fan_min_duty: 10, fan_max_duty: 100 },
      misc: {
        asic_boost: false,
        restart_temp: 90,
        quiet_mode: false,
        ...(isNew
          ? { power_limit: settings.powerLimitW, power_limit_enabled: settings.powerLimitOn }
          : { remain_stopped_on_reboot: true }),
      },
      overclock: {
        modded_psu: false,
        preset: settings.preset,
        globals: { volt: settings.volt, freq: settings.freq },
        chains: Array.from({ length: boardCount }, () => ({
          freq: settings.freq,
          chips: Array.from({ length: chipsPerBoard }, () => 0),
          disabled: false,
        })),
        preset_switcher: { enabled: false, decrease_temp: 75, rise_temp: 55, check_time: 300 },
      },
      pools: [0, 1, 2].map((index) => {
        const pool = body.pools[index]
        return {
          url: pool?.url.replace(/^stratum\+tcp:\/\//, '') ?? '',
          user: pool?.user ?? '',
          pass: pool?.password ?? '',
        }
      }),
    },
    ui: {
      theme: 'auto',
      locale: 'en',
      consts: {
        cooling: { min_fan_pwm: 10, min_target_temp: 20, max_target_temp: 90 },
        overclock: {
          max_voltage: settings.volt + 150,
          min_voltage: settings.volt - 150,
          default_voltage: settings.volt,
          max_freq: 1000,
          min_freq: 50,
          default_freq: settings.freq,
          warn_freq: 600,
          ...(isNew ? { max_power_limit: 10_000, power_metering: true } : {}),
        },
      },
    },
    regional: { timezone: { current: 'GMT' } },
    network: { hostname: body.blueprint.name, dhcp: true },
    password: null,
    layout: null,
  }
}
