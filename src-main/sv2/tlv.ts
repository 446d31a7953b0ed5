/**
 * TLVs: what negotiated extensions append after a message's last field (Extensions, "TLV"), and the one
 * we use, the worker name of extension 0x0002.
 *
 *   0..1  extension id  U16     2  field id  U8     3..4  length  U16     5..  value
 *
 * The specification's printed example is big endian, its reference implementation reads and writes little
 * endian like everything else. We send little endian and fall back to big endian once when reading.
 */
import { err, HeadframeError, ok, type Result } from '../base/index.ts'
import { decodeError, type DecodeError } from './decode-error.ts'
import { ExtensionId } from './messages/extensions.ts'
import { utf8Length } from './wire-writer.ts'

export interface Tlv {
  readonly extensionId: number
  readonly fieldId: number
  /** At most 65 535 bytes. */
  readonly value: Uint8Array
}

/** Bytes of UTF-8 (extensions/0x0002). */
export const MAX_WORKER_NAME_LENGTH = 32

const TLV_HEADER_LENGTH = 5
const WORKER_NAME_FIELD = 0x01
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The bytes to pass as `trailing` when encoding a message, ordered by extension id; TLVs of one extension
 * keep the order given.
 * @throws HeadframeError `sv2/cannot-encode` if a TLV does not fit its header
 */
export function encodeTlvs(tlvs: readonly Tlv[]): Uint8Array {
  const ordered = [...tlvs].sort((a, b) => a.extensionId - b.extensionId)
  let length = 0
  for (const { value } of ordered) length += TLV_HEADER_LENGTH + value.length
  const bytes = new Uint8Array(length)
  let at = 0
  for (const { extensionId, fieldId, value } of ordered) {
    if (!isUint(extensionId, 0xffff) || !isUint(fieldId, 0xff) || value.length > 0xffff) {
      throw new HeadframeError(
        'sv2/cannot-encode',
        `Cannot send TLV ${extensionId}/${fieldId} of ${value.length} bytes: it does not fit its header. This is a fault of Headframe: please report it with the log.`,
        { context: { extensionId, fieldId, length: value.length } },
      )
    }
    bytes[at] = extensionId
    bytes[at + 1] = extensionId >>> 8
    bytes[at + 2] = fieldId
    bytes[at + 3] = value.length
    bytes[at + 4] = value.length >>> 8
    bytes.set(value, at + TLV_HEADER_LENGTH)
    at += TLV_HEADER_LENGTH + value.length
  }
  return bytes
}

/**
 * The TLVs of negotiated extensions in the bytes after a message's last field. Those of other extensions
 * are left out, and without negotiated extensions the bytes are not looked at.
 * @param trailing as `Decoded.trailing`
 * @param negotiated extension ids this connection agreed on
 */
export function decodeTlvs(
  trailing: Uint8Array,
  negotiated: ReadonlySet<number>,
): Result<readonly Tlv[], DecodeError> {
  if (trailing.length === 0 || negotiated.size === 0) return ok([])
  const isNegotiated = (tlv: Tlv): boolean => negotiated.has(tlv.extensionId)
  const littleEndian = readTlvs(trailing, true)
  if (littleEndian?.every(isNegotiated) === true) return ok(littleEndian)
  const bigEndian = readTlvs(trailing, false)
  if (bigEndian?.every(isNegotiated) === true) return ok(bigEndian)
  const readable = littleEndian ?? bigEndian
  if (readable !== null) return ok(readable.filter(isNegotiated))
  return err(
    decodeError('sv2/tlv-malformed', `The ${trailing.length} bytes after a message are not whole TLVs`, {
      length: trailing.length,
    }),
  )
}

/**
 * The TLV that names the rig behind a SubmitSharesExtended; only where extension 0x0002 is negotiated.
 * @throws HeadframeError `sv2/cannot-encode` if the name is longer than 32 bytes of UTF-8
 */
export function workerNameTlv(workerName: string): Tlv {
  const length = utf8Length(workerName)
  if (length > MAX_WORKER_NAME_LENGTH) {
    throw new HeadframeError(
      'sv2/cannot-encode',
      `Cannot send a worker name of ${length} bytes: the limit is ${MAX_WORKER_NAME_LENGTH}. This is a fault of Headframe: please report it with the log.`,
      { context: { length, maxLength: MAX_WORKER_NAME_LENGTH } },
    )
  }
  return {
    extensionId: ExtensionId.workerHashrate,
    fieldId: WORKER_NAME_FIELD,
    value: new TextEncoder().encode(workerName),
  }
}

/** The worker name among decoded TLVs; null if there is none or it is longer than 32 bytes. */
export function findWorkerName(tlvs: readonly Tlv[]): string | null {
  const found = tlvs.find(
    (tlv) => tlv.extensionId === ExtensionId.workerHashrate && tlv.fieldId === WORKER_NAME_FIELD,
  )
  if (found === undefined || found.value.length > MAX_WORKER_NAME_LENGTH) return null
  return utf8Decoder.decode(found.value)
}

/** All TLVs in one byte order, or null if the last one is cut. */
function readTlvs(bytes: Uint8Array, littleEndian: boolean): Tlv[] | null {
  const tlvs: Tlv[] = []
  const u16 = (at: number): number =>
    littleEndian ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!
  let at = 0
  while (at < bytes.length) {
    if (at + TLV_HEADER_LENGTH > bytes.length) return null
    const start = at + TLV_HEADER_LENGTH
    const end = start + u16(at + 3)
    if (end > bytes.length) return null
    tlvs.push({ extensionId: u16(at), fieldId: bytes[at + 2]!, value: bytes.slice(start, end) })
    at = end
  }
  return tlvs
}

const isUint = (value: number, max: number): boolean => Number.isInteger(value) && value >= 0 && value <= max
