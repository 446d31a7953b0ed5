/**
 * Talks the third API of Whatsminer, on port 4433: frames of JSON, and changes each signed by itself.
 * Not here: signatures (`whatsminer-token.ts`), what replies mean (`readings/whatsminer-v3.ts`).
 * Governing documents: rig API digest, section 5.7; codes and accounts as in the maker's "Whatsminer API documentation"
 * of the third generation.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, numberOf, textOf } from '../model/lenient.ts'
import { requireJson } from '../transport/ask.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { type FamilyTools } from './family.ts'
import { whatsminerApiSwitch, type WhatsminerV3Replies } from './readings/whatsminer-v3.ts'
import { signCommandV3 } from './whatsminer-token.ts'
import { API_SWITCH_OFF, orSilence, type Sent } from './whatsminer-v2.ts'

const WRITE_TIMEOUT_MS = 10_000
const COMMAND_UNKNOWN = -2
const NO_PERMISSION = -4
/** The accounts that may change something; `admin` cannot any more. */
const ACCOUNTS = ['super', 'user1', 'user2', 'user3']

/** One frame asked and answered. @throws HeadframeError `rig/bad-reply`, `rig/…` of the link */
export async function askFrame(link: RigLink, cmd: string, param?: string): Promise<unknown> {
  const asked = param === undefined ? `frame ${cmd}` : `frame ${cmd} ${param}`
  return requireJson(await link.frame(JSON.stringify({ cmd, param })), asked)
}

const isAccepted = (reply: unknown): boolean => numberOf(at(reply, 'code')) === 0

/** What it is, and what changes are to be signed with. @throws HeadframeError `rig/bad-reply`, `rig/…` of the link */
export async function askWhatsminerInfo(link: RigLink): Promise<unknown> {
  const info = await askFrame(link, 'get.device.info')
  if (isAccepted(info)) return info
  throw new HeadframeError(
    'rig/bad-reply',
    `The rig does not say what it is (frame get.device.info): ${textOf(at(info, 'msg')) ?? 'it gave no reason'}. Reboot it and try again.`,
  )
}

/**
 * Everything, one request after the other.
 * @throws HeadframeError `rig/…` if the first, which says what it is, cannot be had
 */
export async function readWhatsminerFrames(
  link: RigLink,
): Promise<{ replies: WhatsminerV3Replies; failed: readonly string[] }> {
  const info = await askWhatsminerInfo(link)
  const replies: Record<string, unknown> = { info }
  const failed: string[] = []
  let silent = false
  for (const part of ['summary', 'edevs', 'pools']) {
    const asked = `frame get.miner.status ${part}`
    try {
      const reply = silent ? null : await askFrame(link, 'get.miner.status', part)
      if (isAccepted(reply)) replies[part] = reply
      else failed.push(asked)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      failed.push(asked)
      silent = error.code === 'rig/timeout' || error.code === 'rig/unreachable'
    }
  }
  return { replies, failed }
}

/**
 * Sends one change.
 * @param info of `askWhatsminerInfo`, for its salt and its owner's switch
 * @throws HeadframeError `rig/wrong-password`, `rig/refused`, `rig/not-supported`, and `rig/…` of the link
 */
export async function commandWhatsminerFrame(
  link: RigLink,
  { clock }: FamilyTools,
  info: unknown,
  cmd: string,
  param?: unknown,
): Promise<Sent> {
  const { credentials } = link
  if (credentials === null) {
    throw new HeadframeError(
      'rig/wrong-password',
      'Changing a Whatsminer needs the password of its account "super", and none was entered. Enter the one set in WhatsMinerTool or on its web page.',
    )
  }
  const salt = textOf(at(info, 'msg', 'salt'))
  if (salt === null) {
    throw new HeadframeError(
      'rig/bad-reply',
      'The rig did not say what it wants changes to be signed with (frame get.device.info). Reboot it and try again.',
    )
  }
  // Asked before anything is sent: a refusal would not tell this from a wrong password.
  if (whatsminerApiSwitch(info) === false) {
    throw new HeadframeError('rig/refused', API_SWITCH_OFF, { context: { command: cmd } })
  }
  const account = ACCOUNTS.includes(credentials.username) ? credentials.username : 'super'
  const epochSeconds = Math.floor(clock.nowMs() / 1000)
  const signed = signCommandV3({ cmd, param, account, password: credentials.password, salt, epochSeconds })
  const bytes = await orSilence(link.frame(signed, { timeoutMs: WRITE_TIMEOUT_MS }))
  if (bytes === null) return 'unknown'
  const reply = requireJson(bytes, `frame ${cmd}`)
  if (!isAccepted(reply)) throw explainRefusal(cmd, account, reply)
  return 'accepted'
}

function explainRefusal(cmd: string, account: string, reply: unknown): HeadframeError {
  const code = numberOf(at(reply, 'code'))
  const message = textOf(at(reply, 'msg'))
  const words = message ?? 'it gave no reason'
  const details = { context: { command: cmd, code, answer: message } }
  if (/can'?t access write cmd/i.test(words)) {
    return new HeadframeError('rig/refused', `The rig refused: ${words}. ${API_SWITCH_OFF}`, details)
  }
  if (code === NO_PERMISSION || /permission|token|password/i.test(words)) {
    return new HeadframeError(
      'rig/wrong-password',
      `The rig refused the account "${account}" (${words}): its password is another one, or this account may not do that. Enter the one set in WhatsMinerTool; the default one is not allowed to change anything.`,
      details,
    )
  }
  if (code === COMMAND_UNKNOWN) {
    return new HeadframeError(
      'rig/not-supported',
      `Its firmware does not know the command ${cmd}. Newer firmware may.`,
      details,
    )
  }
  return new HeadframeError('rig/refused', `The rig refused ${cmd}: ${words}.`, details)
}
