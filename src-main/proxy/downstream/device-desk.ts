/**
 * The devices on this machine's own ports, each with its place in the proxy. A place outlives what happens to pools: a
 * device that cannot be given jobs as things are waits, and is taken in when that changes.
 */
import { type Clock, HeadframeError, type Logger, type Timer } from '../../base/index.ts'
import {
  type DeviceIntroduction,
  type DeviceJob,
  type DeviceShare,
  type DeviceShareCounts,
  type DeviceWork,
} from '../../mining/index.ts'
import { type ShareRefusal } from '../shares/share-desk.ts'
import { DeviceSession } from './device-session.ts'
import { type Downstream, type DownstreamHost } from './downstream.ts'
import { type Rig } from './rig.ts'

export interface DeviceDeskParts {
  readonly host: DownstreamHost
  newRig(address: string): Rig
  /** A device has a place, and is about to take jobs. */
  onSession(session: Downstream): void
}

/** How long a device waits that the pool had no room for. */
const RETRY_MS = 2_000

export class DeviceDesk {
  readonly #parts: DeviceDeskParts
  readonly #devices = new Map<string, ConnectedDevice>()
  #stopped = false

  constructor(parts: DeviceDeskParts) {
    this.#parts = parts
  }

  /** @throws HeadframeError `device/already-connected`, `device/stopping` */
  connect(introduction: DeviceIntroduction): DeviceWork {
    if (this.#stopped) {
      throw new HeadframeError('device/stopping', 'Headframe is stopping and takes no more devices.')
    }
    const { key, name } = introduction
    const other = this.#devices.get(key)
    if (other) {
      throw new HeadframeError(
        'device/already-connected',
        `${name} is there already, as ${other.introduction.name}: two devices call themselves ${key} and cannot be told apart. Unplug one of them.`,
        { context: { key } },
      )
    }
    const device = new ConnectedDevice(introduction, this.#parts, () => this.#devices.delete(key))
    this.#devices.set(key, device)
    device.join()
    return device
  }

  /** All of them leave, and nobody comes any more. */
  stop(reason: string): void {
    this.#stopped = true
    for (const device of [...this.#devices.values()]) device.leave(reason)
  }
}

class ConnectedDevice implements DeviceWork {
  readonly introduction: DeviceIntroduction
  readonly #parts: DeviceDeskParts
  readonly #onLeft: () => void
  readonly #listeners = new Set<(job: DeviceJob) => void>()
  readonly #counts = { accepted: 0, refused: 0, reasons: {} as Record<string, number> }
  #session: DeviceSession | null = null
  #nominalHashrateHs: number
  #leastDifficulty: number | null = null
  #retry: Timer | null = null
  #problem: string | null = null
  #left = false

  constructor(introduction: DeviceIntroduction, parts: DeviceDeskParts, onLeft: () => void) {
    this.introduction = introduction
    this.#parts = parts
    this.#onLeft = onLeft
    this.#nominalHashrateHs = introduction.nominalHashrateHs
  }

  get rigKey(): string {
    const { name, key } = this.introduction
    return `${name}@${addressOf(key)}`
  }

  get job(): DeviceJob | null {
    return this.#session?.job ?? null
  }

  get problem(): string | null {
    return this.#problem
  }

  get counts(): DeviceShareCounts {
    return this.#counts
  }

  onJob(listener: (job: DeviceJob) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  submit(share: DeviceShare): void {
    this.#session?.submit(share)
  }

  setNominalHashrate(nominalHashrateHs: number): void {
    this.#nominalHashrateHs = nominalHashrateHs
    this.#session?.setNominalHashrate(nominalHashrateHs)
  }

  setLeastDifficulty(difficulty: number): void {
    this.#leastDifficulty = difficulty
    this.#session?.setLeastDifficulty(difficulty)
  }

  leave(reason: string): void {
    if (this.#left) return
    this.#left = true
    this.#retry?.cancel()
    this.#listeners.clear()
    this.#session?.end(reason)
    this.#session = null
    this.#problem = null
    this.#onLeft()
  }

  /** Takes a place, now or when there is one. */
  join(): void {
    const { host, newRig, onSession } = this.#parts
    const session = this.#newSession(newRig(addressOf(this.introduction.key)))
    try {
      session.open()
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      return this.#wait(error.message, host)
    }
    if (this.#leastDifficulty !== null) session.setLeastDifficulty(this.#leastDifficulty)
    this.#problem = null
    this.#session = session
    onSession(session)
    session.start()
  }

  #newSession(rig: Rig): DeviceSession {
    const { name, model } = this.introduction
    rig.userAgent = model
    rig.identify(name)
    return new DeviceSession({
      rig,
      host: this.#parts.host,
      nominalHashrateHs: this.#nominalHashrateHs,
      onJob: (job) => {
        for (const listener of this.#listeners) listener(job)
      },
      onAnswer: (refusal) => this.#count(refusal),
      onDisconnected: () => {
        this.#session = null
        // Not in this turn: rigs are being moved.
        this.#retryLater(this.#parts.host.clock)
      },
    })
  }

  #wait(problem: string, { clock, log }: { readonly clock: Clock; readonly log: Logger }): void {
    if (this.#problem !== problem) {
      log.warn('a device is given no jobs', { device: this.introduction.key, problem })
    }
    this.#problem = problem
    this.#retryLater(clock)
  }

  #retryLater(clock: Clock): void {
    this.#retry = clock.after(RETRY_MS, () => this.join())
  }

  #count(refusal: ShareRefusal | null): void {
    const counts = this.#counts
    if (refusal === null) counts.accepted++
    else {
      counts.refused++
      counts.reasons[refusal.reason] = (counts.reasons[refusal.reason] ?? 0) + 1
    }
  }
}

const addressOf = (key: string): string => `usb:${key}`
