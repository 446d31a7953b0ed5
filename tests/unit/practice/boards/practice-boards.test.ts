import { afterEach, describe, expect, it } from 'vitest'
import { fromHex, ManualClock, silentLogger, systemClock, toHex } from '../../../../src-main/base/index.ts'
import {
  type ByteLink,
  knownBoards,
  matchBoard,
  MessageChannelPort,
  plainFinder,
} from '../../../../src-main/drivers/index.ts'
import { hashTail, leadingZeroBits, midstateOf } from '../../../../src-main/drivers/simulated/sha256.ts'
import {
  boardsInProcess,
  boardsInThread,
  type OpenBoards,
  openPracticeBoards,
  type PracticeBoards,
} from '../../../../src-main/practice/boards/practice-boards.ts'
import { createScanFinder } from '../../../../src-main/practice/boards/scan-finder.ts'

const LINE = { baudRate: 115_200, stopBits: 1 } as const
const IDENTITY_REQUEST = fromHex('55aa520500000a')

const disposals: (() => unknown)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

function opened(openBoards: OpenBoards): PracticeBoards {
  const boards = openPracticeBoards({ openBoards })
  disposals.push(() => boards.stop())
  return boards
}

function portOf(boards: PracticeBoards, name: string): MessageChannelPort {
  const port = boards.portFor(name)
  const channel = new MessageChannelPort(name, port, systemClock)
  disposals.push(() => {
    channel.dispose()
    port.close()
  })
  return channel
}

/** The first bytes that come. */
function nextBytes(link: ByteLink): Promise<string> {
  return new Promise((resolve) => {
    const stop = link.onBytes((bytes) => {
      stop()
      resolve(toHex(bytes))
    })
  })
}

describe.each([
  ['in process', boardsInProcess(new ManualClock())],
  ['in a thread', boardsInThread(new URL('./boards.thread.ts', import.meta.url), silentLogger)],
])('practice boards %s', (_, openBoards) => {
  it('are listed as devices that the registry knows, the bridge’s control port first', async () => {
    const boards = opened(openBoards)
    const devices = await boards.list()
    expect(devices.map(({ key, product }) => [key, product])).toEqual([
      ['1209:f1e1:PRACTICE-GAMMA', 'Practice Bitaxe Gamma'],
      ['1209:f1e1:PRACTICE-COMPAC-F', 'Practice Compac F'],
    ])
    expect(
      devices.map(({ ports }) => ports.map((port) => (port.kind === 'channel' ? port.name : ''))),
    ).toEqual([['PRACTICE-GAMMA/control', 'PRACTICE-GAMMA/data'], ['PRACTICE-COMPAC-F/data']])
    for (const device of devices)
      expect(matchBoard(device, knownBoards, { platform: 'linux' })).toMatchObject({
        kind: 'board',
        model: { name: device.product },
      })
  })

  it('answer through a port that was opened elsewhere', async () => {
    const boards = opened(openBoards)
    const link = await portOf(boards, 'PRACTICE-COMPAC-F/data').open(LINE)
    const reply = nextBytes(link)
    await link.write(IDENTITY_REQUEST)
    expect(await reply).toMatch(/^aa551397180000/)
    const control = await portOf(boards, 'PRACTICE-GAMMA/control').open(LINE)
    const level = nextBytes(control)
    await control.write(fromHex('060009000600'))
    expect(await level).toBe('01000900')
  })

  it('vanish and end their lines when unplugged, and come back when plugged in again', async () => {
    const boards = opened(openBoards)
    await boards.list()
    const port = portOf(boards, 'PRACTICE-COMPAC-F/data')
    const link = await port.open(LINE)
    const ended = new Promise((resolve) => link.onEnd((end) => resolve(end.kind)))
    const changed = (): Promise<void> => new Promise((resolve) => boards.onChange(resolve))
    const gone = changed()
    boards.unplug('PRACTICE-COMPAC-F')
    await gone
    expect(await ended).toBe('unplugged')
    expect((await boards.list()).map(({ product }) => product)).toEqual(['Practice Bitaxe Gamma'])
    await expect(port.open(LINE)).rejects.toMatchObject({ code: 'port/not-found' })
    const back = changed()
    boards.replug('PRACTICE-COMPAC-F')
    await back
    expect(await boards.list()).toHaveLength(2)
    const again = await port.open(LINE)
    const reply = nextBytes(again)
    await again.write(IDENTITY_REQUEST)
    expect(await reply).toMatch(/^aa551397/)
  })

  it('misbehave when they are told to', async () => {
    const boards = opened(openBoards)
    const link = await portOf(boards, 'PRACTICE-COMPAC-F/data').open(LINE)
    boards.inject('PRACTICE-COMPAC-F', { kind: 'wrong-crc', everyNth: 1 })
    // It is told on another way than the line, which might be faster.
    await expect.poll(() => boards.views.find(({ id }) => id === 'PRACTICE-COMPAC-F')?.faults.length).toBe(1)
    const reply = nextBytes(link)
    await link.write(IDENTITY_REQUEST)
    expect(await reply).not.toBe('aa5513971800000006')
    boards.clear('PRACTICE-COMPAC-F')
    await expect.poll(() => boards.views.find(({ id }) => id === 'PRACTICE-COMPAC-F')?.faults.length).toBe(0)
    const well = nextBytes(link)
    await link.write(IDENTITY_REQUEST)
    const frame = await well
    expect(frame).toMatch(/^aa551397180000/)
    const view = boards.views.find(({ id }) => id === 'PRACTICE-COMPAC-F')
    expect(view).toMatchObject({ kind: 'compac-f', pluggedIn: true })
  })
})

describe('hashing of practice boards', () => {
  it('finds with the checker’s kernel what plain code finds', () => {
    const start = Uint8Array.from({ length: 64 }, (_, i) => 3 * i)
    const header = { midstate: midstateOf(start), tail: Uint8Array.from({ length: 12 }, (_, i) => 200 + i) }
    const finder = createScanFinder()
    for (const zeroBits of [0, 1, 5, 8, 9, 12]) {
      const found = finder.find(header, 4_000_000_000, 3_000, zeroBits)
      expect(found).toEqual(plainFinder.find(header, 4_000_000_000, 3_000, zeroBits))
      for (const nonce of found) {
        expect(leadingZeroBits(hashTail(header.midstate, header.tail, nonce))).toBeGreaterThanOrEqual(
          zeroBits,
        )
      }
    }
  })
})
