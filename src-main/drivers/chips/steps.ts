/** Steps of sequences for BM13xx chips, in one line each (see `model/sequence.ts`). */
import { type Step } from '../model/sequence.ts'
import {
  type ChipAddress,
  encodeChainInactive,
  encodeRead,
  encodeSetAddress,
  encodeWrite,
} from './command.ts'
import { REGISTER } from './registers.ts'

export type RegisterName = keyof typeof REGISTER

/** Factory firmware leaves about this much between configuration writes (asic-serial 5.1). */
export const PACE_MS = 10

/** Writes a register of one chip or of all. @param value 32 bits */
export function write(address: ChipAddress, register: RegisterName, value: number): Step {
  const where = address === 'all' ? '' : ` of chip ${address}`
  const what = `${register}${where} = ${(value >>> 0).toString(16).padStart(8, '0')}`
  return { op: 'send', bytes: encodeWrite(address, REGISTER[register], value), what }
}

/** Asks one chip or all for a register. */
export function read(address: ChipAddress, register: RegisterName): Step {
  const where = address === 'all' ? '' : ` of chip ${address}`
  return { op: 'send', bytes: encodeRead(address, REGISTER[register]), what: `read ${register}${where}` }
}

/** Chips forget their addresses. */
export const chainInactive: Step = { op: 'send', bytes: encodeChainInactive(), what: 'chain inactive' }

/** The first chip without an address takes this one, 0 to 255. */
export function setAddress(address: number): Step {
  return { op: 'send', bytes: encodeSetAddress(address), what: `set address ${address}` }
}

/** Pauses, milliseconds. */
export function wait(ms: number): Step {
  return { op: 'wait', ms }
}

/** The same steps with a pause after each frame. */
export function paced(steps: readonly Step[], ms: number = PACE_MS): Step[] {
  return steps.flatMap((step) => (step.op === 'send' ? [step, wait(ms)] : [step]))
}
