import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LinkEnd } from '../../../../src-main/drivers/model/byte-link.ts'
import { receivedAs } from '../../../../src-main/drivers/transport/line-sampling.ts'
import { INBOX_BYTES } from '../../../../src-main/drivers/transport/link-core.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

describe('a pair of links in memory', () => {
  it('hands over in order, in a later turn', async () => {
    const { host, board } = memoryLinkPair()
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    void host.write(bytes(1, 2))
    void host.write(bytes(3))
    expect(received).toEqual([])
    await host.drain()
    expect(received).toEqual([1, 2, 3])
  })

  it('keeps what arrives before anybody listens, and hands it over before anything newer', async () => {
    const { host, board } = memoryLinkPair()
    await host.write(bytes(1, 2))
    await host.drain()
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    await host.write(bytes(3))
    await host.drain()
    expect(received).toEqual([1, 2, 3])
  })

  it('forgets the oldest of what nobody listens to', async () => {
    const { host, board } = memoryLinkPair()
    await host.write(new Uint8Array(INBOX_BYTES).fill(1))
    await host.write(bytes(2))
    await host.drain()
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    await host.drain()
    expect(received).toEqual([2])
  })

  it('forgets what was received and not handed over when told to', async () => {
    const { host, board } = memoryLinkPair()
    await host.write(bytes(1))
    await host.drain()
    await board.discardInput()
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    await host.write(bytes(2))
    await host.drain()
    expect(received).toEqual([2])
  })

  it('does not see changes of a buffer that was written already', async () => {
    const { host, board } = memoryLinkPair()
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    const buffer = bytes(1)
    const written = host.write(buffer)
    buffer[0] = 9
    await written
    await host.drain()
    expect(received).toEqual([1])
  })

  it('cuts into chunks of any size without losing a byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 10 }),
        async (sent, sizes) => {
          let turn = 0
          const chunks: number[][] = []
          const { host, board } = memoryLinkPair({ chunkBytes: () => sizes[turn++ % sizes.length] ?? 1 })
          board.onBytes((chunk) => chunks.push([...chunk]))
          await host.write(sent)
          await host.drain()
          expect(chunks.flat()).toEqual([...sent])
          expect(chunks.every((chunk) => chunk.length <= 7)).toBe(true)
        },
      ),
    )
  })

  it('delivers when its schedule says so', async () => {
    const waiting: (() => void)[] = []
    const { host, board } = memoryLinkPair({ schedule: (run) => waiting.push(run) })
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    await host.write(bytes(5))
    expect(received).toEqual([])
    for (const run of waiting.splice(0)) run()
    expect(received).toEqual([5])
  })

  it('calls every listener though one of them throws', async () => {
    const { host, board } = memoryLinkPair()
    const bugs: unknown[] = []
    const own = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => bugs.push(error))
    try {
      const received: number[] = []
      board.onBytes(() => {
        throw new Error('a bug')
      })
      board.onBytes((chunk) => received.push(...chunk))
      await host.write(bytes(1))
      await host.drain()
      await new Promise((resolve) => setImmediate(resolve))
      expect(received).toEqual([1])
      expect(bugs).toEqual([new Error('a bug')])
      expect(board.end).toBeNull()
    } finally {
      for (const listener of own) process.on('uncaughtException', listener)
    }
  })
})

