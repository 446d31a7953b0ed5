import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-main/base/index.ts'
import {
  assembleCoinbase,
  coinbaseTxid,
  encodeHeightPush,
  encodeOutput,
  parseCoinbase,
  sha256d,
  stripWitness,
  withWitness,
  witnessCommitmentScript,
} from '../../../src-main/mining/index.ts'
import {
  coinbasePrefix,
  coinbaseSuffix,
  coinbaseTxidHex,
  extranoncePrefix,
  rollable,
} from '../../support/mining-vectors.ts'

const payout = {
  valueSats: 5_000_000_000,
  script: fromHex('0014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc'),
}
/** Template prefix of the reference vectors: OP_2 for the height, OP_0 behind it. */
const scriptStart = fromHex('5200')

const outputs = fc.array(
  fc.record({ valueSats: fc.integer({ min: 0, max: 21e14 }), script: fc.uint8Array({ maxLength: 300 }) }),
  { minLength: 1, maxLength: 6 },
)
const tags = fc.string({ unit: fc.constantFrom(...'abcXYZ/ 019-'), maxLength: 30 })

describe('assembled coinbase', () => {
  it('is that of the reference job, byte for byte', () => {
    const parts = assembleCoinbase({
      scriptStart,
      tag: 'Sv2///',
      extranonceSize: 32,
      outputs: [payout],
      witnessCommitment: witnessCommitmentScript([]),
    })
    expect(toHex(parts.prefix)).toBe(toHex(coinbasePrefix))
    expect(toHex(parts.suffix)).toBe(toHex(coinbaseSuffix))
    expect(toHex(coinbaseTxid(parts.prefix, extranoncePrefix, rollable, parts.suffix))).toBe(coinbaseTxidHex)
  })

  it.each([
    ['Sv2/Stratum V2 SRI Pool//', '3d520019', 61],
    ['Sv2/Stratum V2 SRI Pool/Stratum V2 SRI Miner/', '5152002d', 81],
  ])('with the tag %s has the script length and push of the reference', (tag, hex, scriptSize) => {
    const { prefix } = assembleCoinbase({ scriptStart, tag, extranonceSize: 32, outputs: [payout] })
    const text = toHex(new TextEncoder().encode(tag))
    expect(toHex(prefix)).toMatch(new RegExp(`ffffffff${hex}${text}20$`))
    expect(prefix[41]).toBe(scriptSize)
  })

  it('reads back as it was planned, whatever the plan', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 17, max: 0x7fffffff }),
        tags,
        fc.integer({ min: 1, max: 32 }),
        outputs,
        fc.integer({ min: 0, max: 0xffffffff }),
        (height, tag, extranonceSize, planned, lockTime) => {
          const start = encodeHeightPush(height)
          const parts = assembleCoinbase({
            scriptStart: start,
            tag,
            extranonceSize,
            outputs: planned,
            lockTime,
          })
          const parsed = parseCoinbase(parts.prefix, extranonceSize, parts.suffix)
          if (!parsed.ok) throw parsed.error
          expect(parsed.value).toMatchObject({ version: 2, height, outputs: planned, lockTime })
          expect(parsed.value.sequence).toBe(0xffffffff)
          const text = tag.trim()
          if (text.length >= 5) expect(parsed.value.tag).toBe(text)
          if (tag === '') expect(parsed.value.tag).toBeNull()
        },
      ),
    )
  })

  it('with witness loses it again to the same bytes', () => {
    fc.assert(
      fc.property(outputs, fc.integer({ min: 1, max: 32 }), (planned, extranonceSize) => {
        const parts = assembleCoinbase({ scriptStart, tag: 'tag', extranonceSize, outputs: planned })
        const extranonce = new Uint8Array(extranonceSize).fill(7)
        const whole = withWitness(concatBytes(parts.prefix, extranonce, parts.suffix))
        const at = parts.prefix.length + 2
        const witnessParts = { prefix: whole.slice(0, at), suffix: whole.slice(at + extranonceSize) }
        const stripped = stripWitness(witnessParts, extranonceSize)
        expect(stripped.ok && stripped.value).toEqual(parts)
      }),
    )
  })

  it('commits to the witnesses of its block', () => {
    const wtxids = [1, 2, 3].map((n) => new Uint8Array(32).fill(n))
    const pair = (a: Uint8Array, b: Uint8Array): Uint8Array => sha256d(concatBytes(a, b))
    const root = pair(pair(new Uint8Array(32), wtxids[0]!), pair(wtxids[1]!, wtxids[2]!))
    expect(toHex(witnessCommitmentScript(wtxids))).toBe(
      '6a24aa21a9ed' + toHex(sha256d(concatBytes(root, new Uint8Array(32)))),
    )
  })

  it('refuses what consensus would refuse, and says what to do', () => {
    const plan = { scriptStart, tag: '', extranonceSize: 8, outputs: [payout] }
    const code = (name: string): unknown => expect.objectContaining({ code: name })
    expect(() => assembleCoinbase({ ...plan, tag: 'x'.repeat(76) })).toThrow(code('coinbase/tag-too-long'))
    expect(() => assembleCoinbase({ ...plan, tag: 'x'.repeat(75), extranonceSize: 32 })).toThrow(
      code('coinbase/script-too-long'),
    )
    expect(() => assembleCoinbase({ ...plan, scriptStart: Uint8Array.of(0x51), extranonceSize: 0 })).toThrow(
      code('coinbase/script-too-short'),
    )
    for (const valueSats of [-1, 1.5, 21e14 + 1, Number.NaN]) {
      expect(() => encodeOutput({ valueSats, script: payout.script })).toThrow(
        code('coinbase/value-out-of-range'),
      )
    }
    expect(() => assembleCoinbase({ ...plan, extranonceSize: 76 })).toThrow(RangeError)
  })

  it('takes a script of exactly 100 bytes', () => {
    const parts = assembleCoinbase({
      scriptStart,
      tag: 'x'.repeat(64),
      extranonceSize: 32,
      outputs: [payout],
    })
    expect(parts.prefix[41]).toBe(100)
    expect(parseCoinbase(parts.prefix, 32, parts.suffix).ok).toBe(true)
  })
})
