/**
 * AxeOS's live WebSocket (from 2.14 on): everything once, then what changed, at most twice a second. Rigs without it say
 * so by not opening it; they are polled. Governing document: rig API digest, section 3.2.
 */
import { WebSocket } from 'ws'
import { errorText, HeadframeError } from '../../base/index.ts'
import { type LooseObject } from '../model/lenient.ts'
import { type RigAddress, type RigLink } from '../transport/rig-link.ts'
import { ASIC_PATH, findJson } from './axe-talk.ts'
import { type FamilyTools, type ReadResult } from './family.ts'
import { notSupported } from './offer.ts'
import { mergeUpdate, parseLiveMessage } from './readings/axeos-live.ts'
import { readAxeos } from './readings/axeos.ts'

const LIVE_PATH = '/api/ws/live'
const HTTP_PORT = 80
const OPEN_TIMEOUT_MS = 5_000
/** Its figures change all the time: whoever is silent for so long is gone. */
const SILENCE_MS = 30_000
/** Everything at once, certificates of eight pools included. */
const MAX_MESSAGE_BYTES = 256 * 1024

/**
 * Reads until `signal` aborts or the socket ends.
 * @throws HeadframeError `rig/not-supported` where the firmware has no such socket, `rig/unreachable`
 */
export async function followAxeos(
  link: RigLink,
  { clock }: FamilyTools,
  onReading: (result: ReadResult) => void,
  signal: AbortSignal,
): Promise<void> {
  // What its board allows does not change while it runs, and is not among the updates.
  const asic = await findJson(link, ASIC_PATH)
  if (signal.aborted) return
  const socket = new WebSocket(`ws://${authority(link.address)}${LIVE_PATH}`, {
    handshakeTimeout: OPEN_TIMEOUT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  })
  let state: LooseObject | null = null
  await new Promise<void>((resolve, reject) => {
    let silence = clock.after(SILENCE_MS, () => socket.terminate())
    const onAbort = (): void => socket.terminate()
    const end = (settle: () => void): void => {
      silence.cancel()
      signal.removeEventListener('abort', onAbort)
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.terminate()
      settle()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('unexpected-response', (_request, response) => {
      end(() => reject(notSupported(liveRefusal(response.statusCode ?? 0))))
    })
    socket.on('error', (error) => {
      const opened = state !== null || signal.aborted
      end(() => (opened ? resolve() : reject(cannotFollow(error))))
    })
    socket.on('close', () => end(resolve))
    socket.on('message', (data, isBinary) => {
      silence.cancel()
      silence = clock.after(SILENCE_MS, () => socket.terminate())
      const update = isBinary ? null : parseLiveMessage(textOfMessage(data))
      if (update === null || !update.ok || update.value === null) return
      state = mergeUpdate(state, update.value)
      const reading = readAxeos(state, asic, clock.nowMs())
      if (reading !== null) onReading({ reading, failed: [] })
    })
  })
}

function authority({ host, port }: RigAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port ?? HTTP_PORT)}`
}

function textOfMessage(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8')
}

function liveRefusal(status: number): string {
  return status === 429
    ? 'The rig has as many live visitors as it takes; it is polled instead.'
    : 'This version sends no live figures; it is polled instead.'
}

function cannotFollow(cause: Error): HeadframeError {
  return new HeadframeError(
    'rig/unreachable',
    `The live figures of the rig cannot be followed: ${errorText(cause)}. It is polled instead.`,
    { cause },
  )
}
