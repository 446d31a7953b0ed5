import { describe, expect, it } from 'vitest'
import { fromHex, type HeadframeError } from '../../../../src-main/base/index.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { type Sequence } from '../../../../src-main/drivers/model/sequence.ts'
import { runSequence } from '../../../../src-main/drivers/sequence/run-sequence.ts'
import { failureOf, scriptedBoard, settled } from './scripted-board.ts'

const READ_ID = '55aa520500000a'
const BM1370 = fromHex('aa55137000000000000010')
const BM1368 = fromHex('aa5513680000000000000f')

const expectChips = (count: number, withinMs = 500): Sequence => [
  { op: 'send', bytes: fromHex(READ_ID), what: 'read chipId' },
  { op: 'expect-chips', count, model: 0x1370, withinMs },
]

describe('a sequence', () => {
  it('sends what the profile of a Gamma lists, in order and with its pauses', async () => {
    const { clock, host, seen, steps } = scriptedBoard([{ to: READ_ID, frames: [BM1370] }])
    const profile = chipProfile('BM1370')
    const sequence = [
      ...profile.discover(1),
      ...profile.initialise({
        chipCount: 1,
        frequencyMhz: 525,
        ticketDifficulty: 256,
        versionMask: 0x1fffe000,
      }),
      ...profile.ramp(56.25, 75).flatMap((mhz) => profile.setFrequency(mhz, 1)!),
    ]
    const result = await settled(clock, runSequence(sequence, host))
    expect(result).toMatchObject({ status: 'fulfilled', value: { chips: [{ model: 0x1370, address: 0 }] } })
    expect(steps).toEqual(sequence)
    expect(seen.map(({ what }) => what)).toEqual([
      'reset 100 500',
      ...[1, 2, 3].map(() => '55aa510900a49000ffff1c'),
      READ_ID,
      '55aa510900a49000ffff1c',
      '55aa510900a80007000003',
      '55aa51090018f000c10004',
      '55aa5305000003',
      '55aa400500001c',
      '55aa5109003c80008b0012',
      '55aa5109003c8000800c11',
      '55aa51090014000000ff08',
      '55aa51090058000111110d',
      '55aa410900a8000701f015',
      '55aa41090018f000c1000c',
      '55aa4109003c80008b001a',
      '55aa4109003c8000800c19',
      '55aa4109003c800082aa05',
      '55aa510900b9000044800d',
      '55aa510900540000000218',
      '55aa510900b9000044800d',
      '55aa5109003c80008dee1b',
      '55aa5109000840bd026501',
      expect.stringMatching(/^55aa51090010/),
      '55aa510900a49000ffff1c',
      // 62.5, 68.75 and 75 MHz.
      ...[1, 2, 3].flatMap(() => [
        expect.stringMatching(/^55aa51090008/),
        expect.stringMatching(/^55aa51090010/),
      ]),
    ])
    expect(seen[1]!.atMs - seen[0]!.atMs).toBeGreaterThanOrEqual(600)
    const clocks = seen.filter(({ what }) => what.startsWith('55aa51090008'))
    for (let i = 1; i < clocks.length; i++) {
      expect(clocks[i]!.atMs - clocks[i - 1]!.atMs).toBeGreaterThanOrEqual(100)
    }
  })

  it('goes on as soon as all chips answered and the line was quiet', async () => {
    const { clock, host } = scriptedBoard([{ to: READ_ID, afterMs: 30, frames: [BM1370, BM1370] }])
    await settled(clock, runSequence(expectChips(2), host))
    expect(clock.monotonicMs()).toBeLessThan(100)
  })

  it('hears chips that answer before the write is known to have ended', async () => {
    const board = scriptedBoard([{ to: READ_ID, frames: [BM1370] }])
    const slow = {
      ...board.host,
      line: {
        name: 'slow',
        write: async (bytes: Uint8Array) => {
          await board.link.write(bytes)
          await new Promise<void>((resolve) => board.clock.after(200, resolve))
        },
        drain: () => board.link.drain(),
        setBaudRate: (rate: number) => board.link.setBaudRate(rate),
        discardInput: () => board.link.discardInput(),
      },
    }
    expect(failureOf(await settled(board.clock, runSequence(expectChips(1), slow)))).toBe('no failure')
  })

  it('says that no chip answered, after waiting as long as it was told', async () => {
    const { clock, host } = scriptedBoard([])
    expect(failureOf(await settled(clock, runSequence(expectChips(1), host)))).toBe('chip/none-answered')
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(500)
    expect(clock.monotonicMs()).toBeLessThan(520)
  })

  it('says how many chips of a chain are missing, and which one to look at', async () => {
    const { clock, host } = scriptedBoard([{ to: READ_ID, frames: [BM1370, BM1370] }])
    const result = await settled(clock, runSequence(expectChips(6), host))
    expect(failureOf(result)).toBe('chip/too-few')
    const { message, context } = (result as PromiseRejectedResult).reason as HeadframeError
    expect(message).toContain('2 of 6 chips')
    expect(message).toContain('chip 3')
    expect(context).toEqual({ expected: 6, answered: 2 })
  })

  it('says which chip it is if it is another', async () => {
    const { clock, host } = scriptedBoard([{ to: READ_ID, frames: [BM1368] }])
    const result = await settled(clock, runSequence(expectChips(1), host))
    expect(failureOf(result)).toBe('chip/wrong-model')
    expect(((result as PromiseRejectedResult).reason as HeadframeError).message).toContain('BM1368')
  })

  it('does not take replies of an earlier run for chips', async () => {
    const { clock, host } = scriptedBoard([{ to: READ_ID, frames: [BM1370, BM1370] }])
    expect(failureOf(await settled(clock, runSequence(expectChips(1), host)))).toBe('chip/too-many')
  })

  it('counts only replies after the frame that asked', async () => {
    const { clock, host, board } = scriptedBoard([{ to: READ_ID, frames: [BM1370] }])
    const late: Sequence = [{ op: 'wait', ms: 50 }, ...expectChips(1)]
    void board.write(BM1370)
    expect(failureOf(await settled(clock, runSequence(late, host)))).toBe('no failure')
  })

  it('forgets what was received before it discards, the half of a reply included', async () => {
    const { clock, host, board } = scriptedBoard([{ to: READ_ID, frames: [BM1370] }])
    void board.write(fromHex('00ff13aa551370'))
    const result = await settled(
      clock,
      runSequence([{ op: 'wait', ms: 5 }, { op: 'discard' }, ...expectChips(1)], host),
    )
    expect(failureOf(result)).toBe('no failure')
  })

  it('hands over other registers that were read', async () => {
    const reply = fromHex('aa550000c100001802')
    const { clock, host } = scriptedBoard([{ to: '55aa5205001809', frames: [reply] }], { replyLength: 9 })
    const read: Sequence = [
      { op: 'send', bytes: fromHex('55aa5205001809'), what: 'read miscControl' },
      { op: 'wait', ms: 50 },
    ]
    const result = await settled(clock, runSequence(read, host))
    expect(result).toMatchObject({ value: { chips: [], registers: [{ register: 0x18, value: 0xc100 }] } })
  })

  it('changes the rate of the host only when everything has left at the old one', async () => {
    const { clock, host, seen } = scriptedBoard([])
    const sequence: Sequence = [
      { op: 'send', bytes: fromHex('55aa510900281130020003'), what: 'fast line' },
      { op: 'host-baud', baudRate: 1_000_000 },
      { op: 'send', bytes: fromHex(READ_ID), what: 'read chipId' },
    ]
    await settled(clock, runSequence(sequence, host))
    expect(seen.map(({ what }) => what)).toEqual(['55aa510900281130020003', 'baud 1000000', READ_ID])
  })

  it('skips a reset where there is no such line', async () => {
    const board = scriptedBoard([])
    const { reset: _reset, ...host } = board.host
    const result = await settled(board.clock, runSequence([{ op: 'reset', lowMs: 100, settleMs: 100 }], host))
    expect(failureOf(result)).toBe('no failure')
    expect(board.seen).toEqual([])
  })

  it.each([
    ['a pause', [{ op: 'wait', ms: 10_000 }]],
    ['counting chips', expectChips(1, 10_000)],
    ['a reset', [{ op: 'reset', lowMs: 5000, settleMs: 5000 }]],
  ] as const)('ends in the middle of %s when it is told to, and sends nothing more', async (_, steps) => {
    const abort = new AbortController()
    const { clock, host, seen } = scriptedBoard([], { signal: abort.signal })
    const after: Sequence = [{ op: 'send', bytes: fromHex('55aa5305000003'), what: 'chain inactive' }]
    clock.after(100, () => abort.abort(new Error('enough')))
    const result = await settled(clock, runSequence([...steps, ...after], host))
    expect(failureOf(result)).toBe('Error: enough')
    expect(clock.monotonicMs()).toBeLessThan(120)
    clock.advance(20_000)
    expect(seen.map(({ what }) => what)).not.toContain('55aa5305000003')
  })

  it('sends nothing if it was told to end before it began', async () => {
    const { clock, host, seen } = scriptedBoard([], { signal: AbortSignal.abort(new Error('no')) })
    expect(failureOf(await settled(clock, runSequence(expectChips(1), host)))).toBe('Error: no')
    expect(seen).toEqual([])
  })

  it('gives up on a port that takes no bytes', async () => {
    const board = scriptedBoard([])
    const stuck = {
      ...board.host,
      line: { ...board.host.line, name: '/dev/ttyACM0', write: () => new Promise<void>(() => undefined) },
    }
    const result = await settled(board.clock, runSequence(expectChips(1), stuck))
    expect(failureOf(result)).toBe('port/write-stalled')
    expect(((result as PromiseRejectedResult).reason as HeadframeError).message).toContain('/dev/ttyACM0')
  })

  it('says what the line says when the device is unplugged', async () => {
    const { clock, host, link } = scriptedBoard([])
    clock.after(50, () => link.unplug())
    const sequence: Sequence = [{ op: 'wait', ms: 100 }, ...expectChips(1)]
    expect(failureOf(await settled(clock, runSequence(sequence, host)))).toBe('port/closed')
  })

  it('leaves no timer and no listener behind', async () => {
    const { clock, host } = scriptedBoard([{ to: READ_ID, frames: [BM1370] }])
    await settled(clock, runSequence(expectChips(1, 10_000), host))
    clock.advance(50)
    expect(clock.pending).toBe(0)
  })
})
