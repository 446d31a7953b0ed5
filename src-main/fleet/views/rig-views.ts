/**
 * From what is known of a rig, what it said last and what the proxy sees of it to what screens and scripts show. Pure. Values
 * that are too old are not shown as values. Governing document: rig API digest, sections 7 and 8.
 */
import { type BookGroup, type BookRig } from '../book/rig-book-file.ts'
import { type LoginOfRig, loginObstacle } from '../control/credentials.ts'
import { type CommandKind, factoryLogin, type RigFamily } from '../families/family.ts'
import { addressText } from '../model/identity.ts'
import { type FanReading, type RigReading } from '../model/reading.ts'
import { type TrackedError } from '../polling/error-log.ts'
import { type MergedReading } from '../polling/merge-reading.ts'
import { type DownstreamSeen } from '../ports.ts'
import { activePool, leadsHere, managerOf, type ProxyPlace } from './mines-here.ts'
import {
  type CapabilityView,
  type Freshness,
  type ProblemView,
  RIG_ACTIONS,
  type RigActionName,
  type RigDetailView,
  type RigState,
  type RigView,
} from './view-types.ts'

export interface RigFacts {
  readonly rig: BookRig
  readonly family: RigFamily
  readonly group: BookGroup | null
  readonly merged: MergedReading | null
  readonly freshness: Freshness
  readonly readAtMs: number | null
  readonly problem: ProblemView | null
  /** Its own and ours. */
  readonly errors: readonly TrackedError[]
  /** When its count of accepted shares was last seen to grow. */
  readonly grewAtMs: number | null
  readonly busy: { readonly action: string; readonly sinceMs: number } | null
  readonly login: LoginOfRig | null
  readonly canRestorePools: boolean
  readonly atProxy: DownstreamSeen | null
  readonly proxy: ProxyPlace
}

/** Codes that say that nobody answered, as opposed to: answered, but not so that it could be read. */
export const SILENT_CODES: ReadonlySet<string> = new Set([
  'rig/unreachable',
  'rig/timeout',
  'rig/cut-off',
  'rig/given-up',
  'rig/other-rig',
])

export function rigView(facts: RigFacts): RigView {
  const { rig, family, group, merged, atProxy, busy } = facts
  const reading = facts.freshness === 'gone' ? null : (merged?.reading ?? null)
  const hostname = reading?.hostname ?? rig.hostname
  const pool = activePool(reading?.pools ?? [])
  const fans = reading?.fans ?? []
  const hashrateHs = reading ? shownRate(reading) : null
  return {
    id: rig.id,
    name: rig.name || hostname || addressText(rig),
    namedByPerson: rig.name !== '',
    address: addressText(rig),
    mac: rig.mac,
    serial: rig.serial,
    hostname,
    family: rig.family,
    familyName: family.name,
    make: reading?.make ?? rig.make,
    model: reading?.model ?? rig.model,
    firmware: reading?.firmware ?? rig.firmware,
    firmwareVersion: reading?.firmwareVersion ?? rig.firmwareVersion,
    state: stateOf(facts),
    freshness: facts.freshness,
    readAt: moment(facts.readAtMs),
    addedAt: Math.round(rig.addedAtMs),
    hashrateHs,
    expectedHs: atLeastZero(reading?.expectedHs ?? null),
    effectiveHs: atProxy ? Math.max(0, atProxy.hashrateHs) : null,
    chipMaxC: reading?.temperatures.chipMaxC ?? null,
    boardMaxC: reading?.temperatures.boardMaxC ?? null,
    fanRpm: largest(fans.map(({ rpm }) => rpm)),
    fanPercent: largest(fans.map(({ dutyPercent }) => dutyPercent)) ?? reading?.settings.fanPercent ?? null,
    powerW: reading?.powerW ?? null,
    powerSource: reading?.powerSource ?? null,
    efficiencyJTh: efficiency(reading?.powerW ?? null, hashrateHs),
    uptimeS: reading?.minerUptimeS ?? reading?.systemUptimeS ?? null,
    accepted: whole(reading?.shares.accepted ?? null),
    rejected: whole(reading?.shares.rejected ?? null),
    lastShareAt: moment(lastShareAt(facts, reading)),
    bestShare: atLeastZero(reading?.bestShare ?? null),
    pool: pool && { url: pool.url, user: pool.user, alive: pool.alive },
    minesHere: pool ? atProxy !== null || leadsHere(pool.url, rig.host, facts.proxy) : atProxy ? true : null,
    managedBy: managerOf(reading?.pools ?? []),
    locating: reading?.locating ?? null,
    errors: summaryOf(facts.errors),
    group: group && { id: group.id, name: group.name },
    place: { ...rig.place },
    notes: rig.notes,
    downstreamId: atProxy?.id ?? null,
    login: loginWord(facts),
    problem: facts.problem,
    busy: busy && { action: busy.action, since: Math.round(busy.sinceMs) },
    capabilities: capabilitiesOf(facts),
    canRestorePools: facts.canRestorePools,
  }
}

