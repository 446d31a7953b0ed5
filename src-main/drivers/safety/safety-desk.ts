/**
 * Every supervisor of the safety thread: boards come, are given somebody who looks after them, and go. Whoever holds
 * the thread calls it; it knows of none. What was lost is sought again by itself, for a board that nobody controls may
 * be running.
 */
import {
  type Clock,
  errorText,
  HeadframeError,
  Listeners,
  type Logger,
  type Timer,
  type Unsubscribe,
} from '../../base/index.ts'
import { defaultSettings } from '../boards/check-settings.ts'
import { knownBoards } from '../boards/models.ts'
import {
  boardIdentity,
  type BoardModel,
  type BoardSettings,
  type FanSetting,
  type KnownBoard,
} from '../model/board.ts'
import { type PowerAuthority, type PowerCut } from '../model/power.ts'
import { type AttachedDevice } from '../model/usb.ts'
import { bounded } from './bounded.ts'
import {
  bridgePower,
  leaveWithoutPower,
  openFamily,
  openModel,
  type OpenBoardParts,
  type OpenedBoard,
  settleOnBus,
} from './open-board.ts'
import { type SafetyNotice, type SafetyView } from './safety-views.ts'
import { BoardSupervisor } from './supervisor.ts'
import { TripRecord } from './trip-record.ts'

/** A board as the host knows it. Plain data. */
export interface SafetyAttachment {
  readonly device: AttachedDevice
  /** Of a model or a family in the table of boards. */
  readonly boardId: string
  /** Null: nobody chose; the board's own. A board that is disabled is looked after like any other, and kept off. */
  readonly settings: BoardSettings | null
}

/** How far a board is known, after its parts were looked at. Plain data. */
export type AttachOutcome =
  | { readonly kind: 'ready'; readonly boardId: string }
  /** It may get power for a short while, to count its chips; then `settle`. */
  | { readonly kind: 'open'; readonly candidates: readonly { readonly id: string; readonly name: string }[] }
  | { readonly kind: 'not-driven'; readonly boardId: string; readonly because: string }
  | { readonly kind: 'unknown'; readonly message: string }

export type SafetyEvent =
  | { readonly kind: 'view'; readonly view: SafetyView }
  | { readonly kind: 'cut'; readonly key: string; readonly cut: PowerCut }
  | { readonly kind: 'notice'; readonly notice: SafetyNotice }
  /** A board whose control could not be had, or was lost, is looked after (again). */
  | { readonly kind: 'attached'; readonly key: string; readonly outcome: AttachOutcome }
  /** Its control cannot be had; it is tried again until it is detached. */
  | { readonly kind: 'unreachable'; readonly key: string; readonly code: string; readonly message: string }

export interface SafetyDeskParts extends OpenBoardParts {
  /** The table; others for tests alone. */
  readonly boards?: readonly KnownBoard[]
}

interface Place {
  readonly attachment: SafetyAttachment
  readonly trips: TripRecord
  readonly authority: PowerAuthority
  readonly cuts: Listeners<PowerCut>
  opened: OpenedBoard | null
  supervisor: BoardSupervisor | null
  fan: FanSetting | null
  failures: number
  retry: Timer | null
  isLeft: boolean
}

/** Waits before control is sought again, milliseconds; the last one repeats (asic-serial 8.6). */
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const
/** A port that is new is tried for a modem for about ten seconds (asic-serial 8.2): until then it is sought each second. */
const BUSY_RETRY_MS = 1_000
const BUSY_TRIES = 15
/** Switching everything off may take no longer than this. */
const STOP_ALL_LIMIT_MS = 10_000
/** Boards that were unplugged and may come back. */
const MAX_REMEMBERED = 256

export class SafetyDesk {
  readonly #parts: SafetyDeskParts
  readonly #clock: Clock
  readonly #log: Logger
  readonly #places = new Map<string, Place>()
  /** By device, oldest first: trips outlast a plug that is pulled and put back. */
  readonly #trips = new Map<string, TripRecord>()
  readonly #events = new Listeners<SafetyEvent>()

