/** Which families a run measures. Pure. */

/**
 * @param known names of all families, in the order they run
 * @param names exact names, as given with `--family`
 * @param prefixes names or beginnings of names, as given without an option: `proxy` selects every family of it
 * @returns the selected in the order of `known`; all if nothing was asked for
 * @throws Error that names what selects nothing, and what there is
 */
export function selectFamilies(
  known: readonly string[],
  names: readonly string[],
  prefixes: readonly string[],
): string[] {
  const unknown =
    names.find((name) => !known.includes(name)) ??
    prefixes.find((prefix) => !known.some((family) => family.startsWith(prefix)))
  if (unknown !== undefined) throw new Error(`no family "${unknown}"; there are ${known.join(', ')}`)
  if (names.length === 0 && prefixes.length === 0) return [...known]
  return known.filter(
    (family) => names.includes(family) || prefixes.some((prefix) => family.startsWith(prefix)),
  )
}
