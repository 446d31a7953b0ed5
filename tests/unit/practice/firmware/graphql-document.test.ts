import { describe, expect, it } from 'vitest'
import {
  askedPaths,
  executeGraphql,
  GraphqlError,
  parseGraphql,
} from '../../../../src-main/practice/firmware/graphql-document.ts'

const TYPES = new Set(['Config', 'Fault'])
const run = (
  text: string,
  source: Record<string, unknown>,
  variables: Record<string, unknown> = {},
): unknown => executeGraphql(parseGraphql(text, variables).selections, source, TYPES)

describe('GraphQL of practice firmware', () => {
  const source = {
    rig: {
      name: 'rig7',
      boards: [
        { id: 1, rate: 2.5 },
        { id: 2, rate: null },
      ],
      solver: null,
    },
    config: { __typename: 'Config', limit: 900 },
    set: (args: Record<string, unknown>) => ({ got: args['value'], list: args['list'] }),
  }

  it('gives what was asked for and nothing else', () => {
    expect(run('{ rig { name boards { rate } solver { x } } }', source)).toEqual({
      rig: { name: 'rig7', boards: [{ rate: 2.5 }, { rate: null }], solver: null },
    })
  })

  it('looks into a fragment only for the type that is there', () => {
    expect(run('{ config { ... on Config { limit } ... on Fault { message } } }', source)).toEqual({
      config: { limit: 900 },
    })
    expect(() => run('{ config { ... on Other { limit } } }', source)).toThrow('Unknown type "Other"')
  })

  it('takes arguments as they stand and from variables', () => {
    const text =
      'mutation M($v: Int!) { set(value: $v, list: [{ a: 1 }, "x", true, null]) { got list { a } } }'
    const parsed = parseGraphql(text, { v: 7 })
    expect(parsed.operation).toBe('mutation')
    expect(parsed.selections[0]).toMatchObject({
      name: 'set',
      args: { value: 7, list: [{ a: 1 }, 'x', true, null] },
    })
    expect(() => parseGraphql(text, {})).toThrow('Variable "$v" is not given')
  })

  it('refuses what does not exist, half a selection and half a document', () => {
    for (const text of [
      '{ nothing }',
      '{ rig }',
      '{ rig { name { deeper } } }',
      '{ rig { name }',
      'subscription { rig { name } }',
      '{ rig { name } } }',
      '{ rig { § } }',
      '',
    ]) {
      expect(() => run(text, source), text).toThrow(GraphqlError)
    }
  })

  it('tells every leaf that is asked for', () => {
    const { selections } = parseGraphql(
      '{ rig { name boards { id } } config { ... on Config { limit } } }',
      {},
    )
    expect(askedPaths(selections)).toEqual(['rig.name', 'rig.boards.id', 'config.limit'])
  })
})
