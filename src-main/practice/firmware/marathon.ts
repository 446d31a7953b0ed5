/**
 * Marathon's firmware on a practice rig: `/kaonsu/v1` behind Bitmain's login, of which the challenge names its algorithm,
 * and an RPC that says little more than who it is. Governing document: rig API digest, sections 1.2 and 5.6; no recording is
 * known.
 */
import { rounded } from './figures.ts'
import { digestLogin } from './digest-login.ts'
import {
  type BootFirmware,
  type Firmware,
  type FirmwareReply,
  type FirmwareRequest,
  HANG_UP,
} from './firmware.ts'
import { type RigBody } from './rig-body.ts'

interface MinerConfig {
  readonly pools: readonly { url: string; user: string; pass: string; gid: number }[]
  readonly 'pool-group': readonly { gid: number; alias: string; percent: number }[]
  readonly mode: {
    readonly 'work-mode-selector': string
    readonly concorde: Readonly<Record<string, unknown>>
    readonly fixed: Readonly<Record<string, unknown>>
  }
  readonly 'advance-config': Readonly<Record<string, unknown>>
}

const BASE = '/kaonsu/v1/'
const MODES = ['Auto', 'Fixed', 'Stock', 'Sleep']

export const marathonFirmware: BootFirmware = (body) => {
  const turnAway = digestLogin({ body, realm: 'antMiner Configuration', namesAlgorithm: true })
  const pages = kaonsuPages(body)
  return {
    family: 'marathon',
    ports: { http: [80], rpc: [4028] },
    http(request) {
      const away = turnAway(request)
      if (away !== null) return away
      if (request.path === '/')
        return { headers: { 'content-type': 'text/html' }, body: '<title>MARA</title>' }
      return pages(request)
    },
    rpc: (request) => answerRpc(body, request),
  } satisfies Firmware
}

