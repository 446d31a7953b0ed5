/** A practice NerdQAxe: NerdQ before and after it managed its pools by itself. Rig API digest, section 4. */
import { type BootFirmware, type Firmware, type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { joinPoolUrl, splitPoolUrl } from './pool-parts.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

/** 1.0: of mid-2025, figures as text, pools after a restart. 1.1: of 2026, pools at once. */
export type NerdqGeneration = '1.0' | '1.1'

type Members = Readonly<Record<string, unknown>>

interface Entry {
  url: string
  port: number
  user: string
  password: string
  tls: boolean
  protocol: number
  authorityKey: string
}

const VERSIONS: Readonly<Record<NerdqGeneration, string>> = { '1.0': 'v1.0.30', '1.1': 'v1.1.0' }
const PREFIXES = ['stratum', 'fallbackStratum'] as const
const KEYS = ['sv2AuthorityPubkey', 'fallbackSv2AuthorityPubkey'] as const
/** It answers first. */
const GOES_AFTER_RATIO = 0.1
const FREQUENCY_STEPS = [-100, -75, -50, -25, 0, 25, 50]
const VOLTAGE_STEPS = [-50, -25, 0, 25, 50]
const HOME_PAGE =
  '<!doctype html><html><head><title>NerdQAxe++</title></head><body><ngx-app></ngx-app></body></html>'

export function nerdqFirmware(generation: NerdqGeneration): BootFirmware {
  return (body) => new Nerdq(body, generation).firmware
}

class Nerdq {
  readonly #body: RigBody
  readonly #generation: NerdqGeneration
  readonly #entries: readonly [Entry, Entry]
  #fanMode = 2
  #manualFan = 100
  #shutDown = false

  constructor(body: RigBody, generation: NerdqGeneration) {
    this.#body = body
    this.#generation = generation
    this.#entries = [entryOf(body.pools[0]), entryOf(body.pools[1])]
  }

  get firmware(): Firmware {
    return { family: 'nerdq', ports: { http: [80] }, http: (request) => this.#answer(request) }
  }

  #answer({ method, path, body: text, headers }: FirmwareRequest): FirmwareReply {
    switch (`${method} ${path}`) {
      case 'GET /':
        return { headers: { 'content-type': 'text/html' }, body: HOME_PAGE }
      case 'GET /api/system/info':
        return { json: this.#info() }
      case 'GET /api/system/asic':
        return { json: this.#asic() }
      case 'PATCH /api/system':
        if (this.#otp && headers['x-totp'] === undefined && headers['x-otp-session'] === undefined) {
          return { ...plain('OTP required'), status: 401 }
        }
        return this.#patch(text)
      case 'POST /api/system/restart':
        return this.#restart()
      case 'POST /api/system/shutdown':
        this.#shutDown = true
        this.#body.pause()
        return plain('System will shutdown shortly.')
      case 'GET /api/v2/identify':
        return { json: { deviceModel: this.#body.blueprint.model, otp: this.#otp, apActive: false } }
    }
    // Not 404: whatever it does not know leads to its page.
    return { status: 302, headers: { location: '/' }, body: 'Redirect to the captive portal' }
  }

  get #otp(): boolean {
    return this.#body.notes.get('otp') === true
  }

  #info(): Record<string, unknown> {
    const body = this.#body
    const { blueprint, measures } = body
    const rateGhs = measures.hashrateHs() / 1e9
    const counts = measures.counts()
    const chips = blueprint.boardCount * blueprint.chipsPerBoard
    const managed = this.#generation === '1.1'
    const usingFallback = body.activePool === 1
    return {
      asicCount: chips,
      smallCoreCount: Math.round(body.expectedHs / (body.frequencyMHz * 1e6 * chips)),
      deviceModel: blueprint.model,
      hostip: '127.0.0.1',
      macAddr: blueprint.mac.toUpperCase(),
      wifiRSSI: -63,
      power: body.powerW,
      maxPower: Math.ceil(blueprint.nameplateW * 1.5),
      minPower: 5,
      current: Math.round((body.powerW / 12.25) * 1000),
      currentA: body.powerW / 12.25,
      temp: body.chipC,
      vrTemp: body.chipC - 4,
      hashRate: rateGhs,
      hashRate_1m: rateGhs,
      hashRate_10m: rateGhs,
      hashRate_1h: rateGhs,
      hashRate_1d: rateGhs,
      coreVoltage: body.coreVoltageMv,
      defaultCoreVoltage: blueprint.coreVoltageMv,
      coreVoltageActual: body.coreVoltageMv,
      fanspeed: body.fanDutyPercent,
      manualFanSpeed: this.#manualFan,
      fanrpm: body.fanRpm,
      fanrpm2: blueprint.fanCount > 1 ? body.fanRpm : 0,
      fanspeed2: blueprint.fanCount > 1 ? body.fanDutyPercent : 0,
      fanCount: blueprint.fanCount,
      lastpingrtt: 1.29,
      recentpingloss: 0,
      shutdown: this.#shutDown,
      duplicateHWNonces: 0,
      ...(managed
        ? { stratum: this.#connection(usingFallback), fans: this.#fans() }
        : { isStratumConnected: measures.poolAlive() }),
      poolDifficulty: counts.difficulty,
      foundBlocks: 0,
      totalFoundBlocks: 0,
      sharesAccepted: counts.accepted,
      sharesRejected: counts.rejected,
      bestDiff: managed ? counts.bestDifficulty : suffixed(counts.bestDifficulty),
      bestSessionDiff: managed ? counts.bestDifficulty : suffixed(counts.bestDifficulty),
      asicTemps: Array.from({ length: chips }, () => 0),
      pidTargetTemp: 60,
      hostname: blueprint.name,
      ...this.#pools(),
      voltage: 12_250,
      frequency: body.frequencyMHz,
      defaultFrequency: blueprint.frequencyMHz,
      overheat_temp: 70,
      autofanspeed: this.#fanMode,
      otp: this.#otp,
      ASICModel: 'BM1370',
      uptimeSeconds: body.systemUptimeS,
      lastResetReason: 'SYSTEM.RESET_SOFTWARE',
      version: VERSIONS[this.#generation],
    }
  }

  #connection(usingFallback: boolean): unknown {
    const counts = this.#body.measures.counts()
    return {
      poolMode: 0,
      activePoolMode: 0,
      poolBalance: 50,
      usingFallback,
      pools: [
        {
          connected: this.#body.measures.poolAlive(),
          verifyBlocked: '',
          poolDifficulty: counts.difficulty,
          accepted: counts.accepted,
          rejected: counts.rejected,
          pingRtt: 1.29,
          pingLoss: 0,
          bestDiff: counts.bestDifficulty,
        },
      ],
    }
  }

  #fans(): unknown[] {
    const { blueprint, fanRpm, fanDutyPercent } = this.#body
    return Array.from({ length: blueprint.fanCount }, (_, i) => ({
      label: `M${i + 1}`,
      mode: this.#fanMode,
      manualSpeed: this.#manualFan,
      overheatTemp: 70,
      rpm: fanRpm,
      speedPerc: fanDutyPercent,
    }))
  }

  #pools(): Record<string, unknown> {
    return Object.assign(
      {},
      ...this.#entries.map((entry, i) => {
        const prefix = PREFIXES[i] ?? 'stratum'
        return {
          [`${prefix}URL`]: entry.url,
          [`${prefix}Port`]: entry.port,
          [`${prefix}User`]: entry.user,
          [`${prefix}EnonceSubscribe`]: true,
          [`${prefix}TLS`]: entry.tls,
          ...(this.#generation === '1.1'
            ? { [`${prefix}Protocol`]: entry.protocol, [KEYS[i] ?? KEYS[0]]: entry.authorityKey }
            : {}),
        }
      }),
    ) as Record<string, unknown>
  }

  #asic(): Record<string, unknown> {
    const { model, frequencyMHz, coreVoltageMv, boardCount, chipsPerBoard } = this.#body.blueprint
    return {
      ASICModel: 'BM1370',
      deviceModel: model,
      asicCount: boardCount * chipsPerBoard,
      defaultFrequency: frequencyMHz,
      defaultVoltage: coreVoltageMv,
      absMaxFrequency: frequencyMHz + 200,
      absMaxVoltage: coreVoltageMv + 250,
      swarmColor: '#e700d8',
      frequencyOptions: FREQUENCY_STEPS.map((step) => frequencyMHz + step),
      voltageOptions: VOLTAGE_STEPS.map((step) => coreVoltageMv + step),
    }
  }

  #patch(text: string): FirmwareReply {
    let patch: Members
    try {
      patch = JSON.parse(text) as Members
    } catch {
      return { ...plain('Invalid JSON'), status: 400 }
    }
    // Each member only in its own type; anything else is passed over without a word.
    const whole = (member: string, set: (value: number) => void): void => {
      const value = patch[member]
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 65_536) set(value)
    }
    whole('frequency', (value) => (this.#body.frequencyMHz = value))
    whole('coreVoltage', (value) => (this.#body.coreVoltageMv = value))
    whole('autofanspeed', (value) => (this.#fanMode = value))
    whole('manualFanSpeed', (value) => (this.#manualFan = value))
    this.#body.fanPercent = this.#fanMode === 0 ? this.#manualFan : null
    const before = JSON.stringify(this.#entries)
    this.#patchPools(patch, whole)
    if (this.#generation === '1.1' && JSON.stringify(this.#entries) !== before) this.#connectAnew()
    return plain('')
  }

  #patchPools(patch: Members, whole: (member: string, set: (value: number) => void) => void): void {
    for (const [i, entry] of this.#entries.entries()) {
      const prefix = PREFIXES[i] ?? 'stratum'
      const text = (member: string, set: (value: string) => void): void => {
        const value = patch[member]
        if (typeof value === 'string') set(value)
      }
      text(`${prefix}URL`, (value) => (entry.url = value))
      text(`${prefix}User`, (value) => (entry.user = value))
      text(`${prefix}Password`, (value) => (entry.password = value))
      text(KEYS[i] ?? KEYS[0], (value) => (entry.authorityKey = value))
      whole(`${prefix}Port`, (value) => (entry.port = value))
      whole(`${prefix}Protocol`, (value) => (entry.protocol = value))
      const tls = patch[`${prefix}TLS`]
      if (typeof tls === 'boolean') entry.tls = tls
    }
  }

  #loaded(): BodyPool[] {
    return this.#entries
      .filter(({ url }) => url !== '')
      .map(({ url, port, user, password, tls, protocol, authorityKey }) => ({
        url: joinPoolUrl({ host: url, port, sv2: protocol === 1, tls, authorityKey }),
        user,
        password,
      }))
  }

  #connectAnew(): void {
    this.#body.savePools(this.#loaded())
    if (!this.#shutDown) this.#body.restartMiner()
  }

  #restart(): FirmwareReply {
    this.#body.clock.after(this.#body.blueprint.rebootMs * GOES_AFTER_RATIO, () => {
      this.#shutDown = false
      this.#body.savePools(this.#loaded())
      this.#body.reboot()
    })
    return plain('System will restart shortly.')
  }
}

function entryOf(pool: BodyPool | undefined): Entry {
  const { host, port, sv2, tls, authorityKey } = splitPoolUrl(pool?.url ?? '')
  return {
    url: host,
    port,
    user: pool?.user ?? '',
    password: pool?.password ?? 'x',
    tls,
    protocol: sv2 ? 1 : 0,
    authorityKey,
  }
}

function suffixed(value: number): string {
  const suffixes = ['', 'k', 'M', 'G', 'T']
  const power = value < 1000 ? 0 : Math.min(suffixes.length - 1, Math.floor(Math.log10(value) / 3))
  return `${(value / 1000 ** power).toPrecision(3)}${suffixes[power] ?? ''}`
}

function plain(text: string): FirmwareReply {
  return { headers: { 'content-type': 'text/html' }, body: text }
}
