import { describe, expect, it } from 'vitest'
import { type ErrorCode, HeadframeError, ManualClock } from '../../../../src-main/base/index.ts'
import { type ByteLink, type OpenPort } from '../../../../src-main/drivers/model/byte-link.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'
import { openPatiently } from '../../../../src-main/drivers/transport/open-patiently.ts'

const line = { baudRate: 115_200, stopBits: 1 } as const

/** Opens at the given second, and fails with the code before. */
async function attempt(
  code: ErrorCode,
  opensAtMs: number,
  holderPid: number | null = 812,
  abortAtMs = Infinity,
): Promise<{ tries: number; waits: number; outcome: ByteLink | unknown }> {
  const clock = new ManualClock()
  const abort = new AbortController()
  let [tries, waits] = [0, 0]
  const open: OpenPort = async () => {
    tries += 1
    if (clock.monotonicMs() >= opensAtMs) return memoryLinkPair().host
    throw new HeadframeError(code, 'not now', { context: { holderPid } })
  }
  const opening = openPatiently(open, { kind: 'tty', path: '/dev/ttyACM0' }, line, {
    clock,
    onWait: () => (waits += 1),
    signal: abort.signal,
  }).catch((error: unknown) => error)
  for (let second = 0; second < 30; second++) {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    if (clock.monotonicMs() >= abortAtMs) abort.abort()
    clock.advance(1_000)
  }
  return { tries, waits, outcome: await opening }
}

describe('opening a port that was just plugged in', () => {
  it('waits until ModemManager lets go of it, and says that it waits', async () => {
    expect(await attempt('port/busy', 9_000)).toMatchObject({ tries: 10, waits: 9, outcome: { end: null } })
  })

  it('ends after fifteen seconds', async () => {
    expect(await attempt('port/busy', Infinity)).toMatchObject({ tries: 16, outcome: { code: 'port/busy' } })
  })

  it('waits a moment for rights that udev has yet to give', async () => {
    expect(await attempt('port/no-access', 1_000)).toMatchObject({ tries: 2, outcome: { end: null } })
    expect(await attempt('port/no-access', Infinity)).toMatchObject({ tries: 3 })
  })

  it.each(['port/not-found', 'port/open-failed'] as const)('does not wait after %s', async (code) => {
    expect(await attempt(code, Infinity)).toMatchObject({ tries: 1, waits: 0, outcome: { code } })
  })

  it('does not wait for ourselves', async () => {
    expect(await attempt('port/busy', Infinity, process.pid)).toMatchObject({ tries: 1 })
  })

  it('ends when told to', async () => {
    expect(await attempt('port/busy', Infinity, 812, 3_000)).toMatchObject({
      tries: 5,
      outcome: { code: 'port/busy' },
    })
  })
})
