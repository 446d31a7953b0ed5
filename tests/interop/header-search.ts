/** Hashing by processor, enough for the low targets of these tests: some hundred thousand headers a second. */
import { hash as hashBytes } from 'node:crypto'
import { encodeHeader, type Header, HEADER_SIZE } from '../../src-main/mining/index.ts'

/** A header whose hash was accepted. */
export interface SolvedHeader {
  readonly nonce: number
  /** 80 bytes. */
  readonly header: Uint8Array
}

/**
 * Tries the nonces of `[firstNonce, firstNonce + count)`.
 * @param accept judges a hash: 32 bytes in header order
 */
export function searchHeader(
  fields: Omit<Header, 'nonce'>,
  firstNonce: number,
  count: number,
  accept: (hash: Uint8Array) => boolean,
): SolvedHeader | undefined {
  const header = encodeHeader({ ...fields, nonce: 0 })
  const view = new DataView(header.buffer, header.byteOffset, HEADER_SIZE)
  for (let nonce = firstNonce; nonce < firstNonce + count; nonce++) {
    view.setUint32(76, nonce, true)
    const hash = hashBytes('sha256', hashBytes('sha256', header, 'buffer'), 'buffer')
    if (accept(hash)) return { nonce, header }
  }
  return undefined
}
