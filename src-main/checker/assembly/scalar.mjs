/** The kernel for engines without vectors. */
import { single } from './dialects.mjs'
import { buildKernel } from './kernel.mjs'

export const generate = () => buildKernel([single])
