import { describe, expect, it } from 'vitest'
import { fromHex, ManualClock, toHex } from '../../../../src-main/base/index.ts'
import { Faults } from '../../../../src-main/drivers/simulated/faults.ts'
import { plainFinder } from '../../../../src-main/drivers/simulated/nonce-finder.ts'
import { hashTail, leadingZeroBits } from '../../../../src-main/drivers/simulated/sha256.ts'
import { VirtualBm1384 } from '../../../../src-main/drivers/simulated/virtual-bm1384.ts'
import { VirtualIcarus } from '../../../../src-main/drivers/simulated/virtual-icarus.ts'
import { decodeWork } from '../../../../src-main/drivers/simulated/work-frame.ts'
import { openVirtualLine, type VirtualLine } from '../../../support/virtual-line.ts'

const GOLDEN =
  '4679ba4ec99876bf4bfe086082b400254df6c356451471139a3afa71e48f544a000000000000000000000000000000000000000087320b1a1426674f2fa722ce'
const DIVISION =
  '2e4c8f91fd595d2d7ea20aaacb64a2a04382860277cf26b6a1ee04c56a5b504a00000000000000000000000000000000000000006461011ac906a951fb9b3c73'
/** Block 881423. */
const WORK =
  'fbab56148fadf862592173216d4db3dd0f85939b90d0855530ae1c089e96646d00000000000000000000000000000000000000158a9a021769c19a67dfcf622d'

function nonceOf(hex: string): number {
  return new DataView(fromHex(hex).buffer).getUint32(0, true)
}

function zeroBitsOf(work: string, nonce: string): number {
  const { header } = decodeWork(fromHex(work))
  return leadingZeroBits(hashTail(header.midstate, header.tail, nonceOf(nonce)))
}

async function pass(clock: ManualClock, line: VirtualLine, ms: number, replySize: number): Promise<string[]> {
  clock.advance(ms)
  await line.settle()
  const received = line.received()
  expect(received.length % (2 * replySize)).toBe(0)
  return received.match(new RegExp(`.{${2 * replySize}}`, 'g')) ?? []
}

describe('virtual Block Erupter', () => {
  function erupter(fixedZeroBits = 10): { clock: ManualClock; board: VirtualIcarus; line: VirtualLine } {
    const clock = new ManualClock()
    const board = new VirtualIcarus({
      family: 'icarus',
      clock,
      finder: plainFinder,
      fixedZeroBits,
      hashrateHs: 336e6,
    })
    return { clock, board, line: openVirtualLine((end) => board.attach(end)) }
  }

  it('answers the golden work with its nonce, and with nothing after it', async () => {
    const { line } = erupter()
    await line.send(GOLDEN)
    expect(line.received()).toBe('000187a2')
  })

  it('answers the probe for engines as one engine does', async () => {
    const { line } = erupter()
    await line.send(DIVISION)
    expect(line.received()).toBe('04c0fdb4')
  })

  it('finds nonces that truly hash, at its rate, until it has been through', async () => {
    const { clock, board, line } = erupter()
    await line.send(WORK)
    expect(board.view.hashrateHs).toBeCloseTo(80.1, 0)
    let found: string[] = []
    for (let i = 0; i < 20 && board.view.hashing; i++)
      found = [...found, ...(await pass(clock, line, 1_000, 4))]
    // 12.8 s for all nonces.
    expect(board.view).toMatchObject({ hashing: false, hashes: 1024 })
    for (const nonce of found) expect(zeroBitsOf(WORK, nonce)).toBeGreaterThanOrEqual(10)
    const easy = erupter(5)
    await easy.line.send(WORK)
    const many = await pass(easy.clock, easy.line, 14_000, 4)
    expect(easy.board.view.hashes).toBe(32)
    for (const nonce of many) expect(zeroBitsOf(WORK, nonce)).toBeGreaterThanOrEqual(5)
  })

  it('takes work only whole, and forgets what was left unfinished', async () => {
    const { clock, board, line } = erupter()
    await line.send(GOLDEN.slice(0, 40))
    clock.advance(50)
    await line.send(GOLDEN)
    expect(line.received()).toBe('000187a2')
    expect(board.view.works).toBe(1)
  })

  it('says nothing when it is mute, and works on', async () => {
    const { board, line } = erupter()
    board.faults.inject({ kind: 'mute' })
    await line.send(GOLDEN)
    expect(line.received()).toBe('')
    board.faults.clear('mute')
    await line.send(GOLDEN)
    expect(line.received()).toBe('000187a2')
  })

  it('as AntMiner takes a clock word and names the work', async () => {
    const clock = new ManualClock()
    const board = new VirtualIcarus({
      family: 'antminer-u',
      clock,
      finder: plainFinder,
      fixedZeroBits: 10,
      hashrateHs: 1.6e9,
    })
    const line = openVirtualLine((end) => board.attach(end))
    const named = `${GOLDEN.slice(0, 102)}07${GOLDEN.slice(104)}`
    await line.send('8208821c', named)
    expect(board.view.clockWord).toBe(0x0882)
    expect(line.received()).toBe('000187a207')
  })
})

