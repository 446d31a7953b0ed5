import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkTemplate,
  expandWorker,
  PLACEHOLDERS,
  userAtPool,
  type WorkerFacts,
} from '../../../../src-main/fleet/control/worker-names.ts'

const attic: WorkerFacts = {
  users: ['farm.attic-1'],
  minesHere: false,
  nameByPerson: 'Attic rig',
  hostname: 'bitaxe',
  host: '192.0.2.7',
  mac: '02:00:00:00:ab:cd',
  number: 3,
}

const facts: fc.Arbitrary<WorkerFacts> = fc.record({
  users: fc.array(fc.string({ maxLength: 80 }), { maxLength: 3 }),
  minesHere: fc.boolean(),
  nameByPerson: fc.string({ maxLength: 60, unit: 'grapheme' }),
  hostname: fc.option(fc.string({ maxLength: 60 })),
  host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
  mac: fc.option(fc.constantFrom('02:00:00:00:ab:cd', 'mangled', '')),
  number: fc.integer({ min: 1, max: 10_000 }),
})
const template = fc
  .array(
    fc.oneof(
      fc.constantFrom(...PLACEHOLDERS.map((name) => `{${name}}`)),
      fc.stringMatching(/^[\w.-]{0,12}$/),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''))

describe('user names from a template', () => {
  it.each([
    ['{worker}', 'attic-1'],
    ['{name}', 'Attic-rig'],
    ['{host}', 'bitaxe'],
    ['{ip}', '192-0-2-7'],
    ['{mac4}', 'abcd'],
    ['{n}', '3'],
    ['farm.{host}-{mac4}', 'farm.bitaxe-abcd'],
  ])('makes %s into %s', (text, expected) => {
    expect(expandWorker(text, attic)).toBe(expected)
  })

  it('keeps the suffix that the rig had, of the pool it mines at first', () => {
    expect(expandWorker('{worker}', { ...attic, users: ['farm.shelf.2', 'other.x'] })).toBe('shelf-2')
    expect(expandWorker('{worker}', { ...attic, users: ['farm', 'other.x'] })).toBe('x')
  })

  it('takes a user name without a dot for an account, unless the rig mines here', () => {
    expect(expandWorker('{worker}', { ...attic, users: ['attic-1'] })).toBe('Attic-rig')
    expect(expandWorker('{worker}', { ...attic, users: ['attic-1'], minesHere: true })).toBe('attic-1')
  })

  it('falls back on name, host name, MAC address and number', () => {
    const bare = { ...attic, users: [], nameByPerson: '', hostname: null }
    expect(expandWorker('{worker}', bare)).toBe('rig-abcd')
    expect(expandWorker('{worker}', { ...bare, mac: null })).toBe('rig-3')
  })

  it('puts the account of a pool before the worker', () => {
    expect(userAtPool('farm', '{worker}', attic)).toBe('farm.attic-1')
    expect(userAtPool('farm.headframe', '{worker}', attic)).toBe('farm.attic-1')
  })

  it('never gives an empty name, a blank, a placeholder, or more than 255 characters', () => {
    fc.assert(
      fc.property(template, facts, (text, rig) => {
        const user = expandWorker(text, rig)
        expect(user).toMatch(/^[\w.-]+$/)
        expect(user.length).toBeLessThanOrEqual(255)
      }),
    )
  })

  it('gives the same name again to a rig that has it', () => {
    fc.assert(
      fc.property(facts, (rig) => {
        const user = expandWorker('{worker}', rig)
        expect(expandWorker('{worker}', { ...rig, users: [user], minesHere: true })).toBe(user)
        const atPool = userAtPool('farm', '{worker}', rig)
        expect(userAtPool('other', '{worker}', { ...rig, users: [atPool] })).toBe(
          atPool.replace('farm', 'other'),
        )
      }),
    )
  })

  it('takes every template made of known placeholders', () => {
    fc.assert(
      fc.property(template, (text) => {
        if (text === '') return
        expect(() => checkTemplate(text)).not.toThrow()
      }),
    )
  })

  it.each(['{rig}', '{worker', 'worker}', '', '  ', 'a b', '{}'])('refuses the template "%s"', (text) => {
    expect(() => checkTemplate(text)).toThrow(expect.objectContaining({ code: 'rig/bad-template' }))
  })
})
