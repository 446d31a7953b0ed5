/**
 * A block: several columns sealed with a check sum, as it lies in a blob. Pure. SQLite keeps no check sums of its pages, so
 * a flipped bit would otherwise be read as a measurement. What the columns mean is the affair of who packs them.
 *
 *     +---------+--------------+-------+----------------------------------------+
 *     | version | check sum    | count | count times: length and bytes          |
 *     | 1 byte  | 4 bytes LE   | 1     | varint, then one column (`columns.ts`) |
 *     +---------+--------------+-------+----------------------------------------+
 *
 * version is 1. The check sum is the CRC-32 of zlib over everything behind it. count is 1 to 64.
 */
import { crc32 } from 'node:zlib'
import { err, ok, type Result } from '../../base/index.ts'
import { type ColumnDamage } from './columns.ts'

const VERSION = 1
const HEADER_LENGTH = 6
const MAX_COLUMNS = 64
/** Far above what the longest column takes. */
const MAX_VARINT_BYTES = 4

/**
 * Columns from `encodeColumn` or `encodeFloats` as one block.
 * @throws RangeError for no column or more than 64
 */
export function sealBlock(columns: readonly Uint8Array[]): Uint8Array {
  if (columns.length < 1 || columns.length > MAX_COLUMNS) {
    throw new RangeError(`a block holds 1 to ${MAX_COLUMNS} columns`)
  }
  let room = HEADER_LENGTH
  for (const column of columns) room += MAX_VARINT_BYTES + column.length
  const bytes = new Uint8Array(room)
  bytes[0] = VERSION
  bytes[5] = columns.length
  let at = HEADER_LENGTH
  for (const column of columns) {
    let rest = column.length
    for (; rest >= 128; rest >>>= 7) bytes[at++] = (rest & 127) | 128
    bytes[at++] = rest
    bytes.set(column, at)
    at += column.length
  }
  const sealed = bytes.slice(0, at)
  new DataView(sealed.buffer).setUint32(1, crc32(sealed.subarray(5)), true)
  return sealed
}

/** The columns of a block, as views into it. Never throws; bytes that were not sealed as they are give damage. */
export function openBlock(bytes: Uint8Array): Result<Uint8Array[], ColumnDamage> {
  if (bytes.length < HEADER_LENGTH) return damaged('the block ends early')
  if (bytes[0] !== VERSION) return damaged('a block of a version that this program does not know')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(1, true) !== crc32(bytes.subarray(5))) {
    return damaged('the check sum of the block does not fit its bytes')
  }
  const columns: Uint8Array[] = []
  let at = HEADER_LENGTH
  for (let left = bytes[5]!; left > 0; left--) {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined || shift >= 7 * MAX_VARINT_BYTES) return damaged('the block ends early')
      length |= (byte & 127) << shift
      if (byte < 128) break
    }
    if (at + length > bytes.length) return damaged('the block ends early')
    columns.push(bytes.subarray(at, at + length))
    at += length
  }
  if (columns.length === 0 || at !== bytes.length)
    return damaged('the block does not end where its columns do')
  return ok(columns)
}

function damaged(reason: string): Result<never, ColumnDamage> {
  return err({ kind: 'damaged', reason })
}
