/** What a practice rig's firmware speaks: jobs in, finds out. The rig has the socket and the hasher. */
import { type RigFind } from './hashing.ts'
import { type RigWork } from './rig-work.ts'

export interface RigTongueEvents {
  /** @returns false if the connection has ended */
  send(data: string | Uint8Array): boolean
  /** To be hashed instead of what was. */
  onWork(work: RigWork): void
  /** Other version bits may be rolled from now on. */
  onVersionMask(mask: number): void
  onAnswers(accepted: number, rejected: number): void
  /** The conversation is over. */
  close(reason: string): void
}

/** One conversation, from the open socket to its end. */
export interface RigTongue {
  /** Says the first word. */
  start(): void
  receive(bytes: Uint8Array): void
  /** Whether there is a job whose shares count. */
  readonly hasWork: boolean
  /** @returns whether a share was sent; none is for work that counts no more */
  submit(find: RigFind): boolean
  end(): void
}

/** Older jobs that still count; firmware keeps about as many. */
export const JOBS_KEPT = 16
