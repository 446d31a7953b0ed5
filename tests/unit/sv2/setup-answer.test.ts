import { describe, expect, it } from 'vitest'
import { type SetupConnection } from '../../../src-main/sv2/index.ts'
import { answerExtensions, answerSetup } from '../../../src-main/sv2/setup-answer.ts'

const request = (changes: Partial<SetupConnection> = {}): SetupConnection => ({
  name: 'SetupConnection',
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: '127.0.0.1',
  endpointPort: 3333,
  vendor: 'test',
  hardwareVersion: '',
  firmware: '',
  deviceId: '',
  ...changes,
})

describe('the answer to SetupConnection', () => {
  it('is a success for a mining client, without flags', () => {
    expect(answerSetup(request(), true)).toEqual({
      ok: true,
      reply: { name: 'SetupConnection.Success', usedVersion: 2, flags: 0 },
      agreed: { standardJobsOnly: false, needsVersionRolling: false },
    })
  })

  it('agrees to standard jobs only, and to version rolling', () => {
    const outcome = answerSetup(request({ flags: 0b101 }), true)
    expect(outcome).toMatchObject({ ok: true, agreed: { standardJobsOnly: true, needsVersionRolling: true } })
  })

  it('takes any range of versions that holds 2', () => {
    expect(answerSetup(request({ minVersion: 1, maxVersion: 7 }), true).ok).toBe(true)
  })

  it('says that versions are fixed where the pool rolls none', () => {
    expect(answerSetup(request(), false)).toMatchObject({ ok: true, reply: { flags: 1 } })
  })

  const refusals: [string, Partial<SetupConnection>, boolean, string, number][] = [
    ['another protocol', { protocol: 2 }, true, 'unsupported-protocol', 0],
    ['versions before 2', { minVersion: 1, maxVersion: 1 }, true, 'protocol-version-mismatch', 0],
    ['versions after 2', { minVersion: 3, maxVersion: 9 }, true, 'protocol-version-mismatch', 0],
    ['work selection', { flags: 0b010 }, true, 'unsupported-feature-flags', 0b010],
    ['version rolling where there is none', { flags: 0b100 }, false, 'unsupported-feature-flags', 0b100],
    [
      'every flag at once, naming those that lack',
      { flags: 0xffffffff },
      true,
      'unsupported-feature-flags',
      0xfffffffa,
    ],
  ]
  it.each(refusals)('refuses %s', (_what, changes, versionRolling, errorCode, flags) => {
    expect(answerSetup(request(changes), versionRolling)).toEqual({
      ok: false,
      reply: { name: 'SetupConnection.Error', errorCode, flags },
    })
  })
})

describe('the answer to RequestExtensions', () => {
  const asked = (requestedExtensions: number[]) =>
    ({ name: 'RequestExtensions', requestId: 7, requestedExtensions }) as const

  it('names what both sides speak', () => {
    expect(answerExtensions(asked([9, 2]), new Set([2, 3]))).toEqual({
      name: 'RequestExtensions.Success',
      requestId: 7,
      supportedExtensions: [2],
    })
  })

  it('lets a client go on without, if nothing it asked for is spoken', () => {
    expect(answerExtensions(asked([2, 9]), new Set())).toEqual({
      name: 'RequestExtensions.Error',
      requestId: 7,
      unsupportedExtensions: [2, 9],
      requiredExtensions: [],
    })
  })

  it('is a success where nothing was asked for', () => {
    expect(answerExtensions(asked([]), new Set([2]))).toMatchObject({ supportedExtensions: [] })
  })
})
