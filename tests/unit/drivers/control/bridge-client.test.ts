import { describe, expect, it } from 'vitest'
import { type ErrorCode, HeadframeError, ManualClock, toHex } from '../../../../src-main/base/index.ts'
import {
  BridgeClient,
  REQUEST_TIMEOUT_MS,
  SETTLE_AFTER_MISS_MS,
} from '../../../../src-main/drivers/control/bridge-client.ts'
import { type ControlLoss } from '../../../../src-main/drivers/control/buses.ts'
import { openBridge, recogniseFormat } from '../../../../src-main/drivers/control/open-bridge.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'
import { BridgePeer, type PeerAnswer, type SeenRequest } from '../../../support/bridge-peer.ts'
import { turn, within } from '../../../support/settled-time.ts'

function setUp(format: 'v0' | 'v1', answer: (request: SeenRequest) => PeerAnswer, firstId = 0) {
  const clock = new ManualClock()
  const { host, board } = memoryLinkPair({ name: '/dev/ttyACM0' })
  const peer = new BridgePeer(board, format, answer)
  const bridge = new BridgeClient(host, clock, format, { firstId })
  return { clock, host, board, peer, bridge }
}

/** The code with which something failed, or `done`. */
function outcome(work: Promise<unknown>): Promise<ErrorCode | 'done'> {
  return work.then(
    () => 'done' as const,
    (error: unknown) => {
      if (error instanceof HeadframeError) return error.code
      throw error
    },
  )
}

const silent = (): null => null

