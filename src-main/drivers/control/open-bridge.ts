/**
 * From a freshly opened control port to a bridge that answers. Systems do not always tell the firmware's release, and
 * `c0de:cafe` was used by several, so unless it is known the format of replies is found by asking: the level of pin 0
 * comes back as `01 00 id level` (v0) or `05 00 id 00 level` (v1), asic-serial 6.1.
 */
import { type Clock, HeadframeError, type Logger } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { BridgeClient, REQUEST_TIMEOUT_MS, SETTLE_AFTER_MISS_MS } from './bridge-client.ts'
import { type ReplyFormat } from './packets.ts'
import { encodeRequest, gpioReadRequest } from './requests.ts'

const PROBE_ATTEMPTS = 3
/** Not an id with which a client begins, nor a byte of the reply itself. */
const FIRST_PROBE_ID = 0x5a

export interface OpenBridgeOptions {
  /** Null: find out. */
  readonly format?: ReplyFormat | null
  readonly signal?: AbortSignal
  readonly log?: Logger
}

/**
 * Takes the link over; closes it if it fails.
 * @throws HeadframeError `control/not-a-bridge` (no answer that makes sense), `control/closed`, `control/cancelled`
 */
export async function openBridge(
  link: ByteLink,
  clock: Clock,
  options: OpenBridgeOptions = {},
): Promise<BridgeClient> {
  try {
    const format = options.format ?? (await probeReplyFormat(link, clock, options.signal))
    return new BridgeClient(link, clock, format, options.log ? { log: options.log } : {})
  } catch (error) {
    await link.close()
    throw error
  }
}

/** @throws HeadframeError as `openBridge` */
export async function probeReplyFormat(
  link: ByteLink,
  clock: Clock,
  signal?: AbortSignal,
): Promise<ReplyFormat> {
  for (let attempt = 0; attempt < PROBE_ATTEMPTS; attempt++) {
    const format = await probeOnce(link, clock, FIRST_PROBE_ID + attempt, signal)
    if (format !== null) return format
  }
  const message = `${link.name} does not answer like a board's control port. Unplug the board and plug it in again.`
  throw new HeadframeError('control/not-a-bridge', message, { context: { port: link.name } })
}

/**
 * The format that such a reply to a read of pin 0 shows; null: nothing in it is one. Bytes that were on the line
 * before may stand in front.
 */
export function recogniseFormat(bytes: Uint8Array, id: number): ReplyFormat | null {
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const [low, high, gotId, fourth = 0, fifth] = bytes.subarray(at)
    if (high !== 0 || gotId !== id) continue
    if (low === 1 && fourth <= 1) return 'v0'
    if (low === 5 && fourth === 0 && fifth !== undefined && fifth <= 1) return 'v1'
  }
  return null
}

async function probeOnce(
  link: ByteLink,
  clock: Clock,
  id: number,
  signal?: AbortSignal,
): Promise<ReplyFormat | null> {
  if (signal?.aborted) throw cancelled(link)
  await link.discardInput()
  return await new Promise((resolve, reject) => {
    let received: number[] = []
    const onAbort = (): void => finish(() => reject(cancelled(link)))
    const stop = [
      link.onBytes((bytes) => {
        received = [...received, ...bytes].slice(-64)
        const format = recogniseFormat(Uint8Array.from(received), id)
        if (format !== null) finish(() => resolve(format))
      }),
    ]
    const timer = clock.after(REQUEST_TIMEOUT_MS + SETTLE_AFTER_MISS_MS, () => finish(() => resolve(null)))
    const finish = (settle: () => void): void => {
      timer.cancel()
      for (const unsubscribe of stop.splice(0)) unsubscribe()
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    stop.push(link.onEnd((end) => finish(() => reject(closed(link, end.message)))))
    signal?.addEventListener('abort', onAbort, { once: true })
    link
      .write(encodeRequest(id, gpioReadRequest(0)))
      .catch(() => finish(() => reject(closed(link, 'Nothing can be written.'))))
  })
}

function cancelled(link: ByteLink): HeadframeError {
  return new HeadframeError('control/cancelled', `Opening the control port ${link.name} was given up.`)
}

function closed(link: ByteLink, message: string): HeadframeError {
  return new HeadframeError('control/closed', `The control port ${link.name} is gone: ${message}`)
}
