/**
 * What a practice Whatsminer says of its machine, in the words of its first and second API and of its third. The same
 * machine, other units: MH/s and GH/s there, TH/s here. Written from the rig API digest, section 5.7, and the maker's
 * manual of the third generation.
 */
import { type RigBody } from './rig-body.ts'

export type WhatsminerApi = 1 | 2 | 3

/** What a machine gets to hear and keeps, in `RigBody.notes`. */
export const WHATSMINER_NOTES = {
  /** false: its owner lets nobody change it by the API. */
  apiSwitch: 'whatsminer api switch',
  /** true: it says yes to new pools and keeps the old ones, as some firmware does. */
  ignoresPools: 'whatsminer ignores pools',
  /** Numbers of errors that it reports. */
  errors: 'whatsminer errors',
  /** How it lists them: one of `WHATSMINER_ERROR_SHAPES`. */
  errorShape: 'whatsminer error shape',
  /** The name by which the third API knows power modes. */
  powerModeCommand: 'whatsminer power mode command',
} as const

/** As seen in the field; `objects` is how it should be. */
export const WHATSMINER_ERROR_SHAPES = ['objects', 'numbers', 'text', 'object', 'brackets', 'cut'] as const
export type WhatsminerErrorShape = (typeof WHATSMINER_ERROR_SHAPES)[number]

const FIRMWARE: Readonly<Record<WhatsminerApi, string>> = {
  1: '20210322.22.REL',
  2: '20230803.11.REL',
  3: '20251209.16.Rel2',
}
const API: Readonly<Record<WhatsminerApi, string>> = { 1: 'whatsminer v1.4.0', 2: '2.0.5', 3: '3.0.2' }
const CGMINER = 'cgminer 4.9.2'
const AIR_C = 24.5

export class WhatsminerReads {
  readonly #body: RigBody
  readonly #api: WhatsminerApi

  constructor(body: RigBody, api: WhatsminerApi) {
    this.#body = body
    this.#api = api
  }

