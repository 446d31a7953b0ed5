/** The watchdog's findings: a title of a few words for each, and how urgent a severity is. */
import type { Warning } from '@contract'
import { reasonLabel, type Tone } from './words.ts'

const TITLES: Record<string, string> = {
  'watchdog/stale-tip': 'Works on an old block',
  'watchdog/payout-missing': 'A block may not pay you',
  'watchdog/unreadable-coinbase': 'Jobs that cannot be checked',
  'watchdog/empty-template': 'Blocks without transactions',
  'watchdog/target-too-hard': 'Shares are too hard',
  'watchdog/target-too-easy': 'Shares are too easy',
  'watchdog/our-clock': 'The clock of this machine is wrong',
  'watchdog/pool-clock': 'The clock of a pool is off',
  'watchdog/chain-mismatch': 'Pools disagree about the chain',
  'watchdog/pool-silent': 'A pool is silent',
  'watchdog/many-rejected': 'Many shares are refused',
  'watchdog/no-acknowledgements': 'Shares are not answered',
}

/** A title for a code; one that is not known here is made readable. */
export function warningTitle(code: string): string {
  return TITLES[code] ?? reasonLabel(code.replace(/^.*\//, ''))
}

const SEVERITIES: Record<Warning['severity'], { label: string; tone: Tone }> = {
  error: { label: 'Act now', tone: 'bad' },
  warning: { label: 'Worth a look', tone: 'warn' },
  info: { label: 'Good to know', tone: 'info' },
}

export function severityWording(severity: Warning['severity']): { label: string; tone: Tone } {
  return SEVERITIES[severity]
}
