import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { workerIdentity, workerName } from '../../../../src-main/proxy/upstream/worker-identity.ts'

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
const bytesOf = (text: string): number => new TextEncoder().encode(text).length

describe('the identity of a rig at a pool', () => {
  it.each([
    ['account.worker', 'x.bitaxe1', 'account.bitaxe1'],
    ['account', 'x.bitaxe1', 'account.bitaxe1'],
    ['account.worker', 'bitaxe1', 'account.bitaxe1'],
    [ADDRESS, 'bitaxe1', `${ADDRESS}.bitaxe1`],
    [`${ADDRESS}.farm`, `${ADDRESS}.shelf.3`, `${ADDRESS}.shelf-3`],
  ])('%s with a rig called %s is %s', (userIdentity, rigName, identity) => {
    expect(workerIdentity(userIdentity, rigName)).toBe(identity)
  })

  it.each(['', '.', 'account.', '  ', '…', 'account'])('is ours where the rig has no name: %j', (rigName) => {
    expect(workerIdentity('account.worker', rigName)).toBe('account.worker')
  })

  it('has only letters that every pool accepts after the account', () => {
    expect(workerIdentity('account', 'Küche "2"\n{}')).toBe('account.Kuche-2')
    expect(workerIdentity('account', '<script>')).toBe('account.script')
  })

  it('is left alone where it is an instruction to the pool', () => {
    expect(workerIdentity(`sri/solo/${ADDRESS}/farm`, 'x.bitaxe1')).toBe(`sri/solo/${ADDRESS}/farm`)
  })

  it('keeps the account whole and fits a message, whatever the names', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (userIdentity, rigName) => {
          const identity = workerIdentity(userIdentity, rigName)
          expect(bytesOf(identity)).toBeLessThanOrEqual(255)
          const account = userIdentity.split('.', 1)[0]!
          if (bytesOf(account) < 254) expect(identity.startsWith(account)).toBe(true)
        },
      ),
    )
  })

  it('is cut between characters, not inside one', () => {
    expect(workerIdentity('ü'.repeat(200), '')).toBe('ü'.repeat(127))
  })
})

describe('the name in a worker TLV', () => {
  it('has at most the bytes it may have', () => {
    expect(workerName('x.' + 'a'.repeat(100), 32)).toBe('a'.repeat(32))
  })
})
