/**
 * The long text in which an Avalon says most of what it knows: `Name[value value] Name[value]…`, on some models wrapped in
 * named parts, `'STATS':{…}` or `'HB0':{…}`. One pass, never throws; a token that was cut at the end is left out.
 * What the tokens mean is `avalon.ts`. Governing document: rig API digest, section 5.8.
 */
import { numberOf } from '../../model/lenient.ts'

/** Names are case-sensitive; of a name that is there twice the last counts. */
export type AvalonTokens = ReadonlyMap<string, string>

/** One machine of those behind an address; nearly always the only one. */
export interface AvalonModule {
  readonly tokens: AvalonTokens
  /** Of each board, where they have a part of their own, by number. */
  readonly boards: ReadonlyMap<number, AvalonTokens>
}

/** The tokens of a text, whatever it is wrapped in. */
export function avalonTokens(text: string): AvalonTokens {
  const tokens = new Map<string, string>()
  let from = 0
  for (;;) {
    const open = text.indexOf('[', from)
    if (open < 0) return tokens
    const close = text.indexOf(']', open + 1)
    if (close < 0) return tokens
    // A name stands between the end of the token before it and its bracket; wrappings end in a brace.
    const before = text.slice(from, open)
    const name = before.slice(before.lastIndexOf('{') + 1).trim()
    if (name !== '') tokens.set(name, text.slice(open + 1, close).trim())
    from = close + 1
  }
}

/**
 * The named parts of a wrapped text, each with its tokens; a text without wrapping is one part without a name.
 * @returns in the order of the text
 */
export function avalonParts(text: string): ReadonlyMap<string, AvalonTokens> {
  const parts = new Map<string, AvalonTokens>()
  for (const [, name = '', inside = ''] of text.matchAll(/'([^'{}]*)'\s*:\s*\{([^{}]*)\}?/g)) {
    parts.set(name, avalonTokens(inside))
  }
  if (parts.size === 0) parts.set('', avalonTokens(text))
  return parts
}

/** The first number of a token; a percent sign after it is forgiven. null if it is absent or no number. */
export function tokenNumber(tokens: AvalonTokens, name: string): number | null {
  return tokenNumbers(tokens, name)[0] ?? null
}

/** The numbers of a token, in place; null where one is none. Empty if the token is absent or empty. */
export function tokenNumbers(tokens: AvalonTokens, name: string): readonly (number | null)[] {
  const value = tokens.get(name)
  if (value === undefined || value === '') return []
  return value.split(/\s+/).map((part) => numberOf(part.replace(/%$/, '')))
}