describe.each(['v0', 'v1'] as const)('a bridge that answers in %s', (format) => {
  it('carries I2C, pins, ADC and LED', async () => {
    const { peer, bridge } = setUp(format, ({ page, command, data }) => {
      if (page === 6) return { data: [data[0] ?? 1] }
      if (page === 7) return { data: [0x34, 0x12] }
      if (page === 8 || command === 0x10) return { data: [...data] }
      if (command === 0x20) return { data: [data.length - 1] }
      return { data: Array.from({ length: data.at(-1) ?? 0 }, (_, index) => index + 1) }
    })
    await bridge.i2c.setFrequency(100_000)
    await bridge.i2c.write(0x24, Uint8Array.of(0x21, 0x4c, 0x02))
    expect(await bridge.i2c.read(0x4c, 1)).toEqual(Uint8Array.of(1))
    expect(await bridge.i2c.writeRead(0x24, Uint8Array.of(0xad), 7)).toEqual(
      Uint8Array.of(1, 2, 3, 4, 5, 6, 7),
    )
    expect(await bridge.gpio.read(0)).toBe(1)
    await bridge.gpio.write(0, 0)
    expect(await bridge.adc.readRaw('core')).toBe(0x1234)
    await bridge.led.setColour(255, 0, 255)
    expect(peer.writes.map(toHex)).toEqual([
      '0a0000000510a0860100',
      '0a000100052024214c02',
      '0800020005304c01',
      '0900030005' + '4024ad07',
      '060004000600',
      '07000500060000',
      '060006000750',
      '090007000810ff00ff',
    ])
  })

  it('keeps one request in flight, however many are asked for', async () => {
    const { clock, peer, bridge } = setUp(format, silent)
    const both = [bridge.gpio.read(0), bridge.gpio.read(1)]
    await turn()
    expect(peer.seen).toHaveLength(1)
    peer.send(peer.packet(0, { data: [1] }))
    await turn()
    expect(peer.seen).toHaveLength(2)
    peer.send(peer.packet(1, { data: [0] }))
    expect(await Promise.all(both)).toEqual([1, 0])
    expect(clock.pending).toBe(0)
  })

  it('tells a part that does not answer from a request that is refused', async () => {
    const { bridge } = setUp(format, ({ page }) =>
      page === 5 ? { error: 0xff, text: 'I2C WriteRead Error' } : { error: 0x11 },
    )
    await expect(bridge.i2c.writeRead(0x4c, Uint8Array.of(0xfe), 1)).rejects.toThrow(
      expect.objectContaining({ code: 'i2c/no-answer', message: expect.stringContaining('4c') }),
    )
    expect(await outcome(bridge.led.setColour(0, 0, 0))).toBe('control/refused')
    expect(bridge.loss).toBeNull()
  })

  it('refuses addresses, lengths and rates that cannot be sent, and sends nothing', async () => {
    const { peer, bridge } = setUp(format, silent)
    expect(await outcome(bridge.i2c.read(0x03, 1))).toBe('i2c/bad-request')
    expect(await outcome(bridge.i2c.write(0x80, Uint8Array.of(1)))).toBe('i2c/bad-request')
    expect(await outcome(bridge.i2c.writeRead(0x4c, Uint8Array.of(0), 49))).toBe('i2c/bad-request')
    expect(await outcome(bridge.i2c.read(0x4c, 0))).toBe('i2c/bad-request')
    expect(await outcome(bridge.i2c.setFrequency(0))).toBe('i2c/bad-request')
    expect(peer.writes).toEqual([])
  })

  it('notices a pin that stays where it was, and a part that took less than it was sent', async () => {
    const { bridge } = setUp(format, ({ page }) => (page === 6 ? { data: [1] } : { data: [1] }))
    expect(await outcome(bridge.gpio.write(0, 0))).toBe('control/bad-reply')
    expect(await outcome(bridge.i2c.write(0x24, Uint8Array.of(0x21, 0x4c, 0x02)))).toBe('i2c/no-answer')
  })

  it('gives up after a second, lets the line settle, and takes no late answer for the next one', async () => {
    const { clock, peer, bridge } = setUp(format, silent)
    const first = outcome(bridge.i2c.read(0x4c, 2))
    const second = bridge.i2c.read(0x4c, 2)
    await turn()
    clock.advance(REQUEST_TIMEOUT_MS)
    expect(await first).toBe('control/timeout')
    await turn()
    expect(peer.seen).toHaveLength(1)
    clock.advance(SETTLE_AFTER_MISS_MS)
    await turn()
    expect(peer.seen.map(({ id }) => id)).toEqual([0, 1])
    // In the same write as the answer that is wanted, as a slow bridge would.
    peer.send(peer.packet(0, { data: [0xaa, 0xbb] }), peer.packet(1, { data: [0x11, 0x22] }))
    expect(await second).toEqual(Uint8Array.of(0x11, 0x22))
    expect(bridge.lineErrors).toEqual({ skippedBytes: 0, staleReplies: 1 })
  })

  it('forgets misses once there is an answer, and is lost after three in a row', async () => {
    let isSilent = true
    const { clock, bridge } = setUp(format, () => (isSilent ? null : { data: [1] }))
    const losses: ControlLoss[] = []
    bridge.onLoss((loss) => losses.push(loss))
    for (const silence of [true, true, false, true, true]) {
      isSilent = silence
      const asked = outcome(bridge.gpio.read(0))
      expect(await within(clock, asked, 2000)).toBe(silence ? 'control/timeout' : 'done')
    }
    expect(losses).toEqual([])
    isSilent = true
    const last = outcome(bridge.gpio.read(0))
    const waiting = outcome(bridge.gpio.read(0))
    expect(await within(clock, last, 2000)).toBe('control/timeout')
    expect(await waiting).toBe('control/lost')
    expect(losses).toMatchObject([{ code: 'control/lost' }])
    expect(await outcome(bridge.gpio.read(0))).toBe('control/lost')
  })

  it('goes on trying to take power away from a board that fell silent', async () => {
    let isSilent = true
    const { clock, peer, bridge } = setUp(format, ({ data }) => (isSilent ? null : { data: [data[0] ?? 1] }))
    const asked = [1, 2, 3].map(() => outcome(bridge.gpio.read(0)))
    await within(clock, Promise.all(asked), 4000)
    expect(bridge.loss?.code).toBe('control/lost')
    isSilent = false
    const reset = bridge.gpio.write(0, 0, { urgency: 'shutdown' })
    await within(clock, reset, 100)
    expect(peer.seen.at(-1)).toMatchObject({ page: 6, command: 0, data: Uint8Array.of(0) })
    expect(bridge.loss?.code).toBe('control/lost')
  })

  it('sends what takes power away first, then commands, then polls', async () => {
    const { peer, bridge } = setUp(format, ({ data }) => ({ data: [data[0] ?? 1] }))
    await Promise.all([
      bridge.gpio.read(9),
      bridge.gpio.read(1, { urgency: 'poll' }),
      bridge.gpio.read(2, { urgency: 'poll' }),
      bridge.gpio.read(3),
      bridge.gpio.write(4, 0, { urgency: 'shutdown' }),
      bridge.gpio.write(5, 0, { urgency: 'shutdown' }),
    ])
    expect(peer.seen.map(({ command }) => command)).toEqual([9, 4, 5, 3, 1, 2])
  })

  it('never sends what was given up while it waited, and lets what left come to its end', async () => {
    const { clock, peer, bridge } = setUp(format, silent)
    const left = new AbortController()
    const waits = new AbortController()
    const first = outcome(bridge.gpio.read(1, { signal: left.signal }))
    const second = outcome(bridge.gpio.read(2, { signal: waits.signal }))
    const third = bridge.gpio.read(3)
    await turn()
    left.abort()
    waits.abort()
    expect(await first).toBe('control/cancelled')
    expect(await second).toBe('control/cancelled')
    await turn()
    expect(peer.seen).toHaveLength(1)
    peer.send(peer.packet(0, { data: [1] }))
    await turn()
    expect(peer.seen.map(({ command }) => command)).toEqual([1, 3])
    peer.send(peer.packet(1, { data: [1] }))
    expect(await third).toBe(1)
    expect(await outcome(bridge.gpio.read(4, { signal: left.signal }))).toBe('control/cancelled')
    expect(clock.pending).toBe(0)
  })

  it('uses every id but the one of malformed requests', async () => {
    const { peer, bridge } = setUp(format, () => ({ data: [1] }), 253)
    for (let count = 0; count < 4; count++) await bridge.gpio.read(0)
    expect(peer.seen.map(({ id }) => id)).toEqual([253, 254, 0, 1])
  })

  it('ends everything that waits when the board is unplugged', async () => {
    const { clock, board, bridge } = setUp(format, silent)
    const losses: ControlLoss[] = []
    bridge.onLoss((loss) => losses.push(loss))
    const asked = [
      outcome(bridge.gpio.read(0)),
      outcome(bridge.gpio.read(0)),
      outcome(bridge.gpio.write(0, 0, { urgency: 'shutdown' })),
    ]
    await turn()
    board.unplug()
    expect(await Promise.all(asked)).toEqual(['control/closed', 'control/closed', 'control/closed'])
    expect(await outcome(bridge.gpio.write(0, 0, { urgency: 'shutdown' }))).toBe('control/closed')
    expect(losses).toHaveLength(1)
    const late: ControlLoss[] = []
    bridge.onLoss((loss) => late.push(loss))
    expect(late).toEqual(losses)
    expect(clock.pending).toBe(0)
    await bridge.close()
  })

  it('leaves no timer behind when it is closed while the line settles', async () => {
    const { clock, bridge } = setUp(format, silent)
    const asked = outcome(bridge.gpio.read(0))
    await turn()
    clock.advance(REQUEST_TIMEOUT_MS)
    expect(await asked).toBe('control/timeout')
    await bridge.close()
    await bridge.close()
    expect(clock.pending).toBe(0)
  })
})

