import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  concatBytes,
  type HeadframeError,
  type Result,
  systemEntropy,
  toHex,
} from '../../../../src-main/base/index.ts'
import {
  CERTIFICATE_SLACK_MS,
  certificateDigest,
  decodeCertificate,
  signCertificate,
  verifyCertificate,
} from '../../../../src-main/sv2/noise/certificate.ts'
import { CipherState, nonceOf } from '../../../../src-main/sv2/noise/cipher-state.ts'
import {
  agreeOnSecret,
  decodeEllswift,
  generateEllswiftKeyPair,
} from '../../../../src-main/sv2/noise/ellswift.ts'
import {
  ACT_1_LENGTH,
  ACT_2_LENGTH,
  conclude,
  initiate,
  respond,
} from '../../../../src-main/sv2/noise/handshake.ts'
import { createResponderIdentity } from '../../../../src-main/sv2/noise/responder-identity.ts'
import {
  decryptAndHash,
  initialSymmetricState,
  mixHash,
  mixKey,
  split,
} from '../../../../src-main/sv2/noise/symmetric-state.ts'
import { transcript } from '../../../support/noise-transcript.ts'

const { act1, act2, authority, initiatorEphemeral, responderEphemeral, nowMs } = transcript
const verification = { authorityKey: authority.publicKey, nowMs }

function valueOf<T>(result: Result<T, HeadframeError>): T {
  if (!result.ok) throw result.error
  return result.value
}

function errorOf<T>(result: Result<T, HeadframeError>): HeadframeError {
  if (result.ok) throw new Error('was accepted')
  return result.error
}

/** The responder's static key as the initiator decrypts it: its encoding appears nowhere in clear. */
function staticKeyPair() {
  const { state } = initiate(initiatorEphemeral)
  const afterEe = mixKey(
    mixHash(state.symmetric, act2.subarray(0, 64)),
    agreeOnSecret({
      secretKey: initiatorEphemeral.secretKey,
      ours: initiatorEphemeral.encoded,
      theirs: act2.subarray(0, 64),
      initiating: true,
    }),
  )
  const opened = decryptAndHash(afterEe, act2.subarray(64, 144))
  if (opened === undefined) throw new Error('the transcript does not decrypt')
  return { secretKey: transcript.responderStaticSecret, encoded: opened.plain, afterEe, opened }
}

describe('the handshake transcript', () => {
  it('starts from the protocol name and an empty prologue', () => {
    const state = initialSymmetricState()
    expect(toHex(state.chainingKey)).toBe('2eb47881208e9eee1f669f67c66ee70ea9ea88090d503fe830dc4bc83e29bf10')
    expect(toHex(state.hash)).toBe('922fa32e4f487c0d59caa3bed7899ce3d98db7e13dbd3b7cf2d23dd433dc6104')
  })

  it('has acts of 64 and 234 bytes', () => {
    expect([ACT_1_LENGTH, ACT_2_LENGTH, act2.length]).toEqual([64, 234, 234])
  })

  it('agrees in every value on the way', () => {
    const first = initiate(initiatorEphemeral)
    expect(toHex(first.act1)).toBe(toHex(act1))
    expect(toHex(first.state.symmetric.hash)).toBe(transcript.hashAfterAct1)

    const ee = { ours: act1, theirs: responderEphemeral.encoded, secretKey: initiatorEphemeral.secretKey }
    expect(toHex(agreeOnSecret({ ...ee, initiating: true }))).toBe(transcript.secretEe)

    const { afterEe, opened, encoded } = staticKeyPair()
    expect(toHex(afterEe.chainingKey)).toBe(transcript.chainingKeyAfterEe)
    expect(toHex(afterEe.key!)).toBe(transcript.keyAfterEe)
    expect(toHex(decodeEllswift(encoded))).toBe(transcript.staticXOnly)

    const secretEs = agreeOnSecret({ ...ee, theirs: encoded, initiating: true })
    expect(toHex(secretEs)).toBe(transcript.secretEs)
    const es = { secretKey: transcript.responderStaticSecret, ours: encoded, theirs: act1 }
    expect(toHex(agreeOnSecret({ ...es, initiating: false }))).toBe(transcript.secretEs)

    const afterEs = mixKey(opened.state, secretEs)
    expect(toHex(afterEs.chainingKey)).toBe(transcript.chainingKeyAfterEs)
    expect(toHex(afterEs.key!)).toBe(transcript.keyAfterEs)
    const certificate = decryptAndHash(afterEs, act2.subarray(144))!
    expect(toHex(certificate.plain)).toBe(toHex(transcript.certificate))
    expect(toHex(certificate.state.hash)).toBe(transcript.hashFinal)
    const keys = split(certificate.state)
    expect(toHex(keys.initiatorKey)).toBe(transcript.initiatorKey)
    expect(toHex(keys.responderKey)).toBe(transcript.responderKey)
  })

  it('is what our responder sends', () => {
    const certificate = transcript.certificate
    const made = respond(act1, responderEphemeral, { staticKeyPair: staticKeyPair(), certificate })
    expect(toHex(made.act2)).toBe(toHex(act2))
    expect(toHex(made.outcome.hash)).toBe(transcript.hashFinal)
    expect(toHex(made.outcome.initiatorKey)).toBe(transcript.initiatorKey)
    expect(toHex(made.outcome.responderKey)).toBe(transcript.responderKey)
  })

  it('is what our initiator accepts', () => {
    const outcome = valueOf(conclude(initiate(initiatorEphemeral).state, act2, verification))
    expect(toHex(outcome.hash)).toBe(transcript.hashFinal)
    expect(toHex(outcome.initiatorKey)).toBe(transcript.initiatorKey)
    expect(toHex(outcome.responderKey)).toBe(transcript.responderKey)
    expect(toHex(outcome.responderStaticKey)).toBe(transcript.staticXOnly)
    expect(outcome.certificate).toEqual({
      version: 0,
      validFromMs: transcript.validFromMs,
      notValidAfterMs: transcript.notValidAfterMs,
    })
  })
})