describe('virtual 2Pac', () => {
  const EMPTY = '00'.repeat(64)
  const CLOCK_100 = '82078300'

  async function opened(
    fixedZeroBits: number,
  ): Promise<{ clock: ManualClock; board: VirtualBm1384; line: VirtualLine }> {
    const clock = new ManualClock()
    const board = new VirtualBm1384({
      chipCount: 2,
      clock,
      finder: plainFinder,
      fixedZeroBits,
      faults: new Faults(),
    })
    const line = openVirtualLine((end) => board.attach(end))
    await line.send('84000011', '8500000f', '01000019', sealed('01800000'), sealed(CLOCK_100))
    return { clock, board, line }
  }

  function sealed(command: string): string {
    const bytes = fromHex(command)
    for (let sum = 0; sum < 32; sum++) {
      bytes[3] = sum
      if (isSealed(bytes)) return toHex(bytes)
    }
    throw new Error('no sum fits')
  }

  /** CRC5 of 27 bits, once more. */
  function isSealed(bytes: Uint8Array): boolean {
    let register = 0x1f
    for (let bit = 0; bit < 27; bit++) {
      const input = (bytes[bit >> 3]! >> (7 - (bit & 7))) & 1
      register = ((register << 1) & 0x1f) ^ ((register >> 4) ^ input ? 0x05 : 0)
    }
    return register === (bytes[3]! & 0x1f)
  }

  it('tells of its chips, takes addresses and a clock, and reads the clock back', async () => {
    const { board, line } = await opened(10)
    expect(line.received()).toMatch(/^1384....../)
    expect(board.view).toMatchObject({ addresses: [0, 0x80], clockMhz: 100, commands: 5 })
    await line.send('04000401')
    const reply = fromHex(line.received())
    expect(reply[0]).toBe(0x80)
    expect((reply[1]! + 1) * 6.25 * 2 ** (3 - reply[3]!)).toBe(100)
  })

  it('opens a core with each empty work, and answers them with the nonces that are known', async () => {
    const { board, line } = await opened(10)
    line.received()
    await line.send(...Array.from({ length: 56 }, () => EMPTY))
    const replies = line.received().match(/.{10}/g)!
    expect(new Set(replies)).toEqual(new Set(['7203ea8380', 'e16bf80980']))
    expect(board.view.openCores).toBe(55)
    expect(board.view.hashing).toBe(false)
  })

  it('does not hash with closed cores', async () => {
    const { board, line } = await opened(10)
    await line.send(WORK)
    expect(board.view).toMatchObject({ works: 1, hashing: false })
  })

  it('finds nonces that truly hash, under the id of the work, and rests when it has been through', async () => {
    const { clock, board, line } = await opened(10)
    await line.send(...Array.from({ length: 56 }, () => EMPTY))
    line.received()
    const found: string[] = []
    const works = Array.from(
      { length: 8 },
      (_, i) => `${WORK.slice(0, 120)}${(0x10 + i).toString(16)}${WORK.slice(122)}`,
    )
    for (const work of works) {
      await line.send(work)
      expect(board.view.hashrateHs).toBeCloseTo((100e6 * 55 * 2) / 2 ** 22, 3)
      for (const reply of await pass(clock, line, 500, 5)) {
        expect(reply.slice(8)).toBe('95')
        expect(zeroBitsOf(work, reply.slice(0, 8))).toBeGreaterThanOrEqual(10)
        found.push(reply)
      }
      expect(board.view.hashing).toBe(false)
    }
    expect(board.view.hashes).toBe(8 * 1024)
    expect(found.length).toBeGreaterThan(0)
  })

  it('asks for more zero bits with a ticket mask', async () => {
    const { clock, line } = await opened(10)
    await line.send(...Array.from({ length: 56 }, () => EMPTY))
    line.received()
    const strict = `${WORK.slice(0, 78)}0f${WORK.slice(80)}`
    for (let i = 0; i < 4; i++) {
      await line.send(strict)
      for (const reply of await pass(clock, line, 500, 5)) {
        expect(zeroBitsOf(strict, reply.slice(0, 8))).toBeGreaterThanOrEqual(14)
      }
    }
  })

  it('keeps quiet about the nonces of a chip that died', async () => {
    const { board, line } = await opened(10)
    board.faults.inject({ kind: 'dead-chip', chip: 1 })
    line.received()
    await line.send('84000011')
    expect(line.received()).toHaveLength(10)
    await line.send(EMPTY)
    expect(line.received()).toBe('7203ea8380')
  })
})
