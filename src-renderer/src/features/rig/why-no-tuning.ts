/** Whether a rig can be tuned now. Pure. */
import type { RigDetail } from '@contract'
import { whyNot } from '../../format/rig-actions.ts'
import { standingWording } from '../../format/rig-words.ts'

/** Families whose boards are small enough to be stepped through within minutes. */
const SMALL_BOARDS = new Set(['axeos', 'nerdq'])

/** Why it cannot be tuned now; null when it can. */
export function whyNoTuning({ rig, settings }: RigDetail): string | null {
  if (!SMALL_BOARDS.has(rig.family)) {
    const own = rig.capabilities['set-frequency']
    return `Headframe tunes small boards such as Bitaxe and NerdQAxe, chip clock by chip clock. ${
      own.offered
        ? `For ${rig.familyName} use the power settings of its firmware.`
        : `${own.because} Use its power settings instead.`
    }`
  }
  const because = whyNot(rig, 'set-frequency') ?? whyNot(rig, 'set-voltage')
  if (because !== null) return because
  if (settings.frequencyOptionsMHz.length < 2 || settings.coreVoltageOptionsMv.length < 2)
    return 'It does not say which frequencies and voltages are safe for it, and Headframe does not guess.'
  if (rig.freshness !== 'live') return 'It is not being read now. Tuning needs to watch it all the time.'
  if (rig.state !== 'mining')
    return `It does not mine now (${standingWording(rig.state).label.toLowerCase()}). Tuning needs a board at work.`
  return null
}
