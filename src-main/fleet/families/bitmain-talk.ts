/**
 * Talks to Bitmain's firmware and those built on it: the tables on the RPC port, and the web pages behind a Digest login.
 * Not here: what replies mean (`readings/bitmain-*.ts`), what a configuration looks like (`bitmain-forms.ts`).
 * Governing document: rig API digest, sections 2 and 5.1.
 */
import { HeadframeError } from '../../base/index.ts'
import { at, booleanOf, textOf } from '../model/lenient.ts'
import { requireGoodStatus, requireJson } from '../transport/ask.ts'
import { type HttpReply, type RigLink } from '../transport/rig-link.ts'
import { type WriteOutcome } from './family.ts'
import { type PartReader } from './part-reader.ts'
import { accepted, refused } from './offer.ts'
import { type BitmainReplies } from './readings/antminer.ts'
import { unlessSilent } from './unless-silent.ts'
import { requireCredentials } from './web-sessions.ts'

/** The old script answers when the miner program was started anew and half a minute has passed. */
const CONFIGURE_TIMEOUT_MS = 40_000
/** The miner program is away for up to 30 s after a new configuration; chips ramp up for minutes. */
const CONFIGURE_SETTLES_MS = 10_000
const CONFIGURE_PATIENCE_MS = 5 * 60_000
const BLINK_TIMEOUT_MS = 2_000

/* ---- The tables ---- */

type Tables = Pick<BitmainReplies, 'version' | 'summary' | 'pools' | 'stats' | 'minerDown'>

export interface TableOptions {
  /** Ask for the list of chains; firmware that does not have it answers with the flat table all the same. */
  readonly newApi: boolean
}

/**
 * Version, summary, pools and stats, one after the other. A miner program that does not run is no failure: the rest is then
 * not asked, and `minerDown` says so.
 */
export async function readTables(
  link: RigLink,
  parts: PartReader,
  { newApi }: TableOptions,
): Promise<Tables> {
  const tables: { -readonly [name in keyof Tables]: Tables[name] } = {}
  const stats = newApi ? { command: 'stats', new_api: true } : { command: 'stats' }
  for (const request of [{ command: 'version' }, { command: 'summary' }, { command: 'pools' }, stats]) {
    const name = request.command as 'version' | 'summary' | 'pools' | 'stats'
    const answer = await parts.ask(`rpc ${name}`, () => askTable(link, request, name === 'version'))
    if (answer === MINER_DOWN) {
      tables.minerDown = true
      break
    }
    tables[name] = answer
  }
  return tables
}

const MINER_DOWN = Symbol('miner down')

/** @param isFirst then a closed port is looked into: the pages of a box whose miner program is away still answer */
async function askTable(link: RigLink, request: object, isFirst: boolean): Promise<unknown> {
  const asked = `rpc ${(request as { command: string }).command}`
  try {
    return requireJson(await link.rpc(JSON.stringify(request)), asked)
  } catch (error) {
    if (!(error instanceof HeadframeError)) throw error
    if (error.code === 'rig/miner-down') return MINER_DOWN
    if (!isFirst || (error.code !== 'rig/unreachable' && error.code !== 'rig/cut-off')) throw error
    await link.http({ path: '/' })
    return MINER_DOWN
  }
}

/* ---- The pages ---- */

/** @throws HeadframeError `rig/login-missing`, `rig/bad-reply`, `rig/miner-down`, `rig/…` of the link */
export async function getPage(link: RigLink, name: string): Promise<unknown> {
  const reply = await requestPage(link, name)
  return answerOf(reply, `GET /cgi-bin/${name}.cgi`)
}

/** The same; undefined where this firmware has no such page, or its miner program is away. */
export async function getPageIfAny(link: RigLink, name: string): Promise<unknown> {
  const reply = await requestPage(link, name)
  if (reply.status === 404) return undefined
  try {
    return answerOf(reply, `GET /cgi-bin/${name}.cgi`)
  } catch (error) {
    if (error instanceof HeadframeError && error.code === 'rig/miner-down') return undefined
    throw error
  }
}

