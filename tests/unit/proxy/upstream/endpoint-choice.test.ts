import { describe, expect, it } from 'vitest'
import {
  afterFailure,
  afterJob,
  afterLook,
  afterReturn,
  type EndpointChoice,
  FIRST_CHOICE,
  saysNothingOfThePool,
} from '../../../../src-main/proxy/upstream/endpoint-choice.ts'

const MINUTE_MS = 60_000
const failed = (choice: EndpointChoice, times: number, nowMs = 0): EndpointChoice =>
  Array.from({ length: times }).reduce<EndpointChoice>((now) => afterFailure(now, nowMs), choice)

describe('the endpoint of a pool', () => {
  it('that never served is given up after one failure, one that did after three in a row', () => {
    expect(failed(FIRST_CHOICE, 1).role).toBe('fallback')
    const inUse = afterJob(FIRST_CHOICE)
    expect([1, 2, 3].map((times) => failed(inUse, times).role)).toEqual(['first', 'first', 'fallback'])
    expect(failed(afterJob(failed(inUse, 2)), 2).role).toBe('first')
  })

  it('goes back and forth while neither serves', () => {
    expect([1, 2, 3, 4].map((times) => failed(FIRST_CHOICE, times).role)).toEqual([
      'fallback',
      'first',
      'fallback',
      'first',
    ])
  })

  it('is looked at after five minutes, then half as often each time, hourly at least', () => {
    let choice = afterJob(failed(FIRST_CHOICE, 1))
    const pauses: number[] = []
    for (let n = 0; n < 6; n++) {
      pauses.push(choice.lookAfterMs / MINUTE_MS)
      choice = afterLook(choice)
    }
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60])
  })

  it('that fails soon after a return is looked at half as often; one that lasted as at first', () => {
    const back = afterJob(afterReturn(afterJob(failed(FIRST_CHOICE, 1)), 0))
    expect(failed(back, 3, 29 * MINUTE_MS)).toMatchObject({ role: 'fallback', lookAfterMs: 10 * MINUTE_MS })
    expect(failed(back, 3, 31 * MINUTE_MS)).toMatchObject({ role: 'fallback', lookAfterMs: 5 * MINUTE_MS })
  })

  it('is not blamed for what is wrong on this machine, nor for sending us on', () => {
    expect(saysNothingOfThePool('connect/name-server-silent')).toBe(true)
    expect(saysNothingOfThePool('pool/reconnect')).toBe(true)
    expect(saysNothingOfThePool('connect/refused')).toBe(false)
  })
})
