/** What the contract shows of a device, from what the host, the safety thread and the mining thread know of it. Pure. */
import {
  type Device,
  type DeviceChip,
  type DeviceDetail,
  type DeviceEvent,
  type DeviceFan,
  type DeviceLimits,
  type DeviceModel,
  type DeviceState,
} from '../../src-preload/contract/index.ts'
import {
  type AttachedDevice,
  type BoardMatch,
  type BoardModel,
  type BoardReadings,
  boardIdentity,
  canCutPower,
  chipProfile,
  type ChipRate,
  expectedRateHs,
  type FanSetting,
  measuresHeat,
  type SafetyView,
} from '../drivers/index.ts'
import { type DeviceRecord } from '../settings/index.ts'
import { type ChainStatus } from './device-chains.ts'

/** Everything known of a device. */
export interface KnownDevice {
  readonly key: string
  /** Null while it is unplugged. */
  readonly attached: AttachedDevice | null
  /** As it was when it was there last. */
  readonly lastAttached: AttachedDevice
  readonly match: BoardMatch
  /** Null while nobody knows which board it is. */
  readonly model: BoardModel | null
  readonly record: DeviceRecord
  readonly safety: SafetyView | null
  readonly chain: ChainStatus | null
  /** As it was when it mined last: what it has counted stays when it is stopped. Null before it mined. */
  readonly worked: ChainStatus | null
  /** What is being done with it before it mines, a sentence; null for nothing. */
  readonly step: string | null
  /** What keeps it from being set up. */
  readonly fault: { readonly code: string; readonly message: string } | null
  /** Why a board whose parts were looked at is not driven. */
  readonly refusal: string | null
  readonly since: number
  readonly notices: readonly DeviceEvent[]
  readonly recent: DeviceDetail['recent']
}

/** What the proxy says of its place there. */
export interface DevicePlace {
  readonly downstreamId: string
  readonly poolName: string | null
}

const EVENTS_SHOWN = 60

export function deviceView(known: KnownDevice, place: DevicePlace | null): Device {
  const { record, model, safety, chain } = known
  const state = stateOf(known)
  const isRunning = state === 'hashing'
  const settings = record.settings
  const rate = chain?.chain.rate
  const worked = chain ?? known.worked
  return {
    id: known.key,
    name: nameOf(known),
    model: model === null ? familyModel(known) : modelView(model),
    candidates: choicesOf(known.match).map(({ id, name }) => ({ id, name })),
    usb: usbOf(known.attached ?? known.lastAttached),
    state,
    doing: doingOf(known, state),
    problem: problemOf(known),
    since: known.since,
    progress: progressOf(known, state),
    hashrateHs: isRunning && rate && !rate.isSettling ? rate.hashrateHs : null,
    hashrateErrorRatio: isRunning ? (rate?.sigmaRatio ?? null) : null,
    expectedHashrateHs:
      chain && isRunning
        ? chain.chain.expectedHs
        : model && settings
          ? expectedOf(model, settings.frequencyMhz)
          : null,
    frequencyMhz: chain?.chain.frequency.actualMhz ?? null,
    readings: safety?.readings == null || known.attached === null ? null : readingsView(safety.readings),
    nonces: worked?.chain.counts.nonces ?? 0,
    hardwareErrors: worked?.chain.counts.hardwareErrors ?? 0,
    shares: { accepted: worked?.shares.accepted ?? 0, refused: worked?.shares.refused ?? 0 },
    settings:
      settings === null || model === null
        ? null
        : {
            enabled: settings.enabled,
            frequencyMhz: settings.frequencyMhz,
            coreVoltageMv: settings.coreVoltageMv,
            fan: model.fan === null ? null : fanView(settings.fan),
          },
    limits: model === null ? null : limitsView(model),
    cut: cutOf(known),
    downstreamId: place?.downstreamId ?? null,
  }
}

