/**
 * A practice Avalon: cgminer's RPC on 4028 in the form that its kind understands (the Mini 3 takes text only, the Nano 3S
 * JSON only), and a small web page. New pools and, on the large ones, work modes wait for a reboot; soft-off waits for the
 * second it was set for. Written from the rig API digest, section 5.8, and the maker's manuals and sources of cgminer.
 */
import { type Ask, formatReply, type Form, parseAsk, type Sections } from './avalon-form.ts'
import { type AvalonKind, AvalonSays } from './avalon-says.ts'
import {
  type BootFirmware,
  type Firmware,
  type FirmwareReply,
  type FirmwareRequest,
  HANG_UP,
} from './firmware.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

type Answer = Sections | typeof HANG_UP

const INVALID_COMMAND = 14
const INVALID_JSON = 23
const SET_INFO = 118
const SET_OK = 119
const SET_FAILED = 120
const POOL_REFUSED = 132
const POOL_SET = 133
const POOL_ENTRIES = 3
/** Share of the full clock in each work mode of the home models. */
const MODE_FACTORS = [0.6, 0.8, 1]

/** What `help` lists, in the firmware's order. */
const OPTIONS: Readonly<Record<AvalonKind, readonly string[]>> = {
  a: [
    'help',
    'voltage',
    'fan-spd',
    'led',
    'workmode',
    'setpool',
    'ip',
    'dns',
    'reboot',
    'softon',
    'softoff',
    'frequency',
    'password',
    'restore',
  ],
  q: [
    'help',
    'voltage',
    'fan-spd',
    'lcd',
    'workmode',
    'worklevel',
    'work_mode_lvl',
    'reboot',
    'softon',
    'softoff',
    'filter-clean',
    'frequency',
    'password',
    'time',
  ],
  nano3: ['help', 'led', 'lcd', 'worklevel', 'reboot', 'password'],
  nano3s: [
    'help',
    'voltage',
    'fan-spd',
    'ledmode',
    'ledset',
    'lcd',
    'nightlamp',
    'workmode',
    'worklevel',
    'work_mode_lvl',
    'reboot',
    'filter-clean',
    'frequency',
    'password',
    'qr_auth',
  ],
  mini3: [
    'help',
    'voltage',
    'fan-spd',
    'lcd',
    'workmode',
    'worklevel',
    'work_mode_lvl',
    'reboot',
    'softon',
    'softoff',
    'filter-clean',
    'frequency',
    'password',
  ],
}

/** @param kind a large one of the number in the blueprint's model, or a home model */
export function avalonFirmware(kind: AvalonKind): BootFirmware {
  return (body) => new AvalonFirmware(body, kind)
}

class AvalonFirmware implements Firmware {
  readonly family = 'avalon'
  readonly ports: Firmware['ports'] = { http: [80], rpc: [4028] }
  readonly #body: RigBody
  readonly #kind: AvalonKind
  readonly #says: AvalonSays
  /** Written, and taken at the next start. */
  #nextPools: BodyPool[] | null = null
  #nextMode: string | null = null

