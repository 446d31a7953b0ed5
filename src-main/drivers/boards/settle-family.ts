/**
 * Which member of a family a board is, from what answers on its bus and which chips reply; and what voltage may be
 * applied to find out. A voltage is only ever applied if every board that it may still be allows it, and to none if
 * the parts fit no board that is driven (asic-serial 6.3). Pure.
 */
import { type BoardFamily, type BoardModel, type FamilyMember, type SafetyLimits } from '../model/board.ts'

/** What was found, as far as anybody looked. */
export interface FoundParts {
  /** Seven-bit addresses that answered; null where there is no bus. */
  readonly busAddresses: ReadonlySet<number> | null
  /** Null before chips were asked. */
  readonly chips: { readonly model: number; readonly count: number } | null
  /** Bytes after the nonce of the golden work; null where that was not tried. */
  readonly goldenExtraBytes: number | null
}

/** Members that fit everything that was found. */
export function fittingMembers(family: BoardFamily, found: FoundParts): readonly FamilyMember[] {
  return family.members.filter(({ signs }) => {
    if (signs.kind === 'golden') {
      return found.goldenExtraBytes === null || found.goldenExtraBytes === signs.extraBytes
    }
    const { busAddresses, chips } = found
    const onBus =
      busAddresses === null ||
      (signs.present.every((address) => busAddresses.has(address)) &&
        !signs.absent.some((address) => busAddresses.has(address)))
    return onBus && (chips === null || (chips.model === signs.chipModel && chips.count === signs.chipCount))
  })
}

export type Settled =
  | { readonly kind: 'settled'; readonly member: FamilyMember }
  /** More than one fits: `provisional` is safe for all of those that are driven, and null if there is no such thing. */
  | {
      readonly kind: 'open'
      readonly members: readonly FamilyMember[]
      readonly provisional: BoardModel | null
    }
  /** Nothing fits: it gets no voltage. */
  | { readonly kind: 'unknown'; readonly message: string }

export function settle(family: BoardFamily, found: FoundParts): Settled {
  const members = fittingMembers(family, found)
  const [only] = members
  if (!only) {
    return {
      kind: 'unknown',
      message: `This ${family.name} carries parts that fit no board known to Headframe (${describe(found)}), so it is given no voltage. Report it with these numbers.`,
    }
  }
  if (members.length === 1) return { kind: 'settled', member: only }
  return { kind: 'open', members, provisional: provisionalModel(family, members) }
}

/**
 * A board to count chips on: the strictest of everything that it may be, one voltage that all allow.
 * @returns null if the members differ in how their power is reached, or no voltage suits all
 */
function provisionalModel(family: BoardFamily, members: readonly FamilyMember[]): BoardModel | null {
  const models = members.flatMap((member) => (member.kind === 'model' ? [member.model] : []))
  const [first] = models
  if (!first) return null
  if (first.bridge === null || first.coreVoltageMv === null) return null
  const { bridge } = first
  let lowestMv = first.coreVoltageMv.min
  let highestMv = first.coreVoltageMv.max
  let presetMv = first.coreVoltageMv.default
  for (const { bridge: other, coreVoltageMv: volts } of models) {
    if (other === null || volts === null) return null
    if (
      other.replies !== bridge.replies ||
      other.resetPin !== bridge.resetPin ||
      other.regulator !== bridge.regulator ||
      other.powerMeter !== bridge.powerMeter ||
      other.fan !== bridge.fan
    ) {
      return null
    }
    lowestMv = Math.max(lowestMv, volts.min)
    highestMv = Math.min(highestMv, volts.max)
    presetMv = Math.min(presetMv, volts.default)
  }
  if (lowestMv > highestMv) return null
  const probeMv = Math.min(Math.max(presetMv, lowestMv), highestMv)
  // A sensor of the board itself reads before any chip connects its diode.
  const sensed = models.find(({ bridge: parts }) => parts?.chipSensor.kind === 'emc2101-internal') ?? first
  return {
    ...first,
    id: `${family.id}-provisional`,
    name: `${family.name} (model not known yet)`,
    patterns: [],
    bridge: { ...bridge, chipSensor: sensed.bridge?.chipSensor ?? bridge.chipSensor },
    coreVoltageMv: { min: probeMv, max: probeMv, step: 1, default: probeMv },
    limits: models.map(({ limits }) => limits).reduce(stricter),
  }
}

function stricter(a: SafetyLimits, b: SafetyLimits): SafetyLimits {
  const least = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? (x ?? y) : Math.min(x, y)
  return {
    chipWarnC: Math.min(a.chipWarnC, b.chipWarnC),
    chipTripC: Math.min(a.chipTripC, b.chipTripC),
    regulatorTripC: least(a.regulatorTripC, b.regulatorTripC),
    maxPowerW: least(a.maxPowerW, b.maxPowerW),
    fanMustTurnPermille: least(a.fanMustTurnPermille, b.fanMustTurnPermille),
    fanStallMs: Math.min(a.fanStallMs, b.fanStallMs),
    sensorSilenceMs: Math.min(a.sensorSilenceMs, b.sensorSilenceMs),
    sensorSettleMs: Math.min(a.sensorSettleMs, b.sensorSettleMs),
  }
}

/** Addresses that a scan asks: those that any member names. */
export function scanAddresses(family: BoardFamily): readonly number[] {
  const addresses = new Set<number>()
  for (const { signs } of family.members) {
    if (signs.kind === 'bridge')
      for (const address of [...signs.present, ...signs.absent]) addresses.add(address)
  }
  return [...addresses].sort((a, b) => a - b)
}

function describe({ busAddresses, chips, goldenExtraBytes }: FoundParts): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  const parts: string[] = []
  if (busAddresses !== null) {
    const addresses = [...busAddresses].sort((a, b) => a - b).map((address) => hex(address, 2))
    parts.push(`I2C ${addresses.length > 0 ? addresses.join(' ') : 'silent'}`)
  }
  if (chips !== null) parts.push(`${chips.count} chips of model ${hex(chips.model, 4)}`)
  if (goldenExtraBytes !== null) parts.push(`${goldenExtraBytes} bytes after the nonce`)
  return parts.join(', ') || 'nothing answered'
}
