/** Devices on this machine's own ports as the contract shows them, and what a person tells them. */
import { isDeepStrictEqual } from 'node:util'
import { type z } from 'zod'
import {
  type Device,
  type DeviceAccess,
  type DeviceAction,
  type DeviceDetail,
  type DeviceFault,
  type DevicePatch,
  type Downstream,
  type LiveValue,
  type Rig,
  type RigDetail,
  type Tuning,
  type tuningDraft,
} from '../../src-preload/contract/index.ts'
import { type DeviceCalls, LiveListView, LiveValueView } from '../api/index.ts'
import { type Clock, HeadframeError } from '../base/index.ts'
import { type AttachedDevice, type BoardSettings, checkSettings, type SafetyEvent } from '../drivers/index.ts'
import { type TuningSubject } from '../fleet/index.ts'
import { deviceAccess } from './device-access.ts'
import { type ChainStatus } from './device-chains.ts'
import { DeviceKeeper, type DeviceKeeperParts, isCandidate } from './device-keeper.ts'
import { deviceRig, deviceRigDetail, type DeviceLife } from './device-rigs.ts'
import { deviceSubject } from './device-tuning.ts'
import { deviceDetail, deviceView, fanSetting, type DevicePlace } from './device-views.ts'

export interface DeviceDeskParts extends Omit<DeviceKeeperParts, 'onChange'> {
  readonly clock: Clock
  readonly platform: NodeJS.Platform
  downstreams(): readonly Downstream[]
  poolName(poolId: string): string | null
  /** Every board's power off, at once. */
  cutAll(): Promise<void>
  startTuning(id: string, draft: z.infer<typeof tuningDraft>): Promise<Tuning>
  /** A device as one more rig, as it is now. */
  sawRig(rig: Rig, detail: () => RigDetail, rigKey: string | null): void
  forgetRig(id: string): void
  /** Practice only; null without. */
  readonly misbehave: ((serialNumber: string, fault: DeviceFault) => void) | null
}

const OUT_OF_REACH: ReadonlySet<string> = new Set(['safety/unreachable', 'safety/unknown'])
/** Readings come several times a second from each board: what changes is shown twice a second at most. */
const PUBLISH_EVERY_MS = 500

export class DeviceDesk implements DeviceCalls {
  readonly devices = new LiveListView<Device>((a, b) => (a.id < b.id ? -1 : 1))
  readonly #parts: DeviceDeskParts
  readonly #keepers = new Map<string, DeviceKeeper>()
  readonly #details = new Map<string, LiveValueView<DeviceDetail>>()
  readonly #busy = new Map<string, string>()
  #publishing = false
  #isStopped = false

  constructor(parts: DeviceDeskParts) {
    this.#parts = parts
  }