  constructor(parts: SafetyDeskParts) {
    this.#parts = parts
    this.#clock = parts.clock
    this.#log = parts.log
  }

  onEvent(listener: (event: SafetyEvent) => void): Unsubscribe {
    return this.#events.on(listener)
  }

  get views(): readonly SafetyView[] {
    return [...this.#places.values()].flatMap(({ supervisor }) => (supervisor ? [supervisor.view] : []))
  }

  /**
   * Takes a board into care: opens its control, switches off what it finds on, and says how far it is known. One that
   * was in care already is left first.
   * @throws HeadframeError `board/unknown`, `board/other-parts`, `port/…`, `control/…`, `usb/…`; but for the first, it
   * is tried again until `detach`, and `attached` tells when it worked
   */
  async attach(attachment: SafetyAttachment): Promise<AttachOutcome> {
    const { key } = attachment.device
    this.#requireBoard(attachment.boardId)
    await this.detach(key, 'stopped')
    const place = this.#place(attachment)
    this.#places.set(key, place)
    try {
      return await this.#open(place)
    } catch (error) {
      this.#tryLater(place, error)
      throw error
    }
  }

  /** Lets a board go; resolves when it is off, or was tried. Harmless for one that is not here. */
  async detach(key: string, cause: 'unplugged' | 'stopped'): Promise<void> {
    const place = this.#places.get(key)
    if (!place) return
    this.#places.delete(key)
    place.isLeft = true
    place.retry?.cancel()
    await place.supervisor?.leave(cause)
  }

  /** The power of one board for the hashing side; it outlasts a control that was lost and found. @throws HeadframeError `safety/unknown` */
  authority(key: string): PowerAuthority {
    return this.#require(key).authority
  }

  /**
   * Chips answered on a board that was open: which is it?
   * @throws HeadframeError `safety/unknown`, `control/…`
   */
  async settle(
    key: string,
    chips: { readonly model: number; readonly count: number },
  ): Promise<AttachOutcome> {
    const place = this.#require(key)
    const board = this.#requireBoard(place.attachment.boardId)
    const { opened, supervisor } = place
    if (board.kind !== 'family' || !opened?.bridge || !supervisor) {
      throw new HeadframeError(
        'safety/unknown',
        'It is known already which board this is, or it cannot be reached.',
      )
    }
    const { bridge } = opened
    const settled = settleOnBus(board.family, bridge.inventory, chips)
    await supervisor.leave('stopped', true)
    place.supervisor = null
    if (settled.kind === 'settled' && settled.member.kind === 'model') {
      const { model } = settled.member
      const power = await bridgePower(this.#parts, model, { ...bridge, wasRunning: false })
      await this.#supervise(place, { ...opened, power, model, settled })
      return { kind: 'ready', boardId: model.id }
    }
    place.opened = null
    for (const message of await leaveWithoutPower(this.#parts, { ...bridge, wasRunning: false })) {
      this.#notify(key, 'error', message)
    }
    return outcomeOf(settled, null)
  }

  /** @throws HeadframeError `safety/unknown`, `safety/out-of-range` */
  async setFan(key: string, fan: FanSetting): Promise<void> {
    await this.#require(key).authority.setFan(fan)
  }

  /** Off by hand. @throws HeadframeError `safety/unknown` */
  async stop(key: string): Promise<void> {
    await this.#require(key).supervisor?.stop()
  }

  /** A person has seen why a board was stopped; it may be unplugged meanwhile. */
  acknowledge(key: string): void {
    const supervisor = this.#places.get(key)?.supervisor
    if (supervisor) supervisor.acknowledge()
    else this.#trips.get(key)?.acknowledge()
  }

  /** Every board off, all at once, within a bounded time. They stay in care. */
  async stopAll(): Promise<void> {
    await this.#all((place) => place.supervisor?.stop())
  }

  /** Every board off and let go, as when the program ends. */
  async close(): Promise<void> {
    const keys = [...this.#places.keys()]
    await this.#within(keys.map((key) => this.detach(key, 'stopped')))
  }

  async #all(each: (place: Place) => Promise<void> | undefined): Promise<void> {
    await this.#within([...this.#places.values()].map(async (place) => each(place)))
  }

  async #within(work: readonly Promise<void>[]): Promise<void> {
    await bounded(this.#clock, STOP_ALL_LIMIT_MS, 'all boards to be switched off', async () => {
      await Promise.allSettled(work)
    }).catch((error: unknown) =>
      this.#log.error('not all boards were switched off', { error: errorText(error) }),
    )
  }

  #place(attachment: SafetyAttachment): Place {
    const { key } = attachment.device
    const cuts = new Listeners<PowerCut>()
    const supervisor = (): BoardSupervisor => {
      if (place.supervisor) return place.supervisor
      throw new HeadframeError(
        'safety/unreachable',
        'The control port of the board cannot be had, so it gets no power. Headframe keeps trying.',
      )
    }
    const place: Place = {
      attachment,
      trips: this.#tripsOf(key),
      cuts,
      opened: null,
      supervisor: null,
      fan: attachment.settings?.fan ?? null,
      failures: 0,
      retry: null,
      isLeft: false,
      authority: {
        powerUp: async (coreVoltageMv) => supervisor().powerUp(coreVoltageMv),
        resetChips: async (lowMs, settleMs) => supervisor().resetChips(lowMs, settleMs),
        setCoreVoltage: async (coreVoltageMv) => supervisor().setCoreVoltage(coreVoltageMv),
        setFan: async (fan) => {
          await supervisor().setFan(fan)
          place.fan = fan
        },
        sign: (sign) => place.supervisor?.sign(sign),
        release: async () => place.supervisor?.release(),
        onCut: (listener) => cuts.on(listener),
      },
    }
    return place
  }

