/**
 * Whether what a rig was told came to be. A yes is no proof: pools count when shares arrive there, a restart when uptime
 * began anew, a value when it is read back. Pure. Governing document: rig API digest, section 8, rules 3, 5 and 6.
 */
import { type PoolTarget, type RigCommand } from '../families/family.ts'
import { samePlace } from '../model/pool-place.ts'
import { type PoolReading, type RigReading } from '../model/reading.ts'
import { type RigAtProxy } from '../rig-access.ts'

export interface Evidence {
  readonly command: RigCommand
  /** Read before the write; null if it could not be. */
  readonly before: RigReading | null
  readonly wroteAtMs: number
  /** Read now. */
  readonly now: RigReading
  /** Since the write it once did not answer. */
  readonly wasAway: boolean
  /** At the write and now. */
  readonly proxyBefore: RigAtProxy | null
  readonly proxyNow: RigAtProxy | null
  /** Whether the pools written are this proxy. */
  readonly towardsHere: boolean
  /** The first reading after the write that showed the pool; null while none did. */
  readonly firstThere: RigReading | null
}

/**
 * proven: seen to be so. says-so: the rig says it, the proof is yet to come, or `final` never will. not-yet: it does not
 * even say so.
 */
export type Judgement =
  | { readonly kind: 'proven'; readonly proof: string }
  | { readonly kind: 'says-so'; readonly missing: string; readonly final: boolean }
  | { readonly kind: 'not-yet'; readonly because: string }

const proven = (proof: string): Judgement => ({ kind: 'proven', proof })
const saysSo = (missing: string, final = false): Judgement => ({
  kind: 'says-so',
  missing: `It says that it is so. ${missing}`,
  final,
})
/** It said yes, and nothing that it tells can show it. */
const saidYes = (missing: string): Judgement => ({ kind: 'says-so', missing, final: true })
const notYet = (because: string): Judgement => ({ kind: 'not-yet', because })

export function judge(evidence: Evidence): Judgement {
  const { command, now } = evidence
  switch (command.kind) {
    case 'set-pools':
      return judgePools(command.pools, evidence)
    case 'restore-pools':
      return judgePools(command.snapshot.pools, evidence)
    case 'restart':
    case 'reboot':
      return judgeRestart(evidence)
    case 'pause':
      return now.state === 'paused' || now.state === 'stopped'
        ? proven('It says that it stopped hashing.')
        : notYet(`it still says "${now.state}"`)
    case 'resume':
      if (now.state === 'mining' || now.state === 'tuning') return proven('It says that it hashes again.')
      return now.state === 'starting' ? saysSo('It is starting.') : notYet(`it still says "${now.state}"`)
    case 'locate':
      return judgeValue(
        now.locating,
        command.on,
        now.locating === command.on,
        command.on ? 'light on' : 'light off',
      )
    case 'set-power-mode': {
      const { powerMode } = now.settings
      return judgeValue(powerMode, command.mode, powerMode === command.mode, `power mode ${command.mode}`)
    }
    case 'set-power-limit':
      return judgeNumber(now.settings.powerLimitW, command.watts, 'W of power limit')
    case 'set-frequency':
      return judgeNumber(now.settings.frequencyMHz, command.megahertz, 'MHz')
    case 'set-voltage':
      return judgeNumber(now.settings.coreVoltageMv, command.millivolts, 'mV')
    case 'set-fan': {
      const { fanAuto, fanPercent } = now.settings
      if (command.percent === null) return judgeValue(fanAuto, true, fanAuto === true, 'automatic fans')
      if (fanAuto === true) return notYet('it still controls its fans itself')
      return judgeNumber(fanPercent, command.percent, '% of fan', 2)
    }
  }
}

/** The pool entry of a reading that shows where it was sent; null if it mines elsewhere. */
export function entryOf(targets: readonly PoolTarget[], now: RigReading): PoolReading | null {
  const own = now.pools.filter(({ devFee }) => !devFee)
  const wanted = targets.filter(({ url }) => url !== '')
  const [first] = wanted
  if (first === undefined) return null
  // An old entry further down the list may be active: the write is seen only where the first one is there too.
  if (!own.some((entry) => fits(entry, first))) return null
  const active = own.filter((entry) => entry.active)
  const candidates = active.length > 0 ? active : own.slice(0, 1)
  return candidates.find((entry) => wanted.some((target) => fits(entry, target))) ?? null
}

function fits(entry: PoolReading, target: PoolTarget): boolean {
  if (!samePlace(entry.url, target.url)) return false
  // Some firmware adds its own suffix to the user name, some shows none.
  return entry.user === '' || entry.user === target.user || entry.user.startsWith(`${target.user}.`)
}

