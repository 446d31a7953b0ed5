/**
 * Our own certificate for rigs that connect over TLS or wss: self-signed, ECDSA P-256, made once and kept by its
 * owner. Rigs pin its fingerprint or add the certificate to what they trust; it is no authority for others.
 * Form: RFC 5280. Keys come from WebCrypto, which plain Node (OpenSSL) and Electron (BoringSSL) share.
 */
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
// Not `{ type Time }`, which would load the package with this module.
import type { Time } from 'pkijs'
import { HeadframeError } from '../base/index.ts'
import { parseAddress } from './address-ranges.ts'

export interface SelfSignedOptions {
  /** Names and numeric addresses by which rigs reach this machine; at least one, the first names the certificate. */
  readonly hosts: readonly string[]
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** From now; 10 unless given. Rigs are set up once, and a certificate that runs out stops a farm. */
  readonly validYears?: number
}

export interface SelfSignedCertificate {
  readonly certificatePem: string
  /** PKCS#8, unencrypted: a secret. */
  readonly privateKeyPem: string
  /** SHA-256 of the DER form: 32 pairs of upper-case hex digits with colons between them. */
  readonly fingerprintSha256: string
  /** Epoch milliseconds, whole seconds. */
  readonly notAfterMs: number
}

const DEFAULT_VALID_YEARS = 10
const MS_PER_DAY = 86_400_000
/** Clocks of rigs go wrong by hours; the certificate is valid from the day before. */
const BACKDATED_MS = MS_PER_DAY
const SERIAL_BYTES = 16
/** Later years are written in another form (RFC 5280, 4.1.2.5). */
const LAST_UTC_TIME_YEAR = 2049

/** Object identifiers of RFC 5280 and X.520. */
const OID = {
  commonName: '2.5.4.3',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const
/** Key usage digitalSignature: bit 0, so 7 bits of the byte are unused (RFC 5280, 4.2.1.3). */
const DIGITAL_SIGNATURE = Uint8Array.of(0x80)
/** Kinds of GeneralName (RFC 5280, 4.2.1.6). */
const DNS_NAME = 2
const IP_ADDRESS = 7

/**
 * Makes a key and a certificate over it.
 * @throws HeadframeError `tls/no-hosts` when there is no host to make it out for
 */
export async function createSelfSignedCertificate({
  hosts,
  nowMs,
  validYears = DEFAULT_VALID_YEARS,
}: SelfSignedOptions): Promise<SelfSignedCertificate> {
  const [first] = hosts
  if (first === undefined) {
    throw new HeadframeError(
      'tls/no-hosts',
      'A certificate needs at least one name or address; give the address at which rigs reach this machine.',
    )
  }
  // Loaded only where a certificate is made: a fraction of a second once in years, and no memory otherwise.
  const [asn1, pki] = await Promise.all([import('asn1js'), import('pkijs')])
  const engine = new pki.CryptoEngine({ name: 'webcrypto', crypto: webcrypto })

  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const certificate = new pki.Certificate()
  certificate.version = 2 // v3
  certificate.serialNumber = new asn1.Integer({ valueHex: serialNumber() })
  const name = new pki.AttributeTypeAndValue({
    type: OID.commonName,
    value: new asn1.Utf8String({ value: first }),
  })
  certificate.issuer.typesAndValues.push(name)
  certificate.subject.typesAndValues.push(name)
  const time = (ms: number): Time => {
    // ASN.1 knows no fractions of a second.
    const value = new Date(Math.floor(ms / 1000) * 1000)
    const { UTCTime, GeneralizedTime } = pki.TimeType
    return new pki.Time({
      value,
      type: value.getUTCFullYear() > LAST_UTC_TIME_YEAR ? GeneralizedTime : UTCTime,
    })
  }
  certificate.notBefore = time(nowMs - BACKDATED_MS)
  certificate.notAfter = time(nowMs + validYears * 365.25 * MS_PER_DAY)
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, engine)

  const alternativeNames = new pki.GeneralNames({
    names: hosts.map((host) =>
      isIP(host) === 0
        ? new pki.GeneralName({ type: DNS_NAME, value: host })
        : new pki.GeneralName({
            type: IP_ADDRESS,
            value: new asn1.OctetString({ valueHex: exactBuffer(addressBytes(host)) }),
          }),
    ),
  })
  const extension = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }): void => {
    certificate.extensions ??= []
    certificate.extensions.push(new pki.Extension({ extnID, critical, extnValue: value.toBER() }))
  }
  extension(OID.basicConstraints, true, new pki.BasicConstraints({ cA: false }).toSchema())
  extension(OID.keyUsage, true, new asn1.BitString({ valueHex: DIGITAL_SIGNATURE.buffer, unusedBits: 7 }))
  extension(OID.extKeyUsage, false, new pki.ExtKeyUsage({ keyPurposes: [OID.serverAuth] }).toSchema())
  extension(OID.subjectAltName, false, alternativeNames.toSchema())

  await certificate.sign(keys.privateKey, 'SHA-256', engine)
  const der = Buffer.from(certificate.toSchema(true).toBER())
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    certificatePem: pem('CERTIFICATE', der),
    privateKeyPem: pem('PRIVATE KEY', Buffer.from(privateKey)),
    fingerprintSha256: formatFingerprint(await webcrypto.subtle.digest('SHA-256', der)),
    notAfterMs: certificate.notAfter.value.getTime(),
  }
}

/** Positive and never beginning with a zero byte, which DER would drop (RFC 5280, 4.1.2.2). */
function serialNumber(): ArrayBuffer {
  const bytes = webcrypto.getRandomValues(new Uint8Array(SERIAL_BYTES))
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f)
  return bytes.buffer
}

/** 4 or 16 bytes; an IPv4-mapped address becomes the IPv4 address that clients hold against the certificate. */
function addressBytes(host: string): Uint8Array {
  const bytes = parseAddress(host)
  if (bytes === undefined) throw new Error(`${host} is no address`)
  return bytes
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

function formatFingerprint(digest: ArrayBuffer): string {
  const hex = Buffer.from(digest).toString('hex').toUpperCase()
  return (hex.match(/../g) ?? []).join(':')
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
