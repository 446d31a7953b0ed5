/**
 * The machine a practice firmware runs on: what a person could touch and measure, the same for every family. State that
 * takes time (a reboot, a restart of the miner) takes time here too, on the clock it was given.
 */
import { type Clock, type Entropy, Listeners, type Timer } from '../../base/index.ts'

export interface BodyPool {
  /** As it was entered, scheme included where there was one. */
  readonly url: string
  readonly user: string
  readonly password: string
}

/** What a machine of this kind is; never changes. */
export interface RigBlueprint {
  /** Host name, and the worker of its first pool entry. */
  readonly name: string
  readonly make: string
  readonly model: string
  readonly firmwareVersion: string
  /** 12 hex digits with colons, lower case. */
  readonly mac: string
  readonly serial: string
  readonly boardCount: number
  readonly chipsPerBoard: number
  readonly fanCount: number
  /** At full work. */
  readonly nameplateHs: number
  readonly nameplateW: number
  readonly frequencyMHz: number
  readonly coreVoltageMv: number
  /** Of its API; null where the firmware has none. */
  readonly username: string | null
  readonly password: string | null
  /** How long it is away after a reboot, and how long its miner is after a restart. */
  readonly rebootMs: number
  readonly restartMs: number
}

/** What a miner process counts, since it started. */
export interface BodyCounts {
  readonly accepted: number
  readonly rejected: number
  readonly stale: number
  readonly lastShareAtMs: number | null
  readonly bestDifficulty: number
  readonly difficulty: number
}

export type BodyPower = 'on' | 'rebooting'
export type BodyMiner = 'running' | 'starting' | 'paused'

/** What the machine tells whoever makes it hash. */
export interface BodyHooks {
  /** Work for this pool from now on; null: stop. */
  onMine(pool: BodyPool | null): void
}

/** Measures that a machine at rest does not have. */
export interface BodyMeasures {
  /** Hashes per second now; 0 while its miner does not run. */
  hashrateHs(): number
  counts(): BodyCounts
  /** Whether the pool it works for is connected. */
  poolAlive(): boolean
}

export interface RigBodyParts {
  readonly blueprint: RigBlueprint
  readonly clock: Clock
  readonly entropy: Entropy
  readonly pools: readonly BodyPool[]
  readonly measures: BodyMeasures
  readonly hooks: BodyHooks
}

const AMBIENT_C = 24
/** Wrong passwords until it refuses everybody, and for how long. */
const LOCK_AFTER = 5
const LOCK_MS = 5 * 60_000

export class RigBody {
  readonly blueprint: RigBlueprint
  readonly clock: Clock
  readonly entropy: Entropy
  readonly measures: BodyMeasures
  /** Saved; those in use are loaded from here when the miner starts. */
  pools: readonly BodyPool[]
  /** Which of `pools` is worked for. */
  activePool = 0
  locating = false
  frequencyMHz: number
  coreVoltageMv: number
  /** null is automatic. */
  fanPercent: number | null = null
  powerLimitW: number | null = null
  /** In the words of its firmware; '' for none. */
  powerMode = ''
  password: string | null
  power: BodyPower = 'on'
  miner: BodyMiner = 'running'
  /** Per family: what only its firmware knows, by key. */
  readonly notes = new Map<string, unknown>()
  /** Told when a reboot begins. */
  readonly reboots = new Listeners<void>()
  readonly #hooks: BodyHooks
  #bootedMs: number
  #minerStartedMs: number
  #timer: Timer | null = null
  #wrongPasswords = 0
  #lockedUntilMs = 0

  constructor({ blueprint, clock, entropy, pools, measures, hooks }: RigBodyParts) {
    this.blueprint = blueprint
    this.clock = clock
    this.entropy = entropy
    this.measures = measures
    this.pools = pools
    this.password = blueprint.password
    this.frequencyMHz = blueprint.frequencyMHz
    this.coreVoltageMv = blueprint.coreVoltageMv
    this.#hooks = hooks
    this.#bootedMs = this.#minerStartedMs = clock.monotonicMs()
  }

  /** Switched on: begins to mine. */
  start(): void {
    this.#hooks.onMine(this.pool)
  }

