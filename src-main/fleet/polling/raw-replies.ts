/**
 * The last replies of a rig as they came, for a support bundle and for the curious: in memory, cut, and masked before
 * anybody sees them. Governing document: rig API digest, section 7 (raw).
 */
import { parseReply } from '../transport/repair-json.ts'
import { type RawRepliesView } from '../views/view-types.ts'
import { maskSecrets } from './mask-secrets.ts'

/** Of one reply, kept. */
export const KEPT_REPLY_BYTES = 64 * 1024
/** Of one rig; the one asked longest ago goes first. Families ask for a dozen things. */
const KEPT_REPLIES = 24
/** Of one rig, all together: hundreds of rigs that say much must fit. */
export const KEPT_BYTES = 512 * 1024

interface RawReply {
  readonly atMs: number
  readonly bytes: number
  /** Not masked: never leaves this module so. */
  readonly kept: Uint8Array
}

export class RawReplies {
  readonly #replies = new Map<string, RawReply>()

  #keptBytes = 0

  note(request: string, reply: Uint8Array, atMs: number): void {
    this.#forget(request)
    // A copy: a view of a part would keep all of a large reply in memory.
    const kept = reply.slice(0, KEPT_REPLY_BYTES)
    this.#replies.set(request, { atMs, bytes: reply.length, kept })
    this.#keptBytes += kept.length
    for (const oldest of this.#replies.keys()) {
      if (this.#replies.size <= KEPT_REPLIES && this.#keptBytes <= KEPT_BYTES) break
      this.#forget(oldest)
    }
  }

  #forget(request: string): void {
    this.#keptBytes -= this.#replies.get(request)?.kept.length ?? 0
    this.#replies.delete(request)
  }

  /** @param known as for `maskSecrets` */
  view(rigId: string, known: readonly string[]): RawRepliesView {
    const decoder = new TextDecoder()
    return {
      rigId,
      replies: [...this.#replies].map(([request, { atMs, bytes, kept }]) => {
        const text = decoder.decode(kept)
        return {
          request: maskSecrets(request, known),
          at: Math.round(atMs),
          text: maskSecrets(text, known),
          bytes,
          repaired: bytes > KEPT_REPLY_BYTES ? [] : repairsOf(kept),
        }
      }),
    }
  }
}

/** What had to be repaired to read it; nothing for what is no JSON at all. */
function repairsOf(reply: Uint8Array): string[] {
  const parsed = parseReply(reply)
  return parsed.ok ? [...parsed.value.repairs] : []
}