export function rigDetailView(facts: RigFacts): RigDetailView {
  const { merged, family, login } = facts
  const reading = facts.freshness === 'gone' ? null : (merged?.reading ?? null)
  const { temperatures, hashrates, settings, shares } = reading ?? {}
  return {
    rig: rigView(facts),
    apiVersion: reading?.apiVersion ?? null,
    controlBoard: reading?.controlBoard ?? null,
    hashrates: hashrates ? { ...hashrates } : { ...NO_RATES },
    stickerHs: reading?.stickerHs ?? null,
    boards: (reading?.boards ?? []).map((board) => ({ ...board })),
    chips: (reading?.chips ?? []).map((chip) => ({ ...chip })),
    fans: (reading?.fans ?? []).map((fan: FanReading) => ({ ...fan })),
    psuFans: (reading?.psuFans ?? []).map((fan: FanReading) => ({ ...fan })),
    temperatures: temperatures ? { ...temperatures } : { ...NO_TEMPERATURES },
    inputVoltageV: reading?.inputVoltageV ?? null,
    inputCurrentA: reading?.inputCurrentA ?? null,
    settings: {
      powerMode: settings?.powerMode ?? null,
      powerModes: (settings?.powerModes ?? []).map((mode) => ({ ...mode })),
      powerLimitW: settings?.powerLimitW ?? null,
      powerLimitRangeW: settings?.powerLimitRangeW ? { ...settings.powerLimitRangeW } : null,
      frequencyMHz: settings?.frequencyMHz ?? null,
      frequencyOptionsMHz: [...(settings?.frequencyOptionsMHz ?? [])],
      coreVoltageMv: settings?.coreVoltageMv ?? null,
      coreVoltageOptionsMv: [...(settings?.coreVoltageOptionsMv ?? [])],
      fanAuto: settings?.fanAuto ?? null,
      fanPercent: settings?.fanPercent ?? null,
      targetC: settings?.targetC ?? null,
    },
    systemUptimeS: reading?.systemUptimeS ?? null,
    minerUptimeS: reading?.minerUptimeS ?? null,
    stale: shares?.stale ?? null,
    rejectReasons: (shares?.rejectReasons ?? []).map(({ reason, count }) => ({
      reason,
      count: whole(count) ?? 0,
    })),
    bestSession: reading?.bestSession ?? null,
    blocksFound: reading?.blocksFound ?? null,
    pools: (reading?.pools ?? []).map((pool) => ({ ...pool, index: Math.trunc(pool.index) })),
    errors: facts.errors.map(({ firstSeenAtMs, lastSeenAtMs, ...error }) => ({
      code: error.code,
      text: error.text,
      remedy: error.remedy,
      severity: error.severity,
      component: error.component,
      sinceMs: error.sinceMs,
      firstSeenAt: Math.round(firstSeenAtMs),
      lastSeenAt: Math.round(lastSeenAtMs),
    })),
    wifiRssiDbm: reading?.wifiRssiDbm ?? null,
    hashErrorPercent: reading?.hashErrorPercent ?? null,
    hardwareErrors: reading?.hardwareErrors ?? null,
    unread: [...(merged?.failed ?? [])],
    credentials: {
      from: login?.from ?? 'none',
      username: login?.username ?? null,
      neededFor: NEEDED_FOR[family.login.needed],
      factoryUsername: factoryLogin(family, facts.rig.firmwareVersion)?.username ?? null,
      refused: login?.refused ?? false,
    },
  }
}

/**
 * When it had a share last: what the proxy saw, else what the rig says, else when its count was seen to grow. A rig's
 * own clock may be wrong: a moment to come is taken as none.
 */
export function lastShareAt(
  { atProxy, grewAtMs }: Pick<RigFacts, 'atProxy' | 'grewAtMs'>,
  reading: RigReading | null,
): number | null {
  if (atProxy && atProxy.lastShareAtMs !== null) return atProxy.lastShareAtMs
  if (!reading) return null
  const said = [reading.shares.lastShareAtMs, activePool(reading.pools)?.lastShareAtMs ?? null]
  const latest = largest(said.map((atMs) => (atMs !== null && atMs <= reading.atMs + 60_000 ? atMs : null)))
  return largest([latest, grewAtMs])
}

/** Over the shortest window that does not jump; what a rig that does not hash says of its past is no rate of now. */
export function shownRate({ hashrates, state }: RigReading): number | null {
  const { nowHs, minuteHs, fiveMinutesHs, fifteenMinutesHs, hourHs, averageHs } = hashrates
  const recent = minuteHs ?? nowHs ?? fiveMinutesHs
  if (recent !== null) return atLeastZero(recent)
  if (state !== 'mining' && state !== 'tuning') return null
  return atLeastZero(fifteenMinutesHs ?? hourHs ?? averageHs)
}

