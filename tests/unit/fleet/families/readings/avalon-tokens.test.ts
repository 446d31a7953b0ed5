import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  avalonParts,
  avalonTokens,
  tokenNumber,
  tokenNumbers,
} from '../../../../../src-main/fleet/families/readings/avalon-tokens.ts'

const NAME = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/)
const VALUE = fc.stringMatching(/^[A-Za-z0-9.%: ,_-]{0,30}$/)
const TOKENS = fc.uniqueArray(fc.tuple(NAME, VALUE), { maxLength: 40, selector: ([name]) => name })

const written = (tokens: readonly (readonly [string, string])[]): string =>
  tokens.map(([name, value]) => `${name}[${value}]`).join(' ')
const trimmed = (tokens: readonly (readonly [string, string])[]): (readonly [string, string])[] =>
  tokens.map(([name, value]) => [name, value.trim()])

describe('the long text of an Avalon', () => {
  it('gives back every token that was written into it', () => {
    fc.assert(
      fc.property(TOKENS, (tokens) => {
        expect([...avalonTokens(written(tokens))]).toEqual(trimmed(tokens))
      }),
    )
  })

  it('gives back every token of every part it is wrapped in', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(NAME, TOKENS), { minLength: 1, maxLength: 4, selector: ([name]) => name }),
        (parts) => {
          const text = parts.map(([name, tokens]) => `'${name}':{${written(tokens)}}`).join(' ')
          expect([...avalonParts(text)].map(([name, tokens]) => [name, [...tokens]])).toEqual(
            parts.map(([name, tokens]) => [name, trimmed(tokens)]),
          )
        },
      ),
    )
  })

  it('loses only what was cut, wherever that was', () => {
    fc.assert(
      fc.property(TOKENS, fc.nat(), (tokens, at) => {
        const text = written(tokens)
        const cut = [...avalonTokens(text.slice(0, at % (text.length + 1)))]
        expect(cut).toEqual(trimmed(tokens).slice(0, cut.length))
      }),
    )
  })

  it('reads any text at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const tokens of avalonParts(text).values()) {
          for (const name of tokens.keys()) tokenNumbers(tokens, name)
        }
      }),
    )
  })

  it('keeps the state whole, with its comma', () => {
    const tokens = avalonTokens('NETFAIL[0 0] SYSTEMSTATU[Work: In Work, Hash Board: 3 ] Elapsed[24684]')
    expect(tokens.get('SYSTEMSTATU')).toBe('Work: In Work, Hash Board: 3')
    expect(tokenNumber(tokens, 'Elapsed')).toBe(24_684)
  })

  it('tells names apart by their case', () => {
    const tokens = avalonTokens('Led[0] LED[0-1]')
    expect(tokens.get('Led')).toBe('0')
    expect(tokens.get('LED')).toBe('0-1')
  })

  it('reads lists padded with blanks, percent signs, and numbers that are none in their place', () => {
    const tokens = avalonTokens('PVT_T0[ 63  70 nan] DH[2.732%] FACOPTS0[] PS[0 1214]')
    expect(tokenNumbers(tokens, 'PVT_T0')).toEqual([63, 70, null])
    expect(tokenNumber(tokens, 'DH')).toBe(2.732)
    expect(tokenNumbers(tokens, 'FACOPTS0')).toEqual([])
    expect(tokenNumber(tokens, 'Missing')).toBeNull()
  })

  it('keeps a part that lost its end', () => {
    const parts = avalonParts("'HB0':{PVT_T0[58 59] MW0[52")
    expect(tokenNumbers(parts.get('HB0') ?? new Map(), 'PVT_T0')).toEqual([58, 59])
  })
})
