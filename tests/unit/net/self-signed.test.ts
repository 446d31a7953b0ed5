import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSelfSignedCertificate, type SelfSignedCertificate } from '../../../src-main/net/index.ts'

const NOW_MS = Date.UTC(2030, 0, 1, 12, 0, 0, 250)
const DAY_MS = 86_400_000

function make(hosts: readonly string[], validYears?: number): Promise<SelfSignedCertificate> {
  return createSelfSignedCertificate({
    hosts,
    nowMs: NOW_MS,
    ...(validYears === undefined ? {} : { validYears }),
  })
}

describe('self-signed certificate', () => {
  it('is made out for every name and address and for nothing else', async () => {
    const { certificatePem } = await make(['headframe.local', '192.168.1.10', 'fd00::10'])
    const certificate = new X509Certificate(certificatePem)
    expect(certificate.checkHost('headframe.local')).toBe('headframe.local')
    expect(certificate.checkHost('other.local')).toBeUndefined()
    expect(certificate.checkIP('192.168.1.10')).toBe('192.168.1.10')
    expect(certificate.checkIP('fd00::10')).toBe('fd00::10')
    expect(certificate.checkIP('192.168.1.11')).toBeUndefined()
  })

  it('is signed with its own key, which is P-256, and is no authority for others', async () => {
    const { certificatePem, privateKeyPem } = await make(['headframe.local'])
    const certificate = new X509Certificate(certificatePem)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true)
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(certificate.ca).toBe(false)
    expect([certificate.subject, certificate.issuer]).toEqual(['CN=headframe.local', 'CN=headframe.local'])
  })

  it('is known by the SHA-256 of its DER form, in pairs with colons', async () => {
    const { certificatePem, fingerprintSha256 } = await make(['headframe.local'])
    const certificate = new X509Certificate(certificatePem)
    expect(fingerprintSha256).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    expect(fingerprintSha256).toBe(certificate.fingerprint256)
    expect(fingerprintSha256.replaceAll(':', '').toLowerCase()).toBe(
      createHash('sha256').update(certificate.raw).digest('hex'),
    )
  })

  it('is valid from the day before, so that a rig whose clock is slow believes it, and for ten years', async () => {
    const { certificatePem, notAfterMs } = await make(['headframe.local'])
    const certificate = new X509Certificate(certificatePem)
    expect(certificate.validFromDate.getTime()).toBe(NOW_MS - 250 - DAY_MS)
    expect(certificate.validToDate.getTime()).toBe(notAfterMs)
    expect(Math.round((notAfterMs - NOW_MS) / DAY_MS / 365.25)).toBe(10)
  })

  it('is valid as long as asked, also beyond 2049 where its dates are written otherwise', async () => {
    const { certificatePem, notAfterMs } = await make(['headframe.local'], 40)
    expect(new Date(notAfterMs).getUTCFullYear()).toBe(2070)
    expect(new X509Certificate(certificatePem).validToDate.getTime()).toBe(notAfterMs)
  })

  it('is another one each time', async () => {
    const [one, two] = await Promise.all([make(['headframe.local']), make(['headframe.local'])])
    expect(one.fingerprintSha256).not.toBe(two.fingerprintSha256)
    expect(new X509Certificate(one.certificatePem).serialNumber).not.toBe(
      new X509Certificate(two.certificatePem).serialNumber,
    )
  })

  it('is refused without a host, saying what to give', async () => {
    await expect(make([])).rejects.toMatchObject({
      code: 'tls/no-hosts',
      message: expect.stringContaining('at least one name or address') as unknown,
    })
  })
})