  /** Switched off for good. */
  stop(): void {
    this.#timer?.cancel()
    this.#hooks.onMine(null)
  }

  get pool(): BodyPool | null {
    return this.pools[this.activePool] ?? null
  }

  get systemUptimeS(): number {
    return Math.floor((this.clock.monotonicMs() - this.#bootedMs) / 1000)
  }

  get minerUptimeS(): number {
    return this.miner === 'running' ? Math.floor((this.clock.monotonicMs() - this.#minerStartedMs) / 1000) : 0
  }

  /** Hashes per second its settings ought to give. */
  get expectedHs(): number {
    const { nameplateHs, frequencyMHz } = this.blueprint
    return nameplateHs * (this.frequencyMHz / frequencyMHz)
  }

  get powerW(): number {
    if (this.power === 'rebooting') return 0
    const { nameplateW, frequencyMHz, coreVoltageMv } = this.blueprint
    if (this.miner !== 'running') return Math.round(nameplateW * 0.05 * 10) / 10
    const scaled = nameplateW * (this.frequencyMHz / frequencyMHz) * (this.coreVoltageMv / coreVoltageMv) ** 2
    return Math.round(Math.min(scaled, this.powerLimitW ?? Infinity) * 10) / 10
  }

  get chipC(): number {
    const { nameplateW } = this.blueprint
    const load = nameplateW === 0 ? 0 : this.powerW / nameplateW
    const cooling = 0.6 + (this.fanDutyPercent / 100) * 0.8
    return Math.round((AMBIENT_C + (38 * load) / cooling) * 10) / 10
  }

  get fanDutyPercent(): number {
    if (this.miner !== 'running') return 20
    return this.fanPercent ?? 55
  }

  get fanRpm(): number {
    return this.power === 'rebooting' ? 0 : Math.round(60 * this.fanDutyPercent)
  }

  /** Percent of hashes that come out wrong: grows when the clock is too fast for the voltage. */
  get hashErrorPercent(): number {
    const { frequencyMHz, coreVoltageMv } = this.blueprint
    const headroom = this.coreVoltageMv / coreVoltageMv - 0.9 * (this.frequencyMHz / frequencyMHz)
    return headroom >= 0.05 ? 0.2 : Math.round((0.2 + (0.05 - headroom) * 120) * 100) / 100
  }

  /** Saves pools; they are worked for from the next start of the miner on. */
  savePools(pools: readonly BodyPool[], activePool = 0): void {
    this.pools = pools
    this.activePool = activePool
  }

  /** Starts the miner process anew. */
  restartMiner(): void {
    this.#away('starting', this.blueprint.restartMs)
  }

  /** Starts the whole machine anew; nothing answers meanwhile. */
  reboot(): void {
    this.power = 'rebooting'
    this.#away('starting', this.blueprint.rebootMs)
    this.reboots.emit()
  }

  pause(): void {
    this.#timer?.cancel()
    this.miner = 'paused'
    this.#hooks.onMine(null)
  }

  resume(): void {
    if (this.miner === 'paused') this.restartMiner()
  }

  /** What a login with this password gives. Counts wrong ones. */
  login(password: string): 'welcome' | 'wrong' | 'locked' {
    const nowMs = this.clock.monotonicMs()
    if (nowMs < this.#lockedUntilMs) return 'locked'
    if (password === (this.password ?? '')) {
      this.#wrongPasswords = 0
      return 'welcome'
    }
    if (++this.#wrongPasswords >= LOCK_AFTER) {
      this.#lockedUntilMs = nowMs + LOCK_MS
      this.#wrongPasswords = 0
    }
    return 'wrong'
  }

  #away(miner: BodyMiner, forMs: number): void {
    this.#timer?.cancel()
    this.miner = miner
    this.#hooks.onMine(null)
    this.#timer = this.clock.after(forMs, () => {
      const nowMs = this.clock.monotonicMs()
      if (this.power === 'rebooting') this.#bootedMs = nowMs
      this.power = 'on'
      this.miner = 'running'
      this.#minerStartedMs = nowMs
      this.#hooks.onMine(this.pool)
    })
  }
}