function kaonsuPages(body: RigBody): (request: FirmwareRequest) => FirmwareReply | typeof HANG_UP {
  const { blueprint } = body
  let selector = 'Stock'
  let concorde: MinerConfig['mode']['concorde'] = {
    'mode-select': 'PowerTarget',
    'power-target': Math.round(blueprint.nameplateW),
    'hash-target': Math.round(blueprint.nameplateHs / 1e12),
  }
  let fixed: MinerConfig['mode']['fixed'] = { frequency: String(blueprint.frequencyMHz), voltage: 13.2 }
  let advanced: MinerConfig['advance-config'] = { 'override-fan-check': false, 'idle-on-low-hash': true }
  let groups: MinerConfig['pool-group'] = [{ gid: 0, alias: 'main', percent: 100 }]
  let gids: number[] = []
  const history: unknown[] = []

  const configuration = (): MinerConfig => ({
    pools: body.pools.map(({ url, user, password }, index) => ({
      url,
      user,
      pass: password,
      gid: gids[index] ?? 0,
    })),
    'pool-group': groups,
    mode: { 'work-mode-selector': selector, concorde, fixed },
    'advance-config': advanced,
  })

  /** Takes only the whole object: a missing part is an error, as is a mode it does not know. */
  const configure = (sent: unknown): FirmwareReply => {
    const whole = sent as Partial<MinerConfig> | null
    const { pools, mode } = whole ?? {}
    if (whole?.['advance-config'] === undefined || whole['pool-group'] === undefined) {
      return { json: { error: true, msg: 'invalid config' } }
    }
    if (!Array.isArray(pools) || mode === undefined || !MODES.includes(mode['work-mode-selector'])) {
      return { json: { error: true, msg: 'invalid config' } }
    }
    const to = mode['work-mode-selector']
    if (to !== selector) {
      const path = ['Mode', 'WorkModeSelector']
      history.push({ [String(body.clock.nowMs())]: [{ type: 'update', path, from: selector, to }] })
    }
    const changed = JSON.stringify(configuration()) !== JSON.stringify(whole)
    selector = to
    concorde = mode.concorde
    fixed = mode.fixed
    advanced = whole['advance-config']
    groups = whole['pool-group']
    gids = (pools as MinerConfig['pools']).map(({ gid }) => gid)
    body.savePools(
      (pools as MinerConfig['pools']).map(({ url, user, pass }) => ({ url, user, password: pass })),
    )
    const target = Number(concorde['power-target'])
    body.powerLimitW =
      selector === 'Auto' && concorde['mode-select'] === 'PowerTarget' && target > 0 ? target : null
    if (selector === 'Sleep') body.pause()
    else if (changed) body.restartMiner()
    return { json: { error: false, msg: 'ok' } }
  }

  return ({ method, path, query, body: text }) => {
    const name = path.startsWith(BASE) ? path.slice(BASE.length) : ''
    const sent = method === 'POST' ? parsed(text) : null
    switch (name) {
      case 'brief':
        return { json: brief(body) }
      case 'overview':
        return {
          json: {
            model: `Antminer ${blueprint.model}`,
            mac: blueprint.mac,
            version_firmware: blueprint.firmwareVersion,
            control_board: 'AMCB07',
            serial_number: blueprint.serial,
          },
        }
      case 'hashboards':
        return { json: { hashboards: boards(body) } }
      case 'details':
        return { json: { hashboard_infos: details(body) } }
      case 'fans':
        return {
          json: {
            fans: Array.from({ length: blueprint.fanCount }, () => ({
              current_speed: body.fanRpm,
              max_speed: 6000,
            })),
          },
        }
      case 'pools':
        return { json: pools(body) }
      case 'network_config':
        return { json: { hostname: blueprint.name, protocol: 'dhcp' } }
      case 'event_chart':
        return { json: { event_flags: body.notes.get('events') ?? [] } }
      case 'log':
        return { json: query.get('type') === 'miner_config_history' ? history : [] }
      case 'miner_config':
        return sent === null ? { json: configuration() } : configure(sent)
      case 'locate_miner':
        if (sent !== null) body.locating = (sent as { blinking?: unknown }).blinking === true
        return { json: { blinking: body.locating } }
      case 'maintenance': {
        const { type } = (sent ?? {}) as { type?: unknown }
        if (type === 'reboot') {
          body.reboot()
          return HANG_UP
        }
        if (type !== 'reload') return { status: 400, json: { error: true, msg: 'unknown type' } }
        body.restartMiner()
        return { json: { error: false, msg: 'ok' } }
      }
      default:
        return { status: 404, body: '404 page not found' }
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

const ghs = (hs: number): number => rounded(hs / 1e9, 3)
const isRunning = (body: RigBody): boolean => body.miner === 'running'

function brief(body: RigBody): Record<string, unknown> {
  return {
    status: isRunning(body) ? 'Mining' : body.miner === 'paused' ? 'Sleeping' : 'Initializing',
    hashrate_realtime: body.measures.hashrateHs() / 1e12,
    hashrate_ideal: ghs(body.expectedHs),
    power_consumption_estimated: body.powerW,
    elapsed: body.minerUptimeS,
  }
}

function boards(body: RigBody): Record<string, unknown>[] {
  const { boardCount, chipsPerBoard, serial, frequencyMHz } = body.blueprint
  const degrees = (centreC: number): number[] =>
    isRunning(body) ? [centreC - 4, centreC].map((value) => Math.round(value)) : [0, 0]
  return Array.from({ length: boardCount }, (_, index) => ({
    index,
    hashrate_average: ghs(body.measures.hashrateHs() / boardCount),
    hashrate_ideal: ghs(body.expectedHs / boardCount),
    asic_num: chipsPerBoard,
    serial_number: `${serial}B${String(index)}`,
    temperature_pcb: degrees(body.chipC - 12),
    temperature_chip: degrees(body.chipC),
    temperature_raw: degrees(body.chipC - 15),
    voltage: 13.2,
    frequency_avg: frequencyMHz,
  }))
}

function details(body: RigBody): Record<string, unknown>[] {
  const { boardCount, chipsPerBoard, serial, frequencyMHz } = body.blueprint
  const perChip = body.measures.hashrateHs() / boardCount / chipsPerBoard
  return Array.from({ length: boardCount }, (_, index) => ({
    index,
    hashrate_avg: ghs(body.measures.hashrateHs() / boardCount),
    hashrate_ideal: ghs(body.expectedHs / boardCount),
    asic_num: chipsPerBoard,
    serial_number: `${serial}B${String(index)}`,
    voltage: 13.2,
    frequency_avg: frequencyMHz,
    asic_infos: Array.from({ length: chipsPerBoard }, (_unused, chip) => ({
      index: chip,
      hashrate_avg: ghs(perChip),
      voltage: 0.3,
      frequency: frequencyMHz,
    })),
  }))
}

function pools(body: RigBody): Record<string, unknown>[] {
  const counts = body.measures.counts()
  return body.pools
    .filter(({ url }) => url !== '')
    .map(({ url, user }, index) => {
      const isActive = index === body.activePool
      return {
        index,
        url,
        user,
        status: !isActive || body.measures.poolAlive() ? 'Alive' : 'Dead',
        priority: index,
        accepted: isActive ? counts.accepted : 0,
        rejected: isActive ? counts.rejected : 0,
        stale: isActive ? counts.stale : 0,
        discarded: 0,
        diff: isActive ? counts.difficulty : 0,
      }
    })
}

function answerRpc(body: RigBody, request: string): string {
  const { model, firmwareVersion } = body.blueprint
  const asked = parsed(request) as { command?: unknown } | null
  const STATUS = [
    {
      STATUS: 'S',
      When: Math.floor(body.clock.nowMs() / 1000),
      Code: 22,
      Msg: 'kaonsu versions',
      Description: 'kaonsu 2.0.0',
    },
  ]
  if (asked?.command === 'version') {
    const Miner = `kaonsu ${firmwareVersion}`
    return `${JSON.stringify({ STATUS, VERSION: [{ API: '3.7', Miner, Model: `Antminer ${model}` }], id: 1 })}\0`
  }
  // Whatever else is asked gets the summary.
  const SUMMARY = [{ Elapsed: body.minerUptimeS, 'GHS 5s': ghs(body.measures.hashrateHs()) }]
  return `${JSON.stringify({ STATUS, SUMMARY, id: 1 })}\0`
}
