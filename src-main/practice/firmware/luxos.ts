/**
 * LuxOS on a practice rig: RPC on 4028. Reading is open to all; changes want the one session there is, which ends a minute
 * after its last use; pools want none. Governing document: rig API digest, section 5.4; docs.luxor.tech; recording of
 * 2025.4.8.
 */
import { toHex } from '../../base/index.ts'
import { answerJoined, envelope, readCommand, type StatusLetter } from './cgminer-tables.ts'
import { type BootFirmware } from './firmware.ts'
import { LuxosPools } from './luxos-pools.ts'
import { luxosProfiles, LuxosReads } from './luxos-reads.ts'
import { type RigBody } from './rig-body.ts'

const SESSION_MS = 60_000
const PAGE = '<!DOCTYPE html><html><head><title>LuxOS</title></head><body>Luxor Firmware</body></html>'

type Status = readonly [StatusLetter, number, string]
interface Answer {
  readonly status: Status
  readonly members?: Readonly<Record<string, unknown>>
}

const yes = (code: number, message: string, members: Answer['members'] = {}): Answer => ({
  status: ['S', code, message],
  members,
})
const no = (message: string, code = 400): Answer => ({ status: ['E', code, message] })

export const luxosFirmware: BootFirmware = (body) => {
  const miner = new LuxosMiner(body)
  return {
    family: 'luxos',
    ports: { http: [80], rpc: [4028] },
    http: ({ path }) =>
      path === '/'
        ? { headers: { 'content-type': 'text/html' }, body: PAGE }
        : { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not Found' },
    rpc: (request) => miner.answer(request),
  }
}

class LuxosMiner {
  readonly #body: RigBody
  readonly #pools: LuxosPools
  readonly #reads: LuxosReads
  #session: { readonly id: string; usedMs: number } | null = null
  /** Its thermal management, which chooses profiles itself. */
  #atm = true

  constructor(body: RigBody) {
    this.#body = body
    this.#pools = new LuxosPools(body)
    this.#reads = new LuxosReads(body, this.#pools, () => this.#atm)
    if (body.powerMode === '') body.powerMode = 'default'
    body.reboots.on(() => (this.#session = null))
  }

  answer(request: string): string {
    const asked = readCommand(request)
    if (asked === null) return this.#envelope(no('Invalid JSON', 23))
    const parameter = typeof asked.parameter === 'string' ? asked.parameter : ''
    return answerJoined(asked.command, (command) => this.#envelope(this.#one(command, parameter)))
  }

  #envelope({ status, members = {} }: Answer): string {
    const { firmwareVersion } = this.#body.blueprint
    return envelope(
      { body: this.#body, description: `LUXminer ${firmwareVersion}-57b389c7` },
      status,
      members,
    )
  }

  #one(command: string, parameter: string): Answer {
    const read = this.#reads.answer(command, parameter)
    if (read !== null) return yes(...read)
    const args = parameter.split(',')
    switch (command) {
      case 'session':
        return yes(319, 'Session information', { SESSION: [{ SessionID: this.#alive()?.id ?? '' }] })
      case 'logon':
        return this.#logOn()
      case 'atm':
        return yes(339, 'ATM configuration values', { ATM: [{ Enabled: this.#atm, TempWindow: 5 }] })
      case 'addgroup':
      case 'removegroup':
      case 'groupquota':
      case 'addpool':
      case 'removepool':
      case 'switchpool':
        return this.#changePools(command, args)
      case 'logoff':
      case 'rebootdevice':
      case 'resetminer':
      case 'curtail':
      case 'ledset':
      case 'profileset':
      case 'frequencyset':
      case 'voltageset':
      case 'fanset':
      case 'atmset':
        return this.#privileged(command, args)
      default:
        return no('Invalid command', 14)
    }
  }

  /* ---- Sessions ---- */

  #alive(): { readonly id: string; usedMs: number } | null {
    const nowMs = this.#body.clock.monotonicMs()
    if (this.#session !== null && nowMs - this.#session.usedMs > SESSION_MS) this.#session = null
    return this.#session
  }

  #logOn(): Answer {
    if (this.#alive() !== null) return no('Another session is active', 402)
    const id = toHex(this.#body.entropy(4))
    this.#session = { id, usedMs: this.#body.clock.monotonicMs() }
    return yes(316, 'Session created', { SESSION: [{ SessionID: id }] })
  }

  #privileged(command: string, [id = '', ...args]: readonly string[]): Answer {
    const session = this.#alive()
    if (session?.id !== id) return no('Invalid session', 401)
    session.usedMs = this.#body.clock.monotonicMs()
    switch (command) {
      case 'logoff':
        this.#session = null
        return yes(317, 'Session terminated')
      case 'rebootdevice':
        this.#session = null
        this.#body.reboot()
        return yes(318, 'Device rebooting')
      case 'resetminer':
        this.#session = null
        this.#body.restartMiner()
        return yes(320, 'Resetting miner')
      case 'curtail':
        return this.#curtail(args[0])
      case 'ledset':
        return this.#light(args[0], args[1])
      case 'profileset':
        return this.#profile(args[0])
      case 'fanset':
        return this.#fan(args)
      case 'atmset':
        return this.#setAtm(args)
      default:
        return this.#setBoard(command === 'frequencyset' ? 'frequency' : 'voltage', args)
    }
  }

  /* ---- Changes ---- */

  #curtail(action: string | undefined): Answer {
    if (action === 'sleep') this.#body.pause()
    else if (action === 'wakeup') this.#body.resume()
    else return no('Invalid action')
    return yes(335, 'Curtailment command sent', {
      CURTAIL: [{ Action: action === 'sleep' ? 'sleep mode' : 'wake up' }],
    })
  }

  #light(color: string | undefined, state: string | undefined): Answer {
    if (color !== 'red' && color !== 'green') return no('Invalid LED color')
    if (state === undefined || !['on', 'off', 'blink', 'auto'].includes(state)) return no('Invalid LED state')
    if (color === 'red') this.#body.locating = state === 'blink'
    return yes(333, 'LED set', { LED: [{ Color: color, State: state }] })
  }

  #profile(name: string | undefined): Answer {
    const profile = luxosProfiles(this.#body).find((each) => each.name === name)
    if (profile === undefined) return no('Profile not found', 322)
    if (this.#atm) return no('ATM is enabled', 341)
    this.#body.powerMode = profile.name
    this.#body.frequencyMHz = profile.frequencyMHz
    this.#body.coreVoltageMv = profile.voltageMv
    return yes(321, 'Profile Set', { PROFILE: [{ Board: 0, Profile: profile.name }] })
  }

  #setBoard(what: 'frequency' | 'voltage', [boardText = '', valueText = '']: readonly string[]): Answer {
    const board = Number(boardText)
    const value = Number(valueText)
    if (this.#body.miner === 'paused') return no('Miner is in sleep mode', 336)
    if (!Number.isInteger(board) || board < 0 || board >= this.#body.blueprint.boardCount)
      return no('Invalid board')
    if (!(value > 0)) return no('Invalid value')
    if (what === 'frequency') {
      this.#body.frequencyMHz = value
      return yes(302, 'Set Frequency', { RAMP: [{ Board: board, Frequency: value, FrequencyStep: 5 }] })
    }
    this.#body.coreVoltageMv = Math.round(value * 1000)
    return yes(306, 'Set Voltage', { VOLTAGE: [{ Board: board, Voltage: value }] })
  }

  #fan(options: readonly string[]): Answer {
    for (const option of options) {
      const [key, value = ''] = option.split('=')
      const number = Number(value)
      if (key !== 'speed') continue
      if (!Number.isInteger(number) || number < -1 || number > 100) return no('Invalid fan speed')
      this.#body.fanPercent = number === -1 ? null : number
    }
    return yes(331, 'Fan set')
  }

  #setAtm(options: readonly string[]): Answer {
    for (const option of options) {
      const [key, value] = option.split('=')
      if (key === 'enabled') this.#atm = value === 'true'
    }
    return yes(340, 'ATM configuration set', { ATM: [{ Enabled: this.#atm }] })
  }

  #changePools(command: string, args: readonly string[]): Answer {
    const problem = this.#pools.change(command, args)
    return problem === null ? yes(55, `${command} done`) : no(problem, 8)
  }
}
