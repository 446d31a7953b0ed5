/** Real ports, as far as a machine without boards has them: pseudo-terminals. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../../src-main/base/index.ts'
import { type ByteLink, type LinkEnd } from '../../../src-main/drivers/model/byte-link.ts'
import { ChannelPorts } from '../../../src-main/drivers/transport/channel-ports.ts'
import { createOpenPort } from '../../../src-main/drivers/transport/open-port.ts'
import { findPortHolders } from '../../../src-main/drivers/transport/port-holders.ts'
import { openSerialLink } from '../../../src-main/drivers/transport/serial-link.ts'
import { createPtyPair, hasPtys, type PtyPair } from '../../support/pty-pair.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const environment = { clock: systemClock, platform: process.platform }
const line = { baudRate: 115_200, stopBits: 1 } as const

async function pair(): Promise<PtyPair> {
  const made = await createPtyPair()
  onTestFinished(() => made.unplug())
  return made
}

async function open(path: string): Promise<ByteLink> {
  const link = await openSerialLink(path, line, environment)
  onTestFinished(() => link.close())
  return link
}

function received(link: ByteLink, count: number): Promise<number[]> {
  const bytes: number[] = []
  return new Promise((resolve, reject) => {
    link.onEnd((end) => reject(new Error(`ended after ${bytes.length} bytes: ${end.message}`)))
    link.onBytes((chunk) => {
      bytes.push(...chunk)
      if (bytes.length >= count) resolve(bytes)
    })
  })
}

const endOf = (link: ByteLink): Promise<LinkEnd> => new Promise((resolve) => link.onEnd(resolve))
const rateOf = (path: string): string => spawnSync('stty', ['-F', path, 'speed']).stdout.toString().trim()

function holdLocked(path: string): Promise<ChildProcess> {
  const child = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  onTestFinished(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', () => resolve(child))
  })
}

describe.skipIf(!hasPtys)('a port of the system', () => {
  it('carries every byte value both ways, unchanged and in order', async () => {
    const { path, boardPath } = await pair()
    const [host, board] = [await open(path), await open(boardPath)]
    const everything = Uint8Array.from({ length: 4_096 }, (_, index) => index & 0xff)
    const atBoard = received(board, everything.length)
    for (let from = 0; from < everything.length; from += 100) {
      void host.write(everything.subarray(from, from + 100))
    }
    expect(await atBoard).toEqual([...everything])
    const atHost = received(host, 3)
    await board.write(Uint8Array.of(0x0d, 0x11, 0x13))
    expect(await atHost).toEqual([0x0d, 0x11, 0x13])
  })

  it('runs at the rate it was opened with and at any it is set to, also unusual ones', async () => {
    const { path } = await pair()
    const link = await open(path)
    expect(rateOf(path)).toBe('115200')
    await link.setBaudRate(1_000_000)
    expect(rateOf(path)).toBe('1000000')
    await link.setBaudRate(3_125_000)
    expect(link.end).toBeNull()
    await expect(link.setBaudRate(0)).rejects.toMatchObject({ code: 'port/bad-rate' })
  })

  it('keeps the order of writes and changes of rate', async () => {
    const { path, boardPath } = await pair()
    const [host, board] = [await open(path), await open(boardPath)]
    const atBoard: number[] = []
    board.onBytes((chunk) => atBoard.push(...chunk))
    const rates: string[] = []
    for (const [index, rate] of [1_500_000, 115_200, 1_000_000].entries()) {
      await Promise.all([host.setBaudRate(rate), host.write(Uint8Array.of(index))])
      // A pty forgets at a change of rate what its other end has not read yet.
      await vi.waitUntil(() => atBoard.length > index)
      rates.push(rateOf(path))
    }
    expect({ atBoard, rates }).toEqual({ atBoard: [0, 1, 2], rates: ['1500000', '115200', '1000000'] })
  })

  it('forgets what was received before it was told to', async () => {
    const { path, boardPath } = await pair()
    const [host, board] = [await open(path), await open(boardPath)]
    await board.write(Uint8Array.of(1, 2, 3))
    await board.drain()
    // Until it has reached this side: nobody listens yet, so it is kept.
    await new Promise((resolve) => setTimeout(resolve, 100))
    await host.discardInput()
    const fresh = received(host, 1)
    await board.write(Uint8Array.of(9))
    expect(await fresh).toEqual([9])
  })

  it('is busy while this process has it open, and says so', async () => {
    const { path } = await pair()
    const first = await open(path)
    await expect(open(path)).rejects.toMatchObject({
      code: 'port/busy',
      message: `${path} is in use by Headframe itself already. Close it there first.`,
      context: { holderPid: process.pid },
    })
    await first.close()
    const again = await open(path)
    expect(again.end).toBeNull()
  })

  it('names the programs that have it open', async () => {
    const { path } = await pair()
    const child = await holdLocked(path)
    await expect(open(path)).rejects.toMatchObject({
      code: 'port/busy',
      // socat holds the ends of the pair that it makes.
      message: expect.stringMatching(new RegExp(`is in use by .*flock \\(process ${child.pid}\\)`)),
    })
  })

  it('has its holders found through a link to the device', async () => {
    const { path } = await pair()
    const child = await holdLocked(path)
    const byId = `${temporaryDir()}/usb-OSMU_Bitaxe-if00`
    symlinkSync(path, byId)
    const { holders } = await findPortHolders(byId, process.platform)
    expect(holders).toContainEqual({ pid: child.pid, name: 'flock' })
  })

  it('ends as unplugged when the device goes away while nothing is asked of it', async () => {
    const { path, unplug } = await pair()
    const link = await open(path)
    const ended = endOf(link)
    await unplug()
    expect((await ended).kind).toBe('unplugged')
    expect(link.end?.message).toMatch(/^The device was unplugged/)
  })

  it('rejects, and does not wait for ever, what is written to a device that went away', async () => {
    const { path, unplug } = await pair()
    const link = await open(path)
    await unplug()
    const outcomes = await Promise.allSettled([
      link.write(new Uint8Array(1_000)),
      link.drain(),
      link.setBaudRate(9_600),
      link.discardInput(),
    ])
    // The first may still have been taken by the system.
    expect(outcomes.slice(1).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await endOf(link)
    await expect(link.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'port/closed' })
    await link.close()
    expect(link.end?.kind).not.toBe('closed')
  })

  it('closes once, however often it is told to, and says that it was closed', async () => {
    const { path } = await pair()
    const link = await open(path)
    const writing = link.write(new Uint8Array(10)).catch((error: unknown) => error)
    await Promise.all([link.close(), link.close()])
    await link.close()
    expect(link.end).toEqual({ kind: 'closed', message: 'It was closed.' })
    await writing
    await expect(link.drain()).rejects.toMatchObject({ code: 'port/closed' })
  })

  it('cannot be found when it is not there', async () => {
    await expect(open('/dev/ttyHEADFRAME9')).rejects.toMatchObject({ code: 'port/not-found' })
  })

  it('is opened by its address, as a channel is', async () => {
    const { path } = await pair()
    const openPort = createOpenPort(new ChannelPorts(), environment)
    const link = await openPort({ kind: 'tty', path }, line)
    onTestFinished(() => link.close())
    expect(link.name).toBe(path)
    await expect(openPort({ kind: 'channel', name: 'none' }, line)).rejects.toMatchObject({
      code: 'port/not-found',
    })
  })
})
