import { describe, expect, it } from 'vitest'
import { parseSelection, project } from '../../../../src-main/practice/firmware/graphql-query.ts'

describe('the fields a GraphQL query asks for', () => {
  it('are read with and without a name, arguments left out', () => {
    expect(parseSelection('{ a { b c { d } } e }')).toEqual({ a: { b: null, c: { d: null } }, e: null })
    expect(parseSelection('query Login($input: In!) { Auth { login(input: $input) { token } } }')).toEqual({
      Auth: { login: { token: null } },
    })
  })

  it.each(['', 'a b', '{ a {', '{ { a } }', '{ ...F }', '{ a @skip }'])('are not read from %j', (query) => {
    expect(parseSelection(query)).toBeNull()
  })

  it('are all that is answered', () => {
    const value = { a: [{ b: 1, c: 2 }, { b: 3 }], d: { e: 4 }, f: 5 }
    expect(project(value, { a: { b: null }, d: { e: null, missing: null } })).toEqual({
      a: [{ b: 1 }, { b: 3 }],
      d: { e: 4, missing: null },
    })
  })
})