export function deviceDetail(known: KnownDevice, place: DevicePlace | null): DeviceDetail {
  const { chain } = known
  const view = chain?.chain
  const did = (chain ?? known.worked)?.chain
  const counts = did?.counts
  // Which chip found what is told of chains of one alone, where there is no doubt.
  const lastNonceAt = known.model?.chipCount === 1 ? (chain?.lastNonceAtMs ?? null) : null
  const unknownChip = view?.chips.find(({ chip }) => chip === null)
  return {
    device: deviceView(known, place),
    chips: (view?.chips ?? []).flatMap((chip) =>
      chip.chip === null ? [] : [chipView(chip, chip.chip, lastNonceAt)],
    ),
    unattributedNonces: unknownChip?.nonces ?? 0,
    work:
      chain && view && isAtWork(view.state)
        ? {
            poolName: place?.poolName ?? null,
            ticketDifficulty: view.ticket.difficulty,
            shareDifficulty: chain.shareDifficulty,
            jobIntervalMs: chain.jobIntervalMs,
            jobsSent: view.jobs?.sent ?? 0,
            versionRolling: chain.versionRolling,
            lastNonceAt: chain.lastNonceAtMs,
            bestDifficulty: view.bestDifficulty === 0 ? null : view.bestDifficulty,
          }
        : null,
    counts: {
      shares: counts?.shares ?? 0,
      nearMisses: Math.max(0, (counts?.nonces ?? 0) - (counts?.shares ?? 0) - (counts?.stale ?? 0)),
      hardwareErrors: counts?.hardwareErrors ?? 0,
      duplicates: counts?.duplicates ?? 0,
      stale: counts?.stale ?? 0,
      foreign: counts?.foreign ?? 0,
      skippedBytes: did?.line.skippedBytes ?? 0,
      badFrames: did?.line.badFrames ?? 0,
    },
    health: healthOf(known),
    events: eventsOf(known),
    recent: [...known.recent],
  }
}

/** Boards that an anonymous device may be: a person says which, because nothing is sent to it before. */
export function choicesOf(match: BoardMatch): readonly BoardModel[] {
  if (match.kind !== 'ask') return []
  return match.candidates.flatMap((candidate) =>
    candidate.kind === 'board'
      ? [candidate.model]
      : candidate.family.members.flatMap((member) =>
          // What is behind a bridge says itself what it is, once it may be asked.
          member.kind === 'model' && member.signs.kind === 'golden' ? [member.model] : [],
        ),
  )
}

/** Its model and the end of its serial number, unless a person called it something else. */
export function nameOf({ record, model, match, attached, lastAttached }: KnownDevice): string {
  if (record.name !== '') return record.name
  const { product, vendorId, productId, serialNumber } = attached ?? lastAttached
  const kind = model?.name ?? matchName(match) ?? product ?? `USB device ${hex(vendorId)}:${hex(productId)}`
  const tail = serialNumber?.slice(-4) ?? ''
  // The end of a number tells two of a kind apart; the end of a word does not.
  return /^[0-9a-z]*\d[0-9a-z]*$/i.test(tail) ? `${kind} ${tail}` : kind
}

export function fanView(fan: FanSetting): DeviceFan {
  switch (fan.mode) {
    case 'target':
      return { mode: 'target', chipC: fan.chipC, minPercent: fan.minPermille / 10 }
    case 'fixed':
      return { mode: 'fixed', percent: fan.permille / 10 }
    case 'curve':
      return {
        mode: 'curve',
        points: fan.points.map(({ chipC, permille }) => ({ chipC, percent: permille / 10 })),
      }
  }
}

export function fanSetting(fan: DeviceFan): FanSetting {
  switch (fan.mode) {
    case 'target':
      return { mode: 'target', chipC: fan.chipC, minPermille: Math.round(fan.minPercent * 10) }
    case 'fixed':
      return { mode: 'fixed', permille: Math.round(fan.percent * 10) }
    case 'curve':
      return {
        mode: 'curve',
        points: fan.points.map(({ chipC, percent }) => ({ chipC, permille: Math.round(percent * 10) })),
      }
  }
}

export function expectedOf(model: BoardModel, frequencyMhz: number): number | null {
  return expectedRateHs(model, chipProfile(model.chip), frequencyMhz)
}

function isAtWork(state: ChainStatus['chain']['state']): boolean {
  return state === 'hashing' || state === 'retuning'
}

