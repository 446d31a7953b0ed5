import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTextReply, parseTextReply, rpcStatusOf } from '../../../../src-main/fleet/index.ts'

describe("the text form of cgminer's API", () => {
  it('has the shape of the JSON form afterwards', () => {
    const reply = parseTextReply(
      'STATUS=S,When=17,Code=11,Msg=Summary,Description=cgminer|SUMMARY,Elapsed=5,MHS av=3.1|\0',
    )
    expect(reply['SUMMARY']).toEqual([{ Elapsed: '5', 'MHS av': '3.1' }])
    expect(rpcStatusOf(reply)).toEqual({ letter: 'S', code: 11, message: 'Summary' })
  })

  it('gathers numbered sections in one list', () => {
    const reply = parseTextReply('STATUS=S,Code=7|POOL=0,URL=a:1|POOL=1,URL=b:2|ASC=0,Name=AV|')
    expect(reply['POOLS']).toEqual([
      { POOL: '0', URL: 'a:1' },
      { POOL: '1', URL: 'b:2' },
    ])
    expect(reply['DEVS']).toEqual([{ ASC: '0', Name: 'AV' }])
  })

  it('undoes backslashes and splits only at the first equals sign', () => {
    const reply = parseTextReply('STATUS=S,Msg=a\\,b\\|c\\=d|POOL=0,User=x=y|')
    expect(reply['STATUS']?.[0]?.['Msg']).toBe('a,b|c=d')
    expect(reply['POOLS']?.[0]?.['User']).toBe('x=y')
  })

  it('keeps a comma that was not escaped with the value it stands in', () => {
    const reply = parseTextReply(
      'STATS=0,MM ID0=SYSTEMSTATU[Work: In Work, Hash Board: 1] TA[12],MM Count=1|',
    )
    expect(reply['STATS']).toEqual([
      { STATS: '0', 'MM ID0': 'SYSTEMSTATU[Work: In Work, Hash Board: 1] TA[12]', 'MM Count': '1' },
    ])
  })

  it('is told from JSON by how it begins', () => {
    expect(isTextReply('STATUS=S,When=1|')).toBe(true)
    expect(isTextReply('{"STATUS":[]}')).toBe(false)
    expect(isTextReply('Socket connect failed')).toBe(false)
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseTextReply(text)))
  })
})
