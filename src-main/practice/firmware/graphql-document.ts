/**
 * As much of GraphQL as practice firmware needs: one operation with variables, fields with arguments, inline fragments.
 * What a document asks for beyond what there is, is an error, as it is with the real thing. Pure.
 * Governing document: the GraphQL specification, October 2021, sections 2 and 6.
 */

/** What is wrong with a request, in words for its `errors`. */
export class GraphqlError extends Error {}

export interface GraphqlField {
  readonly kind: 'field'
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  /** Empty for none. */
  readonly selections: readonly GraphqlSelection[]
}
export type GraphqlSelection =
  | GraphqlField
  | { readonly kind: 'fragment'; readonly on: string; readonly selections: readonly GraphqlSelection[] }

export interface GraphqlDocument {
  readonly operation: 'query' | 'mutation'
  readonly selections: readonly GraphqlSelection[]
}

/** A function is a field with effects; it gets the arguments. `__typename` decides about fragments. */
export type GraphqlSource = Readonly<Record<string, unknown>>
export type GraphqlResolver = (args: Readonly<Record<string, unknown>>) => unknown

const TOKEN = /\s*(?:#[^\n]*\s*)*(\.\.\.|[{}()[\]:,!$=]|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|[A-Za-z_]\w*)/y
const MAX_DEPTH = 20

/** @throws GraphqlError */
export function parseGraphql(text: string, variables: Readonly<Record<string, unknown>>): GraphqlDocument {
  return new Parser(tokensOf(text), variables).document()
}

/**
 * @param types those of the schema that fragments may name
 * @throws GraphqlError
 */
export function executeGraphql(
  selections: readonly GraphqlSelection[],
  source: GraphqlSource,
  types: ReadonlySet<string>,
): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const selection of selections) {
    if (selection.kind === 'fragment') {
      if (!types.has(selection.on)) throw new GraphqlError(`Unknown type "${selection.on}"`)
      if (source['__typename'] === selection.on) {
        Object.assign(result, executeGraphql(selection.selections, source, types))
      }
      continue
    }
    const { name, args } = selection
    if (!Object.hasOwn(source, name)) throw new GraphqlError(`Unknown field "${name}"`)
    const member = source[name]
    const value: unknown = typeof member === 'function' ? (member as GraphqlResolver)(args) : member
    result[name] = complete(selection, value, types)
  }
  return result
}

function complete({ name, selections }: GraphqlField, value: unknown, types: ReadonlySet<string>): unknown {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) {
    return value.map((each) => complete({ kind: 'field', name, args: {}, selections }, each, types))
  }
  if (typeof value !== 'object') {
    if (selections.length > 0) throw new GraphqlError(`Field "${name}" must not have a selection`)
    return value
  }
  if (selections.length === 0) throw new GraphqlError(`Field "${name}" must have a selection of subfields`)
  return executeGraphql(selections, value as GraphqlSource, types)
}

/** Every leaf that is asked for, as `bos.info.version.full`; fragments do not show. */
export function askedPaths(selections: readonly GraphqlSelection[], prefix = ''): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'fragment') return askedPaths(selection.selections, prefix)
    const path = prefix === '' ? selection.name : `${prefix}.${selection.name}`
    return selection.selections.length === 0 ? [path] : askedPaths(selection.selections, path)
  })
}

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  let end = 0
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    tokens.push(match[1] ?? '')
    end = TOKEN.lastIndex
  }
  if (text.slice(end).trim() !== '')
    throw new GraphqlError(`Syntax error near "${text.slice(end, end + 20).trim()}"`)
  return tokens
}

class Parser {
  readonly #tokens: readonly string[]
  readonly #variables: Readonly<Record<string, unknown>>
  #position = 0

  constructor(tokens: readonly string[], variables: Readonly<Record<string, unknown>>) {
    this.#tokens = tokens
    this.#variables = variables
  }

  document(): GraphqlDocument {
    let operation: GraphqlDocument['operation'] = 'query'
    if (this.#peek !== '{') {
      const word = this.#next()
      if (word !== 'query' && word !== 'mutation') throw new GraphqlError(`Unexpected "${word}"`)
      operation = word
      // A name, and what the variables are: their values come with the request.
      while (this.#peek !== '{') this.#next()
    }
    const selections = this.#selections(0)
    if (this.#position < this.#tokens.length) throw new GraphqlError(`Unexpected "${this.#peek}"`)
    return { operation, selections }
  }

  get #peek(): string {
    const token = this.#tokens[this.#position]
    if (token === undefined) throw new GraphqlError('Unexpected end of document')
    return token
  }

  #next(): string {
    const token = this.#peek
    this.#position++
    return token
  }

  #expect(token: string): void {
    const found = this.#next()
    if (found !== token) throw new GraphqlError(`Expected "${token}", found "${found}"`)
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#position] !== token) return false
    this.#position++
    return true
  }

  #selections(depth: number): GraphqlSelection[] {
    if (depth > MAX_DEPTH) throw new GraphqlError('Nested too deeply')
    this.#expect('{')
    const selections: GraphqlSelection[] = []
    while (!this.#take('}')) {
      if (this.#take(',')) continue
      selections.push(this.#selection(depth))
    }
    return selections
  }

  #selection(depth: number): GraphqlSelection {
    if (this.#take('...')) {
      this.#expect('on')
      return { kind: 'fragment', on: this.#next(), selections: this.#selections(depth + 1) }
    }
    const name = this.#next()
    if (!/^[A-Za-z_]/.test(name)) throw new GraphqlError(`Unexpected "${name}"`)
    const args = this.#take('(') ? this.#members(')') : {}
    const selections = this.#tokens[this.#position] === '{' ? this.#selections(depth + 1) : []
    return { kind: 'field', name, args, selections }
  }

  #members(end: string): Record<string, unknown> {
    const members: Record<string, unknown> = {}
    while (!this.#take(end)) {
      if (this.#take(',')) continue
      const name = this.#next()
      this.#expect(':')
      members[name] = this.#value()
    }
    return members
  }

  #value(): unknown {
    const token = this.#next()
    if (token === '$') {
      const name = this.#next()
      if (!Object.hasOwn(this.#variables, name)) throw new GraphqlError(`Variable "$${name}" is not given`)
      return this.#variables[name]
    }
    if (token === '{') return this.#members('}')
    if (token === '[') {
      const items: unknown[] = []
      while (!this.#take(']')) if (!this.#take(',')) items.push(this.#value())
      return items
    }
    if (token.startsWith('"') || /^-?\d/.test(token)) return JSON.parse(token) as unknown
    if (token === 'true' || token === 'false') return token === 'true'
    return token === 'null' ? null : token
  }
}
