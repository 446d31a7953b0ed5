/** Which implementation of frame sealing this host runs. */
import { type FrameAead } from './aead.ts'
import { nobleAead } from './aead-noble.ts'

/** The fastest implementation this host can run. */
export function selectFrameAead(): FrameAead {
  return nobleAead
}
