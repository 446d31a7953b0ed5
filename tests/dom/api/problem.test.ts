import { ORPCError } from '@orpc/client'
import { describe, expect, it } from 'vitest'
import { describeProblem, DisconnectedError } from '@/api/problem.ts'

describe('a problem with a call', () => {
  it('keeps the message and code of the core', () => {
    const error = new ORPCError('CONFLICT', {
      message: 'Switch to another pool first.',
      data: { code: 'pool/active', context: {} },
    })
    expect(describeProblem(error)).toEqual({
      code: 'pool/active',
      message: 'Switch to another pool first.',
      fields: {},
      part: null,
      suggestion: null,
    })
  })

  it('belongs to the field that its code speaks of', () => {
    const error = new ORPCError('BAD_REQUEST', {
      message: 'The port is missing.',
      data: { code: 'pool/invalid-url', context: {} },
    })
    expect(describeProblem(error).fields).toEqual({ url: 'The port is missing.' })
  })

  it('belongs to the field that the core names', () => {
    const error = new ORPCError('BAD_REQUEST', {
      message: 'Too long.',
      data: { code: 'pool/bad', context: { field: 'name' } },
    })
    expect(describeProblem(error).fields).toEqual({ name: 'Too long.' })
  })

  it('names the part of the field that is wrong, and what was probably meant', () => {
    const error = new ORPCError('BAD_REQUEST', {
      message: 'The URL does not say what the pool speaks.',
      data: {
        code: 'pool/invalid-url',
        context: { field: 'url', part: 'scheme', suggestion: 'stratum+tcp://pool.example.com:3333' },
      },
    })
    expect(describeProblem(error)).toMatchObject({
      part: 'scheme',
      suggestion: 'stratum+tcp://pool.example.com:3333',
    })
  })

  it('takes the messages of a failed input check, one a field', () => {
    const issues = [
      { path: ['name'], message: 'Give the pool a name' },
      { path: ['name'], message: 'second' },
      { path: [], message: 'no field' },
    ]
    const problem = describeProblem(
      new ORPCError('BAD_REQUEST', { message: 'Input validation failed', data: { issues } }),
    )
    expect(problem).toEqual({
      code: 'app/unexpected',
      message: 'Give the pool a name',
      fields: { name: 'Give the pool a name' },
      part: null,
      suggestion: null,
    })
  })

  it('never fails itself', () => {
    for (const thrown of [undefined, null, 'text', 7, new Error(''), { data: { issues: [null, 7, {}] } }])
      expect(describeProblem(thrown).message).not.toBe('')
    expect(describeProblem(new DisconnectedError()).code).toBe('app/disconnected')
  })
})
