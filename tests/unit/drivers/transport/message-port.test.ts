import { MessageChannel } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { type ByteLink, type LinkEnd } from '../../../../src-main/drivers/model/byte-link.ts'
import { BoardPort } from '../../../../src-main/drivers/transport/channel-ports.ts'
import { type MemoryLink } from '../../../../src-main/drivers/transport/memory-link.ts'
import { MessageChannelPort, serveMessagePort } from '../../../../src-main/drivers/transport/message-port.ts'

const line = { baudRate: 115_200, stopBits: 1 } as const
const running: (() => void)[] = []

afterEach(() => {
  for (const stop of running.splice(0)) stop()
})

/** A board's port and, over a real message channel, the port by which it is opened. */
function joined(options: { serve?: boolean; boardBaudRate?: number } = {}): {
  clock: ManualClock
  opener: MessageChannelPort
  board: BoardPort
  ends: MemoryLink[]
  another: () => MessageChannelPort
  closeChannel: () => void
} {
  const ends: MemoryLink[] = []
  const board = new BoardPort('practice/data', (end) => ends.push(end), {
    boardBaudRate: options.boardBaudRate ?? null,
  })
  const clock = new ManualClock()
  let closeChannel = (): void => undefined
  const another = (): MessageChannelPort => {
    const { port1, port2 } = new MessageChannel()
    closeChannel = () => port1.close()
    running.push(closeChannel)
    if (options.serve !== false) serveMessagePort(port2, board)
    return new MessageChannelPort('practice/data', port1, clock)
  }
  return { clock, opener: another(), board, ends, another, closeChannel: () => closeChannel() }
}

async function bytesOf(link: ByteLink, count: number): Promise<number[]> {
  const received: number[] = []
  await new Promise<void>((resolve) => {
    const stop = link.onBytes((bytes) => {
      received.push(...bytes)
      if (received.length < count) return
      stop()
      resolve()
    })
  })
  return received
}

const endOf = (link: ByteLink): Promise<LinkEnd> => new Promise((resolve) => link.onEnd(resolve))

describe('a port in another thread', () => {
  it('carries bytes both ways in order', async () => {
    const { opener, ends } = joined()
    const link = await opener.open(line)
    ends[0]?.onBytes((bytes) => void ends[0]?.write(bytes.map((value) => value + 1)))
    const answer = bytesOf(link, 4)
    await link.write(Uint8Array.of(1, 2))
    await link.write(Uint8Array.of(3, 4))
    expect(await answer).toEqual([2, 3, 4, 5])
  })

  it('sends no more of a buffer than was written', async () => {
    const { opener, ends } = joined()
    const link = await opener.open(line)
    await link.write(Buffer.from([9, 1, 2, 9]).subarray(1, 3))
    await link.drain()
    expect(await bytesOf(ends[0] ?? link, 2)).toEqual([1, 2])
  })

  it('drains when the board has everything', async () => {
    const { opener, ends } = joined()
    const link = await opener.open(line)
    const received: number[] = []
    ends[0]?.onBytes((bytes) => received.push(...bytes))
    await link.write(Uint8Array.of(1, 2, 3))
    await link.drain()
    expect(received).toEqual([1, 2, 3])
  })

  it('changes its rate in order with what is written', async () => {
    const { opener, ends } = joined({ boardBaudRate: 115_200 })
    const link = await opener.open(line)
    const received: number[] = []
    ends[0]?.onBytes((bytes) => received.push(...bytes))
    await link.write(Uint8Array.of(1))
    await link.setBaudRate(1_000_000)
    await link.write(Uint8Array.of(2))
    await link.setBaudRate(115_200)
    await link.write(Uint8Array.of(3))
    await link.drain()
    expect(received[0]).toBe(1)
    expect(received.at(-1)).toBe(3)
    expect(received).not.toContain(2)
    expect(ends[0]?.peerBaudRate).toBe(115_200)
  })

  it('gives the board a fresh end each time it is opened', async () => {
    const { opener, ends } = joined()
    const first = await opener.open(line)
    await first.close()
    const second = await opener.open({ baudRate: 9_600, stopBits: 1 })
    expect(ends.map((end) => end.end?.kind ?? 'open')).toEqual(['closed', 'open'])
    await ends[1]?.write(Uint8Array.of(7))
    expect(await bytesOf(second, 1)).toEqual([7])
    expect(first.end).toEqual({ kind: 'closed', message: 'It was closed.' })
    await expect(first.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'port/closed' })
  })

  it('is busy for a second opener, in the same thread or in another', async () => {
    const { opener, another } = joined()
    const other = another()
    const link = await opener.open(line)
    await expect(opener.open(line)).rejects.toMatchObject({ code: 'port/busy' })
    await expect(other.open(line)).rejects.toMatchObject({ code: 'port/busy' })
    await link.close()
    await expect(opener.open(line)).resolves.toMatchObject({ end: null })
  })

  it('ends when the board is unplugged, also for who waits for bytes to leave', async () => {
    const { opener, board } = joined()
    const link = await opener.open(line)
    const ended = endOf(link)
    const drained = link.drain().then(
      () => 'drained',
      () => 'rejected',
    )
    board.unplug('The cable was pulled.')
    expect(await ended).toEqual({ kind: 'unplugged', message: 'The cable was pulled.' })
    expect(['drained', 'rejected']).toContain(await drained)
    await expect(opener.open(line)).rejects.toMatchObject({ code: 'port/not-found' })
  })

  it('ends as unplugged when the thread of the board is gone', async () => {
    const { opener, closeChannel } = joined()
    const link = await opener.open(line)
    const ended = endOf(link)
    closeChannel()
    expect((await ended).kind).toBe('unplugged')
    await expect(opener.open(line)).rejects.toMatchObject({ code: 'port/not-found' })
  })

  it('closes the board its line when the opener is gone', async () => {
    const { opener, ends, closeChannel } = joined()
    await opener.open(line)
    const [end] = ends
    if (end === undefined) throw new Error('the board was given no end')
    const ended = endOf(end)
    closeChannel()
    expect((await ended).kind).toBe('closed')
  })

  it('does not wait for ever for a board that never answers', async () => {
    const { opener, clock } = joined({ serve: false })
    const opening = opener.open(line)
    clock.advance(5_000)
    await expect(opening).rejects.toMatchObject({ code: 'port/open-failed' })
    expect(clock.pending).toBe(0)
  })

  it('lets go of a link when it is disposed of', async () => {
    const { opener } = joined()
    const link = await opener.open(line)
    opener.dispose()
    expect(link.end?.kind).toBe('unplugged')
  })
})