describe('the certificate', () => {
  const staticKey = decodeEllswift(staticKeyPair().encoded)
  const check = { certificate: transcript.certificate, staticKey, authorityKey: authority.publicKey, nowMs }

  it('is signed as in the transcript', () => {
    expect(toHex(certificateDigest(transcript.certificate, staticKey))).toBe(transcript.certificateDigest)
    const made = signCertificate({
      authoritySecretKey: authority.secretKey,
      staticKey,
      validFromMs: transcript.validFromMs,
      notValidAfterMs: transcript.notValidAfterMs,
      randomness: new Uint8Array(32),
    })
    expect(toHex(made)).toBe(toHex(transcript.certificate))
  })

  it('is accepted while it is valid, with some minutes of slack at both ends', () => {
    for (const moment of [
      transcript.validFromMs - CERTIFICATE_SLACK_MS,
      nowMs,
      transcript.notValidAfterMs + CERTIFICATE_SLACK_MS,
    ]) {
      expect(verifyCertificate({ ...check, nowMs: moment }).ok).toBe(true)
    }
  })

  it('is refused before and after, with a message about the clock', () => {
    const early = errorOf(
      verifyCertificate({ ...check, nowMs: transcript.validFromMs - CERTIFICATE_SLACK_MS - 1 }),
    )
    expect(early.code).toBe('noise/certificate-not-yet-valid')
    expect(early.message).toMatch(/valid from 2023-11-14 22:13:20 UTC.*Check this machine's clock/)
    const late = errorOf(
      verifyCertificate({ ...check, nowMs: transcript.notValidAfterMs + CERTIFICATE_SLACK_MS + 1 }),
    )
    expect(late.code).toBe('noise/certificate-expired')
    expect(late.message).toMatch(/expired on 2023-11-14 23:13:20 UTC.*set this machine's clock/)
  })

  it('is refused if any of its bytes, the static key or the authority key is another', () => {
    for (let i = 0; i < transcript.certificate.length; i++) {
      const certificate = transcript.certificate.slice()
      certificate[i]! ^= 1
      expect(errorOf(verifyCertificate({ ...check, certificate })).code).toBe('noise/authority-key-mismatch')
    }
    const other = decodeEllswift(new Uint8Array(64).fill(9))
    for (const change of [{ staticKey: other }, { authorityKey: other }]) {
      const error = errorOf(verifyCertificate({ ...check, ...change }))
      expect(error.code).toBe('noise/authority-key-mismatch')
      expect(error.message).toMatch(/Compare the key/)
    }
  })

  it('has its signature judged before its dates', () => {
    const authorityKey = decodeEllswift(new Uint8Array(64).fill(9))
    const error = errorOf(verifyCertificate({ ...check, authorityKey, nowMs: 0 }))
    expect(error.code).toBe('noise/authority-key-mismatch')
  })
})

describe('an initiator', () => {
  it('refuses an act 2 in which any byte was changed', () => {
    const { state } = initiate(initiatorEphemeral)
    for (let i = 0; i < act2.length; i++) {
      const damaged = act2.slice()
      damaged[i]! ^= 0x40
      expect(errorOf(conclude(state, damaged, verification)).code).toBe('noise/handshake-failed')
    }
  })

  it('refuses random bytes without throwing', () => {
    const { state } = initiate(initiatorEphemeral)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 234, maxLength: 234 }), (garbage) => {
        expect(errorOf(conclude(state, garbage, verification)).message).toMatch(/Check that host and port/)
      }),
      { numRuns: 10 },
    )
  })

  it('skips the certificate only when told not to verify', () => {
    const { state } = initiate(initiatorEphemeral)
    expect(conclude(state, act2, { authorityKey: null, nowMs: 0 }).ok).toBe(true)
    expect(conclude(state, act2, { ...verification, nowMs: 0 }).ok).toBe(false)
  })
})

