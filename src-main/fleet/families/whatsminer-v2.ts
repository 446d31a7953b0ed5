/**
 * Talks the first and second API of Whatsminer, on port 4028: plain reads, and changes under a token. Tokens are reused:
 * rigs give out few, and asking again while one is alive can lock everybody out for minutes.
 * Not here: computing tokens (`whatsminer-token.ts`), what replies mean (`readings/whatsminer.ts`).
 * Governing document: rig API digest, section 5.7.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, textOf } from '../model/lenient.ts'
import { isRefusal, rpcStatusOf } from '../model/rpc-reply.ts'
import { askRpc, requireJson } from '../transport/ask.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { type FamilyTools } from './family.ts'
import { type WhatsminerReplies } from './readings/whatsminer.ts'
import { openText, sealCommand, signToken, type Token, type TokenStore } from './whatsminer-token.ts'

export const API_SWITCH_OFF =
  'Its API does not take changes. Its owner has to change the default password and then switch the API on: in WhatsMinerTool under Remote Ctrl, Miner API Switch, or on newer firmware on the rig’s own web page.'

const WRITE_TIMEOUT_MS = 10_000
const COMMAND_UNKNOWN = 14
const PERMISSION_DENIED = 45
const TOKEN_WRONG = 135
const TOKENS_USED_UP = 136

export interface WhatsminerRead {
  readonly replies: WhatsminerReplies
  /** As `rpc summary`. */
  readonly failed: readonly string[]
  /** Whether its miner process did not answer behind the open port. */
  readonly minerDown: boolean
}

/**
 * Everything, one command after the other. What the firmware does not know is absent; what failed is named.
 * @param version its reply to `get_version`
 * @param oldest whether it speaks the first API: errors are in its summary, boards in `devs`
 * @throws HeadframeError `rig/…` if none of summary, boards and pools could be read and the miner is not simply down
 */
export async function readWhatsminerRpc(
  link: RigLink,
  version: unknown,
  oldest: boolean,
): Promise<WhatsminerRead> {
  const replies: Record<string, unknown> = { get_version: version }
  const failed: string[] = []
  let minerDown = false
  let firstError: unknown = null
  let silent = false
  const ask = async (name: string, command: string): Promise<void> => {
    if (silent) {
      failed.push(`rpc ${command}`)
      return
    }
    try {
      const reply = await askRpc(link, command)
      if (!isRefusal(rpcStatusOf(reply))) replies[name] = reply
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      if (error.code === 'rig/miner-down') minerDown = true
      else failed.push(`rpc ${command}`)
      firstError ??= error
      // One that fell silent keeps us waiting for each further question.
      silent = error.code === 'rig/timeout' || error.code === 'rig/unreachable'
    }
  }
  await ask('summary', 'summary')
  await ask('devs', oldest ? 'devs' : 'edevs')
  if (replies['devs'] === undefined && !oldest && !minerDown && !silent) await ask('devs', 'devs')
  await ask('pools', 'pools')
  await ask('status', 'status')
  await ask('get_miner_info', 'get_miner_info')
  await ask('get_psu', 'get_psu')
  if (!oldest) await ask('get_error_code', 'get_error_code')
  await ask('devdetails', 'devdetails')
  const useful = ['summary', 'devs', 'pools'].some((name) => replies[name] !== undefined)
  if (!useful && !minerDown && firstError !== null) throw firstError as Error
  return { replies, failed, minerDown }
}

/** Asks once for a token, or takes the one that is alive. @throws HeadframeError `rig/…` */
async function tokenFor(
  link: RigLink,
  password: string,
  tokens: TokenStore,
  { clock }: FamilyTools,
): Promise<{ token: Token; isFresh: boolean }> {
  const known = tokens.find(link.address, password, clock)
  if (known !== null) return { token: known, isFresh: false }
  const reply = requireJson(await link.rpc(JSON.stringify({ cmd: 'get_token' })), 'rpc get_token')
  const [time, salt, newsalt] = ['time', 'salt', 'newsalt'].map((name) => textOf(at(reply, 'Msg', name)))
  if (time == null || salt == null || newsalt == null) throw explainRefusal('get_token', reply, false)
  const token = signToken(password, { time, salt, newsalt })
  tokens.keep(link.address, password, token, clock)
  return { token, isFresh: true }
}

