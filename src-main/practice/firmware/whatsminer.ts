/**
 * A practice Whatsminer: its RPC on 4028, its frames on 4433 where it is of the third generation, and a web page that only
 * sends visitors to TLS. Changes take the time of a restart; while its miner process is away, the port answers for it that
 * nobody is at home. Written from the rig API digest, section 5.7, and the maker's manual of the third generation.
 */
import {
  type BootFirmware,
  type Firmware,
  type FirmwareReply,
  type FirmwareRequest,
  HANG_UP,
} from './firmware.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'
import { WhatsminerGuard } from './whatsminer-guard.ts'
import { WHATSMINER_NOTES, type WhatsminerApi, WhatsminerReads } from './whatsminer-reads.ts'

type Members = Readonly<Record<string, unknown>>
type Answer = string | typeof HANG_UP

const INVALID_COMMAND = 14
const INVALID_JSON = 23
const JOIN_REFUSED = 45
const TOKEN_GIVEN = 134
const TOKEN_WRONG = 135
const TOO_MANY_TOKENS = 136
const NOBODY_HOME = 'Socket connect failed: Connection refused\n'
const POWER_FACTORS: Readonly<Record<string, number>> = { low: 0.8, normal: 1, high: 1.1 }
/** Replies of its third API. */
const FAIL = -1
const INVALID_COMMAND_V3 = -2
const INVALID_ITEM = -3
const NO_PERMISSION = -4

/** @param generation which API its firmware speaks; the third keeps the reads of the second */
export function whatsminerFirmware(generation: WhatsminerApi): BootFirmware {
  return (body) => new WhatsminerFirmware(body, generation)
}

class WhatsminerFirmware implements Firmware {
  readonly family = 'whatsminer'
  readonly ports: Firmware['ports']
  readonly #body: RigBody
  readonly #generation: WhatsminerApi
  readonly #reads: WhatsminerReads
  readonly #guard: WhatsminerGuard

  constructor(body: RigBody, generation: WhatsminerApi) {
    this.#body = body
    this.#generation = generation
    this.#reads = new WhatsminerReads(body, generation)
    this.#guard = new WhatsminerGuard(body)
    const usual = { http: [80], https: [443], rpc: [4028] }
    this.ports = generation === 3 ? { ...usual, frames: [4433] } : usual
  }

  http({ tls, headers }: FirmwareRequest): FirmwareReply {
    if (!tls) return { status: 307, headers: { location: `https://${headers.host ?? 'rig'}/` } }
    const page = '<html><head><meta http-equiv="refresh" content="0; URL=/cgi-bin/luci" /></head></html>'
    return { status: 200, headers: { 'content-type': 'text/html' }, body: page }
  }

  /* ---- First and second API ---- */

  rpc(request: string): Answer {
    const members = parse(request)
    if (members === null) return JSON.stringify(this.#reads.refusal('invalid json', INVALID_JSON))
    if (members['enc'] === 1 && typeof members['data'] === 'string') return this.#encrypted(members['data'])
    const command = commandOf(members)
    if (command === 'get_token') return this.#giveToken()
    if (command.includes('+')) return this.#joined(command.split('+'))
    const reply = this.#read(command)
    if (reply !== null) return reply
    return JSON.stringify(
      isChange(command)
        ? this.#reads.refusal("can't access write cmd", JOIN_REFUSED)
        : this.#reads.refusal('invalid cmd', INVALID_COMMAND),
    )
  }

  #giveToken(): string {
    const token = this.#guard.giveToken()
    return JSON.stringify(
      token === null
        ? this.#reads.refusal('over max connect', TOO_MANY_TOKENS)
        : this.#reads.message(token, TOKEN_GIVEN),
    )
  }

