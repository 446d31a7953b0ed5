/**
 * ePIC's firmware (UMC, PowerPlay) on a practice rig: HTTP on 4028, its page also on 80. Changes carry the password in
 * their body and are answered with `{result, error}`.
 * Governing document: rig API digest, section 5.5; recording of PowerPlay-BMS 1.5.13.
 */
import { epicCapabilities, epicPerBoard, epicSummary, type EpicState } from './epic-reads.ts'
import { type BootFirmware, type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

const PAGE = '<!DOCTYPE html><html><head><title>Miner Web Dashboard</title></head><body></body></html>'

type Members = Readonly<Record<string, unknown>>

export const epicFirmware: BootFirmware = (body) => {
  const { blueprint } = body
  const state: EpicState = {
    uniqueId: false,
    splitEnabled: false,
    splits: [],
    tuning: true,
    algorithm: 'VoltageOptimizer',
    target: blueprint.nameplateHs / 1e12,
    // Whole, as recorded.
    minThrottle: Math.round(blueprint.nameplateHs / 2e12),
    throttleStep: 5,
    shutdownC: 85,
    criticalC: 100,
    targetC: 60,
    idleSpeed: 20,
    lastError: null,
  }
  return {
    family: 'epic',
    ports: { http: [80, 4028] },
    http: (request) => {
      if (request.path === '/') return { headers: { 'content-type': 'text/html' }, body: PAGE }
      const path = request.path.slice(1)
      if (request.method === 'GET') return read(body, state, path)
      return request.method === 'POST' ? change(body, state, path, request) : notFound()
    },
  }
}

function notFound(): FirmwareReply {
  return { status: 404, json: { result: false, error: 'Not found' } }
}

function read(body: RigBody, state: EpicState, path: string): FirmwareReply {
  const { mac } = body.blueprint
  switch (path) {
    case 'summary':
      return { json: epicSummary(body, state) }
    case 'capabilities':
      return { json: epicCapabilities(body) }
    case 'network':
      return {
        json: { dhcp: { address: '192.0.2.7', mac_address: mac.toUpperCase(), netmask: '255.255.255.0' } },
      }
    case 'hashratesplit/config':
      return { json: { enabled: state.splitEnabled, hashrate_splits: state.splits } }
    case 'temps':
    case 'temps/chip':
    case 'voltages':
    case 'hashrate':
    case 'clocks':
      return { json: epicPerBoard(body, path) }
    default:
      return notFound()
  }
}

function change(body: RigBody, state: EpicState, path: string, request: FirmwareRequest): FirmwareReply {
  const members = membersOf(request.body)
  if (members === null) return answer('Invalid JSON')
  const password = members['password']
  if (typeof password !== 'string') return answer('Missing password')
  const login = body.login(password)
  if (login !== 'welcome')
    return answer(login === 'locked' ? 'Too many wrong passwords' : 'Incorrect password')
  const done = CHANGES[path]
  return done === undefined ? notFound() : answer(done(body, state, members['param']))
}

function answer(error: string | null): FirmwareReply {
  return { json: { result: error === null, error } }
}

/** What is wrong, or null. */
type Change = (body: RigBody, state: EpicState, param: unknown) => string | null

const CHANGES: Readonly<Record<string, Change>> = {
  coin: (body, state, param) => {
    const members = objectOf(param)
    const pools = poolsOf(members['stratum_configs'])
    if (members['coin'] !== 'Btc' && members['coin'] !== 'BTC') return 'Unknown coin'
    if (pools === null || pools.length === 0) return 'Invalid stratum configuration'
    state.uniqueId = members['unique_id'] === true
    body.savePools(pools)
    if (body.miner === 'running') body.restartMiner()
    return null
  },
  hashratesplit: (body, state, param) => {
    if (!Array.isArray(param) || param.length === 0) return 'Invalid hashrate splits'
    const pools = param.map((split) => poolsOf(objectOf(split)['stratum_configs']))
    if (pools.some((each) => each === null || each.length === 0)) return 'Invalid stratum configuration'
    state.splits = param
    body.savePools(pools.flatMap((each) => each ?? []))
    return null
  },
  'hashratesplit/enable': (body, state, param) => {
    if (typeof param !== 'boolean') return 'Invalid parameter'
    state.splitEnabled = param
    if (body.miner === 'running') body.restartMiner()
    return null
  },
  miner: (body, _state, param) => {
    if (param === 'Stop') body.pause()
    else if (param === 'Autostart') body.resume()
    else return 'Invalid parameter'
    return null
  },
  softreboot: (body) => {
    body.restartMiner()
    return null
  },
  reboot: (body) => {
    body.reboot()
    return null
  },
  identify: (body, _state, param) => {
    if (typeof param !== 'boolean') return 'Invalid parameter'
    body.locating = param
    return null
  },
  fanspeed: (body, state, param) => {
    const { Auto: auto, Manual: manual } = objectOf(param)
    if (typeof manual === 'number' && manual >= 0 && manual <= 100) {
      body.fanPercent = manual
      return null
    }
    const { 'Target Temperature': targetC, 'Idle Speed': idleSpeed } = objectOf(auto)
    if (typeof targetC !== 'number' || typeof idleSpeed !== 'number') return 'Invalid fan mode'
    body.fanPercent = null
    state.targetC = targetC
    state.idleSpeed = idleSpeed
    return null
  },
  shutdowntemp: (_body, state, param) => {
    if (typeof param !== 'number') return 'Invalid temperature'
    state.shutdownC = param
    return null
  },
  criticaltemp: (_body, state, param) => {
    if (typeof param !== 'number') return 'Invalid temperature'
    state.criticalC = param
    return null
  },
  perpetualtune: (body, state, param) => {
    if (typeof param !== 'boolean') return 'Invalid parameter'
    state.tuning = param
    applyTuning(body, state)
    return null
  },
  'perpetualtune/algo': (body, state, param) => {
    const { algo, target, min_throttle: minThrottle, throttle_step: throttleStep } = objectOf(param)
    const known = epicCapabilities(body).PerpetualTune.find(({ algorithm }) => algorithm === algo)
    if (known === undefined) return 'Unknown algorithm'
    if (typeof target !== 'number' || target < known.min || target > known.max) {
      return `Target must be between ${String(known.min)} and ${String(known.max)}`
    }
    if (typeof minThrottle !== 'number' || typeof throttleStep !== 'number') return 'Invalid throttle'
    Object.assign(state, { algorithm: known.algorithm, target, minThrottle, throttleStep })
    applyTuning(body, state)
    return null
  },
}

function applyTuning(body: RigBody, { tuning, algorithm, target }: EpicState): void {
  body.powerLimitW = tuning && algorithm === 'PowerTune' ? target : null
}

function poolsOf(list: unknown): BodyPool[] | null {
  if (!Array.isArray(list)) return null
  const pools = list.map((entry: unknown): BodyPool | null => {
    const { pool: url, login: user, password } = objectOf(entry)
    return typeof url === 'string' &&
      url !== '' &&
      typeof user === 'string' &&
      user !== '' &&
      typeof password === 'string'
      ? { url, user, password }
      : null
  })
  return pools.every((pool) => pool !== null) ? pools : null
}

function membersOf(text: string): Members | null {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Members) : null
  } catch {
    return null
  }
}

function objectOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}
