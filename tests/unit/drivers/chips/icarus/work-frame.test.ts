import { describe, expect, it } from 'vitest'
import { fromHex, HeadframeError, toHex } from '../../../../../src-main/base/index.ts'
import {
  encodeWork,
  isCairnsmoreCommand,
  rockminerWork,
  withAntMinerId,
  withCairnsmoreCommand,
  withGekkoOverlay,
} from '../../../../../src-main/drivers/chips/icarus/work-frame.ts'

const midstate = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
const tail = fromHex('dfcf622d69c19a678a9a0217')
const frame = encodeWork(midstate, tail)

describe('work of 64 bytes', () => {
  it('holds the midstate, nothing, then bits, time and the last merkle word', () => {
    expect(toHex(frame)).toBe(`${toHex(midstate)}${'00'.repeat(20)}8a9a021769c19a67dfcf622d`)
  })

  it('is never the pattern that Cairnsmore firmware takes for a command', () => {
    const attempt = (): Uint8Array => encodeWork(new Uint8Array(32), fromHex('00000000ffffffff00000000'))
    expect(attempt).toThrow(HeadframeError)
    expect(attempt).toThrow(/Cairnsmore/)
    expect(isCairnsmoreCommand(encodeWork(new Uint8Array(32), tail))).toBe(false)
  })

  it('carries the id of an AntMiner in byte 51, which is none above 30', () => {
    expect(withAntMinerId(frame, 0x1e)[51]).toBe(0x1e)
    expect(() => withAntMinerId(frame, 0x1f)).toThrow(RangeError)
    expect(frame[51]).toBe(0)
  })

  it('carries ticket, sweep and job of a BM1384 in bytes 39 to 51', () => {
    const gekko = withGekkoOverlay(frame, { ticketMask: 3, hashCount: 0x7fffffff, jobId: 0x15 })
    expect(toHex(gekko.subarray(32, 52))).toBe('00000000000000037fffffff0000000000000015')
  })

  it('carries a command of a Cairnsmore with its check byte first', () => {
    expect(toHex(withCairnsmoreCommand(frame, 0x12, 0x34).subarray(32, 36))).toBe('fc1234b7')
  })

  it('is turned about for a Rockminer, whose clock goes in steps of 10 MHz', () => {
    const rock = rockminerWork(frame, 270, 2)
    expect(rock[0]).toBe(32)
    expect(toHex(rock.subarray(48))).toBe('aa1a02552d62cfdf679ac16917029a8a')
    expect(() => rockminerWork(frame, 275, 0)).toThrow(RangeError)
  })
})