describe('a port that takes no bytes', () => {
  it('runs into the same limit as one that does not answer', async () => {
    const { clock, host } = setUp('v0', silent)
    const stuck = new BridgeClient(
      { ...linkOf(host), write: () => new Promise(() => undefined) },
      clock,
      'v0',
    )
    expect(await within(clock, outcome(stuck.gpio.read(0)), 1500)).toBe('control/timeout')
  })
})

function linkOf(link: ReturnType<typeof memoryLinkPair>['host']) {
  return {
    name: link.name,
    end: null,
    drain: () => link.drain(),
    setBaudRate: (baudRate: number) => link.setBaudRate(baudRate),
    discardInput: () => link.discardInput(),
    onBytes: (listener: (bytes: Uint8Array) => void) => link.onBytes(listener),
    onEnd: () => () => undefined,
    close: () => link.close(),
  }
}

describe('opening a bridge', () => {
  it.each(['v0', 'v1'] as const)('finds out that replies are %s', async (format) => {
    const clock = new ManualClock()
    const { host, board } = memoryLinkPair({ chunkBytes: 2 })
    const seen: Uint8Array[] = []
    let request: number[] = []
    board.onBytes((bytes) => {
      request = [...request, ...bytes]
      if (request.length < 6) return
      const id = request[2] ?? 0
      seen.push(Uint8Array.from(request))
      request = []
      void board.write(Uint8Array.from(format === 'v0' ? [1, 0, id, 1] : [5, 0, id, 0, 1]))
    })
    const bridge = await within(clock, openBridge(host, clock), 100)
    expect(seen.map(toHex)).toEqual(['06005a000600'])
    expect(await bridge.gpio.read(0)).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('tries again, and says what to do when nothing that makes sense comes back', async () => {
    const clock = new ManualClock()
    const { host, board } = memoryLinkPair({ name: '/dev/ttyACM1' })
    const peer = new BridgePeer(board, 'v0', () => ({ error: 0x11 }))
    const failed = outcome(openBridge(host, clock))
    expect(await within(clock, failed, 5000)).toBe('control/not-a-bridge')
    expect(peer.seen.map(({ id }) => id)).toEqual([0x5a, 0x5b, 0x5c])
    expect(host.end?.kind).toBe('closed')
    expect(clock.pending).toBe(0)
  })

  it('asks nothing when the format is known', async () => {
    const clock = new ManualClock()
    const { host, board } = memoryLinkPair()
    const peer = new BridgePeer(board, 'v1', () => ({ data: [0] }))
    const bridge = await openBridge(host, clock, { format: 'v1' })
    expect(peer.seen).toEqual([])
    expect(await bridge.gpio.read(0)).toBe(0)
  })

  it('ends when it is given up or the board is unplugged, and closes the port', async () => {
    for (const end of ['abort', 'unplug'] as const) {
      const clock = new ManualClock()
      const { host, board } = memoryLinkPair()
      const control = new AbortController()
      const opened = outcome(openBridge(host, clock, { signal: control.signal }))
      await turn()
      if (end === 'abort') control.abort()
      else board.unplug()
      expect(await opened).toBe(end === 'abort' ? 'control/cancelled' : 'control/closed')
      expect(host.end).not.toBeNull()
      expect(clock.pending).toBe(0)
    }
  })

  it('recognises a reply behind bytes that were on the line before, and no error as one', () => {
    expect(recogniseFormat(Uint8Array.of(0x99, 1, 0, 0x5a, 1), 0x5a)).toBe('v0')
    expect(recogniseFormat(Uint8Array.of(7, 7, 5, 0, 0x5a, 0, 0), 0x5a)).toBe('v1')
    expect(recogniseFormat(Uint8Array.of(5, 0, 0x5a, 0), 0x5a)).toBeNull()
    expect(recogniseFormat(Uint8Array.of(4, 0, 0x5a, 0x11), 0x5a)).toBeNull()
    expect(recogniseFormat(Uint8Array.of(1, 0, 0x5b, 1), 0x5a)).toBeNull()
  })
})
