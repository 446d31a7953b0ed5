/** The kernel for machines with 128-bit vectors: groups of four, and single lanes for what is left over. */
import { group, single } from './dialects.mjs'
import { buildKernel } from './kernel.mjs'

export const generate = () => buildKernel([group, single])