  attached(device: AttachedDevice): void {
    const keeper =
      this.#keepers.get(device.key) ??
      new DeviceKeeper(device, { ...this.#parts, onChange: () => this.#publishSoon() })
    this.#keepers.set(device.key, keeper)
    keeper.attach(device)
    this.#publishSoon()
  }

  detached(key: string): void {
    this.#keepers.get(key)?.detach()
  }

  onSafety(event: SafetyEvent): void {
    this.#keepers.get(keyOf(event))?.onSafety(event)
  }

  onChains(chains: readonly ChainStatus[]): void {
    const byId = new Map(chains.map((chain) => [chain.id, chain]))
    for (const keeper of this.#keepers.values()) keeper.sawChain(byId.get(keeper.key) ?? null)
    this.#publish()
  }

  onWait(id: string, message: string): void {
    this.#keepers.get(id)?.onWait(message)
  }

  /** Shows and starts nothing more. */
  stop(): void {
    this.#isStopped = true
  }

  access(): Promise<DeviceAccess> {
    const ports = [...this.#keepers.values()].flatMap(({ attached }) =>
      (attached?.ports ?? []).flatMap((port) => (port.kind === 'tty' ? [port.path] : [])),
    )
    return deviceAccess(this.#parts.platform, ports)
  }

  /** The machine goes to sleep: a board that hashes while nobody looks after it must not be. What was chosen stays. */
  rest(): Promise<void> {
    return this.#parts.cutAll()
  }

  /** The machine is awake again: what was to mine mines. */
  async wake(): Promise<void> {
    for (const keeper of this.#keepers.values()) {
      const isWanted = keeper.record.settings?.enabled === true && keeper.record.cut === null
      if (isWanted && keeper.chain !== null) await this.#parts.mining.call('resumeDevice', keeper.key)
    }
  }

  async stopAll(): Promise<void> {
    // Power first; what was chosen is saved afterwards.
    await this.#parts.cutAll()
    for (const keeper of this.#keepers.values()) {
      const { settings } = keeper.record
      if (settings !== null) await keeper.save({ settings: { ...settings, enabled: false } })
      await keeper.apply()
    }
    this.#publish()
  }

  detail(id: string): DeviceDetail {
    const keeper = this.#require(id)
    return deviceDetail(keeper, this.#placeOf(keeper))
  }

  async *followDetail(id: string, signal?: AbortSignal): AsyncGenerator<LiveValue<DeviceDetail>, void, void> {
    const view = this.#details.get(id) ?? new LiveValueView(this.detail(id))
    this.#details.set(id, view)
    try {
      yield* view.follow(signal)
    } finally {
      if (!view.followed) this.#details.delete(id)
    }
  }

  async update(id: string, patch: DevicePatch): Promise<Device> {
    const keeper = this.#require(id)
    const { name, ...rest } = patch
    const isSetting = Object.values(rest).some((value) => value !== undefined)
    if (rest.frequencyMhz !== undefined || rest.coreVoltageMv !== undefined) this.#requireIdle(keeper)
    // First what may be refused: then nothing is changed at all.
    if (isSetting) await this.#change(keeper, rest)
    if (name !== undefined) await keeper.save({ name })
    return this.#answer(keeper)
  }

  async choose(id: string, modelId: string | null): Promise<Device> {
    const keeper = this.#require(id)
    if (keeper.match.kind !== 'ask' && keeper.record.chosen === null) {
      throw new HeadframeError('device/not-asked', `It is known what ${keeper.name} is.`)
    }
    if (modelId !== null && !isCandidate(keeper.match, modelId) && keeper.record.chosen === null) {
      throw new HeadframeError('board/unknown', `${keeper.name} cannot be a ${modelId}.`)
    }
    await keeper.save({ chosen: modelId ?? 'ignore', settings: null, modelId: null })
    keeper.model = null
    if (keeper.attached) keeper.attach(keeper.attached)
    return this.#answer(keeper)
  }

  async act(id: string, action: DeviceAction): Promise<Device> {
    const keeper = this.#require(id)
    switch (action) {
      case 'start':
        await this.#start(keeper)
        break
      case 'stop':
        await this.#stop(keeper)
        break
      case 'restart':
        this.#requirePlugged(keeper)
        if (keeper.chain === null) {
          throw new HeadframeError('device/not-running', `${keeper.name} does not mine now. Start it.`)
        }
        await this.#parts.mining.call('restartDevice', id)
        break
      case 'acknowledge':
        await this.#acknowledge(keeper)
        break
      case 'identify':
        throw new HeadframeError('device/cannot', `${keeper.name} has no light that can be switched.`)
    }
    return this.#answer(keeper)
  }

  async forget(id: string): Promise<void> {
    const keeper = this.#require(id)
    if (keeper.attached !== null) {
      throw new HeadframeError('device/plugged-in', `${keeper.name} is plugged in. Unplug it first.`)
    }
    await this.#parts.book.remove(id)
    this.#keepers.delete(id)
    this.devices.apply([], [id])
    this.#parts.forgetRig(id)
  }

  tune(id: string, draft: z.infer<typeof tuningDraft>): Promise<Tuning> {
    this.#require(id)
    return this.#parts.startTuning(id, draft)
  }

  fault(id: string, fault: DeviceFault): Promise<void> {
    const { misbehave } = this.#parts
    const { lastAttached } = this.#require(id)
    if (misbehave === null || lastAttached.serialNumber === null) {
      return Promise.reject(
        new HeadframeError('practice/off', 'The practice farm is not running: start with --practice.'),
      )
    }
    misbehave(lastAttached.serialNumber, fault)
    return Promise.resolve()
  }

  /** Null for what is none of ours. */
  subject(id: string): TuningSubject | null {
    const keeper = this.#keepers.get(id)
    if (!keeper) return null
    return deviceSubject({
      clock: this.#parts.clock,
      keeper,
      busy: this.#busy.get(id) ?? null,
      isEnding: () => this.#isStopped,
      setBusy: (action) => void (action === null ? this.#busy.delete(id) : this.#busy.set(id, action)),
      change: (setting) => this.#change(keeper, setting),
    })
  }

  async #start(keeper: DeviceKeeper): Promise<void> {
    const { settings, cut } = keeper.record
    if (cut !== null) {
      throw new HeadframeError(
        'device/must-acknowledge',
        `${cut.message} Look after that first and acknowledge it; then start ${keeper.name}.`,
      )
    }
    if (settings === null) {
      this.#requirePlugged(keeper)
      return keeper.bringIn()
    }
    await keeper.save({ settings: { ...settings, enabled: true } })
    if (keeper.chain !== null) await this.#parts.mining.call('resumeDevice', keeper.key)
    await keeper.apply()
  }

  async #stop(keeper: DeviceKeeper): Promise<void> {
    const { settings } = keeper.record
    if (settings === null) {
      throw new HeadframeError('device/cannot', `${keeper.name} does not run.`)
    }
    await keeper.save({ settings: { ...settings, enabled: false } })
    await keeper.apply()
  }

  async #acknowledge(keeper: DeviceKeeper): Promise<void> {
    await keeper.save({ cut: null })
    // Also of one that is unplugged: it must not come back latched.
    await this.#parts.safety.call('acknowledge', keeper.key)
    if (keeper.attached === null) return
    if (keeper.chain !== null) await this.#parts.mining.call('resumeDevice', keeper.key)
    await keeper.apply()
  }

  /** @throws HeadframeError `board/…`; nothing is changed then */
  async #change(keeper: DeviceKeeper, patch: Omit<DevicePatch, 'name'>): Promise<void> {
    const { model, record } = keeper
    if (model === null || record.settings === null) {
      throw new HeadframeError('device/cannot', `It is not known yet which board ${keeper.name} is.`)
    }
    const { settings } = record
    const wanted: BoardSettings = {
      enabled: patch.enabled ?? settings.enabled,
      frequencyMhz: patch.frequencyMhz ?? settings.frequencyMhz,
      coreVoltageMv: patch.coreVoltageMv ?? settings.coreVoltageMv,
      fan: patch.fan === undefined ? settings.fan : fanSetting(patch.fan),
    }
    const checked = checkSettings(model, wanted)
    if (!checked.ok) throw checked.error
    await keeper.save({ settings: checked.value })
    const { frequencyMhz, coreVoltageMv, fan, enabled } = checked.value
    if (keeper.safety !== null && patch.fan !== undefined) {
      await this.#parts.safety.call('setFan', { key: keeper.key, fan }).catch(unlessOutOfReach)
    }
    await this.#parts.mining.call('retuneDevice', {
      id: keeper.key,
      settings: { frequencyMhz, coreVoltageMv },
    })
    if (enabled !== settings.enabled) await keeper.apply()
  }

