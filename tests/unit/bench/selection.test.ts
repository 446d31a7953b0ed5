import { describe, expect, it } from 'vitest'
import { selectFamilies } from '../../bench/selection.ts'

const known = ['aead', 'proxy-memory', 'proxy-switch', 'vardiff']

describe('families of a bench run', () => {
  it('are all of them when nothing is asked for', () => {
    expect(selectFamilies(known, [], [])).toEqual(known)
  })

  it('are those whose name begins with what is asked for, in their usual order', () => {
    expect(selectFamilies(known, [], ['vardiff', 'proxy'])).toEqual([
      'proxy-memory',
      'proxy-switch',
      'vardiff',
    ])
  })

  it('are only the exact ones where the option names them', () => {
    expect(selectFamilies(known, ['aead'], [])).toEqual(['aead'])
    expect(() => selectFamilies(known, ['proxy'], [])).toThrow(/no family "proxy"; there are aead, proxy-m/)
  })

  it('are each measured once, however often they are named', () => {
    expect(selectFamilies(known, ['aead', 'aead'], ['a'])).toEqual(['aead'])
  })

  it('must exist: a misspelt name measures nothing instead of everything', () => {
    expect(() => selectFamilies(known, [], ['poxy'])).toThrow(/no family "poxy"/)
  })
})
