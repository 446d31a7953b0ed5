/** How a rig did, in plain words: what a person would want to look into, and nothing else. Pure. */
import type { RigAnalysis } from '@contract'
import { formatCount, formatPercent, formatPlural } from '../../format/number.ts'
import { reasonWording } from '../../format/reasons.ts'

export interface Finding {
  tone: 'warn' | 'bad' | 'neutral'
  text: string
}

type Judged = Omit<RigAnalysis, 'rigId' | 'name'>

const DAY_MS = 86_400_000
const POOR_REACH = 0.98
const POOR_HASHING = 0.97
const POOR_RATE = 0.94
const POOR_REJECTS = 0.01
const POOR_RESTARTS_A_DAY = 1
const HOT_C = 80

/** Of the time in which it answered, the part in which it hashed. */
export function hashingOfReachable({ hashingRatio, reachableRatio }: Judged): number | null {
  if (hashingRatio === null || reachableRatio === null || reachableRatio === 0) return null
  return Math.min(1, hashingRatio / reachableRatio)
}

/** Of the shares that a pool answered, the part that it refused. */
export function rejectRatio({ shares }: Judged): number | null {
  const answered = shares.acknowledged + shares.rejected
  return answered === 0 ? null : shares.rejected / answered
}

export function findings(rig: Judged): Finding[] {
  const found: Finding[] = []
  if (rig.coveredMs === 0) return [{ tone: 'neutral', text: 'Nobody looked in this time.' }]
  const { reachableRatio, ofExpectedRatio, chipMaxC } = rig
  if (reachableRatio !== null && reachableRatio < POOR_REACH)
    found.push({
      tone: reachableRatio < 0.9 ? 'bad' : 'warn',
      text: `reachable ${formatPercent(reachableRatio)} of the time`,
    })
  const hashing = hashingOfReachable(rig)
  if (hashing !== null && hashing < POOR_HASHING)
    found.push({
      tone: hashing < 0.9 ? 'bad' : 'warn',
      text: `hashing ${formatPercent(hashing)} of the time it was reachable`,
    })
  if (ofExpectedRatio !== null && ofExpectedRatio < POOR_RATE)
    found.push({
      tone: ofExpectedRatio < 0.85 ? 'bad' : 'warn',
      text: `${formatPercent(1 - ofExpectedRatio)} slower than expected while it hashed`,
    })
  const rejected = rejectRatio(rig)
  if (rejected !== null && rejected > POOR_REJECTS) {
    const worst = rig.rejects[0]
    const cause =
      worst === undefined ? '' : `, most of them: ${reasonWording(worst.reason).label.toLowerCase()}`
    found.push({
      tone: rejected > 0.05 ? 'bad' : 'warn',
      text: `${formatPercent(rejected)} of its shares were rejected${cause}`,
    })
  }
  if (rig.restarts > Math.max(2, (rig.coveredMs / DAY_MS) * POOR_RESTARTS_A_DAY))
    found.push({ tone: 'warn', text: `restarted ${formatCount(rig.restarts)} times` })
  if (chipMaxC !== null && chipMaxC >= HOT_C)
    found.push({ tone: 'warn', text: `its chips reached ${Math.round(chipMaxC)} °C` })
  return found
}

/** What the table's last column says. */
export function findingText(rig: Judged): string {
  const all = findings(rig)
  return all.length === 0 ? 'Nothing stands out.' : sentence(all.map(({ text }) => text).join('; '))
}

function sentence(text: string): string {
  // A number and its unit stay on one line.
  const joined = text.replace(/(\d) (%|°C)/g, '$1\u00a0$2')
  return `${joined.charAt(0).toUpperCase()}${joined.slice(1)}${joined.endsWith('.') ? '' : '.'}`
}

/** How many of them want a look. */
export function lookText(poorCount: number, rigCount: number): string {
  return poorCount === 0
    ? 'No rig stands out.'
    : `${formatPlural(poorCount, 'rig wants', 'rigs want')} a look, out of ${formatCount(rigCount)}.`
}

/** Said above the table: the farm as a whole. */
export function farmSentence(farm: Judged, poorCount: number, rigCount: number): string {
  const hashing = farm.hashingRatio === null ? null : `hashed ${formatPercent(farm.hashingRatio)} of the time`
  const rate =
    farm.ofExpectedRatio === null
      ? null
      : `at ${formatPercent(farm.ofExpectedRatio)} of the rate to be expected`
  const did = [hashing, rate].filter((part) => part !== null).join(' ')
  const look = lookText(poorCount, rigCount)
  return did === '' ? look : `The farm ${did}. ${look}`
}
