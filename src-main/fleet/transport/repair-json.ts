/**
 * JSON as rigs send it. Strict reading first; only when that fails, a reader that forgives the defects found in the wild
 * and names each one it met. Never changes what stands inside strings. Pure, never throws.
 * Governing document: rig API digest, section 2.2. The cgminer text form is `text-reply.ts`.
 */
import { err, ok, type Result } from '../../base/index.ts'

/** What had to be forgiven. */
export type JsonRepair =
  /** NUL bytes at the end. */
  | 'nul'
  /** `name({…});` */
  | 'jsonp'
  /** The reply began with a comma: its opening brace was lost. */
  | 'opening-brace'
  /** Something after the end. */
  | 'trailing-text'
  /** Line breaks inside strings or tokens. */
  | 'line-break'
  /** `}{` or `""next` without a comma between. */
  | 'missing-comma'
  /** `,}` or `[,{`. */
  | 'stray-comma'
  /** `nan`, `-nan`, `inf` or a number that is none; read as null. */
  | 'not-a-number'
  /** `["136":"…"]`: an object in brackets. */
  | 'list-as-object'
  /** The end is missing; the last incomplete member was dropped. */
  | 'truncated'
  /** A closing bracket of the wrong kind. */
  | 'wrong-bracket'
  /** A backslash before a character that needs none. */
  | 'bad-escape'
  /** Several whole objects one after the other; merged, the first has precedence. */
  | 'concatenated'

export interface ParsedReply {
  readonly value: unknown
  /** Empty for proper JSON; each kind once, in the order met. */
  readonly repairs: readonly JsonRepair[]
}

export interface UnreadableReply {
  /**
   * empty: no byte. miner-down: the rig's own words for a dead miner process behind an open port. html: a web page.
   * text: anything else that is no JSON.
   */
  readonly kind: 'empty' | 'miner-down' | 'html' | 'text'
  /** How it begins, at most 200 characters. */
  readonly text: string
}

/** Deeper nesting than any firmware has; what lies deeper is not read. */
const MAX_DEPTH = 64

/** @param bytes one whole reply; UTF-8, wrong sequences become replacement characters */
export function parseReply(bytes: Uint8Array | string): Result<ParsedReply, UnreadableReply> {
  const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)
  try {
    return ok({ value: JSON.parse(text) as unknown, repairs: [] })
  } catch {
    return repair(text)
  }
}

