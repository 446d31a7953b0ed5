import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-main/base/index.ts'
import { type Coinbase, parseCoinbase, stripWitness } from '../../../src-main/mining/index.ts'
import { coinbasePrefix, coinbaseSuffix } from '../../support/mining-vectors.ts'

const SIZE = 32

function codeOf(prefix: Uint8Array, size: number, suffix: Uint8Array): string {
  const parsed = parseCoinbase(prefix, size, suffix)
  return parsed.ok ? 'ok' : parsed.error.code
}

function parsed(prefix: Uint8Array, suffix: Uint8Array): Coinbase {
  const result = parseCoinbase(prefix, SIZE, suffix)
  if (!result.ok) throw result.error
  return result.value
}

/** `bytes` with those at `at` replaced. */
function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice()
  copy.set(values, at)
  return copy
}

describe('parsed coinbase', () => {
  it('tells height, tag, outputs and lock time of the reference job', () => {
    const coinbase = parsed(coinbasePrefix, coinbaseSuffix)
    expect(coinbase).toMatchObject({
      version: 2,
      height: 2,
      tag: 'Sv2///',
      sequence: 0xffffffff,
      lockTime: 0,
      extranonceOffset: 10,
    })
    expect(coinbase.script).toHaveLength(0x2a)
    expect(coinbase.outputs.map(({ valueSats, script }) => [valueSats, toHex(script)])).toEqual([
      [5_000_000_000, '0014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc'],
      [0, '6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9'],
    ])
  })

  it('finds the text behind the extranonce too', () => {
    const tail = new TextEncoder().encode('/behind/')
    const prefix = patched(coinbasePrefix, 41, 0x2a + tail.length)
    expect(parsed(prefix, concatBytes(tail, coinbaseSuffix)).tag).toBe('Sv2/// /behind/')
  })

  it('refuses every truncation of prefix and suffix', () => {
    for (let length = 0; length < coinbaseSuffix.length; length++) {
      expect(codeOf(coinbasePrefix, SIZE, coinbaseSuffix.subarray(0, length))).toBe('coinbase/truncated')
    }
    for (let length = 0; length < coinbasePrefix.length; length++) {
      expect(codeOf(coinbasePrefix.subarray(0, length), SIZE, coinbaseSuffix)).not.toBe('ok')
    }
  })

  it.each([
    ['coinbase/not-one-input', patched(coinbasePrefix, 4, 2), coinbaseSuffix],
    ['coinbase/not-one-input', patched(coinbasePrefix, 4, 0, 0), coinbaseSuffix],
    ['coinbase/not-a-coinbase', patched(coinbasePrefix, 5, 1), coinbaseSuffix],
    ['coinbase/not-a-coinbase', patched(coinbasePrefix, 37, 0), coinbaseSuffix],
    ['coinbase/script-size', patched(coinbasePrefix, 41, 1), coinbaseSuffix],
    ['coinbase/script-size', patched(coinbasePrefix, 41, 101), coinbaseSuffix],
    ['coinbase/extranonce-outside-script', patched(coinbasePrefix, 41, 0x29), coinbaseSuffix],
    ['coinbase/trailing-bytes', patched(coinbasePrefix, 41, 0x2b), coinbaseSuffix],
    ['coinbase/no-outputs', coinbasePrefix, fromHex('ffffffff0000000000')],
    [
      'coinbase/value-out-of-range',
      coinbasePrefix,
      patched(coinbaseSuffix, 5, 1, 0x40, 7, 0x5a, 0xf0, 0x75, 7),
    ],
    [
      'coinbase/value-out-of-range',
      coinbasePrefix,
      patched(coinbaseSuffix, 5, ...Array<number>(8).fill(0xff)),
    ],
    ['coinbase/trailing-bytes', coinbasePrefix, concatBytes(coinbaseSuffix, Uint8Array.of(0))],
  ])('answers %s', (code, prefix, suffix) => {
    expect(codeOf(prefix, SIZE, suffix)).toBe(code)
  })

  it('refuses an extranonce of another size than the script leaves room for', () => {
    for (const size of [0, 31, 33, 64]) expect(codeOf(coinbasePrefix, size, coinbaseSuffix)).not.toBe('ok')
  })

  it('never throws and never hangs, whatever a pool sends', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.nat(40),
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        (prefix, size, suffix, isPlausible) => {
          const start = isPlausible ? concatBytes(coinbasePrefix.subarray(0, 41), prefix) : prefix
          expect(typeof codeOf(start, size, suffix)).toBe('string')
          expect(typeof stripWitness({ prefix: start, suffix }, size).ok).toBe('boolean')
        },
      ),
    )
  })

  it('says what is wrong and what to do', () => {
    const result = parseCoinbase(patched(coinbasePrefix, 41, 101), SIZE, coinbaseSuffix)
    expect(!result.ok && result.error.message).toMatch(/2 to 100 bytes: use another pool/)
  })
})

describe('witness of an old server', () => {
  const witness = concatBytes(Uint8Array.of(1, 32), new Uint8Array(32))
  const prefix = concatBytes(coinbasePrefix.subarray(0, 4), Uint8Array.of(0, 1), coinbasePrefix.subarray(4))
  const suffix = concatBytes(coinbaseSuffix.subarray(0, -4), witness, coinbaseSuffix.subarray(-4))

  it('is seen and refused by the parser, and stripped to the plain pieces', () => {
    expect(codeOf(prefix, SIZE, suffix)).toBe('coinbase/has-witness')
    const stripped = stripWitness({ prefix, suffix }, SIZE)
    expect(stripped.ok && stripped.value).toEqual({ prefix: coinbasePrefix, suffix: coinbaseSuffix })
  })

  it('is stripped where the script goes on behind the extranonce', () => {
    const tail = Uint8Array.of(1, 2, 3)
    const stripped = stripWitness(
      { prefix: patched(prefix, 43, 0x2a + tail.length), suffix: concatBytes(tail, suffix) },
      SIZE,
    )
    expect(stripped.ok && stripped.value).toEqual({
      prefix: patched(coinbasePrefix, 41, 0x2a + tail.length),
      suffix: concatBytes(tail, coinbaseSuffix),
    })
  })

  it('that is absent leaves the very same pieces', () => {
    const parts = { prefix: coinbasePrefix, suffix: coinbaseSuffix }
    const stripped = stripWitness(parts, SIZE)
    expect(stripped.ok && stripped.value).toBe(parts)
  })

  it('that is cut short, or followed by more, is a fault', () => {
    const codes = (bytes: Uint8Array): string => {
      const stripped = stripWitness({ prefix, suffix: bytes }, SIZE)
      return stripped.ok ? 'ok' : stripped.error.code
    }
    expect(codes(suffix.subarray(0, -1))).toBe('coinbase/truncated')
    expect(codes(concatBytes(suffix, Uint8Array.of(0)))).toBe('coinbase/trailing-bytes')
    const short = stripWitness({ prefix: patched(prefix, 43, 5), suffix }, SIZE)
    expect(!short.ok && short.error.code).toBe('coinbase/extranonce-outside-script')
  })
})
