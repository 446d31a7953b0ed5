/**
 * Whether what a peer sent over a WebSocket or a message port is a message of the calling protocol (oRPC's
 * peer messages, as its client writes them without binary bodies). The handler behind it throws on anything
 * else, where nobody could catch it. Pure.
 */

const REQUEST = 1
const STREAM_EVENT = 3
const CANCEL = 4

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `i` is the call's id, `t` the type (absent for a request), `p` the payload; a request names its path in `u`. */
export function isCallMessage(data: unknown): data is string {
  if (typeof data !== 'string') return false
  let message: unknown
  try {
    message = JSON.parse(data)
  } catch {
    return false
  }
  if (!isObject(message) || typeof message['i'] !== 'string') return false
  const { t: type = REQUEST, p: payload } = message
  switch (type) {
    case REQUEST:
      return (
        isObject(payload) &&
        typeof payload['u'] === 'string' &&
        payload['u'].startsWith('/') &&
        ['undefined', 'string'].includes(typeof payload['m']) &&
        (payload['h'] === undefined || isObject(payload['h']))
      )
    case STREAM_EVENT:
      return isObject(payload)
    case CANCEL:
      return true
    default:
      return false
  }
}