function stateOf({
  attached,
  match,
  model,
  record,
  fault,
  safety,
  chain,
  step,
  refusal,
}: KnownDevice): DeviceState {
  if (attached === null) return 'gone'
  // A person may have said that it is none.
  if (match.kind === 'ask') return refusal === null ? 'ask' : 'unsupported'
  if (match.kind === 'driver') return 'driver'
  if (match.kind === 'unsupported' || match.kind === 'ignored' || refusal !== null) return 'unsupported'
  if (
    record.cut !== null ||
    safety?.state === 'latched' ||
    safety?.state === 'cooling' ||
    safety?.state === 'unsafe'
  )
    return 'cut'
  if (fault !== null) return 'blocked'
  if (model !== null && record.settings?.enabled === false) return 'stopped'
  if (chain === null || step !== null) return 'starting'
  switch (chain.chain.state) {
    case 'waiting-for-work':
      return 'waiting'
    case 'powering':
    case 'counting':
    case 'configuring':
    case 'ramping':
      return 'starting'
    case 'hashing':
    case 'retuning':
      return 'hashing'
    case 'recovering':
      return 'recovering'
    case 'cut':
      return 'cut'
    case 'stopped':
      return 'blocked'
    case 'gone':
      return 'recovering'
  }
}

function doingOf(known: KnownDevice, state: DeviceState): string {
  const { safety, chain, step, match, fault, refusal } = known
  switch (state) {
    case 'gone':
      return 'Unplugged. It mines again by itself when it is plugged in.'
    case 'ask':
      return 'Nothing is sent to it until you say what it is.'
    case 'driver':
      return match.kind === 'driver' ? match.needed : ''
    case 'unsupported':
      return refusal ?? (match.kind === 'unsupported' ? match.why : 'It is left alone.')
    case 'stopped':
      return safety?.state === 'stopping' ? 'Switching off.' : 'Stopped. It stays off until you start it.'
    case 'blocked':
      return fault?.message ?? chain?.chain.doing ?? 'It cannot be set up.'
    case 'cut':
      return safety?.state === 'latched' || safety?.state === 'cooling' || safety?.state === 'unsafe'
        ? safety.doing
        : (chain?.chain.doing ?? 'Power was taken away.')
    default:
      return step ?? chain?.problem ?? chain?.chain.doing ?? 'Opening its ports.'
  }
}

function problemOf({ fault, chain, safety }: KnownDevice): Device['problem'] {
  if (safety !== null && safety.stillOn.length > 0) {
    return { code: 'safety/not-off', message: safety.stillOn.join(' ') }
  }
  if (fault !== null) return fault
  if (chain?.problem != null) return { code: 'device/no-work', message: chain.problem }
  if (chain?.chain.state === 'stopped') return { code: 'device/stopped', message: chain.chain.doing }
  const reason = chain?.chain.state === 'recovering' ? chain.chain.doing : null
  return reason === null ? null : { code: 'device/recovering', message: reason }
}

/** Between 0 and 1: power, count, set-up, then the ramp of the clock. */
function progressOf({ chain }: KnownDevice, state: DeviceState): number | null {
  if (state !== 'starting') return null
  const { actualMhz, targetMhz } = chain?.chain.frequency ?? { actualMhz: null, targetMhz: 1 }
  switch (chain?.chain.state) {
    case 'powering':
      return 0.1
    case 'counting':
      return 0.25
    case 'configuring':
      return 0.35
    case 'ramping':
      return 0.4 + 0.6 * Math.min(1, (actualMhz ?? 0) / targetMhz)
    default:
      return 0
  }
}

function cutOf({ safety, chain, record }: KnownDevice): Device['cut'] {
  const cut = safety?.cut ?? chain?.chain.cut ?? null
  if (cut !== null)
    return { cause: cut.cause, message: cut.message, at: cut.atMs, mustAcknowledge: cut.latched }
  return record.cut === null
    ? null
    : {
        cause: record.cut.cause,
        message: record.cut.message,
        at: record.cut.atMs,
        mustAcknowledge: record.cut.latched,
      }
}

function modelView({ id, name, maker, chip, chipCount, notes }: BoardModel): DeviceModel {
  return { id, name, maker, chip: chipName(chip), chipCount, notes: [...notes] }
}

const CHIP_NAMES: Partial<Record<BoardModel['chip'], string>> = { icarus: 'Icarus', 'antminer-u': 'BM1380' }

/** What is printed on it: boards of several makers start up the same chip in ways of their own. */
function chipName(chip: BoardModel['chip']): string {
  const { model } = chipProfile(chip)
  return model === null ? (CHIP_NAMES[chip] ?? chip) : `BM${model.toString(16)}`
}

