/**
 * One device from the moment it is seen: what it is, who looks after its power, and whether it mines. The safety thread
 * comes first, always; the mining thread gets a board only when its model is known and it is to run. Steps of one
 * device never overlap, and what is unplugged meanwhile ends them.
 */
import { type Clock, errorText, HeadframeError, type Logger, type Timer } from '../base/index.ts'
import {
  type AttachedDevice,
  type AttachOutcome,
  type BoardModel,
  type BoardSettings,
  checkSettings,
  defaultSettings,
  findBoardModel,
  knownBoards,
  matchBoard,
  type PortAddress,
  type SafetyEvent,
  type SafetyView,
} from '../drivers/index.ts'
import { type DeviceDetail, type DeviceEvent } from '../../src-preload/contract/index.ts'
import { type DeviceRecord } from '../settings/index.ts'
import { type DeviceBook } from './device-book.ts'
import { type ChainOrder, type ChainStatus } from './device-chains.ts'
import { choicesOf, expectedOf, type KnownDevice, nameOf } from './device-views.ts'
import { type MiningProcedures } from './mining-service.ts'
import { type SafetyProcedures } from './safety-service.ts'
import { type ThreadClient } from './thread-link.ts'

export interface DeviceKeeperParts {
  readonly clock: Clock
  readonly log: Logger
  readonly book: DeviceBook
  readonly safety: Pick<ThreadClient<SafetyProcedures>, 'call'>
  readonly mining: Pick<ThreadClient<MiningProcedures>, 'call'>
  /** Something that it shows changed. */
  onChange(): void
  /** A person should see this wherever he is. */
  tell(severity: 'warning' | 'error', title: string, detail: string): void
}

/** Waits before a board that could not be set up is tried again, milliseconds (asic-serial 8.6). */
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const
const RECENT_PERIOD_MS = 10_000
const RECENT_POINTS = 60
const NOTICES_KEPT = 30

type Recent = DeviceDetail['recent'][number]

export class DeviceKeeper implements KnownDevice {
  readonly key: string
  record: DeviceRecord
  attached: AttachedDevice | null = null
  lastAttached: AttachedDevice
  match: KnownDevice['match']
  model: BoardModel | null
  safety: SafetyView | null = null
  chain: ChainStatus | null = null
  worked: ChainStatus | null = null
  step: string | null = null
  fault: KnownDevice['fault'] = null
  refusal: string | null = null
  since: number
  readonly addedAt: number
  hashingSinceMs: number | null = null
  /** When anything of it was heard last, epoch milliseconds. */
  lastSeenMs: number
  notices: DeviceEvent[] = []
  recent: Recent[] = []
  readonly #parts: DeviceKeeperParts
  #failures = 0
  #retry: Timer | null = null
  /** Grows whenever what is under way has lost its sense. */
  #turn = 0
  #queue: Promise<void> = Promise.resolve()
  #recentAtMs = -Infinity
  /** Whether the mining thread was asked to open its data port, and has not answered. */
  #isOpening = false
  /** Whether the mining thread was given it. */
  #isMining = false

  constructor(device: AttachedDevice, parts: DeviceKeeperParts) {
    this.#parts = parts
    this.key = device.key
    this.lastAttached = device
    this.record = parts.book.get(device.key, parts.clock.nowMs())
    this.match = this.#matched(device)
    this.model = this.#modelOf()
    this.since = parts.clock.nowMs()
    this.addedAt = parts.clock.nowMs()
    this.lastSeenMs = this.addedAt
  }

  /** Plugged in, or changed. */
  attach(device: AttachedDevice): void {
    const { clock, book, log } = this.#parts
    this.attached = device
    this.lastAttached = device
    this.match = this.#matched(device)
    this.model = this.#modelOf()
    this.since = clock.nowMs()
    this.fault = null
    this.refusal = null
    this.record = { ...this.record, lastSeenMs: clock.nowMs() }
    if (book.all.some(({ key }) => key === this.key)) book.note(this.record, log)
    this.bringIn()
  }

