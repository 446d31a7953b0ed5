/** Traffic in words: directions, kinds of records, and the other protocol's name. */
import type { AuditRecord, PoolProtocol } from '@contract'

type Side = 'upstream' | 'downstream'
type Direction = 'in' | 'out'

export function sideLabel(side: Side): string {
  return side === 'upstream' ? 'To pools' : 'From rigs'
}

/** Who spoke, seen from here: `from the pool`, `to the rig`. */
export function directionLabel(side: Side, direction: Direction): string {
  return `${direction === 'in' ? 'from' : 'to'} the ${side === 'upstream' ? 'pool' : 'rig'}`
}

/** The same for both sides at once. */
export function plainDirectionLabel(direction: Direction): string {
  return direction === 'in' ? 'received' : 'sent'
}

export function protocolName(protocol: PoolProtocol): string {
  return protocol === 'stratum-v2' ? 'Stratum V2' : 'Stratum V1'
}

export function otherProtocol(protocol: PoolProtocol): PoolProtocol {
  return protocol === 'stratum-v2' ? 'stratum-v1' : 'stratum-v2'
}

type AuditKind = AuditRecord['kind']

export const AUDIT_KINDS: readonly { value: AuditKind; label: string; meaning: string }[] = [
  { value: 'share', label: 'Shares', meaning: 'Shares that rigs found, and what the pools answered.' },
  { value: 'job', label: 'Jobs', meaning: 'Work, difficulties and new blocks as the pools sent them.' },
  { value: 'session', label: 'Sessions', meaning: 'Connecting, signing in, and the end of connections.' },
  { value: 'other', label: 'Everything else', meaning: 'Messages of no other kind.' },
]

export function auditKindLabel(kind: AuditKind): string {
  return AUDIT_KINDS.find(({ value }) => value === kind)?.label ?? kind
}

/** Hex in groups of bytes, sixteen to a line with their offset: what a hex viewer shows. */
export function hexLines(hex: string, bytesPerLine = 16): { offset: string; bytes: string; text: string }[] {
  const lines: { offset: string; bytes: string; text: string }[] = []
  for (let at = 0; at < hex.length; at += bytesPerLine * 2) {
    const pairs = hex.slice(at, at + bytesPerLine * 2).match(/../g) ?? []
    lines.push({
      offset: (at / 2).toString(16).padStart(4, '0'),
      bytes: pairs.join(' '),
      text: pairs
        .map((pair) => {
          const code = Number.parseInt(pair, 16)
          return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·'
        })
        .join(''),
    })
  }
  return lines
}