function judgePools(targets: readonly PoolTarget[], evidence: Evidence): Judgement {
  const { now, before, firstThere } = evidence
  const entry = entryOf(targets, now)
  if (entry === null) {
    const active = now.pools.find((pool) => pool.active && !pool.devFee)
    return notYet(
      active ? `it mines at ${active.url} as ${active.user}` : 'it names no pool that it mines at',
    )
  }
  const where = `${entry.url} as ${entry.user}`
  if (evidence.towardsHere) {
    const shares = newSharesHere(evidence)
    if (shares > 0) return proven(`${sharesText(shares)} arrived here since.`)
  } else if (firstThere !== null) {
    const shares = newSharesThere(targets, firstThere, now)
    if (shares > 0)
      return proven(`It mines at ${where}, and counted ${sharesText(shares).toLowerCase()} there since.`)
    if (acceptedAt(targets, now) === null) {
      const { lastShareAtMs } = now.shares
      if (lastShareAtMs === null) {
        return saysSo(
          'This firmware does not tell of its shares, so only the pool can show that they arrive.',
          true,
        )
      }
      if (lastShareAtMs > Math.max(firstThere.atMs, firstThere.shares.lastShareAtMs ?? 0)) {
        return proven(`It mines at ${where}, and had a share there since.`)
      }
    }
  }
  if (now.state === 'paused' || now.state === 'stopped') {
    const was = before?.state === now.state ? 'It was not hashing before either' : 'It does not hash now'
    return saysSo(`${was}, so no share can show that the pool takes them.`, true)
  }
  return saysSo(
    evidence.towardsHere
      ? 'No share of it has arrived here yet.'
      : 'It has counted no accepted share there yet.',
  )
}

/** A new connection counts from its beginning; the same one from what it had at the write. */
function newSharesHere({ proxyBefore, proxyNow, wroteAtMs }: Evidence): number {
  if (proxyNow === null) return 0
  if (proxyBefore?.downstreamId === proxyNow.downstreamId)
    return proxyNow.validShares - proxyBefore.validShares
  return proxyNow.lastShareAtMs !== null && proxyNow.lastShareAtMs >= wroteAtMs ? proxyNow.validShares : 0
}

function newSharesThere(targets: readonly PoolTarget[], first: RigReading, now: RigReading): number {
  const [then, later] = [acceptedAt(targets, first), acceptedAt(targets, now)]
  if (then === null || later === null) return 0
  // A count that fell began anew: what it has now came since.
  return later >= then ? later - then : later
}

function acceptedAt(targets: readonly PoolTarget[], reading: RigReading): number | null {
  return entryOf(targets, reading)?.accepted ?? reading.shares.accepted
}

function judgeRestart({ command, before, now, wasAway, wroteAtMs }: Evidence): Judgement {
  const names =
    command.kind === 'reboot'
      ? (['systemUptimeS', 'minerUptimeS'] as const)
      : (['minerUptimeS', 'systemUptimeS'] as const)
  const name = names.find((each) => now[each] !== null)
  const uptimeS = name === undefined ? null : now[name]
  const beforeS = name === undefined ? null : (before?.[name] ?? null)
  const isAnew =
    uptimeS === null ? wasAway : startedAnew(beforeS, before?.atMs ?? null, uptimeS, now.atMs, wroteAtMs)
  if (!isAnew) {
    return notYet(
      uptimeS === null
        ? 'it never went away'
        : `it has been up for ${String(Math.round(uptimeS))} s without a break`,
    )
  }
  const proof =
    uptimeS === null ? 'It went away and came back' : `It has been up for ${String(Math.round(uptimeS))} s`
  if (now.state === 'mining' || now.state === 'tuning') return proven(`${proof}, and it mines.`)
  if (before !== null && before.state === now.state && (now.state === 'paused' || now.state === 'stopped')) {
    return proven(`${proof}; it does not hash, as before.`)
  }
  return saysSo(`It started anew but does not hash yet: it says "${now.state}".`)
}

/** Rigs count whole seconds, some whole minutes: what it would have without a break is known to a second and a half. */
const UPTIME_ERROR_S = 1.5

function startedAnew(
  beforeS: number | null,
  beforeAtMs: number | null,
  uptimeS: number,
  atMs: number,
  wroteAtMs: number,
): boolean {
  if (beforeS === null || beforeAtMs === null)
    return uptimeS * 1000 <= atMs - wroteAtMs + UPTIME_ERROR_S * 1000
  return uptimeS < beforeS + (atMs - beforeAtMs) / 1000 - UPTIME_ERROR_S
}

function judgeNumber(
  value: number | null,
  wanted: number,
  unit: string,
  tolerance = Math.abs(wanted) * 0.01,
): Judgement {
  const fitting = value !== null && Math.abs(value - wanted) <= tolerance
  return judgeValue(value, wanted, fitting, `${String(value)} ${unit}`)
}

function judgeValue(value: unknown, wanted: unknown, fitting: boolean, shown: string): Judgement {
  if (value === null)
    return saidYes('The rig took it, but does not tell what it is set to, so nothing can be read back.')
  if (fitting) return proven(`Read back: ${shown}.`)
  return notYet(`it still says ${String(value)} instead of ${String(wanted)}`)
}

const sharesText = (count: number): string => (count === 1 ? 'One share' : `${String(count)} shares`)