  constructor(body: RigBody, kind: AvalonKind) {
    this.#body = body
    this.#kind = kind
    this.#says = new AvalonSays(body, kind)
    body.reboots.on(() => this.#takeWhatWaits())
  }

  http({ path }: FirmwareRequest): FirmwareReply {
    if (path === '/get_minerinfo.cgi' || path === '/get_miner_info.cgi') {
      const { blueprint } = this.#body
      const told = {
        mac: blueprint.mac,
        version: blueprint.firmwareVersion,
        hwtype: this.#says.identity.hardware,
      }
      return {
        headers: { 'content-type': 'text/plain' },
        body: `minerinfoCallback(${JSON.stringify(told)});`,
      }
    }
    if (path !== '/') return { status: 404 }
    const page =
      '<html><head><title>Avalon Device</title></head><body><form action="login.cgi"></form></body></html>'
    return { headers: { 'content-type': 'text/html' }, body: page }
  }

  rpc(request: string): string | typeof HANG_UP {
    const ask = parseAsk(request)
    const only: Form | null = this.#kind === 'mini3' ? 'text' : this.#kind === 'nano3s' ? 'json' : null
    if (ask === null) return formatReply(only ?? 'json', this.#says.status('E', INVALID_JSON, 'Invalid JSON'))
    if (only !== null && ask.form !== only) {
      return formatReply(only, this.#says.status('E', INVALID_COMMAND, 'Invalid command'))
    }
    if (ask.command === 'restart') {
      this.#body.restartMiner()
      return ask.form === 'json' ? '{"STATUS":"RESTART"}\0' : 'RESTART\0'
    }
    if (ask.form === 'json' && ask.command.includes('+')) return this.#joined(ask.command.split('+'))
    const answer = this.#answer(ask)
    return answer === HANG_UP ? HANG_UP : formatReply(ask.form, answer)
  }

  #answer({ command, parameter }: Ask): Answer {
    if (command === 'ascset') return this.#ascset(parameter)
    if (command === 'setpool' && this.#kind !== 'a' && this.#kind !== 'nano3') return this.#setPool(parameter)
    return this.#read(command) ?? this.#says.status('E', INVALID_COMMAND, 'Invalid command')
  }

  #read(command: string): Sections | null {
    switch (command) {
      case 'version':
        return this.#says.version()
      case 'summary':
        return this.#says.summary()
      case 'devs':
        return this.#says.devs()
      case 'devdetails':
        return this.#says.devdetails()
      case 'pools':
        return this.#says.pools()
      case 'stats':
      case 'estats':
        return this.#says.stats()
      case 'litestats':
        return this.#says.litestats()
      default:
        return null
    }
  }

  #joined(commands: readonly string[]): string {
    const parts: Record<string, unknown> = {}
    for (const command of commands) {
      const reply = this.#read(command) ?? this.#says.status('E', INVALID_COMMAND, 'Invalid command')
      parts[command] = [{ ...reply, id: 1 }]
    }
    return `${JSON.stringify({ ...parts, id: 1 })}\0`
  }

  /* ---- ascset ---- */

  #ascset(parameter: string): Answer {
    const [device = '', option = '', ...rest] = parameter.split(',')
    if (device !== '0') return this.#failed('no such device')
    if (!OPTIONS[this.#kind].includes(option)) return this.#failed(`Unknown option: ${option}`)
    const setting = rest.join(',')
    switch (option) {
      case 'help':
        return this.#info(`${OPTIONS[this.#kind].join('|')}|`)
      case 'reboot':
        this.#body.reboot()
        // The Mini 3 is gone before it says so.
        return this.#kind === 'mini3' ? HANG_UP : this.#done()
      case 'led':
        return this.#led(setting)
      case 'workmode':
      case 'worklevel':
        return this.#workMode(option, setting)
      case 'softoff':
      case 'softon':
        return this.#soft(option, setting)
      case 'setpool':
        return this.#setPool(setting)
      default:
        return this.#failed('not in practice')
    }
  }

  #led(setting: string): Sections {
    if (setting === '1-255') return this.#info(`LED[${this.#body.locating ? '1' : '0'}]`)
    if (setting !== '1-0' && setting !== '1-1') return this.#failed('invalid led')
    this.#body.locating = setting === '1-1'
    return this.#done()
  }

  #workMode(option: string, setting: string): Sections {
    if (this.#kind === 'a') {
      if (setting === '255') return this.#info(`WORKMODE[${this.#body.powerMode || '0'}]`)
      if (setting !== '0' && setting !== '1') return this.#failed('invalid workmode')
      this.#nextMode = setting
      return this.#info(`WORKMODE[${setting}]`)
    }
    if (setting === 'get') return this.#info(`${option} ${this.#body.powerMode || '0'}`)
    const [verb, mode = ''] = setting.split(',')
    const factor = MODE_FACTORS[Number(mode)]
    if (verb !== 'set' || mode === '' || factor === undefined) return this.#failed('error:2 parameter error')
    this.#body.powerMode = mode
    this.#body.frequencyMHz = this.#body.blueprint.frequencyMHz * factor
    return this.#done()
  }

  /** `1:<second>`, by its own clock; one that is past is refused. */
  #soft(option: 'softoff' | 'softon', setting: string): Answer {
    const second = Number(/^1:(\d+)$/.exec(setting)?.[1] ?? NaN)
    const delayMs = second * 1000 - this.#body.clock.nowMs()
    if (!(delayMs > 0)) return this.#failed(`invalid ${option} time`)
    this.#body.clock.after(delayMs, () => {
      if (option === 'softoff') this.#body.pause()
      else this.#body.resume()
    })
    // The large ones close without a word when they are woken.
    return option === 'softon' && this.#kind === 'a'
      ? HANG_UP
      : this.#info(`success ${option}:${String(second)}`)
  }

  /* ---- Pools ---- */

  /** `user,pass,index,url,worker,wpass`, the first two of the web page. */
  #setPool(setting: string): Sections {
    const [username, password, index = '', url = '', worker = '', workerPassword = 'x', more] =
      setting.split(',')
    const refuse = (why: string): Sections =>
      this.#kind === 'a' ? this.#failed(why) : this.#says.status('E', POOL_REFUSED, `Pool set error: ${why}`)
    const { blueprint } = this.#body
    if (username !== (blueprint.username ?? 'root')) return refuse('username err')
    if (password !== (this.#body.password ?? 'root')) return refuse('userpass err')
    if (url === '' || worker === '' || more !== undefined) return refuse('we need 5 | 6 arguments')
    const entry = Number(index)
    if (!Number.isInteger(entry) || entry < 0 || entry >= POOL_ENTRIES) {
      return refuse(`pool num must between 0 and 2 , your input is ${index}`)
    }
    this.#nextPools ??= [...this.#body.pools]
    this.#nextPools[entry] = { url, user: worker, password: workerPassword }
    const words = `\npool ${index} success set to ${url}\nworker is ${worker}\nPlease reboot miner to make config work.\n`
    return this.#kind === 'a'
      ? this.#info(words)
      : this.#says.status('S', POOL_SET, `Pool set info: ${words}`)
  }

  #takeWhatWaits(): void {
    if (this.#nextPools !== null) this.#body.savePools(this.#nextPools.filter((pool) => pool !== undefined))
    if (this.#nextMode !== null) {
      this.#body.powerMode = this.#nextMode
      this.#body.frequencyMHz = this.#body.blueprint.frequencyMHz * (this.#nextMode === '1' ? 1 : 0.8)
    }
    this.#nextPools = null
    this.#nextMode = null
  }

  #done(): Sections {
    return this.#says.status('S', SET_OK, 'ASC 0 set OK')
  }

  #info(words: string): Sections {
    return this.#says.status('I', SET_INFO, `ASC 0 set info: ${words}`)
  }

  #failed(why: string): Sections {
    return this.#says.status('E', SET_FAILED, `ASC 0 set failed: ${why}`)
  }
}
