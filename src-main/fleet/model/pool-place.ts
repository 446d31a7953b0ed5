/** Where the URL of a pool leads, however a rig spells it. Pure. */

/** Host in lower case and port of a pool URL as rigs spell them, with or without scheme and path; null if unreadable. */
export function poolPlace(url: string): { readonly host: string; readonly port: number | null } | null {
  const match = /^(?:[a-z0-9+.-]+:\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#\s]+)(?::(\d{1,5}))?(?:[/?#]|$)/i.exec(
    url.trim(),
  )
  if (match?.[1] === undefined) return null
  const host = match[1].replace(/^\[|\]$/g, '').toLowerCase()
  return { host, port: match[2] === undefined ? null : Number(match[2]) }
}

/** Whether two URLs lead to the same port of the same host; a missing port fits any. */
export function samePlace(a: string, b: string): boolean {
  const [one, two] = [poolPlace(a), poolPlace(b)]
  if (one === null || two === null || one.host !== two.host) return false
  return one.port === null || two.port === null || one.port === two.port
}
