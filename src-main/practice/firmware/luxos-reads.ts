/** What LuxOS on a practice rig tells. Governing document: rig API digest, section 5.4; recording of 2025.4.8. */
import { type LuxosPools } from './luxos-pools.ts'
import { type RigBody } from './rig-body.ts'

/** Code, message, members. */
type Read = readonly [number, string, Readonly<Record<string, unknown>>]

export interface LuxosProfile {
  readonly name: string
  readonly step: number
  readonly frequencyMHz: number
  readonly voltageMv: number
}

const LOWEST_STEP = -8
const HIGHEST_STEP = 4
/** Of frequency, and of voltage, by step. */
const FREQUENCY_STEP_RATIO = 0.05
const VOLTAGE_STEP_RATIO = 0.012
const INTAKE_C = 27

/** From half its usual clock to a fifth above it. */
export function luxosProfiles({ blueprint }: RigBody): LuxosProfile[] {
  return Array.from({ length: HIGHEST_STEP - LOWEST_STEP + 1 }, (_, index) => {
    const step = LOWEST_STEP + index
    const frequencyMHz = Math.round(blueprint.frequencyMHz * (1 + step * FREQUENCY_STEP_RATIO))
    return {
      name: step === 0 ? 'default' : `${String(frequencyMHz)}MHz`,
      step,
      frequencyMHz,
      voltageMv: Math.round(blueprint.coreVoltageMv * (1 + step * VOLTAGE_STEP_RATIO)),
    }
  })
}

export class LuxosReads {
  readonly #body: RigBody
  readonly #pools: LuxosPools
  readonly #isAtmOn: () => boolean

  constructor(body: RigBody, pools: LuxosPools, isAtmOn: () => boolean) {
    this.#body = body
    this.#pools = pools
    this.#isAtmOn = isAtmOn
  }

