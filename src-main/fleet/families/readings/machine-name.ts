/**
 * Who built a machine, from the name that a firmware of somebody else gives it. Pure.
 */

export interface MachineName {
  /** null when the name does not say. */
  readonly make: string | null
  readonly model: string | null
}

/** How names begin, and what that says. What stands after it is the model, unless the whole name is. */
const MAKES: readonly { readonly begins: RegExp; readonly make: string; readonly whole: boolean }[] = [
  { begins: /^antminer[\s_-]*/i, make: 'Antminer', whole: false },
  { begins: /^whatsminer[\s_-]*/i, make: 'Whatsminer', whole: false },
  { begins: /^braiins[\s_-]*/i, make: 'Braiins', whole: false },
  { begins: /^blockminer\b/i, make: 'ePIC', whole: true },
]

/** @param name as `Antminer S19k Pro`, `Bitmain Antminer S9`, `AntMiner S19 XP`; null when the firmware did not say */
export function machineName(name: string | null): MachineName {
  const text = (name ?? '').replace(/^bitmain\s+/i, '').trim()
  if (text === '') return { make: null, model: null }
  const known = MAKES.find(({ begins }) => begins.test(text))
  if (known === undefined) return { make: null, model: text }
  const model = known.whole ? text : text.replace(known.begins, '').trim()
  return { make: known.make, model: model === '' ? null : model }
}
