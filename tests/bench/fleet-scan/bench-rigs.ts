/**
 * The rigs that benches of the fleet look for and poll: every family and generation there is, the models those that foreign
 * libraries have in their tables, so that nobody is slower or wrong for want of a row.
 */
import { PRACTICE_EXAMPLES } from '../../support/practice-examples.ts'
import { COMPARED_RIGS, type ComparedRig } from '../../interop/pyasic/practice-rigs.ts'

const UNKNOWN_TO_OTHERS: readonly ComparedRig[] = PRACTICE_EXAMPLES.filter(
  ({ family }) => !COMPARED_RIGS.some((compared) => compared.family === family),
).map(({ what, family, boot, blueprint, make, model }) => ({
  rig: what,
  family,
  boot,
  blueprint: { ...blueprint, make, model },
}))

const KINDS = [...COMPARED_RIGS, ...UNKNOWN_TO_OTHERS]

/** What stands at place `index` of any number of rigs. */
export function benchRig(index: number): ComparedRig {
  return KINDS[index % KINDS.length]!
}

/** Its blueprint at that place: a name, an address and a number of its own. */
export function benchBlueprint(index: number): ComparedRig['blueprint'] {
  const hex = index.toString(16).padStart(4, '0')
  return {
    ...benchRig(index).blueprint,
    name: `rig${String(index)}`,
    mac: `02:00:00:01:${hex.slice(0, 2)}:${hex.slice(2)}`,
    serial: `SN${String(index).padStart(4, '0')}`,
  }
}
