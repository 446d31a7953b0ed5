/**
 * Opening a port of a device that was just plugged in: ModemManager may have it for ten seconds, and udev sets its
 * rights a moment after it appears (asic-serial 8.2). Tries each second for fifteen; other failures are final.
 */
import { type Clock, HeadframeError, sleep } from '../../base/index.ts'
import { type ByteLink, type LineSettings, type OpenPort, type PortAddress } from '../model/byte-link.ts'

const RETRY_MS = 1_000
const PATIENCE_MS = 15_000
/** Rights come within this, or not at all. */
const RIGHTS_MS = 2_000

export interface PatientOpening {
  readonly clock: Clock
  /** Told the reason each time the port has to be waited for. */
  readonly onWait: (reason: HeadframeError) => void
  /** Ends the waiting; the reason for it is thrown. */
  readonly signal?: AbortSignal
}

/** @throws HeadframeError as `open`, once it is of no use to wait any longer */
export async function openPatiently(
  open: OpenPort,
  address: PortAddress,
  line: LineSettings,
  { clock, onWait, signal }: PatientOpening,
): Promise<ByteLink> {
  const startMs = clock.monotonicMs()
  for (;;) {
    try {
      return await open(address, line)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      const waitedMs = clock.monotonicMs() - startMs
      if (signal?.aborted === true || waitedMs + RETRY_MS > patienceMs(error)) throw error
      onWait(error)
    }
    await sleep(clock, RETRY_MS)
  }
}

function patienceMs({ code, context }: HeadframeError): number {
  // Nobody but ourselves can end what we hold.
  if (code === 'port/busy') return context['holderPid'] === process.pid ? 0 : PATIENCE_MS
  return code === 'port/no-access' ? RIGHTS_MS : 0
}
