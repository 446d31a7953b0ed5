/**
 * Talks to Avalons on port 4028, in the form that the one before it understands: some answer JSON only, some text only, and
 * there is no telling by the model. Each conversation begins with `version`, JSON first; the rest goes in the form that
 * worked, so that a change is never sent twice.
 * Governing document: rig API digest, sections 1.2, 2.1 and 5.8.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, isObject, numberOf } from '../model/lenient.ts'
import { isRefusal, rpcRequest, rpcStatusOf } from '../model/rpc-reply.ts'
import { requireJson } from '../transport/ask.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { isTextReply, parseTextReply } from '../transport/text-reply.ts'

export type AvalonForm = 'json' | 'text'

export interface AvalonHello {
  readonly form: AvalonForm
  /** Its reply to `version`. */
  readonly version: unknown
  /** What its clock says, epoch seconds; one that was never set counts from its start. null if it does not say. */
  readonly clockS: number | null
}

const WRITE_TIMEOUT_MS = 10_000

/**
 * Finds out which form it speaks, and what it is.
 * @throws HeadframeError `rig/…` of the link, `rig/bad-reply` if it speaks neither
 */
export async function greetAvalon(link: RigLink): Promise<AvalonHello> {
  let failure: HeadframeError
  try {
    const version = await askAvalon(link, 'json', 'version')
    if (isVersion(version)) return { form: 'json', version, clockS: clockOf(version) }
    failure = notUnderstood(version)
  } catch (error) {
    if (!(error instanceof HeadframeError) || error.code === 'rig/unreachable') throw error
    failure = error
  }
  const version = await askAvalon(link, 'text', 'version').catch((error: unknown) => {
    if (error instanceof HeadframeError) return null
    throw error
  })
  if (isVersion(version)) return { form: 'text', version, clockS: clockOf(version) }
  throw failure
}

const isVersion = (reply: unknown): boolean => isObject(at(reply, 'VERSION', 0))
const clockOf = (reply: unknown): number | null => numberOf(at(reply, 'STATUS', 0, 'When'))

function notUnderstood(reply: unknown): HeadframeError {
  const { message } = rpcStatusOf(reply)
  return new HeadframeError(
    'rig/bad-reply',
    `The rig does not say what it is: ${message ?? 'its answer has no version'}. Check that the address is an Avalon's.`,
  )
}

/** The text of a request: `{"command":…}`, or `command|parameter`. */
function requestText(form: AvalonForm, command: string, parameter: string | undefined): string {
  if (form === 'json') return rpcRequest(command, parameter)
  return parameter === undefined ? command : `${command}|${parameter}`
}

function parse(bytes: Uint8Array, asked: string): unknown {
  const text = new TextDecoder().decode(bytes)
  return isTextReply(text) ? parseTextReply(text) : requireJson(bytes, asked)
}

/**
 * One read, whatever its status says; replies of the text form have the shape of the JSON form.
 * @throws HeadframeError `rig/bad-reply`, `rig/miner-down`, `rig/…` of the link
 */
export async function askAvalon(
  link: RigLink,
  form: AvalonForm,
  command: string,
  parameter?: string,
): Promise<unknown> {
  return parse(await link.rpc(requestText(form, command, parameter)), `rpc ${command}`)
}

/**
 * One read that must not be refused.
 * @throws HeadframeError `rig/refused`, and what `askAvalon` throws
 */
export async function readAvalonPart(link: RigLink, form: AvalonForm, command: string): Promise<unknown> {
  const reply = await askAvalon(link, form, command)
  const status = rpcStatusOf(reply)
  if (!isRefusal(status)) return reply
  throw new HeadframeError(
    'rig/refused',
    `The rig refused "${command}": ${status.message ?? 'it gives no reason'}.`,
  )
}

/** What `ascset 0,help` lists; null when it does not know the question. The list has bars, which part a text reply. */
export async function askAvalonOptions(link: RigLink, form: AvalonForm): Promise<readonly string[] | null> {
  const bytes = await link.rpc(requestText(form, 'ascset', '0,help'))
  const list = /set info:\s*([a-z][\w|-]*\|[\w|-]*)/i.exec(
    new TextDecoder().decode(bytes).replaceAll('\\|', '|'),
  )?.[1]
  if (list === undefined) return null
  const options = new Set(
    list.split('|').filter((option) => option !== '' && !/^(?:Description|STATUS)/.test(option)),
  )
  return [...options]
}

/** Whether the rig said yes, or nothing at all after it was told. */
export type AvalonSent = 'accepted' | 'unknown'

/**
 * One change. Yes is the word `success` or the absence of a complaint; the letter of the status tells nothing: an
 * information can be a success as well as a refusal.
 * @throws HeadframeError `rig/wrong-password`, `rig/refused` with the rig's words, `rig/…` of the link
 */
export async function tellAvalon(
  link: RigLink,
  form: AvalonForm,
  command: string,
  parameter: string,
): Promise<AvalonSent> {
  let bytes: Uint8Array
  try {
    bytes = await link.rpc(requestText(form, command, parameter), { timeoutMs: WRITE_TIMEOUT_MS })
  } catch (error) {
    if (!(error instanceof HeadframeError)) throw error
    // It restarts or sleeps before it answers.
    if (error.code === 'rig/timeout' || error.code === 'rig/cut-off') return 'unknown'
    throw error
  }
  const option = command === 'ascset' ? (parameter.split(',')[1] ?? '') : command
  const status = rpcStatusOf(parse(bytes, `rpc ${command} ${option}`))
  const words = status.message ?? ''
  if (/success/i.test(words)) return 'accepted'
  if (/user(?:name|pass)? err|password err|auth/i.test(words)) {
    throw new HeadframeError(
      'rig/wrong-password',
      `The rig refused the user name or password (${words}). Enter those of its own web page.`,
    )
  }
  const complains =
    /fail|\berror\b|\berr\b|unknown|invalid|missing|not support|don't|should be|must be|too long|arguments/i.test(
      words,
    )
  if (!isRefusal(status) && !complains) return 'accepted'
  throw new HeadframeError(
    'rig/refused',
    `The rig refused "${option}": ${words === '' ? 'it gives no reason' : words.trim()}.`,
    { context: { command: option, code: status.code } },
  )
}
