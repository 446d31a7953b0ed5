/** How AxeOS and its forks are asked and told over HTTP, and what their refusals mean. Governing document: rig API digest, sections 3.1 to 3.4. */
import { HeadframeError } from '../../base/index.ts'
import { isObject, type LooseObject } from '../model/lenient.ts'
import { requireJson } from '../transport/ask.ts'
import { type HttpReply, type RigLink } from '../transport/rig-link.ts'
import { type WriteOutcome } from './family.ts'
import { accepted, notSupported, refused } from './offer.ts'
import { unlessSilent } from './unless-silent.ts'

export const INFO_PATH = '/api/system/info'
export const ASIC_PATH = '/api/system/asic'

/** Long enough for a board that is busy with a new job. */
const READ_TIMEOUT_MS = 5_000
const WRITE_TIMEOUT_MS = 10_000
/** Back after some seconds; Wi-Fi and the pool take longer now and then. */
const RESTART_SETTLES_MS = 8_000
const RESTART_PATIENCE_MS = 90_000
/** Settings that act at once show after the next measurements. */
const SETTING_SETTLES_MS = 3_000
const SETTING_PATIENCE_MS = 30_000

export const settingAccepted = (note: string | null = null): WriteOutcome =>
  accepted(SETTING_SETTLES_MS, SETTING_PATIENCE_MS, note)

/**
 * @returns null where the firmware does not have the path: 404, or a redirect or page instead of an answer
 * @throws HeadframeError `rig/refused`, `rig/bad-reply`, `rig/…` of the link
 */
export async function findJson(link: RigLink, path: string): Promise<LooseObject | null> {
  const reply = await link.http({ path, timeoutMs: READ_TIMEOUT_MS })
  if (isAbsent(reply)) return null
  requireWelcome(reply, `GET ${path}`)
  const json = requireJson(reply.body, `GET ${path}`)
  return isObject(json) ? json : null
}

/**
 * @throws HeadframeError `rig/not-supported` where the firmware does not have the path, `rig/refused`, `rig/…` of the link
 */
export async function tell(
  link: RigLink,
  method: 'PATCH' | 'POST',
  path: string,
  json?: unknown,
): Promise<void> {
  const reply = await link.http({
    method,
    path,
    timeoutMs: WRITE_TIMEOUT_MS,
    ...(json === undefined ? {} : { json }),
  })
  if (isAbsent(reply)) {
    throw notSupported(
      `The firmware of this rig does not know ${method} ${path}. Update it, or use its own page.`,
    )
  }
  requireWelcome(reply, `${method} ${path}`)
}

/** What its board is made for; old versions do not tell, and a rig is read without it. @throws HeadframeError `rig/given-up` */
export async function askAsic(link: RigLink): Promise<{ asic: LooseObject | null; failed: string[] }> {
  try {
    return { asic: await findJson(link, ASIC_PATH), failed: [] }
  } catch (error) {
    if (!(error instanceof HeadframeError) || error.code === 'rig/given-up') throw error
    return { asic: null, failed: [`GET ${ASIC_PATH}`] }
  }
}

/** The whole rig; firmware and miner are one here. It answers and goes a second later, so a cut is an answer too. */
export function restartRig(link: RigLink, note: string | null = null): Promise<WriteOutcome> {
  return unlessSilent(
    () => tell(link, 'POST', '/api/system/restart'),
    accepted(RESTART_SETTLES_MS, RESTART_PATIENCE_MS, note),
  )
}

/**
 * A path that does not exist: AxeOS says 404, NerdQ sends to `/`, and some forks answer with their page. Told by the page
 * itself: everything without a content type of its own is `text/html` to this kind of server.
 */
function isAbsent({ status, body }: HttpReply): boolean {
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) return true
  return status === 200 && /^\s*</.test(new TextDecoder().decode(body.subarray(0, 64)))
}

function requireWelcome({ status, body }: HttpReply, asked: string): void {
  if (status >= 200 && status < 300) return
  const words = new TextDecoder().decode(body.subarray(0, 200)).trim()
  const context = { asked, status, answer: words }
  if (status === 401 || status === 403) {
    throw refused(
      'The rig refuses to talk to this machine: AxeOS answers only to private addresses (10.x, 172.16-31.x, 192.168.x). Put both into such a network.',
      context,
    )
  }
  if (status === 429)
    throw refused('The rig has too many visitors: close other pages that show it, then try again.', context)
  throw refused(
    `The rig refused ${asked} with status ${String(status)}${words === '' ? '' : `: ${words}`}. Check the values, and that its firmware is up to date.`,
    context,
  )
}
