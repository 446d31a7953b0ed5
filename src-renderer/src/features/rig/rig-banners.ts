/** What must be known of a rig before its numbers: problems, logins, who else changes it, what is under way. Pure. */
import type { RigDetail } from '@contract'
import { formatShortDuration } from '../../format/duration.ts'
import { actionWording } from '../../format/rig-actions.ts'
import { rigHealth } from '../../format/rig-health.ts'
import type { RigAction } from '@contract'
import type { Tone } from '../../format/words.ts'

export interface RigBanner {
  id: 'login' | 'health' | 'managed' | 'busy' | 'unread'
  tone: Tone
  title: string
  text: string
  /** What the button does; null for none. */
  offer: 'login' | 'read' | null
}

const FACTORY = (username: string): string =>
  ` Rigs of this kind leave the factory with the user name “${username}” and a known password; Headframe tries that only if you say so.`

function loginBanner({ rig, credentials }: RigDetail): RigBanner | null {
  const factory = credentials.factoryUsername === null ? '' : FACTORY(credentials.factoryUsername)
  if (rig.login === 'wrong' || credentials.refused)
    return {
      id: 'login',
      tone: 'bad',
      title: 'Wrong password: not tried again until you change it',
      text: `The rig refused the stored login. Some rigs lock themselves after a few wrong ones, so Headframe stays away.${factory}`,
      offer: 'login',
    }
  if (rig.login !== 'missing') return null
  return credentials.neededFor === 'reading'
    ? {
        id: 'login',
        tone: 'warn',
        title: 'It needs its login to be read',
        text: `Enter the one you set on the rig.${factory}`,
        offer: 'login',
      }
    : {
        id: 'login',
        tone: 'info',
        title: 'Reading works without a login; changing something needs one',
        text: `Enter the one you set on the rig.${factory}`,
        offer: 'login',
      }
}

const isAction = (word: string, rig: RigDetail['rig']): word is RigAction => word in rig.capabilities

/**
 * In the order of urgency. `now` is the core's clock, epoch milliseconds; `errorsListed`: the list of errors stands right
 * below, and says it better.
 */
export function rigBanners(detail: RigDetail, now: number, errorsListed: boolean): RigBanner[] {
  const { rig } = detail
  const banners: RigBanner[] = []
  const login = loginBanner(detail)
  if (login !== null) banners.push(login)
  const health = rigHealth(rig, now)
  const saidByLogin = login !== null && login.tone !== 'info'
  const saidByErrors = errorsListed && rig.errors.first !== null && health.text === rig.errors.first
  if (health.text !== null && !saidByLogin && !saidByErrors && health.tone !== 'info')
    banners.push({
      id: 'health',
      tone: health.tone,
      title: health.text,
      text: health.detail === health.text ? '' : (health.detail ?? ''),
      offer: rig.freshness === 'live' ? null : 'read',
    })
  if (rig.managedBy !== null)
    banners.push({
      id: 'managed',
      tone: 'warn',
      title: `Managed by ${rig.managedBy}`,
      text: 'A farm manager owns its pools. What you change here it may change back; take the rig out of its management first.',
      offer: null,
    })
  if (rig.busy !== null) {
    const { action, since } = rig.busy
    banners.push({
      id: 'busy',
      tone: 'info',
      title: isAction(action, rig) ? actionWording(action).title('this rig') : 'It is being tuned',
      text: `Since ${formatShortDuration(now - since)}.`,
      offer: null,
    })
  }
  if (detail.unread.length > 0 && rig.freshness === 'live')
    banners.push({
      id: 'unread',
      tone: 'warn',
      title: 'Parts of it could not be read last time',
      text: `${detail.unread.join(', ')}: what came from there is older, or missing.`,
      offer: null,
    })
  return banners
}
