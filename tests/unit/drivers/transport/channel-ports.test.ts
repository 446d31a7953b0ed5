import { describe, expect, it } from 'vitest'
import { BoardPort, ChannelPorts } from '../../../../src-main/drivers/transport/channel-ports.ts'
import { type MemoryLink } from '../../../../src-main/drivers/transport/memory-link.ts'

const line = { baudRate: 115_200, stopBits: 1 } as const

function boardPort(): { port: BoardPort; ends: MemoryLink[] } {
  const ends: MemoryLink[] = []
  return { port: new BoardPort('practice-gamma/data', (end) => ends.push(end)), ends }
}

describe('ports by name', () => {
  it('are opened by the name they were added with', async () => {
    const ports = new ChannelPorts()
    const { port, ends } = boardPort()
    ports.add('practice-gamma/data', port)
    const link = await ports.open('practice-gamma/data', line)
    const received: number[] = []
    ends[0]?.onBytes((bytes) => received.push(...bytes))
    await link.write(Uint8Array.of(1, 2))
    await link.drain()
    expect(received).toEqual([1, 2])
  })

  it('say when there is none of that name, and which', async () => {
    await expect(new ChannelPorts().open('gone', line)).rejects.toMatchObject({
      code: 'port/not-found',
      context: { port: 'gone' },
    })
  })

  it('keep a name that meanwhile stands for another port', () => {
    const ports = new ChannelPorts()
    const [old, fresh] = [boardPort().port, boardPort().port]
    ports.add('a', old)
    ports.add('a', fresh)
    ports.remove('a', old)
    expect(ports.has('a')).toBe(true)
    ports.remove('a')
    expect(ports.has('a')).toBe(false)
  })
})

describe('the port of a board', () => {
  it('is busy while somebody has it open, and free again afterwards', async () => {
    const { port, ends } = boardPort()
    const first = await port.open(line)
    await expect(port.open(line)).rejects.toMatchObject({ code: 'port/busy' })
    await first.close()
    await port.open(line)
    expect(ends.map((end) => end.end?.kind ?? 'open')).toEqual(['closed', 'open'])
  })

  it('cannot be found after it was unplugged, until it is plugged in again', async () => {
    const { port } = boardPort()
    const link = await port.open(line)
    port.unplug()
    expect(link.end?.kind).toBe('unplugged')
    await expect(port.open(line)).rejects.toMatchObject({ code: 'port/not-found' })
    port.replug()
    await expect(port.open(line)).resolves.toMatchObject({ end: null })
  })

  it('refuses a rate that no port has', async () => {
    await expect(boardPort().port.open({ baudRate: 0, stopBits: 1 })).rejects.toMatchObject({
      code: 'port/bad-rate',
    })
  })
})
