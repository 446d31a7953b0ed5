/** Requests that must be answered with JSON, for families: sends, reads leniently, and says in a sentence what is wrong. */
import { HeadframeError } from '../../base/index.ts'
import { isRefusal, rpcRequest, rpcStatusOf } from '../model/rpc-reply.ts'
import { maskSecrets } from '../polling/mask-secrets.ts'
import { parseReply } from './repair-json.ts'
import { type HttpReply, type HttpRequest, type RigLink, type RpcOptions } from './rig-link.ts'

/**
 * The JSON of a reply, repaired where needed.
 * @param asked for the message, as `GET /api/system/info`
 * @throws HeadframeError `rig/bad-reply`; `rig/miner-down` for the words of a box whose miner process does not run
 */
export function requireJson(bytes: Uint8Array, asked: string): unknown {
  const parsed = parseReply(bytes)
  if (parsed.ok) return parsed.value.value
  const { kind } = parsed.error
  const text = maskSecrets(parsed.error.text)
  if (kind === 'miner-down') {
    throw new HeadframeError(
      'rig/miner-down',
      `The rig answers, but its miner process does not run (${asked}). Restart it; if that does not help, look at the rig's own log.`,
      { context: { asked, answer: text } },
    )
  }
  const found = kind === 'empty' ? 'nothing' : kind === 'html' ? 'a web page' : 'no JSON'
  throw new HeadframeError(
    'rig/bad-reply',
    `The rig answered with ${found} where JSON belongs (${asked}). Check that its firmware is the one shown here.`,
    { context: { asked, answer: text } },
  )
}

/**
 * The JSON of a request with a good status.
 * @throws HeadframeError `rig/bad-reply` also for a status of 300 and above, with `context.status`; `rig/…` of the link
 */
export async function askJson(link: RigLink, request: HttpRequest): Promise<unknown> {
  const reply = await link.http(request)
  const asked = `${request.method ?? 'GET'} ${request.path}`
  requireGoodStatus(reply, asked)
  return requireJson(reply.body, asked)
}

/** @throws HeadframeError `rig/bad-reply` with `context.status` */
export function requireGoodStatus({ status }: HttpReply, asked: string): void {
  if (status >= 200 && status < 300) return
  throw new HeadframeError(
    'rig/bad-reply',
    `The rig answered ${asked} with status ${String(status)}. Check that its firmware is the one shown here.`,
    { context: { asked, status } },
  )
}

/**
 * The JSON of one cgminer command, whatever its status says.
 * @throws HeadframeError `rig/bad-reply`, `rig/miner-down`, `rig/…` of the link
 */
export async function askRpc(
  link: RigLink,
  command: string,
  parameter?: string,
  options?: RpcOptions,
): Promise<unknown> {
  return requireJson(await link.rpc(rpcRequest(command, parameter), options), `rpc ${command}`)
}

/**
 * The JSON of one cgminer command that must not be refused.
 * @throws HeadframeError `rig/refused` with the rig's words, and what `askRpc` throws
 */
export async function commandRpc(
  link: RigLink,
  command: string,
  parameter?: string,
  options?: RpcOptions,
): Promise<unknown> {
  const reply = await askRpc(link, command, parameter, options)
  const status = rpcStatusOf(reply)
  if (!isRefusal(status)) return reply
  throw new HeadframeError(
    'rig/refused',
    `The rig refused "${command}": ${status.message ?? 'it gives no reason'}. Check that its API allows changes from this machine.`,
    { context: { command, code: status.code, answer: status.message } },
  )
}