  /** Unplugged: everything ends, settings and counts stay. */
  detach(): void {
    this.attached = null
    this.fault = null
    this.since = this.#parts.clock.nowMs()
    this.#lapse()
    this.#run(async () => {
      try {
        await this.#stopMining('It was unplugged.')
      } finally {
        // Whatever went wrong there: a board with a supply of its own may still hear.
        await this.#parts.safety.call('detach', { key: this.key, cause: 'unplugged' })
        this.safety = null
      }
    })
    this.#parts.onChange()
  }

  /** From what it is now to what it should do. */
  bringIn(): void {
    this.#lapse()
    const turn = this.#turn
    this.#run(async () => {
      if (turn !== this.#turn || this.attached === null) return
      await this.#settle(turn, this.attached)
    })
  }

  /** Saved choices changed: mine, or stop. */
  async apply(): Promise<void> {
    if (this.record.settings?.enabled !== true || this.record.cut !== null) {
      this.#lapse()
      // Nothing is tried any more, so nothing is in the way.
      this.fault = null
      await this.#run(() => this.#stopMining('You stopped it.'))
    } else if (this.attached !== null && !this.#isMining) this.bringIn()
    this.#parts.onChange()
  }

  async save(patch: Partial<DeviceRecord>): Promise<void> {
    this.record = { ...this.record, ...patch }
    await this.#parts.book.put(this.record)
  }

  /** Of the mining thread; null: it is not there. */
  sawChain(chain: ChainStatus | null): void {
    const { clock } = this.#parts
    const was = this.chain?.chain.state
    if (this.attached !== null) this.lastSeenMs = clock.nowMs()
    this.chain = chain
    if (chain !== null) this.worked = chain
    const now = chain?.chain.state
    if (now !== was) this.since = clock.nowMs()
    const isHashing = now === 'hashing' || now === 'retuning'
    if (!isHashing) this.hashingSinceMs = null
    else this.hashingSinceMs ??= clock.nowMs()
    this.#remember()
    // Its port ended, and it is still plugged in.
    if (now === 'gone' && this.attached !== null && this.#isMining) {
      this.#isMining = false
      this.#failed(new HeadframeError('port/closed', chain?.chain.doing ?? 'Its port was closed.'))
    }
  }

  onSafety(event: SafetyEvent): void {
    switch (event.kind) {
      case 'view':
        this.safety = event.view
        break
      case 'cut':
        if (event.cut.latched) {
          this.record = { ...this.record, cut: event.cut }
          this.#parts.book.note(this.record, this.#parts.log)
        }
        this.#note('error', event.cut.message, event.cut.atMs)
        break
      case 'notice': {
        const { tone, message, atMs } = event.notice
        this.#note(tone === 'info' ? 'info' : tone, message, atMs)
        if (tone !== 'info') this.#parts.tell(tone, this.name, message)
        break
      }
      case 'attached': {
        const turn = this.#turn
        this.fault = null
        this.#run(() => this.#take(turn, event.outcome))
        break
      }
      case 'unreachable':
        // Told while the plug was pulled: that it is gone says it all.
        if (this.attached === null) return
        this.fault = { code: event.code, message: event.message }
        break
    }
    this.#parts.onChange()
  }

  /** Its data port cannot be had yet, and is waited for. */
  onWait(message: string): void {
    if (this.#isOpening && this.step !== null) this.#doing(message)
  }

  get name(): string {
    return nameOf(this)
  }

  async #settle(turn: number, device: AttachedDevice): Promise<void> {
    const { match } = this
    if (this.record.chosen === 'ignore' && match.kind === 'ask') {
      this.refusal = 'You said that it is none of the boards that Headframe knows. It is left alone.'
      // It may have been taken for one until now.
      this.model = null
      await this.#stopMining('You said that it is no board.')
      await this.#parts.safety.call('detach', { key: this.key, cause: 'stopped' })
      this.safety = null
      this.#parts.onChange()
      return
    }
    if (match.kind !== 'board' && match.kind !== 'family') return
    const boardId = match.kind === 'board' ? match.model.id : match.family.id
    this.#doing('Looking at the board, and switching off what is on.')
    let outcome: AttachOutcome
    try {
      const settings = this.record.settings
      outcome = await this.#parts.safety.call('attach', { device, boardId, settings })
    } catch (error) {
      // Safety tries again by itself and tells when it worked.
      this.step = null
      if (turn === this.#turn) this.fault = faultOf(error)
      this.#parts.onChange()
      return
    }
    await this.#take(turn, outcome)
  }

  async #take(turn: number, outcome: AttachOutcome): Promise<void> {
    if (turn !== this.#turn || this.attached === null) return
    try {
      const settled = outcome.kind === 'open' ? await this.#identify(this.attached) : outcome
      if (turn !== this.#turn || settled === null) return
      this.#know(settled)
      if (settled.kind === 'ready') await this.#tellFan()
      if (this.model !== null && this.record.settings?.enabled === true && this.record.cut === null) {
        await this.#mine(this.attached, this.model, this.record.settings)
      }
      this.#failures = 0
      this.fault = null
    } catch (error) {
      if (turn === this.#turn) this.#failed(error)
    } finally {
      this.step = null
      this.#parts.onChange()
    }
  }

  /** @returns null while a person wants it off: it is not powered only to see what it is */
  async #identify(device: AttachedDevice): Promise<AttachOutcome | null> {
    if (this.record.settings?.enabled === false) return null
    const dataPort = dataPortOf(device, 'control+data')
    this.#doing('Asking its chips what they are.')
    const { model, count } = await this.#opening(() =>
      this.#parts.mining.call('identifyDevice', { id: this.key, dataPort, coreVoltageMv: null }),
    )
    if (model === null) {
      throw new HeadframeError(
        'chip/none-answered',
        'No chip of the board answered. Unplug it, wait ten seconds and plug it in again; if it stays silent, check its power supply and its cable.',
      )
    }
    return await this.#parts.safety.call('settle', { key: this.key, model, count })
  }

  #know(outcome: AttachOutcome): void {
    if (outcome.kind === 'not-driven') this.refusal = outcome.because
    if (outcome.kind === 'unknown') this.refusal = outcome.message
    if (outcome.kind !== 'ready') return
    const model = findBoardModel(outcome.boardId)
    if (model === null) return
    this.model = model
    const before = this.record.modelId === model.id ? this.record.settings : null
    const checked = before === null ? null : checkSettings(model, before)
    const settings = checked?.ok === true ? checked.value : defaultSettings(model)
    if (checked?.ok === false) {
      this.#note(
        'warning',
        `What was chosen for it does not suit ${model.name}, so it runs with its usual settings: ${checked.error.message}`,
        this.#parts.clock.nowMs(),
      )
    }
    if (before !== settings) {
      this.record = { ...this.record, modelId: model.id, settings }
      this.#parts.book.note(this.record, this.#parts.log)
    }
  }

  /** As it is chosen now: it may have been chosen while its control could not be had. */
  async #tellFan(): Promise<void> {
    const { settings } = this.record
    if (settings === null || this.model?.fan == null) return
    await this.#parts.safety.call('setFan', { key: this.key, fan: settings.fan })
  }

  async #mine(device: AttachedDevice, model: BoardModel, settings: BoardSettings): Promise<void> {
    this.#doing('Opening its ports.')
    const { frequencyMhz, coreVoltageMv } = settings
    const order: ChainOrder = {
      id: this.key,
      model,
      dataPort: dataPortOf(device, model.ports),
      introduction: { key: this.key, name: this.name, model: `${model.name} (USB)` },
      nominalHashrateHs: expectedOf(model, frequencyMhz) ?? 0,
      settings: { frequencyMhz, coreVoltageMv },
    }
    await this.#opening(() => this.#parts.mining.call('attachDevice', order))
    this.#isMining = true
    // What was chosen while its ports were being opened.
    const { settings: now } = this.record
    if (now === null || (now.frequencyMhz === frequencyMhz && now.coreVoltageMv === coreVoltageMv)) return
    await this.#parts.mining.call('retuneDevice', {
      id: this.key,
      settings: { frequencyMhz: now.frequencyMhz, coreVoltageMv: now.coreVoltageMv },
    })
  }

  async #opening<T>(open: () => Promise<T>): Promise<T> {
    this.#isOpening = true
    try {
      return await open()
    } finally {
      this.#isOpening = false
    }
  }

  async #stopMining(reason: string): Promise<void> {
    this.#isMining = false
    await this.#parts.mining.call('detachDevice', { id: this.key, reason })
    this.chain = null
    this.hashingSinceMs = null
  }

  #failed(error: unknown): void {
    const { clock, log } = this.#parts
    this.fault = faultOf(error)
    const delayMs = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)]!
    this.#failures++
    log.warn('a device could not be set up', { device: this.key, error: errorText(error) })
    this.#retry?.cancel()
    this.#retry = clock.after(delayMs, () => this.bringIn())
    this.#parts.onChange()
  }

  #lapse(): void {
    this.#turn++
    this.#retry?.cancel()
    this.#retry = null
    this.step = null
    if (!this.#isOpening) return
    // Not in turn: what it would wait for is the wait for a port, which this ends.
    const reason = 'It is not wanted any more.'
    this.#parts.mining.call('detachDevice', { id: this.key, reason }).catch(() => undefined)
  }

  #run(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      this.#parts.log.warn('a step of a device failed', { device: this.key, error: errorText(error) })
    })
    return this.#queue
  }

  #doing(step: string): void {
    this.step = step
    this.#parts.onChange()
  }

  #note(tone: DeviceEvent['tone'], text: string, at: number): void {
    this.notices = [{ at, tone, text }, ...this.notices].slice(0, NOTICES_KEPT)
  }

  #matched(device: AttachedDevice): KnownDevice['match'] {
    const { chosen } = this.record
    const match = matchBoard(device, knownBoards, { platform: process.platform, chosenId: chosen })
    const model = choicesOf(match).find(({ id }) => id === chosen)
    return model === undefined ? match : { kind: 'board', model }
  }

  /** By its identity alone, or as it was settled when it was here last. */
  #modelOf(): BoardModel | null {
    if (this.match.kind === 'board') return this.match.model
    if (this.match.kind !== 'family' || this.record.modelId === null) return null
    return findBoardModel(this.record.modelId)
  }

  #remember(): void {
    const { clock } = this.#parts
    const monotonicMs = clock.monotonicMs()
    if (monotonicMs - this.#recentAtMs < RECENT_PERIOD_MS) return
    this.#recentAtMs = monotonicMs
    const { readings } = this.safety ?? { readings: null }
    const rate = this.hashingSinceMs === null ? null : this.chain?.chain.rate
    this.recent = [
      ...this.recent,
      {
        at: clock.nowMs(),
        chipC: readings?.chipC ?? null,
        powerW: readings?.powerW ?? null,
        hashrateHs: rate == null || rate.isSettling ? null : rate.hashrateHs,
        fanPercent: readings?.fanPermille == null ? null : readings.fanPermille / 10,
      },
    ].slice(-RECENT_POINTS)
  }
}

/** Whether anything of ours should be known about a device at all. */
export function concerns(device: AttachedDevice): boolean {
  return matchBoard(device, knownBoards, { platform: process.platform }).kind !== 'ignored'
}

/** Whether a person may say that a device is this. */
export function isCandidate(match: KnownDevice['match'], id: string): boolean {
  return choicesOf(match).some((model) => model.id === id)
}

/** @throws HeadframeError `port/not-found` */
function dataPortOf(device: AttachedDevice, ports: BoardModel['ports']): PortAddress {
  const port = device.ports[ports === 'control+data' ? 1 : 0]
  if (port) return port
  throw new HeadframeError('port/not-found', 'The data port of the board is missing. Plug it in again.')
}

function faultOf(error: unknown): { code: string; message: string } {
  return {
    code: error instanceof HeadframeError ? error.code : 'device/failed',
    message: errorText(error),
  }
}
