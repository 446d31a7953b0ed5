/**
 * As much of GraphQL as practice firmware needs: which fields a query asks for. Arguments come by variables; fragments,
 * aliases and directives are not understood. Governing document: the GraphQL specification, section 2.
 */

/** Asked fields; null for one without fields of its own. */
export interface Selection {
  readonly [field: string]: Selection | null
}

/** @returns null for what is no such query */
export function parseSelection(query: string): Selection | null {
  const withoutArguments = query.replaceAll(/\([^()]*\)/g, ' ')
  const tokens: readonly string[] = withoutArguments.match(/[{}]|[A-Za-z_]\w*/g) ?? []
  const first = tokens.indexOf('{')
  if (first < 0 || /[^\s\w{},]/.test(withoutArguments)) return null
  let at = first
  const selection = (): Selection | null => {
    at++
    const fields: Record<string, Selection | null> = {}
    for (;;) {
      const token = tokens[at]
      if (token === undefined || token === '{') return null
      at++
      if (token === '}') return fields
      if (tokens[at] !== '{') fields[token] = null
      else {
        const inner = selection()
        if (inner === null) return null
        fields[token] = inner
      }
    }
  }
  return selection()
}

/** Of `value` only what was asked; lists item by item. What is not there is null. */
export function project(value: unknown, selection: Selection | null): unknown {
  if (value === null || value === undefined) return null
  if (selection === null) return value
  if (Array.isArray(value)) return value.map((item: unknown) => project(item, selection))
  if (typeof value !== 'object') return null
  const from = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(selection).map(([field, inner]) => [field, project(from[field], inner)]),
  )
}
