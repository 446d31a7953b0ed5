/**
 * Recognises what else answers on a wrong port, so that the error can name it. Handshake bytes look
 * random: what is recognised here comes about by chance less than once in 2^40 handshakes. Pure.
 */

/** Bytes of text to see before anything is called text. */
const TEXT_LENGTH = 24
const HTTP_START = /^(HTTP\/1|GET |POST |PUT |HEAD |OPTIONS )/

/** What `bytes`, the first of a connection, are instead of a handshake; undefined if not recognised. */
export function recognizeForeignProtocol(bytes: Uint8Array): string | undefined {
  if (isTlsRecord(bytes)) return 'TLS'
  if (bytes.length < TEXT_LENGTH) return undefined
  let text = ''
  for (const byte of bytes.subarray(0, TEXT_LENGTH)) {
    if (!isPrintable(byte)) return undefined
    text += String.fromCharCode(byte)
  }
  if (HTTP_START.test(text)) return 'HTTP'
  return /^\s*\{/.test(text) ? 'Stratum V1 (JSON lines)' : 'plain text'
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

/** A client hello, or the alert that a TLS server sends when it did not get one. */
function isTlsRecord(bytes: Uint8Array): boolean {
  if (bytes.length < 7 || bytes[1] !== 3 || bytes[2]! > 4) return false
  const isAlert = bytes[0] === 0x15 && bytes[3] === 0 && bytes[4] === 2 && (bytes[5] === 1 || bytes[5] === 2)
  const isClientHello =
    bytes[0] === 0x16 && bytes[5] === 1 && bytes[6] === 0 && ((bytes[3]! << 8) | bytes[4]!) <= 0x4000
  return isAlert || isClientHello
}