  #tripsOf(key: string): TripRecord {
    const known = this.#trips.get(key)
    if (known) return known
    const oldest = this.#trips.keys().next()
    if (this.#trips.size >= MAX_REMEMBERED && !oldest.done) this.#trips.delete(oldest.value)
    const trips = new TripRecord()
    this.#trips.set(key, trips)
    return trips
  }

  async #open(place: Place): Promise<AttachOutcome> {
    const { device, boardId } = place.attachment
    const { key } = device
    const board = this.#requireBoard(boardId)
    const opened =
      board.kind === 'model'
        ? await openModel(this.#parts, device, board.model)
        : board.kind === 'family'
          ? await openFamily(this.#parts, device, board.family)
          : null
    if (board.kind === 'recognised') {
      return { kind: 'not-driven', boardId, because: board.board.because }
    }
    if (opened === null) return { kind: 'unknown', message: 'The board is not known.' }
    if (place.isLeft) {
      if (opened.bridge) await leaveWithoutPower(this.#parts, opened.bridge)
      else await opened.power?.close()
      throw new HeadframeError('safety/gone', 'The board was unplugged while it was looked at.')
    }
    for (const message of opened.notices) this.#notify(key, 'warning', message)
    await this.#supervise(place, opened)
    place.failures = 0
    return outcomeOf(opened.settled, opened.model)
  }

  /** Resolves when the board is known to be off, or was told. */
  async #supervise(place: Place, opened: OpenedBoard): Promise<void> {
    const { model, power } = opened
    place.opened = opened
    if (model === null || power === null) return
    const { key } = place.attachment.device
    const supervisor = new BoardSupervisor({
      key,
      model,
      power,
      clock: this.#clock,
      log: this.#log,
      trips: place.trips,
      fan: place.fan ?? defaultSettings(model).fan,
      isProvisional: opened.settled?.kind === 'open' && opened.bridge !== null,
    })
    place.supervisor = supervisor
    supervisor.onView((view) => this.#emit({ kind: 'view', view }))
    supervisor.onNotice((notice) => this.#emit({ kind: 'notice', notice }))
    supervisor.onCut((cut) => {
      // The hashing side first: it has to stop, the others only to know.
      place.cuts.emit(cut)
      this.#emit({ kind: 'cut', key, cut })
    })
    const started = supervisor.start()
    // After the supervisor's own: it has cut by the time that this is called.
    power.onLoss((message) => void this.#lost(place, supervisor, message))
    await started
  }

  /** The supervisor has cut already; control is sought again. Never throws. */
  async #lost(place: Place, supervisor: BoardSupervisor, message: string): Promise<void> {
    if (place.supervisor !== supervisor || place.isLeft) return
    await supervisor.leave('stopped')
    if (place.supervisor !== supervisor || place.isLeft) return
    place.supervisor = null
    place.opened = null
    this.#tryLater(place, new HeadframeError('control/lost', message))
  }

  #tryLater(place: Place, error: unknown): void {
    if (place.isLeft) return
    const { key } = place.attachment.device
    const code = error instanceof HeadframeError ? error.code : 'safety/unreachable'
    this.#emit({ kind: 'unreachable', key, code, message: errorText(error) })
    const isNew = code === 'port/busy' && place.failures < BUSY_TRIES
    const usualMs = RETRY_MS[Math.min(place.failures, RETRY_MS.length - 1)] ?? RETRY_MS[0]
    const delayMs = isNew ? BUSY_RETRY_MS : usualMs
    place.failures++
    // What is on the board does not change by asking again.
    if (code.startsWith('board/')) return
    place.retry?.cancel()
    place.retry = this.#clock.after(delayMs, () => void this.#retry(place))
  }

  async #retry(place: Place): Promise<void> {
    if (place.isLeft || place.supervisor !== null) return
    const { key } = place.attachment.device
    try {
      const outcome = await this.#open(place)
      this.#emit({ kind: 'attached', key, outcome })
    } catch (error) {
      this.#tryLater(place, error)
    }
  }

  #require(key: string): Place {
    const place = this.#places.get(key)
    if (place) return place
    throw new HeadframeError('safety/unknown', 'There is no such board. It may have been unplugged.', {
      context: { key },
    })
  }