  /** @throws HeadframeError `device/busy`: what is measured now would be of what nobody tries */
  #requireIdle({ key, name }: DeviceKeeper): void {
    const action = this.#busy.get(key)
    if (action === undefined) return
    throw new HeadframeError(
      'device/busy',
      `${name} is being told something else (${action}). End that first, or wait until it is over.`,
    )
  }

  #requirePlugged(keeper: DeviceKeeper): void {
    if (keeper.attached !== null) return
    throw new HeadframeError('device/unplugged', `${keeper.name} is not plugged in.`)
  }

  #require(id: string): DeviceKeeper {
    const keeper = this.#keepers.get(id)
    if (keeper) return keeper
    throw new HeadframeError('device/unknown', 'There is no such device. It may have been forgotten.')
  }

  #answer(keeper: DeviceKeeper): Device {
    this.#publish()
    return deviceView(keeper, this.#placeOf(keeper))
  }

  #placeOf({ chain }: DeviceKeeper): DevicePlace | null {
    if (chain === null) return null
    const downstream = this.#parts.downstreams().find(({ rigKey }) => rigKey === chain.rigKey)
    if (!downstream) return null
    const { id, poolId } = downstream
    return { downstreamId: id, poolName: poolId === null ? null : this.#parts.poolName(poolId) }
  }

  #publishSoon(): void {
    if (this.#publishing) return
    this.#publishing = true
    this.#parts.clock.after(PUBLISH_EVERY_MS, () => {
      this.#publishing = false
      this.#publish()
    })
  }

  #publish(): void {
    if (this.#isStopped) return
    const keepers = [...this.#keepers.values()]
    const views = keepers.map((keeper) => deviceView(keeper, this.#placeOf(keeper)))
    const changed = views.filter((view) => !isDeepStrictEqual(view, this.devices.find(view.id)))
    if (changed.length > 0) this.devices.apply(changed)
    for (const [id, view] of this.#details) {
      const keeper = this.#keepers.get(id)
      if (keeper) view.set(deviceDetail(keeper, this.#placeOf(keeper)))
    }
    for (const keeper of keepers) this.#tellRig(keeper)
  }

  #tellRig(keeper: DeviceKeeper): void {
    const place = this.#placeOf(keeper)
    const life = lifeOf(keeper, place)
    const rig = deviceRig(deviceView(keeper, place), life)
    if (rig === null) return
    const detail = (): RigDetail => deviceRigDetail(rig, deviceDetail(keeper, place), life)
    this.#parts.sawRig(rig, detail, keeper.chain?.rigKey ?? null)
  }
}

/** A board whose control is being sought is told once it is found. */
function unlessOutOfReach(error: unknown): void {
  if (error instanceof HeadframeError && OUT_OF_REACH.has(error.code)) return
  throw error
}

function keyOf(event: SafetyEvent): string {
  if (event.kind === 'view') return event.view.key
  return event.kind === 'notice' ? event.notice.key : event.key
}

function lifeOf(keeper: DeviceKeeper, place: DevicePlace | null): DeviceLife {
  const { chain, safety, addedAt, hashingSinceMs, lastSeenMs } = keeper
  return {
    addedAt,
    readAt: keeper.attached === null ? (safety?.readings?.atMs ?? null) : lastSeenMs,
    // The clock of the machine may have been set back meanwhile.
    hashingS: hashingSinceMs === null ? null : Math.max(0, lastSeenMs - hashingSinceMs) / 1000,
    lastNonceAt: chain?.lastNonceAtMs ?? null,
    bestDifficulty: chain === null || chain.chain.bestDifficulty === 0 ? null : chain.chain.bestDifficulty,
    poolUrl: place?.poolName ?? null,
    chipFrequencies: [],
  }
}
