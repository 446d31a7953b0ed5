/**
 * Reading an answer from outside: JSON of which nothing is believed. Each step names the field it reads, so that a
 * changed interface is told in words (`outside/changed`). Numbers keep the digits they were written with, because money
 * must not pass through a float. Pure.
 */
import { type HeadframeError } from '../../base/index.ts'
import { type AskedOutside, changed } from './failures.ts'

/** A number as it was written, where a JavaScript number would not hold it exactly for sure. */
class WrittenNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** The standard function with the third argument of its reviver, which the library's types lack. */
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown

const PLAIN_INTEGER = /^-?\d+$/

/**
 * Parses an answer.
 * @throws HeadframeError `outside/changed` if it is no JSON
 */
export function parseAnswer(of: AskedOutside, text: string): Answer {
  let value: unknown
  try {
    value = parseWithSource(text, (_key, part, { source }) =>
      typeof part === 'number' &&
      source !== undefined &&
      !(PLAIN_INTEGER.test(source) && Number.isSafeInteger(part))
        ? new WrittenNumber(source)
        : part,
    )
  } catch (cause) {
    throw changed(of, 'the answer', describeNoJson(text), cause)
  }
  return new Answer(of, value, '')
}

function describeNoJson(text: string): string {
  const start = text.trimStart()
  if (start === '') return 'is empty'
  if (start.startsWith('<')) return 'is a web page instead of data'
  return /^[[{"]/.test(start) ? 'is cut off or no JSON' : 'is no JSON'
}

/** One part of an answer. Every method that cannot give what it promises throws `outside/changed` naming the part. */
export class Answer {
  /** Whom it came from. */
  readonly of: AskedOutside
  readonly #value: unknown
  /** As `data.items[2].price`; empty for all of it. */
  readonly #path: string

  constructor(of: AskedOutside, value: unknown, path: string) {
    this.of = of
    this.#value = value
    this.#path = path
  }

  get path(): string {
    return this.#path === '' ? 'the answer' : this.#path
  }

  get isNull(): boolean {
    return this.#value === null || this.#value === undefined
  }

  get isText(): boolean {
    return typeof this.#value === 'string'
  }

  get isList(): boolean {
    return Array.isArray(this.#value)
  }

  /** The failure that says of this part that it is wrong. @param found as "is no height" */
  wrong(found: string): HeadframeError {
    return changed(this.of, this.path, found)
  }

  /** A field that must be there; it may be null, which the next step then refuses. */
  get(key: string): Answer {
    const fields = this.#object()
    if (!Object.hasOwn(fields, key)) throw this.#part(key, undefined).wrong('is missing')
    return this.#part(key, fields[key])
  }

  /** A field that may be missing or null; undefined then. */
  find(key: string): Answer | undefined {
    const fields = this.#object()
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined
    return value === null || value === undefined ? undefined : this.#part(key, value)
  }

  /** The fields of an object whose keys are not known beforehand, in order. */
  entries(): [string, Answer][] {
    return Object.entries(this.#object()).map(([key, value]) => [key, this.#part(key, value)])
  }

  /** The parts of a list. */
  items(): Answer[] {
    const { list, path } = this.#list()
    return list.map((value, index) => new Answer(this.of, value, `${path}[${String(index)}]`))
  }

  /** One part of a list. */
  at(index: number): Answer {
    const { list, path } = this.#list()
    if (index >= list.length)
      throw this.wrong(`has ${String(list.length)} parts and no part ${String(index)}`)
    return new Answer(this.of, list[index], `${path}[${String(index)}]`)
  }

  text(): string {
    if (typeof this.#value !== 'string') throw this.wrong('is no text')
    return this.#value
  }

  boolean(): boolean {
    if (typeof this.#value !== 'boolean') throw this.wrong('is neither true nor false')
    return this.#value
  }

  /** A safe integer, written as a number or as text. */
  integer(): number {
    const value =
      typeof this.#value === 'string' && PLAIN_INTEGER.test(this.#value) ? Number(this.#value) : this.#value
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw this.wrong('is no whole number')
    return value
  }

  /** A safe integer of at least 0. */
  count(): number {
    const value = this.integer()
    if (value < 0) throw this.wrong('is below 0')
    return value
  }

  /** A finite number, written as a number or as text. For quantities that are estimates anyway, never for money. */
  number(): number {
    const value = Number(this.decimal())
    if (!Number.isFinite(value)) throw this.wrong('is no number')
    return value
  }

  /** A decimal number in the digits it was written with, as `97000.51`; an exponent is kept. For money. */
  decimal(): string {
    const value = this.#value
    if (typeof value === 'number') return String(value)
    const text = value instanceof WrittenNumber ? value.text : value
    if (typeof text !== 'string' || !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text.trim())) {
      throw this.wrong('is no number')
    }
    return text.trim()
  }

  #part(key: string, value: unknown): Answer {
    return new Answer(this.of, value, this.#path === '' ? key : `${this.#path}.${key}`)
  }

  #object(): Record<string, unknown> {
    const value = this.#value
    if (
      typeof value !== 'object' ||
      value === null ||
      Array.isArray(value) ||
      value instanceof WrittenNumber
    ) {
      throw this.wrong('is no object')
    }
    return value as Record<string, unknown>
  }

  #list(): { list: readonly unknown[]; path: string } {
    if (!Array.isArray(this.#value)) throw this.wrong('is no list')
    return { list: this.#value, path: this.#path }
  }
}
