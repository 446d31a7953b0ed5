/**
 * What a pool shall know a rig by: the account of the person, and the rig's own name after it. Pure. The
 * account decides who is paid and is never touched; the rest only tells rigs apart in the pool's list.
 */

/** Bytes of UTF-8 that a user identity has at most (STR0_255; SV1 sets no limit, pools do). */
export const MAX_IDENTITY_BYTES = 255
/** Bytes of a rig's own name that are kept. */
const MAX_WORKER_BYTES = 64
/** Identities that are instructions to an SRI pool, for instance `sri/solo/…`: names have no place in them. */
const INSTRUCTION_PREFIX = 'sri/'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * The identity of a rig at the pool.
 * @param userIdentity ours at the pool: an account or address, mostly with a worker after the first dot
 * @param rigName what the rig calls itself; what stands before its first dot is for another pool's account
 * @returns at most 255 bytes; `userIdentity` itself where the rig has no name of its own
 */
export function workerIdentity(userIdentity: string, rigName: string): string {
  if (userIdentity.startsWith(INSTRUCTION_PREFIX)) return clipBytes(userIdentity, MAX_IDENTITY_BYTES)
  const account = beforeDot(userIdentity)
  const worker = rigName === account ? '' : workerName(rigName)
  if (worker === '' || account === '') return clipBytes(userIdentity, MAX_IDENTITY_BYTES)
  const room = MAX_IDENTITY_BYTES - encoder.encode(account).length - 1
  if (room < 1) return clipBytes(userIdentity, MAX_IDENTITY_BYTES)
  return `${account}.${clipBytes(worker, room)}`
}

/**
 * The rig's own part of its name, in letters that every pool accepts: A-Z, a-z, 0-9, `_` and `-`.
 * @param maxBytes the worker TLV has 32 at most (extensions/0x0002)
 * @returns empty if nothing usable is left
 */
export function workerName(rigName: string, maxBytes = MAX_WORKER_BYTES): string {
  const dot = rigName.indexOf('.')
  const own = dot < 0 ? rigName : rigName.slice(dot + 1)
  const plain = own
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return plain.slice(0, maxBytes)
}

function beforeDot(identity: string): string {
  const dot = identity.indexOf('.')
  return dot < 0 ? identity : identity.slice(0, dot)
}

/** The longest beginning of `text` that has at most `maxBytes` bytes of UTF-8 and ends between characters. */
function clipBytes(text: string, maxBytes: number): string {
  const bytes = encoder.encode(text)
  if (bytes.length <= maxBytes) return text
  let end = maxBytes
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return decoder.decode(bytes.subarray(0, end))
}
