/** What a connection speaks and what carries it, in few words: `Stratum V2 · WebSocket`. */
import type { Downstream, RigProtocol, RigTransport } from '@contract'

const CARRIERS: Record<RigTransport, string> = {
  tcp: '',
  tls: 'TLS',
  ws: 'WebSocket',
  wss: 'WebSocket, TLS',
  usb: 'USB',
}
const SHORT_CARRIERS: Record<RigTransport, string> = { tcp: '', tls: 'TLS', ws: 'WS', wss: 'WSS', usb: 'USB' }

/** `Stratum V1 · TLS`. Plain TCP is the usual and not named; a device on our own ports speaks no protocol: `USB`. */
export function linkLabel(protocol: RigProtocol, transport: RigTransport): string {
  if (protocol === 'device') return CARRIERS[transport]
  const name = protocol === 'stratum-v2' ? 'Stratum V2' : 'Stratum V1'
  return transport === 'tcp' ? name : `${name} · ${CARRIERS[transport]}`
}

/** `V1 · TLS`, for narrow columns. */
export function shortLinkLabel(protocol: RigProtocol, transport: RigTransport): string {
  if (protocol === 'device') return SHORT_CARRIERS[transport]
  const name = protocol === 'stratum-v2' ? 'V2' : 'V1'
  return transport === 'tcp' ? name : `${name} · ${SHORT_CARRIERS[transport]}`
}

/** Stratum V2 is encrypted over whatever carries it. */
export function isEncrypted(protocol: RigProtocol, transport: RigTransport): boolean {
  return protocol === 'stratum-v2' || transport === 'tls' || transport === 'wss'
}

export function channelKindWording(
  kind: Downstream['channelKind'],
): { label: string; meaning: string } | null {
  if (kind === null) return null
  return kind === 'standard'
    ? {
        label: 'standard',
        meaning: 'The rig is sent finished headers to search: the least to do for it, and the fewest bytes.',
      }
    : {
        label: 'extended',
        meaning: 'The rig builds its own headers, which gives it as much to search as it can use.',
      }
}
