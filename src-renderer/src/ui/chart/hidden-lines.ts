/** Which lines are not drawn, after a press on a legend. Pure. */
export function toggled(hidden: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(hidden)
  if (!next.delete(id)) next.add(id)
  return next
}

/** One line of a chart alone; the same again brings all of them back. */
export function only(hidden: ReadonlySet<string>, ids: readonly string[], id: string): ReadonlySet<string> {
  const others = ids.filter((each) => each !== id)
  const alone = !hidden.has(id) && others.every((each) => hidden.has(each))
  const next = new Set([...hidden].filter((each) => !ids.includes(each)))
  if (!alone) for (const other of others) next.add(other)
  return next
}
