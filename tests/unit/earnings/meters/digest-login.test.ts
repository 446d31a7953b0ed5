import { describe, expect, it } from 'vitest'
import { DigestLogin, parseDigestChallenge } from '../../../../src-main/earnings/meters/digest-login.ts'

/** RFC 7616, 3.9.1; the client nonce of the example is base64 there and hex here, so responses are computed with ours. */
const CHALLENGE =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'

describe('a digest challenge', () => {
  it('is read whole', () => {
    expect(parseDigestChallenge(CHALLENGE)).toEqual({
      realm: 'http-auth@example.org',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
      hash: 'sha256',
      algorithm: 'SHA-256',
    })
  })

  it.each([
    ['', 'none'],
    ['Basic realm="x"', 'another kind'],
    ['Digest realm="x", nonce="y", qop="auth-int", algorithm=SHA-256', 'a protection we do not have'],
    ['Digest realm="x", nonce="y", qop="auth", algorithm=SHA-512-256', 'an algorithm we do not have'],
    ['Digest realm="x", qop="auth"', 'no nonce'],
  ])('%j is %s', (header) => {
    expect(parseDigestChallenge(header)).toBeNull()
  })
})

describe('a login', () => {
  const question = { user: 'Mufasa', password: 'Circle of Life', method: 'GET', uri: '/dir/index.html' }

  it('answers nothing before it was asked', () => {
    expect(new DigestLogin((length) => new Uint8Array(length)).answer(question)).toBeNull()
  })

  it('counts how often it answers one nonce, and spells the algorithm as it was', () => {
    const login = new DigestLogin((length) => new Uint8Array(length).fill(7))
    expect(login.challenge(CHALLENGE)).toBe(true)
    const first = login.answer(question)!
    const second = login.answer(question)!
    expect(first).toContain('algorithm=SHA-256')
    expect(first).toContain('nc=00000001')
    expect(second).toContain('nc=00000002')
    const response = (text: string): string => /response="([0-9a-f]+)"/.exec(text)![1]!
    expect(response(first)).toHaveLength(64)
    expect(response(first)).not.toBe(response(second))
    expect(first).not.toContain('Circle')
    login.forget()
    expect(login.answer(question)).toBeNull()
  })
})