/** Of a board that is one of a family, or known and not driven. */
function familyModel({ match }: KnownDevice): DeviceModel | null {
  const identity =
    match.kind === 'family'
      ? boardIdentity({ kind: 'family', family: match.family })
      : match.kind === 'unsupported'
        ? boardIdentity({ kind: 'recognised', board: match.board })
        : null
  if (identity === null) return null
  const { id, name, maker, notes } = identity
  return { id, name, maker, chip: '', chipCount: 0, notes: [...notes] }
}

function matchName(match: BoardMatch): string | null {
  switch (match.kind) {
    case 'board':
      return match.model.name
    case 'family':
      return match.family.name
    case 'unsupported':
    case 'driver':
      return match.name
    default:
      return null
  }
}

function limitsView(model: BoardModel): DeviceLimits {
  const { frequencyMhz, coreVoltageMv, fan, limits } = model
  return {
    frequencyMhz,
    coreVoltageMv,
    fanMinPercent: fan === null ? null : fan.minPermille / 10,
    stopsOnFanStall: limits.fanMustTurnPermille !== null,
    chipWarnC: limits.chipWarnC,
    chipTripC: limits.chipTripC,
    regulatorTripC: limits.regulatorTripC,
    maxPowerW: limits.maxPowerW,
    canCutPower: canCutPower(model),
    measuresHeat: measuresHeat(model),
  }
}

function readingsView(readings: BoardReadings): Device['readings'] {
  return {
    at: readings.atMs,
    chipC: readings.chipC,
    regulatorC: readings.regulatorC,
    inputVoltageMv: readings.inputVoltageMv,
    coreVoltageMv: readings.coreVoltageMv,
    currentMa: readings.currentMa,
    powerW: readings.powerW,
    fanRpm: readings.fanRpm,
    fanPercent: readings.fanPermille === null ? null : readings.fanPermille / 10,
  }
}

const WEAK_RATIO = 0.8
const MANY_ERRORS_RATIO = 0.02
const LEAST_REPLIES = 50
const SILENT_INTERVALS = 20

function chipView(
  { nonces, hardwareErrors, rate, expectedHs, ratio }: ChipRate,
  index: number,
  lastNonceAt: number | null,
): DeviceChip {
  const replies = nonces + hardwareErrors
  const isSilent =
    rate.nonces === 0 &&
    expectedHs !== null &&
    rate.coveredMs / 1000 > SILENT_INTERVALS * (replies === 0 ? 30 : rate.coveredMs / 1000 / replies)
  const health = isSilent
    ? 'silent'
    : replies >= LEAST_REPLIES && hardwareErrors / replies > MANY_ERRORS_RATIO
      ? 'errors'
      : rate.isSettling || ratio === null
        ? 'settling'
        : ratio < WEAK_RATIO && rate.nonces >= LEAST_REPLIES
          ? 'weak'
          : 'ok'
  return {
    index,
    health,
    nonces,
    hardwareErrors,
    hashrateHs: rate.isSettling ? null : rate.hashrateHs,
    expectedRatio: ratio,
    lastNonceAt,
  }
}

function healthOf({ chain }: KnownDevice): DeviceDetail['health'] {
  if (chain === null) return { tone: 'unknown', reasons: [] }
  const { verdict, reasons } = chain.chain.health
  const tone =
    verdict === 'good' ? 'good' : verdict === 'poor' ? 'warning' : verdict === 'silent' ? 'error' : 'unknown'
  return { tone, reasons: [...reasons] }
}

const TONES = { info: 'info', warn: 'warning', error: 'error' } as const

function eventsOf({ chain, notices }: KnownDevice): DeviceEvent[] {
  const own = (chain?.chain.events ?? []).map(({ atMs, level, text, times }): DeviceEvent => ({
    at: atMs,
    tone: TONES[level],
    text: times > 1 ? `${text} (${times} times)` : text,
  }))
  return [...own, ...notices].sort((a, b) => b.at - a.at).slice(0, EVENTS_SHOWN)
}

function usbOf({
  vendorId,
  productId,
  manufacturer,
  product,
  serialNumber,
  ports,
}: AttachedDevice): Device['usb'] {
  return {
    vendorId: vendorId === null ? null : hex(vendorId),
    productId: productId === null ? null : hex(productId),
    manufacturer,
    product,
    serialNumber,
    ports: ports.map((port) => (port.kind === 'tty' ? port.path : port.name)),
  }
}

function hex(id: number | null): string {
  return id === null ? '????' : id.toString(16).padStart(4, '0')
}
