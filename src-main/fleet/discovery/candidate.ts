/** Addresses that were told to us instead of tried: announcements, report buttons. Interfaces only. */
import { type HeadframeError, type Result } from '../../base/index.ts'
import { type RigAddress } from '../transport/rig-link.ts'

/** Hearsay: identified like every other address before it counts. */
export interface Candidate {
  readonly address: RigAddress
  /** Lower-case colon form; null where it was not told. */
  readonly mac: string | null
}

export interface Listening {
  /** Frees its sockets. Harmless when repeated; never rejects. */
  stop(): Promise<void>
}

export interface CandidateSource {
  /**
   * Listens until stopped. That its port is taken or refused is a value: the rest of a search goes on without it.
   * Never rejects.
   */
  open(onCandidate: (candidate: Candidate) => void): Promise<Result<Listening, HeadframeError>>
}
