/** An amount as people write it: whole sats, or bitcoin with its name behind it. Pure. */

/** `12,345`, `12345 sats`, `0.00012345 BTC` as whole sats; null for anything else, and for nothing. */
export function readAmount(text: string): number | null {
  const match = /^([\d,.' ]+?)\s*(btc|₿|sats?)?$/i.exec(text.trim())
  if (match === null) return null
  const isBtc = /btc|₿/i.test(match[2] ?? '')
  if (isBtc) {
    const btc = /^(\d{1,8})(?:[.,](\d{1,8}))?$/.exec((match[1] ?? '').trim())
    if (btc === null) return null
    const sats = Number(btc[1]) * 100_000_000 + Number((btc[2] ?? '').padEnd(8, '0'))
    return Number.isSafeInteger(sats) && sats > 0 ? sats : null
  }
  // A point or a comma groups thousands here; anything else with one is not whole.
  if (!/^\d{1,3}(?:[,.' ]\d{3})+$|^\d+$/.test((match[1] ?? '').trim())) return null
  const sats = Number((match[1] ?? '').replace(/\D/g, ''))
  return Number.isSafeInteger(sats) && sats > 0 ? sats : null
}