describe('the rates of a pair', () => {
  it('deliver unharmed within five per cent, as 1 562 500 baud of a chip to 1 500 000 of a bridge', async () => {
    const { host, board } = memoryLinkPair({ hostBaudRate: 1_500_000, boardBaudRate: 1_562_500 })
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    await host.write(bytes(0x55, 0xaa, 0x52, 0x05))
    await host.drain()
    expect(received).toEqual([0x55, 0xaa, 0x52, 0x05])
  })

  it('turn bytes into something else beyond it, until both agree again', async () => {
    const { host, board } = memoryLinkPair({ hostBaudRate: 115_200, boardBaudRate: 1_000_000 })
    let received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    await host.write(bytes(0x55, 0xaa, 0x52, 0x05, 0, 0, 0x0a))
    await host.drain()
    expect(received).not.toEqual([0x55, 0xaa, 0x52, 0x05, 0, 0, 0x0a])
    received = []
    await host.setBaudRate(1_000_000)
    await host.write(bytes(0x55, 0xaa))
    await host.drain()
    expect(received).toEqual([0x55, 0xaa])
  })

  it('are those of the moment in which bytes were sent', async () => {
    const { host, board } = memoryLinkPair({ hostBaudRate: 115_200, boardBaudRate: 115_200 })
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    void host.write(bytes(7))
    void host.setBaudRate(1_000_000)
    await host.drain()
    expect(received).toEqual([7])
  })

  it('do not matter to an end without a UART, which hears of them', async () => {
    const { host, board } = memoryLinkPair({ hostBaudRate: 115_200 })
    const rates: number[] = []
    board.onPeerBaudRate((rate) => rates.push(rate))
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    await host.setBaudRate(9_600)
    await host.write(bytes(1))
    await host.drain()
    expect({ rates, received, peer: board.peerBaudRate }).toEqual({
      rates: [9_600],
      received: [1],
      peer: 9_600,
    })
  })

  it.each([0, -1, 1.5, Number.NaN, 20_000_000])('cannot be %d baud', async (rate) => {
    const { host } = memoryLinkPair()
    await expect(host.setBaudRate(rate)).rejects.toMatchObject({ code: 'port/bad-rate' })
  })
})

describe('a line sampled at another rate', () => {
  it('reads the bits of a slow sender several times over', () => {
    // 0x00 at a quarter of the rate: 36 low bits for the receiver, so no stop bit where one must be, then quiet.
    expect([...receivedAs(bytes(0x00), 100, 400)]).toEqual([])
    // 0xff: one start bit, four bits long: four low, then high.
    expect([...receivedAs(bytes(0xff), 100, 400)]).toEqual([0xf8])
  })

  it('takes several bits of a fast sender for one', () => {
    expect(receivedAs(bytes(0x00, 0xff, 0x00, 0xff), 800, 100).length).toBeLessThan(4)
  })

  it('ends for every input, with at most as many bytes as fit the time', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 300, max: 3_000_000 }),
        fc.integer({ min: 300, max: 3_000_000 }),
        fc.constantFrom<1 | 2>(1, 2),
        (sent, from, to, stopBits) => {
          const received = receivedAs(sent, from, to, stopBits)
          const fit = Math.ceil((sent.length * (9 + stopBits) * to) / from / 9.5) + 1
          expect(received.length).toBeLessThanOrEqual(Math.max(fit, sent.length))
        },
      ),
    )
  })
})

describe('the end of a pair', () => {
  it('comes for both when either is unplugged, and what was on its way is lost', async () => {
    const { host, board } = memoryLinkPair()
    const ends: LinkEnd[] = []
    const received: number[] = []
    board.onBytes((chunk) => received.push(...chunk))
    host.onEnd((end) => ends.push(end))
    board.onEnd((end) => ends.push(end))
    void host.write(bytes(1))
    board.unplug('The cable was pulled.')
    await Promise.resolve()
    expect(ends.map((end) => end.kind)).toEqual(['unplugged', 'unplugged'])
    expect(host.end).toEqual({ kind: 'unplugged', message: 'The cable was pulled.' })
    expect(received).toEqual([])
    await expect(host.write(bytes(1))).rejects.toMatchObject({
      code: 'port/closed',
      message: 'simulated port is not open any more. The cable was pulled.',
    })
  })

  it('reaches whoever waits for bytes to leave', async () => {
    const { host } = memoryLinkPair({ schedule: () => undefined })
    await host.write(bytes(1))
    const drained = host.drain()
    host.unplug()
    await expect(drained).rejects.toMatchObject({ code: 'port/closed' })
  })

  it('comes after what was written before a close', async () => {
    const { host, board } = memoryLinkPair()
    const seen: (number | string)[] = []
    board.onBytes((chunk) => seen.push(...chunk))
    board.onEnd((end) => seen.push(end.kind))
    void host.write(bytes(1))
    await host.close()
    await host.close()
    await Promise.resolve()
    expect(seen).toEqual([1, 'closed'])
    expect(host.end?.kind).toBe('closed')
  })

  it('is told at once to who asks later, and only once', async () => {
    const { host } = memoryLinkPair()
    await host.close()
    const ends: LinkEnd[] = []
    host.onEnd((end) => ends.push(end))
    host.unplug()
    expect(ends).toEqual([{ kind: 'closed', message: 'It was closed.' }])
  })
})
