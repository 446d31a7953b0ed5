import { describe, expect, it } from 'vitest'
import {
  basicAuthorization,
  digestAuthorization,
  findDigestChallenge,
  parseChallenges,
} from '../../../../src-main/fleet/transport/digest-auth.ts'

/** RFC 7616, section 3.9.1. */
const RFC_HEADER = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,
  nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
  Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5,
  nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
const RFC_REQUEST = {
  credentials: { username: 'Mufasa', password: 'Circle of Life' },
  method: 'GET',
  uri: '/dir/index.html',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  nonceCount: 1,
}

describe('digest authentication', () => {
  it('answers the SHA-256 challenge of RFC 7616 as printed there', () => {
    const challenge = findDigestChallenge(RFC_HEADER)
    expect(challenge?.algorithm).toBe('SHA-256')
    const header = digestAuthorization({ challenge: challenge!, ...RFC_REQUEST })
    expect(header).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"')
    expect(header).toContain('qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"')
    expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"')
  })

  it('answers the MD5 challenge of RFC 7616 as printed there', () => {
    const [, second] = parseChallenges(RFC_HEADER)
    expect(second?.parameters['algorithm']).toBe('MD5')
    const challenge = findDigestChallenge(RFC_HEADER.slice(RFC_HEADER.lastIndexOf('Digest')))
    const header = digestAuthorization({ challenge: challenge!, ...RFC_REQUEST })
    expect(header).toContain('response="8ca523f5e9506fed4657c9700eebdbec"')
  })

  it('answers the example of RFC 2617, and without qop in the old form', () => {
    const request = {
      credentials: { username: 'Mufasa', password: 'Circle Of Life' },
      method: 'GET',
      uri: '/dir/index.html',
      cnonce: '0a4f113b',
      nonceCount: 1,
    }
    const header =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    expect(digestAuthorization({ challenge: findDigestChallenge(header)!, ...request })).toContain(
      'response="6629fae49393a05397450978507c4ef1"',
    )
    const old = findDigestChallenge(header.replace('qop="auth,auth-int", ', ''))
    expect(old?.qopAuth).toBe(false)
    const answer = digestAuthorization({ challenge: old!, ...request })
    expect(answer).toContain('response="670fd8c2df070c60b045671b8b24ff02"')
    expect(answer).not.toContain('cnonce')
  })

  it('reads what a stock Antminer asks for', () => {
    const header = 'Digest realm="antMiner Configuration", nonce="0123abcd", qop="auth", algorithm="MD5"'
    expect(findDigestChallenge(header)).toEqual({
      realm: 'antMiner Configuration',
      nonce: '0123abcd',
      opaque: null,
      algorithm: 'MD5',
      qopAuth: true,
    })
  })

  it('answers nothing that it cannot', () => {
    for (const header of [
      '',
      'Basic realm="x"',
      'Digest realm="x", nonce="n", algorithm=SHA-512-256',
      'Digest realm="x", nonce="n", qop="auth-int"',
      'Digest realm="x"',
      '=,=,"',
    ]) {
      expect(findDigestChallenge(header), header).toBeNull()
    }
  })

  it('keeps quotation marks of names apart from those of the header', () => {
    const [challenge] = parseChallenges('Digest realm="a \\"b\\" c", nonce="n"')
    expect(challenge?.parameters['realm']).toBe('a "b" c')
    const header = digestAuthorization({
      ...RFC_REQUEST,
      challenge: { realm: 'r', nonce: 'n', opaque: null, algorithm: 'MD5', qopAuth: true },
      credentials: { username: 'a"b\\', password: '' },
    })
    expect(header).toContain('username="a\\"b\\\\"')
  })

  it('sends Basic as RFC 7617 prints it', () => {
    expect(basicAuthorization({ username: 'Aladdin', password: 'open sesame' })).toBe(
      'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    )
  })
})