/** Whether the rig said yes, or nothing at all after it was told. */
export type Sent = 'accepted' | 'unknown'

/**
 * Sends one change. Needs the rig's password; asks for no second token when one was refused, but for one after an old one.
 * @param members beside `cmd` and `token`
 * @throws HeadframeError `rig/wrong-password`, `rig/refused`, `rig/not-supported`, and `rig/…` of the link
 */
export async function commandWhatsminerRpc(
  link: RigLink,
  tools: FamilyTools,
  tokens: TokenStore,
  cmd: string,
  members: Readonly<Record<string, unknown>> = {},
): Promise<Sent> {
  const password = requirePassword(link)
  const first = await tokenFor(link, password, tokens, tools)
  const reply = await exchange(link, first.token, cmd, members)
  if (!isStaleToken(reply) || first.isFresh) return acceptOrThrow(link, tokens, cmd, reply)
  // It forgot the token, as after a restart: what it did not understand it did not do.
  tokens.forget(link.address)
  const second = await tokenFor(link, password, tokens, tools)
  return acceptOrThrow(link, tokens, cmd, await exchange(link, second.token, cmd, members))
}

function requirePassword(link: RigLink): string {
  if (link.credentials !== null) return link.credentials.password
  throw new HeadframeError(
    'rig/wrong-password',
    'Changing a Whatsminer needs its password, and none was entered. Enter the one of its web page or of WhatsMinerTool.',
  )
}

/** What came of the change, once it is on its way: silence is an answer here. */
const SILENCE = Symbol('silence')

async function exchange(
  link: RigLink,
  token: Token,
  cmd: string,
  members: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const bytes = await orSilence(link.rpc(sealCommand(token, cmd, members), { timeoutMs: WRITE_TIMEOUT_MS }))
  if (bytes === null) return SILENCE
  const reply = requireJson(bytes, `rpc ${cmd}`)
  const sealed = at(reply, 'enc')
  if (typeof sealed !== 'string') return reply
  const opened = openText(sealed, token.aesKey)
  return opened === null ? reply : requireJson(new TextEncoder().encode(opened), `rpc ${cmd}`)
}

/** Both a token it does not know any more and a wrong password look like this. */
function isStaleToken(reply: unknown): boolean {
  const { code, message } = rpcStatusOf(reply)
  return code === TOKEN_WRONG || /enc json load err|token/i.test(message ?? '')
}

function acceptOrThrow(link: RigLink, tokens: TokenStore, cmd: string, reply: unknown): Sent {
  if (reply === SILENCE) return 'unknown'
  const status = rpcStatusOf(reply)
  if (!isRefusal(status)) return 'accepted'
  const staleToken = isStaleToken(reply)
  if (staleToken) tokens.forget(link.address)
  throw explainRefusal(cmd, reply, staleToken)
}

function explainRefusal(cmd: string, reply: unknown, staleToken: boolean): HeadframeError {
  const { code, message } = rpcStatusOf(reply)
  const words = message ?? 'it gave no reason'
  const details = { context: { command: cmd, code, answer: message } }
  if (/can'?t access write cmd/i.test(words)) {
    return new HeadframeError('rig/refused', `The rig refused: ${words}. ${API_SWITCH_OFF}`, details)
  }
  if (code === TOKENS_USED_UP || /over max connect|max times/i.test(words)) {
    return new HeadframeError(
      'rig/refused',
      `The rig refused: ${words}. It has given out all the tokens it allows at a time. Wait half an hour, or close other tools that control it.`,
      details,
    )
  }
  if (staleToken) {
    return new HeadframeError(
      'rig/wrong-password',
      'The rig cannot read what it was sent: its password is another one. Enter the one of its web page or of WhatsMinerTool.',
      details,
    )
  }
  if (code === PERMISSION_DENIED) {
    return new HeadframeError('rig/refused', `The rig refused: ${words}. ${API_SWITCH_OFF}`, details)
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

/** null where the answer to a change is missing, while the change may have happened. @throws what else `sending` throws */
export async function orSilence(sending: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await sending
  } catch (error) {
    if (error instanceof HeadframeError && (error.code === 'rig/timeout' || error.code === 'rig/cut-off'))
      return null
    throw error
  }
}
