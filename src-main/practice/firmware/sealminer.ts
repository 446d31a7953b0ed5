/**
 * bdminer of SealMiner on a practice rig: RPC, and PHP pages behind a form login with a session cookie.
 * Governing document: rig API digest, section 5.11; field names as in its captures.
 */
import { toHex } from '../../base/index.ts'
import { answerCommon, envelope, invalidCommand, rateMhs, readCommand } from './cgminer-tables.ts'
import { type BootFirmware, type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

/** Modes by number, and what they do to the clock. */
const MODES: Readonly<Record<string, readonly [string, number]>> = {
  '0': ['Low Power', 0.8],
  '2': ['Normal', 1],
  '3': ['High Performance', 1.1],
}

export const sealminerFirmware: BootFirmware = (body) => {
  const program = { body, description: 'bdminer 4.11.1' }
  const sessions = new Set<string>()
  body.reboots.on(() => sessions.clear())
  if (body.powerMode === '') body.powerMode = '2'

  function http({ method, path, headers, body: text }: FirmwareRequest): FirmwareReply {
    if (path === '/') {
      return {
        headers: { 'content-type': 'text/html' },
        body: '<!DOCTYPE html><link href="amazeui.min.css">',
      }
    }
    if (path === '/cgi-bin/login.php' && method === 'POST') return logIn(new URLSearchParams(text))
    const session = /PHPSESSID=(\w+)/.exec(headers['cookie'] ?? '')?.[1] ?? ''
    if (!sessions.has(session)) return { status: 302, headers: { location: '/cgi-bin/login.php' } }
    return page(path, text)
  }

  function logIn(form: URLSearchParams): FirmwareReply {
    const isUser = form.get('username') === body.blueprint.username
    if (!isUser || body.login(form.get('origin_pwd') ?? '') !== 'welcome') {
      return { json: { status: 'error', msg: 'wrong username or password' } }
    }
    const session = toHex(body.entropy(8))
    sessions.add(session)
    return { headers: { 'set-cookie': `PHPSESSID=${session}; path=/; HttpOnly` }, json: { status: 'ok' } }
  }

  function page(path: string, text: string): FirmwareReply {
    const { blueprint } = body
    switch (path) {
      case '/cgi-bin/get_system_info.php':
        return {
          json: {
            brand: 'Sealminer',
            crtl_sn: blueprint.serial,
            ctrl_version: 'taurus_air_v1.1',
            low_power: 0,
            normal: 2,
            high_performance: 3,
            firmware_version: blueprint.firmwareVersion,
            led: body.locating ? 'on' : 'off',
            macaddr: blueprint.mac,
            miner_type: blueprint.model,
            miningMode: body.powerMode,
            nomalPowerRatio: null,
            upgrade_result: '0\n',
          },
        }
      case '/cgi-bin/miner-psu-status.php':
        return { json: { Online: 1, Power: body.powerW, StatusCode: '0x0000', Temp: 26, Voltage: 15.67 } }
      case '/cgi-bin/get_miner_poolconf.php':
        return {
          json: { pools: body.pools.map(({ url, user, password }) => ({ url, user, pass: password })) },
        }
      case '/cgi-bin/led_conf.php':
        body.locating = (JSON.parse(text) as { value?: unknown }).value === 'on'
        return { json: { status: 'ok' } }
      case '/cgi-bin/set_mining_mode.php': {
        const mode = String((JSON.parse(text) as { miningMode?: unknown }).miningMode)
        const known = MODES[mode]
        if (known === undefined) return { json: { status: 'error' } }
        body.powerMode = mode
        body.frequencyMHz = blueprint.frequencyMHz * known[1]
        return { json: { status: 'ok' } }
      }
      case '/cgi-bin/reboot.php':
        body.reboot()
        return { json: { status: 'ok' } }
      default:
        return { status: 404, body: '' }
    }
  }

  function rpc(request: string): string {
    const { command = '', parameter } = readCommand(request) ?? {}
    switch (command) {
      case 'version':
        return envelope(program, ['S', 22, 'BDMiner versions'], {
          VERSION: [{ API: '3.7', BDMiner: '4.11.1' }],
        })
      case 'devdetails':
        return envelope(program, ['S', 69, 'Device Details'], {
          DEVDETAILS: [{ Model: body.blueprint.model }],
        })
      case 'stats':
        return envelope(program, ['S', 70, 'BDMiner stats'], { STATS: [statsOf(body)] })
      case 'updatepools': {
        const pools = poolsIn(parameter)
        if (pools === null) return envelope(program, ['E', 90, 'Invalid pools'])
        // Taken by the next start of the box.
        body.savePools(pools)
        return envelope(program, ['S', 91, 'Pools updated'])
      }
      case 'ascset':
        return set(String(parameter))
      case 'restart':
        body.restartMiner()
        return `${JSON.stringify({ STATUS: 'RESTART' })}\0`
      default:
        return answerCommon(program, command) ?? invalidCommand(program)
    }
  }

  function set(parameter: string): string {
    if (parameter === '0,suspend') {
      body.pause()
      return envelope(program, ['S', 119, 'ASC 0 set OK'])
    }
    const watts = /^0,powerlimit,\{"value":"(\d+)"\}$/.exec(parameter)?.[1]
    if (watts === undefined) return envelope(program, ['E', 120, 'ASC 0 set failed: unknown option'])
    body.powerLimitW = Number(watts)
    return envelope(program, ['S', 119, 'ASC 0 set OK'])
  }

  return { family: 'sealminer', ports: { http: [80], rpc: [4028] }, http, rpc }
}

function statsOf(body: RigBody): Record<string, unknown> {
  const { blueprint } = body
  const rate = rateMhs(body)
  const stats: Record<string, unknown> = {
    STATS: 0,
    ID: 'A20',
    Model: blueprint.model,
    Firmware: blueprint.firmwareVersion,
    MAC: blueprint.mac,
    'Ctrl Board': 'taurus_air_v1.1',
    'Ctrl Board SN': blueprint.serial,
    'Board Count': blueprint.boardCount,
    'Fan Count': blueprint.fanCount,
    Elapsed: body.minerUptimeS,
    'System Uptime': body.systemUptimeS,
    'MHS(30s)': rate,
    'MHS(1m)': rate,
    'MHS(5m)': rate,
    'MHS(15m)': rate,
    'MHS(1h)': rate,
    'MHS(Avg)': rate,
    'MHS(Sample)': rate,
    'MHS(Ideal)': body.expectedHs / 1e6,
    'MHS(Rated)': blueprint.nameplateHs / 1e6,
    'Mining Mode': MODES[body.powerMode]?.[0] ?? 'Normal',
    'PM State': body.miner === 'running' ? 'Running' : body.miner === 'paused' ? 'Suspend' : 'Starting',
    'Raise Freq Done': true,
    'Tune Status': 'Fine Tuning Done',
    'Error Code': '',
    'PSU Error': '0x00000000',
    'PSU Fan Speed': 4408,
    'PSU Input Power': body.powerW,
    'PSU Input Voltage': 240,
    'Power Limit': body.powerLimitW ?? blueprint.nameplateW,
    Freq: body.frequencyMHz,
    'Chip Voltage': body.coreVoltageMv,
    'Stratum Disconnect': false,
    'Target Ctrl Temp': 70,
    Temp: Math.round(body.chipC - 10),
  }
  for (let slot = 0; slot < blueprint.boardCount; slot++) {
    const of = (name: string): string => `${String(slot)} ${name}`
    stats[of('Online')] = true
    stats[of('Chip Count')] = blueprint.chipsPerBoard
    stats[of('Bad Chip Count')] = 0
    stats[of('SN')] = `${blueprint.serial}-${String(slot)}`
    stats[of('Freq')] = body.frequencyMHz
    stats[of('MHS(Sample)')] = rate / blueprint.boardCount
    stats[of('MHS(Ideal)')] = body.expectedHs / 1e6 / blueprint.boardCount
    for (let sensor = 0; sensor < 4; sensor++)
      stats[of(`Temp ${String(sensor)}`)] = Math.round(body.chipC - 10)
  }
  for (let fan = 0; fan < blueprint.fanCount; fan++) stats[`${String(fan)} Speed`] = body.fanRpm
  return stats
}

function poolsIn(parameter: unknown): BodyPool[] | null {
  try {
    const { pools } = JSON.parse(String(parameter)) as { pools?: unknown }
    if (!Array.isArray(pools) || pools.length === 0) return null
    return (pools as readonly Record<string, unknown>[]).map(({ url, user, pass }) => ({
      url: String(url),
      user: String(user),
      password: String(pass),
    }))
  } catch {
    return null
  }
}