  /**
   * From the table of this thread alone: nobody else says what a board may be given. A model that USB alone cannot tell
   * is taken for its family each time it is plugged in: a name from yesterday's settings is no reason for a voltage.
   */
  #requireBoard(boardId: string): KnownBoard {
    const table = this.#parts.boards ?? knownBoards
    const found = table.find((known) => boardIdentity(known).id === boardId)
    if (!found) {
      throw new HeadframeError('board/unknown', `There is no board called ${boardId}.`, {
        context: { boardId },
      })
    }
    if (found.kind !== 'model' || found.model.bridge === null || found.model.patterns.length > 0) return found
    const family = table.find(
      (known) =>
        known.kind === 'family' &&
        known.family.members.some((member) => member.kind === 'model' && member.model.id === boardId),
    )
    if (family) return family
    throw new HeadframeError('board/unknown', `Nothing tells that a board is ${found.model.name}.`, {
      context: { boardId },
    })
  }

  #notify(key: string, tone: SafetyNotice['tone'], message: string): void {
    this.#emit({ kind: 'notice', notice: { key, atMs: this.#clock.nowMs(), tone, message } })
  }

  #emit(event: SafetyEvent): void {
    try {
      this.#events.emit(event)
    } catch (error) {
      this.#log.error('a listener of safety events failed', { kind: event.kind, error: errorText(error) })
    }
  }
}

function outcomeOf(settled: OpenedBoard['settled'], model: BoardModel | null): AttachOutcome {
  if (settled === null) {
    return model === null
      ? { kind: 'unknown', message: 'The board is not known.' }
      : { kind: 'ready', boardId: model.id }
  }
  switch (settled.kind) {
    case 'settled':
      return settled.member.kind === 'model'
        ? { kind: 'ready', boardId: settled.member.model.id }
        : { kind: 'not-driven', boardId: settled.member.board.id, because: settled.member.board.because }
    case 'open':
      return {
        kind: 'open',
        candidates: settled.members.flatMap((member) =>
          member.kind === 'model' ? [{ id: member.model.id, name: member.model.name }] : [],
        ),
      }
    case 'unknown':
      return { kind: 'unknown', message: settled.message }
  }
}