describe('a responder identity', () => {
  const atMs = 1_750_000_000_000

  it('convinces an initiator, with fresh keys on both sides', () => {
    const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => atMs })
    expect(identity.authorityKey).toBe(authority.publicKey)
    const first = initiate(generateEllswiftKeyPair(systemEntropy))
    const second = respond(first.act1, generateEllswiftKeyPair(systemEntropy), identity.credentials())
    const outcome = valueOf(
      conclude(first.state, second.act2, { authorityKey: identity.authorityKey, nowMs: atMs }),
    )
    expect(outcome).toEqual(second.outcome)
  })

  it('backdates its certificate, for rigs whose clock is slow (sv2-apps 110, stratum 2015)', () => {
    const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => atMs })
    const { validFromMs, notValidAfterMs } = decodeCertificate(identity.credentials().certificate)
    expect(validFromMs).toBeLessThanOrEqual(atMs - 60_000)
    expect(notValidAfterMs).toBeGreaterThanOrEqual(atMs + 3_600_000)
  })

  it('keeps its static key for some minutes, then makes another', () => {
    let now = atMs
    const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => now })
    const first = identity.credentials()
    now += 9 * 60_000
    expect(identity.credentials()).toBe(first)
    now += 60_000
    expect(identity.credentials()).not.toBe(first)
  })

  it('makes another when the clock was set back, so that the certificate is not of the future', () => {
    let now = atMs
    const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => now })
    identity.credentials()
    now -= 86_400_000
    expect(decodeCertificate(identity.credentials().certificate).validFromMs).toBeLessThan(now)
  })
})

describe('a cipher state', () => {
  const key = new Uint8Array(32).fill(5)
  const ad = new Uint8Array(32).fill(6)
  const plain = Uint8Array.of(1, 2, 3)

  it('writes the counter little endian after four zero bytes', () => {
    expect(toHex(nonceOf(1))).toBe('000000000100000000000000')
    expect(toHex(nonceOf(0x1f_0203_0405_0607))).toBe('00000000070605040302' + '1f00')
  })

  it('counts every message and opens them in order', () => {
    const sender = new CipherState(key)
    const receiver = new CipherState(key)
    for (let i = 0; i < 3; i++) {
      expect(receiver.decryptWithAd(ad, sender.encryptWithAd(ad, plain))).toEqual(plain)
      expect([sender.counter, receiver.counter]).toEqual([i + 1, i + 1])
    }
  })

  it('does not advance when a message is not authentic, too short or out of order', () => {
    const sender = new CipherState(key)
    const receiver = new CipherState(key)
    const first = sender.encryptWithAd(ad, plain)
    const second = sender.encryptWithAd(ad, plain)
    for (const bad of [second, first.slice(1), new Uint8Array(3), concatBytes(first, plain)]) {
      expect(receiver.decryptWithAd(ad, bad)).toBeUndefined()
      expect(receiver.counter).toBe(0)
    }
    expect(receiver.decryptWithAd(plain, first)).toBeUndefined()
    expect(receiver.decryptWithAd(ad, first)).toEqual(plain)
  })

  it('refuses to use a nonce it cannot count exactly', () => {
    const cipher = new CipherState(key, Number.MAX_SAFE_INTEGER - 1)
    cipher.encryptWithAd(ad, plain)
    expect(() => cipher.encryptWithAd(ad, plain)).toThrow(/Connect again/)
  })
})
