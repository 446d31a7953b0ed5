import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCallMessage } from '../../../src-main/api/call-message.ts'

describe('a call message', () => {
  it.each([
    ['a request', { i: '1', p: { u: '/overview/get' } }],
    [
      'a request with everything',
      { i: 'a9', t: 1, p: { u: '/pools/list', b: {}, h: { 'x-a': '1' }, m: 'GET' } },
    ],
    ['a cancellation', { i: '1', t: 4 }],
    ['an event', { i: '1', t: 3, p: { e: 'message', d: 1 } }],
  ])('is %s', (_, message) => {
    expect(isCallMessage(JSON.stringify(message))).toBe(true)
  })

  it.each([
    ['no text', 7],
    ['nothing', null],
    ['an object', { i: '1', p: { u: '/a' } }],
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['a word', '"x"'],
    ['no id', '{"p":{"u":"/a"}}'],
    ['a number as id', '{"i":1,"p":{"u":"/a"}}'],
    ['no payload', '{"i":"1"}'],
    ['an empty payload', '{"i":"1","p":null}'],
    ['an address elsewhere', '{"i":"1","p":{"u":"http://evil.example.com/"}}'],
    ['a strange method', '{"i":"1","p":{"u":"/a","m":1}}'],
    ['strange headers', '{"i":"1","p":{"u":"/a","h":"x"}}'],
    ['an answer', '{"i":"1","t":2,"p":{}}'],
    ['an unknown type', '{"i":"1","t":9,"p":{}}'],
  ])('is not %s', (_, data) => {
    expect(isCallMessage(data)).toBe(false)
  })

  it('survives anything', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.json(), fc.string()), (data) => void isCallMessage(data)),
    )
  })
})