function stateOf({ freshness, merged, problem }: RigFacts): RigState {
  if (problem?.code === 'rig/miner-down') return 'miner-down'
  if (freshness === 'gone')
    return problem === null || SILENT_CODES.has(problem.code) ? 'unreachable' : 'unknown'
  return merged?.reading.state ?? 'unknown'
}

function loginWord({ family, login }: RigFacts): RigView['login'] {
  if (login) return login.refused ? 'wrong' : 'entered'
  return family.login.needed === 'never' ? 'not-needed' : 'missing'
}

const NEEDED_FOR = { never: 'nothing', 'to-write': 'writing', 'to-read': 'reading' } as const

/** What the family is told for an action. */
export const COMMAND_OF: Readonly<Record<RigActionName, Exclude<CommandKind, 'restore-pools'>>> = {
  'send-to-headframe': 'set-pools',
  'send-to-pool': 'set-pools',
  'set-pools': 'set-pools',
  'restore-pools': 'set-pools',
  restart: 'restart',
  reboot: 'reboot',
  pause: 'pause',
  resume: 'resume',
  locate: 'locate',
  'set-power-mode': 'set-power-mode',
  'set-power-limit': 'set-power-limit',
  'set-frequency': 'set-frequency',
  'set-voltage': 'set-voltage',
  'set-fan': 'set-fan',
}

export type CapabilityFacts = Pick<
  RigFacts,
  'family' | 'merged' | 'freshness' | 'problem' | 'login' | 'canRestorePools'
>

/** What it can be told now, and why not otherwise. */
export function capabilitiesOf(facts: CapabilityFacts): Record<RigActionName, CapabilityView> {
  const obstacle = loginObstacle(facts.family.login.needed, facts.login)
  const closed: CapabilityView | null = obstacle && {
    offered: false,
    because: obstacle.message,
    needsLogin: true,
  }
  // What cannot be read without one says nothing else of itself.
  const locked = facts.merged === null && facts.family.login.needed === 'to-read' ? closed : null
  const general = generalObstacle(facts)
  const offered = facts.merged && general === null ? facts.family.capabilities(facts.merged.reading) : null
  const one = (action: RigActionName): CapabilityView => {
    if (offered === null) return locked ?? { offered: false, because: general ?? '' }
    const capability = offered[COMMAND_OF[action]]
    if (!capability.offered) return { offered: false, because: capability.because }
    if (action === 'restore-pools' && !facts.canRestorePools) {
      return {
        offered: false,
        because: 'Its pools were not changed from here, so there is nothing to put back.',
      }
    }
    return closed ?? { offered: true, because: '' }
  }
  return Object.fromEntries(RIG_ACTIONS.map((action) => [action, one(action)])) as Record<
    RigActionName,
    CapabilityView
  >
}

function generalObstacle({ freshness, merged, problem }: CapabilityFacts): string | null {
  if (freshness === 'gone') return `It does not answer. ${problem?.message ?? ''}`.trim()
  if (merged === null) return 'It was not read yet, so nobody knows what it can be told.'
  return null
}

function summaryOf(errors: readonly TrackedError[]): RigView['errors'] {
  const worst = (['error', 'warning', 'info'] as const).find((level) =>
    errors.some(({ severity }) => severity === level),
  )
  return {
    count: errors.length,
    worst: worst ?? null,
    first: errors.find(({ severity }) => severity === worst)?.text ?? null,
  }
}

function efficiency(powerW: number | null, rateHs: number | null): number | null {
  const joules = powerW === null || rateHs === null ? null : powerW / (rateHs / 1e12)
  // Of a rig that hashes next to nothing it is beyond all numbers.
  return Number.isFinite(joules) ? joules : null
}

function largest(values: readonly (number | null)[]): number | null {
  return values.reduce(
    (best, value) => (value !== null && (best === null || value > best) ? value : best),
    null,
  )
}

const atLeastZero = (value: number | null): number | null => (value === null ? null : Math.max(0, value))
const whole = (value: number | null): number | null =>
  value === null ? null : Math.max(0, Math.round(value))
const moment = whole

const NO_RATES: RigDetailView['hashrates'] = {
  nowHs: null,
  minuteHs: null,
  fiveMinutesHs: null,
  fifteenMinutesHs: null,
  hourHs: null,
  dayHs: null,
  averageHs: null,
}

const NO_TEMPERATURES: RigDetailView['temperatures'] = {
  ambientC: null,
  chipMaxC: null,
  boardMaxC: null,
  regulatorC: null,
  waterInC: null,
  waterOutC: null,
}