  /** null for what is no read. */
  answer(command: string, parameter: string): Read | null {
    const body = this.#body
    const { blueprint } = body
    switch (command) {
      case 'version':
        return [22, 'LUXminer versions', { VERSION: [this.#version()] }]
      case 'config':
        return [33, 'LUXminer config', { CONFIG: [this.#config()] }]
      case 'summary':
        return [11, 'Summary', { SUMMARY: [this.#summary()] }]
      case 'stats':
        return [70, 'LUXminer stats', { STATS: [this.#version(), this.#stats()] }]
      case 'devs':
        return [9, `${String(blueprint.boardCount)} ASC(s)`, { DEVS: this.#devs() }]
      case 'pools':
        return [7, `${String(this.#pools.pools.length)} Pool(s)`, { POOLS: this.#poolEntries() }]
      case 'groups':
        return [
          49,
          'Groups',
          {
            GROUPS: this.#pools.groups.map(({ id, name, quota }) => ({
              GROUP: id,
              Name: name,
              Quota: quota,
            })),
          },
        ]
      case 'fans':
        return [202, `${String(blueprint.fanCount)} Fan(s)`, this.#fans()]
      case 'temps':
        return [201, `${String(blueprint.boardCount)} Temp(s)`, this.#temps()]
      case 'tempctrl': {
        const mode = body.fanPercent === null ? 'Automatic' : 'Manual'
        return [
          329,
          'Temperature control',
          { TEMPCTRL: [{ Mode: mode, Target: 60, Hot: 75, Dangerous: 80 }] },
        ]
      }
      case 'power':
        return [311, 'Power usage', { POWER: [{ PSU: false, Watts: Math.round(body.powerW) }] }]
      case 'profiles':
        return [323, 'List profiles', { PROFILES: this.#profiles() }]
      case 'events':
        return [357, 'Miner Events', { EVENTS: this.#events() }]
      case 'voltageget':
        return [
          307,
          'Get Voltage',
          { VOLTAGE: [{ Board: Number(parameter), Voltage: body.coreVoltageMv / 1000 }] },
        ]
      case 'healthchipget':
        return [314, 'Health Chip Get', { CHIPS: this.#chips(Number(parameter)) }]
      default:
        return null
    }
  }

  get #rateGhs(): number {
    return this.#body.measures.hashrateHs() / 1e9
  }

  /** Of one board, in °C. */
  get #exhaustC(): number {
    return Math.round(this.#body.chipC)
  }

  #version(): Record<string, unknown> {
    const { make, model, firmwareVersion } = this.#body.blueprint
    return {
      API: '3.7',
      CompileTime: 'Tue Apr  8 22:05:35 UTC 2025',
      LUXminer: `${firmwareVersion}-57b389c7`,
      Miner: firmwareVersion,
      Type: `${make} ${model}`,
    }
  }

  #config(): Record<string, unknown> {
    const body = this.#body
    const { make, model, mac, serial, name, boardCount, nameplateHs } = body.blueprint
    return {
      'ASC Count': boardCount,
      ControlBoardType: 'cvitek',
      Cooling: 'Air',
      CurtailMode: body.miner === 'paused' ? 'Sleep' : 'None',
      DHCP: true,
      GreenLed: 'auto',
      Hostname: name,
      IsAtmEnabled: this.#isAtmOn(),
      IsPowerSupplyOn: body.miner !== 'paused',
      IsSingleVoltage: true,
      IsTuning: false,
      MACAddr: mac,
      Model: `${make} ${model}`,
      NameplateTHS: nameplateHs / 1e12,
      OS: 'LuxOS',
      'Pool Count': this.#pools.pools.length,
      Profile: body.powerMode,
      RedLed: body.locating ? 'blink' : 'auto',
      SerialNumber: serial,
      Strategy: 'Failover',
      SystemStatus: 'Normal',
    }
  }

  #summary(): Record<string, unknown> {
    const { measures, minerUptimeS } = this.#body
    const { accepted, rejected, stale, bestDifficulty, difficulty } = measures.counts()
    const windows = ['5s', '1m', '5m', '15m', '30m', '24h', 'av'].map((window) => [
      `GHS ${window}`,
      this.#rateGhs,
    ])
    return {
      Accepted: accepted,
      'Best Share': bestDifficulty,
      'Device Hardware%': this.#body.hashErrorPercent,
      'Difficulty Accepted': accepted * difficulty,
      Elapsed: minerUptimeS,
      'Found Blocks': 0,
      ...Object.fromEntries(windows),
      'Hardware Errors': 0,
      Rejected: rejected,
      Stale: stale,
    }
  }

  #stats(): Record<string, unknown> {
    const body = this.#body
    const { boardCount, chipsPerBoard, fanCount, mac, firmwareVersion } = body.blueprint
    const stats: Record<string, unknown> = {
      Elapsed: body.minerUptimeS,
      'GHS 5s': this.#rateGhs,
      'GHS av': this.#rateGhs,
      ID: 'BTM_SOC0',
      Mode: 2,
      STATS: 0,
      fan_num: fanCount,
      frequency: body.frequencyMHz,
      miner_count: boardCount,
      miner_id: mac.replaceAll(':', ''),
      miner_version: firmwareVersion,
      rate_unit: 'GH',
      temp_max: this.#exhaustC,
      total_rateideal: body.expectedHs / 1e9,
    }
    const chips = ' oooo'
      .repeat(Math.ceil(chipsPerBoard / 4))
      .slice(0, chipsPerBoard + Math.ceil(chipsPerBoard / 4))
    const sides = `${String(this.#exhaustC)}-${String(INTAKE_C)}-${String(INTAKE_C)}-${String(this.#exhaustC)}`
    // A board more is always listed, as its controller has the sockets.
    for (let n = 1; n <= boardCount + 1; n++) {
      const isThere = n <= boardCount
      stats[`chain_acn${String(n)}`] = isThere ? chipsPerBoard : 0
      stats[`chain_acs${String(n)}`] = isThere ? chips : ''
      stats[`chain_hw${String(n)}`] = 0
      stats[`chain_rate${String(n)}`] = isThere ? String(this.#rateGhs / boardCount) : '0'
      stats[`freq${String(n)}`] = isThere ? body.frequencyMHz : 0
      for (const name of ['temp_chip', 'temp_pcb', 'temp_pic']) {
        stats[`${name}${String(n)}`] = isThere ? sides : '0-0-0-0'
      }
    }
    for (let n = 1; n <= fanCount; n++) stats[`fan${String(n)}`] = body.fanRpm
    return stats
  }

  /** The last one first: the order is nobody's promise. */
  #devs(): Record<string, unknown>[] {
    const body = this.#body
    const { boardCount, serial } = body.blueprint
    const mhs = (this.#rateGhs * 1000) / boardCount
    const windows = ['5s', '1m', '5m', '15m', '30m', '60m', 'av'].map((window) => [`MHS ${window}`, mhs])
    return Array.from({ length: boardCount }, (_, index) => boardCount - 1 - index).map((asc) => ({
      ASC: asc,
      ID: asc,
      Board: 'BHB56903',
      Connector: `J${String(7 + asc)}`,
      Enabled: 'Y',
      'Hardware Errors': 0,
      IsRamping: body.miner === 'starting',
      IsUserShutdown: false,
      ...Object.fromEntries(windows),
      'Nominal MHS': body.expectedHs / 1e6 / boardCount,
      Profile: body.powerMode,
      SerialNumber: `${serial}B${String(asc)}`,
      Status: 'Alive',
      Temperature: body.miner === 'paused' ? INTAKE_C : this.#exhaustC,
    }))
  }

  #poolEntries(): Record<string, unknown>[] {
    const { measures, miner, clock, minerUptimeS } = this.#body
    const { accepted, rejected, stale, difficulty, lastShareAtMs } = measures.counts()
    return this.#pools.pools.map(({ pool: { url, user }, groupId, active }, index) => {
      const agoS = active && lastShareAtMs !== null ? (clock.nowMs() - lastShareAtMs) / 1000 : minerUptimeS
      const works = active && miner === 'running'
      return {
        Accepted: active ? accepted : 0,
        AsicBoost: true,
        GROUP: groupId,
        'Last Share Time': clockText(agoS),
        POOL: index,
        Priority: index,
        Quota: 1,
        Rejected: active ? rejected : 0,
        Stale: active ? stale : 0,
        Status: !active || measures.poolAlive() ? 'Alive' : 'Dead',
        'Stratum Active': works,
        'Stratum Difficulty': active ? difficulty : 0,
        'Stratum URL': url.replace(/^[a-z0-9+]+:\/\//, ''),
        URL: url,
        User: user,
      }
    })
  }

  #fans(): Record<string, unknown> {
    const { blueprint, fanRpm, fanDutyPercent } = this.#body
    return {
      FANCTRL: [{ MinFans: 1, PowerOffSpeed: 20 }],
      FANS: Array.from({ length: blueprint.fanCount }, (_, ID) => ({
        FAN: `FAN${String(ID + 1)}`,
        ID,
        RPM: fanRpm,
        Speed: fanDutyPercent,
      })),
    }
  }

  #temps(): Record<string, unknown> {
    const label = (Label: string, Position: readonly number[]): object => ({ Label, Position })
    return {
      METADATA: [
        {
          BottomLeft: label('Board Exhaust (bottom)', [1, 0]),
          BottomRight: label('Board Intake (bottom)', [1, 1]),
          TopLeft: label('Board Exhaust (top)', [0, 0]),
          TopRight: label('Board Intake (top)', [0, 1]),
        },
      ],
      TEMPS: Array.from({ length: this.#body.blueprint.boardCount }, (_, ID) => ({
        ID,
        TEMP: ID,
        BottomLeft: this.#exhaustC,
        BottomRight: INTAKE_C,
        TopLeft: this.#exhaustC,
        TopRight: INTAKE_C,
      })),
    }
  }

  #profiles(): Record<string, unknown>[] {
    const { frequencyMHz, coreVoltageMv, nameplateHs, nameplateW } = this.#body.blueprint
    return luxosProfiles(this.#body).map((profile) => ({
      Frequency: profile.frequencyMHz,
      Hashrate: (nameplateHs * (profile.frequencyMHz / frequencyMHz)) / 1e12,
      IsDynamic: true,
      IsTuned: false,
      'Profile Name': profile.name,
      Step: String(profile.step),
      Voltage: profile.voltageMv / 1000,
      Watts: Math.round(
        nameplateW * (profile.frequencyMHz / frequencyMHz) * (profile.voltageMv / coreVoltageMv) ** 2,
      ),
    }))
  }

  #events(): Record<string, unknown>[] {
    const { miner, clock } = this.#body
    if (miner === 'running') return []
    const CreatedAt = new Date(clock.nowMs()).toISOString()
    return miner === 'paused'
      ? [{ Code: 'SLEEP', CreatedAt, Description: 'Miner is in Sleep mode.', Target: 'MINER' }]
      : [
          {
            Code: 'REBOOT_SYSINIT',
            CreatedAt,
            Description: 'Board reboot due to system initialization.',
            ID: 0,
            Target: 'BOARD',
          },
        ]
  }

  #chips(board: number): Record<string, unknown>[] {
    const { blueprint, frequencyMHz } = this.#body
    const ghs = this.#rateGhs / (blueprint.boardCount * blueprint.chipsPerBoard)
    return Array.from({ length: blueprint.chipsPerBoard }, (_, Chip) => ({
      Board: board,
      Chip,
      Frequency: frequencyMHz,
      'GHS 15m': ghs,
      'GHS 1m': ghs,
      Healthy: ghs > 0 ? 'Y' : 'Unknown',
      IsChecking: false,
    }))
  }
}

/** `00:57:33` */
function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}
