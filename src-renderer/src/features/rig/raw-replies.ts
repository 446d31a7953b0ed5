/** A rig's raw replies as text for reading, and as a file for whoever helps. Secrets were masked by the core. Pure. */
import type { RigDetail, RigRawReplies } from '@contract'

export type RawReply = RigRawReplies['replies'][number]

/** Indented where it is JSON; as it came where not. */
export function prettyReply(text: string): { text: string; isJson: boolean } {
  try {
    return { text: JSON.stringify(JSON.parse(text), null, 2), isJson: true }
  } catch {
    return { text, isJson: false }
  }
}

/**
 * What a helper needs to see why a rig is read wrongly: what it is, what went wrong, what it answered. No names, notes,
 * places, pools or accounts of the person.
 */
export function supportBundle(
  detail: RigDetail,
  replies: readonly RawReply[],
  from: { version: string | null; at: number },
): string {
  const { rig } = detail
  const { family, make, model, firmware, firmwareVersion, state, freshness, login } = rig
  const bundle = {
    kind: 'headframe-rig-support',
    headframeVersion: from.version,
    madeAt: new Date(from.at).toISOString(),
    rig: {
      family,
      make,
      model,
      firmware,
      firmwareVersion,
      apiVersion: detail.apiVersion,
      controlBoard: detail.controlBoard,
      state,
      freshness,
      login,
    },
    problem: rig.problem && { code: rig.problem.code, message: rig.problem.message },
    errors: detail.errors.map(({ code, text, severity, component }) => ({ code, text, severity, component })),
    unread: detail.unread,
    replies: replies.map(({ request, at, text, bytes, repaired }) => ({
      request,
      at: new Date(at).toISOString(),
      bytes,
      repaired,
      text,
    })),
  }
  return `${JSON.stringify(bundle, null, 2)}\n`
}

/** `headframe-rig-antminer-s21-2026-11-22.json`. */
export function bundleFileName(detail: RigDetail, at: number): string {
  const { make, model, familyName } = detail.rig
  const kind = [make, model].filter(Boolean).join('-') || familyName
  const plain = kind
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return `headframe-rig-${plain}-${new Date(at).toISOString().slice(0, 10)}.json`
}