  get firmwareVersion(): string {
    const { firmwareVersion } = this.#body.blueprint
    return /^20\d{6}/.test(firmwareVersion) ? firmwareVersion : FIRMWARE[this.#api]
  }

  get when(): number {
    return Math.floor(this.#body.clock.nowMs() / 1000)
  }

  /** `M60S_VK40`, as the firmware spells it: with an underscore, and a variant in its last digit. */
  get type(): string {
    return this.#body.blueprint.model
  }

  /* ---- First and second API: what its miner process says ---- */

  summary(): unknown {
    const { blueprint, measures, minerUptimeS, systemUptimeS, powerW, chipC, fanRpm } = this.#body
    const counts = measures.counts()
    const mhs = measures.hashrateHs() / 1e6
    const errors = this.#errors()
    const old: Record<string, unknown> = { 'Error Code Count': errors.length }
    for (const [index, code] of errors.entries()) old[`Error Code ${String(index)}`] = code
    const part = {
      Elapsed: minerUptimeS,
      'MHS av': mhs,
      'MHS 5s': mhs,
      'MHS 1m': mhs,
      'MHS 5m': mhs,
      'MHS 15m': mhs,
      'HS RT': mhs,
      Accepted: counts.accepted,
      Rejected: counts.rejected,
      'Total MH': mhs * minerUptimeS,
      Temperature: Math.max(AIR_C, chipC - 12),
      freq_avg: Math.round(this.#body.frequencyMHz),
      'Fan Speed In': fanRpm,
      'Fan Speed Out': fanRpm,
      Power: Math.round(powerW),
      'Power Rate': mhs === 0 ? 0 : powerW / (mhs / 1e6),
      'Pool Rejected%': 0,
      'Pool Stale%': 0,
      'Last getwork': 0,
      Uptime: systemUptimeS,
      'Hash Stable': this.#body.miner === 'running',
      'Target Freq': Math.round(blueprint.frequencyMHz),
      'Env Temp': AIR_C,
      'Power Mode': capital(this.#powerMode()),
      'Factory GHS': Math.round(blueprint.nameplateHs / 1e9),
      'Power Limit': this.#powerLimitW(),
      'Chip Temp Min': chipC - 6,
      'Chip Temp Max': chipC,
      'Chip Temp Avg': chipC - 3,
      Stale: counts.stale,
      'Best Share': Math.round(counts.bestDifficulty),
      'Found Blocks': 0,
      'Hardware Errors': 0,
      MAC: blueprint.mac.toUpperCase(),
      'Firmware Version': `'${this.firmwareVersion}'`,
      ...(this.#api === 1 ? old : {}),
    }
    return { STATUS: this.#status(11, 'Summary'), SUMMARY: [part], id: 1 }
  }

  devs(): unknown {
    const { blueprint, measures, chipC, fanRpm } = this.#body
    const boards = Array.from({ length: blueprint.boardCount }, (_, slot) => ({
      ASC: slot,
      Name: 'SM',
      ID: slot,
      Slot: slot,
      Enabled: 'Y',
      Status: 'Alive',
      Temperature: Math.max(AIR_C, chipC - 12),
      'Chip Frequency': Math.round(this.#body.frequencyMHz),
      'Fan Speed In': fanRpm,
      'Fan Speed Out': fanRpm,
      'MHS av': measures.hashrateHs() / 1e6 / blueprint.boardCount,
      'MHS 1m': measures.hashrateHs() / 1e6 / blueprint.boardCount,
      Accepted: Math.floor(measures.counts().accepted / blueprint.boardCount),
      Rejected: 0,
      'Hardware Errors': 0,
      'Upfreq Complete': 1,
      'Effective Chips': blueprint.chipsPerBoard,
      'PCB SN': `${blueprint.serial}B${String(slot)}`,
      'Chip Temp Min': chipC - 6,
      'Chip Temp Max': chipC,
      'Chip Temp Avg': chipC - 3,
      'Factory GHS': Math.round(blueprint.nameplateHs / 1e9 / blueprint.boardCount),
    }))
    return { STATUS: this.#status(9, `${String(boards.length)} ASC(s)`), DEVS: boards, id: 1 }
  }

  pools(): unknown {
    const { pools, activePool, measures } = this.#body
    const counts = measures.counts()
    const list = pools.map(({ url, user }, index) => ({
      POOL: index + 1,
      URL: url,
      Status: index !== activePool || measures.poolAlive() ? 'Alive' : 'Dead',
      Priority: index,
      Quota: 1,
      Accepted: index === activePool ? counts.accepted : 0,
      Rejected: index === activePool ? counts.rejected : 0,
      Stale: index === activePool ? counts.stale : 0,
      User: user,
      'Last Share Time': index === activePool ? Math.floor((counts.lastShareAtMs ?? 0) / 1000) : 0,
      'Stratum Active': index === activePool && this.#body.miner === 'running' && measures.poolAlive(),
      'Stratum Difficulty': counts.difficulty,
    }))
    return { STATUS: this.#status(7, `${String(list.length)} Pool(s)`), POOLS: list, id: 1 }
  }

  devdetails(): unknown {
    const boards = Array.from({ length: this.#body.blueprint.boardCount }, (_, slot) => ({
      DEVDETAILS: slot,
      Name: 'SM',
      ID: slot,
      Driver: 'bitmicro',
      Kernel: '',
      Model: this.type,
    }))
    return { STATUS: this.#status(69, 'Device Details'), DEVDETAILS: boards, id: 1 }
  }

  /* ---- First and second API: what its box says ---- */

  status(): unknown {
    const off = String(this.#body.miner === 'paused')
    return this.message(
      this.#api === 1
        ? { btmineroff: off, 'Firmware Version': `'${this.firmwareVersion}'` }
        : {
            mineroff: off,
            mineroff_reason: '',
            mineroff_time: '',
            FirmwareVersion: this.firmwareVersion,
            power_mode: this.#powerMode(),
            power_limit_set: this.#body.powerLimitW === null ? '' : String(this.#body.powerLimitW),
            hash_percent: '0',
          },
    )
  }

  version(): unknown {
    const told = { api_ver: API[this.#api], fw_ver: this.firmwareVersion }
    return this.message(this.#api === 1 ? told : { ...told, platform: 'H616', chip: 'K40' })
  }

  psu(): unknown {
    return this.message({
      name: 'P221B',
      model: 'P221B',
      hw_version: '',
      sw_version: '230224.220429',
      fan_speed: String(this.#body.fanRpm),
    })
  }

  minerInfo(): unknown {
    const { blueprint } = this.#body
    return this.message({
      ip: '127.0.0.1',
      proto: 'dhcp',
      netmask: '255.0.0.0',
      mac: blueprint.mac.toUpperCase(),
      hostname: blueprint.name,
      ledstat: this.#body.locating ? '-' : 'auto',
      minersn: blueprint.serial,
    })
  }

  /** Text, for some of its shapes are no JSON. */
  errorCode(): string {
    const moment = new Date(this.#body.clock.nowMs() - 60_000).toISOString().slice(0, 19).replace('T', ' ')
    const codes = this.#errors()
    const pairs = codes.map((code) => `"${String(code)}":"${moment}"`)
    const head = `{"STATUS":"S","When":${String(this.when)},"Code":131,"Msg":{"error_code":`
    const tail = '},"Description":""}'
    switch (this.#body.notes.get(WHATSMINER_NOTES.errorShape) ?? 'objects') {
      case 'numbers':
        return `${head}${JSON.stringify(codes)}${tail}`
      case 'text':
        return `${head}"${codes.join(',')}"${tail}`
      case 'object':
        return `${head}{${pairs.join(',')}}${tail}`
      case 'brackets':
        return `${head}[${pairs.join(',')}]${tail}`
      case 'cut':
        return `${head}[${pairs.map((pair) => `{${pair}}`).join(',')},{"5${moment.slice(0, 2)}`
      default:
        return `${head}[${pairs.map((pair) => `{${pair}}`).join(',')}]${tail}`
    }
  }

  /** A reply with its status at the top. */
  message(msg: unknown, code = 131): unknown {
    return { STATUS: 'S', When: this.when, Code: code, Msg: msg, Description: this.#api === 1 ? API[1] : '' }
  }

  refusal(msg: string, code: number): unknown {
    return { STATUS: 'E', When: this.when, Code: code, Msg: msg, Description: this.#api === 1 ? API[1] : '' }
  }

  /* ---- Third API ---- */

  /** @param section all of them if absent */
  deviceInfo(salt: string, section: string | null): unknown {
    const { blueprint, miner, fanRpm, locating, notes } = this.#body
    const serials = Array.from({ length: blueprint.boardCount }, (_, slot) => [
      `pcbsn${String(slot)}`,
      `${blueprint.serial}B${String(slot)}`,
    ])
    const moment = new Date(this.#body.clock.nowMs() - 60_000).toISOString().slice(0, 19).replace('T', ' ')
    const errors = this.#errors().map((code) => ({ [code]: moment, reason: 'Practice.' }))
    const sections: Record<string, unknown> = {
      network: { ip: '127.0.0.1', proto: 'dhcp', mac: blueprint.mac.toUpperCase(), hostname: blueprint.name },
      miner: {
        working: String(miner !== 'paused'),
        type: this.type,
        'board-num': String(blueprint.boardCount),
        'miner-sn': blueprint.serial,
        'fast-boot': 'disable',
        'hash-percent': '0',
        ...Object.fromEntries(serials),
      },
      system: {
        api: API[3],
        platform: 'H616',
        fwversion: this.firmwareVersion,
        'control-board-version': 'CB6V10',
        apiswitch: notes.get(WHATSMINER_NOTES.apiSwitch) === false ? '0' : '1',
        ledstatus: locating ? 'manual' : 'auto',
      },
      power: {
        type: 'P221B',
        model: 'P221B',
        mode: String(['low', 'normal', 'high'].indexOf(this.#powerMode())),
        vin: 231.5,
        iin: Math.round((this.#body.powerW / 231.5) * 10) / 10,
        fanspeed: fanRpm,
        sn: `${blueprint.serial}P`,
      },
      salt,
      ...(errors.length === 0 ? {} : { 'error-code': errors }),
    }
    return section === null ? sections : { [section]: sections[section] }
  }

  /** @param part `summary`, `edevs` or `pools`; null for what it does not have */
  minerStatus(part: string): unknown {
    const { blueprint, measures, minerUptimeS, powerW, chipC, fanRpm } = this.#body
    const ths = measures.hashrateHs() / 1e12
    const { boardCount } = blueprint
    const slots = Array.from({ length: boardCount }, (_, slot) => slot)
    if (part === 'summary') {
      return {
        elapsed: minerUptimeS,
        'bootup-time': 30,
        'freq-avg': Math.round(this.#body.frequencyMHz),
        'target-freq': 0,
        'factory-hash': blueprint.nameplateHs / 1e12,
        'hash-average': ths,
        'hash-1min': ths,
        'hash-15min': ths,
        'hash-realtime': ths,
        'power-rate': ths === 0 ? 0 : powerW / ths,
        'power-5min': powerW,
        'power-realtime': powerW,
        'environment-temperature': AIR_C,
        'board-temperature': slots.map(() => Math.max(AIR_C, chipC - 12)),
        'chip-temp-min': chipC - 6,
        'chip-temp-avg': chipC - 3,
        'chip-temp-max': chipC,
        'power-limit': this.#powerLimitW(),
        'up-freq-finish': 1,
        'fan-speed-in': fanRpm,
        'fan-speed-out': fanRpm,
      }
    }
    if (part === 'edevs') {
      return slots.map((id) => ({
        id,
        'hash-average': ths / boardCount,
        'hash-realtime': ths / boardCount,
        'factory-hash': blueprint.nameplateHs / 1e12 / boardCount,
        freq: Math.round(this.#body.frequencyMHz),
        'effective-chips': blueprint.chipsPerBoard,
        'chip-temp-min': chipC - 6,
        'chip-temp-avg': chipC - 3,
        'chip-temp-max': chipC,
        status: 'alive',
      }))
    }
    if (part !== 'pools') return null
    return this.#body.pools.map(({ url, user }, index) => ({
      id: index + 1,
      'pool-priority': index,
      url,
      account: user,
      status: index !== this.#body.activePool || measures.poolAlive() ? 'alive' : 'dead',
      'stratum-active':
        index === this.#body.activePool && this.#body.miner === 'running' && measures.poolAlive(),
    }))
  }

  #powerMode(): string {
    return this.#body.powerMode === '' ? 'normal' : this.#body.powerMode
  }

  #powerLimitW(): number {
    return this.#body.powerLimitW ?? this.#body.blueprint.nameplateW
  }

  #errors(): readonly number[] {
    const errors = this.#body.notes.get(WHATSMINER_NOTES.errors)
    return Array.isArray(errors) ? errors.filter((code): code is number => typeof code === 'number') : []
  }

  #status(code: number, msg: string): unknown {
    return [{ STATUS: 'S', When: this.when, Code: code, Msg: msg, Description: CGMINER }]
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
