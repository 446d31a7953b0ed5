/**
 * The Poly1305 tag of an AEAD block without associated data (RFC 8439, 2.5 and 2.8). AssemblyScript.
 * Numbers modulo 2^130 - 5 are five limbs of 26 bits. Branches depend on lengths only.
 */

const LIMB_MASK: u64 = 0x3ffffff

/**
 * Writes the 16-byte tag of `length` ciphertext bytes at `data`, under the 32-byte one-time key at `key`, to
 * `tag`. Reads up to 15 bytes behind the ciphertext and ignores them; `tag` may lie there.
 */
export function authenticate(key: usize, data: usize, length: usize, tag: usize): void {
  const keyLow = load<u64>(key)
  const keyHigh = load<u64>(key, 8)
  // r, clamped.
  const r0 = keyLow & 0x3ffffff
  const r1 = (keyLow >> 26) & 0x3ffff03
  const r2 = ((keyLow >> 52) | (keyHigh << 12)) & 0x3ffc0ff
  const r3 = (keyHigh >> 14) & 0x3f03fff
  const r4 = (keyHigh >> 40) & 0x00fffff
  const s1 = r1 * 5
  const s2 = r2 * 5
  const s3 = r3 * 5
  const s4 = r4 * 5
  let h0: u64 = 0
  let h1: u64 = 0
  let h2: u64 = 0
  let h3: u64 = 0
  let h4: u64 = 0

  let remaining = length
  let done = false
  do {
    let low: u64
    let high: u64
    if (remaining >= 16) {
      low = load<u64>(data)
      high = load<u64>(data, 8)
      data += 16
      remaining -= 16
    } else if (remaining > 0) {
      // The last block, padded with zeros.
      low = load<u64>(data)
      high = load<u64>(data, 8)
      if (remaining < 8) {
        low &= ((<u64>1) << (<u64>remaining * 8)) - 1
        high = 0
      } else {
        high &= ((<u64>1) << (<u64>remaining * 8 - 64)) - 1
      }
      remaining = 0
    } else {
      // The lengths: no associated data, then the ciphertext.
      low = 0
      high = <u64>length
      done = true
    }

    // h = (h + block) * r
    h0 += low & LIMB_MASK
    h1 += (low >> 26) & LIMB_MASK
    h2 += ((low >> 52) | (high << 12)) & LIMB_MASK
    h3 += (high >> 14) & LIMB_MASK
    h4 += (high >> 40) | (1 << 24)
    let d0 = h0 * r0 + h1 * s4 + h2 * s3 + h3 * s2 + h4 * s1
    let d1 = h0 * r1 + h1 * r0 + h2 * s4 + h3 * s3 + h4 * s2
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s4 + h4 * s3
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s4
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0

    // Carries in two chains side by side; a limb may keep one bit too many.
    d1 += d0 >> 26
    d4 += d3 >> 26
    d0 &= LIMB_MASK
    d3 &= LIMB_MASK
    d2 += d1 >> 26
    d0 += (d4 >> 26) * 5
    h1 = d1 & LIMB_MASK
    h4 = d4 & LIMB_MASK
    d3 += d2 >> 26
    h2 = d2 & LIMB_MASK
    h1 += d0 >> 26
    h0 = d0 & LIMB_MASK
    h4 += d3 >> 26
    h3 = d3 & LIMB_MASK
  } while (!done)

  // All carries. The first round may leave 2^26 in any limb, for instance after 2^130 - 1.
  h2 += h1 >> 26
  h1 &= LIMB_MASK
  h3 += h2 >> 26
  h2 &= LIMB_MASK
  h4 += h3 >> 26
  h3 &= LIMB_MASK
  h0 += (h4 >> 26) * 5
  h4 &= LIMB_MASK
  h1 += h0 >> 26
  h0 &= LIMB_MASK
  h2 += h1 >> 26
  h1 &= LIMB_MASK
  h3 += h2 >> 26
  h2 &= LIMB_MASK
  h4 += h3 >> 26
  h3 &= LIMB_MASK

  // g = h - p; h is g unless that is negative.
  let g0 = h0 + 5
  let g1 = h1 + (g0 >> 26)
  let g2 = h2 + (g1 >> 26)
  let g3 = h3 + (g2 >> 26)
  const g4 = h4 + (g3 >> 26) - (1 << 26)
  const keep = <u64>((<i64>g4) >> 63)
  h0 = (h0 & keep) | (g0 & LIMB_MASK & ~keep)
  h1 = (h1 & keep) | (g1 & LIMB_MASK & ~keep)
  h2 = (h2 & keep) | (g2 & LIMB_MASK & ~keep)
  h3 = (h3 & keep) | (g3 & LIMB_MASK & ~keep)
  h4 = (h4 & keep) | (g4 & ~keep)

  // tag = (h + s) mod 2^128
  const hashLow = h0 | (h1 << 26) | (h2 << 52)
  const hashHigh = (h2 >> 12) | (h3 << 14) | (h4 << 40)
  const tagLow = hashLow + load<u64>(key, 16)
  const carry: u64 = tagLow < hashLow ? 1 : 0
  const tagHigh = hashHigh + load<u64>(key, 24) + carry
  store<u64>(tag, tagLow)
  store<u64>(tag, tagHigh, 8)
}

/** Whether 16 bytes agree; takes the same time wherever they differ. */
@inline
export function sameTag(a: usize, b: usize): bool {
  return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8))) === 0
}