function repair(text: string): Result<ParsedReply, UnreadableReply> {
  const repairs = new Set<JsonRepair>()
  let rest = text
  const nul = rest.indexOf('\0')
  if (nul >= 0) {
    repairs.add('nul')
    rest = rest.slice(0, nul)
  }
  rest = rest.trim()
  const strict = tryStrict(rest)
  if (strict.ok) return ok({ value: strict.value, repairs: [...repairs] })
  const wrapped = /^[\w$.]+\s*\(\s*(?=[[{])/.exec(rest)
  if (wrapped !== null) {
    repairs.add('jsonp')
    rest = rest.slice(wrapped[0].length).replace(/\)\s*;?\s*$/, '')
  }
  if (/^,\s*"/.test(rest)) {
    repairs.add('opening-brace')
    rest = `{${rest.slice(1)}`
  }
  if (!/^[[{]/.test(rest)) return err(unreadable(rest))
  const again = tryStrict(rest)
  if (again.ok) return ok({ value: again.value, repairs: [...repairs] })
  const joined = rest.replaceAll(/[\r\n]+/g, '')
  // Between members a line break is proper JSON: only one that hurts counts as a repair.
  const healed = joined === rest ? again : tryStrict(joined)
  if (healed.ok) return ok({ value: healed.value, repairs: [...repairs, 'line-break'] })
  if (hasBrokenString(rest)) repairs.add('line-break')
  return ok({ value: new ForgivingReader(joined, repairs).readAll(), repairs: [...repairs] })
}

function tryStrict(text: string): Result<unknown, null> {
  try {
    return ok(JSON.parse(text) as unknown)
  } catch {
    return err(null)
  }
}

function unreadable(text: string): UnreadableReply {
  const start = text.slice(0, 200)
  if (text === '') return { kind: 'empty', text: start }
  if (/^socket connect failed/i.test(text)) return { kind: 'miner-down', text: start }
  return { kind: /^<(?:!doctype|html|head|\?xml|script|meta)/i.test(text) ? 'html' : 'text', text: start }
}

/** Whether a line ends within a string. */
function hasBrokenString(text: string): boolean {
  let inside = false
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '\\') i++
    else if (character === '"') inside = !inside
    else if (character === '\n' && inside) return true
  }
  return false
}

/** Nothing was left to read where a value should have been. */
const MISSING = Symbol('missing')

class ForgivingReader {
  readonly #text: string
  readonly #repairs: Set<JsonRepair>
  #at = 0
  /** The text ended too early: every container closes here. */
  #cut = false

  constructor(text: string, repairs: Set<JsonRepair>) {
    this.#text = text
    this.#repairs = repairs
  }

  /** One value, or several objects merged. */
  readAll(): unknown {
    const first = this.#value(0)
    // Entered one by one: a whole copy for each object would take hours where a rig sends very many.
    let members: Map<string, unknown> | null = null
    for (;;) {
      this.#skip()
      while (this.#peek() === ',') {
        this.#at++
        this.#skip()
      }
      if (this.#at >= this.#text.length) break
      if (this.#cut || this.#peek() !== '{' || !isRecord(first)) {
        this.#repairs.add('trailing-text')
        break
      }
      const next = this.#value(0)
      if (!isRecord(next)) break
      this.#repairs.add('concatenated')
      members ??= new Map(Object.entries(first))
      for (const [key, value] of Object.entries(next)) if (!members.has(key)) members.set(key, value)
    }
    if (members !== null) return Object.fromEntries(members)
    return first === MISSING ? null : first
  }

  #value(depth: number): unknown {
    this.#skip()
    const character = this.#peek()
    if (character === '') return this.#truncated()
    if (character === '{') return this.#object(depth, '}')
    if (character === '[') return this.#list(depth)
    if (character === '"') return this.#string()
    return this.#word()
  }

  #object(depth: number, closing: '}' | ']'): unknown {
    if (closing === '}') this.#at++
    if (depth >= MAX_DEPTH) return this.#truncated()
    const members: [string, unknown][] = []
    while (this.#next(members.length > 0)) {
      const character = this.#peek()
      if (character === '}' || character === ']') {
        if (character !== closing) this.#repairs.add('wrong-bracket')
        this.#at++
        break
      }
      const key = character === '"' ? this.#string() : this.#bareKey()
      if (typeof key !== 'string') break
      this.#skip()
      if (this.#peek() !== ':') {
        // A key alone at the end is a cut; anywhere else it is noise between members.
        if (this.#at >= this.#text.length) this.#truncated()
        else this.#repairs.add('trailing-text')
        continue
      }
      this.#at++
      const value = this.#value(depth + 1)
      if (value === MISSING) break
      members.push([key, value])
    }
    return Object.fromEntries(members)
  }

  #list(depth: number): unknown {
    this.#at++
    if (depth >= MAX_DEPTH) return this.#truncated()
    const items: unknown[] = []
    while (this.#next(items.length > 0)) {
      const character = this.#peek()
      if (character === ']' || character === '}') {
        if (character !== ']') this.#repairs.add('wrong-bracket')
        this.#at++
        break
      }
      const start = this.#at
      const value = this.#value(depth + 1)
      if (value === MISSING) break
      this.#skip()
      if (typeof value === 'string' && this.#peek() === ':' && items.length === 0) {
        this.#repairs.add('list-as-object')
        this.#at = start
        return this.#object(depth, ']')
      }
      items.push(value)
      // What cannot follow a value is passed over, so that the loop moves on.
      if (this.#peek() === ':') {
        this.#repairs.add('trailing-text')
        this.#at++
      }
    }
    return items
  }

  /**
   * Moves to the next member or the closing bracket, over exactly one comma where one belongs.
   * @returns false at the end of the text
   */
  #next(needsComma: boolean): boolean {
    let commas = 0
    for (;;) {
      this.#skip()
      if (this.#peek() !== ',') break
      commas++
      this.#at++
    }
    if (this.#cut || this.#at >= this.#text.length) {
      this.#truncated()
      return false
    }
    const closes = this.#peek() === '}' || this.#peek() === ']'
    if (commas > (closes || !needsComma ? 0 : 1)) this.#repairs.add('stray-comma')
    if (commas === 0 && needsComma && !closes) this.#repairs.add('missing-comma')
    return true
  }

  /** At a quotation mark. */
  #string(): unknown {
    let value = ''
    let from = ++this.#at
    for (;;) {
      const character = this.#text.charAt(this.#at)
      if (character === '') return this.#truncated()
      if (character === '"') break
      if (character !== '\\') {
        this.#at++
        continue
      }
      value += this.#text.slice(from, this.#at) + this.#escape()
      from = this.#at
    }
    value += this.#text.slice(from, this.#at)
    this.#at++
    return value
  }

  /** At a backslash. */
  #escape(): string {
    const letter = this.#text.charAt(this.#at + 1)
    this.#at += 2
    const plain = ESCAPES[letter]
    if (plain !== undefined) return plain
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at, this.#at + 4)
      if (/^[0-9a-f]{4}$/i.test(digits)) {
        this.#at += 4
        return String.fromCharCode(parseInt(digits, 16))
      }
    }
    this.#repairs.add('bad-escape')
    return `\\${letter}`
  }

  /** A key that lost its opening quotation mark: `""temp0":…` is an empty text and then this. */
  #bareKey(): unknown {
    const match = this.#match(/[^"{}[\],:\s]+/y)
    if (match === '') {
      // Neither a key nor a bracket: one character of noise.
      this.#repairs.add('trailing-text')
      this.#at++
      return ''
    }
    if (this.#peek() === '"') this.#at++
    return match
  }

  /** A number, true, false, null, or something in their place. */
  #word(): unknown {
    const word = this.#match(/[^"{}[\],:\s]+/y)
    // Where the text ends after it, more of it may be missing.
    if (this.#at >= this.#text.length) return this.#truncated()
    if (word === 'true') return true
    if (word === 'false') return false
    if (word === 'null') return null
    const number = Number(word)
    if (word !== '' && Number.isFinite(number)) return number
    this.#repairs.add('not-a-number')
    if (word === '') {
      if (this.#peek() === ':') this.#at++
      return null
    }
    return null
  }

  #match(sticky: RegExp): string {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #truncated(): typeof MISSING {
    this.#cut = true
    this.#at = this.#text.length
    this.#repairs.add('truncated')
    return MISSING
  }

  #peek(): string {
    return this.#text.charAt(this.#at)
  }

  #skip(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++
  }
}

const ESCAPES: Readonly<Record<string, string>> = Object.assign(
  Object.create(null) as Record<string, string>,
  {
    '"': '"',
    '\\': '\\',
    '/': '/',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
  },
)

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