function requestPage(link: RigLink, name: string): Promise<HttpReply> {
  requireCredentials(link)
  return link.http({ path: `/cgi-bin/${name}.cgi`, auth: 'digest' })
}

function answerOf(reply: HttpReply, asked: string): unknown {
  requireGoodStatus(reply, asked)
  return requireJson(reply.body, asked)
}

/** The text of a page that is no JSON; null if this firmware does not have it. */
export async function getPageText(link: RigLink, name: string): Promise<string | null> {
  const reply = await requestPage(link, name)
  return reply.status === 200 ? new TextDecoder().decode(reply.body) : null
}

export interface PagePost {
  readonly name: string
  /** JSON, or text of a form. */
  readonly json?: unknown
  readonly form?: string
  readonly timeoutMs?: number
}

/** @returns what it says, as text: some scripts answer with `ok`. @throws HeadframeError `rig/…` */
export async function postPage(link: RigLink, { name, json, form, timeoutMs }: PagePost): Promise<string> {
  requireCredentials(link)
  const reply = await link.http({
    method: 'POST',
    path: `/cgi-bin/${name}.cgi`,
    auth: 'digest',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(form === undefined
      ? { json: json ?? {} }
      : { body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  })
  requireGoodStatus(reply, `POST /cgi-bin/${name}.cgi`)
  return new TextDecoder().decode(reply.body)
}

/**
 * Whether a page took what it was sent: `{"stats":"success","code":"M000"}`, `{"success":true}`, `ok`, or an empty answer.
 * @throws HeadframeError `rig/refused` with the rig's words
 */
export function requireTaken(said: string, what: string): void {
  let reply: unknown
  try {
    reply = JSON.parse(said)
  } catch {
    // Forms are answered in plain words, or with nothing.
    if (!/error|fail|denied/i.test(said)) return
  }
  const stats = textOf(at(reply, 'stats'))?.toLowerCase()
  const success = stats === undefined ? booleanOf(at(reply, 'success')) : stats === 'success'
  if (reply !== undefined && success !== false) return
  const words = textOf(at(reply, 'msg')) ?? textOf(at(reply, 'code')) ?? said.slice(0, 200)
  throw refused(`The rig refused ${what}: ${words}. Look at the same setting on its own web page.`, {
    answer: words,
  })
}

/** Writes a configuration: the miner program starts anew with it, and the answer may get lost over that. */
export function postConfiguration(
  link: RigLink,
  body: Pick<PagePost, 'json' | 'form'>,
  note: string | null = null,
): Promise<WriteOutcome> {
  return unlessSilent(
    async () => {
      const said = await postPage(link, { name: 'set_miner_conf', timeoutMs: CONFIGURE_TIMEOUT_MS, ...body })
      requireTaken(said, 'the new configuration')
    },
    accepted(CONFIGURE_SETTLES_MS, CONFIGURE_PATIENCE_MS, note),
  )
}

/** The connection drops, mostly without an answer. */
export function rebootByPage(link: RigLink): Promise<WriteOutcome> {
  return unlessSilent(
    async () => {
      requireCredentials(link)
      const reply = await link.http({ path: '/cgi-bin/reboot.cgi', auth: 'digest' })
      requireGoodStatus(reply, 'GET /cgi-bin/reboot.cgi')
    },
    accepted(30_000, 10 * 60_000),
  )
}

/** Old pages blink by an action word, and often fall silent over it. */
export function blinkByForm(link: RigLink, on: boolean): Promise<WriteOutcome> {
  return unlessSilent(
    async () => {
      const form = `action=${on ? 'startBlink' : 'stopBlink'}`
      requireTaken(await postPage(link, { name: 'blink', form, timeoutMs: BLINK_TIMEOUT_MS }), 'to blink')
    },
    accepted(500, 20_000),
  )
}

/** Whether it blinks, from the old pages. */
export async function readBlinkByForm(link: RigLink): Promise<unknown> {
  return requireJson(
    new TextEncoder().encode(await postPage(link, { name: 'blink', form: 'action=onPageLoaded' })),
    'POST /cgi-bin/blink.cgi',
  )
}
