/** What discovery says of an address where somebody answered. */
import { type FamilyId } from '../model/reading.ts'
import { type RigAddress } from '../transport/rig-link.ts'

export type Identified =
  | {
      readonly kind: 'rig'
      readonly address: RigAddress
      readonly family: FamilyId
      readonly make: string | null
      readonly model: string | null
      readonly firmware: string
      readonly firmwareVersion: string | null
      readonly mac: string | null
      readonly serial: string | null
      readonly hostname: string | null
    }
  /** A miner that is not for SHA-256. */
  | {
      readonly kind: 'declined'
      readonly address: RigAddress
      readonly make: string
      readonly because: string
    }
  /** Something that is no miner, or none that is known; `because` for a person. */
  | { readonly kind: 'other'; readonly address: RigAddress; readonly because: string }
