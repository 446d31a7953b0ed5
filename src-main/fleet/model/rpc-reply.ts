/**
 * What every reply of the cgminer kind says of itself, whichever of its two shapes it has: `STATUS` in a list, or, as
 * Whatsminer does, at top level. Governing document: rig API digest, section 2.1.
 */
import { at, isObject, listOf, numberOf, textOf } from './lenient.ts'

export interface RpcStatus {
  /** S success, I information, W warning, E error, F fatal; null where the reply says nothing of the kind. */
  readonly letter: 'S' | 'I' | 'W' | 'E' | 'F' | null
  readonly code: number | null
  readonly message: string | null
}

/** @param reply parsed JSON of one reply (of one command, not of joined ones) */
export function rpcStatusOf(reply: unknown): RpcStatus {
  const inList = at(reply, 'STATUS', 0)
  const status = isObject(inList) ? inList : isObject(reply) ? reply : {}
  const letter = textOf(status['STATUS'])?.toUpperCase()
  return {
    letter:
      letter === 'S' || letter === 'I' || letter === 'W' || letter === 'E' || letter === 'F' ? letter : null,
    code: numberOf(status['Code']),
    message: typeof status['Msg'] === 'string' ? textOf(status['Msg']) : null,
  }
}

/** Whether the rig said no. */
export function isRefusal({ letter }: RpcStatus): boolean {
  return letter === 'E' || letter === 'F'
}

/** The reply of one command out of a reply to joined ones (`summary+pools`): `{"summary":[{…}],…}`; undefined if absent. */
export function joinedReply(reply: unknown, command: string): unknown {
  return listOf(at(reply, command))[0]
}

/** The JSON text of a request. */
export function rpcRequest(command: string, parameter?: string): string {
  return JSON.stringify(parameter === undefined ? { command } : { command, parameter })
}
