/** A line of Stratum V1 to a value: what rigs send us, and what pools send us. Never throws. */
import { ok, type Result } from '../base/index.ts'
import { parseEnvelope } from './envelope.ts'
import { type LineFault } from './fault.ts'
import { parsePoolRequest } from './notifications.ts'
import { type PoolMessage } from './pool-message.ts'
import { parseRigRequest } from './requests.ts'
import { type RequestId, type RigMessage } from './rig-message.ts'

/** One line from a rig, without its line end. */
export function parseRigLine(text: string): Result<RigMessage, LineFault> {
  const envelope = parseEnvelope(text)
  if (!envelope.ok) return envelope
  return envelope.value.kind === 'request' ? parseRigRequest(envelope.value) : ok(envelope.value)
}

/** One line from a pool, without its line end. */
export function parsePoolLine(text: string): Result<PoolMessage, LineFault> {
  const envelope = parseEnvelope(text)
  if (!envelope.ok) return envelope
  if (envelope.value.kind === 'request') return parsePoolRequest(envelope.value)
  return ok({ ...envelope.value, id: ownId(envelope.value.id) })
}

/** Our ids are small numbers; some pools send them back as text. */
function ownId(id: RequestId): number | null {
  const digits = /^"?(\d{1,15})"?$/.exec(id)?.[1]
  return digits === undefined ? null : Number(digits)
}
