/** The updates of AxeOS's live WebSocket, put together. Pure. Governing document: rig API digest, section 3.2. */
import { err, ok, type Result } from '../../../base/index.ts'
import { isObject, type LooseObject } from '../../model/lenient.ts'

/**
 * The state after an update: objects are merged member by member, lists come whole, nothing is ever removed.
 * @param state what is known so far; null before the first update, which has everything
 */
export function mergeUpdate(state: LooseObject | null, update: LooseObject): LooseObject {
  if (state === null) return update
  const merged: Record<string, unknown> = { ...state }
  for (const [member, value] of Object.entries(update)) {
    const before = merged[member]
    merged[member] = isObject(value) && isObject(before) ? mergeUpdate(before, value) : value
  }
  return merged
}

/** The data of one message; null for messages of another kind, an error for what is none. */
export function parseLiveMessage(text: string): Result<LooseObject | null, 'not-json'> {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return err('not-json')
  }
  if (!isObject(message) || message['event'] !== 'update') return ok(null)
  const { data } = message
  return ok(isObject(data) ? data : null)
}
