import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../../src-main/base/index.ts'
import {
  applyDetection,
  beginDetection,
  type DetectionInput,
  type DetectionMove,
  DIVISION_WORK,
  GOLDEN_WORK,
} from '../../../../../src-main/drivers/chips/icarus/detection.ts'
import { type Sequence } from '../../../../../src-main/drivers/model/sequence.ts'

const TIMEOUT: DetectionInput = { kind: 'timeout' }
const reply = (hex: string): DetectionInput => ({ kind: 'bytes', bytes: fromHex(hex) })

function after(
  inputs: readonly DetectionInput[],
  u3: Parameters<typeof beginDetection>[0]['u3'] = null,
): DetectionMove {
  let move = beginDetection({ u3 })
  for (const input of inputs) move = applyDetection(move.state, input)
  return move
}

function sent(sequence: Sequence): string[] {
  return sequence.flatMap((step) => (step.op === 'send' ? [toHex(step.bytes)] : []))
}

describe('finding an Icarus device', () => {
  it('sends the golden work, and again when nothing answers', () => {
    const first = beginDetection({ u3: null })
    expect(sent(first.send)).toEqual([toHex(GOLDEN_WORK)])
    expect(first.waitMs).toBe(300)
    expect(sent(applyDetection(first.state, TIMEOUT).send)).toEqual([toHex(GOLDEN_WORK)])
  })

  it('takes silence after two tries for no device of this family', () => {
    expect(after([TIMEOUT, TIMEOUT]).state).toEqual({ phase: 'absent', reason: 'silent' })
  })

  it('takes another answer for no device of this family', () => {
    const garbage = reply('0d0a4f4b0d0a')
    expect(after([garbage, TIMEOUT, garbage, TIMEOUT]).state).toEqual({
      phase: 'absent',
      reason: 'wrong-answer',
    })
  })

  it('asks a plain device how it divides the range', () => {
    const move = after([reply('0001'), reply('87a2'), TIMEOUT])
    expect(sent(move.send)).toEqual([toHex(DIVISION_WORK)])
    expect(applyDetection(move.state, reply('82540e46')).state).toEqual({
      phase: 'found',
      family: { kind: 'icarus', replyLength: 4, division: { engines: 2, nonceMask: 0x7fffffff } },
    })
  })

  it('knows no division when the second probe brings an unknown nonce, or none', () => {
    const family = { kind: 'icarus', replyLength: 4, division: null }
    const golden = [reply('000187a2'), TIMEOUT]
    expect(after([...golden, reply('12345678')]).state).toEqual({ phase: 'found', family })
    expect(after([...golden, TIMEOUT]).state).toEqual({ phase: 'found', family })
  })

  it('knows an AntMiner by one byte more, and a Rockminer by four', () => {
    expect(after([reply('000187a2'), reply('00'), TIMEOUT]).state).toEqual({
      phase: 'found',
      family: { kind: 'antminer', replyLength: 5, u3: false },
    })
    expect(after([reply('000187a200000018'), TIMEOUT]).state).toEqual({
      phase: 'found',
      family: { kind: 'rockminer', replyLength: 8 },
    })
  })

  it('refuses a golden nonce with any other number of bytes behind it', () => {
    for (const extra of ['0000', '000000', '0000000000', '00'.repeat(500)]) {
      expect(after([reply(`000187a2${extra}`), TIMEOUT]).state.phase).toBe('absent')
    }
  })

  it('wakes a U3 with voltage before clock, only when told to and only after two silences', () => {
    const u3 = { frequencyMhz: 225, coreVoltageMv: 775 }
    const move = after([TIMEOUT, TIMEOUT], u3)
    expect(sent(move.send)).toEqual(['aab775de', '8208821c', toHex(GOLDEN_WORK)])
    const found = [reply('000187a200'), TIMEOUT].reduce((at, input) => applyDetection(at.state, input), move)
    expect(found.state).toEqual({ phase: 'found', family: { kind: 'antminer', replyLength: 5, u3: true } })
    expect(after([reply('ff'), TIMEOUT, reply('ff'), TIMEOUT], u3).state.phase).toBe('absent')
  })

  it('sends a U3 nothing that it cannot do', () => {
    expect(after([TIMEOUT, TIMEOUT], { frequencyMhz: 225, coreVoltageMv: 900 }).send).toEqual([])
    expect(after([TIMEOUT, TIMEOUT], { frequencyMhz: 300, coreVoltageMv: 775 }).send).toEqual([])
  })

  it('stays with what it found', () => {
    const found = after([reply('000187a2'), TIMEOUT, TIMEOUT])
    expect(applyDetection(found.state, reply('00'))).toEqual({ state: found.state, send: [], waitMs: null })
  })
})