  /** @returns null for what is no read */
  #read(command: string): string | null {
    const fromMiner = this.#readMiner(command)
    if (fromMiner !== null) return this.#isMinerAway ? NOBODY_HOME : `${JSON.stringify(fromMiner)}\0`
    switch (command) {
      case 'status':
        return JSON.stringify(this.#reads.status())
      case 'get_version':
      case 'version':
        return JSON.stringify(this.#reads.version())
      case 'get_psu':
        return JSON.stringify(this.#reads.psu())
      case 'get_miner_info':
        return JSON.stringify(this.#reads.minerInfo())
      case 'get_error_code':
        return this.#generation === 1 ? null : this.#reads.errorCode()
      default:
        return null
    }
  }

  #readMiner(command: string): unknown {
    switch (command) {
      case 'summary':
        return this.#reads.summary()
      case 'devs':
        return this.#reads.devs()
      case 'edevs':
        return this.#generation === 1 ? null : this.#reads.devs()
      case 'pools':
        return this.#reads.pools()
      case 'devdetails':
        return this.#reads.devdetails()
      default:
        return null
    }
  }

  get #isMinerAway(): boolean {
    return this.#body.miner === 'starting'
  }

  /** Only what its miner process answers can be joined. */
  #joined(commands: readonly string[]): string {
    if (this.#isMinerAway) return NOBODY_HOME
    const parts: Record<string, unknown> = {}
    for (const command of commands) {
      const reply = this.#readMiner(command)
      if (reply === null) return JSON.stringify(this.#reads.refusal('command join err', JOIN_REFUSED))
      parts[command] = [reply]
    }
    return `${JSON.stringify({ ...parts, id: 1 })}\0`
  }

  #encrypted(data: string): Answer {
    const members = parse(this.#guard.open(data) ?? '')
    if (members === null) return JSON.stringify(this.#reads.refusal('enc json load err', INVALID_JSON))
    const answer = this.#signed(members)
    return answer === HANG_UP ? HANG_UP : JSON.stringify({ enc: this.#guard.seal(JSON.stringify(answer)) })
  }

  #signed(members: Members): unknown {
    if (!this.#guard.isOutstanding(members['token']))
      return this.#reads.refusal('check token err', TOKEN_WRONG)
    const command = commandOf(members)
    if (!isChange(command))
      return parse(this.#read(command) ?? '') ?? this.#reads.refusal('invalid cmd', INVALID_COMMAND)
    if (this.#body.notes.get(WHATSMINER_NOTES.apiSwitch) === false) {
      return this.#reads.refusal("can't access write cmd", JOIN_REFUSED)
    }
    return this.#change(command, members)
  }

  #change(command: string, members: Members): unknown {
    const done = (): unknown => this.#reads.message('API command OK')
    switch (command) {
      case 'update_pools':
        this.#takePools(
          ['1', '2', '3'].map((n) => ({
            url: text(members[`pool${n}`]),
            user: text(members[`worker${n}`]),
            password: text(members[`passwd${n}`]),
          })),
        )
        return done()
      case 'restart_btminer':
        this.#body.restartMiner()
        return done()
      case 'reboot':
        this.#body.reboot()
        return done()
      case 'power_off':
        this.#body.pause()
        return done()
      case 'power_on':
        this.#body.resume()
        return done()
      case 'set_led':
        this.#body.locating = members['param'] !== 'auto'
        return done()
      case 'adjust_power_limit':
        if (this.#generation === 1) return this.#reads.refusal('invalid cmd', INVALID_COMMAND)
        return this.#limitPower(Number(members['power_limit']))
          ? done()
          : this.#reads.refusal('API command ERROR', 132)
      case 'set_low_power':
      case 'set_normal_power':
      case 'set_high_power':
        this.#setPowerMode(command.slice('set_'.length, -'_power'.length))
        return HANG_UP
      default:
        return this.#reads.refusal('invalid cmd', INVALID_COMMAND)
    }
  }

  /* ---- Third API ---- */

  frame(request: string): string {
    const members = parse(request)
    if (members === null) return this.#say('', INVALID_ITEM, 'invalid json')
    const cmd = text(members['cmd'])
    const { param } = members
    if (cmd === 'get.device.info') {
      const section = typeof param === 'string' && param !== '' ? param : null
      return this.#say(cmd, 0, this.#reads.deviceInfo(this.#guard.salt, section))
    }
    if (cmd === 'get.miner.status') return this.#minerStatus(cmd, text(param))
    if (!cmd.startsWith('set.')) return this.#say(cmd, INVALID_COMMAND_V3, 'invalid command')
    const digest = this.#guard.checkSignature(cmd, members['ts'], members['token'])
    const isAllowed = this.#body.notes.get(WHATSMINER_NOTES.apiSwitch) !== false
    const isAccount = ['super', 'user1', 'user2', 'user3'].includes(text(members['account']))
    if (digest === null || !isAllowed || !isAccount) return this.#say(cmd, NO_PERMISSION, 'no permission')
    return this.#set(cmd, param, digest)
  }

  #minerStatus(cmd: string, param: string): string {
    if (this.#isMinerAway) return this.#say(cmd, FAIL, 'btminer is not running')
    const parts: Record<string, unknown> = {}
    for (const part of param.split('+')) {
      const status = this.#reads.minerStatus(part)
      if (status === null) return this.#say(cmd, INVALID_ITEM, 'invalid json item')
      parts[part] = status
    }
    return this.#say(cmd, 0, parts)
  }

  #set(cmd: string, param: unknown, digest: Buffer): string {
    const done = (): string => this.#say(cmd, 0, 'ok')
    const invalid = (): string => this.#say(cmd, INVALID_ITEM, 'invalid json item')
    const powerModeCommand = this.#body.notes.get(WHATSMINER_NOTES.powerModeCommand) ?? 'set.miner.power_mode'
    switch (cmd) {
      case 'set.miner.pools': {
        const list = parseList(WhatsminerGuard.open(text(param), digest) ?? '')
        if (list === null || list.length > 3) return invalid()
        this.#takePools(
          list.map(({ pool, worker, passwd }) => ({
            url: text(pool),
            user: text(worker),
            password: text(passwd),
          })),
        )
        return done()
      }
      case 'set.miner.service':
        return this.#service(text(param)) ? done() : invalid()
      case 'set.system.reboot':
        this.#body.reboot()
        return done()
      case 'set.system.led':
        if (param !== 'auto' && !Array.isArray(param)) return invalid()
        this.#body.locating = param !== 'auto'
        return done()
      case 'set.miner.power_limit':
        return this.#limitPower(Number(param)) ? done() : invalid()
      case powerModeCommand:
        if (POWER_FACTORS[text(param)] === undefined) return invalid()
        this.#setPowerMode(text(param))
        return done()
      default:
        return this.#say(cmd, INVALID_COMMAND_V3, 'invalid command')
    }
  }

  #service(action: string): boolean {
    if (action === 'restart') this.#body.restartMiner()
    else if (action === 'stop') this.#body.pause()
    else if (action === 'start') this.#body.resume()
    else return false
    return true
  }

  #say(desc: string, code: number, msg: unknown): string {
    return JSON.stringify({ code, when: this.#reads.when, msg, desc })
  }

  /* ---- What both do ---- */

  #takePools(pools: readonly BodyPool[]): void {
    if (this.#body.notes.get(WHATSMINER_NOTES.ignoresPools) === true) return
    this.#body.savePools(pools.filter(({ url }) => url !== ''))
    this.#body.restartMiner()
  }

  /** It takes no more than its model does, and starts anew for it. */
  #limitPower(watts: number): boolean {
    if (!Number.isFinite(watts) || watts <= 0) return false
    this.#body.powerLimitW = Math.min(watts, this.#body.blueprint.nameplateW)
    this.#body.restartMiner()
    return true
  }

  #setPowerMode(mode: string): void {
    this.#body.powerMode = mode
    this.#body.frequencyMHz = this.#body.blueprint.frequencyMHz * (POWER_FACTORS[mode] ?? 1)
    this.#body.restartMiner()
  }
}

function parse(json: string): Members | null {
  try {
    const value: unknown = JSON.parse(json.replace(/\0+$/, ''))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null
  } catch {
    return null
  }
}

function parseList(json: string): Members[] | null {
  const wrapped = parse(`{"list":${json}}`)
  const list = wrapped?.['list']
  return Array.isArray(list)
    ? list.filter((item): item is Members => typeof item === 'object' && item !== null)
    : null
}

function commandOf(members: Members): string {
  return text(members['cmd'] ?? members['command'])
}

function isChange(command: string): boolean {
  return /^(?:update_|restart_|reboot$|power_o|set_|adjust_|net_config|factory_reset|enable_|disable_)/.test(
    command,
  )
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
