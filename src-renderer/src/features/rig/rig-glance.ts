/**
 * What the head of a rig's page says beyond the numbers: how old they are, and why the rig's own rate and the one from its
 * shares differ. Pure; moments are epoch milliseconds of the core's clock.
 */
import type { Downstream, Rig } from '@contract'
import { formatShortDuration } from '../../format/duration.ts'
import { formatHashrate } from '../../format/hashrate.ts'
import { formatPercent } from '../../format/number.ts'
import type { Tone } from '../../format/words.ts'

export interface FreshnessText {
  tone: Tone
  text: string
  meaning: string
}

export function freshnessText(rig: Pick<Rig, 'freshness' | 'readAt'>, now: number): FreshnessText {
  const { freshness, readAt } = rig
  const age = readAt === null ? null : formatShortDuration(now - readAt)
  if (freshness === 'never' || readAt === null || age === null)
    return { tone: 'neutral', text: 'never read', meaning: 'Headframe has not been able to read it so far.' }
  switch (freshness) {
    case 'live':
      return {
        tone: 'neutral',
        text: `read ${age} ago`,
        meaning: 'It is read in its turn; these values are live.',
      }
    case 'stale':
      return {
        tone: 'warn',
        text: `not read for ${age}`,
        meaning: 'The last readings failed. What you see are its last known values.',
      }
    case 'gone':
      return {
        tone: 'bad',
        text: `last read ${age} ago`,
        meaning: 'Its last values are too old to be shown.',
      }
  }
}

/** The rig with what it measured left out where that is too old to be shown. */
export function shownRig(rig: Rig): Rig {
  if (rig.freshness !== 'gone' && rig.freshness !== 'never') return rig
  return {
    ...rig,
    hashrateHs: null,
    chipMaxC: null,
    boardMaxC: null,
    fanRpm: null,
    fanPercent: null,
    powerW: null,
    powerSource: null,
    efficiencyJTh: null,
    uptimeS: null,
  }
}

export interface RateComparison {
  /** `2 % less`, than the rig says; null where nothing can be compared. */
  difference: string | null
  tone: Tone
  /** What the number is, and why it may differ. */
  meaning: string
}

const BASIS =
  'Counted from the difficulty of the shares that arrived at this proxy: what a pool pays for. The rig’s own number is what its chips report.'
/** Without a known error, a difference up to this is taken as luck. */
const USUAL_ERROR = 0.1
/** Luck beyond this many times the usual error is rare. */
const RARE = 2

export function compareRates(
  rig: Pick<Rig, 'hashrateHs' | 'effectiveHs' | 'minesHere'>,
  connection: Pick<Downstream, 'hashrateRatioError'> | null,
): RateComparison {
  const { hashrateHs, effectiveHs, minesHere } = rig
  if (effectiveHs === null)
    return {
      difference: null,
      tone: 'neutral',
      meaning:
        minesHere === false
          ? `It mines elsewhere, so no share of it arrives here. ${BASIS}`
          : `No connection of it is known here. ${BASIS}`,
    }
  if (hashrateHs === null || hashrateHs === 0) return { difference: null, tone: 'neutral', meaning: BASIS }
  const ratio = effectiveHs / hashrateHs - 1
  const error = connection?.hashrateRatioError ?? USUAL_ERROR
  const luck = Math.abs(ratio) <= error * RARE
  const difference =
    Math.abs(ratio) < 0.005 ? 'the same' : `${formatPercent(Math.abs(ratio))} ${ratio < 0 ? 'less' : 'more'}`
  if (luck)
    return {
      difference,
      tone: 'neutral',
      meaning: `${BASIS} The two differ by luck: ${formatHashrate(effectiveHs)} is known to within ${formatPercent(error)}.`,
    }
  return ratio < 0
    ? {
        difference,
        tone: 'warn',
        meaning: `${BASIS} This is more than luck explains (± ${formatPercent(error)}): look for hash errors, rejected or stale shares, and pauses in its connection.`,
      }
    : {
        difference,
        tone: 'neutral',
        meaning: `${BASIS} More than it reports and more than luck explains (± ${formatPercent(error)}): the rig may report over another window.`,
      }
}
