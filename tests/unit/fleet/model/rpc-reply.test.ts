import { describe, expect, it } from 'vitest'
import { isRefusal, joinedReply, rpcRequest, rpcStatusOf } from '../../../../src-main/fleet/index.ts'

describe('what an RPC reply says of itself', () => {
  it('is read from the list of cgminer', () => {
    const status = rpcStatusOf({ STATUS: [{ STATUS: 'E', When: 1, Code: 45, Msg: 'Access denied' }] })
    expect(status).toEqual({ letter: 'E', code: 45, message: 'Access denied' })
    expect(isRefusal(status)).toBe(true)
  })

  it('is read from the top level of Whatsminer', () => {
    const status = rpcStatusOf({
      STATUS: 'S',
      When: 1,
      Code: '131',
      Msg: { api_ver: '2.0.5' },
      Description: '',
    })
    expect(status).toEqual({ letter: 'S', code: 131, message: null })
    expect(isRefusal(status)).toBe(false)
  })

  it('is nothing where there is none', () => {
    for (const reply of [null, [], 'x', {}, { STATUS: [] }, { STATUS: [null] }]) {
      expect(rpcStatusOf(reply)).toEqual({ letter: null, code: null, message: null })
    }
  })

  it('takes one reply out of joined ones', () => {
    const joined = { summary: [{ SUMMARY: [{ Elapsed: 5 }] }], pools: [{ POOLS: [] }], id: 1 }
    expect(joinedReply(joined, 'summary')).toEqual({ SUMMARY: [{ Elapsed: 5 }] })
    expect(joinedReply(joined, 'devs')).toBeUndefined()
  })

  it('asks with a parameter only where there is one', () => {
    expect(rpcRequest('summary')).toBe('{"command":"summary"}')
    expect(rpcRequest('ascset', '0,led,1-1')).toBe('{"command":"ascset","parameter":"0,led,1-1"}')
  })
})
