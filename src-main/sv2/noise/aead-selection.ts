/** Which implementation of frame sealing this thread runs. */
import { type FrameAead } from './aead.ts'
import { createKernelAead } from './aead-kernel.ts'
import { nobleAead } from './aead-noble.ts'

let selected: FrameAead | undefined

/** The fastest implementation this host can run; made when first asked for, one a thread. */
export function selectFrameAead(): FrameAead {
  selected ??= createKernelAead() ?? nobleAead
  return selected
}
