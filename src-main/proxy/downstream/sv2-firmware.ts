/**
 * What is known of the firmware at the other end of an SV2 connection, and what it cannot take. From its sources, not
 * from the specification (reference, "Limits in real SV2 firmware").
 */
import { type SetupConnection } from '../../sv2/index.ts'

export interface FirmwareLimits {
  /** Bytes of a message's payload. */
  readonly maxPayloadLength: number
  readonly maxMerkleNodes: number
  /** Whether it takes another extranonce prefix for a channel that is open. */
  readonly takesNewPrefix: boolean
}

/** A proxy, or firmware that keeps to the specification. */
const NO_LIMITS: FirmwareLimits = {
  maxPayloadLength: Infinity,
  maxMerkleNodes: Infinity,
  takesNewPrefix: true,
}
/** ESP-Miner and what was made of it: a frame must fit its one buffer, and SetExtranoncePrefix is passed over. */
const ESP_LIMITS: FirmwareLimits = { maxPayloadLength: 8192, maxMerkleNodes: 20, takesNewPrefix: false }

const ESP_FAMILY = /bitaxe|esp-?miner|axeos|nerd|octaxe/i
/** Characters of an agent that are kept. */
const AGENT_LENGTH = 120

/** What the peer calls itself, in one text: vendor, hardware, firmware. Null if it says nothing. */
export function agentOf({ vendor, hardwareVersion, firmware }: SetupConnection): string | null {
  const text = [vendor, hardwareVersion, firmware].filter((part) => part.trim() !== '').join(' ')
  return text === '' ? null : text.slice(0, AGENT_LENGTH)
}

/** @param agent as `agentOf` gives it */
export function limitsOf(agent: string | null): FirmwareLimits {
  return agent !== null && ESP_FAMILY.test(agent) ? ESP_LIMITS : NO_LIMITS
}

/** What keeps a job from being sent to such firmware, as a sentence; null if nothing does. */
export function tooLargeFor(
  limits: FirmwareLimits,
  job: { readonly payloadLength: number; readonly merkleNodes: number },
): string | null {
  if (job.payloadLength > limits.maxPayloadLength) {
    return `the job has ${job.payloadLength} bytes where this firmware takes ${limits.maxPayloadLength}`
  }
  if (job.merkleNodes > limits.maxMerkleNodes) {
    return `the job has ${job.merkleNodes} merkle nodes where this firmware takes ${limits.maxMerkleNodes}`
  }
  return null
}
