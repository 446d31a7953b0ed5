/** Long technical text made to fit: hashes, addresses, URLs. */

/** The ends of a long hex text: `00000000…a1b2c3d4`. Text that fits anyway is left whole. */
export function shortenMiddle(text: string, keep = 8): string {
  return text.length <= keep * 2 + 1 ? text : `${text.slice(0, keep)}…${text.slice(-keep)}`
}

/** Host and port of a pool URL, for places too narrow for the whole; the text itself if it is no URL. */
export function poolHost(url: string): string {
  const match = /^[a-z0-9+.-]+:\/\/(?:[^@/]*@)?([^/#?]+)/i.exec(url)
  return match?.[1] ?? url
}
